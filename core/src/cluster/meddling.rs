//! What others do to the pods and ReplicaSets of the controllers: kubelets that report, people who edit, delete or orphan.

use super::Cluster;
use super::pods::{Phase, PodId, PodState, RsId, stamp};
use super::store::DeletedBy;
use crate::api::{ReplicaSet, StringMap};

/// Labels or annotations that are set (`Some`) or removed (`None`), as a merge patch does.
pub type MapPatch = Vec<(String, Option<String>)>;

/// What happens to one pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PodChange {
    /// Its readiness probe fails.
    Unready,
    /// Its readiness probe succeeds; nothing happens to a pod that has ended or terminates.
    Ready,
    /// It ends badly: evicted, out of memory, refused by its node.
    Failed,
    /// It ends well.
    Succeeded,
    /// Somebody deletes it; its grace period begins.
    Deleted,
    /// Its object goes at once, without a grace period.
    Removed,
    /// Its labels are changed.
    Labels(MapPatch),
    /// Its owner references are removed.
    Orphaned,
    /// The n-th (from 0, by creation) of the ReplicaSets that exist becomes its controller, in place of the one that it has.
    Adopted(usize),
    /// `controller.kubernetes.io/pod-deletion-cost` gets that value.
    Cost(i32),
    /// Its containers have restarted that often.
    Restarted(u16),
}

/// What happens to one ReplicaSet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplicaSetChange {
    /// `kubectl delete`: it goes, and the garbage collector deletes its pods.
    Deleted,
    /// `kubectl delete --cascade=orphan`: its pods lose their owner, then it goes.
    DeletedOrphaning,
    /// `kubectl delete --cascade=foreground`: it waits for a finalizer.
    Dying,
    /// Its labels are changed.
    Labels(MapPatch),
    /// Its annotations are changed.
    Annotations(MapPatch),
    /// Its owner references are removed.
    Orphaned,
    /// `spec.replicas`.
    Resized(i32),
}

fn patched(map: &StringMap, patch: &MapPatch) -> StringMap {
    let mut map = map.clone();
    for (key, value) in patch {
        match value {
            Some(value) => {
                map.insert(key.as_str(), value.as_str());
            }
            None => {
                map.remove(key);
            }
        }
    }
    map
}

impl Cluster {
    /// Changes that pod at the current instant; one that is gone stays gone.
    pub fn change_pod(&mut self, id: PodId, change: &PodChange) {
        let state = self.store.pod(id).state;
        if !state.exists {
            return;
        }
        let ready_s = stamp(self.now);
        let new = match change {
            PodChange::Unready if state.ready => PodState { ready: false, ready_s, ..state },
            PodChange::Ready if state.is_active() && !state.ready => {
                PodState { ready: true, ready_s, phase: Phase::Running, ..state }
            }
            PodChange::Unready | PodChange::Ready => return,
            PodChange::Failed => PodState { phase: Phase::Failed, ready: false, ..state },
            PodChange::Succeeded => PodState { phase: Phase::Succeeded, ready: false, ..state },
            PodChange::Deleted => {
                self.store.delete_pod(id, DeletedBy::Other);
                return;
            }
            PodChange::Removed => {
                self.store.remove_pod(id);
                return;
            }
            PodChange::Labels(patch) => {
                let labels = patched(&self.store.labels()[state.labels.0 as usize], patch);
                PodState { labels: self.store.intern_labels(&labels), ..state }
            }
            PodChange::Orphaned => PodState { owner: None, ..state },
            PodChange::Adopted(nth) => {
                let Some(owner) = self.store.replica_sets().nth(*nth).map(|(id, _)| id) else { return };
                PodState { owner: Some(owner), ..state }
            }
            PodChange::Cost(cost) => PodState { cost: *cost, ..state },
            PodChange::Restarted(times) => PodState { restarts: *times, ..state },
        };
        self.store.put_pod(id, new);
    }

    /// Changes that ReplicaSet at the current instant; one that is gone stays gone.
    pub fn change_replica_set(&mut self, id: RsId, change: &ReplicaSetChange) {
        let Some(stored) = self.store.replica_set(id).cloned() else { return };
        let mut rs = ReplicaSet::clone(&stored);
        match change {
            ReplicaSetChange::Deleted | ReplicaSetChange::DeletedOrphaning => {
                if *change == ReplicaSetChange::DeletedOrphaning {
                    self.orphan_pods_of(id);
                }
                let _ = self.store.delete_replica_set(id);
                return;
            }
            ReplicaSetChange::Dying => {
                rs.meta.deletion_timestamp = Some(self.now.whole_second());
                rs.meta.finalizers.push("foregroundDeletion".into());
            }
            ReplicaSetChange::Labels(patch) => rs.meta.labels = patched(&rs.meta.labels, patch),
            ReplicaSetChange::Annotations(patch) => {
                rs.meta.annotations = patched(&rs.meta.annotations, patch)
            }
            ReplicaSetChange::Orphaned => {
                let _ = self.store.patch_replica_set_owners(id, Default::default());
                return;
            }
            ReplicaSetChange::Resized(replicas) => rs.spec.replicas = *replicas,
        }
        let _ = self.store.update_replica_set(rs);
    }
}
