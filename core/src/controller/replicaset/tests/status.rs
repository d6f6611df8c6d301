//! Status and when to look again (replicaset.md §8).

use serde_json::json;

use super::*;

fn counts(rs: &ReplicaSet) -> [i32; 5] {
    let s = &rs.status;
    let terminating = s.terminating_replicas.unwrap_or(-1);
    [s.replicas, s.fully_labeled_replicas, s.ready_replicas, s.available_replicas, terminating]
}

#[test]
fn what_is_counted() {
    let phase = |name: &str, phase: &str| pod(name, |p| p["status"]["phase"] = phase.into());
    let going = |name: &str, phase: &str| {
        pod(name, |p| {
            p["status"]["phase"] = phase.into();
            p["metadata"]["deletionTimestamp"] = at(1).into();
        })
    };
    for (what, pods, expected) in [
        ("none", vec![], [0, 0, 0, 0, 0]),
        (
            "phases that count",
            vec![phase("a", ""), phase("b", "Unknown"), phase("c", "Pending"), phase("d", "X")],
            [4, 4, 0, 0, 0],
        ),
        ("phases that do not", vec![phase("a", "Failed"), phase("b", "Succeeded")], [0, 0, 0, 0, 0]),
        ("terminating", vec![going("a", "Running"), going("b", "Failed")], [0, 0, 0, 0, 1]),
        (
            "terminating, relabelled",
            vec![pod("a", |p| {
                p["metadata"]["deletionTimestamp"] = at(1).into();
                p["metadata"]["labels"] = json!({});
            })],
            [0, 0, 0, 0, 0],
        ),
        (
            "ready whatever the phase",
            vec![pod("a", |p| {
                p["status"] =
                    json!({"phase": "Pending", "conditions": [{"type": "Ready", "status": "True"}]});
            })],
            [1, 1, 1, 0, 0],
        ),
        (
            "the first Ready condition",
            vec![pod("a", |p| {
                p["status"]["conditions"] =
                    json!([{"type": "Ready", "status": "False"}, {"type": "Ready", "status": "True"}]);
            })],
            [1, 1, 0, 0, 0],
        ),
        // 10 s of minReadySeconds, inclusive, against the unrounded clock.
        ("available", vec![ready("a", 990), ready("b", 991)], [2, 2, 2, 1, 0]),
    ] {
        let mut script = Script::default();
        let rs = rs(pods.iter().filter(|p| p.is_active()).count() as i64, |rs| {
            rs["spec"]["minReadySeconds"] = 10.into();
            rs["status"]["observedGeneration"] = 0.into();
        });
        pass(&rs, &pods, &mut script, &mut Memory::default()).unwrap();
        assert_eq!(counts(&script.written[0]), expected, "{what}");
    }
}

#[test]
fn labels_of_the_template_may_be_missing() {
    let mut script = Script::default();
    let rs = rs(1, |rs| rs["spec"]["template"]["metadata"]["labels"]["tier"] = "a".into());
    pass(&rs, &[pod("a", |_| {})], &mut script, &mut Memory::default()).unwrap();
    assert_eq!(counts(&script.written[0]), [1, 0, 0, 0, 0]);
}

#[test]
fn counts_are_those_before_the_pass_acted() {
    let mut script = Script::default();
    pass(&rs(1, |_| {}), &[ready("a", 1), ready("b", 1)], &mut script, &mut Memory::default()).unwrap();
    assert_eq!((requests(&script).as_str(), counts(&script.written[0])), ("delete 0", [2, 2, 2, 2, 0]));
}

#[test]
fn nothing_new_is_not_written() {
    for (edit, expected) in [
        ((|_| {}) as fn(&mut Value), 0),
        (|rs| rs["metadata"]["generation"] = 2.into(), 1),
        (|rs| rs["status"]["terminatingReplicas"] = Value::Null, 1),
        (|rs| rs["status"]["readyReplicas"] = 1.into(), 1),
    ] {
        let mut script = Script::default();
        pass(&rs(0, edit), &[], &mut script, &mut Memory::default()).unwrap();
        assert_eq!(script.calls.len(), expected);
    }
}

#[test]
fn a_refused_status_is_tried_once_more() {
    use ApiErrorKind::{Conflict, Internal, NotFound};
    let stale = || rs(0, |rs| rs["metadata"]["generation"] = 2.into());
    for (status, live, calls, ok) in [
        (vec![None], None, vec!["status"], true),
        (vec![Some(Conflict)], None, vec!["status", "get", "status again"], true),
        (vec![Some(Conflict), Some(Conflict)], None, vec!["status", "get", "status again"], false),
        (vec![Some(Internal)], Some(Err(NotFound)), vec!["status", "get"], false),
    ] {
        let mut script = Script { status, live, ..Script::default() };
        let outcome = pass(&stale(), &[], &mut script, &mut Memory::default());
        assert_eq!((script.calls, outcome.is_ok()), (calls.iter().map(ToString::to_string).collect(), ok));
    }
}

#[test]
fn failures_are_reported_and_forgotten() {
    let failing = |kind| Script { creations: vec![Err(kind); 9], deletion: Some(kind), ..Script::default() };
    let old = json!([{"type": "Other", "status": "True"}, {"type": "ReplicaFailure", "status": "False", "reason": "Old"}]);
    let with_old = |replicas| rs(replicas, |rs| rs["status"]["conditions"] = old.clone());
    let conditions = |rs: &Arc<ReplicaSet>, pods: &[Pod], script: Script| {
        let mut script = script;
        let _ = pass(rs, pods, &mut script, &mut Memory::default());
        let written = script.written.first().map(|rs| rs.status.conditions.clone());
        written.map(|list| {
            list.iter()
                .map(|c| format!("{}={}/{}", c.type_, c.status.as_str(), c.reason))
                .collect::<Vec<_>>()
                .join(" ")
        })
    };
    let kind = ApiErrorKind::Forbidden;
    let one = [pod("a", |_| {})];
    let added = conditions(&rs(3, |rs| rs["status"]["replicas"] = 5.into()), &[], failing(kind));
    assert_eq!(added.as_deref(), Some("ReplicaFailure=True/FailedCreate"));
    let added = conditions(&rs(0, |_| {}), &one, failing(kind));
    assert_eq!(added.as_deref(), Some("ReplicaFailure=True/FailedDelete"));
    // One that is there is left exactly as it is; without another change nothing is written.
    assert_eq!(conditions(&with_old(3), &[], failing(kind)), None);
    // Others are none of its business.
    let other = |rs: &mut Value| rs["status"]["conditions"] = json!([{"type": "Other", "status": "True"}]);
    let added = conditions(&rs(3, other), &[], failing(kind));
    assert_eq!(added.as_deref(), Some("Other=True/ ReplicaFailure=True/FailedCreate"));
    // It goes with the first success, and not managing is one.
    assert_eq!(conditions(&with_old(0), &[], Script::default()).as_deref(), Some("Other=True/"));
    // The status error goes before the other.
    let mut script = failing(kind);
    script.status = vec![Some(ApiErrorKind::Internal); 2];
    script.live = Some(Err(ApiErrorKind::NotFound));
    assert!(pass(&rs(3, |_| {}), &[], &mut script, &mut Memory::default()).is_err());
}

#[test]
fn availability_is_looked_at_when_it_comes() {
    let requeue = |min_ready: i64, pods: &[Pod]| {
        let rs = rs(pods.len() as i64, |rs| rs["spec"]["minReadySeconds"] = min_ready.into());
        pass(&rs, pods, &mut Script::default(), &mut Memory::default()).unwrap()
    };
    let ms = |ms: i64| Requeue::After(ms * 1_000_000);
    let timeless = || pod("t", |p| p["status"]["conditions"] = json!([{"type": "Ready", "status": "True"}]));
    for (min_ready, pods, expected) in [
        (0, vec![ready("a", 1000)], Requeue::None),
        (10, vec![], Requeue::None),
        (10, vec![ready("a", 900)], Requeue::None),
        // Ready for 5.5 s: 4.5 s to go; the earliest counts.
        (10, vec![ready("a", 995)], ms(4_500)),
        (10, vec![ready("a", 998), ready("b", 991), pod("c", |_| {})], ms(500)),
        // Ready without a time: over and over.
        (10, vec![timeless()], ms(10_000)),
        (10, vec![timeless(), ready("a", 995)], ms(4_500)),
        (-5, vec![timeless()], Requeue::None),
    ] {
        assert_eq!(requeue(min_ready, &pods), expected, "{min_ready} {pods:?}");
    }
}
