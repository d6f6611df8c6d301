//! A case of the `autoscale` mode: one autoscaler, and what it meets in a row of passes.

use serde_json::{Map, Value, json};

use crate::api::{HorizontalPodAutoscaler, Pod, Quantity, Str, Time, defaults};
use crate::controller::autoscaler::{
    Answer, AutoscaledPod, AutoscalerConfig, ContainerUsage, ExternalMetric, Metrics, ObjectMetric,
    OtherAutoscaler, PodMetricValue, PodRequests, PodUsage, PodsMetric, Scale, Selector,
};

const SECOND_NS: i64 = 1_000_000_000;

/// A valid case.
#[derive(Clone, Debug)]
pub struct AutoscaleCase {
    /// The clock before the first pass.
    pub now: Time,
    /// Flags.
    pub config: AutoscalerConfig,
    /// The passes. Each holds all that is seen in it, whatever the case leaves out because it is as before.
    pub ticks: Vec<AutoscaleTick>,
}

/// What one pass meets.
#[derive(Clone, Debug)]
pub struct AutoscaleTick {
    /// When, in nanoseconds after `now` of the case.
    pub at_ns: i64,
    /// Whether the controller was started anew and remembers nothing.
    pub is_restarted: bool,
    /// The autoscaler. Its status is that of the case, which counts in the first pass only.
    pub hpa: HorizontalPodAutoscaler,
    /// What changed of the scale since the last pass; its own changes stay.
    pub scale: ScaleChange,
    /// The pods.
    pub pods: Vec<AutoscaledPod>,
    /// The answers of the metrics APIs.
    pub metrics: Metrics,
    /// Other autoscalers of the namespace.
    pub others: Vec<OtherAutoscaler>,
    /// Reading the scale fails with this text.
    pub fail_get_scale: Option<Str>,
    /// So many requests for another size meet a conflict.
    pub scale_conflicts: u32,
    /// The one after them fails with this text.
    pub fail_scale: Option<Str>,
    /// Writing the status fails with this text.
    pub fail_status: Option<Str>,
}

/// What somebody else changed of a scale; `None` = nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScaleChange {
    /// `spec.replicas`.
    pub replicas: Option<i32>,
    /// `status.replicas`.
    pub status_replicas: Option<i32>,
    /// `status.selector`.
    pub selector: Option<Str>,
}

impl ScaleChange {
    /// Changes it.
    pub fn apply(&self, scale: &mut Scale) {
        scale.spec_replicas = self.replicas.unwrap_or(scale.spec_replicas);
        scale.status_replicas = self.status_replicas.unwrap_or(scale.status_replicas);
        if let Some(selector) = &self.selector {
            scale.selector = selector.clone();
        }
    }
}

type Read<T> = Result<T, String>;

const FIELDS: [&str; 6] = ["id", "controller", "now", "hpa", "config", "ticks"];
const TICK_FIELDS: [&str; 14] = [
    "afterMs",
    "restart",
    "spec",
    "scale",
    "pods",
    "others",
    "resource",
    "podsMetrics",
    "objectMetrics",
    "externalMetrics",
    "failGetScale",
    "scaleConflicts",
    "failScale",
    "failStatus",
];

impl AutoscaleCase {
    /// Reads a case; an error says why it is none.
    pub fn read(case: &Value) -> Read<Self> {
        let case = fields(case, &FIELDS)?;
        if text(case, "controller")? != "autoscaler" {
            return Err("controller is not autoscaler".into());
        }
        let now = Time::parse(&text(case, "now")?).map_err(|error| format!("now: {error}"))?;
        let mut hpa = case.get("hpa").cloned().unwrap_or_default();
        defaults::horizontal_pod_autoscaler_v2(&mut hpa);
        let mut ticks: Vec<AutoscaleTick> = Vec::new();
        for (i, value) in list(case, "ticks")?.iter().enumerate() {
            let tick = tick(value, ticks.last(), &mut hpa).map_err(|error| format!("ticks[{i}]: {error}"))?;
            ticks.push(tick);
        }
        Ok(AutoscaleCase { now, config: config(case)?, ticks })
    }
}

fn config(case: &Map<String, Value>) -> Read<AutoscalerConfig> {
    let mut config = AutoscalerConfig::default();
    let Some(given) = case.get("config") else { return Ok(config) };
    let names =
        ["downscaleStabilizationSeconds", "cpuInitializationSeconds", "initialReadinessSeconds", "tolerance"];
    let given = fields(given, &names)?;
    for (name, field) in names.into_iter().zip([
        &mut config.downscale_stabilization_s,
        &mut config.cpu_initialization_period_s,
        &mut config.initial_readiness_delay_s,
    ]) {
        *field = int(given, name)?.unwrap_or(*field);
    }
    if let Some(tolerance) = given.get("tolerance") {
        config.tolerance = tolerance.as_f64().ok_or("tolerance is not a number")?;
    }
    Ok(config)
}

fn tick(value: &Value, before: Option<&AutoscaleTick>, hpa: &mut Value) -> Read<AutoscaleTick> {
    let given = fields(value, &TICK_FIELDS)?;
    if let Some(spec) = given.get("spec") {
        // A change of the spec counts the generation up, as the API server does.
        hpa["spec"] = spec.clone();
        let generation = hpa.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or(0);
        hpa["metadata"]["generation"] = json!(generation + 1);
        defaults::horizontal_pod_autoscaler_v2(hpa);
    }
    let parsed = HorizontalPodAutoscaler::from_value(hpa).map_err(|error| format!("hpa: {error}"))?;
    if parsed.meta.name.is_empty() || parsed.meta.namespace.is_empty() {
        return Err("hpa has no name or no namespace".into());
    }
    if parsed.spec.scale_target_ref.kind.is_empty() {
        return Err("hpa has no scaleTargetRef.kind".into());
    }
    let after_ms = int(given, "afterMs")?.unwrap_or(0);
    if !(0..=86_400_000).contains(&after_ms) {
        return Err("afterMs is not between 0 and a day".into());
    }
    let mut tick = match before {
        Some(before) => before.clone(),
        None => AutoscaleTick {
            at_ns: 0,
            is_restarted: false,
            hpa: parsed.clone(),
            scale: ScaleChange::default(),
            pods: Vec::new(),
            metrics: Metrics::default(),
            others: Vec::new(),
            fail_get_scale: None,
            scale_conflicts: 0,
            fail_scale: None,
            fail_status: None,
        },
    };
    tick.hpa = parsed;
    tick.at_ns += after_ms * (SECOND_NS / 1_000);
    tick.is_restarted = given.get("restart").and_then(Value::as_bool).unwrap_or(false);
    tick.scale = scale_change(given.get("scale"))?;
    if given.contains_key("pods") {
        tick.pods = list(given, "pods")?.iter().map(pod).collect::<Read<_>>()?;
    }
    if given.contains_key("others") {
        tick.others = list(given, "others")?.iter().map(other).collect::<Read<_>>()?;
    }
    metrics(given, &mut tick.metrics)?;
    let failure = |field: &str| Ok::<_, String>(Some(text(given, field)?).filter(|text| !text.is_empty()));
    tick.fail_get_scale = failure("failGetScale")?;
    tick.fail_scale = failure("failScale")?;
    tick.fail_status = failure("failStatus")?;
    tick.scale_conflicts = int(given, "scaleConflicts")?.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    Ok(tick)
}

fn scale_change(value: Option<&Value>) -> Read<ScaleChange> {
    let Some(value) = value else { return Ok(ScaleChange::default()) };
    let given = fields(value, &["replicas", "statusReplicas", "selector"])?;
    let number = |field: &str| -> Read<Option<i32>> {
        int(given, field)?.map(i32::try_from).transpose().map_err(|_| format!("{field} is no 32-bit number"))
    };
    Ok(ScaleChange {
        replicas: number("replicas")?,
        status_replicas: number("statusReplicas")?,
        selector: given.contains_key("selector").then(|| text(given, "selector")).transpose()?,
    })
}

fn pod(value: &Value) -> Read<AutoscaledPod> {
    let pod = Pod::from_value(value).map_err(|error| format!("pods: {error}"))?;
    let spec = value.get("spec").unwrap_or(&Value::Null);
    Ok(AutoscaledPod::new(&pod, PodRequests::from_spec(spec)))
}

fn other(value: &Value) -> Read<OtherAutoscaler> {
    let given = fields(value, &["name", "selector"])?;
    let selector = match given.get("selector") {
        None | Some(Value::Null) => None,
        Some(_) => Some(Selector::parse(&text(given, "selector")?).map_err(|error| error.to_string())?),
    };
    Ok(OtherAutoscaler { name: text(given, "name")?, selector })
}

fn metrics(given: &Map<String, Value>, metrics: &mut Metrics) -> Read<()> {
    if let Some(value) = given.get("resource") {
        metrics.resource = answer(value, |value| array(value)?.iter().map(pod_usage).collect())?;
    }
    if given.contains_key("podsMetrics") {
        let one = |value: &Value| {
            let given = fields(value, &["name", "selector", "values"])?;
            let values = answer(&value["values"], |value| array(value)?.iter().map(pod_value).collect())?;
            Ok(PodsMetric { name: text(given, "name")?, selector: text(given, "selector")?, values })
        };
        metrics.pods = list(given, "podsMetrics")?.iter().map(one).collect::<Read<_>>()?;
    }
    if given.contains_key("objectMetrics") {
        let one = |value: &Value| {
            let given = fields(value, &["name", "selector", "kind", "object", "value"])?;
            Ok(ObjectMetric {
                name: text(given, "name")?,
                selector: text(given, "selector")?,
                kind: text(given, "kind")?,
                object: text(given, "object")?,
                value: answer(&value["value"], quantity)?,
            })
        };
        metrics.objects = list(given, "objectMetrics")?.iter().map(one).collect::<Read<_>>()?;
    }
    if given.contains_key("externalMetrics") {
        let one = |value: &Value| {
            let given = fields(value, &["name", "selector", "values"])?;
            let values = answer(&value["values"], |value| array(value)?.iter().map(quantity).collect())?;
            Ok(ExternalMetric { name: text(given, "name")?, selector: text(given, "selector")?, values })
        };
        metrics.external = list(given, "externalMetrics")?.iter().map(one).collect::<Read<_>>()?;
    }
    Ok(())
}

fn pod_usage(value: &Value) -> Read<PodUsage> {
    let given = fields(value, &["pod", "timestamp", "windowSeconds", "containers"])?;
    let container = |value: &Value| {
        let given = fields(value, &["name", "usage"])?;
        let usage = given.get("usage").and_then(Value::as_object).into_iter().flatten();
        let usage = usage.map(|(name, value)| Ok((name.into(), quantity(value)?))).collect::<Read<_>>()?;
        Ok(ContainerUsage { name: text(given, "name")?, usage })
    };
    Ok(PodUsage {
        pod: text(given, "pod")?,
        timestamp: time(given)?,
        window_ns: int(given, "windowSeconds")?.unwrap_or(0).saturating_mul(SECOND_NS),
        containers: list(given, "containers")?.iter().map(container).collect::<Read<_>>()?,
    })
}

fn pod_value(value: &Value) -> Read<PodMetricValue> {
    let given = fields(value, &["pod", "timestamp", "windowSeconds", "value"])?;
    Ok(PodMetricValue {
        pod: text(given, "pod")?,
        timestamp: time(given)?,
        window_s: int(given, "windowSeconds")?,
        value: quantity(given.get("value").unwrap_or(&Value::Null))?,
    })
}

fn time(given: &Map<String, Value>) -> Read<Option<Time>> {
    let text = text(given, "timestamp")?;
    if text.is_empty() {
        return Ok(None);
    }
    Time::parse(&text).map(Some).map_err(|error| format!("timestamp: {error}"))
}

/// `{"error": "text"}`, or a value.
fn answer<T>(value: &Value, read: impl FnOnce(&Value) -> Read<T>) -> Read<Answer<T>> {
    match value.get("error").and_then(Value::as_str) {
        Some(error) => Ok(Err(error.into())),
        None => read(value).map(Ok),
    }
}

fn quantity(value: &Value) -> Read<Quantity> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(n) => n.to_string(),
        _ => return Err("a quantity is needed".into()),
    };
    Quantity::parse(text.trim()).map_err(|error| format!("{text:?}: {error}"))
}

/// An object of known fields: one that is misspelt would silently change the question.
fn fields<'a>(value: &'a Value, known: &[&str]) -> Read<&'a Map<String, Value>> {
    let map = value.as_object().ok_or("an object is needed")?;
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(format!("unknown field {unknown:?}")),
        None => Ok(map),
    }
}

fn array(value: &Value) -> Read<&Vec<Value>> {
    value.as_array().ok_or_else(|| "a list is needed".into())
}

fn list<'a>(map: &'a Map<String, Value>, field: &str) -> Read<&'a [Value]> {
    match map.get(field) {
        None | Some(Value::Null) => Ok(&[]),
        Some(value) => array(value).map(Vec::as_slice).map_err(|error| format!("{field}: {error}")),
    }
}

fn int(map: &Map<String, Value>, field: &str) -> Read<Option<i64>> {
    match map.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| format!("{field} is not an integer")),
    }
}

fn text(map: &Map<String, Value>, field: &str) -> Read<Str> {
    match map.get(field) {
        None | Some(Value::Null) => Ok(Str::default()),
        Some(value) => value.as_str().map(Str::from).ok_or_else(|| format!("{field} is not a string")),
    }
}
