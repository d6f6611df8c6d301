//! Which pods go first when a ReplicaSet shrinks.
//!
//! The comparison is upstream's `ActivePodsWithRanks`, rule by rule. It is **not transitive** (a difference in ready
//! time inside one bucket is settled by uid, an equal ready time by restarts), so the result depends on the order in
//! which a sort compares; [`sort`] compares in Go's. Upstream's own input comes in random order; ours comes in order of
//! uid, which is one of them. So where the relation ties or turns in a circle our outcome is what the real controller
//! decides when its pods happen to come in that order.

use std::cmp::Ordering;

use crate::api::{Pod, PodPhase, StringMap, Time, annotation};
use crate::controller::go_sort;
use crate::zoo::{Mutant, active};

/// What the comparison looks at. `U` is something that orders as the uid does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RankKey<U> {
    /// Bound to a node.
    pub assigned: bool,
    /// See [`phase_class`].
    pub phase: u8,
    /// Ready.
    pub ready: bool,
    /// See [`deletion_cost`].
    pub cost: i32,
    /// Active pods of related ReplicaSets on the same node, itself included.
    pub rank: u32,
    /// `lastTransitionTime` of the Ready condition; meaningful if `ready`.
    pub ready_since: Option<Time>,
    /// Most restarts of a regular container.
    pub restarts: i32,
    /// Most restarts of a sidecar.
    pub sidecar_restarts: i32,
    /// `creationTimestamp`.
    pub created: Option<Time>,
    /// Uid: the last word inside one bucket.
    pub uid: U,
}

impl<'a> RankKey<&'a str> {
    /// The key of a pod; `rank` comes from its neighbours.
    pub fn of(pod: &'a Pod, rank: u32) -> Self {
        let ready = pod.ready_condition();
        let (restarts, sidecar_restarts) = restarts(pod);
        RankKey {
            assigned: !pod.spec.node_name.is_empty(),
            phase: phase_class(&pod.status.phase),
            ready: ready.is_some(),
            cost: deletion_cost(&pod.meta.annotations),
            rank,
            ready_since: ready.and_then(|c| c.last_transition_time),
            restarts,
            sidecar_restarts,
            created: pod.meta.creation_timestamp,
            uid: &pod.meta.uid,
        }
    }
}

/// `Less` if `a` goes before `b`. `Equal` where upstream's relation holds in neither direction.
pub fn compare<U: Ord>(a: &RankKey<U>, b: &RankKey<U>, now: Time) -> Ordering {
    let (a, b) = if active(Mutant::SVictimsReversed) { (b, a) } else { (a, b) };
    if active(Mutant::VictimsIgnoreReadiness) {
        return a.uid.cmp(&b.uid);
    }
    a.assigned
        // 1-3: what serves nobody goes first.
        .cmp(&b.assigned)
        .then(a.phase.cmp(&b.phase))
        .then(a.ready.cmp(&b.ready))
        // 4: the price that somebody put on it.
        .then(a.cost.cmp(&b.cost))
        // 5: crowded nodes first, so that the rest stays spread out.
        .then(b.rank.cmp(&a.rank))
        // 6: just ready before long ready. This is final for two ready pods whose times differ.
        .then_with(|| {
            if a.ready && b.ready {
                by_age(a.ready_since, b.ready_since, now, &a.uid, &b.uid)
            } else {
                Ordering::Equal
            }
        })
        // 7: restarts hint at trouble.
        .then(b.restarts.cmp(&a.restarts))
        .then(b.sidecar_restarts.cmp(&a.sidecar_restarts))
        // 8: young before old.
        .then_with(|| by_age(a.created, b.created, now, &a.uid, &b.uid))
}

/// The younger first, by order of magnitude: inside one bucket the uid decides, so that pods of about the same age are
/// picked at random and not always the newest (which would empty the newest zone or node pool).
fn by_age<U: Ord>(a: Option<Time>, b: Option<Time>, now: Time, a_uid: &U, b_uid: &U) -> Ordering {
    match (a, b) {
        _ if a == b => Ordering::Equal,
        (None, _) => Ordering::Less,
        (_, None) => Ordering::Greater,
        (Some(a), Some(b)) => {
            age_bucket(now.since(a)).cmp(&age_bucket(now.since(b))).then_with(|| a_uid.cmp(b_uid))
        }
    }
}

/// Order of magnitude of an age in nanoseconds: the whole part of its binary logarithm, −1 if it is not positive.
pub fn age_bucket(age_ns: i64) -> i8 {
    if age_ns <= 0 { -1 } else { age_ns.ilog2() as i8 }
}

/// `Unknown` ranks between the others because such a pod may still be running; what is not listed ranks as `Pending`.
pub fn phase_class(phase: &PodPhase) -> u8 {
    match phase {
        PodPhase::Running => 2,
        PodPhase::Unknown => 1,
        _ => 0,
    }
}

/// The annotation that puts a price on deleting a pod; 0 if it is absent or not a plain `int32` (no `+`, and no leading
/// zeros unless behind a minus).
pub fn deletion_cost(annotations: &StringMap) -> i32 {
    let Some(text) = annotations.get(annotation::POD_DELETION_COST) else { return 0 };
    match text.as_bytes() {
        [b'0'] => 0,
        [b'-' | b'1'..=b'9', ..] => text.parse().unwrap_or(0),
        _ => 0,
    }
}

/// Most restarts of a regular container, and of a sidecar. Other init containers do not count: their restarts are how
/// starting normally goes.
pub fn restarts(pod: &Pod) -> (i32, i32) {
    let regular = pod.status.container_statuses.iter().map(|c| c.restart_count);
    let sidecars = &pod.spec.sidecars;
    let init = pod.status.init_container_statuses.iter();
    let sidecar = init.filter(|c| sidecars.contains(&c.name)).map(|c| c.restart_count);
    (regular.fold(0, i32::max), sidecar.fold(0, i32::max))
}

/// Sorts pods into the order in which they go. To be deterministic they must come in a fixed order (by uid, then name).
pub fn sort<U: Ord, P>(pods: &mut [(RankKey<U>, P)], now: Time) {
    go_sort::sort(pods, |a, b| compare(&a.0, &b.0, now) == Ordering::Less);
}
