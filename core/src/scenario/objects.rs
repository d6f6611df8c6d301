//! Manifests as the API server stores them.

use serde_json::{Value, json};

use crate::api::{Deployment, ReplicaSet};

/// Sets what a manifest leaves out, as the API server does. The error names the field.
pub(super) fn defaulted(mut object: Value) -> Result<Value, String> {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !matches!(kind.as_str(), "Deployment" | "ReplicaSet") {
        return Err(format!("kind {kind:?} is not simulated in a scenario; Deployment and ReplicaSet are"));
    }
    if object.get("apiVersion").and_then(Value::as_str) != Some("apps/v1") {
        return Err(format!("apiVersion of a {kind} must be apps/v1"));
    }
    if object.pointer("/metadata/name").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err("metadata.name: Required value".into());
    }
    let missing = |object: &Value, path: &str| object.pointer(path).is_none_or(Value::is_null);
    for (path, name) in [("/spec/selector", "spec.selector"), ("/spec/template", "spec.template")] {
        if missing(&object, path) {
            return Err(format!("{name}: Required value"));
        }
    }
    if missing(&object, "/metadata/namespace") {
        object["metadata"]["namespace"] = "default".into();
    }
    let spec = &mut object["spec"];
    let mut set = |field: &str, value: Value| {
        if spec.get(field).is_none_or(Value::is_null) {
            spec[field] = value;
        }
    };
    set("replicas", 1.into());
    if kind == "Deployment" {
        set("revisionHistoryLimit", 10.into());
        set("progressDeadlineSeconds", 600.into());
        set("strategy", json!({"type": "RollingUpdate"}));
        let strategy = &mut spec["strategy"];
        if strategy.get("type").is_none_or(Value::is_null) {
            strategy["type"] = "RollingUpdate".into();
        }
        if strategy["type"] == "RollingUpdate" {
            for limit in ["maxSurge", "maxUnavailable"] {
                if strategy.pointer(&format!("/rollingUpdate/{limit}")).is_none_or(Value::is_null) {
                    strategy["rollingUpdate"][limit] = "25%".into();
                }
            }
        }
        deployment(&object)?;
    } else {
        replica_set(&object)?;
    }
    Ok(object)
}

/// A defaulted Deployment, checked as far as a run depends on it.
pub(super) fn deployment(object: &Value) -> Result<Deployment, String> {
    let d = Deployment::from_value(object).map_err(|error| error.to_string())?;
    if d.replicas() < 0 || d.spec.min_ready_seconds < 0 {
        return Err("spec.replicas and spec.minReadySeconds: must be greater than or equal to 0".into());
    }
    if d.spec.progress_deadline_seconds.is_some_and(|deadline_s| deadline_s <= d.spec.min_ready_seconds) {
        return Err("spec.progressDeadlineSeconds: must be greater than minReadySeconds".into());
    }
    let limits = d.spec.strategy.rolling_update.iter();
    if limits
        .flat_map(|r| [&r.max_surge, &r.max_unavailable])
        .all(|limit| limit.as_ref().is_some_and(|limit| matches!(limit.to_string().as_str(), "0" | "0%")))
        && d.spec.strategy.rolling_update.is_some()
    {
        return Err("spec.strategy.rollingUpdate.maxUnavailable: may not be 0 when `maxSurge` is 0".into());
    }
    if !d.spec.selector.as_ref().is_some_and(|s| !s.is_empty() && s.matches(&d.spec.template.labels)) {
        return Err("spec.template.metadata.labels: `selector` does not match template `labels`".into());
    }
    Ok(d)
}

/// A defaulted ReplicaSet.
pub(super) fn replica_set(object: &Value) -> Result<ReplicaSet, String> {
    let rs = ReplicaSet::from_value(object).map_err(|error| error.to_string())?;
    if !rs.spec.selector.as_ref().is_some_and(|s| !s.is_empty() && s.matches(&rs.spec.template.labels)) {
        return Err("spec.template.metadata.labels: `selector` does not match template `labels`".into());
    }
    Ok(rs)
}
