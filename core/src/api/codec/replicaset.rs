//! `apps/v1` ReplicaSet.

use std::sync::Arc;

use serde_json::Value;

use super::{Node, Out, Result, ValueError, read_i32, read_i64};
use crate::api::{
    Condition, LabelSelector, ObjectMeta, PodTemplate, ReplicaSet, ReplicaSetSpec, ReplicaSetStatus,
};

impl ReplicaSetSpec {
    fn read(node: Node<'_>) -> Result<Self> {
        Ok(ReplicaSetSpec {
            // A stored ReplicaSet always has it; 1 is what the API server would have put there.
            replicas: node.opt("replicas", read_i32)?.unwrap_or(1),
            min_ready_seconds: node.or_default("minReadySeconds", read_i32)?,
            selector: node.opt("selector", LabelSelector::read)?.map(Arc::new),
            template: node.or_default("template", PodTemplate::read)?,
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        Out::new()
            .put("replicas", self.replicas)
            .int("minReadySeconds", self.min_ready_seconds)
            .put("selector", self.selector.as_ref().map_or(Value::Null, |s| s.to_value()))
            .put("template", self.template.to_value())
            .finish()
    }
}

impl ReplicaSetStatus {
    /// From the JSON form of `status`.
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        super::root(value, Self::read)
    }

    fn read(node: Node<'_>) -> Result<Self> {
        Ok(ReplicaSetStatus {
            replicas: node.or_default("replicas", read_i32)?,
            fully_labeled_replicas: node.or_default("fullyLabeledReplicas", read_i32)?,
            ready_replicas: node.or_default("readyReplicas", read_i32)?,
            available_replicas: node.or_default("availableReplicas", read_i32)?,
            terminating_replicas: node.opt("terminatingReplicas", read_i32)?,
            observed_generation: node.or_default("observedGeneration", read_i64)?,
            conditions: node.or_default("conditions", |n| n.list(Condition::read))?,
        })
    }

    /// As plain Kubernetes JSON. `replicas` is written even if it is 0, as in Go.
    pub fn to_value(&self) -> Value {
        Out::new()
            .put("replicas", self.replicas)
            .int("fullyLabeledReplicas", self.fully_labeled_replicas)
            .int("readyReplicas", self.ready_replicas)
            .int("availableReplicas", self.available_replicas)
            .some("terminatingReplicas", self.terminating_replicas)
            .int("observedGeneration", self.observed_generation)
            .list("conditions", &self.conditions, Condition::to_value)
            .finish()
    }
}

impl ReplicaSet {
    /// From plain Kubernetes JSON.
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        super::root(value, |node| {
            Ok(ReplicaSet {
                meta: node.or_default("metadata", ObjectMeta::read)?,
                spec: match node.opt("spec", ReplicaSetSpec::read)? {
                    Some(spec) => spec,
                    None => super::root(&Value::Object(Default::default()), ReplicaSetSpec::read)?,
                },
                status: node.or_default("status", ReplicaSetStatus::read)?,
            })
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        Out::object("apps/v1", "ReplicaSet")
            .put("metadata", self.meta.to_value())
            .put("spec", self.spec.to_value())
            .put("status", self.status.to_value())
            .finish()
    }
}
