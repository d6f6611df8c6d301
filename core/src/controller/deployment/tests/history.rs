//! Deletion of old ReplicaSets (deployment.md §13).

use serde_json::{Value, json};

use super::{decide, deleted, deployment, rs, with};

const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";

/// Names deleted beside a complete new ReplicaSet.
fn trimmed(limit: Value, paused: bool, olds: &[Value]) -> String {
    let d = deployment(1, json!(1), json!(0), |d| {
        d["spec"]["revisionHistoryLimit"] = limit;
        d["spec"]["paused"] = paused.into();
        d["status"] =
            json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1});
    });
    let mut sets = olds.to_vec();
    sets.push(rs("new", "v2", 99, 1, 1, Some((1, 2))));
    deleted(&decide(&d, &sets, &[])).join(" ")
}

#[test]
fn lowest_revisions_go_first() {
    let olds =
        || vec![rs("a", "v0", 3, 0, 0, None), rs("b", "v1", 1, 0, 0, None), rs("c", "v3", 2, 0, 0, None)];
    for (limit, expected) in [
        (json!(null), ""),
        (json!(i32::MAX), ""),
        (json!(3), ""),
        (json!(2), "b"),
        (json!(1), "b c"),
        (json!(0), "b c a"),
        (json!(-1), "b c a"),
    ] {
        assert_eq!(trimmed(limit.clone(), false, &olds()), expected, "{limit}");
    }
}

#[test]
fn busy_ones_stay_and_use_up_their_place() {
    let old = |name: &str, n| rs(name, name, n, 0, 0, None);
    for (what, pointer, value) in
        [("has pods", "/status/replicas", json!(1)), ("not acted on", "/metadata/generation", json!(2))]
    {
        let olds = [with(old("a", 1), pointer, value), old("b", 2), old("c", 3)];
        assert_eq!(trimmed(json!(1), false, &olds), "b", "{what}");
    }
    // One being deleted is no candidate at all.
    let olds =
        [with(old("a", 1), "/metadata/deletionTimestamp", super::at(1).into()), old("b", 2), old("c", 3)];
    assert_eq!(trimmed(json!(1), false, &olds), "b");
}

#[test]
fn unreadable_revisions_are_ordered_by_the_algorithm() {
    let old =
        |name: &str, n: i64, revision: &str| with(rs(name, name, n, 0, 0, None), REVISION, revision.into());
    // By creation against `x`, by number against each other: an insertion sort leaves 3 before 1.
    let olds = [old("a", 1, "3"), old("b", 2, "x"), old("c", 3, "1")];
    assert_eq!(trimmed(json!(0), false, &olds), "a b c");
    // While paused the list comes newest first.
    assert_eq!(trimmed(json!(0), true, &olds), "b c a");
    // Equal ones by their creation, whichever way they come.
    let olds = [old("a", 1, "3"), old("b", 2, "3"), old("c", 3, "1")];
    assert_eq!(
        (trimmed(json!(1), false, &olds), trimmed(json!(1), true, &olds)),
        ("c a".into(), "c a".into())
    );
}

/// A pass that takes old pods away deletes nothing, even if what the Deployment reported before was the end.
#[test]
fn history_waits_for_old_pods() {
    // `b` may lose its pod: two are available and one is enough.
    let olds = [rs("a", "v0", 1, 0, 0, None), rs("b", "v1", 2, 1, 1, Some((1, 2)))];
    assert_eq!(trimmed(json!(0), false, &olds), "");
}

/// A change of the size alone deletes nothing, and neither does a pause while a rollback is asked for.
#[test]
fn history_is_trimmed_in_a_pause_and_in_a_rollout() {
    for (paused, rollback, remembered, expected) in [
        (true, None, (1, 2), vec!["old"]),
        (true, Some("1"), (1, 2), vec![]),
        (true, None, (2, 3), vec!["old"]),
        (false, None, (1, 2), vec!["old"]),
        (false, None, (2, 3), vec![]),
    ] {
        let d = deployment(1, json!(1), json!(0), |d| {
            d["spec"]["revisionHistoryLimit"] = 0.into();
            d["spec"]["paused"] = paused.into();
            d["status"] =
                json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1});
            if let Some(to) = rollback {
                d["metadata"]["annotations"] = json!({"deprecated.deployment.rollback.to": to});
            }
        });
        let sets = [rs("old", "v1", 1, 0, 0, None), rs("new", "v2", 2, 1, 1, Some(remembered))];
        assert_eq!(deleted(&decide(&d, &sets, &[])), expected, "{paused} {rollback:?} {remembered:?}");
    }
}
