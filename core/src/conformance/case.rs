//! A case of the `sync` mode: one state, and the object to be synced in it.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::api::{Deployment, Identity, ObjectMeta, Pod, ReplicaSet, Time, ValueError};

/// Which controller is to pass over the object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Controller {
    Deployment,
    ReplicaSet,
}

/// A valid case. Objects of other namespaces are left out: no controller looks there.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) controller: Controller,
    pub(super) name: String,
    pub(super) now: Time,
    pub(super) deployments: Vec<Arc<Deployment>>,
    pub(super) replica_sets: Vec<Arc<ReplicaSet>>,
    pub(super) pods: Vec<Pod>,
    pub(super) fail_create: u64,
}

const FIELDS: [&str; 8] =
    ["id", "controller", "key", "now", "deployments", "replicaSets", "pods", "failCreate"];

impl Case {
    /// Reads the case; an error says why it is none.
    pub(super) fn read(case: &Map<String, Value>) -> Result<Case, String> {
        if let Some(unknown) = case.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            // A misspelt field would silently change the question.
            return Err(format!("unknown field {unknown:?}"));
        }
        let controller = match text(case, "controller")? {
            "deployment" => Controller::Deployment,
            "replicaset" => Controller::ReplicaSet,
            other => return Err(format!("controller {other:?} is not deployment or replicaset")),
        };
        let (namespace, name) = match text(case, "key")?.split_once('/') {
            Some((ns, name)) if !ns.is_empty() && !name.is_empty() && !name.contains('/') => (ns, name),
            _ => return Err("key is not namespace/name".into()),
        };
        let now = Time::parse(text(case, "now")?).map_err(|error| format!("now: {error}"))?;
        let fail_create = match case.get("failCreate") {
            None | Some(Value::Null) => 0,
            Some(n) => n.as_i64().ok_or("failCreate is not an integer")?,
        };
        Ok(Case {
            controller,
            name: name.into(),
            now,
            deployments: objects(
                case,
                "deployments",
                namespace,
                |v| Deployment::from_value(v).map(Arc::new),
                |d| &d.meta,
            )?,
            replica_sets: objects(
                case,
                "replicaSets",
                namespace,
                |v| ReplicaSet::from_value(v).map(Arc::new),
                |rs| &rs.meta,
            )?,
            pods: objects(case, "pods", namespace, Pod::from_value, |pod| &pod.meta)?,
            fail_create: u64::try_from(fail_create).unwrap_or(0),
        })
    }
}

fn text<'a>(case: &'a Map<String, Value>, field: &str) -> Result<&'a str, String> {
    match case.get(field) {
        None | Some(Value::Null) => Ok(""),
        Some(value) => value.as_str().ok_or_else(|| format!("{field} is not a string")),
    }
}

/// The objects of one field that are in the namespace. Each needs a name and a namespace, and no two the same.
fn objects<T>(
    case: &Map<String, Value>,
    field: &str,
    namespace: &str,
    read: impl Fn(&Value) -> Result<T, ValueError>,
    meta: impl Fn(&T) -> &ObjectMeta,
) -> Result<Vec<T>, String> {
    let list = match case.get(field) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(value) => value.as_array().ok_or_else(|| format!("{field} is not a list"))?,
    };
    let mut seen = std::collections::BTreeSet::new();
    let mut objects = Vec::with_capacity(list.len());
    for (i, value) in list.iter().enumerate() {
        let object = read(value).map_err(|error| format!("{field}[{i}]: {error}"))?;
        if field != "pods" && value.pointer("/spec/replicas").is_none_or(Value::is_null) {
            // The API server puts 1 there; the controllers rely on it, and crash as soon as they look.
            return Err(format!("{field}[{i}]: spec.replicas is null, which no API server stores"));
        }
        let Identity { name, namespace: ns, .. } = &*meta(&object).identity;
        if name.is_empty() || ns.is_empty() {
            return Err(format!("{field}[{i}] has no name or no namespace"));
        }
        if !seen.insert((ns.clone(), name.clone())) {
            return Err(format!("{field} {ns}/{name} is given twice"));
        }
        if ns == namespace {
            objects.push(object);
        }
    }
    Ok(objects)
}
