//! A watch that is lost: its kind is listed anew, and what came and went in between is never seen.

use super::Cluster;
use super::pods::{DeploymentId, PodId, PodState, RsId};
use super::store::Change;
use super::watch::Watched;

/// What the lists after losses of watches did not show.
#[derive(Default, Debug)]
pub(super) struct Losses {
    /// The first pod that is not known to have been in the cache when the watch of pods was lost.
    first_unseen: u32,
    /// Pods of which a creation or an end was not seen by whom it is for.
    pub(super) unseen: Vec<PodId>,
}

impl Cluster {
    /// Pods that came and went, or came and were terminating or no longer their maker's by the list, while the watch of pods was
    /// lost, so that nobody has seen their creation; and pods that went after they had another owner than the cache knew, so
    /// that their owner has not seen their end. Since the controllers last started.
    pub fn unseen_pods(&self) -> &[PodId] {
        &self.losses.unseen
    }

    /// A watch is lost, and with it all events under way; one that is lost already is listed from this loss on.
    pub(super) fn watch_lost(&mut self, of: Watched, for_ns: i64) {
        if self.controllers_away {
            // They list everything when they are back.
            return;
        }
        if of == Watched::Pods && !self.watches.is_lost(of) {
            let under_way = self.watches.waiting(of).filter_map(|change| match change {
                Change::Pod(pod, _) if self.pods.state(*pod).is_none() => Some(pod.0),
                _ => None,
            });
            self.losses.first_unseen = under_way.min().unwrap_or(self.store.pods().len() as u32);
        }
        self.watches.lose(of, self.now.plus_nanos(for_ns.max(0)));
    }

    /// The list after a loss is there, and the cache is replaced by it. First come the deletions of what is only in the cache, as
    /// the cache knew it (`DeletedFinalStateUnknown`); then what differs is an update, and what the cache did not have an
    /// addition. Nobody learns of what came and went in between. Objects come in the order in which they were made, where an
    /// API server goes by names. (client-go v0.37: `Reflector.ListAndWatch`, `processReplacedAllInfo`.)
    pub(super) fn list(&mut self, of: Watched) {
        // A list has the version of the last write, whatever wrote it.
        let version = self.store.version();
        match of {
            Watched::Deployments => self.list_deployments(version),
            Watched::ReplicaSets => {
                self.list_replica_sets(version);
                self.applied_sets = version;
            }
            Watched::Pods => {
                self.list_pods(version);
                self.applied_pods = version;
            }
        }
    }

    fn list_deployments(&mut self, version: u64) {
        let cached = (0..self.deployments.len() as u32).map(DeploymentId);
        let cached = cached.filter(|id| self.deployments[id.0 as usize].is_some());
        let gone = cached.filter(|id| self.store.deployment(*id).is_none());
        // One that did not change is an update, too, and its handler asks for nothing but the key.
        let there = self.store.deployments().map(|(id, d)| Change::Deployment(id, Some(d.clone())));
        let changes: Vec<Change> = gone.map(|id| Change::Deployment(id, None)).chain(there).collect();
        changes.into_iter().for_each(|change| self.deliver(version, change));
    }

    fn list_replica_sets(&mut self, version: u64) {
        let there: Vec<_> = self.store.replica_sets().map(|(id, rs)| (id, rs.clone())).collect();
        for id in (0..self.sets.len() as u32).map(RsId) {
            let gone = self.sets[id.0 as usize].is_some() && self.store.replica_set(id).is_none();
            if gone {
                self.deliver(version, Change::ReplicaSet(id, None));
            }
        }
        for (id, rs) in there {
            let known = self.sets.get(id.0 as usize).and_then(Option::as_ref);
            if known.is_some_and(|known| known.meta.resource_version == rs.meta.resource_version) {
                // Of one that did not change only its own controller takes notice.
                self.wake_set(id);
            } else {
                self.deliver(version, Change::ReplicaSet(id, Some(rs)));
            }
        }
    }

    fn list_pods(&mut self, version: u64) {
        let ids = (0..self.store.pods().len() as u32).map(PodId);
        let (mut gone, mut differ) = (Vec::new(), Vec::new());
        for id in ids {
            match (self.pods.state(id), self.store.pod(id).state) {
                (Some(known), new) if !new.exists => {
                    if known.owner != new.owner {
                        self.losses.unseen.push(id);
                    }
                    gone.push((id, PodState { exists: false, ..*known }));
                }
                (known, new) if new.exists && known != Some(&new) => {
                    // `addPod` takes a terminating pod for a deletion, and not for the creation that is waited for.
                    let is_own = new.owner == Some(self.store.pod(id).origin) && !new.deleting;
                    if known.is_none() && !is_own {
                        self.losses.unseen.push(id);
                    }
                    differ.push((id, new));
                }
                (None, _) if id.0 >= self.losses.first_unseen => self.losses.unseen.push(id),
                _ => {}
            }
        }
        gone.into_iter().chain(differ).for_each(|(id, state)| self.deliver(version, Change::Pod(id, state)));
    }
}
