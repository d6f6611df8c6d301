//! What a rollout did to the application: availability as a step function, and the figures drawn from it.
//!
//! Counted from the pods themselves, not from any status.

use crate::api::{PodTemplate, Time};
use crate::cluster::Cluster;
use crate::cluster::pods::DeploymentId;
use crate::sim::SECOND;

/// Pods of one Deployment by what they are, at one instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PodsNow {
    /// Ready and not terminating, of any revision.
    pub available: u32,
    /// Of other templates than the new one, not terminating.
    pub old: u32,
    /// Of the new template, ready.
    pub new_ready: u32,
    /// Of the new template, not ready.
    pub new_not_ready: u32,
    /// Being deleted, still there.
    pub terminating: u32,
}

impl PodsNow {
    /// Counts the pods of the Deployment's ReplicaSets. Costs a look at each ReplicaSet, none at pods.
    pub fn of(cluster: &Cluster, id: DeploymentId, new: &PodTemplate) -> Self {
        let mut now = PodsNow::default();
        for (rs_id, rs) in cluster.replica_sets_of(id) {
            let totals = cluster.store.totals(rs_id);
            let active = (totals.alive - totals.terminating) as u32;
            now.available += totals.serving as u32;
            now.terminating += totals.terminating as u32;
            if rs.spec.template.equal_ignoring_hash(new) {
                now.new_ready += totals.serving as u32;
                now.new_not_ready += active - totals.serving as u32;
            } else {
                now.old += active;
            }
        }
        now
    }

    /// All pods that exist.
    pub fn all(&self) -> u32 {
        self.old + self.new_ready + self.new_not_ready + self.terminating
    }
}

/// Availability over time and its figures, from `start` on.
#[derive(Clone, Debug)]
pub struct Availability {
    start: Time,
    wanted: u32,
    /// When the counts changed (ns since the start) and what they were from then on.
    pub steps: Vec<(i64, PodsNow)>,
}

impl Availability {
    /// Begins to record; `wanted` = `spec.replicas`.
    pub fn new(start: Time, wanted: u32, now: PodsNow) -> Self {
        Availability { start, wanted, steps: vec![(0, now)] }
    }

    /// The counts from `at` on.
    pub fn record(&mut self, at: Time, now: PodsNow) {
        let at = at.since(self.start);
        match self.steps.last_mut() {
            Some((_, last)) if *last == now => {}
            Some((last_at, last)) if *last_at == at => *last = now,
            _ => self.steps.push((at, now)),
        }
    }

    /// The least number of available pods before `until`.
    pub fn min_available(&self, until: Time) -> u32 {
        let until = until.since(self.start);
        self.steps.iter().take_while(|(at, _)| *at <= until).map(|(_, now)| now.available).min().unwrap_or(0)
    }

    /// The greatest number of pods that existed.
    pub fn peak(&self) -> u32 {
        self.steps.iter().map(|(_, now)| now.all()).max().unwrap_or(0)
    }

    /// ∫ max(0, wanted − available) dt until `until`, in pod-seconds.
    pub fn deficit_pod_seconds(&self, until: Time) -> f64 {
        let until = until.since(self.start);
        let ends = self.steps.iter().skip(1).map(|(at, _)| *at).chain([i64::MAX]);
        let mut pod_ns: i128 = 0;
        for ((at, now), end) in self.steps.iter().zip(ends) {
            let ns = end.min(until).saturating_sub(*at).max(0);
            pod_ns += i128::from(self.wanted.saturating_sub(now.available)) * i128::from(ns);
        }
        pod_ns as f64 / SECOND as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{Availability, PodsNow, Time};

    #[test]
    fn deficit_is_the_area_below_the_wanted_number() {
        let start = Time::EPOCH;
        let pods = |available| PodsNow { available, old: available, ..PodsNow::default() };
        let mut availability = Availability::new(start, 4, pods(4));
        availability.record(start.plus_seconds(10), pods(3));
        availability.record(start.plus_seconds(12), pods(1));
        availability.record(start.plus_seconds(13), pods(5));
        assert_eq!(availability.deficit_pod_seconds(start.plus_seconds(60)), 2.0 + 3.0);
        assert_eq!(availability.deficit_pod_seconds(start.plus_seconds(11)), 1.0);
        assert_eq!(availability.min_available(start.plus_seconds(60)), 1);
        assert_eq!(availability.min_available(start.plus_seconds(11)), 3);
        assert_eq!(availability.peak(), 5);
    }
}
