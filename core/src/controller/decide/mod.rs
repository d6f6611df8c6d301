//! What a controller would do next: one pass against a recorder that accepts everything.
//!
//! The recorder is an API server that holds the same objects as the caches, never conflicts, and refuses only what it
//! must: a name that is taken, and the pod creations it is told to refuse.

mod autoscaler;
mod deployment;
mod replicaset;
#[cfg(test)]
mod tests;

pub use self::autoscaler::{AutoscalerAnswers, AutoscalerDecision, decide_autoscaler};
pub use self::deployment::{ListedLookup, decide_deployment, decide_deployment_by};
pub use self::replicaset::{ReplicaSetState, decide_replica_set};

use std::sync::Arc;

use super::{EventType, Requeue, SyncError};
use crate::api::{Deployment, OwnerReference, ReplicaSet, Str};

/// One request that a pass sent, in order. Objects are as they were sent.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Patches the managing reference into an orphan.
    AdoptReplicaSet {
        /// Name of the ReplicaSet.
        name: Str,
        /// Its uid: a precondition.
        uid: Str,
        /// The reference.
        owner: OwnerReference,
    },
    /// Patches the reference to the Deployment out.
    ReleaseReplicaSet {
        /// Name of the ReplicaSet.
        name: Str,
        /// Its uid: a precondition.
        uid: Str,
        /// Uid of the Deployment.
        owner_uid: Str,
    },
    /// Creates a ReplicaSet.
    CreateReplicaSet(Arc<ReplicaSet>),
    /// Updates a ReplicaSet.
    UpdateReplicaSet(Arc<ReplicaSet>),
    /// Deletes a ReplicaSet.
    DeleteReplicaSet {
        /// Its name.
        name: Str,
    },
    /// Updates the Deployment.
    UpdateDeployment(Arc<Deployment>),
    /// Updates the Deployment's status and annotations.
    UpdateDeploymentStatus(Arc<Deployment>),
    /// Patches the managing reference into an orphan.
    AdoptPod {
        /// Name of the pod.
        name: Str,
        /// Its uid: a precondition.
        uid: Str,
        /// The reference.
        owner: OwnerReference,
    },
    /// Patches the reference to the ReplicaSet out.
    ReleasePod {
        /// Name of the pod.
        name: Str,
        /// Its uid: a precondition.
        uid: Str,
        /// Uid of the ReplicaSet.
        owner_uid: Str,
    },
    /// Creates a pod.
    CreatePod {
        /// Its name; `None` if the creation was refused.
        name: Option<Str>,
    },
    /// Deletes a pod.
    DeletePod {
        /// Its name.
        name: Str,
    },
    /// Updates the ReplicaSet's status.
    UpdateReplicaSetStatus(Arc<ReplicaSet>),
}

/// An event that a pass recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedEvent {
    /// `Normal` or `Warning`.
    pub type_: EventType,
    /// One word.
    pub reason: &'static str,
    /// A sentence.
    pub message: String,
}

/// Everything that one pass decided.
#[derive(Clone, PartialEq, Debug)]
pub struct Decision {
    /// Its writes in order.
    pub actions: Vec<Action>,
    /// Its events in order.
    pub events: Vec<RecordedEvent>,
    /// How it ended, and when it asked to be repeated.
    pub outcome: Result<Requeue, SyncError>,
}

/// What a pass has done so far.
#[derive(Default)]
struct Journal {
    actions: Vec<Action>,
    events: Vec<RecordedEvent>,
}

impl Journal {
    fn event(&mut self, type_: EventType, reason: &'static str, message: impl ToString) {
        self.events.push(RecordedEvent { type_, reason, message: message.to_string() });
    }

    fn decision(self, outcome: Result<Requeue, SyncError>) -> Decision {
        Decision { actions: self.actions, events: self.events, outcome }
    }
}
