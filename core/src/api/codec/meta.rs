//! `metadata` and conditions.

use serde_json::Value;

use super::{Node, Out, Result, ValueError, read_bool, read_i64, read_str, read_string_map, read_time};
use crate::api::{Condition, Identity, ObjectMeta, OwnerReference, Words};

impl OwnerReference {
    fn read(node: Node<'_>) -> Result<Self> {
        Ok(OwnerReference {
            api_version: node.or_default("apiVersion", read_str)?,
            kind: node.or_default("kind", read_str)?,
            name: node.or_default("name", read_str)?,
            uid: node.or_default("uid", read_str)?,
            controller: node.opt("controller", read_bool)?,
            block_owner_deletion: node.opt("blockOwnerDeletion", read_bool)?,
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        Out::new()
            .put("apiVersion", self.api_version.as_str())
            .put("kind", self.kind.as_str())
            .put("name", self.name.as_str())
            .put("uid", self.uid.as_str())
            .some("controller", self.controller)
            .some("blockOwnerDeletion", self.block_owner_deletion)
            .finish()
    }
}

impl ObjectMeta {
    /// From the JSON form of `metadata`.
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        super::root(value, Self::read)
    }

    pub(super) fn read(node: Node<'_>) -> Result<Self> {
        let identity = Identity {
            name: node.or_default("name", read_str)?,
            generate_name: node.or_default("generateName", read_str)?,
            namespace: node.or_default("namespace", read_str)?,
            uid: node.or_default("uid", read_str)?,
            creation_timestamp: node.opt("creationTimestamp", read_time)?,
            deletion_timestamp: node.opt("deletionTimestamp", read_time)?,
            labels: node.or_default("labels", read_string_map)?,
            owner_references: node.or_default("ownerReferences", |n| n.list(OwnerReference::read))?,
            finalizers: node.or_default("finalizers", |n| n.list(read_str))?,
        };
        Ok(ObjectMeta {
            // A string to clients; every API server there is writes a number. Anything else means "unknown".
            resource_version: node.or_default("resourceVersion", read_str)?.parse().unwrap_or(0),
            generation: node.or_default("generation", read_i64)?,
            annotations: node.or_default("annotations", read_string_map)?,
            identity: identity.into(),
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        let version = (self.resource_version != 0).then(|| self.resource_version.to_string());
        Out::new()
            .str("name", &self.name)
            .str("generateName", &self.generate_name)
            .str("namespace", &self.namespace)
            .str("uid", &self.uid)
            .some("resourceVersion", version)
            .int("generation", self.generation)
            .time("creationTimestamp", self.creation_timestamp)
            .time("deletionTimestamp", self.deletion_timestamp)
            .map("labels", &self.labels)
            .map("annotations", &self.annotations)
            .list("ownerReferences", &self.owner_references, OwnerReference::to_value)
            .list("finalizers", &self.finalizers, |text| text.as_str().into())
            .finish()
    }
}

impl Condition {
    pub(super) fn read(node: Node<'_>) -> Result<Self> {
        let words = Words {
            type_: node.or_default("type", read_str)?,
            status: node.or_default("status", read_str)?.as_str().into(),
            reason: node.or_default("reason", read_str)?,
            message: node.or_default("message", read_str)?,
        };
        Ok(Condition {
            last_update_time: node.opt("lastUpdateTime", read_time)?,
            last_transition_time: node.opt("lastTransitionTime", read_time)?,
            words: words.into(),
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        Out::new()
            .put("type", self.type_.as_str())
            .put("status", self.status.as_str())
            .time("lastUpdateTime", self.last_update_time)
            .time("lastTransitionTime", self.last_transition_time)
            .str("reason", &self.reason)
            .str("message", &self.message)
            .finish()
    }
}
