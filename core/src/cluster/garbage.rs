//! The garbage collector, as far as rollouts meet it: pods whose ReplicaSet is gone are deleted, with their grace period
//! (`propagationPolicy: Background`, the default of apps/v1). It works beside the two controllers, at once and with a
//! client of its own, so it costs them no request.

use super::Cluster;
use super::pods::{PodId, RsId};
use super::store::DeletedBy;

impl Cluster {
    /// A pod was created or changed: it may be of a ReplicaSet that went while the request to create it was on its way.
    pub(super) fn collect_pod(&mut self, pod: PodId) {
        let state = self.store.pod(pod).state;
        let is_garbage = state.owner.is_some_and(|owner| self.store.replica_set(owner).is_none());
        if is_garbage && state.exists && !state.deleting && !self.controllers_away {
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
}
