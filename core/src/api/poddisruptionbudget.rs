//! `policy/v1` PodDisruptionBudget.

use serde_json::Value;

use super::{IntOrString, LabelSelector, ObjectMeta, Str};

/// `spec` of a PodDisruptionBudget.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PodDisruptionBudgetSpec {
    /// Pods that must stay healthy.
    pub min_available: Option<IntOrString>,
    /// Pods that may be unhealthy.
    pub max_unavailable: Option<IntOrString>,
    /// Which pods it counts; `None` = none.
    pub selector: Option<LabelSelector>,
    /// `IfHealthyBudget`, `AlwaysAllow` or empty.
    pub unhealthy_pod_eviction_policy: Str,
}

/// A PodDisruptionBudget.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PodDisruptionBudget {
    /// `metadata`.
    pub meta: ObjectMeta,
    /// `spec`.
    pub spec: PodDisruptionBudgetSpec,
    /// The whole object as it was written.
    pub written: Value,
}
