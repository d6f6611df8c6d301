//! Mode `run`: what befalls one pod or one ReplicaSet at a step.

use serde_json::{Map, Value};

use crate::cluster::pods::PodId;
use crate::cluster::{Cluster, MapPatch, PodChange, ReplicaSetChange};

/// `pod` of a step: the n-th (from 0, by creation) of the pods that exist, or of those that do or do not terminate, and
/// what happens to it, in this order.
pub(super) struct PodStep {
    nth: usize,
    terminating: Option<bool>,
    changes: Vec<PodChange>,
}

/// `replicaSet` of a step: the n-th (from 0, by creation) of the ReplicaSets that exist, and what happens to it, in this
/// order.
pub(super) struct ReplicaSetStep {
    nth: usize,
    changes: Vec<ReplicaSetChange>,
}

/// A field of a step that does not fit.
pub(super) fn bad(of: &str, key: &str, value: &Value) -> String {
    format!("steps: {of}: {key}: {value} does not fit")
}

/// The fields of an object in a step, none of them unknown.
pub(super) fn fields<'a>(
    of: &str,
    value: &'a Value,
    known: &[&str],
) -> Result<&'a Map<String, Value>, String> {
    let fields = value.as_object().ok_or_else(|| format!("steps: {of}: an object is needed"))?;
    match fields.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(format!("steps: {of}: unknown field {unknown:?}")),
        None => Ok(fields),
    }
}

fn nth(of: &str, fields: &Map<String, Value>) -> Result<usize, String> {
    let Some(value) = fields.get("nth") else { return Ok(0) };
    value.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(|| bad(of, "nth", value))
}

fn switch(of: &str, fields: &Map<String, Value>, key: &str) -> Result<Option<bool>, String> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    Ok(Some(value.as_bool().ok_or_else(|| bad(of, key, value))?))
}

fn patch(of: &str, fields: &Map<String, Value>, key: &str) -> Result<Option<MapPatch>, String> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    let entries = value.as_object().ok_or_else(|| bad(of, key, value))?;
    let entry = |(name, new): (&String, &Value)| match new {
        Value::Null => Ok((name.clone(), None)),
        Value::String(text) => Ok((name.clone(), Some(text.clone()))),
        _ => Err(bad(of, key, new)),
    };
    Ok(Some(entries.iter().map(entry).collect::<Result<_, _>>()?))
}

impl PodStep {
    pub(super) fn read(value: &Value) -> Result<PodStep, String> {
        const OF: &str = "pod";
        let known = ["nth", "terminating", "ready", "phase", "labels", "orphan", "delete", "remove"];
        let fields = fields(OF, value, &known)?;
        let mut changes = Vec::new();
        if let Some(ready) = switch(OF, fields, "ready")? {
            changes.push(if ready { PodChange::Ready } else { PodChange::Unready });
        }
        match fields.get("phase") {
            None => {}
            Some(value) => changes.push(match value.as_str() {
                Some("Failed") => PodChange::Failed,
                Some("Succeeded") => PodChange::Succeeded,
                _ => return Err(bad(OF, "phase", value)),
            }),
        }
        changes.extend(patch(OF, fields, "labels")?.map(PodChange::Labels));
        for (key, change) in
            [("orphan", PodChange::Orphaned), ("delete", PodChange::Deleted), ("remove", PodChange::Removed)]
        {
            if switch(OF, fields, key)? == Some(true) {
                changes.push(change);
            }
        }
        Ok(PodStep { nth: nth(OF, fields)?, terminating: switch(OF, fields, "terminating")?, changes })
    }

    pub(super) fn apply(&self, cluster: &mut Cluster) {
        // What came before at this instant has had its effects.
        cluster.take_effects();
        let pods = cluster.store.pods().iter().enumerate();
        let mut fitting = pods
            .filter(|(_, pod)| pod.state.exists)
            .filter(|(_, pod)| self.terminating.is_none_or(|wanted| pod.state.deleting == wanted));
        let Some(id) = fitting.nth(self.nth).map(|(at, _)| PodId(at as u32)) else { return };
        for change in &self.changes {
            cluster.change_pod(id, change);
            cluster.take_effects();
        }
    }
}

impl ReplicaSetStep {
    pub(super) fn read(value: &Value) -> Result<ReplicaSetStep, String> {
        const OF: &str = "replicaSet";
        let fields = fields(OF, value, &["nth", "replicas", "labels", "annotations", "orphan", "delete"])?;
        let mut changes = Vec::new();
        if let Some(value) = fields.get("replicas") {
            let n = value.as_i64().and_then(|n| i32::try_from(n).ok()).filter(|n| *n >= 0);
            changes.push(ReplicaSetChange::Resized(n.ok_or_else(|| bad(OF, "replicas", value))?));
        }
        changes.extend(patch(OF, fields, "labels")?.map(ReplicaSetChange::Labels));
        changes.extend(patch(OF, fields, "annotations")?.map(ReplicaSetChange::Annotations));
        if switch(OF, fields, "orphan")? == Some(true) {
            changes.push(ReplicaSetChange::Orphaned);
        }
        match fields.get("delete") {
            None => {}
            Some(value) => changes.push(match value.as_str() {
                Some("background") => ReplicaSetChange::Deleted,
                Some("orphan") => ReplicaSetChange::DeletedOrphaning,
                _ => return Err(bad(OF, "delete", value)),
            }),
        }
        Ok(ReplicaSetStep { nth: nth(OF, fields)?, changes })
    }

    pub(super) fn apply(&self, cluster: &mut Cluster) {
        // What came before at this instant has had its effects.
        cluster.take_effects();
        let Some(id) = cluster.store.replica_sets().nth(self.nth).map(|(id, _)| id) else { return };
        for change in &self.changes {
            cluster.change_replica_set(id, change);
            cluster.take_effects();
        }
    }
}
