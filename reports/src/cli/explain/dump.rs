//! Objects as `kubectl get -o yaml|json` prints them.

use std::sync::Arc;

use maxsurge_core::api::{Deployment, Pod, ReplicaSet, Time};
use serde_json::Value;

use crate::cli::input::Input;

/// What the dump holds.
#[derive(Default)]
pub(super) struct Dump {
    pub(super) deployments: Vec<Arc<Deployment>>,
    pub(super) replica_sets: Vec<Arc<ReplicaSet>>,
    pub(super) pods: Vec<Pod>,
    /// The newest time of anything that has happened.
    pub(super) newest: Option<Time>,
}

impl Dump {
    pub(super) fn read(file: &Input) -> Result<Self, String> {
        let documents: Vec<Value> = serde_saphyr::from_multiple(&file.text)
            .map_err(|error| format!("{}: {}", file.name, error.without_snippet()))?;
        let mut dump = Dump::default();
        for document in documents {
            dump.take(&document).map_err(|why| format!("{}: {why}", file.name))?;
        }
        Ok(dump)
    }

    fn take(&mut self, object: &Value) -> Result<(), String> {
        if let Some(items) = object.get("items").and_then(Value::as_array) {
            return items.iter().try_for_each(|item| self.take(item));
        }
        let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
        let wrong = |error: maxsurge_core::api::ValueError| format!("{kind} {name:?}: {error}");
        match kind {
            "Deployment" => self.deployments.push(Arc::new(Deployment::from_value(object).map_err(wrong)?)),
            "ReplicaSet" => self.replica_sets.push(Arc::new(ReplicaSet::from_value(object).map_err(wrong)?)),
            "Pod" => self.pods.push(Pod::from_value(object).map_err(wrong)?),
            _ => return Ok(()),
        }
        newest(object, &mut self.newest);
        Ok(())
    }
}

/// Looks for times; deadlines lie in the future and do not count.
fn newest(value: &Value, latest: &mut Option<Time>) {
    match value {
        Value::Object(map) => {
            for (key, value) in
                map.iter().filter(|(key, _)| *key != "deletionTimestamp" && *key != "annotations")
            {
                match value {
                    Value::String(text)
                        if key.ends_with("Time") || key.ends_with("stamp") || key.ends_with("At") =>
                    {
                        *latest = (*latest).max(Time::parse(text).ok());
                    }
                    _ => newest(value, latest),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| newest(item, latest)),
        _ => {}
    }
}
