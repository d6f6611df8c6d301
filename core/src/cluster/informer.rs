//! The pod informer of the controllers: what they believe about pods, with every count that they ask for kept up
//! to date as events come in.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::crowds::{Crowd, Crowds};
use super::pod_table::PodTable;
use super::pods::{LabelsId, PodId, PodList, PodState, RsId, time};
use super::rank::{RankIndex, Ranked};
use crate::api::{LabelSelector, ReplicaSet, Str, StringMap, Time};
use crate::controller::replicaset::{Misfit, PodCounts};
use crate::zoo::{Mutant, active};

/// Pods of one ReplicaSet in the cache.
#[derive(Default, Debug)]
pub(crate) struct RsIndex {
    selector: Option<Arc<LabelSelector>>,
    template_labels: StringMap,
    /// Uid of its managing owner; `None` = it has none, or is gone.
    owner: Option<Str>,
    /// Active, owned and matching: the pods that count.
    claimed_pods: Vec<PodId>,
    /// The other owned ones: terminating, finished, strangers.
    other_pods: Vec<PodId>,
    claimed: i32,
    fully_labeled: i32,
    ready: i32,
    available: i32,
    terminating: i32,
    /// Owned pods that have not finished, terminating ones included: what a Recreate rollout waits for.
    pub(crate) unfinished: i32,
    min_ready_s: i32,
    /// Ready, not available yet, by ready stamp.
    waiting: BTreeSet<(u32, PodId)>,
    /// Active, owned, but not matching the selector.
    strangers: BTreeSet<PodId>,
    rank: Option<RankIndex>,
    fits: Vec<(LabelsId, Fit)>,
}

#[derive(Clone, Copy, Debug)]
struct Fit {
    selected: bool,
    full: bool,
}

impl RsIndex {
    /// Every owned pod.
    fn members(&self) -> impl Iterator<Item = &PodId> {
        self.claimed_pods.iter().chain(&self.other_pods)
    }

    fn list(&mut self, claimed: bool) -> &mut Vec<PodId> {
        if claimed { &mut self.claimed_pods } else { &mut self.other_pods }
    }

    fn fit(&mut self, id: LabelsId, labels: &[StringMap]) -> Fit {
        if let Some((_, fit)) = self.fits.iter().find(|(known, _)| *known == id) {
            return *fit;
        }
        let labels = &labels[id.0 as usize];
        let fit = Fit {
            selected: self.selector.as_ref().is_some_and(|selector| selector.matches(labels)),
            full: labels.contains_all(&self.template_labels),
        };
        self.fits.push((id, fit));
        fit
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Cached {
    pub(super) state: PodState,
    /// Place in its owner's list.
    pub(super) at: u32,
}

/// Makes room for `more` items. By a quarter and not by doubling: at 150,000 pods the unused half would be the largest
/// part of the memory, and growing in place costs the system next to nothing.
pub(super) fn grow<T>(items: &mut Vec<T>, more: usize) {
    if items.capacity() - items.len() < more {
        items.reserve_exact(more.max(items.len() / 4).max(16));
    }
}

/// The cache.
#[derive(Default, Debug)]
pub(crate) struct PodCache {
    pods: PodTable,
    sets: Vec<RsIndex>,
    orphans: BTreeSet<PodId>,
    labels: Vec<StringMap>,
    /// Kept where nodes matter.
    crowds: Option<Crowds>,
    /// Time of the last event: orders new entries into age buckets.
    now: Option<Time>,
}

impl PodCache {
    pub(crate) fn new(nodes_matter: bool) -> Self {
        PodCache { crowds: nodes_matter.then(Crowds::default), ..PodCache::default() }
    }

    /// Makes room for that many ReplicaSets, of which some may never be seen.
    fn make_room(&mut self, sets: usize) {
        self.sets.resize_with(sets, RsIndex::default);
    }

    /// Makes room for a ReplicaSet object.
    pub(crate) fn add_set(&mut self, id: RsId, rs: &ReplicaSet) {
        let at = id.0 as usize;
        if self.sets.len() <= at {
            self.make_room(at + 1);
        }
        let set = &mut self.sets[at];
        let owner = rs.meta.controller().map(|owner| &owner.uid);
        let is_same = set.selector.is_some() && set.template_labels == rs.spec.template.labels;
        if is_same && set.owner.as_ref() == owner {
            return;
        }
        // The template's labels or the owner changed: an edit by a person, so rare.
        let selector = rs.spec.selector.clone();
        let template_labels = rs.spec.template.labels.clone();
        if let Some(crowds) = &mut self.crowds {
            crowds.set(id, set.owner.as_ref(), owner, selector.as_ref());
        }
        let owner = owner.cloned();
        self.count_anew(id, RsIndex { selector, template_labels, owner, ..RsIndex::default() });
    }

    /// A ReplicaSet is gone. Pods that it still has in the cache no longer count for the siblings that it had: upstream looks for
    /// related pods in the ReplicaSets of one controller, as they are in the cache.
    pub(crate) fn remove_set(&mut self, id: RsId) {
        // One that the cache never had has no pods in it.
        let Some(set) = self.sets.get_mut(id.0 as usize) else { return };
        if let Some(crowds) = &mut self.crowds {
            crowds.set(id, set.owner.take().as_ref(), None, None);
        }
    }

    /// Counts the pods of a ReplicaSet anew.
    fn count_anew(&mut self, id: RsId, index: RsIndex) {
        let at = id.0 as usize;
        let members: Vec<PodId> = self.sets[at].members().copied().collect();
        let states: Vec<_> = members.into_iter().filter_map(|pod| Some((pod, self.take(pod)?))).collect();
        self.sets[at] = index;
        for (pod, state) in states {
            self.put(pod, state);
        }
    }

    pub(crate) fn set(&self, id: RsId) -> &RsIndex {
        &self.sets[id.0 as usize]
    }

    /// The cached pods of a ReplicaSet whose labels match a selector.
    pub(crate) fn selected(
        &self,
        id: RsId,
        selector: Option<&LabelSelector>,
    ) -> impl Iterator<Item = &PodState> {
        let states = self.sets.get(id.0 as usize).into_iter().flat_map(RsIndex::members).map(|pod| {
            let cached = self.pods.get(*pod);
            &cached.expect("members are cached").state
        });
        let labels = &self.labels;
        states.filter(move |state| {
            selector.is_some_and(|selector| selector.matches(&labels[state.labels.0 as usize]))
        })
    }

    pub(crate) fn state(&self, pod: PodId) -> Option<&PodState> {
        self.pods.get(pod).map(|cached| &cached.state)
    }

    /// All pods, in creation order.
    pub(super) fn list(&self) -> &PodList {
        self.pods.list()
    }

    /// The pods that a ReplicaSet owns and selects.
    pub(crate) fn claimed(&self, id: RsId) -> &[PodId] {
        &self.sets[id.0 as usize].claimed_pods
    }

    /// The active pods on each node that are related to a ReplicaSet's; `None` where nodes do not matter.
    pub(super) fn crowd(&self, id: RsId) -> Option<Crowd<'_>> {
        let owner = self.sets[id.0 as usize].owner.as_ref();
        self.crowds.as_ref().map(|crowds| crowds.of(owner, &self.labels))
    }

    /// Whether those labels contain every label of the ReplicaSet's template.
    pub(crate) fn is_full(&self, id: RsId, labels: LabelsId) -> bool {
        self.labels[labels.0 as usize].contains_all(&self.sets[id.0 as usize].template_labels)
    }

    /// Takes an event; answers the state before.
    pub(crate) fn apply(
        &mut self,
        pod: PodId,
        new: &PodState,
        labels: &[StringMap],
        now: Time,
    ) -> Option<PodState> {
        self.now = Some(now);
        if self.labels.len() < labels.len() {
            self.labels.extend_from_slice(&labels[self.labels.len()..]);
        }
        let old = self.take(pod);
        if new.exists {
            self.put(pod, *new);
        }
        old
    }

    fn take(&mut self, pod: PodId) -> Option<PodState> {
        let Cached { state, at } = self.pods.take(pod)?;
        if let Some(crowds) = &mut self.crowds {
            crowds.count(&state, -1);
        }
        let Some(owner) = state.owner else {
            self.orphans.remove(&pod);
            return Some(state);
        };
        let claimed = self.count(pod, &state, owner, -1);
        let list = self.sets[owner.0 as usize].list(claimed);
        list.swap_remove(at as usize);
        if let Some(moved) = list.get(at as usize) {
            self.pods.get_mut(*moved).expect("members are cached").at = at;
        }
        Some(state)
    }

    fn put(&mut self, pod: PodId, state: PodState) {
        let mut at = 0;
        if let Some(crowds) = &mut self.crowds {
            crowds.count(&state, 1);
        }
        match state.owner {
            None => {
                self.orphans.insert(pod);
            }
            Some(owner) => {
                // One that the cache does not have yet, or not any more.
                if self.sets.len() <= owner.0 as usize {
                    self.make_room(owner.0 as usize + 1);
                }
                let claimed = self.count(pod, &state, owner, 1);
                let list = self.sets[owner.0 as usize].list(claimed);
                at = list.len() as u32;
                grow(list, 1);
                list.push(pod);
            }
        }
        self.pods.put(pod, Cached { state, at });
    }

    /// Counts a state in (1) or out (-1); answers whether its pod is claimed.
    fn count(&mut self, pod: PodId, state: &PodState, owner: RsId, sign: i32) -> bool {
        let set = &mut self.sets[owner.0 as usize];
        if !state.is_finished() || active(Mutant::RecreateWaitsForDead) {
            set.unfinished += sign;
        }
        let fit = set.fit(state.labels, &self.labels);
        if state.is_terminating() && fit.selected {
            set.terminating += sign;
        }
        if !state.is_active() {
            return false;
        }
        if !fit.selected {
            if sign > 0 {
                set.strangers.insert(pod)
            } else {
                set.strangers.remove(&pod)
            };
            return false;
        }
        set.claimed += sign;
        set.fully_labeled += sign * i32::from(fit.full);
        if state.ready {
            set.ready += sign;
            if set.min_ready_s > 0 && sign > 0 {
                set.waiting.insert((state.ready_s, pod));
            } else if set.min_ready_s > 0 && !set.waiting.remove(&(state.ready_s, pod)) {
                set.available -= 1;
            }
        }
        if let Some(rank) = &mut set.rank {
            let ranked = Ranked { pod, state };
            let now = self.now.unwrap_or(Time::EPOCH);
            if sign > 0 { rank.insert(ranked, now) } else { rank.remove(ranked, now) }
        }
        true
    }

    /// Counts of one ReplicaSet at `now`.
    pub(crate) fn counts(&mut self, id: RsId, min_ready_s: i32, now: Time) -> PodCounts {
        let set = &mut self.sets[id.0 as usize];
        if set.min_ready_s != min_ready_s {
            // `minReadySeconds` was edited: look at every ready pod once.
            set.min_ready_s = min_ready_s;
            set.available = 0;
            set.waiting.clear();
            for pod in &set.claimed_pods {
                let state = &self.pods.get(*pod).expect("members are cached").state;
                if min_ready_s > 0 && state.ready {
                    set.waiting.insert((state.ready_s, *pod));
                }
            }
        }
        let due = |stamp: u32| time(stamp).plus_seconds(i64::from(min_ready_s));
        while set.waiting.first().is_some_and(|(stamp, _)| due(*stamp) <= now) {
            set.waiting.pop_first();
            set.available += 1;
        }
        let mut dying = 0;
        if active(Mutant::SDyingIsAvailable) {
            let cached = set.members().filter_map(|pod| self.pods.get(*pod));
            dying = cached.filter(|pod| pod.state.is_terminating() && pod.state.ready).count() as i32;
        }
        PodCounts {
            replicas: set.claimed,
            fully_labeled: set.fully_labeled,
            ready: set.ready + dying,
            available: dying + if min_ready_s > 0 { set.available } else { set.ready },
            terminating: set.terminating,
            next_available: set.waiting.first().map(|(stamp, _)| due(*stamp)),
        }
    }

    /// Pods that need a decision about their owner.
    pub(crate) fn misfits(&mut self, id: RsId) -> Vec<(PodId, Misfit)> {
        let set = &mut self.sets[id.0 as usize];
        let mut found: Vec<_> = set.strangers.iter().map(|pod| (*pod, Misfit::Release)).collect();
        for pod in &self.orphans {
            let state = &self.pods.get(*pod).expect("orphans are cached").state;
            if state.is_active() && set.fit(state.labels, &self.labels).selected {
                found.push((*pod, Misfit::Adopt));
            }
        }
        found.sort_unstable_by_key(|(pod, _)| *pod);
        found
    }

    /// The `n` claimed pods that go first, `adopted` ones of this very pass included.
    pub(crate) fn victims(
        &mut self,
        id: RsId,
        adopted: &[PodId],
        n: usize,
        now: Time,
        victims: &mut Vec<PodId>,
    ) {
        let pods = &self.pods;
        let get = |pod: PodId| {
            let state = &pods.get(pod).expect("ranked pods are cached").state;
            (state.uid, state)
        };
        let set = &mut self.sets[id.0 as usize];
        let claimed = set.claimed_pods.iter().copied();
        if active(Mutant::DyingPodsAmongVictims) {
            let mut rank = RankIndex::default();
            for pod in set.members().copied().filter(|pod| !get(*pod).1.is_finished()) {
                rank.insert(Ranked { pod, state: get(pod).1 }, now);
            }
            rank.victims(n, now, |_| 0, get, victims);
            return;
        }
        if n >= set.claimed as usize + adopted.len() {
            victims.extend(claimed.chain(adopted.iter().copied()));
            victims.sort_unstable();
            return;
        }
        let (wanted, n) =
            (n, if active(Mutant::SVictimsReversed) { set.claimed as usize + adopted.len() } else { n });
        let fresh = |claimed: &mut dyn Iterator<Item = PodId>| {
            RankIndex::of(claimed.map(|pod| Ranked { pod, state: get(pod).1 }), now)
        };
        let crowd = self.crowds.as_ref().map(|crowds| crowds.of(set.owner.as_ref(), &self.labels));
        let node_rank = |node| crowd.as_ref().map_or(0, |crowd| crowd.on(node));
        if adopted.is_empty() {
            if set.rank.is_none() {
                // The first scale-down of this ReplicaSet: from here on the order is kept up to date.
                set.rank = Some(fresh(&mut claimed.into_iter()));
            }
            set.rank.as_mut().expect("just built").victims(n, now, node_rank, get, victims);
        } else {
            let mut all = claimed.chain(adopted.iter().copied());
            fresh(&mut all).victims(n, now, node_rank, get, victims);
        }
        if active(Mutant::SVictimsReversed) {
            victims.reverse();
            victims.truncate(wanted);
        }
    }
}
