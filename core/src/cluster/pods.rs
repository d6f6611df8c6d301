//! Pods as the world keeps them: a few dozen bytes each, so that 150,000 of them fit into a processor's cache.

use std::sync::Arc;

use crate::api::Time;

/// Index of a pod, in creation order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct PodId(pub u32);

/// Index of a ReplicaSet *object*: one that is deleted and created anew under its old name has another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct RsId(pub u32);

/// Index of a Deployment object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct DeploymentId(pub u32);

/// Index of a label set in [`super::store::Store::labels`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct LabelsId(pub u32);

/// Index of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// Not bound to any node.
    pub const NONE: NodeId = NodeId(u32::MAX);
}

/// `status.phase`, ranked as the victim order ranks it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Phase {
    /// Not started (or not set).
    Pending,
    /// Started.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly or evicted.
    Failed,
}

/// What decides something about a pod, at one version of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PodState {
    /// The n of its uid `u<n>`.
    pub uid: u32,
    /// Managing owner.
    pub owner: Option<RsId>,
    /// Labels.
    pub labels: LabelsId,
    /// Node.
    pub node: NodeId,
    /// `creationTimestamp`, seconds since [`Time::EPOCH`].
    pub created_s: u32,
    /// `lastTransitionTime` of the Ready condition, seconds since [`Time::EPOCH`].
    pub ready_s: u32,
    /// Restarts of its container.
    pub restarts: u16,
    /// `controller.kubernetes.io/pod-deletion-cost`.
    pub cost: i32,
    /// Phase.
    pub phase: Phase,
    /// Ready condition.
    pub ready: bool,
    /// `deletionTimestamp` is set.
    pub deleting: bool,
    /// The object exists.
    pub exists: bool,
}

/// Pods and their states, in creation order.
pub type PodList = Arc<Vec<(PodId, PodState)>>;

impl PodState {
    /// Finished pods run nothing and count nowhere.
    pub fn is_finished(&self) -> bool {
        self.phase >= Phase::Succeeded
    }

    /// Counts as a replica.
    pub fn is_active(&self) -> bool {
        self.exists && !self.deleting && !self.is_finished()
    }

    /// Counts as terminating.
    pub fn is_terminating(&self) -> bool {
        self.exists && self.deleting && !self.is_finished()
    }

    /// Serves: active and ready.
    pub fn is_serving(&self) -> bool {
        self.is_active() && self.ready
    }
}

/// Seconds since [`Time::EPOCH`], rounded down.
pub fn stamp(now: Time) -> u32 {
    u32::try_from(now.seconds() - Time::EPOCH.seconds())
        .expect("virtual time starts at its epoch and lasts < 136 years")
}

/// The time of a stamp.
pub fn time(stamp: u32) -> Time {
    Time::EPOCH.plus_seconds(i64::from(stamp))
}
