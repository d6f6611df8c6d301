//! Watch events of one kind of object that are late by themselves. Each kind has a watch of its own: within it no event
//! overtakes another, and what one kind waits for does not hold up the others.

use std::collections::VecDeque;

use super::pods::RsId;
use super::store::Change;
use crate::api::Time;

/// A kind of object that the controllers watch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Watched {
    /// Deployments.
    Deployments,
    /// ReplicaSets.
    ReplicaSets,
    /// Pods.
    Pods,
}

impl Watched {
    /// Every one.
    pub const ALL: [Watched; 3] = [Watched::Deployments, Watched::ReplicaSets, Watched::Pods];

    /// How files name it.
    pub fn word(self) -> &'static str {
        match self {
            Watched::Deployments => "deployments",
            Watched::ReplicaSets => "replicaSets",
            Watched::Pods => "pods",
        }
    }

    pub(super) fn of(change: &Change) -> Self {
        match change {
            Change::Deployment(..) => Watched::Deployments,
            Change::ReplicaSet(..) => Watched::ReplicaSets,
            Change::Pod(..) => Watched::Pods,
        }
    }
}

/// The watch of one kind.
#[derive(Debug)]
struct Stream {
    /// From a write to its event, ns, for what is written before `until`.
    delay_ns: i64,
    until: Time,
    /// When each is due, its version, and what it says; in the order in which they were written.
    waiting: VecDeque<(Time, u64, Change)>,
}

impl Stream {
    fn delay_ns(&self, now: Time) -> i64 {
        if now < self.until { self.delay_ns } else { 0 }
    }

    fn is_late(&self, now: Time) -> bool {
        self.delay_ns(now) > 0 || !self.waiting.is_empty()
    }
}

/// The watches of the three kinds, as far as they are late.
#[derive(Debug)]
pub(super) struct Late([Stream; 3]);

impl Default for Late {
    fn default() -> Self {
        Late([(); 3].map(|()| Stream { delay_ns: 0, until: Time::EPOCH, waiting: VecDeque::new() }))
    }
}

impl Late {
    /// From now on and before `until`, writes to objects of that kind reach the caches after `delay_ns`; this replaces a
    /// delay of that kind that is in force.
    pub(super) fn begin(&mut self, kind: Watched, delay_ns: i64, until: Time) {
        let stream = &mut self.0[kind as usize];
        (stream.delay_ns, stream.until) = (delay_ns, until);
    }

    /// Whether an event of what is written now would have to wait.
    pub(super) fn takes(&self, change: &Change, now: Time) -> bool {
        self.0[Watched::of(change) as usize].is_late(now)
    }

    /// Whether any kind is late.
    pub(super) fn is_late(&self, now: Time) -> bool {
        self.0.iter().any(|stream| stream.is_late(now))
    }

    /// Whether any event waits.
    pub(super) fn waits(&self) -> bool {
        self.0.iter().any(|stream| !stream.waiting.is_empty())
    }

    /// Whether the controllers have yet to be told that a ReplicaSet is gone.
    pub(super) fn holds_end_of(&self, id: RsId) -> bool {
        let mut waiting = self.0[Watched::ReplicaSets as usize].waiting.iter();
        waiting.any(|(_, _, change)| matches!(change, Change::ReplicaSet(at, None) if *at == id))
    }

    /// Keeps an event back. It does not overtake those of its kind that wait, nor what is due at `behind`.
    pub(super) fn keep(&mut self, now: Time, behind: Option<Time>, version: u64, change: Change) {
        let stream = &mut self.0[Watched::of(&change) as usize];
        let last = stream.waiting.back().map(|(at, ..)| *at);
        let at = now.plus_nanos(stream.delay_ns(now));
        let at = [last, behind].into_iter().flatten().fold(at, Time::max);
        stream.waiting.push_back((at, version, change));
    }

    /// When the next one is due.
    pub(super) fn next_at(&self) -> Option<Time> {
        self.0.iter().filter_map(|stream| stream.waiting.front()).map(|(at, ..)| *at).min()
    }

    /// Takes the next one that is due: that of the earliest time, and then of the lowest version.
    pub(super) fn pop_due(&mut self, now: Time) -> Option<(u64, Change)> {
        let due = |stream: &&mut Stream| stream.waiting.front().is_some_and(|(at, ..)| *at <= now);
        let streams = self.0.iter_mut().filter(due);
        let next =
            streams.min_by_key(|stream| stream.waiting.front().map(|(at, version, _)| (*at, *version)));
        next?.waiting.pop_front().map(|(_, version, change)| (version, change))
    }

    /// The events of a kind that wait.
    pub(super) fn waiting(&self, kind: Watched) -> impl Iterator<Item = &(Time, u64, Change)> {
        self.0[kind as usize].waiting.iter()
    }

    /// Nobody watches that kind any more: what waits is lost.
    pub(super) fn lose(&mut self, kind: Watched) {
        self.0[kind as usize].waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::pods::DeploymentId;
    use super::*;

    fn ms(n: i64) -> Time {
        Time::EPOCH.plus_nanos(n * crate::sim::MS)
    }

    #[test]
    fn in_order_within_a_kind_and_by_version_between_kinds() {
        let mut late = Late::default();
        let (set, deployment) =
            (|| Change::ReplicaSet(RsId(0), None), || Change::Deployment(DeploymentId(0), None));
        assert!(!late.takes(&set(), ms(0)));
        late.begin(Watched::ReplicaSets, 5 * crate::sim::MS, ms(3));
        assert!(late.takes(&set(), ms(2)) && !late.takes(&deployment(), ms(2)));
        assert!(!late.takes(&set(), ms(3)), "it is over, and nothing waits");
        late.keep(ms(2), None, 1, set());
        assert!(late.takes(&set(), ms(3)), "an elder waits");
        late.keep(ms(3), None, 3, set());
        late.begin(Watched::Deployments, crate::sim::MS, ms(100));
        late.keep(ms(6), Some(ms(7)), 2, deployment());
        late.keep(ms(8), None, 4, deployment());
        assert_eq!((late.next_at(), late.pop_due(ms(6)).is_some()), (Some(ms(7)), false));
        let versions: Vec<u64> =
            std::iter::from_fn(|| late.pop_due(ms(9))).map(|(version, _)| version).collect();
        assert_eq!(versions, [1, 2, 3, 4]);
        assert!(!late.waits() && late.is_late(ms(9)) && !late.is_late(ms(100)));
    }
}
