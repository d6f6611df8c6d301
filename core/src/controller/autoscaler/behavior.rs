//! What may be had at once under `spec.behavior`: windows in both directions, and policies that limit the rate.

use super::memory::{Memory, changed_within};
use super::status::{Limited, Saying, stabilized_down, stabilized_up};
use super::usage::to_i32;
use crate::api::{ScalingRules, Str, Time};

/// Both directions, with what the API's defaults leave open filled in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behavior<'a> {
    pub(super) up: &'a ScalingRules,
    pub(super) down: &'a ScalingRules,
    /// Window of a direction without one of its own, s: for shrinking that of the flag.
    pub(super) down_window_s: i64,
}

/// Brings the present size between two bounds: the least of what was recommended in the window for growing, and the
/// greatest of that in the window for shrinking. Either may hold the size although what is wanted now points the other
/// way. An entry of exactly the length of a window is not in it, and not obsolete either.
///
/// Starting from the present size is what keeps an old spike from making the target grow while it should shrink.
/// (kubernetes/kubernetes#98174)
pub(super) fn stabilize(
    memory: &mut Memory,
    behavior: &Behavior<'_>,
    current: i32,
    wanted: i32,
    now: Time,
) -> (i32, Saying) {
    let window = |rules: &ScalingRules, default: i64| {
        now.plus_seconds(-rules.stabilization_window_seconds.map_or(default, i64::from))
    };
    let (up_from, down_from) = (window(behavior.up, 0), window(behavior.down, behavior.down_window_s));
    let (mut least, mut most, mut obsolete) = (wanted, wanted, None);
    for (slot, recommendation) in memory.recommendations.iter().enumerate() {
        if recommendation.at > up_from {
            least = least.min(recommendation.replicas);
        }
        if recommendation.at > down_from {
            most = most.max(recommendation.replicas);
        }
        if recommendation.at < up_from && recommendation.at < down_from {
            obsolete = Some(slot);
        }
    }
    memory.recommend(obsolete, wanted, now);
    let result = current.max(least).min(most);
    (result, if wanted >= current { stabilized_up() } else { stabilized_down() })
}

/// The bounds of `min` and `max`, each in its own direction only, and those of the policies.
pub(super) fn limit_rate(
    memory: &Memory,
    behavior: &Behavior<'_>,
    current: i32,
    wanted: i32,
    (min, max): (i32, i32),
    now: Time,
) -> Limited {
    if wanted > current {
        // Below the present size when a policy was lowered: then nothing may grow until its period is over.
        let fastest = up_limit(memory, behavior.up, current, now).max(current);
        let limited = if max > fastest { Limited::too_fast_up(fastest) } else { Limited::too_many(max) };
        if wanted > limited.replicas {
            return limited;
        }
    } else if wanted < current {
        let fastest = down_limit(memory, behavior.down, current, now).min(current);
        let limited = if min < fastest { Limited::too_fast_down(fastest) } else { Limited::too_few(min) };
        if wanted < limited.replicas {
            return limited;
        }
    }
    Limited::within(wanted)
}

const MIN: &str = "Min";
const DISABLED: &str = "Disabled";

fn select(rules: &ScalingRules) -> &str {
    rules.select_policy.as_ref().map_or("Max", Str::as_str)
}

/// The size when the period of a policy began: present size without the growth and with the shrinking since then.
/// (kubernetes/kubernetes#108354)
fn at_period_start(memory: &Memory, current: i32, period_s: i32, now: Time) -> i32 {
    let (added, deleted) = (
        changed_within(&memory.scale_ups, period_s, now),
        changed_within(&memory.scale_downs, period_s, now),
    );
    current.wrapping_sub(added).wrapping_add(deleted)
}

/// The size up to which the policies let it grow.
fn up_limit(memory: &Memory, rules: &ScalingRules, current: i32, now: Time) -> i32 {
    if select(rules) == DISABLED {
        return current;
    }
    let is_min = select(rules) == MIN;
    let (mut result, mut proposed) = (if is_min { i32::MAX } else { i32::MIN }, 0);
    for policy in rules.policies.iter() {
        let start = at_period_start(memory, current, policy.period_seconds, now);
        match policy.type_.as_str() {
            "Pods" => proposed = start.wrapping_add(policy.value),
            // Rounded up, or a small target would never grow. In doubles: 10 % more than 100 are 111.
            "Percent" => {
                let factor = 1.0 + f64::from(policy.value) / 100.0;
                proposed = to_i32(libm::ceil(f64::from(start) * factor));
            }
            _ => {}
        }
        result = if is_min { result.min(proposed) } else { result.max(proposed) };
    }
    result
}

/// The size down to which the policies let it shrink; `Min` is the least change, hence the greatest size.
fn down_limit(memory: &Memory, rules: &ScalingRules, current: i32, now: Time) -> i32 {
    if select(rules) == DISABLED {
        return current;
    }
    let is_min = select(rules) == MIN;
    let (mut result, mut proposed) = (if is_min { i32::MIN } else { i32::MAX }, 0);
    for policy in rules.policies.iter() {
        let start = at_period_start(memory, current, policy.period_seconds, now);
        match policy.type_.as_str() {
            "Pods" => proposed = start.wrapping_sub(policy.value),
            // Cut, towards zero: 80 % of 10 leave 1, 90 % leave none.
            "Percent" => {
                let factor = 1.0 - f64::from(policy.value) / 100.0;
                proposed = to_i32(f64::from(start) * factor);
            }
            _ => {}
        }
        result = if is_min { result.max(proposed) } else { result.min(proposed) };
    }
    result
}

/// The longest period of the policies of a direction, s.
pub(super) fn longest_period_s(rules: &ScalingRules) -> i32 {
    rules.policies.iter().map(|policy| policy.period_seconds).max().unwrap_or(0).max(0)
}
