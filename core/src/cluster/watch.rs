//! The watches by which the caches of the controllers learn of writes. Each kind of object has one of its own: within it no event
//! overtakes another, and what one kind waits for does not hold up the others.

use std::collections::VecDeque;

use super::Cluster;
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
    /// While it is lost: when everything is listed anew.
    lost: Option<Time>,
}

/// The watches of the three kinds.
#[derive(Debug)]
pub(super) struct Watches {
    streams: [Stream; Watched::ALL.len()],
    /// From a write to its event when nothing is broken, ns.
    delay_ns: i64,
    /// Before that, all events are late, and passes take time.
    slow_until: Time,
    /// Whether every event comes at once and whole, and nothing waits: one look in the ordinary case.
    are_prompt: bool,
}

impl Watches {
    /// Watches of which no event is under way.
    pub(super) fn new(delay_ns: i64) -> Self {
        let stream = || Stream { delay_ns: 0, until: Time::EPOCH, waiting: VecDeque::new(), lost: None };
        let streams = [(); Watched::ALL.len()].map(|()| stream());
        Watches { streams, delay_ns, slow_until: Time::EPOCH, are_prompt: delay_ns == 0 }
    }

    fn delay_ns(&self, kind: Watched, now: Time) -> i64 {
        let stream = &self.streams[kind as usize];
        if now < stream.until { stream.delay_ns } else { self.delay_ns }
    }

    /// From now on and before `until`, writes to objects of that kind, or of all, reach the caches after `delay_ns`; this
    /// replaces a delay that is in force.
    pub(super) fn delay(&mut self, of: Option<Watched>, delay_ns: i64, until: Time) {
        for kind in Watched::ALL.into_iter().filter(|kind| of.is_none_or(|of| of == *kind)) {
            let stream = &mut self.streams[kind as usize];
            (stream.delay_ns, stream.until) = (delay_ns, until);
        }
        if of.is_none() {
            self.slow_until = if delay_ns > 0 { until } else { Time::EPOCH };
        }
        self.are_prompt = false;
    }

    /// Whether all events are late for a while.
    pub(super) fn are_slow(&self, now: Time) -> bool {
        now < self.slow_until
    }

    /// Whether the caches hold what was written, and what is written now reaches them at once.
    pub(super) fn are_whole(&self, now: Time) -> bool {
        let is_whole = |kind: Watched| {
            let stream = &self.streams[kind as usize];
            stream.waiting.is_empty() && stream.lost.is_none() && self.delay_ns(kind, now) == 0
        };
        self.are_prompt || Watched::ALL.into_iter().all(is_whole)
    }

    /// Whether events are on their way, or lost.
    pub(super) fn are_behind(&self) -> bool {
        !self.are_prompt
            && self.streams.iter().any(|stream| !stream.waiting.is_empty() || stream.lost.is_some())
    }

    /// Takes the event of a write, if it has to wait or is lost; else it is for the caches.
    fn keep(&mut self, now: Time, version: u64, change: Change) -> Option<Change> {
        let kind = Watched::of(&change);
        let delay_ns = self.delay_ns(kind, now);
        let stream = &mut self.streams[kind as usize];
        if stream.lost.is_some() {
            return None;
        }
        if delay_ns == 0 && stream.waiting.is_empty() {
            return Some(change);
        }
        let at = now.plus_nanos(delay_ns);
        let at = stream.waiting.back().map_or(at, |(last, ..)| at.max(*last));
        stream.waiting.push_back((at, version, change));
        None
    }

    /// When the next event, or list, is due.
    pub(super) fn next_at(&self) -> Option<Time> {
        if self.are_prompt {
            return None;
        }
        let next = |stream: &Stream| stream.lost.or(stream.waiting.front().map(|(at, ..)| *at));
        self.streams.iter().filter_map(next).min()
    }

    /// Takes the next event that is due: that of the earliest time, and then of the lowest version.
    fn pop_due(&mut self, now: Time) -> Option<(u64, Change)> {
        let next = |stream: &Stream| stream.waiting.front().map(|(at, version, _)| (*at, *version));
        let due = |stream: &&mut Stream| next(stream).is_some_and(|(at, _)| at <= now);
        let stream = self.streams.iter_mut().filter(due).min_by_key(|stream| next(stream))?;
        stream.waiting.pop_front().map(|(_, version, change)| (version, change))
    }

    /// The events of a kind that wait.
    pub(super) fn waiting(&self, kind: Watched) -> impl Iterator<Item = &Change> {
        self.streams[kind as usize].waiting.iter().map(|(.., change)| change)
    }

    /// The watch of a kind is lost until everything is `listed`, and with it what waits; a loss before this one no longer
    /// matters.
    pub(super) fn lose(&mut self, kind: Watched, listed: Time) {
        let stream = &mut self.streams[kind as usize];
        stream.waiting.clear();
        stream.lost = Some(listed);
        self.are_prompt = false;
    }

    /// Whether the watch of a kind is lost.
    pub(super) fn is_lost(&self, kind: Watched) -> bool {
        self.streams[kind as usize].lost.is_some()
    }

    /// Takes a kind whose list is due after a loss of its watch.
    fn pop_listed(&mut self, now: Time) -> Option<Watched> {
        let is_due =
            |kind: &Watched| self.streams[*kind as usize].lost.take_if(|listed| *listed <= now).is_some();
        Watched::ALL.into_iter().find(is_due)
    }

    /// The controllers have died, and nobody watches any more. What is broken stays so.
    pub(super) fn close(&mut self) {
        for stream in &mut self.streams {
            stream.waiting.clear();
            stream.lost = None;
        }
    }
}

impl Cluster {
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
            if self.controllers_away {
                // Nobody watches; what was written is in the list that comes.
            } else if self.watches.are_prompt {
                self.deliver(version, change);
            } else if let Some(change) = self.watches.keep(self.now, version, change) {
                self.deliver(version, change);
            }
        }
    }

    /// Lists and events whose time has come reach the caches.
    pub(super) fn deliver_due(&mut self) {
        if self.watches.are_prompt {
            return;
        }
        while let Some(of) = self.watches.pop_listed(self.now) {
            self.list(of);
        }
        while let Some((version, change)) = self.watches.pop_due(self.now) {
            self.deliver(version, change);
        }
        self.watches.are_prompt = self.watches.are_whole(self.now);
    }
}

#[cfg(test)]
mod tests {
    use super::super::pods::{DeploymentId, RsId};
    use super::*;
    use crate::sim::MS;

    fn ms(n: i64) -> Time {
        Time::EPOCH.plus_nanos(n * MS)
    }

    fn set() -> Change {
        Change::ReplicaSet(RsId(0), None)
    }

    fn deployment() -> Change {
        Change::Deployment(DeploymentId(0), None)
    }

    #[test]
    fn in_order_within_a_kind_and_by_version_between_kinds() {
        let mut watches = Watches::new(0);
        assert!(watches.keep(ms(0), 0, set()).is_some());
        watches.delay(Some(Watched::ReplicaSets), 5 * MS, ms(3));
        assert!(watches.keep(ms(2), 0, deployment()).is_some(), "of another kind");
        assert!(watches.keep(ms(3), 0, set()).is_some(), "the spell is over, and nothing waits");
        assert!(watches.keep(ms(2), 1, set()).is_none());
        assert!(watches.keep(ms(3), 3, set()).is_none(), "an elder waits");
        watches.delay(Some(Watched::Deployments), MS, ms(100));
        assert!(watches.keep(ms(6), 2, deployment()).is_none());
        assert!(watches.keep(ms(8), 4, deployment()).is_none());
        assert_eq!((watches.next_at(), watches.pop_due(ms(6)).is_some()), (Some(ms(7)), false));
        let due = std::iter::from_fn(|| watches.pop_due(ms(9)));
        assert_eq!(due.map(|(version, _)| version).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert!(!watches.are_behind() && !watches.are_whole(ms(9)) && watches.are_whole(ms(100)));
    }

    #[test]
    fn a_spell_of_all_kinds_goes_back_to_what_is_usual() {
        let mut watches = Watches::new(2 * MS);
        watches.delay(None, 0, ms(10));
        assert!(watches.keep(ms(9), 1, set()).is_some() && !watches.are_slow(ms(9)));
        assert!(watches.keep(ms(10), 2, set()).is_none());
        assert_eq!(watches.next_at(), Some(ms(12)));
        watches.delay(None, 7 * MS, ms(20));
        assert!(watches.are_slow(ms(19)) && !watches.are_slow(ms(20)));
        assert!(watches.keep(ms(11), 3, deployment()).is_none());
        assert_eq!(watches.waiting(Watched::Deployments).count(), 1);
    }

    #[test]
    fn the_last_loss_counts() {
        let mut watches = Watches::new(0);
        watches.delay(Some(Watched::ReplicaSets), MS, ms(3));
        assert!(watches.keep(ms(0), 1, set()).is_none());
        watches.lose(Watched::ReplicaSets, ms(10));
        assert!(watches.keep(ms(9), 2, set()).is_none(), "nobody watches");
        watches.lose(Watched::ReplicaSets, ms(20));
        assert_eq!((watches.next_at(), watches.pop_listed(ms(19))), (Some(ms(20)), None));
        assert!(watches.are_behind() && watches.is_lost(Watched::ReplicaSets));
        assert_eq!(watches.pop_listed(ms(20)), Some(Watched::ReplicaSets));
        assert!(watches.are_whole(ms(20)) && watches.next_at().is_none());
    }
}
