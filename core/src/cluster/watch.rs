//! How the caches of the controllers learn of writes: watch events, which take their time; and a list, when a watch was lost.

use super::late::Watched;
use super::pods::{DeploymentId, PodId, PodState, RsId};
use super::store::Change;
use super::{Cluster, Event};

/// Which watches are lost.
#[derive(Default, Debug)]
pub(super) struct Watches {
    losses: u32,
    /// By kind: the loss that its list will end.
    lost: [Option<u32>; Watched::ALL.len()],
    /// The first pod that is not known to have been in the cache when the watch of pods was lost.
    first_unseen: u32,
    /// Pods that came and went, or changed hands, while it was.
    unseen: Vec<PodId>,
}

impl Watches {
    pub(super) fn are_whole(&self) -> bool {
        self.lost == [None; Watched::ALL.len()]
    }
}

impl Cluster {
    /// Pods that came and went, or came and were no longer their maker's, while the watch of pods was lost: it has never seen
    /// them as its own. Since the controllers last started.
    pub fn unseen_pods(&self) -> &[PodId] {
        &self.watches.unseen
    }

    /// Sends the events of writes on their way.
    pub(super) fn take_changes(&mut self, changes: &mut Vec<(u64, Change)>) {
        for (version, change) in changes.drain(..) {
            match &change {
                Change::Pod(pod, _) => {
                    self.pod_changed(*pod);
                    self.pod_may_be_garbage(*pod);
                }
                Change::ReplicaSet(id, None) => self.collect_pods_of(*id),
                _ => {}
            }
            if self.controllers_away || self.watches.lost[Watched::of(&change) as usize].is_some() {
                // Nobody watches; what was written is in the list that comes.
            } else if self.late.takes(&change, self.now) {
                let behind = self.pending.back().map(|(last, ..)| *last);
                self.late.keep(self.now, behind, version, change);
            } else if self.watch_delay_ns == 0 && self.pending.is_empty() {
                self.deliver(version, change);
            } else {
                // No event overtakes another.
                let at = self.now.plus_nanos(self.watch_delay_ns);
                let at = self.pending.back().map_or(at, |(last, ..)| at.max(*last));
                if self.pending.back().is_none_or(|(last, ..)| *last < at) {
                    self.events.push(at, Event::Deliver);
                }
                self.pending.push_back((at, version, change));
            }
        }
    }

    /// Events whose time has come reach the caches.
    pub(super) fn deliver_due(&mut self) {
        while self.pending.front().is_some_and(|(at, ..)| *at <= self.now) {
            let (_, version, change) = self.pending.pop_front().expect("just seen");
            self.deliver(version, change);
        }
    }

    /// Events of a kind that is late by itself reach the caches when their time has come.
    pub(super) fn deliver_late(&mut self) {
        while let Some((version, change)) = self.late.pop_due(self.now) {
            let gone = match &change {
                Change::ReplicaSet(id, None) => Some(*id),
                _ => None,
            };
            self.deliver(version, change);
            if let Some(id) = gone {
                // The pods that it was given since, by a controller that did not know.
                self.collect_pods_of(id);
                self.take_effects();
            }
        }
    }

    /// A spell of another watch delay is over, unless a later one has begun.
    pub(super) fn watch_delay_ends(&mut self, change: u32) {
        if change == self.watch_delay_changes {
            self.watch_delay_ns = self.config.watch_delay_ns;
        }
    }

    /// A watch is lost, and with it all events under way; one that is lost already is listed from this loss on.
    pub(super) fn watch_lost(&mut self, of: Watched, for_ns: i64) {
        if self.controllers_away {
            // They list everything when they are back.
            return;
        }
        if of == Watched::Pods && self.watches.lost[of as usize].is_none() {
            let under_way = self.pending.iter().chain(self.late.waiting(of));
            let under_way = under_way.filter_map(|(.., change)| match change {
                Change::Pod(pod, _) if self.pods.state(*pod).is_none() => Some(pod.0),
                _ => None,
            });
            self.watches.first_unseen = under_way.min().unwrap_or(self.store.pods().len() as u32);
        }
        self.watches.losses += 1;
        self.watches.lost[of as usize] = Some(self.watches.losses);
        self.pending.retain(|(.., change)| Watched::of(change) != of);
        self.late.lose(of);
        let listed = self.now.plus_nanos(for_ns.max(0));
        self.events.push(listed, Event::Listed(of, self.watches.losses));
    }

    /// The list after a loss is there, and the cache is replaced by it. First come the deletions of what is only in the cache, as
    /// the cache knew it (`DeletedFinalStateUnknown`); then what differs is an update, and what the cache did not have an
    /// addition. Nobody learns of what came and went in between. Objects come in the order in which they were made, where an
    /// API server goes by names. (client-go v0.37: `Reflector.ListAndWatch`, `processReplacedAllInfo`.)
    pub(super) fn listed(&mut self, of: Watched, loss: u32) {
        if self.watches.lost[of as usize] != Some(loss) {
            return;
        }
        self.watches.lost[of as usize] = None;
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
                (Some(known), new) if !new.exists => gone.push((id, PodState { exists: false, ..*known })),
                (known, new) if new.exists && known != Some(&new) => {
                    if known.is_none() && new.owner != Some(self.store.pod(id).origin) {
                        self.watches.unseen.push(id);
                    }
                    differ.push((id, new));
                }
                (None, _) if id.0 >= self.watches.first_unseen => self.watches.unseen.push(id),
                _ => {}
            }
        }
        gone.into_iter().chain(differ).for_each(|(id, state)| self.deliver(version, Change::Pod(id, state)));
    }
}
