//! Status and conditions (deployment.md §14).

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::conditions;
use super::{decide, deployment, rs, set, with};
use crate::api::{Condition, ConditionStatus, Conditions, Deployment, Time, Words};
use crate::controller::decide::Action;

fn written(d: &Arc<Deployment>, sets: &[Value]) -> Arc<Deployment> {
    let decision = decide(d, sets, &[]);
    let last = decision.actions.iter().rev().find_map(|action| match action {
        Action::UpdateDeploymentStatus(d) => Some(Arc::clone(d)),
        _ => None,
    });
    last.unwrap_or_else(|| panic!("{decision:?}"))
}

#[test]
fn terminating_pods_are_summed_where_all_tell() {
    const TERMINATING: &str = "/status/terminatingReplicas";
    const OBSERVED: &str = "/status/observedGeneration";
    let d = deployment(3, json!(1), json!(0), |_| {});
    let old = |n: Value| with(rs("old", "v1", 1, 0, 0, None), TERMINATING, n);
    let new = || with(rs("new", "v2", 2, 3, 3, Some((3, 4))), TERMINATING, 2.into());
    for (old, expected) in [
        (old(json!(3)), Some(5)),
        (old(json!(null)), None),
        (with(old(json!(null)), OBSERVED, 0.into()), Some(2)),
        (old(json!(i32::MAX)), Some(i32::MIN + 1)),
    ] {
        assert_eq!(written(&d, &[old, new()]).status.terminating_replicas, expected);
    }
}

#[test]
fn unavailable_counts_sizes_and_is_never_negative() {
    let d = deployment(3, json!(1), json!(0), |_| {});
    let status = |size: i64, available: i64| {
        let rs =
            with(rs("new", "v2", 1, size, available, Some((3, 4))), "/status/replicas", available.into());
        written(&d, &[rs]).status.unavailable_replicas
    };
    assert_eq!((status(3, 1), status(3, 3), status(3, 5)), (2, 0, 0));
}

#[test]
fn available_is_measured_against_the_minimum() {
    for (replicas, unavailable, available, expected) in [
        (4, json!("25%"), 3, ConditionStatus::True),
        (4, json!("25%"), 2, ConditionStatus::False),
        (0, json!(0), 0, ConditionStatus::True),
        (4, json!(9), 0, ConditionStatus::True),
    ] {
        let d = deployment(replicas, json!(1), unavailable, |_| {});
        let new = rs("new", "v2", 1, replicas, available, Some((replicas, replicas + 1)));
        assert_eq!(written(&d, &[new]).condition("Available").unwrap().status, expected);
    }
}

#[test]
fn a_failure_of_the_new_replica_set_is_reported_before_others() {
    let failure = |message: &str, status: &str| {
        json!([{"type": "ReplicaFailure", "status": status, "reason": "FailedCreate", "message": message,
            "lastTransitionTime": super::at(7)}])
    };
    let d = deployment(3, json!(1), json!(0), |_| {});
    let old = with(rs("old", "v1", 1, 0, 0, None), "/status/conditions", failure("old", "True"));
    let new = rs("new", "v2", 2, 3, 3, Some((3, 4)));
    let message = |sets: &[Value]| written(&d, sets).condition("ReplicaFailure").cloned();
    assert_eq!(message(&[old.clone(), new.clone()]).unwrap().message, "old");
    let new = with(new, "/status/conditions", failure("new", "False"));
    let got = message(&[old, new]).unwrap();
    assert_eq!((got.message.as_str(), got.status.clone()), ("new", ConditionStatus::False));
    assert_eq!(got.last_update_time, Some(Time::EPOCH.plus_seconds(7)));
    assert_eq!(message(&[rs("new", "v2", 2, 3, 3, Some((3, 4)))]), None);
}

#[test]
fn conditions_are_replaced_at_the_end_and_keep_their_transition() {
    let at = |s: i64| Some(Time::EPOCH.plus_seconds(s));
    let condition = |type_: &str, status: &str, reason: &str, s: i64| Condition {
        last_update_time: at(s),
        last_transition_time: at(s),
        words: Words {
            type_: type_.into(),
            status: status.into(),
            reason: reason.into(),
            message: "".into(),
        }
        .into(),
    };
    let start: Conditions = vec![condition("A", "True", "One", 1), condition("B", "True", "One", 1)].into();
    for (new, order, transition) in [
        (condition("A", "True", "One", 9), "AB", 1),
        (condition("A", "True", "Two", 9), "BA", 1),
        (condition("A", "False", "One", 9), "BA", 9),
        (condition("C", "True", "One", 9), "ABC", 9),
    ] {
        let mut list = start.clone();
        let type_ = new.type_.clone();
        conditions::replace(&mut list, new);
        let got: String = list.iter().map(|c| c.type_.as_str()).collect();
        assert_eq!(got, order);
        assert_eq!(conditions::find(&list, &type_).unwrap().last_transition_time, at(transition));
    }
}

#[test]
fn a_condition_of_the_controller_s_own_is_set_where_it_says_something_new() {
    use ConditionStatus::{False, True};
    let (before, now) = (Time::EPOCH.plus_seconds(1), Time::EPOCH.plus_seconds(9));
    let mut start = Conditions::default();
    assert!(conditions::set(&mut start, "A", True, "One", before, || "".into()));
    for (status, reason, changes) in [(True, "One", false), (True, "Two", true), (False, "One", true)] {
        let mut list = start.clone();
        assert_eq!(conditions::set(&mut list, "A", status, reason, now, || "".into()), changes, "{reason}");
        let since = if changes { now } else { before };
        assert_eq!((list.len(), list[0].last_update_time), (1, Some(since)), "{reason}");
    }
}

#[test]
fn either_time_of_a_condition_is_rounded() {
    let whole = Time::EPOCH.plus_seconds(9);
    for (update, transition) in [(5, 0), (0, 5), (5, 5), (0, 0)] {
        let mut list = Conditions::default();
        conditions::set(&mut list, "A", ConditionStatus::True, "One", whole, || "".into());
        let mut condition = list[0].clone();
        condition.last_update_time = Some(whole.plus_nanos(update));
        condition.last_transition_time = Some(whole.plus_nanos(transition));
        conditions::append(&mut list, condition);
        conditions::round_times(&mut list);
        let times = (list[0].last_update_time, list[0].last_transition_time);
        assert_eq!(times, (Some(whole), Some(whole)), "{update} {transition}");
    }
}

#[test]
fn times_are_whole_seconds_where_they_are_sent() {
    let d = deployment(3, json!(1), json!(0), |_| {});
    let sent = written(&d, &[rs("new", "v2", 1, 3, 3, Some((3, 4)))]);
    assert_eq!(sent.status.conditions[0].last_update_time, Some(Time::EPOCH.plus_seconds(super::NOW_S)));
}

/// Only once: a status in between would tell of a generation that nothing was done for yet.
#[test]
fn a_generation_is_observed_with_what_became_of_it() {
    let d = deployment(3, json!(1), json!(0), |d| {
        set(d, "/metadata/generation", 2.into());
        set(d, "/metadata/annotations", json!({"deployment.kubernetes.io/revision": "1"}));
    });
    let decision = decide(&d, &[rs("new", "v2", 1, 3, 3, Some((3, 4)))], &[]);
    let observed = decision.actions.iter().filter_map(|action| match action {
        Action::UpdateDeploymentStatus(d) => Some(d.status.observed_generation),
        _ => None,
    });
    assert_eq!(observed.collect::<Vec<_>>(), [2]);
}
