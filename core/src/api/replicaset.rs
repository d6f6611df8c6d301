//! `apps/v1` ReplicaSet.

use std::sync::Arc;

use super::{Condition, LabelSelector, List, ObjectMeta, PodTemplate};

/// `spec` of a ReplicaSet, after defaulting.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReplicaSetSpec {
    /// Wanted pods.
    pub replicas: i32,
    /// Seconds that a pod must be ready to count as available.
    pub min_ready_seconds: i32,
    /// Which pods belong to it.
    pub selector: Option<Arc<LabelSelector>>,
    /// What the pods look like.
    pub template: PodTemplate,
}

/// `status` of a ReplicaSet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReplicaSetStatus {
    /// Active pods.
    pub replicas: i32,
    /// Active pods with all labels of the template.
    pub fully_labeled_replicas: i32,
    /// Ready pods.
    pub ready_replicas: i32,
    /// Available pods.
    pub available_replicas: i32,
    /// Terminating pods, where known.
    pub terminating_replicas: Option<i32>,
    /// Generation that the controller has acted on.
    pub observed_generation: i64,
    /// Conditions.
    pub conditions: List<Condition>,
}

/// A ReplicaSet.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReplicaSet {
    /// `metadata`.
    pub meta: ObjectMeta,
    /// `spec`.
    pub spec: ReplicaSetSpec,
    /// `status`.
    pub status: ReplicaSetStatus,
}
