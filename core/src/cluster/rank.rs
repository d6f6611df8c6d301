//! The order in which a ReplicaSet's pods go, kept up to date so that no scale-down walks over all pods.
//!
//! The relation is that of `controller::replicaset::ranking`. Its first four rules are fixed per pod (the class);
//! the fifth (pods of the same owner on the node) changes with the neighbours and is looked up when victims are
//! chosen; the sixth and eighth compare *logarithmic* ages, so a pod moves from bucket to bucket while it ages: at
//! most some thirty times, done lazily when somebody asks. Within a bucket the uid decides; only where pods of one
//! bucket share a ready stamp but differ in restarts or creation bucket is the bucket sorted by the relation itself.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use super::pods::{NodeId, PodId, PodState, time};
use crate::api::Time;
use crate::zoo::{Mutant, active};

/// Rules 1–4: unassigned first, lower phase first, not ready first, cheaper first.
type Class = (bool, super::pods::Phase, bool, i32);

/// The key of rule 6 and 8's uid comparison: uids `u<n>` compare as strings, so digits count from the left.
pub(crate) fn uid_key(uid: u32) -> u64 {
    let digits = uid.checked_ilog10().unwrap_or(0) + 1;
    u64::from(uid) * 10_u64.pow(10 - digits) * 16 + u64::from(digits)
}

fn bucket(now: Time, stamp: u32) -> i8 {
    let age = now.since(time(stamp));
    if age <= 0 { -1 } else { age.ilog2() as i8 }
}

#[derive(Default, Debug)]
struct Bucket {
    by_uid: BTreeSet<(u64, PodId)>,
    by_stamp: BTreeSet<(u32, PodId)>,
}

/// Pods of one class, node and (if not ready) restart count, by age.
#[derive(Default, Debug)]
struct Ages {
    buckets: BTreeMap<i8, Bucket>,
    /// Bounds of the creation stamps and of the restarts ever put in: equal bounds prove that uid order is exact.
    created: Option<(u32, u32)>,
    restarted: bool,
    len: usize,
}

/// What the index needs to know of a pod besides its state.
#[derive(Clone, Copy)]
pub(crate) struct Ranked<'a> {
    pub(crate) pod: PodId,
    pub(crate) state: &'a PodState,
}

impl Ages {
    fn stamp(state: &PodState) -> u32 {
        if state.ready { state.ready_s } else { state.created_s }
    }

    fn insert(&mut self, ranked: Ranked<'_>, now: Time) {
        let stamp = Self::stamp(ranked.state);
        let home = self.buckets.entry(bucket(now, stamp)).or_default();
        home.by_uid.insert((uid_key(ranked.state.uid), ranked.pod));
        home.by_stamp.insert((stamp, ranked.pod));
        self.note(ranked.state);
        self.len += 1;
    }

    fn remove(&mut self, ranked: Ranked<'_>, now: Time) {
        let (stamp, key) = (Self::stamp(ranked.state), (uid_key(ranked.state.uid), ranked.pod));
        // A victim of this instant is where it belongs now; another one where it belonged when it was last looked at.
        let likely = bucket(now, stamp);
        let taken = |home: &mut Bucket| home.by_uid.remove(&key);
        let age = if self.buckets.get_mut(&likely).is_some_and(taken) {
            likely
        } else {
            let found =
                self.buckets.iter_mut().find_map(|(age, home)| home.by_uid.remove(&key).then_some(*age));
            found.expect("a ranked pod is in one bucket")
        };
        let home = self.buckets.get_mut(&age).expect("just found");
        home.by_stamp.remove(&(stamp, ranked.pod));
        self.len -= 1;
        if home.by_uid.is_empty() {
            self.buckets.remove(&age);
        }
    }

    /// All at once: sorted sets fill their nodes, and are built without a search for each pod.
    fn fill(pods: &[Ranked<'_>], now: Time) -> Self {
        let mut ages = Ages { len: pods.len(), ..Ages::default() };
        let mut parts: BTreeMap<i8, Vec<Ranked<'_>>> = BTreeMap::new();
        for ranked in pods {
            parts.entry(bucket(now, Self::stamp(ranked.state))).or_default().push(*ranked);
            ages.note(ranked.state);
        }
        for (age, part) in parts {
            let by_uid = part.iter().map(|ranked| (uid_key(ranked.state.uid), ranked.pod)).collect();
            let by_stamp = part.iter().map(|ranked| (Self::stamp(ranked.state), ranked.pod)).collect();
            ages.buckets.insert(age, Bucket { by_uid, by_stamp });
        }
        ages
    }

    fn note(&mut self, state: &PodState) {
        let created = state.created_s;
        self.created = Some(
            self.created.map_or((created, created), |(low, high)| (low.min(created), high.max(created))),
        );
        self.restarted |= state.restarts > 0;
    }

    /// Moves pods that have grown older into their bucket. Buckets hold a range of stamps, so only the oldest of
    /// each has to be looked at.
    fn age(&mut self, now: Time, uids: &impl Fn(PodId) -> u32) {
        let mut moved: Vec<(u32, PodId)> = Vec::new();
        for (age, home) in &mut self.buckets {
            while let Some(&(stamp, pod)) = home.by_stamp.first() {
                if bucket(now, stamp) == *age {
                    break;
                }
                home.by_stamp.pop_first();
                home.by_uid.remove(&(uid_key(uids(pod)), pod));
                moved.push((stamp, pod));
            }
        }
        for (stamp, pod) in moved {
            let home = self.buckets.entry(bucket(now, stamp)).or_default();
            home.by_uid.insert((uid_key(uids(pod)), pod));
            home.by_stamp.insert((stamp, pod));
        }
        if self.buckets.values().any(|home| home.by_uid.is_empty()) {
            self.buckets.retain(|_, home| !home.by_uid.is_empty());
        }
    }
}

/// What the pods of several nodes have in common: whether the order within a bucket is that of the uids alone. It is to
/// be asked of all nodes of one rank together, as pods of different nodes are compared with each other, too.
#[derive(Default)]
struct Bounds {
    created: Option<(u32, u32)>,
    restarted: bool,
}

impl Bounds {
    fn add(&mut self, ages: &Ages) {
        let Some((low, high)) = ages.created else { return };
        self.created = Some(self.created.map_or((low, high), |(l, h)| (l.min(low), h.max(high))));
        self.restarted |= ages.restarted;
    }

    fn uid_decides(&self, now: Time, ready: bool) -> bool {
        !ready
            || (!self.restarted
                && self.created.is_none_or(|(low, high)| bucket(now, low) == bucket(now, high)))
    }
}

/// Rules 6–8 for two pods of one class and rank.
fn compare_within(a: (u32, &PodState), b: (u32, &PodState), now: Time) -> Ordering {
    let ages = |a_stamp: u32, b_stamp: u32| {
        bucket(now, a_stamp).cmp(&bucket(now, b_stamp)).then_with(|| uid_key(a.0).cmp(&uid_key(b.0)))
    };
    if a.1.ready && b.1.ready && a.1.ready_s != b.1.ready_s {
        return ages(a.1.ready_s, b.1.ready_s);
    }
    b.1.restarts.cmp(&a.1.restarts).then_with(|| {
        if a.1.created_s == b.1.created_s { Ordering::Equal } else { ages(a.1.created_s, b.1.created_s) }
    })
}

/// Stable merge sort that is content with a relation that is not transitive (the standard one may panic on it);
/// up to 12 elements by insertion, as upstream.
fn sort_by_relation<T: Copy>(items: &mut [T], less: &impl Fn(&T, &T) -> Ordering) {
    if items.len() <= 12 {
        for i in 1..items.len() {
            let mut at = i;
            while at > 0 && less(&items[at], &items[at - 1]) == Ordering::Less {
                items.swap(at, at - 1);
                at -= 1;
            }
        }
        return;
    }
    let middle = items.len() / 2;
    sort_by_relation(&mut items[..middle], less);
    sort_by_relation(&mut items[middle..], less);
    let (left, right) = (items[..middle].to_vec(), items[middle..].to_vec());
    let (mut l, mut r) = (0, 0);
    for slot in items.iter_mut() {
        let take_right = l == left.len() || (r < right.len() && less(&right[r], &left[l]) == Ordering::Less);
        *slot = if take_right { right[r] } else { left[l] };
        if take_right { r += 1 } else { l += 1 }
    }
}

/// The index of one ReplicaSet's claimed pods.
#[derive(Default, Debug)]
pub(crate) struct RankIndex {
    classes: BTreeMap<Class, BTreeMap<NodeId, BTreeMap<Reverse<u16>, Ages>>>,
}

impl RankIndex {
    fn place(state: &PodState) -> (Class, Reverse<u16>) {
        let mut class = (state.node != NodeId::NONE, state.phase, state.ready, state.cost);
        if active(Mutant::VictimsIgnoreReadiness) {
            (class.1, class.2) = (super::pods::Phase::Running, false);
        }
        (class, Reverse(if state.ready { 0 } else { state.restarts }))
    }

    /// Of these pods.
    pub(crate) fn of<'a>(pods: impl Iterator<Item = Ranked<'a>>, now: Time) -> Self {
        let mut parts: BTreeMap<(Class, NodeId, Reverse<u16>), Vec<Ranked<'a>>> = BTreeMap::new();
        for ranked in pods {
            let (class, restarts) = Self::place(ranked.state);
            parts.entry((class, ranked.state.node, restarts)).or_default().push(ranked);
        }
        let mut rank = RankIndex::default();
        for ((class, node, restarts), pods) in parts {
            let nodes = rank.classes.entry(class).or_default();
            nodes.entry(node).or_default().insert(restarts, Ages::fill(&pods, now));
        }
        rank
    }

    pub(crate) fn insert(&mut self, ranked: Ranked<'_>, now: Time) {
        let (class, restarts) = Self::place(ranked.state);
        let nodes = self.classes.entry(class).or_default();
        nodes.entry(ranked.state.node).or_default().entry(restarts).or_default().insert(ranked, now);
    }

    pub(crate) fn remove(&mut self, ranked: Ranked<'_>, now: Time) {
        let (class, restarts) = Self::place(ranked.state);
        let nodes = self.classes.get_mut(&class).expect("its class");
        let node = nodes.get_mut(&ranked.state.node).expect("its node");
        let ages = node.get_mut(&restarts).expect("its restart count");
        ages.remove(ranked, now);
        if ages.len == 0 {
            node.remove(&restarts);
            if node.is_empty() {
                nodes.remove(&ranked.state.node);
                if nodes.is_empty() {
                    self.classes.remove(&class);
                }
            }
        }
    }

    /// The `n` pods that go first. `node_rank` counts the related active pods on a node; `pod` gives uid and state.
    pub(crate) fn victims<'s>(
        &mut self,
        n: usize,
        now: Time,
        node_rank: impl Fn(NodeId) -> u32,
        pod: impl Fn(PodId) -> (u32, &'s PodState),
        victims: &mut Vec<PodId>,
    ) {
        let uids = |id: PodId| pod(id).0;
        for ((_, _, ready, _), nodes) in &mut self.classes {
            // Rule 5: crowded nodes first; nodes of equal rank are one.
            let mut by_rank: BTreeMap<Reverse<u32>, Vec<NodeId>> = BTreeMap::new();
            for node in nodes.keys() {
                by_rank.entry(Reverse(node_rank(*node))).or_default().push(*node);
            }
            for group in by_rank.values() {
                let mut restart_counts: BTreeSet<Reverse<u16>> = BTreeSet::new();
                for node in group {
                    restart_counts.extend(nodes[node].keys());
                }
                for restarts in restart_counts {
                    let mut ages: BTreeSet<i8> = BTreeSet::new();
                    let mut bounds = Bounds::default();
                    for node in group {
                        if let Some(pods) = nodes.get_mut(node).and_then(|node| node.get_mut(&restarts)) {
                            pods.age(now, &uids);
                            ages.extend(pods.buckets.keys());
                            bounds.add(pods);
                        }
                    }
                    let exact = bounds.uid_decides(now, *ready);
                    for age in ages {
                        let wanted = n - victims.len();
                        let buckets = group.iter().filter_map(|node| {
                            nodes[node].get(&restarts)?.buckets.get(&age).map(|b| &b.by_uid)
                        });
                        let all: usize = buckets.clone().map(BTreeSet::len).sum();
                        if all <= wanted {
                            victims.extend(buckets.flatten().map(|(_, pod)| *pod));
                        } else if exact {
                            let mut first: Vec<(u64, PodId)> =
                                buckets.flat_map(|bucket| bucket.iter().take(wanted).copied()).collect();
                            first.sort_unstable();
                            victims.extend(first.iter().take(wanted).map(|(_, pod)| *pod));
                        } else {
                            let mut whole: Vec<(u64, PodId)> = buckets.flatten().copied().collect();
                            whole.sort_unstable();
                            sort_by_relation(&mut whole, &|a, b| compare_within(pod(a.1), pod(b.1), now));
                            victims.extend(whole.iter().take(wanted).map(|(_, pod)| *pod));
                        }
                        if victims.len() == n {
                            return;
                        }
                    }
                }
            }
        }
    }
}
