//! Conditions of a Deployment: their words, and the rule by which one replaces another.

use std::fmt;

use smol_str::format_smolstr;

use crate::api::{Condition, ConditionStatus, Conditions, Str, Time, Words};
use crate::controller::quote::GoQuoted;
use crate::zoo::{Mutant, active};

/// Type of the condition about enough available pods.
pub const AVAILABLE: &str = "Available";
/// Type of the condition about the course of a rollout.
pub const PROGRESSING: &str = "Progressing";
/// Type of the condition about pods that could not be created or deleted.
pub const REPLICA_FAILURE: &str = "ReplicaFailure";

/// Reasons that the controller writes.
pub mod reason {
    /// Enough pods are available.
    pub const MINIMUM_AVAILABLE: &str = "MinimumReplicasAvailable";
    /// Too few pods are available.
    pub const MINIMUM_UNAVAILABLE: &str = "MinimumReplicasUnavailable";
    /// The ReplicaSet of the template was created.
    pub const CREATED: &str = "NewReplicaSetCreated";
    /// The ReplicaSet of the template existed.
    pub const FOUND: &str = "FoundNewReplicaSet";
    /// A counter moved the right way.
    pub const UPDATED: &str = "ReplicaSetUpdated";
    /// The rollout is complete.
    pub const COMPLETE: &str = "NewReplicaSetAvailable";
    /// Nothing moved for too long.
    pub const TIMED_OUT: &str = "ProgressDeadlineExceeded";
    /// The ReplicaSet could not be created.
    pub const CREATE_ERROR: &str = "ReplicaSetCreateError";
    /// Rollouts are held back.
    pub const PAUSED: &str = "DeploymentPaused";
    /// Rollouts go on.
    pub const RESUMED: &str = "DeploymentResumed";
}

/// The first condition of that type.
pub(super) fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|c| c.type_ == type_)
}

/// Sets a condition of the controller's own. One with the same status and reason stays untouched, message and times
/// included: a status that says nothing new must not become a write (and a watch event) in every pass. The message
/// is built only if it is needed. Returns whether anything changed.
pub(super) fn set(
    conditions: &mut Conditions,
    type_: &'static str,
    status: ConditionStatus,
    reason: &'static str,
    now: Time,
    message: impl FnOnce() -> Str,
) -> bool {
    if active(Mutant::SStampEveryPass) {
        remove(conditions, type_);
    }
    if find(conditions, type_).is_some_and(|c| c.status == status && c.reason == reason) {
        return false;
    }
    replace(conditions, fresh(type_, status, reason, now, message()))
}

/// A condition whose two times are `now`.
pub(super) fn fresh(
    type_: &'static str,
    status: ConditionStatus,
    reason: &'static str,
    now: Time,
    message: Str,
) -> Condition {
    let words = Words { type_: Str::new_static(type_), status, reason: Str::new_static(reason), message };
    Condition { last_update_time: Some(now), last_transition_time: Some(now), words: words.into() }
}

/// The rule for any condition: same status and reason changes nothing; otherwise the old one goes and the new one is
/// appended, keeping the transition time if the status value is the same (it tells when the *value* changed).
pub(super) fn replace(conditions: &mut Conditions, mut new: Condition) -> bool {
    if let Some(old) = find(conditions, &new.type_) {
        if old.status == new.status && old.reason == new.reason {
            return false;
        }
        if old.status == new.status {
            new.last_transition_time = old.last_transition_time;
        }
    }
    append(conditions, new);
    true
}

/// Removes all conditions of that type; the others keep their order.
pub(super) fn remove(conditions: &mut Conditions, type_: &str) {
    // Usually there is none.
    if find(conditions, type_).is_some() {
        conditions.retain(|c| c.type_ != type_);
    }
}

/// Removes all conditions of the new one's type and appends it.
pub(super) fn append(conditions: &mut Conditions, new: Condition) {
    if let Some((last, others)) = conditions.split_last_mut()
        && last.type_ == new.type_
        && find(others, &new.type_).is_none()
    {
        // A rollout that moves changes the same one again and again.
        *last = new;
        return;
    }
    remove(conditions, &new.type_);
    conditions.push(new);
}

/// Rounds times down to what the API's JSON can hold. Done where a status is sent and not where a condition is built:
/// the rest of the pass compares with the unrounded time, as upstream does.
pub(super) fn round_times(conditions: &mut Conditions) {
    let whole = |time: Option<Time>| time.is_none_or(|t| t == t.whole_second());
    if conditions.iter().all(|c| whole(c.last_update_time) && whole(c.last_transition_time)) {
        return;
    }
    for condition in conditions {
        condition.last_update_time = condition.last_update_time.map(Time::whole_second);
        condition.last_transition_time = condition.last_transition_time.map(Time::whole_second);
    }
}

/// `ReplicaSet "<rs>" <what>`, or `Deployment "<d>" <what>` while there is no ReplicaSet of the template.
pub(super) fn about(rs: Option<&str>, deployment: &str, what: impl fmt::Display) -> Str {
    match rs {
        Some(rs) => format_smolstr!("ReplicaSet {} {what}", GoQuoted(rs)),
        None => format_smolstr!("Deployment {} {what}", GoQuoted(deployment)),
    }
}

/// Whether a text is what [`about`] says of a plain name, told without writing that anew.
pub(super) fn is_about(text: &str, rs: Option<&str>, deployment: &str, what: &str) -> bool {
    let (kind, name) = rs.map_or(("Deployment \"", deployment), |rs| ("ReplicaSet \"", rs));
    let rest = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix(name));
    let rest = rest.and_then(|rest| rest.strip_prefix("\" "));
    rest == Some(what) && GoQuoted(name).is_plain()
}

#[cfg(test)]
mod tests {
    use super::{about, is_about};

    #[test]
    fn texts_are_recognised() {
        let text = about(Some("web-1"), "web", "moves.");
        assert_eq!(text, "ReplicaSet \"web-1\" moves.");
        assert!(is_about(&text, Some("web-1"), "web", "moves."));
        for (rs, what) in [(Some("web-2"), "moves."), (Some("web-1"), "moves"), (None, "moves.")] {
            assert!(!is_about(&text, rs, "web", what));
        }
        assert!(is_about(&about(None, "web", "moves."), None, "web", "moves."));
        assert!(!is_about("Deployment \"we\"b\" moves.", None, "we\"b", "moves."));
    }
}
