//! Bugs of the zoo, each beside what is right: what a switch changes, and that it changes nothing else.

use serde_json::json;

use super::*;
use crate::zoo::{Mutant, activate};

/// Requests, what is expected after them, and the counts of the status written last: replicas, ready, available, conditions.
fn told(rs: &Arc<ReplicaSet>, pods: &[Pod], creations: &[Result<u64, ApiErrorKind>]) -> String {
    let mut script = Script { creations: creations.to_vec(), ..Script::default() };
    let mut memory = Memory::default();
    let outcome = pass(rs, pods, &mut script, &mut memory);
    let status = script.written.last().map_or("unwritten".into(), |rs| {
        let s = &rs.status;
        format!("{}/{}/{}/{}", s.replicas, s.ready_replicas, s.available_replicas, s.conditions.len())
    });
    let error = if outcome.is_err() { ", error" } else { "" };
    format!("{}; {:?}; {status}{error}", requests(&script), memory.expectations.outstanding())
}

#[track_caller]
fn check(
    bug: Mutant,
    rs: &Arc<ReplicaSet>,
    pods: &[Pod],
    creations: &[Result<u64, ApiErrorKind>],
    right: &str,
    wrong: &str,
) {
    assert_eq!(told(rs, pods, creations), right, "without {bug:?}");
    activate(Some(bug));
    let got = told(rs, pods, creations);
    activate(None);
    assert_eq!(got, wrong, "{bug:?}");
}

fn dying(pod: Pod) -> Pod {
    let mut value = pod.to_value();
    value["metadata"]["deletionTimestamp"] = at(1).into();
    Pod::from_value(&value).unwrap()
}

#[test]
fn pods_that_go() {
    use Mutant::{DyingPodsAmongVictims, SDyingIsAvailable, TrimAndRetireSamePass};
    let pods = [ready("a", 1), ready("b", 1), dying(ready("c", 1))];
    check(SDyingIsAvailable, &rs(2, |_| {}), &pods, &[], "; (0, 0); 2/2/2/0", "; (0, 0); 2/3/3/0");
    // The one of somebody else would be the first to go.
    let stranger = pod("d", |pod| {
        pod["metadata"]["ownerReferences"][0]["uid"] = "x".into();
        pod["metadata"]["deletionTimestamp"] = at(1).into();
        pod["spec"] = json!({});
        pod["status"] = json!({"phase": "Pending"});
    });
    let pods = [ready("a", 1), ready("b", 1), dying(pod("c", |_| {})), stranger];
    check(
        DyingPodsAmongVictims,
        &rs(1, |_| {}),
        &pods,
        &[],
        "delete 0; (0, 1); 2/2/2/0",
        "delete 2; (0, 1); 2/2/2/0",
    );
    let released = |name: &str| pod(name, |pod| pod["metadata"]["labels"] = json!({"app": "other"}));
    let pods = [ready("a", 1), ready("b", 1), ready("c", 1), released("d"), released("e")];
    check(
        TrimAndRetireSamePass,
        &rs(3, |_| {}),
        &pods,
        &[],
        "release 3, release 4; (0, 0); 3/3/3/0",
        "release 3, release 4, create x2; (2, 0); 1/3/3/0",
    );
}

#[test]
fn creations_and_failures() {
    use ApiErrorKind::Timeout;
    let creations = [vec![Ok(1); 5], vec![Err(Timeout); 30]].concat();
    check(
        Mutant::TimeoutTakenForSuccess,
        &rs(20, |_| {}),
        &[],
        &creations,
        "create x7; (5, 0); 0/0/0/1, error",
        "create x20; (20, 0); unwritten",
    );
    let failing = rs(1, |rs| {
        rs["status"]["conditions"] = json!([{"type": "ReplicaFailure", "status": "True"}]);
        rs["status"]["replicas"] = 1.into();
    });
    check(
        Mutant::StaleFailureCondition,
        &failing,
        &[pod("a", |_| {})],
        &[],
        "; (0, 0); 1/0/0/0",
        "; (0, 0); 1/0/0/1",
    );
}
