//! The pods of a ReplicaSet counted one by one from plain lists: slow and plain. It serves single passes over a dump of
//! a cluster, and is the reference for the counters that a simulation keeps up to date.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ranking::{self, RankKey};
use super::{Misfit, PodCounts, PodsView};
use crate::api::{Pod, ReplicaSet, Str, Time};
use crate::controller::selector;
use crate::zoo::{Mutant, active};

/// A view over all pods and all ReplicaSets of one namespace. A handle is an index into `pods`.
#[derive(Clone, Debug)]
pub struct ListedPods<'a> {
    pods: &'a [Pod],
    replica_sets: &'a [Arc<ReplicaSet>],
    adopted: Vec<usize>,
}

/// Whether `pod` belongs to `rs`: kind, name and uid of the managing owner must agree.
pub fn owns(rs: &ReplicaSet, pod: &Pod) -> bool {
    pod.meta.controller().is_some_and(|owner| {
        owner.kind == "ReplicaSet" && owner.name == rs.meta.name && owner.uid == rs.meta.uid
    })
}

/// When a ready pod is (or was) available; `None` if it is not ready, or never will be for want of a time.
pub fn available_at(pod: &Pod, min_ready_seconds: i32) -> Option<Time> {
    let ready = pod.ready_condition()?;
    if min_ready_seconds == 0 {
        return Some(Time::from_nanos(i64::MIN));
    }
    Some(ready.last_transition_time?.plus_seconds(i64::from(min_ready_seconds)))
}

/// How many of the pods that stand for `rs` and its siblings are active on each node. Siblings are the ReplicaSets with
/// the same managing owner, so that in a rollout the old one gives up pods where the new one has some. Without an owner
/// there are none, not even itself.
pub fn related_by_node<'a>(
    rs: &ReplicaSet,
    replica_sets: &[Arc<ReplicaSet>],
    pods: &'a [Pod],
) -> BTreeMap<&'a str, u32> {
    let owner = rs.meta.controller().map(|owner| &owner.uid);
    let siblings: Vec<&ReplicaSet> = replica_sets
        .iter()
        .map(|sibling| &**sibling)
        .filter(|sibling| owner.is_some() && sibling.meta.controller().map(|owner| &owner.uid) == owner)
        .filter(|sibling| sibling.spec.selector.as_deref().is_some_and(|s| selector::check(s).is_ok()))
        .collect();
    let mut related = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for pod in pods.iter().filter(|pod| pod.is_active()) {
        // By the selector of the sibling; who owns the pod does not matter.
        let is_related = siblings
            .iter()
            .any(|sibling| selector::matches(sibling.spec.selector.as_deref(), &pod.meta.labels));
        if is_related && seen.insert(&pod.meta.uid) {
            *related.entry(pod.spec.node_name.as_str()).or_default() += 1;
        }
    }
    related
}

impl<'a> ListedPods<'a> {
    /// Over the pods and ReplicaSets of one namespace, the one to be synced included.
    pub fn new(pods: &'a [Pod], replica_sets: &'a [Arc<ReplicaSet>]) -> Self {
        ListedPods { pods, replica_sets, adopted: Vec::new() }
    }

    /// Active pods that count for `rs`.
    fn claimed(&self, rs: &ReplicaSet) -> impl Iterator<Item = usize> {
        (0..self.pods.len()).filter(|i| {
            let pod = &self.pods[*i];
            let fits = || owns(rs, pod) && selector::matches(rs.spec.selector.as_deref(), &pod.meta.labels);
            pod.is_active() && (self.adopted.contains(i) || fits())
        })
    }
}

impl PodsView for ListedPods<'_> {
    type Pod = usize;

    fn identity(&self, pod: usize) -> (Str, Str) {
        let meta = &self.pods[pod].meta;
        (meta.name.clone(), meta.uid.clone())
    }

    fn misfits(&mut self, rs: &ReplicaSet) -> Vec<(usize, Misfit)> {
        let selector = rs.spec.selector.as_deref();
        let decide = |pod: &Pod| {
            let matches = selector::matches(selector, &pod.meta.labels);
            match pod.meta.controller() {
                None => matches.then_some(Misfit::Adopt),
                Some(_) if owns(rs, pod) && !matches => Some(Misfit::Release),
                Some(_) => None,
            }
        };
        let active = self.pods.iter().enumerate().filter(|(_, pod)| pod.is_active());
        active.filter_map(|(i, pod)| decide(pod).map(|misfit| (i, misfit))).collect()
    }

    fn adopted(&mut self, pod: usize) {
        self.adopted.push(pod);
    }

    fn counts(&mut self, rs: &ReplicaSet, now: Time) -> PodCounts {
        let min_ready_seconds = rs.spec.min_ready_seconds;
        let mut counts = PodCounts::default();
        for pod in self.claimed(rs).map(|i| &self.pods[i]) {
            counts.replicas += 1;
            counts.fully_labeled += i32::from(pod.meta.labels.contains_all(&rs.spec.template.labels));
            if pod.ready_condition().is_none() {
                continue;
            }
            counts.ready += 1;
            match available_at(pod, min_ready_seconds) {
                Some(at) if at <= now => counts.available += 1,
                Some(at) => {
                    let earliest = counts.next_available.map_or(at, |earliest| earliest.min(at));
                    counts.next_available = Some(earliest);
                }
                None => {}
            }
        }
        let terminating = self.pods.iter().filter(|pod| {
            pod.is_terminating()
                && owns(rs, pod)
                && selector::matches(rs.spec.selector.as_deref(), &pod.meta.labels)
        });
        if active(Mutant::SDyingIsAvailable) {
            let dying = terminating.clone().filter(|pod| pod.ready_condition().is_some()).count() as i32;
            (counts.ready, counts.available) = (counts.ready + dying, counts.available + dying);
        }
        counts.terminating = terminating.count() as i32;
        counts
    }

    fn victims(&mut self, rs: &ReplicaSet, n: usize, now: Time, victims: &mut Vec<usize>) {
        let mut claimed: Vec<usize> = self.claimed(rs).collect();
        if active(Mutant::DyingPodsAmongVictims) {
            let dying = |i: &usize| self.pods[*i].is_terminating() && owns(rs, &self.pods[*i]);
            claimed.extend((0..self.pods.len()).filter(dying));
        }
        if n < claimed.len() {
            // Upstream lists what it owns before what it adopted; inside of either any order may come.
            claimed.sort_by_key(|i| {
                let meta = &self.pods[*i].meta;
                (self.adopted.contains(i), &meta.uid, &meta.name)
            });
            let related = related_by_node(rs, self.replica_sets, self.pods);
            let mut ranked: Vec<(RankKey<&str>, usize)> = claimed
                .iter()
                .map(|i| {
                    let pod = &self.pods[*i];
                    let rank = related.get(pod.spec.node_name.as_str()).copied().unwrap_or(0);
                    (RankKey::of(pod, rank), *i)
                })
                .collect();
            ranking::sort(&mut ranked, now);
            claimed = ranked.into_iter().map(|(_, i)| i).collect();
        }
        victims.extend(claimed.into_iter().take(n));
    }
}
