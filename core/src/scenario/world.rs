//! What the file format says of nodes, faults and crashes.

use serde::Deserialize;
use serde_json::{Value, json};
use serde_saphyr::Spanned;

use super::TimedFault;
use crate::api::Quantity;
use crate::cluster::nodes::{Capacity, MAX_PODS, NodeConfig};
use crate::cluster::pods::NodeId;
use crate::cluster::{ApiFault, Fault, Watched, Write, of_word};
use crate::sim::{Distribution, parse_duration};
use crate::workload::Crash;

/// Most nodes of a scenario, the most that Kubernetes says it is made for.
const NODES_MAX: u64 = 5_000;

/// `fault:` of a step, and an entry of `faults:`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawFault {
    at: Option<String>,
    kill_pods: Option<u32>,
    node_down: Option<String>,
    node_up: Option<String>,
    controller_restart: Option<RawRestart>,
    api_errors: Option<RawErrors>,
    watch_delay: Option<RawDelay>,
    watch_lost: Option<RawLoss>,
    quota_pods: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawRestart {
    #[serde(default)]
    after_requests: u32,
    down_for: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawErrors {
    of: Option<String>,
    #[serde(default)]
    after_requests: u32,
    requests: u32,
    error: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDelay {
    of: Option<String>,
    delay: String,
    #[serde(rename = "for")]
    for_: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLoss {
    of: String,
    #[serde(rename = "for")]
    for_: String,
}

/// That of a closed set which `field` names; the error lists the words that there are.
fn named<T: Copy>(
    field: &str,
    what: &str,
    (all, word): (&[T], fn(T) -> &'static str),
    text: &str,
) -> Result<T, String> {
    let known = || all.iter().map(|one| word(*one)).collect::<Vec<_>>().join(", ");
    of_word(all, word, text).ok_or_else(|| format!("{field}: no {what} {text:?}; there are {}", known()))
}

const ERRORS: (&[ApiFault], fn(ApiFault) -> &'static str) = (&ApiFault::ALL, ApiFault::word);
const WRITES: (&[Write], fn(Write) -> &'static str) = (&Write::ALL, Write::word);
const WATCHES: (&[Watched], fn(Watched) -> &'static str) = (&Watched::ALL, Watched::word);

fn duration(text: &str) -> Result<i64, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

fn node(nodes: &[NodeConfig], name: &str) -> Result<NodeId, String> {
    let found = nodes.iter().position(|node| node.name == name);
    found.map(|at| NodeId(at as u32)).ok_or_else(|| unknown_node(nodes, name))
}

/// What to say of a node that does not exist.
pub(super) fn unknown_node(nodes: &[NodeConfig], name: &str) -> String {
    if nodes.is_empty() {
        return format!(
            "there is no node {name:?}: `cluster.nodes` names none; write `nodes: 3` for node-1 to node-3"
        );
    }
    let known: Vec<&str> = nodes.iter().take(10).map(|node| node.name.as_str()).collect();
    let more = if nodes.len() > known.len() { ", …" } else { "" };
    format!("there is no node {name:?}; `cluster.nodes` has {}{more}", known.join(", "))
}

impl RawFault {
    /// The fault, and how it is shown.
    pub(super) fn read(&self, nodes: &[NodeConfig]) -> Result<(Fault, String), String> {
        let mut found = Vec::new();
        if let Some(n) = self.kill_pods {
            found.push((Fault::KillPods(n), format!("kill {n} pods")));
        }
        if let Some(name) = &self.node_down {
            found.push((Fault::NodeDown(node(nodes, name)?), format!("node {name} stops")));
        }
        if let Some(name) = &self.node_up {
            found.push((Fault::NodeUp(node(nodes, name)?), format!("node {name} is back")));
        }
        if let Some(RawRestart { after_requests, down_for }) = &self.controller_restart {
            let down_ns = down_for.as_deref().map_or(Ok(0), duration)?;
            let mut text = "kube-controller-manager restarts".to_owned();
            if *after_requests > 0 {
                text += &format!(" after {after_requests} more requests");
            }
            if let Some(down) = down_for {
                text += &format!(", away for {down}");
            }
            found.push((Fault::ControllerRestart { after_requests: *after_requests, down_ns }, text));
        }
        if let Some(RawErrors { of, after_requests, requests, error }) = &self.api_errors {
            let fault = named("apiErrors.error", "error", ERRORS, error)?;
            let text = match of {
                None => format!("{requests} requests to the API server fail ({error})"),
                Some(of) => format!("{requests} requests {of} to the API server fail ({error})"),
            };
            let of = of.as_deref().map(|of| named("apiErrors.of", "write", WRITES, of)).transpose()?;
            let (after_requests, requests) = (*after_requests, *requests);
            found.push((Fault::ApiErrors { of, after_requests, requests, error: fault }, text));
        }
        if let Some(RawDelay { of, delay, for_ }) = &self.watch_delay {
            let text = match of {
                None => format!("watch events take {delay}, for {for_}"),
                Some(of) => format!("watch events of {of} take {delay}, for {for_}"),
            };
            let of = of.as_deref().map(|of| named("watchDelay.of", "kind", WATCHES, of)).transpose()?;
            found.push((Fault::WatchDelay { of, delay_ns: duration(delay)?, for_ns: duration(for_)? }, text));
        }
        if let Some(RawLoss { of, for_ }) = &self.watch_lost {
            let watched = named("watchLost.of", "kind", WATCHES, of)?;
            let fault = Fault::WatchLost { of: watched, for_ns: duration(for_)? };
            found.push((fault, format!("the watch of {of} is lost, and listed anew after {for_}")));
        }
        match &self.quota_pods {
            None => {}
            Some(Value::String(none)) if none == "none" => {
                found.push((Fault::Quota(None), "the quota is lifted".into()));
            }
            Some(number) => {
                let n = number.as_u64().and_then(|n| u32::try_from(n).ok());
                let n =
                    n.ok_or_else(|| format!("quotaPods: {number} is neither a number of pods nor none"))?;
                found.push((Fault::Quota(Some(n)), format!("the quota is {n} pods")));
            }
        }
        match <[_; 1]>::try_from(found) {
            Ok([(fault, text)]) => Ok((fault, format!("fault: {text}"))),
            Err(_) => Err("a fault is exactly one of killPods, nodeDown, nodeUp, controllerRestart, apiErrors, watchDelay, \
                           watchLost and quotaPods"
                .into()),
        }
    }

    /// An entry of `faults:`.
    pub(super) fn timed(&self, nodes: &[NodeConfig]) -> Result<TimedFault, String> {
        let at = self.at.as_deref().ok_or("needs `at`: when it happens, after the start")?;
        let at_ns = duration(at).map_err(|why| format!("at: {why}"))?;
        let (fault, text) = self.read(nodes)?;
        Ok(TimedFault { at_ns, fault, text })
    }

    /// Whether it says when, which only an entry of `faults:` does.
    pub(super) fn has_time(&self) -> bool {
        self.at.is_some()
    }
}

/// `cluster.nodes`: a number, `{count, pods, cpu, memory}`, or a list of named ones.
pub(super) fn nodes(value: &Value) -> Result<Vec<NodeConfig>, String> {
    let counted = |n: u64, capacity| {
        if n <= NODES_MAX {
            Ok(NodeConfig::named(n as u32, capacity))
        } else {
            Err(format!("{n} nodes are too many; {NODES_MAX} at most"))
        }
    };
    match value {
        Value::Number(n) => {
            let n = n.as_u64().ok_or_else(|| format!("{n} is no number of nodes"))?;
            counted(n, Capacity::default())
        }
        Value::Object(_) => {
            let n = value.get("count").and_then(Value::as_u64).ok_or("`count` is needed: how many nodes")?;
            counted(n, capacity(value, "count")?)
        }
        Value::Array(list) => {
            let mut nodes: Vec<NodeConfig> = Vec::new();
            for node in list {
                let name = node.as_str().or_else(|| node.get("name").and_then(Value::as_str));
                let name = name.filter(|name| !name.is_empty()).ok_or("each node needs a `name`")?;
                if nodes.iter().any(|known| known.name == name) {
                    return Err(format!("two nodes are named {name:?}"));
                }
                let capacity = if node.is_object() { capacity(node, "name")? } else { Capacity::default() };
                nodes.push(NodeConfig { name: name.into(), capacity });
            }
            if nodes.len() as u64 > NODES_MAX {
                counted(nodes.len() as u64, Capacity::default())
            } else {
                Ok(nodes)
            }
        }
        _ => {
            Err("write a number, `{count: 3, pods: 10}`, or a list of `{name: a, cpu: 4, memory: 16Gi}`"
                .into())
        }
    }
}

fn capacity(value: &Value, besides: &str) -> Result<Capacity, String> {
    let mut capacity = Capacity::default();
    for (key, value) in value.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let amount = || match Quantity::parse(&text) {
            Ok(quantity) if !quantity.is_negative() => Ok(quantity),
            Ok(_) => Err(format!("{key}: {text} must not be negative")),
            Err(error) => Err(format!("{key}: {text}: {error}")),
        };
        match key.as_str() {
            "pods" => {
                let pods = value.as_u64().and_then(|n| u32::try_from(n).ok());
                capacity.pods = pods.ok_or_else(|| format!("pods: {text} is no number of pods"))?;
            }
            "cpu" => capacity.cpu_milli = Some(amount()?.milli_value()),
            "memory" => capacity.memory_bytes = Some(amount()?.value()),
            key if key == besides => {}
            key => return Err(format!("no field {key:?}; a node has {besides}, pods, cpu and memory")),
        }
    }
    Ok(capacity)
}

/// Reads what a node takes, as `pods=10,cpu=4,memory=16Gi`.
///
/// # Errors
/// What cannot be read, in words.
pub fn node_capacity(text: &str) -> Result<Capacity, String> {
    let mut object = serde_json::Map::new();
    for part in text.split(',') {
        let (key, value) =
            part.split_once('=').ok_or_else(|| format!("`{part}` is neither pods=N, cpu=N nor memory=N"))?;
        let value = value.trim();
        let number = value.parse::<u64>().ok().filter(|_| key.trim() == "pods");
        object.insert(key.trim().to_owned(), number.map_or_else(|| value.into(), Value::from));
    }
    capacity(&Value::Object(object), "pods")
}

/// `crash:` of an image.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCrash {
    probability: Option<Value>,
    after: Spanned<String>,
}

impl RawCrash {
    pub(super) fn read(&self) -> Result<Crash, String> {
        let per_million = match &self.probability {
            None => 1_000_000,
            Some(value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let percent = text.trim().strip_suffix('%').and_then(|percent| percent.parse::<f64>().ok());
                let percent = percent.filter(|percent| (0.0..=100.0).contains(percent)).ok_or_else(|| {
                    format!("probability: {text} is no percentage; write `20%` for one run in five")
                })?;
                (percent * 10_000.0) as u32
            }
        };
        let after = Distribution::parse(&self.after.value).map_err(|error| format!("after: {error}"))?;
        Ok(Crash { per_million, after })
    }
}

/// The JSON schema of a fault; `timed` = as an entry of `faults:`.
pub(super) fn fault_schema(timed: bool) -> Value {
    let time = |description: &str| json!({"type": "string", "description": description, "examples": ["30s", "1m30s"]});
    let whole = |description: &str, least: u32| json!({"type": "integer", "minimum": least, "description": description});
    let object = |description: &str, properties: Value, required: &[&str]| {
        json!({
            "type": "object", "description": description, "additionalProperties": false,
            "properties": properties, "required": required,
        })
    };
    let mut properties = json!({
        "killPods": whole("The oldest ready pods, deleted at once", 1),
        "nodeDown": {"type": "string", "description": "A node stops; the API notices later"},
        "nodeUp": {"type": "string", "description": "A node that had stopped is back"},
        "controllerRestart": object(
            "kube-controller-manager dies, and what it has in memory is lost",
            json!({
                "afterRequests": whole("After that many more requests of the controllers (default 0)", 0),
                "downFor": time("Until it works again (default 0s)"),
            }),
            &[],
        ),
        "apiErrors": object(
            "Requests of the controllers fail",
            json!({
                "of": {"enum": Write::ALL.map(Write::word), "description": "Which requests (default: all)"},
                "afterRequests": whole("Requests that still go well (default 0)", 0),
                "requests": whole("Requests that fail then", 1),
                "error": {"enum": ApiFault::ALL.map(ApiFault::word)},
            }),
            &["requests", "error"],
        ),
        "watchDelay": object(
            "Watch events take another time",
            json!({
                "of": {"enum": Watched::ALL.map(Watched::word), "description": "Of which objects (default: all)"},
                "delay": time("From a write to its event"), "for": time("For how long"),
            }),
            &["delay", "for"],
        ),
        "watchLost": object(
            "The watch of one kind ends; what is written then never comes as events, and in the end everything is listed anew",
            json!({"of": {"enum": Watched::ALL.map(Watched::word)}, "for": time("Until the list")}),
            &["of", "for"],
        ),
        "quotaPods": {"description": "The quota is changed: a number of pods, or none", "type": ["integer", "string"]},
    });
    let names: Vec<String> =
        properties.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    if timed {
        properties["at"] = time("When, after the start of the scenario");
    }
    let mut schema =
        object("Something breaks: exactly one of these", properties, if timed { &["at"] } else { &[] });
    schema["oneOf"] = names.iter().map(|name| json!({"required": [name]})).collect();
    schema
}

/// The JSON schema of `cluster.nodes`.
pub(super) fn nodes_schema() -> Value {
    let capacity = |besides: &str, of: Value| {
        json!({
            "type": "object", "additionalProperties": false, "required": [besides],
            "properties": {
                besides: of,
                "pods": {"type": "integer", "minimum": 0, "description": format!("Pods (default {MAX_PODS})")},
                "cpu": {"type": ["string", "number"], "description": "Allocatable CPU, for example 4 or 3920m"},
                "memory": {"type": ["string", "number"], "description": "Allocatable memory, for example 16Gi"},
            },
        })
    };
    json!({
        "description": "Nodes: a number, that many of one kind, or a list; none: pods run without nodes",
        "oneOf": [
            {"type": "integer", "minimum": 0, "maximum": NODES_MAX},
            capacity("count", json!({"type": "integer", "minimum": 0, "maximum": NODES_MAX})),
            {"type": "array", "items": {"oneOf": [
                {"type": "string"},
                capacity("name", json!({"type": "string"})),
            ]}},
        ],
    })
}

/// The JSON schema of `crash:`.
pub(super) fn crash_schema() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["after"],
        "description": "Its containers end by themselves and are restarted with back-off",
        "properties": {
            "probability": {"type": "string", "description": "Of one run (default 100%)", "examples": ["20%", "0.5%"]},
            "after": {"type": "string", "description": "From the start of the container", "examples": ["30s", "3s..10s"]},
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Capacity, NodeConfig, node_capacity, nodes};

    #[test]
    fn nodes_are_counted_or_named() {
        let gib = 1 << 30;
        let stock = Capacity::default();
        let small = Capacity { pods: 4, cpu_milli: Some(1500), memory_bytes: Some(2 * gib) };
        for (value, expected) in [
            (json!(0), vec![]),
            (json!(2), NodeConfig::named(2, stock)),
            (json!({"count": 2, "pods": 4, "cpu": "1500m", "memory": "2Gi"}), NodeConfig::named(2, small)),
            (
                json!({"count": 1, "cpu": 1.5}),
                NodeConfig::named(1, Capacity { cpu_milli: Some(1500), ..stock }),
            ),
            (json!(["a"]), vec![NodeConfig { name: "a".into(), capacity: stock }]),
            (
                json!([{"name": "a", "pods": 4, "cpu": 1.5, "memory": "2Gi"}]),
                vec![NodeConfig { name: "a".into(), capacity: small }],
            ),
        ] {
            assert_eq!(nodes(&value), Ok(expected), "{value}");
        }
        for (value, part) in [
            (json!(-1), "no number"),
            (json!(5001), "too many"),
            (json!({"pods": 3}), "`count`"),
            (json!({"count": 3, "pod": 3}), "no field \"pod\""),
            (json!({"count": 3, "cpu": "x"}), "cpu: x"),
            (json!({"count": 3, "memory": "-1"}), "negative"),
            (json!([{"pods": 1}]), "`name`"),
            (json!(["a", {"name": "a"}]), "two nodes"),
            (Value::Bool(true), "write a number"),
        ] {
            let error = nodes(&value).expect_err("must be refused");
            assert!(error.contains(part), "{value}: {error}");
        }
    }

    #[test]
    fn capacities_in_a_word() {
        let parsed = node_capacity("pods=10,cpu=3920m, memory=4Gi");
        let expected = Capacity { pods: 10, cpu_milli: Some(3920), memory_bytes: Some(4 << 30) };
        assert_eq!(parsed, Ok(expected));
        for text in ["", "pods", "pods=x", "cpu=x", "disk=3"] {
            assert!(node_capacity(text).is_err(), "{text}");
        }
    }
}
