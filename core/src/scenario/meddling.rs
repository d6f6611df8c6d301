//! What others do to one pod or one ReplicaSet, in the words of scenario files and of the protocol's mode `run`.

use serde_json::{Map, Value, json};

use crate::cluster::pods::{PodId, RsId};
use crate::cluster::{Cluster, MapPatch, PodChange, ReplicaSetChange};

/// What befalls one object of those that exist, the `nth` of them by creation, from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meddling {
    /// Which.
    pub nth: usize,
    /// What happens to it, in this order.
    pub with: Meddled,
}

/// Something that is meddled with, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meddled {
    /// A pod.
    Pod {
        /// Counts only those that terminate (true), or that do not (false).
        terminating: Option<bool>,
        /// What happens.
        changes: Vec<PodChange>,
    },
    /// A ReplicaSet.
    ReplicaSet(Vec<ReplicaSetChange>),
}

/// A field that does not fit.
pub(crate) fn bad(key: &str, value: &Value) -> String {
    format!("{key}: {value} does not fit")
}

/// The fields of an object, none of them unknown.
pub(crate) fn fields<'a>(value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let fields = value.as_object().ok_or("an object is needed")?;
    match fields.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(format!("unknown field {unknown:?}; there are {}", known.join(", "))),
        None => Ok(fields),
    }
}

fn nth(fields: &Map<String, Value>) -> Result<usize, String> {
    let Some(value) = fields.get("nth") else { return Ok(0) };
    value.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(|| bad("nth", value))
}

fn switch(fields: &Map<String, Value>, key: &str) -> Result<Option<bool>, String> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    Ok(Some(value.as_bool().ok_or_else(|| bad(key, value))?))
}

fn number<T: TryFrom<i64>>(fields: &Map<String, Value>, key: &str) -> Result<Option<T>, String> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    let n = value.as_i64().and_then(|n| T::try_from(n).ok());
    Ok(Some(n.ok_or_else(|| bad(key, value))?))
}

fn patch(fields: &Map<String, Value>, key: &str) -> Result<Option<MapPatch>, String> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    let entries = value.as_object().ok_or_else(|| bad(key, value))?;
    let entry = |(name, new): (&String, &Value)| match new {
        Value::Null => Ok((name.clone(), None)),
        Value::String(text) => Ok((name.clone(), Some(text.clone()))),
        _ => Err(bad(key, new)),
    };
    Ok(Some(entries.iter().map(entry).collect::<Result<_, _>>()?))
}

impl Meddling {
    /// Reads what befalls a pod.
    ///
    /// # Errors
    /// An unknown field, or a value that does not fit.
    pub fn pod(value: &Value) -> Result<Self, String> {
        const KNOWN: [&str; 11] = [
            "nth",
            "terminating",
            "ready",
            "phase",
            "labels",
            "deletionCost",
            "restarts",
            "adopt",
            "orphan",
            "delete",
            "remove",
        ];
        let fields = fields(value, &KNOWN)?;
        let mut changes = Vec::new();
        if let Some(ready) = switch(fields, "ready")? {
            changes.push(if ready { PodChange::Ready } else { PodChange::Unready });
        }
        match fields.get("phase") {
            None => {}
            Some(value) => changes.push(match value.as_str() {
                Some("Failed") => PodChange::Failed,
                Some("Succeeded") => PodChange::Succeeded,
                _ => return Err(bad("phase", value)),
            }),
        }
        changes.extend(patch(fields, "labels")?.map(PodChange::Labels));
        changes.extend(number(fields, "deletionCost")?.map(PodChange::Cost));
        changes.extend(number(fields, "restarts")?.map(PodChange::Restarted));
        changes.extend(number(fields, "adopt")?.map(PodChange::Adopted));
        for (key, change) in
            [("orphan", PodChange::Orphaned), ("delete", PodChange::Deleted), ("remove", PodChange::Removed)]
        {
            if switch(fields, key)? == Some(true) {
                changes.push(change);
            }
        }
        let with = Meddled::Pod { terminating: switch(fields, "terminating")?, changes };
        Ok(Meddling { nth: nth(fields)?, with })
    }

    /// Reads what befalls a ReplicaSet.
    ///
    /// # Errors
    /// An unknown field, or a value that does not fit.
    pub fn replica_set(value: &Value) -> Result<Self, String> {
        let fields = fields(value, &["nth", "replicas", "labels", "annotations", "orphan", "delete"])?;
        let mut changes = Vec::new();
        if let Some(replicas) = number::<i32>(fields, "replicas")? {
            if replicas < 0 {
                return Err(bad("replicas", &replicas.into()));
            }
            changes.push(ReplicaSetChange::Resized(replicas));
        }
        changes.extend(patch(fields, "labels")?.map(ReplicaSetChange::Labels));
        changes.extend(patch(fields, "annotations")?.map(ReplicaSetChange::Annotations));
        if switch(fields, "orphan")? == Some(true) {
            changes.push(ReplicaSetChange::Orphaned);
        }
        match fields.get("delete") {
            None => {}
            Some(value) => changes.push(match value.as_str() {
                Some("background") => ReplicaSetChange::Deleted,
                Some("orphan") => ReplicaSetChange::DeletedOrphaning,
                Some("foreground") => ReplicaSetChange::Dying,
                _ => return Err(bad("delete", value)),
            }),
        }
        Ok(Meddling { nth: nth(fields)?, with: Meddled::ReplicaSet(changes) })
    }

    /// The field that a step has for it.
    pub fn field(&self) -> &'static str {
        match self.with {
            Meddled::Pod { .. } => "pod",
            Meddled::ReplicaSet(_) => "replicaSet",
        }
    }

    /// What [`Self::pod`] and [`Self::replica_set`] read.
    pub fn to_value(&self) -> Value {
        let map = |patch: &MapPatch| -> Value {
            patch.iter().map(|(key, value)| (key.clone(), json!(value))).collect::<Map<_, _>>().into()
        };
        let mut value = json!({"nth": self.nth});
        match &self.with {
            Meddled::Pod { terminating, changes } => {
                if let Some(terminating) = terminating {
                    value["terminating"] = json!(terminating);
                }
                for change in changes {
                    let (key, said) = match change {
                        PodChange::Unready => ("ready", json!(false)),
                        PodChange::Ready => ("ready", json!(true)),
                        PodChange::Failed => ("phase", json!("Failed")),
                        PodChange::Succeeded => ("phase", json!("Succeeded")),
                        PodChange::Deleted => ("delete", json!(true)),
                        PodChange::Removed => ("remove", json!(true)),
                        PodChange::Labels(patch) => ("labels", map(patch)),
                        PodChange::Orphaned => ("orphan", json!(true)),
                        PodChange::Adopted(nth) => ("adopt", json!(nth)),
                        PodChange::Cost(cost) => ("deletionCost", json!(cost)),
                        PodChange::Restarted(times) => ("restarts", json!(times)),
                    };
                    value[key] = said;
                }
            }
            Meddled::ReplicaSet(changes) => {
                for change in changes {
                    let (key, said) = match change {
                        ReplicaSetChange::Deleted => ("delete", json!("background")),
                        ReplicaSetChange::DeletedOrphaning => ("delete", json!("orphan")),
                        ReplicaSetChange::Dying => ("delete", json!("foreground")),
                        ReplicaSetChange::Labels(patch) => ("labels", map(patch)),
                        ReplicaSetChange::Annotations(patch) => ("annotations", map(patch)),
                        ReplicaSetChange::Orphaned => ("orphan", json!(true)),
                        ReplicaSetChange::Resized(replicas) => ("replicas", json!(replicas)),
                    };
                    value[key] = said;
                }
            }
        }
        value
    }

    /// What of it the protocol's mode `run` has no word for.
    pub fn beyond_protocol(&self) -> Option<&'static str> {
        let Meddled::ReplicaSet(changes) = &self.with else { return None };
        changes.contains(&ReplicaSetChange::Dying).then_some("delete: foreground")
    }

    /// Does it; `false` = there is no such object.
    pub fn apply(&self, cluster: &mut Cluster) -> bool {
        // What came before at this instant has had its effects.
        cluster.take_effects();
        match &self.with {
            Meddled::Pod { terminating, changes } => {
                let pods = cluster.store.pods().iter().enumerate();
                let mut fitting = pods
                    .filter(|(_, pod)| pod.state.exists)
                    .filter(|(_, pod)| terminating.is_none_or(|wanted| pod.state.deleting == wanted));
                let Some(id) = fitting.nth(self.nth).map(|(at, _)| PodId(at as u32)) else { return false };
                for change in changes {
                    cluster.change_pod(id, change);
                    cluster.take_effects();
                }
            }
            Meddled::ReplicaSet(changes) => {
                let found: Option<RsId> = cluster.store.replica_sets().nth(self.nth).map(|(id, _)| id);
                let Some(id) = found else { return false };
                for change in changes {
                    cluster.change_replica_set(id, change);
                    cluster.take_effects();
                }
            }
        }
        true
    }
}

/// The JSON schemas of `pod` and `replicaSet` of a step.
pub(super) fn schemas() -> (Value, Value) {
    let nth = json!({"type": "integer", "minimum": 0, "description": "Which of those that exist, by creation, from 0 (default 0)"});
    let switch = |description: &str| json!({"type": "boolean", "description": description});
    let map = |description: &str| {
        json!({
            "type": "object", "description": description, "additionalProperties": {"type": ["string", "null"]},
        })
    };
    let object = |description: &str, properties: Value| {
        json!({
            "type": "object", "description": description, "additionalProperties": false, "properties": properties,
        })
    };
    let pod = object(
        "What befalls one pod, in the order of the fields",
        json!({
            "nth": nth,
            "terminating": switch("Counts only pods that terminate (true) or that do not (false)"),
            "ready": switch("What its readiness probe says"),
            "phase": {"enum": ["Failed", "Succeeded"], "description": "How it ends by itself"},
            "labels": map("Labels that are changed; null removes one"),
            "deletionCost": {"type": "integer", "description": "Its annotation controller.kubernetes.io/pod-deletion-cost"},
            "restarts": {"type": "integer", "minimum": 0, "description": "How often its containers have restarted"},
            "adopt": {
                "type": "integer", "minimum": 0,
                "description": "Its controller becomes that ReplicaSet of those that exist, by creation, from 0",
            },
            "orphan": switch("Its owner references are removed"),
            "delete": switch("It is deleted, with its grace period"),
            "remove": switch("Its object goes at once"),
        }),
    );
    let replica_set = object(
        "What befalls one ReplicaSet, in the order of the fields",
        json!({
            "nth": nth,
            "replicas": {"type": "integer", "minimum": 0, "description": "Its size"},
            "labels": map("Labels that are changed; null removes one"),
            "annotations": map("Annotations that are changed; null removes one"),
            "orphan": switch("Its owner references are removed"),
            "delete": {"enum": ["background", "orphan", "foreground"], "description": "It is deleted, with that --cascade"},
        }),
    );
    (pod, replica_set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_back() {
        let pods = [
            json!({"nth": 2, "terminating": false, "ready": false, "labels": {"app": null, "x": "y"}, "orphan": true}),
            json!({"nth": 0, "phase": "Failed", "deletionCost": -3, "restarts": 7, "adopt": 1, "delete": true, "remove": true}),
        ];
        for value in pods {
            assert_eq!(Meddling::pod(&value).map(|read| (read.field(), read.to_value())), Ok(("pod", value)));
        }
        for delete in ["background", "orphan", "foreground"] {
            let value = json!({"nth": 1, "replicas": 3, "annotations": {"a": null}, "orphan": true, "delete": delete});
            let read = Meddling::replica_set(&value).unwrap();
            assert_eq!((read.field(), read.to_value()), ("replicaSet", value));
            assert_eq!(read.beyond_protocol().is_some(), delete == "foreground");
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (value, why) in [
            (json!(3), "an object is needed"),
            (json!({"nth": -1}), "nth: -1 does not fit"),
            (json!({"ready": "no"}), r#"ready: "no" does not fit"#),
            (json!({"phase": "Running"}), r#"phase: "Running" does not fit"#),
            (json!({"labels": {"a": 1}}), "labels: 1 does not fit"),
            (json!({"restarts": 70_000}), "restarts: 70000 does not fit"),
        ] {
            assert_eq!(Meddling::pod(&value), Err(why.into()));
        }
        let unknown = Meddling::replica_set(&json!({"size": 1})).unwrap_err();
        assert!(unknown.starts_with("unknown field \"size\"; there are nth, "), "{unknown}");
        assert_eq!(
            Meddling::replica_set(&json!({"replicas": -1})),
            Err("replicas: -1 does not fit".to_owned())
        );
    }
}
