//! The garbage collector, as far as rollouts meet it: pods whose ReplicaSet is gone are deleted, with their grace period
//! (`propagationPolicy: Background`, the default of apps/v1), or lose their owner reference (`Orphan`). It works beside the
//! two controllers and with a client of its own, so it costs them no request.

use super::pods::{PodId, PodState, RsId};
use super::store::DeletedBy;
use super::{Cluster, Event};
use crate::sim::MS;

/// Until a pod that was made for a ReplicaSet which is gone is deleted, ns: a live read of the owner and the deletion, at the 20
/// requests a second of its client. A ReplicaSet controller whose cache still shows the ReplicaSet makes another one then,
/// so that this must not take no time.
const COLLECTS_NS: i64 = 100 * MS;

impl Cluster {
    /// A pod was created or changed: it may be of a ReplicaSet that went while the request to create it was on its way.
    pub(super) fn pod_may_be_garbage(&mut self, pod: PodId) {
        if self.is_garbage(pod) {
            self.events.push(self.now.plus_nanos(COLLECTS_NS), Event::Collect(pod));
        }
    }

    fn is_garbage(&self, pod: PodId) -> bool {
        let state = self.store.pod(pod).state;
        let is_left = |owner| self.store.replica_set(owner).is_none();
        state.owner.is_some_and(is_left) && state.exists && !state.deleting
    }

    /// Deletes a pod whose ReplicaSet is gone.
    pub(super) fn collect_pod(&mut self, pod: PodId) {
        if self.is_garbage(pod) && !self.controllers_away {
            self.store.delete_pod(pod, DeletedBy::Controller);
        }
    }

    /// A ReplicaSet is gone: so go its pods.
    pub(super) fn collect_pods_of(&mut self, id: RsId) {
        if self.store.totals(id).alive > 0 {
            self.collect(|owner| owner == id);
        }
    }

    /// The garbage collector starts, and looks at everything.
    pub(super) fn collect_all(&mut self) {
        self.collect(|_| true);
    }

    fn collect(&mut self, of: impl Fn(RsId) -> bool) {
        for pod in (0..self.store.pods().len() as u32).map(PodId) {
            let state = &self.store.pod(pod).state;
            if state.exists && state.owner.is_some_and(&of) {
                self.collect_pod(pod);
            }
        }
    }

    /// The pods of a ReplicaSet lose their owner.
    pub(super) fn orphan_pods_of(&mut self, owner: RsId) {
        for id in (0..self.store.pods().len() as u32).map(PodId) {
            let state = self.store.pod(id).state;
            if state.exists && state.owner == Some(owner) {
                self.store.put_pod(id, PodState { owner: None, ..state });
            }
        }
    }
}
