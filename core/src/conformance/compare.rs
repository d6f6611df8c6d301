//! Comparison of two verdicts on one case: the fields that the protocol names, nothing else.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::api::{POD_TEMPLATE_HASH, PodTemplate};

/// Longest name of an object.
const NAME_MAX: usize = 253;

/// The first difference between two verdicts.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// Where, for example `writes[1].object.spec.replicas`.
    pub path: String,
    /// What we say; `null` = nothing.
    pub ours: Value,
    /// What they say.
    pub theirs: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ours {}, theirs {}", self.path, self.ours, self.theirs)
    }
}

/// Whether two verdicts of the `sync` mode say the same. What is free in the protocol is levelled first: the value of a
/// new `pod-template-hash`, the order of neighbouring patches, the text of errors, and whether something empty is
/// written or left out.
pub fn same(ours: &Value, theirs: &Value) -> Result<(), Difference> {
    compare("", &comparable(ours, Names::Free), &comparable(theirs, Names::Free))
}

/// The same, but a new `pod-template-hash` must have the same value, too: two speakers of one version of Kubernetes.
pub fn same_with_names(ours: &Value, theirs: &Value) -> Result<(), Difference> {
    compare("", &comparable(ours, Names::Compared), &comparable(theirs, Names::Compared))
}

/// Whether the value of a new `pod-template-hash` counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Names {
    /// It is replaced by `HASH` wherever it stands: versions of Kubernetes hash differently.
    Free,
    /// It stays.
    Compared,
}

/// The part of a verdict that is compared, in one form: two verdicts say the same if these are equal.
pub fn comparable(verdict: &Value, names: Names) -> Value {
    if verdict.get("invalid").is_some() {
        return json!({"id": verdict["id"], "invalid": true});
    }
    let mut verdict = verdict.clone();
    if let Some((name, hash)) = created(&verdict).filter(|_| names == Names::Free) {
        if name.len() >= NAME_MAX {
            // A long name is cut to make room for the hash, so its length depends on that of the hash, too.
            replace(&mut verdict, &name, &format!("{}-HASH", name.chars().take(200).collect::<String>()));
        }
        replace(&mut verdict, &hash, "HASH");
    }
    let empty = Vec::new();
    let mut writes: Vec<Value> =
        verdict["writes"].as_array().unwrap_or(&empty).iter().map(level_write).collect();
    for run in writes.chunk_by_mut(|a, b| a["verb"] == "patch" && b["verb"] == "patch") {
        run.sort_by_cached_key(|write| (write["name"].to_string(), write["patch"].to_string()));
    }
    let mut levelled = json!({
        "id": verdict["id"],
        "error": verdict.get("error").is_some(),
        "writes": writes,
        "events": verdict["events"],
        "podsCreated": verdict["podsCreated"],
        "podsDeleted": verdict["podsDeleted"],
    });
    // Absent, null and "at once" are three things; numbers may be written `1` or `1.0`.
    levelled["requeueAfterSeconds"] =
        verdict["requeueAfterSeconds"].as_f64().map_or(Value::Null, Value::from);
    if let Some(panic) = verdict.get("panic") {
        levelled["panic"] = panic.clone();
    }
    levelled
}

fn level_write(write: &Value) -> Value {
    let mut levelled = Map::new();
    for field in ["verb", "resource", "subresource", "name"] {
        levelled.insert(field.into(), write[field].clone());
    }
    if write["verb"] == "patch" {
        levelled.insert("patch".into(), write["patch"].clone());
        return levelled.into();
    }
    let (resource, object) = (write["resource"].as_str(), &write["object"]);
    let mut kept = json!({});
    let mut keep = |path: &[&str]| {
        let value = path.iter().fold(object, |value, name| &value[*name]);
        kept[path.join(".")] = prune(value);
    };
    match (resource, write["subresource"].as_str(), write["verb"].as_str()) {
        (_, Some("status"), _) => keep(&["status"]),
        (Some("replicasets"), _, Some("create" | "update")) => {
            for field in ["labels", "annotations", "ownerReferences"] {
                keep(&["metadata", field]);
            }
            keep(&["spec", "replicas"]);
            keep(&["spec", "minReadySeconds"]);
        }
        (Some("deployments"), _, Some("update")) => {
            keep(&["metadata", "annotations"]);
            keep(&["spec"]);
            // Equal as the API machinery sees it: quantities by value, for one.
            let template = PodTemplate::from_value(&object["spec"]["template"]);
            kept["spec"]["template"] =
                json!({"labels": template.to_value()["metadata"]["labels"], "body": prune(template.body())});
        }
        _ => {}
    }
    levelled.insert("object".into(), kept);
    levelled.into()
}

/// Without what is null or empty: Go writes some of it and leaves out other, and whoever reads it with Go's types cannot
/// tell it from absent.
fn prune(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept: Map<String, Value> = map
                .iter()
                .map(|(key, value)| (key, prune(value)))
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), value))
                .collect();
            if kept.is_empty() { Value::Null } else { kept.into() }
        }
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => items.iter().map(prune).collect(),
        other => other.clone(),
    }
}

/// Name and hash that the verdict gives to the ReplicaSet that it creates.
fn created(verdict: &Value) -> Option<(String, String)> {
    let writes = verdict["writes"].as_array()?;
    let created = writes.iter().find(|w| w["verb"] == "create" && w["resource"] == "replicasets")?;
    let name = created["name"].as_str()?.to_owned();
    let hash = created["object"]["metadata"]["labels"][POD_TEMPLATE_HASH].as_str()?;
    (!hash.is_empty()).then(|| (name, hash.to_owned()))
}

fn replace(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text.contains(from) => *text = text.replace(from, to),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, from, to)),
        Value::Object(map) => map.values_mut().for_each(|value| replace(value, from, to)),
        _ => {}
    }
}

/// Where two verdicts of the mode `autoscale` differ; absent is the same as `null` and as empty.
pub fn difference_of_autoscalers(ours: &Value, theirs: &Value) -> Option<Difference> {
    if ours.get("invalid").is_some() && theirs.get("invalid").is_some() {
        return None;
    }
    difference(&prune(ours), &prune(theirs))
}

/// The first place at which two values differ; absent is the same as `null`.
pub fn difference(ours: &Value, theirs: &Value) -> Option<Difference> {
    compare("", ours, theirs).err()
}

fn compare(path: &str, ours: &Value, theirs: &Value) -> Result<(), Difference> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&inner, a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null))?;
            }
            Ok(())
        }
        (Value::Array(a), Value::Array(b)) => {
            for i in 0..a.len().max(b.len()) {
                let inner = format!("{path}[{i}]");
                compare(&inner, a.get(i).unwrap_or(&Value::Null), b.get(i).unwrap_or(&Value::Null))?;
            }
            Ok(())
        }
        _ if ours == theirs => Ok(()),
        _ => Err(Difference { path: path.into(), ours: ours.clone(), theirs: theirs.clone() }),
    }
}
