//! What may be had at once where there is no `spec.behavior`: a window for shrinking, and a cap on growing.

use super::memory::Memory;
use super::status::Limited;
use super::usage::to_i32;
use crate::api::Time;

/// The greatest of what is wanted and of what was recommended in the last `window_s` seconds, so that a dip in the load
/// costs nothing; a recommendation of exactly so long ago counts. Remembers what is wanted, not the result.
///
/// A recommendation above the present size (it was lowered by hand, or a write failed) makes the target grow.
pub(super) fn stabilize(memory: &mut Memory, wanted: i32, window_s: i64, now: Time) -> i32 {
    let cutoff = now.plus_seconds(-window_s);
    let (mut result, mut obsolete) = (wanted, None);
    for (slot, recommendation) in memory.recommendations.iter().enumerate() {
        if recommendation.at < cutoff {
            obsolete = Some(slot);
        } else {
            result = result.max(recommendation.replicas);
        }
    }
    memory.recommend(obsolete, wanted, now);
    result
}

/// At least `min`; at most `max` and twice the present size, but 4 in any case: usage that was misread must not bring a
/// multitude. (kubernetes/kubernetes#32304)
pub(super) fn clamp(current: i32, wanted: i32, min: i32, max: i32) -> Limited {
    let fastest = to_i32((2.0 * f64::from(current)).max(4.0));
    let limited = if max > fastest { Limited::too_fast_up(fastest) } else { Limited::too_many(max) };
    if wanted < min {
        Limited::too_few(min)
    } else if wanted > limited.replicas {
        limited
    } else {
        Limited::within(wanted)
    }
}
