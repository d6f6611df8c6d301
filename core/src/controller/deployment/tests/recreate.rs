//! Recreate (deployment.md §10).

use std::sync::Arc;

use serde_json::{Value, json};

use super::{decide, deleted, deployment, rs, same, text, with};
use crate::api::Deployment;

fn recreate() -> Arc<Deployment> {
    deployment(3, json!(null), json!(null), |d| d["spec"]["strategy"] = json!({"type": "Recreate"}))
}

fn pod(owner: &str, phase: &str, edit: impl FnOnce(&mut Value)) -> Value {
    let mut pod = json!({
        "metadata": {"name": "p", "namespace": "ns", "uid": "p",
            "ownerReferences": [{"apiVersion": "x/y", "kind": "ReplicaSet", "name": owner, "uid": owner, "controller": true}]},
        "status": {"phase": phase},
    });
    edit(&mut pod);
    pod
}

const CREATED: &str = "create web-hash 3 rev 2 of 3/3
    status 0/0/0/0/0
    status 0/0/0/0/3 Available=False/MinimumReplicasUnavailable
    ScalingReplicaSet: Scaled up replica set web-hash from 0 to 3";
const WAITING: &str = "status 0/0/0/0/0 Available=False/MinimumReplicasUnavailable";

#[test]
fn old_pods_go_before_a_new_one_comes() {
    let d = recreate();
    let got = text(&decide(&d, &[rs("old", "v1", 1, 3, 3, Some((3, 3)))], &[]));
    same(
        &got,
        "update old 0 rev 1 of 3/3
         status 3/0/3/3/0 Available=True/MinimumReplicasAvailable
         ScalingReplicaSet: Scaled down replica set old from 3 to 0",
        "scaled down",
    );
    // Scaled down before its first pod was counted: the new one waits for the next pass all the same.
    let uncounted = with(rs("old", "v1", 1, 3, 0, None), "/status/replicas", 0.into());
    same(
        &text(&decide(&d, &[uncounted], &[])),
        "update old 0 rev 1 of 3/3
         status 0/0/0/0/3 Available=False/MinimumReplicasUnavailable
         ScalingReplicaSet: Scaled down replica set old from 3 to 0",
        "uncounted",
    );
    // Its status still counts pods.
    let lagging = with(rs("old", "v1", 1, 0, 0, None), "/status/replicas", 1.into());
    same(
        &text(&decide(&d, &[lagging], &[])),
        "status 1/0/0/0/0 Available=False/MinimumReplicasUnavailable",
        "counted",
    );
}

#[test]
fn any_unfinished_pod_of_an_old_replica_set_is_waited_for() {
    let d = recreate();
    let old = || rs("old", "v1", 1, 0, 0, None);
    let none = |_: &mut Value| {};
    for (what, pods, expected) in [
        ("none", vec![], CREATED),
        ("running", vec![pod("old", "Running", none)], WAITING),
        ("pending", vec![pod("old", "Pending", none)], WAITING),
        ("no phase", vec![pod("old", "", none)], WAITING),
        ("unknown", vec![pod("old", "Unknown", none)], WAITING),
        (
            "terminating",
            vec![pod("old", "Running", |p| p["metadata"]["deletionTimestamp"] = super::at(1).into())],
            WAITING,
        ),
        ("failed", vec![pod("old", "Failed", none)], CREATED),
        ("succeeded", vec![pod("old", "Succeeded", none)], CREATED),
        (
            "labels do not matter",
            vec![pod("old", "Running", |p| p["metadata"]["labels"] = json!({"app": "x"}))],
            WAITING,
        ),
        ("orphan", vec![pod("old", "Running", |p| p["metadata"]["ownerReferences"] = json!([]))], CREATED),
        ("other owner", vec![pod("other", "Running", none)], CREATED),
        (
            "other kind",
            vec![pod("old", "Running", |p| p["metadata"]["ownerReferences"][0]["kind"] = "Job".into())],
            CREATED,
        ),
    ] {
        same(&text(&decide(&d, &[old()], &pods)), expected, what);
    }
}

#[test]
fn an_existing_new_one_is_not_waited_for() {
    let sets = [rs("old", "v1", 1, 0, 0, None), rs("new", "v2", 2, 1, 1, Some((3, 3)))];
    let pods = [pod("new", "Running", |_| {})];
    same(
        &text(&decide(&recreate(), &sets, &pods)),
        "status 0/0/0/0/0
         update new 3 rev 2 of 3/3
         status 1/1/1/1/0 Available=False/MinimumReplicasUnavailable
         ScalingReplicaSet: Scaled up replica set new from 1 to 3",
        "",
    );
}

#[test]
fn old_pods_are_waited_for_beside_an_existing_new_one() {
    let sets = [rs("old", "v1", 1, 0, 0, None), rs("new", "v2", 2, 1, 1, Some((3, 3)))];
    same(
        &text(&decide(&recreate(), &sets, &[pod("old", "Running", |_| {})])),
        "status 0/0/0/0/0
         status 1/1/1/1/0 Available=False/MinimumReplicasUnavailable",
        "",
    );
}

/// History goes as with RollingUpdate: only of a Deployment that reported to be complete.
#[test]
fn history_goes_at_the_end() {
    for (updated, expected) in [(3, vec!["old"]), (2, vec![])] {
        let d = deployment(3, json!(null), json!(null), |d| {
            d["spec"]["strategy"] = json!({"type": "Recreate"});
            d["spec"]["revisionHistoryLimit"] = 0.into();
            d["status"] = json!({"observedGeneration": 1, "replicas": 3, "updatedReplicas": updated,
                "availableReplicas": 3});
        });
        let sets = [rs("old", "v1", 1, 0, 0, None), rs("new", "v2", 2, 3, 3, Some((3, 3)))];
        assert_eq!(deleted(&decide(&d, &sets, &[])), expected, "{updated} updated");
    }
}

#[test]
fn owners_without_identity_are_refused() {
    let anonymous = with(rs("old", "v1", 1, 3, 3, None), "/metadata/uid", "".into());
    same(&text(&decide(&recreate(), &[anonymous], &[])), "error: no owner uid provided", "");
}
