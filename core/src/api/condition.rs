//! Conditions of Deployments and ReplicaSets.

use std::ops::{Deref, DerefMut};

use super::{Shared, Str, Time};

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

/// A condition of a Deployment or ReplicaSet (`lastUpdateTime` is the Deployment's alone). A rollout that moves writes the
/// same words with a new time again and again, so copies share them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// When it was last written, in whole seconds (Deployments).
    pub last_update_time: Option<Time>,
    /// When its value last changed, in whole seconds.
    pub last_transition_time: Option<Time>,
    /// What it says.
    pub words: Shared<Words>,
}

/// What a condition says, without its times.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Words {
    /// For example `Progressing`.
    pub type_: Str,
    /// Its value.
    pub status: ConditionStatus,
    /// One word.
    pub reason: Str,
    /// A sentence.
    pub message: Str,
}

impl Deref for Condition {
    type Target = Words;
    fn deref(&self) -> &Words {
        &self.words
    }
}

impl DerefMut for Condition {
    fn deref_mut(&mut self) -> &mut Words {
        &mut self.words
    }
}

/// The conditions of a Deployment, in the order in which they were last changed. A rollout changes one with every step,
/// so they lie inside the object: the three that its controller writes need no memory of their own.
pub type Conditions = smallvec::SmallVec<[Condition; 3]>;
