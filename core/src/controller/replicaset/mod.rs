//! The ReplicaSet controller: one pass over one ReplicaSet.

mod event;
mod expectations;
pub mod listed;
mod own_writes;
pub mod ranking;
mod sync;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use self::event::ReplicaSetEvent;
pub use self::expectations::{EXPECTATIONS_TIMEOUT_S, Expectations};
pub use self::own_writes::OwnWrites;
pub use self::sync::{BURST_REPLICAS, sync};
use super::{ApiError, LiveOwner, Requeue, SyncError};
use crate::api::{KubernetesVersion, OwnerReference, ReplicaSet, Str, Time};

/// What the controller remembers of one ReplicaSet between passes. Lost when the controller restarts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Memory<Pod> {
    /// Creations and deletions that the pod cache has not shown yet.
    pub expectations: Expectations<Pod>,
    /// Versions of its own writes that the caches have not shown yet.
    pub own_writes: OwnWrites,
}

impl<Pod> Default for Memory<Pod> {
    fn default() -> Self {
        Memory { expectations: Expectations::default(), own_writes: OwnWrites::default() }
    }
}

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
    /// A handle of a pod; `Ord` lets the expectations find a tracked deletion without a walk.
    type Pod: Copy + Ord + std::fmt::Debug;

    /// Name and uid of a pod, for the text of an error.
    fn identity(&self, pod: Self::Pod) -> (Str, Str);

    /// The active pods that need a decision about their owner, in list order. (Usually none.)
    fn misfits(&mut self, rs: &ReplicaSet) -> Vec<(Self::Pod, Misfit)>;

    /// Counts an adopted pod among the claimed ones from here on.
    fn adopted(&mut self, pod: Self::Pod);

    /// Counts over the claimed pods (and the terminating ones) at `now`.
    fn counts(&mut self, rs: &ReplicaSet, now: Time) -> PodCounts;

    /// Puts the `n` claimed pods that are to go first into `victims` (fewer if there are fewer).
    fn victims(&mut self, rs: &ReplicaSet, n: usize, now: Time, victims: &mut Vec<Self::Pod>);
}

/// One pass over a ReplicaSet: [`sync`], or what somebody puts in its place.
pub type ReplicaSetSync<Pod> = fn(
    &Arc<ReplicaSet>,
    may_manage: bool,
    &mut dyn PodsView<Pod = Pod>,
    Time,
    &mut Memory<Pod>,
    &mut dyn ReplicaSetApi<Pod>,
    KubernetesVersion,
) -> Result<Requeue, SyncError>;

/// The API server, as one pass of the controller talks to it. Each answer decides what follows.
///
/// As upstream, the events about single pods (see [`ReplicaSetEvent`]) are the business of whoever creates and
/// deletes them, i.e. of the implementation: only it knows the name of a new pod, and it may skip them.
pub trait ReplicaSetApi<Pod> {
    /// Live read of the ReplicaSet before the first adoption of a pass (also before the second try of a status
    /// write).
    fn get_replica_set(&mut self) -> Result<LiveOwner, ApiError>;
    /// Patches `owner` into the references of an orphan; answers the pod's new resourceVersion (0 = unknown).
    fn adopt_pod(&mut self, pod: Pod, owner: &OwnerReference) -> Result<u64, ApiError>;
    /// Patches the reference to the ReplicaSet out.
    fn release_pod(&mut self, pod: Pod, rs: &ReplicaSet) -> Result<(), ApiError>;
    /// Creates one pod from the template; answers its resourceVersion (0 = unknown).
    fn create_pod(&mut self, rs: &Arc<ReplicaSet>) -> Result<u64, ApiError>;
    /// Deletes one pod (plain: background, graceful).
    fn delete_pod(&mut self, pod: Pod, rs: &Arc<ReplicaSet>) -> Result<(), ApiError>;
    /// Updates the status; `retry` = the second try, after a live read, which takes the newest version.
    fn update_replica_set_status(&mut self, rs: ReplicaSet, retry: bool)
    -> Result<Arc<ReplicaSet>, ApiError>;
}
