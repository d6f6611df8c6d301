//! Creating and deleting pods (replicaset.md §6).

use serde_json::json;

use super::*;

#[track_caller]
fn check(
    replicas: i64,
    pods: usize,
    script: Script,
    expected: &str,
    error: Option<&str>,
    outstanding: (i64, i64),
) {
    let pods: Vec<Pod> = (0..pods).map(|i| pod(&format!("p{i:04}"), |_| {})).collect();
    let (mut script, mut memory) = (script, Memory::default());
    let outcome = pass(&rs(replicas, |_| {}), &pods, &mut script, &mut memory);
    assert_eq!(requests(&script), expected);
    assert_eq!(outcome.err().map(|e| e.message.to_string()).as_deref(), error);
    assert_eq!(memory.expectations.outstanding(), outstanding);
}

fn failing_from(n: usize, kind: ApiErrorKind) -> Script {
    let mut creations = vec![Ok(1); n];
    creations.extend(vec![Err(kind); 1000]);
    Script { creations, ..Script::default() }
}

#[test]
fn slow_start() {
    use ApiErrorKind::{Forbidden, NamespaceTerminating, Timeout};
    check(0, 0, Script::default(), "", None, (0, 0));
    check(1, 0, Script::default(), "create", None, (1, 0));
    check(20, 0, Script::default(), "create x20", None, (20, 0));
    check(700, 100, Script::default(), "create x500", None, (500, 0));
    // Quota for 5 of 20: 1 + 2 + 4 requests, and what was not created is not expected.
    check(20, 0, failing_from(5, Forbidden), "create x7", Some("refused"), (5, 0));
    check(20, 0, failing_from(0, Forbidden), "create", Some("refused"), (0, 0));
    // One that timed out is no success either. (kubernetes/kubernetes#86140)
    check(20, 0, failing_from(5, Timeout), "create x7", Some("refused"), (5, 0));
    check(20, 0, failing_from(1, Forbidden), "create x3", Some("refused"), (1, 0));
    check(4, 0, failing_from(3, Forbidden), "create x4", Some("refused"), (3, 0));
    // A terminating namespace counts as success: all are tried, and the expectation stays open.
    check(20, 0, failing_from(0, NamespaceTerminating), "create x20", None, (20, 0));
    // One failure in the middle of a batch: the others of the batch are created.
    let script = Script { creations: vec![Ok(1), Err(Forbidden), Ok(1), Ok(1)], ..Script::default() };
    check(20, 0, script, "create x3", Some("refused"), (2, 0));
}

#[test]
fn a_template_without_labels_is_not_even_tried() {
    let rs = rs(3, |rs| rs["spec"]["template"]["metadata"] = json!({}));
    let (mut script, mut memory) = (Script::default(), Memory::default());
    let outcome = pass(&rs, &[], &mut script, &mut memory);
    assert_eq!(outcome.unwrap_err().message, "unable to create pods, no labels");
    assert_eq!(requests(&script), "");
    assert_eq!(memory.expectations.outstanding(), (0, 0));
}

#[test]
fn surplus_is_deleted() {
    use ApiErrorKind::{Internal, NotFound};
    check(3, 3, Script::default(), "", None, (0, 0));
    check(2, 3, Script::default(), "delete 0", None, (0, 1));
    check(0, 2, Script::default(), "delete 0, delete 1", None, (0, 2));
    // More than there are (a negative size, which only a hostile manifest has).
    check(-5, 2, Script::default(), "delete 0, delete 1", None, (0, 2));
    let failing = |kind| Script { deletion: Some(kind), ..Script::default() };
    check(1, 2, failing(Internal), "delete 0", Some("unable to delete pods: refused"), (0, 0));
    check(1, 2, failing(NotFound), "delete 0", None, (0, 0));
}

#[test]
fn what_does_not_manage() {
    let pods = [pod("a", |_| {})];
    // Being deleted.
    let mut script = Script::default();
    let rs_deleting = rs(0, |rs| rs["metadata"]["deletionTimestamp"] = at(1).into());
    pass(&rs_deleting, &pods, &mut script, &mut Memory::default()).unwrap();
    assert_eq!(script.calls, ["status"]);
    // Something is expected: status is written all the same.
    let (mut script, mut memory) = (Script::default(), Memory::default());
    memory.expectations.expect_creations(1, now());
    pass(&rs(0, |_| {}), &pods, &mut script, &mut memory).unwrap();
    assert_eq!(script.calls, ["status"]);
    // A selector that nobody can read: nothing at all, and no error.
    let mut script = Script::default();
    let rs_bad =
        rs(5, |rs| rs["spec"]["selector"] = json!({"matchExpressions": [{"key": "a", "operator": "Near"}]}));
    assert_eq!(pass(&rs_bad, &pods, &mut script, &mut Memory::default()), Ok(Requeue::None));
    assert!(script.calls.is_empty());
}
