//! Expectations: what a ReplicaSet did that the pod cache has not shown yet. While something is outstanding the cache
//! undercounts or overcounts, and acting on it would create or delete the same pods again.

use crate::api::Time;
use crate::zoo::{Mutant, active};

/// Age after which an unfulfilled expectation no longer blocks (an event may have been missed).
pub const EXPECTATIONS_TIMEOUT_S: i64 = 300;

/// The record of one ReplicaSet. Replaced, never removed, when it is fulfilled or too old; dropped with the key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectations<Pod> {
    since: Option<Time>,
    creations: i64,
    deletions: i64,
    /// Deletions not observed yet, sorted: an update that marks a pod and the later removal of the same pod must count
    /// once.
    tracked: Vec<Pod>,
}

impl<Pod> Default for Expectations<Pod> {
    fn default() -> Self {
        Expectations { since: None, creations: 0, deletions: 0, tracked: Vec::new() }
    }
}

impl<Pod: Copy + Ord> Expectations<Pod> {
    /// Expects `n` creations and nothing else.
    pub fn expect_creations(&mut self, n: usize, now: Time) {
        self.since = Some(now);
        self.creations = n as i64;
        self.deletions = 0;
    }

    /// Expects these deletions and nothing else.
    pub fn expect_deletions(&mut self, pods: &[Pod], now: Time) {
        self.tracked.clear();
        self.tracked.extend_from_slice(pods);
        self.tracked.sort_unstable();
        self.tracked.dedup();
        self.since = Some(now);
        self.creations = 0;
        self.deletions = self.tracked.len() as i64;
    }

    /// A pod was seen to be created, or will never be. May take the counter below zero: more pods than expected do not
    /// block.
    pub fn creation_observed(&mut self) {
        if self.since.is_some() {
            self.creations -= 1;
        }
    }

    /// The same for `n` pods.
    pub fn creations_observed(&mut self, n: usize) {
        if self.since.is_some() {
            self.creations -= n as i64;
        }
    }

    /// A pod was seen to be deleted (marked or removed), or will never be. Counts only if its deletion is tracked.
    pub fn deletion_observed(&mut self, pod: Pod) {
        if let Ok(at) = self.tracked.binary_search(&pod) {
            self.tracked.remove(at);
            self.deletions -= 1;
        }
    }

    /// Whether pods may be created or deleted. To be asked *before* the pods are listed: a pod that is seen between
    /// the two is then counted in the list, and not lost between list and expectation.
    pub fn satisfied(&self, now: Time) -> bool {
        let Some(since) = self.since else { return true };
        let created = self.creations <= 0 || active(Mutant::CountBeforeExpectation);
        let too_old = now > since.plus_seconds(EXPECTATIONS_TIMEOUT_S) && !active(Mutant::LeakedExpectation);
        (created && self.deletions <= 0) || too_old
    }

    /// The pods whose deletion is still expected, sorted.
    pub fn awaited_deletions(&self) -> &[Pod] {
        &self.tracked
    }

    /// The counters: creations and deletions still expected.
    pub fn outstanding(&self) -> (i64, i64) {
        (self.creations, self.deletions)
    }

    /// Forgets everything: the ReplicaSet is gone or another one has its name.
    pub fn clear(&mut self) {
        *self = Expectations::default();
    }
}
