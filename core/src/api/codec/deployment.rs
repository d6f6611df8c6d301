//! `apps/v1` Deployment.

use std::sync::Arc;

use serde_json::Value;

use super::{Node, Out, Result, ValueError, read_bool, read_i32, read_i64, read_str, read_string_map};
use crate::api::{
    Condition, Deployment, DeploymentSpec, DeploymentStatus, DeploymentStrategy, IntOrString, LabelSelector,
    ObjectMeta, PodTemplate, RollingUpdate,
};

impl PodTemplate {
    pub(super) fn read(node: Node<'_>) -> Result<Self> {
        if !node.value.is_object() {
            return node.error("object");
        }
        // The labels are the part that this crate types; the rest is the schema's business.
        node.opt("metadata", |n| n.opt("labels", read_string_map))?;
        Ok(PodTemplate::from_value(node.value))
    }
}

impl DeploymentStrategy {
    /// From the JSON form of `spec.strategy`. An absent type stays empty, as it does in Go: a controller
    /// refuses it (manifests are defaulted before they get here).
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        super::root(value, Self::read)
    }

    fn read(node: Node<'_>) -> Result<Self> {
        Ok(DeploymentStrategy {
            type_: node.or_default("type", read_str)?.as_str().into(),
            rolling_update: node.opt("rollingUpdate", |n| {
                Ok(RollingUpdate {
                    max_unavailable: n.opt("maxUnavailable", IntOrString::read)?,
                    max_surge: n.opt("maxSurge", IntOrString::read)?,
                })
            })?,
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        let rolling = |r: &RollingUpdate| {
            Out::new()
                .some("maxUnavailable", r.max_unavailable.as_ref().map(IntOrString::to_value))
                .some("maxSurge", r.max_surge.as_ref().map(IntOrString::to_value))
                .finish()
        };
        Out::new()
            .str("type", self.type_.as_str())
            .some("rollingUpdate", self.rolling_update.as_ref().map(rolling))
            .finish()
    }
}

impl DeploymentSpec {
    /// From the JSON form of `spec`.
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        super::root(value, Self::read)
    }

    fn read(node: Node<'_>) -> Result<Self> {
        Ok(DeploymentSpec {
            replicas: node.opt("replicas", read_i32)?,
            selector: node.opt("selector", LabelSelector::read)?.map(Arc::new),
            template: node.or_default("template", PodTemplate::read)?,
            strategy: match node.opt("strategy", DeploymentStrategy::read)? {
                Some(strategy) => strategy,
                None => DeploymentStrategy { type_: "".into(), rolling_update: None },
            },
            min_ready_seconds: node.or_default("minReadySeconds", read_i32)?,
            revision_history_limit: node.opt("revisionHistoryLimit", read_i32)?,
            paused: node.or_default("paused", read_bool)?,
            progress_deadline_seconds: node.opt("progressDeadlineSeconds", read_i32)?,
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        Out::new()
            .some("replicas", self.replicas)
            // Neither is omitted in Go: an absent selector is written as null.
            .put("selector", self.selector.as_ref().map_or(Value::Null, |s| s.to_value()))
            .put("template", self.template.to_value())
            .put("strategy", self.strategy.to_value())
            .int("minReadySeconds", self.min_ready_seconds)
            .some("revisionHistoryLimit", self.revision_history_limit)
            .flag("paused", self.paused)
            .some("progressDeadlineSeconds", self.progress_deadline_seconds)
            .finish()
    }
}

impl DeploymentStatus {
    /// From the JSON form of `status`.
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        super::root(value, Self::read)
    }

    fn read(node: Node<'_>) -> Result<Self> {
        Ok(DeploymentStatus {
            observed_generation: node.or_default("observedGeneration", read_i64)?,
            replicas: node.or_default("replicas", read_i32)?,
            updated_replicas: node.or_default("updatedReplicas", read_i32)?,
            ready_replicas: node.or_default("readyReplicas", read_i32)?,
            available_replicas: node.or_default("availableReplicas", read_i32)?,
            unavailable_replicas: node.or_default("unavailableReplicas", read_i32)?,
            terminating_replicas: node.opt("terminatingReplicas", read_i32)?,
            conditions: node.or_default("conditions", |n| n.vec(Condition::read))?.into(),
            collision_count: node.opt("collisionCount", read_i32)?,
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        Out::new()
            .int("observedGeneration", self.observed_generation)
            .int("replicas", self.replicas)
            .int("updatedReplicas", self.updated_replicas)
            .int("readyReplicas", self.ready_replicas)
            .int("availableReplicas", self.available_replicas)
            .int("unavailableReplicas", self.unavailable_replicas)
            .some("terminatingReplicas", self.terminating_replicas)
            .list("conditions", &self.conditions, Condition::to_value)
            .some("collisionCount", self.collision_count)
            .finish()
    }
}

impl Deployment {
    /// From plain Kubernetes JSON.
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        super::root(value, |node| {
            Ok(Deployment {
                meta: node.or_default("metadata", ObjectMeta::read)?,
                spec: match node.opt("spec", DeploymentSpec::read)? {
                    Some(spec) => spec.into(),
                    None => super::root(&Value::Object(Default::default()), DeploymentSpec::read)?.into(),
                },
                status: node.or_default("status", DeploymentStatus::read)?,
            })
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        Out::object("apps/v1", "Deployment")
            .put("metadata", self.meta.to_value())
            .put("spec", self.spec.to_value())
            .put("status", self.status.to_value())
            .finish()
    }
}
