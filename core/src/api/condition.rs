//! Conditions of Deployments and ReplicaSets.

use super::{Str, Time};

/// Value of a condition.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Nobody can tell.
    #[default]
    Unknown,
    /// A value that no controller writes; kept as it was read.
    Other(Str),
}

impl ConditionStatus {
    /// The text of the API.
    pub fn as_str(&self) -> &str {
        match self {
            ConditionStatus::True => "True",
            ConditionStatus::False => "False",
            ConditionStatus::Unknown => "Unknown",
            ConditionStatus::Other(text) => text,
        }
    }
}

impl From<&str> for ConditionStatus {
    fn from(text: &str) -> Self {
        match text {
            "True" => ConditionStatus::True,
            "False" => ConditionStatus::False,
            "Unknown" => ConditionStatus::Unknown,
            other => ConditionStatus::Other(other.into()),
        }
    }
}

/// A condition of a Deployment or ReplicaSet (`lastUpdateTime` is the Deployment's alone).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// For example `Progressing`.
    pub type_: Str,
    /// Its value.
    pub status: ConditionStatus,
    /// When it was last written, in whole seconds (Deployments).
    pub last_update_time: Option<Time>,
    /// When its value last changed, in whole seconds.
    pub last_transition_time: Option<Time>,
    /// One word.
    pub reason: Str,
    /// A sentence.
    pub message: Str,
}

/// The conditions of a Deployment, in the order in which they were last changed. A rollout changes one with every step,
/// so they lie inside the object: the three that its controller writes need no memory of their own.
pub type Conditions = smallvec::SmallVec<[Condition; 3]>;
