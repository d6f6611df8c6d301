//! `apps/v1` Deployment.

use std::sync::Arc;

use super::{Condition, Conditions, IntOrString, LabelSelector, ObjectMeta, PodTemplate, Shared, Str};

/// `spec.strategy.type`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum StrategyType {
    /// Replace pods a few at a time.
    #[default]
    RollingUpdate,
    /// Remove all old pods, then create new ones.
    Recreate,
    /// Not a type of the API; the controller refuses to act.
    Other(Str),
}

impl StrategyType {
    /// The text of the API.
    pub fn as_str(&self) -> &str {
        match self {
            StrategyType::RollingUpdate => "RollingUpdate",
            StrategyType::Recreate => "Recreate",
            StrategyType::Other(text) => text,
        }
    }
}

impl From<&str> for StrategyType {
    fn from(text: &str) -> Self {
        match text {
            "RollingUpdate" => StrategyType::RollingUpdate,
            "Recreate" => StrategyType::Recreate,
            other => StrategyType::Other(other.into()),
        }
    }
}

/// `spec.strategy.rollingUpdate`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RollingUpdate {
    /// Pods that may be missing; a percentage rounds down.
    pub max_unavailable: Option<IntOrString>,
    /// Pods that may be too many; a percentage rounds up.
    pub max_surge: Option<IntOrString>,
}

/// `spec.strategy`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeploymentStrategy {
    /// Which strategy.
    pub type_: StrategyType,
    /// Its limits.
    pub rolling_update: Option<RollingUpdate>,
}

/// `spec` of a Deployment, after defaulting.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DeploymentSpec {
    /// Wanted pods. `None` only before defaulting.
    pub replicas: Option<i32>,
    /// Which ReplicaSets and pods belong to it.
    pub selector: Option<Arc<LabelSelector>>,
    /// What the pods look like.
    pub template: PodTemplate,
    /// How old pods are replaced.
    pub strategy: DeploymentStrategy,
    /// Seconds that a pod must be ready to count as available.
    pub min_ready_seconds: i32,
    /// Old ReplicaSets to keep; `None` keeps all.
    pub revision_history_limit: Option<i32>,
    /// Whether rollouts are held back.
    pub paused: bool,
    /// Seconds without progress after which a rollout counts as failed; `None` = never.
    pub progress_deadline_seconds: Option<i32>,
}

/// `status` of a Deployment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeploymentStatus {
    /// Generation that the controller has acted on.
    pub observed_generation: i64,
    /// Pods of all ReplicaSets.
    pub replicas: i32,
    /// Pods of the current ReplicaSet.
    pub updated_replicas: i32,
    /// Ready pods.
    pub ready_replicas: i32,
    /// Available pods.
    pub available_replicas: i32,
    /// Sizes of all ReplicaSets minus available pods, at least 0.
    pub unavailable_replicas: i32,
    /// Terminating pods, where known.
    pub terminating_replicas: Option<i32>,
    /// Conditions, in the order in which they were last changed.
    pub conditions: Conditions,
    /// Name clashes so far.
    pub collision_count: Option<i32>,
}

/// A Deployment.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Deployment {
    /// `metadata`.
    pub meta: ObjectMeta,
    /// `spec`: a rollout writes the status again and again, and copies share what is wanted.
    pub spec: Shared<DeploymentSpec>,
    /// `status`.
    pub status: DeploymentStatus,
}

impl Deployment {
    /// `spec.replicas`, 1 where it was never defaulted.
    pub fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }

    /// The condition of that type.
    pub fn condition(&self, type_: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|c| c.type_ == type_)
    }
}
