//! Tables over passes in a row: an autoscaler, its pods and its metrics in; sizes, words and memory out.

mod calculator;
mod combine;
mod limits;
mod pass;
mod selector;
mod zero;

use serde_json::{Value, json};

use super::{
    AutoscaledPod, AutoscalerConfig, AutoscalerView, ContainerUsage, ExternalMetric, Memory, Metrics,
    ObjectMetric, OtherAutoscaler, PodMetricValue, PodRequests, PodUsage, PodsMetric, Scale,
};
use crate::api::{HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, Pod, Quantity, Time, defaults};
use crate::controller::decide::{AutoscalerAnswers, AutoscalerDecision, decide_autoscaler};

/// The clock before the first pass.
fn start() -> Time {
    Time::EPOCH.plus_seconds(1_000_000)
}

/// RFC 3339 of so many seconds before the first pass.
fn ago(s: i64) -> String {
    start().plus_seconds(-s).to_string()
}

/// A running pod that has been ready for long and requests 100m of CPU and 1Gi of memory.
fn pod(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "ns", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}}}]},
        "status": {"phase": "Running", "startTime": ago(9_000),
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": ago(8_990)}]},
    })
}

/// The same with a field changed, given by a JSON pointer.
fn pod_with(name: &str, place: &str, value: Value) -> Value {
    let mut pod = pod(name);
    match place.rsplit_once('/') {
        Some((outer, field)) => pod.pointer_mut(outer).expect("it is there")[field] = value,
        None => unreachable!("a pointer begins with a slash"),
    }
    pod
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|n| format!("p{n}")).collect()
}

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).expect("a quantity")
}

/// Share of the requested CPU.
fn cpu(percent: i64) -> Value {
    json!({"type": "Resource", "resource": {"name": "cpu",
        "target": {"type": "Utilization", "averageUtilization": percent}}})
}

/// A metric `load` of that kind.
fn load(kind: &str, target: Value) -> Value {
    let field = kind.to_lowercase();
    let mut source = json!({"metric": {"name": "load"}, "target": target});
    if kind == "Object" {
        source["describedObject"] = json!({"apiVersion": "v1", "kind": "Service", "name": "front"});
    }
    json!({"type": kind, field: source})
}

fn average(text: &str) -> Value {
    json!({"type": "AverageValue", "averageValue": text})
}

fn total(text: &str) -> Value {
    json!({"type": "Value", "value": text})
}

/// An autoscaler of 1 to 100 pods, and all that it meets.
struct World {
    spec: Value,
    pods: Vec<Value>,
    metrics: Metrics,
    others: Vec<OtherAutoscaler>,
    answers: AutoscalerAnswers,
    config: AutoscalerConfig,
    memory: Memory,
    status: HorizontalPodAutoscalerStatus,
    at_s: i64,
}

impl World {
    /// So many pods, all running, asked for and there.
    fn new(replicas: i32, metrics: Value) -> Self {
        World {
            spec: json!({
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "minReplicas": 1, "maxReplicas": 100, "metrics": metrics,
            }),
            pods: names(usize::try_from(replicas).expect("few")).iter().map(|name| pod(name)).collect(),
            metrics: Metrics::default(),
            others: Vec::new(),
            answers: AutoscalerAnswers::accepting(Scale {
                spec_replicas: replicas,
                status_replicas: replicas,
                selector: "app=web".into(),
            }),
            config: AutoscalerConfig::default(),
            memory: Memory::default(),
            status: HorizontalPodAutoscalerStatus::default(),
            at_s: 0,
        }
    }

    /// With that field of the spec.
    fn with(mut self, field: &str, value: Value) -> Self {
        self.spec[field] = value;
        self
    }

    fn with_pods(mut self, pods: Vec<Value>) -> Self {
        self.pods = pods;
        self
    }

    fn scale(&mut self) -> &mut Scale {
        self.answers.scale.as_mut().expect("it can be read")
    }

    /// Each pod named uses that many milli-CPU, seen a moment ago.
    fn uses(mut self, usage: &[(&str, i64)]) -> Self {
        let pod = |(name, milli): &(&str, i64)| PodUsage {
            pod: (*name).into(),
            timestamp: Some(start()),
            window_ns: 30_000_000_000,
            containers: vec![ContainerUsage {
                name: "app".into(),
                usage: [("cpu".into(), quantity(&format!("{milli}m")))].into(),
            }],
        };
        self.metrics.resource = Ok(usage.iter().map(pod).collect());
        self
    }

    /// All pods use that many milli-CPU.
    fn all_use(self, milli: i64) -> Self {
        let names = names(self.pods.len());
        let usage: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), milli)).collect();
        self.uses(&usage)
    }

    /// The external metric `load` has these series.
    fn series(mut self, values: &[&str]) -> Self {
        let values = Ok(values.iter().map(|text| quantity(text)).collect());
        self.metrics.external = vec![ExternalMetric { name: "load".into(), selector: "".into(), values }];
        self
    }

    /// The metric `load` of the Service `front` has that value.
    fn object(mut self, value: &str) -> Self {
        self.metrics.objects = vec![ObjectMetric {
            name: "load".into(),
            selector: "".into(),
            kind: "Service".into(),
            object: "front".into(),
            value: Ok(quantity(value)),
        }];
        self
    }

    /// The metric `load` of each pod named has that value.
    fn each(mut self, values: &[(&str, &str)]) -> Self {
        let one = |(pod, value): &(&str, &str)| PodMetricValue {
            pod: (*pod).into(),
            timestamp: Some(start()),
            window_s: None,
            value: quantity(value),
        };
        let values = Ok(values.iter().map(one).collect());
        self.metrics.pods = vec![PodsMetric { name: "load".into(), selector: "".into(), values }];
        self
    }

    fn pass(&mut self) -> AutoscalerDecision {
        self.pass_after(15)
    }

    /// One pass so many seconds after the last; what it writes is kept.
    fn pass_after(&mut self, s: i64) -> AutoscalerDecision {
        self.at_s += s;
        let mut value =
            json!({"metadata": {"name": "web", "namespace": "ns", "generation": 1}, "spec": self.spec});
        defaults::horizontal_pod_autoscaler_v2(&mut value);
        let mut hpa = HorizontalPodAutoscaler::from_value(&value).expect("an autoscaler");
        hpa.status = self.status.clone();
        let pod = |value: &Value| {
            AutoscaledPod::new(
                &Pod::from_value(value).expect("a pod"),
                PodRequests::from_spec(&value["spec"]),
            )
        };
        let pods: Vec<AutoscaledPod> = self.pods.iter().map(pod).collect();
        let view = AutoscalerView {
            hpa: &hpa,
            pods: &pods,
            metrics: &self.metrics,
            others: &self.others,
            config: &self.config,
        };
        let now = start().plus_seconds(self.at_s);
        let decision = decide_autoscaler(&view, &mut self.memory, now, &self.answers);
        if let (Ok(scale), Some(replicas)) = (&mut self.answers.scale, decision.rescaled_to) {
            scale.spec_replicas = replicas;
        }
        if let (Some(status), Ok(())) = (&decision.status, &self.answers.update_status) {
            self.status = status.clone();
        }
        decision
    }

    /// What the metrics ask for in one pass, before any limit; or the text of the error.
    fn asks(mut self) -> Result<i32, String> {
        let decision = self.pass_after(0);
        match decision.outcome {
            Err(error) => Err(error.message.into()),
            Ok(()) => Ok(self.memory.recommendations[1].replicas),
        }
    }

    /// Reason of a condition of the status, with its value.
    fn condition(&self, type_: &str) -> String {
        let found = self.status.condition(type_);
        found.map_or("none".into(), |c| format!("{} {}", c.status.as_str(), c.reason))
    }

    /// `status.currentMetrics` as JSON.
    fn found(&self) -> Value {
        self.status.to_value()["currentMetrics"].clone()
    }
}

/// The events of a pass, one a line.
fn events(decision: &AutoscalerDecision) -> Vec<String> {
    let one = |e: &crate::controller::decide::RecordedEvent| {
        format!("{} {}: {}", e.type_.as_str(), e.reason, e.message)
    };
    decision.events.iter().map(one).collect()
}
