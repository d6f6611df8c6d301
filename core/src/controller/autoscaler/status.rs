//! Conditions, and the words in which they are told.

use crate::api::{ConditionStatus, HorizontalPodAutoscalerCondition, List, Str, Time};

pub(super) const ABLE_TO_SCALE: &str = "AbleToScale";
pub(super) const SCALING_ACTIVE: &str = "ScalingActive";
pub(super) const SCALING_LIMITED: &str = "ScalingLimited";
/// Remembers who took the last pod away: a user who did is not overruled.
pub(super) const SCALED_TO_ZERO: &str = "ScaledToZero";

/// What a condition is to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Saying {
    pub(super) is_true: bool,
    pub(super) reason: &'static str,
    pub(super) message: Str,
}

impl Saying {
    pub(super) fn yes(reason: &'static str, message: impl Into<Str>) -> Self {
        Saying { is_true: true, reason, message: message.into() }
    }

    pub(super) fn no(reason: &'static str, message: impl Into<Str>) -> Self {
        Saying { is_true: false, reason, message: message.into() }
    }
}

/// Sets a condition. Its time, of which the API server will keep the whole seconds, moves with its value only; a new one
/// comes last.
pub(super) fn set(
    conditions: &mut List<HorizontalPodAutoscalerCondition>,
    type_: &'static str,
    saying: Saying,
    now: Time,
) {
    let status = if saying.is_true { ConditionStatus::True } else { ConditionStatus::False };
    let known = conditions.iter().position(|c| c.type_ == type_);
    if let Some(c) = known.map(|at| &conditions[at])
        && (&c.status, c.reason.as_str(), &c.message) == (&status, saying.reason, &saying.message)
    {
        // Nothing to say anew, which is the common case: the list stays shared.
        return;
    }
    let list = conditions.make_mut();
    let at = known.unwrap_or_else(|| {
        list.push(HorizontalPodAutoscalerCondition {
            type_: Str::new_static(type_),
            status: ConditionStatus::Other(Str::default()),
            last_transition_time: None,
            reason: Str::default(),
            message: Str::default(),
        });
        list.len() - 1
    });
    let condition = &mut list[at];
    if condition.status != status {
        condition.last_transition_time = Some(now);
    }
    condition.status = status;
    condition.reason = Str::new_static(saying.reason);
    condition.message = saying.message;
}

/// A limit that was or was not met, and the size that it leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Limited {
    pub(super) replicas: i32,
    pub(super) reason: &'static str,
    pub(super) message: &'static str,
}

impl Limited {
    pub(super) fn within(replicas: i32) -> Self {
        let message = "the desired count is within the acceptable range";
        Limited { replicas, reason: "DesiredWithinRange", message }
    }

    pub(super) fn too_few(replicas: i32) -> Self {
        let message = "the desired replica count is less than the minimum replica count";
        Limited { replicas, reason: "TooFewReplicas", message }
    }

    pub(super) fn too_many(replicas: i32) -> Self {
        let message = "the desired replica count is more than the maximum replica count";
        Limited { replicas, reason: "TooManyReplicas", message }
    }

    pub(super) fn too_fast_up(replicas: i32) -> Self {
        let message = "the desired replica count is increasing faster than the maximum scale rate";
        Limited { replicas, reason: "ScaleUpLimit", message }
    }

    pub(super) fn too_fast_down(replicas: i32) -> Self {
        let message = "the desired replica count is decreasing faster than the maximum scale rate";
        Limited { replicas, reason: "ScaleDownLimit", message }
    }
}

/// Windows hold back what the metrics ask for.
pub(super) fn stabilized_down() -> Saying {
    let message =
        "recent recommendations were higher than current one, applying the highest recent recommendation";
    Saying::yes("ScaleDownStabilized", Str::new_static(message))
}

pub(super) fn stabilized_up() -> Saying {
    let message =
        "recent recommendations were lower than current one, applying the lowest recent recommendation";
    Saying::yes("ScaleUpStabilized", Str::new_static(message))
}

pub(super) fn ready_for_new_scale() -> Saying {
    Saying::yes("ReadyForNewScale", Str::new_static("recommended size matches current size"))
}
