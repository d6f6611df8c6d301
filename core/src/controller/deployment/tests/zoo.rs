//! Bugs of the zoo, each beside what is right: what a switch changes, and that it changes nothing else.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{decide, deployment, rs, set, text, with};
use crate::api::Deployment;
use crate::zoo::{Mutant, activate};

const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";

/// Nothing is to change.
const SAME: &str = "the same";

/// Lines of the pass but for its events and the condition of being available, without the bug and with it.
#[track_caller]
fn check(bug: Mutant, d: &Arc<Deployment>, sets: &[Value], pods: &[Value], right: &str, wrong: &str) {
    let told = || {
        let text = text(&decide(d, sets, pods));
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with("ScalingReplicaSet"))
            .map(|line| line.strip_suffix(" Available=True/MinimumReplicasAvailable").unwrap_or(line))
            .map(|line| line.strip_suffix(" Available=False/MinimumReplicasUnavailable").unwrap_or(line))
            .map(str::trim_end)
            .collect();
        lines.join("; ")
    };
    assert_eq!(told(), right, "without {bug:?}");
    activate(Some(bug));
    let got = told();
    activate(None);
    assert_eq!(got, if wrong == SAME { right } else { wrong }, "{bug:?}");
}

fn new(size: i64, available: i64, sizes: (i64, i64)) -> Value {
    rs("new", "v2", 2, size, available, Some(sizes))
}

fn old(size: i64, available: i64, sizes: (i64, i64)) -> Value {
    rs("old", "v1", 1, size, available, Some(sizes))
}

/// Of the size given, with surge 1, and the revision 2 that it should have.
fn plain(replicas: i64, edit: impl FnOnce(&mut Value)) -> Arc<Deployment> {
    deployment(replicas, json!(1), json!(0), |d| {
        d["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "2"});
        edit(d);
    })
}

fn orphan(value: Value) -> Value {
    with(value, "/metadata/ownerReferences", json!([]))
}

fn foreign(value: Value) -> Value {
    with(value, "/metadata/ownerReferences/0/uid", json!("x"))
}

#[test]
fn what_a_pass_looks_at_first() {
    use Mutant::{AdoptWhileDying, SObservedTooEarly, SkipMeansNoStatus};
    let sets = [new(3, 3, (3, 4))];
    let d = plain(3, |d| set(d, "/metadata/generation", 2.into()));
    check(SObservedTooEarly, &d, &sets, &[], "status 3/3/3/3/0", "status 0/0/0/0/0; status 3/3/3/3/0");
    check(SObservedTooEarly, &plain(3, |_| {}), &sets, &[], "status 3/3/3/3/0", SAME);
    check(SkipMeansNoStatus, &d, &sets, &[], "status 3/3/3/3/0", SAME);
    let sets = [new(3, 3, (3, 4)), foreign(old(1, 1, (3, 4)))];
    check(SkipMeansNoStatus, &d, &sets, &[], "status 3/3/3/3/0", "");
    let d = plain(3, |d| set(d, "/metadata/deletionTimestamp", super::at(1).into()));
    check(
        AdoptWhileDying,
        &d,
        &[orphan(old(0, 0, (3, 4)))],
        &[],
        "status 0/0/0/0/0",
        "adopt old; status 0/0/0/0/0",
    );
}

#[test]
fn which_replica_set_is_the_new_one() {
    use Mutant::{OneWayLabelCompare, ResizeLooksLikeRelease, RevisionCopiedDown};
    let d = plain(3, |d| set(d, "/spec/template/metadata/labels/more", "x".into()));
    check(
        OneWayLabelCompare,
        &d,
        &[new(3, 3, (3, 4))],
        &[],
        "create web-hash 1 rev 3 of 3/4; status 0/0/0/0/0; status 3/0/3/3/1",
        "status 3/3/3/3/0",
    );
    check(
        OneWayLabelCompare,
        &d,
        &[old(3, 3, (3, 4))],
        &[],
        "create web-hash 1 rev 2 of 3/4; status 3/0/3/3/1",
        SAME,
    );
    check(
        ResizeLooksLikeRelease,
        &plain(5, |_| {}),
        &[new(3, 3, (3, 4))],
        &[],
        "update new 5 rev 2 of 5/6; status 3/3/3/3/0",
        "update new 5 rev 2 of 5/6; status 3/0/3/3/0",
    );
    check(ResizeLooksLikeRelease, &plain(3, |_| {}), &[new(3, 3, (3, 4))], &[], "status 3/3/3/3/0", SAME);
    let sets = [with(new(3, 3, (3, 4)), REVISION, "1".into())];
    check(
        RevisionCopiedDown,
        &plain(3, |_| {}),
        &sets,
        &[],
        "status 0/0/0/0/0; status 3/3/3/3/0",
        "update new 3 rev 2 of 3/4; update new 3 rev 2 of 3/4; status 3/3/3/3/0",
    );
}

#[test]
fn history() {
    let d = plain(3, |d| {
        d["spec"]["revisionHistoryLimit"] = 1.into();
        d["status"] =
            json!({"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3});
    });
    let old =
        |name: &str, n: i64, revision: &str| with(rs(name, name, n, 0, 0, None), REVISION, revision.into());
    let sets = [old("a", 1, "1"), old("b", 2, "0"), with(new(3, 3, (3, 4)), REVISION, "2".into())];
    check(Mutant::PruneByAge, &d, &sets, &[], "delete b; status 3/3/3/3/0", "delete a; status 3/3/3/3/0");
    check(Mutant::SPruneNewest, &d, &sets, &[], "delete b; status 3/3/3/3/0", "delete a; status 3/3/3/3/0");
}

#[test]
fn progress() {
    use Mutant::{CompleteWithOldPods, ExpiredFromLastSuccess, ExpiredNeverCleared, FlipPausedComplete};
    let condition = |status: &str, reason: &str| {
        json!([{"type": "Progressing", "status": status, "reason": reason, "lastUpdateTime": super::at(1),
            "lastTransitionTime": super::at(1)}])
    };
    let d = |status: Value| {
        plain(3, |d| {
            d["spec"]["progressDeadlineSeconds"] = 60.into();
            d["status"] = status;
        })
    };
    let moving = json!({"observedGeneration": 1, "conditions": condition("True", "ReplicaSetUpdated")});
    check(
        CompleteWithOldPods,
        &d(moving.clone()),
        &[old(1, 1, (3, 4)), new(3, 3, (3, 4))],
        &[],
        "update old 0 rev 1 of 3/4; status 4/3/4/4/0 Available=True/MinimumReplicasAvailable Progressing=True/ReplicaSetUpdated",
        "update old 0 rev 1 of 3/4; status 4/3/4/4/0 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetAvailable",
    );
    let expired =
        json!({"observedGeneration": 1, "conditions": condition("False", "ProgressDeadlineExceeded")});
    check(
        ExpiredNeverCleared,
        &d(expired),
        &[new(3, 3, (3, 4))],
        &[],
        "status 3/3/3/3/0 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetAvailable",
        "status 3/3/3/3/0 Progressing=False/ProgressDeadlineExceeded",
    );
    check(
        ExpiredNeverCleared,
        &d(moving),
        &[new(3, 3, (3, 4))],
        &[],
        "status 3/3/3/3/0 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetAvailable",
        SAME,
    );
    let paused = |deadline: Value| {
        plain(3, |d| {
            d["spec"]["progressDeadlineSeconds"] = deadline;
            d["spec"]["paused"] = true.into();
            d["status"]["conditions"] = condition("Unknown", "DeploymentPaused");
        })
    };
    let before = "status 3/3/3/3/0 Progressing=Unknown/DeploymentPaused";
    let after =
        "status 3/3/3/3/0 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetAvailable";
    check(FlipPausedComplete, &paused(json!(60)), &[new(3, 3, (3, 4))], &[], before, after);
    check(FlipPausedComplete, &paused(json!(null)), &[new(3, 3, (3, 4))], &[], before, SAME);
    let less = "status 3/3/2/2/1 Progressing=Unknown/DeploymentPaused";
    check(FlipPausedComplete, &paused(json!(60)), &[new(3, 2, (3, 4))], &[], less, SAME);
    let done = json!({"observedGeneration": 1, "replicas": 4, "updatedReplicas": 1, "readyReplicas": 3,
        "availableReplicas": 3, "conditions": condition("True", "NewReplicaSetAvailable")});
    check(
        ExpiredFromLastSuccess,
        &d(done),
        &[old(3, 3, (3, 4)), new(1, 0, (3, 4))],
        &[],
        "status 4/1/3/3/1 Progressing=True/NewReplicaSetAvailable",
        "status 4/1/3/3/1 Available=True/MinimumReplicasAvailable Progressing=False/ProgressDeadlineExceeded",
    );
}

#[test]
fn recreate() {
    let d = plain(3, |d| d["spec"]["strategy"] = json!({"type": "Recreate"}));
    let pod = json!({
        "metadata": {"name": "p", "namespace": "ns", "uid": "p",
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "old", "uid": "old", "controller": true}]},
        "status": {"phase": "Running"},
    });
    let counted = with(old(0, 0, (3, 3)), "/status/replicas", 1.into());
    check(
        Mutant::RecreateEager,
        &d,
        &[old(0, 0, (3, 3))],
        std::slice::from_ref(&pod),
        "status 0/0/0/0/0",
        "create web-hash 3 rev 2 of 3/3; status 0/0/0/0/3",
    );
    check(Mutant::RecreateEager, &d, &[counted], &[pod], "status 1/0/0/0/0", SAME);
}

#[test]
fn sizes() {
    use Mutant::{
        AbortedSetRevived, DeadlineNoteWiped, ResizeHitsLatestNotActive, SGrowPastDesired,
        SShareFromCurrentCeiling, SkippedSetBecomesZero, SurgeBeyondQuota, ZeroBaseFraction,
    };
    let paused = |replicas: i64| plain(replicas, |d| d["spec"]["paused"] = true.into());
    check(
        AbortedSetRevived,
        &paused(3),
        &[old(0, 0, (3, 4)), new(1, 0, (3, 4))],
        &[],
        "update new 3 rev 2 of 3/4; status 1/1/0/0/1",
        "update new 3 rev 2 of 3/4; update old 3 rev 1 of 3/4; status 1/1/0/0/1",
    );
    let sets = [with(old(0, 0, (3, 4)), REVISION, "4".into()), new(0, 0, (3, 4))];
    check(
        DeadlineNoteWiped,
        &plain(3, |_| {}),
        &sets,
        &[],
        "update new 0 rev 5 of 3/4; update new 0 rev 5 of 3/4; update new 3 rev 5 of 3/4; status 0/0/0/0/0",
        "update new 0 rev 5 of 3/4; update new 0 rev 5 of 3/4; update new 3 rev 2 of 3/4; status 0/0/0/0/0",
    );
    check(
        ResizeHitsLatestNotActive,
        &paused(5),
        &[old(3, 3, (3, 4)), new(0, 0, (3, 4))],
        &[],
        "update old 5 rev 1 of 5/6; status 3/0/3/3/0",
        "update new 5 rev 2 of 5/6; status 3/0/3/3/0",
    );
    check(
        SkippedSetBecomesZero,
        &paused(11),
        &[old(9, 9, (10, 11)), new(1, 0, (10, 11))],
        &[],
        "update old 11 rev 1 of 11/12; update new 1 rev 2 of 11/12; status 10/1/9/9/1",
        "update old 11 rev 1 of 11/12; update new 0 rev 2 of 11/12; status 10/1/9/9/1",
    );
    let sets = [rs("old", "v1", 1, 8, 8, None), rs("new", "v2", 2, 2, 0, None)];
    let d = plain(11, |d| {
        d["spec"]["paused"] = true.into();
        d["status"]["replicas"] = 10.into();
    });
    check(
        ZeroBaseFraction,
        &d,
        &sets,
        &[],
        "update old 10 rev 1 of 11/12; update new 2 rev 2 of 11/12; status 10/2/8/8/2",
        "update old 13 rev 1 of 11/12; update new -1 rev 2 of 11/12; status 10/2/8/8/2",
    );
    check(
        SShareFromCurrentCeiling,
        &paused(20),
        &[old(5, 5, (10, 10)), new(5, 0, (10, 10))],
        &[],
        "update new 11 rev 2 of 20/21; update old 10 rev 1 of 20/21; status 10/5/5/5/5",
        "update new 16 rev 2 of 20/21; update old 5 rev 1 of 20/21; status 10/5/5/5/5",
    );
    let d = deployment(3, json!(5), json!(0), |_| {});
    check(
        SGrowPastDesired,
        &d,
        &[new(2, 2, (3, 8))],
        &[],
        "status 0/0/0/0/0; update new 3 rev 2 of 3/8; status 2/2/2/2/0",
        "status 0/0/0/0/0; update new 8 rev 2 of 3/8; status 2/2/2/2/0",
    );
    check(
        SurgeBeyondQuota,
        &d,
        &[new(0, 0, (3, 8))],
        &[],
        "status 0/0/0/0/0; update new 3 rev 2 of 3/8; status 0/0/0/0/0",
        "status 0/0/0/0/0; update new 8 rev 2 of 3/8; status 0/0/0/0/0",
    );
    check(
        SurgeBeyondQuota,
        &d,
        &[new(2, 2, (3, 8))],
        &[],
        "status 0/0/0/0/0; update new 3 rev 2 of 3/8; status 2/2/2/2/0",
        SAME,
    );
}
