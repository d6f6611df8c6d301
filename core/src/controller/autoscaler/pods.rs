//! The pods of a target: which of them count, and what they request.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::AutoscalerConfig;
use super::usage::{Requests, Samples};
use crate::api::{ConditionStatus, Pod, PodPhase, Quantity, Str, StringMap, Time};

/// A pod, as far as an autoscaler looks at it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AutoscaledPod {
    /// Name.
    pub name: Str,
    /// Labels.
    pub labels: StringMap,
    /// Whether deletion was asked for.
    pub is_deleting: bool,
    /// Phase.
    pub phase: PodPhase,
    /// When the kubelet took it up.
    pub start_time: Option<Time>,
    /// Its condition `Ready`, if it has one.
    pub ready: Option<ReadyCondition>,
    /// What it requests.
    pub requests: PodRequests,
}

/// The condition `Ready` of a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadyCondition {
    /// Its value.
    pub status: ConditionStatus,
    /// When it last changed.
    pub last_transition_time: Option<Time>,
}

/// What the parts of a pod request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PodRequests {
    /// Containers.
    pub containers: Vec<ContainerRequests>,
    /// Init containers, sidecars among them.
    pub init_containers: Vec<ContainerRequests>,
    /// `spec.resources.requests`: of the pod as a whole.
    pub pod: BTreeMap<Str, Quantity>,
    /// `spec.overhead`.
    pub overhead: BTreeMap<Str, Quantity>,
}

/// What a container requests.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContainerRequests {
    /// Name of the container.
    pub name: Str,
    /// An init container with `restartPolicy: Always`, which runs as long as the others.
    pub is_sidecar: bool,
    /// `resources.requests`.
    pub requests: BTreeMap<Str, Quantity>,
}

impl AutoscaledPod {
    /// Of a pod that requests so much.
    pub fn new(pod: &Pod, requests: PodRequests) -> Self {
        let ready = pod.status.conditions.iter().find(|c| c.type_ == "Ready");
        AutoscaledPod {
            name: pod.meta.name.clone(),
            labels: pod.meta.labels.clone(),
            is_deleting: pod.meta.is_deleting(),
            phase: pod.status.phase.clone(),
            start_time: pod.status.start_time,
            ready: ready.map(|c| ReadyCondition {
                status: c.status.as_str().into(),
                last_transition_time: c.last_transition_time,
            }),
            requests,
        }
    }

    fn is_ready(&self) -> bool {
        self.ready.as_ref().is_some_and(|ready| ready.status == ConditionStatus::True)
    }

    /// Running and ready: what Object and External values are shared among. One that is being deleted counts, too.
    pub(super) fn is_serving(&self) -> bool {
        self.phase == PodPhase::Running && self.is_ready()
    }
}

impl PodRequests {
    /// From the `spec` of a pod or of a template, as plain JSON. What is no quantity is left out: a manifest was checked
    /// before.
    pub fn from_spec(spec: &Value) -> Self {
        let amounts = |value: Option<&Value>| -> BTreeMap<Str, Quantity> {
            let fields = value.and_then(Value::as_object).into_iter().flatten();
            fields.filter_map(|(name, value)| Some((name.into(), quantity(value)?))).collect()
        };
        let containers = |field: &str| -> Vec<ContainerRequests> {
            let list = spec.get(field).and_then(Value::as_array).into_iter().flatten();
            list.map(|container| ContainerRequests {
                name: container.get("name").and_then(Value::as_str).unwrap_or_default().into(),
                is_sidecar: field == "initContainers"
                    && container.get("restartPolicy").and_then(Value::as_str) == Some("Always"),
                requests: amounts(container.pointer("/resources/requests")),
            })
            .collect()
        };
        PodRequests {
            containers: containers("containers"),
            init_containers: containers("initContainers"),
            pod: amounts(spec.pointer("/resources/requests")),
            overhead: amounts(spec.get("overhead")),
        }
    }

    /// What the pod, or one container of it, requests of a resource, in thousandths; or why that cannot be said.
    fn of(&self, pod: &str, container: &str, resource: &str) -> Result<i64, String> {
        let is_of_pod =
            |name: &Str| matches!(name.as_str(), "cpu" | "memory") || name.starts_with("hugepages-");
        // A named container goes before the pod as a whole.
        if container.is_empty() && self.pod.keys().any(is_of_pod) {
            return self
                .of_pod(resource)
                .ok_or_else(|| format!("missing pod-level request for {resource} in Pod {pod}"));
        }
        let mut sum = 0_i64;
        for of in self.containers.iter().chain(self.init_containers.iter().filter(|of| of.is_sidecar)) {
            if !container.is_empty() && of.name != container {
                continue;
            }
            let Some(request) = of.requests.get(resource) else {
                return Err(format!("missing request for {resource} in container {} of Pod {pod}", of.name));
            };
            sum = sum.wrapping_add(request.unchecked_milli_value());
            if of.name == container {
                return Ok(sum);
            }
        }
        if container.is_empty() {
            Ok(sum)
        } else {
            Err(format!("container {container} not found in Pod {pod}"))
        }
    }

    /// What the scheduler would reckon with: the request of the pod, or what its containers come to, and the overhead.
    fn of_pod(&self, resource: &str) -> Option<i64> {
        let nanos = |of: &BTreeMap<Str, Quantity>| of.get(resource).map(Quantity::nano_value);
        let plus = |a: Option<i128>, b: Option<i128>| match (a, b) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (one, None) | (None, one) => one,
        };
        let own = nanos(&self.pod)
            .filter(|_| matches!(resource, "cpu" | "memory") || resource.starts_with("hugepages-"));
        let containers = || {
            let mut all = self.containers.iter().fold(None, |sum, of| plus(sum, nanos(&of.requests)));
            // An init container runs before the containers, but beside the sidecars that were started before it.
            let (mut sidecars, mut init) = (None, None);
            for of in &self.init_containers {
                let at_start = plus(nanos(&of.requests), sidecars);
                if of.is_sidecar {
                    all = plus(all, nanos(&of.requests));
                    sidecars = at_start;
                }
                init = init.max(at_start);
            }
            all.max(init)
        };
        let nanos = plus(own.or_else(containers), nanos(&self.overhead))?;
        // Rounded up, away from 0.
        let milli = nanos / NANOS_A_MILLI + nanos.signum() * i128::from(nanos % NANOS_A_MILLI != 0);
        Some(milli as i64)
    }
}

/// Billionths in a thousandth.
const NANOS_A_MILLI: i128 = 1_000_000;

/// A quantity of JSON, as text or as a number.
fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::parse(text.trim()).ok(),
        Value::Number(n) => Quantity::parse(&n.to_string()).ok(),
        _ => None,
    }
}

/// Requests of all pods; also of those that are ignored, whose lack of one fails the metric, too.
pub(super) fn requests<'a>(
    pods: &[&'a AutoscaledPod],
    container: &str,
    resource: &str,
) -> Result<Requests<'a>, String> {
    let one =
        |pod: &&'a AutoscaledPod| Ok((pod.name.as_str(), pod.requests.of(&pod.name, container, resource)?));
    pods.iter().map(one).collect()
}

/// Pods by what they tell of the load.
#[derive(Debug, Default)]
pub(super) struct Groups<'a> {
    /// How many count with what they use.
    pub(super) ready: usize,
    /// Not up yet: their samples say nothing.
    pub(super) unready: BTreeSet<&'a str>,
    /// No sample.
    pub(super) missing: BTreeSet<&'a str>,
    /// Going or gone.
    pub(super) ignored: BTreeSet<&'a str>,
}

/// Sorts pods. `resource` is empty where the metric is none of a resource. A pod that succeeded is not ignored: without a
/// sample it is missing. (kubernetes/kubernetes#129866)
pub(super) fn group<'a>(
    pods: &[&'a AutoscaledPod],
    samples: &Samples<'_>,
    resource: &str,
    config: &AutoscalerConfig,
    now: Time,
) -> Groups<'a> {
    let mut groups = Groups::default();
    for pod in pods {
        let name = pod.name.as_str();
        if pod.is_deleting || pod.phase == PodPhase::Failed {
            groups.ignored.insert(name);
        } else if pod.phase == PodPhase::Pending {
            groups.unready.insert(name);
        } else if let Some(sample) = samples.get(name) {
            let long_ago = Time::from_nanos(i64::MIN);
            let taken = (sample.at.unwrap_or(long_ago), sample.window_ns);
            // Only the CPU is needed more while starting than afterwards.
            if resource == "cpu" && is_starting(pod, taken, config, now) {
                groups.unready.insert(name);
            } else {
                groups.ready += 1;
            }
        } else {
            groups.missing.insert(name);
        }
    }
    groups
}

/// Whether what a pod uses is still that of its start: while it may be initialising, as long as it is not ready or no
/// whole window lies behind its last change; afterwards, only if it never became ready. One that lost its readiness later
/// counts, and so does one of which nobody knows.
fn is_starting(
    pod: &AutoscaledPod,
    (taken, window_ns): (Time, i64),
    config: &AutoscalerConfig,
    now: Time,
) -> bool {
    let (Some(ready), Some(start)) = (&pod.ready, pod.start_time) else { return true };
    let changed = ready.last_transition_time.unwrap_or(Time::from_nanos(i64::MIN));
    let is_down = ready.status == ConditionStatus::False;
    if start.plus_seconds(config.cpu_initialization_period_s) > now {
        is_down || taken < changed.plus_nanos(window_ns)
    } else {
        is_down && start.plus_seconds(config.initial_readiness_delay_s) > changed
    }
}
