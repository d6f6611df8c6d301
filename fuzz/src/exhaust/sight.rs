//! What a pass sees, and all else that decides about what it does.

use super::server::Refusal;
use super::state::{PODS, Row, SETS, SetVersion, State, View};

/// In the lower half.
fn bits(version: SetVersion) -> u64 {
    u64::from(version.content) << 16 | u64::from(version.generation) << 8 | u64::from(version.observed)
}

/// In the lower half.
fn refusal(refused: Option<Refusal>) -> u64 {
    refused.map_or(0, |refusal| 1 | u64::from(refusal.took_effect) << 1 | u64::from(refusal.after) << 8)
}

/// All that decides about a pass over the Deployment, and about the judgement of it.
#[derive(Clone, Debug)]
pub(super) struct DeploymentSight {
    pub(super) cached: u16,
    pub(super) is_stale: bool,
    pub(super) sets: [SeenSet; SETS],
    pub(super) is_current: bool,
    pub(super) refused: Option<Refusal>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SeenSet {
    pub(super) cached: SetVersion,
    pub(super) is_stale: bool,
    pub(super) exists: bool,
    pub(super) runs: bool,
    pub(super) serving: u8,
    pub(super) running: u8,
}

impl DeploymentSight {
    /// Pods of the cache count for Recreate alone, and what is true of pods for those alone who judge a pass whose caches
    /// hold it: the rest would only tell sights apart that are none.
    pub(super) fn of(state: &State, is_recreate: bool, refused: Option<Refusal>) -> Self {
        let is_current = state.is_current();
        let mut sets = [SeenSet::default(); SETS];
        for (at, set) in sets.iter_mut().enumerate() {
            set.cached = state.cached_sets[at];
            set.is_stale = state.is_stale(at);
            set.exists = state.sets[at].content != 0;
        }
        if is_recreate || is_current {
            for pod in state.pods.iter() {
                let set = &mut sets[usize::from(pod.set)];
                set.runs |= is_recreate && pod.cached != View::Absent;
                set.serving += u8::from(is_current && pod.stored == View::Ready);
                set.running += u8::from(is_current && pod.stored != View::Absent);
            }
        }
        DeploymentSight {
            cached: state.cached_deployment,
            is_stale: !state.deployment_events.is_empty(),
            sets,
            is_current,
            refused,
        }
    }

    /// The same in few words: other sights have others.
    pub(super) fn key(&self) -> [u64; 4] {
        let mut key = [0; 4];
        for (word, set) in key.iter_mut().zip(&self.sets) {
            let flags = u64::from(set.is_stale) | u64::from(set.exists) << 1 | u64::from(set.runs) << 2;
            let pods = u64::from(set.serving) << 8 | u64::from(set.running) << 16;
            *word = bits(set.cached) << 32 | pods | flags;
        }
        let flags = u64::from(self.is_stale) | u64::from(self.is_current) << 1;
        key[SETS] = refusal(self.refused) << 32 | u64::from(self.cached) << 16 | flags;
        key
    }

    /// The same with pods of further ReplicaSets in the cache, in every combination.
    pub(super) fn with_more_running(&self) -> impl Iterator<Item = DeploymentSight> + '_ {
        let free = |at: &usize| self.sets[*at].exists && !self.sets[*at].runs;
        let mask: usize = (0..SETS).filter(free).map(|at| 1 << at).sum();
        (1..1_usize << SETS).filter(move |more| more & !mask == 0).map(|more| {
            let mut other = self.clone();
            for (at, set) in other.sets.iter_mut().enumerate() {
                set.runs |= more & (1 << at) != 0;
            }
            other
        })
    }
}

/// The same for a pass over a ReplicaSet.
#[derive(Clone, Debug)]
pub(super) struct SetSight {
    pub(super) set: u8,
    pub(super) cached: SetVersion,
    pub(super) stored: SetVersion,
    pub(super) is_stale: bool,
    pub(super) may_manage: bool,
    /// Its pods in the cache, and which of them are no more, in the order in which ties are settled.
    pub(super) pods: Row<(View, bool), PODS>,
    pub(super) refused: Option<Refusal>,
}

impl SetSight {
    /// The same in few words: other sights have others.
    pub(super) fn key(&self) -> [u64; 3] {
        let pod = |all: u64, (cached, is_gone): &(View, bool)| {
            all << 4 | (*cached as u64) << 1 | u64::from(*is_gone)
        };
        let flags = u64::from(self.is_stale) | u64::from(self.may_manage) << 1;
        let (set, len) = (u64::from(self.set), self.pods.len() as u64);
        [
            bits(self.cached) << 32 | bits(self.stored),
            self.pods.iter().fold(0, pod),
            refusal(self.refused) << 32 | len << 16 | set << 8 | flags,
        ]
    }

    /// Also answers the place in the state of each pod that is seen. `reversed` settles ties the other way round.
    pub(super) fn of(
        state: &State,
        set: u8,
        reversed: bool,
        refused: Option<Refusal>,
    ) -> (Self, Row<u8, PODS>) {
        let at = usize::from(set);
        let (mut pods, mut places) = (Row::default(), Row::default());
        for n in 0..state.pods.len() {
            let place = if reversed { state.pods.len() - 1 - n } else { n };
            let pod = &state.pods[place];
            if pod.set == set && pod.cached != View::Absent {
                let fits = pods.push((pod.cached, pod.stored == View::Absent)) && places.push(place as u8);
                debug_assert!(fits, "as many as in the state");
            }
        }
        let sight = SetSight {
            set,
            cached: state.cached_sets[at],
            stored: state.sets[at],
            is_stale: state.is_stale(at),
            may_manage: state.may_manage(at),
            pods,
            refused,
        };
        (sight, places)
    }
}
