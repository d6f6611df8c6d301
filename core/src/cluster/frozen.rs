//! The pods as a pass that takes time saw them when it began.

use std::collections::BTreeMap;

use super::informer::PodCache;
use super::pods::{NodeId, PodId, PodState, RsId};
use super::rank::{RankIndex, Ranked};
use super::server::{CachedPods, count_adopted};
use crate::api::{ReplicaSet, Str, Time};
use crate::controller::replicaset::{Misfit, PodCounts, PodsView};

/// What a pass saw first, so that running it again sees the same while the cache moves on.
#[derive(Clone, Default, Debug)]
pub(super) struct FrozenPods {
    misfits: Option<Vec<(PodId, Misfit)>>,
    counts: Option<PodCounts>,
    victims: Option<Vec<PodId>>,
    claimable: Option<Box<Claimable>>,
}

/// Where pods are to be adopted: everything from which counts and victims follow, since both depend on which adoptions
/// the API server lets happen.
#[derive(Clone, Debug)]
pub(super) struct Claimable {
    /// When the pass began.
    now: Time,
    /// Without what is adopted in the pass.
    counts: PodCounts,
    claimed: Vec<PodId>,
    /// Of the claimed ones and those to be adopted; and whether the template's labels are all there.
    pods: BTreeMap<PodId, (PodState, bool)>,
    /// Related active pods by node.
    crowd: BTreeMap<NodeId, u32>,
}

impl Claimable {
    pub(super) fn of(cache: &mut PodCache, id: RsId, rs: &ReplicaSet, orphans: &[PodId], now: Time) -> Self {
        let claimed = cache.claimed(id).to_vec();
        let state = |pod: &PodId| {
            let state = *cache.state(*pod).expect("it is cached");
            (*pod, (state, cache.is_full(id, state.labels)))
        };
        let pods: BTreeMap<_, _> = claimed.iter().chain(orphans).map(state).collect();
        let crowd = cache.crowd(id);
        let crowded =
            pods.values().filter_map(|(state, _)| Some((state.node, crowd.as_ref()?.on(state.node))));
        let crowd = crowded.collect();
        Claimable { now, counts: cache.counts(id, rs.spec.min_ready_seconds, now), claimed, pods, crowd }
    }

    fn counts(&self, min_ready_s: i32, adopted: &[PodId]) -> PodCounts {
        let mut counts = self.counts;
        for pod in adopted {
            let (state, is_full) = &self.pods[pod];
            count_adopted(&mut counts, state, *is_full, min_ready_s, self.now);
        }
        counts
    }

    fn victims(&self, n: usize, adopted: &[PodId], victims: &mut Vec<PodId>) {
        let all = self.claimed.iter().chain(adopted).copied();
        if n >= self.claimed.len() + adopted.len() {
            victims.extend(all);
            victims.sort_unstable();
            return;
        }
        let get = |pod: PodId| {
            let state = &self.pods[&pod].0;
            (state.uid, state)
        };
        let mut rank = RankIndex::of(all.map(|pod| Ranked { pod, state: get(pod).1 }), self.now);
        rank.victims(n, self.now, |node| self.crowd.get(&node).copied().unwrap_or(0), get, victims);
    }
}

/// A view that remembers what it answered; without the cache behind it, it answers from memory alone.
pub(super) struct Remembered<'a, 'c> {
    pub(super) frozen: &'a mut FrozenPods,
    pub(super) behind: Option<CachedPods<'c>>,
    /// Adopted in this run of the pass.
    pub(super) adopted: Vec<PodId>,
    pub(super) now: Time,
}

impl PodsView for Remembered<'_, '_> {
    type Pod = PodId;

    fn identity(&self, pod: PodId) -> (Str, Str) {
        self.behind.as_ref().map(|view| view.identity(pod)).unwrap_or_default()
    }

    fn misfits(&mut self, rs: &ReplicaSet) -> Vec<(PodId, Misfit)> {
        if let Some(view) = &mut self.behind
            && self.frozen.misfits.is_none()
        {
            let misfits = view.misfits(rs);
            let orphans = misfits.iter().filter(|(_, misfit)| *misfit == Misfit::Adopt).map(|(pod, _)| *pod);
            let orphans: Vec<PodId> = orphans.collect();
            if !orphans.is_empty() {
                let claimable = Claimable::of(view.cache, view.rs, rs, &orphans, self.now);
                self.frozen.claimable = Some(Box::new(claimable));
            }
            self.frozen.misfits = Some(misfits);
        }
        self.frozen.misfits.clone().unwrap_or_default()
    }

    fn adopted(&mut self, pod: PodId) {
        self.adopted.push(pod);
    }

    fn counts(&mut self, rs: &ReplicaSet, now: Time) -> PodCounts {
        if let Some(claimable) = &self.frozen.claimable {
            return claimable.counts(rs.spec.min_ready_seconds, &self.adopted);
        }
        let behind = &mut self.behind;
        *self
            .frozen
            .counts
            .get_or_insert_with(|| behind.as_mut().map(|view| view.counts(rs, now)).unwrap_or_default())
    }

    fn victims(&mut self, rs: &ReplicaSet, n: usize, now: Time, victims: &mut Vec<PodId>) {
        if let Some(claimable) = &self.frozen.claimable {
            return claimable.victims(n, &self.adopted, victims);
        }
        let behind = &mut self.behind;
        let known = self.frozen.victims.get_or_insert_with(|| {
            let mut found = Vec::new();
            if let Some(view) = behind {
                view.victims(rs, n, now, &mut found);
            }
            found
        });
        victims.extend(known.iter().take(n));
    }
}
