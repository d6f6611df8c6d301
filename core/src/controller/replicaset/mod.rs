//! The ReplicaSet controller: one pass over one ReplicaSet.

use std::sync::Arc;

use super::{ApiError, LiveOwner};
use crate::api::{OwnerReference, ReplicaSet, Time};

/// Counts over the pods that a ReplicaSet has claimed, at one instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PodCounts {
    /// Claimed active pods.
    pub replicas: i32,
    /// Of these, with every label of the template.
    pub fully_labeled: i32,
    /// Of these, ready.
    pub ready: i32,
    /// Of the ready ones, available with the ReplicaSet's `minReadySeconds`.
    pub available: i32,
    /// Terminating pods that are owned and match the selector (not among `replicas`).
    pub terminating: i32,
    /// When the earliest claimed, ready, not yet available pod will be available; `None` if there is no such
    /// pod or all of them lack a transition time.
    pub next_available: Option<Time>,
}

/// Why an active pod needs a decision about its owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misfit {
    /// Owned by this ReplicaSet but its labels do not match the selector: to be released.
    Release,
    /// Matches the selector and has no managing owner: to be adopted.
    Adopt,
}

/// What the controller's pod cache holds for one ReplicaSet when a pass begins: the pods that it owns (kind, name
/// and uid), and the orphans of its namespace. Only active pods and terminating owned ones matter.
pub trait PodsView {
    /// A handle of a pod.
    type Pod: Copy + PartialEq + std::fmt::Debug;

    /// The active pods that need a decision about their owner, in list order. (Usually none.)
    fn misfits(&mut self, rs: &ReplicaSet) -> Vec<(Self::Pod, Misfit)>;

    /// Counts an adopted pod among the claimed ones from here on.
    fn adopted(&mut self, pod: Self::Pod);

    /// Counts over the claimed pods (and the terminating ones) at `now`.
    fn counts(&mut self, rs: &ReplicaSet, now: Time) -> PodCounts;

    /// Puts the `n` claimed pods that are to go first into `victims` (fewer if there are fewer).
    fn victims(&mut self, rs: &ReplicaSet, n: usize, now: Time, victims: &mut Vec<Self::Pod>);
}

/// The API server, as one pass of the controller talks to it. Each answer decides what follows.
pub trait ReplicaSetApi<Pod> {
    /// Live read of the ReplicaSet before the first adoption of a pass (also before the second try of a status write).
    fn get_replica_set(&mut self) -> Result<LiveOwner, ApiError>;
    /// Patches `owner` into the references of an orphan.
    fn adopt_pod(&mut self, pod: Pod, owner: &OwnerReference) -> Result<(), ApiError>;
    /// Patches the reference to the ReplicaSet out.
    fn release_pod(&mut self, pod: Pod, rs: &ReplicaSet) -> Result<(), ApiError>;
    /// Creates one pod from the template.
    fn create_pod(&mut self, rs: &Arc<ReplicaSet>) -> Result<(), ApiError>;
    /// Deletes one pod (plain: background, graceful).
    fn delete_pod(&mut self, pod: Pod, rs: &Arc<ReplicaSet>) -> Result<(), ApiError>;
    /// Updates the status; `retry` = the second try, after a live read, which takes the newest version.
    fn update_replica_set_status(&mut self, rs: ReplicaSet, retry: bool)
    -> Result<Arc<ReplicaSet>, ApiError>;
}
