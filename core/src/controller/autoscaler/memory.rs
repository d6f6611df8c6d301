//! What the controller remembers of an autoscaler from pass to pass. It lives in its process alone: a restart forgets it,
//! so that nothing shrinks for one downscale window afterwards.

use crate::api::Time;

/// Sizes that were recommended and changes that were made. Forgotten when the autoscaler is deleted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Memory {
    /// What the metrics asked for in earlier passes, before any limit. The order is that of upstream's slots, of which the
    /// obsolete ones are written over.
    pub recommendations: Vec<Recommendation>,
    /// Changes upwards that were made under a `spec.behavior`.
    pub scale_ups: Vec<ScaleEvent>,
    /// Changes downwards.
    pub scale_downs: Vec<ScaleEvent>,
}

/// What the metrics once asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recommendation {
    /// Pods.
    pub replicas: i32,
    /// When.
    pub at: Time,
}

/// A change that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScaleEvent {
    /// Pods by which the size changed, whatever the direction.
    pub change: i32,
    /// When.
    pub at: Time,
    /// Whether a later change of the same direction found it too old for every policy: its slot is free. It counts for a
    /// policy all the same, should one reach back so far again.
    pub is_outdated: bool,
}

impl Memory {
    /// A first pass knows nothing but the present size, which holds back every shrinking for one window.
    pub(super) fn begin(&mut self, replicas: i32, now: Time) {
        if self.recommendations.is_empty() {
            self.recommendations.push(Recommendation { replicas, at: now });
        }
    }

    /// Remembers what the metrics ask for now, in the given slot if one is obsolete.
    pub(super) fn recommend(&mut self, obsolete: Option<usize>, replicas: i32, now: Time) {
        let new = Recommendation { replicas, at: now };
        match obsolete.and_then(|slot| self.recommendations.get_mut(slot)) {
            Some(slot) => *slot = new,
            None => self.recommendations.push(new),
        }
    }
}

/// Pods by which the size changed in the last `period_s` seconds. Strictly: a change of exactly so long ago is over, which
/// with passes every 15 s and periods of 15 s means that the last pass never counts.
pub(super) fn changed_within(events: &[ScaleEvent], period_s: i32, now: Time) -> i32 {
    let cutoff = now.plus_seconds(-i64::from(period_s));
    events.iter().filter(|event| event.at > cutoff).fold(0, |sum, event| sum.wrapping_add(event.change))
}

/// Remembers a change. The last slot that is older than the longest policy of its direction is written over.
pub(super) fn remember(events: &mut Vec<ScaleEvent>, change: i32, longest_period_s: i32, now: Time) {
    let cutoff = now.plus_seconds(-i64::from(longest_period_s));
    for event in events.iter_mut().filter(|event| event.at < cutoff) {
        event.is_outdated = true;
    }
    let new = ScaleEvent { change, at: now, is_outdated: false };
    match events.iter_mut().rfind(|event| event.is_outdated) {
        Some(slot) => *slot = new,
        None => events.push(new),
    }
}
