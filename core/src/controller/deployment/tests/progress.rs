//! Progress, deadline and requeue (deployment.md §12, §15, §20.19).

use std::sync::Arc;

use serde_json::{Value, json};

use super::{at, deployment, rs, same, text};
use crate::api::Deployment;
use crate::controller::decide::Action;

/// A Deployment of 3 with a deadline of 100 s, whose Progressing condition was updated `age` seconds before the whole second
/// of the pass, and that last reported `available` of its 3 pods.
fn stuck(reason: &str, age: i64, available: i64, edit: impl FnOnce(&mut Value)) -> Arc<Deployment> {
    deployment(3, json!(1), json!(0), |d| {
        let enough = available == 3;
        let status = if reason == "ProgressDeadlineExceeded" { "False" } else { "True" };
        d["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
        d["spec"]["progressDeadlineSeconds"] = 100.into();
        d["status"] = json!({
            "observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "readyReplicas": available,
            "availableReplicas": available, "unavailableReplicas": 3 - available, "terminatingReplicas": 0,
            "conditions": [
                {"type": "Progressing", "status": status, "reason": reason, "lastUpdateTime": at(super::NOW_S - age),
                    "lastTransitionTime": at(super::NOW_S - age)},
                {"type": "Available", "status": if enough { "True" } else { "False" },
                    "reason": if enough { "MinimumReplicasAvailable" } else { "MinimumReplicasUnavailable" }},
            ],
        });
        edit(d);
    })
}

#[track_caller]
fn check(d: &Arc<Deployment>, available: i64, expected: &str) {
    let new = rs("new", "v2", 1, 3, available, Some((3, 4)));
    same(&text(&super::decide(d, &[new], &[])), expected, "");
}

#[test]
fn a_rollout_that_stands_still_asks_to_be_looked_at() {
    let none = |_: &mut Value| {};
    // 60 s of 100 gone (and the half second): 39.5 s are left, and one more.
    check(&stuck("ReplicaSetUpdated", 60, 1, none), 1, "again in 40500 ms");
    check(&stuck("ReplicaSetUpdated", 98, 1, none), 1, "again in 2500 ms");
    // Less than a second: at once through the rate limiter.
    check(&stuck("ReplicaSetUpdated", 99, 1, none), 1, "again");
    // Past the deadline.
    check(
        &stuck("ReplicaSetUpdated", 100, 1, none),
        1,
        "status 3/3/1/1/2 Available=False/MinimumReplicasUnavailable Progressing=False/ProgressDeadlineExceeded",
    );
    check(&stuck("ProgressDeadlineExceeded", 500, 1, none), 1, "");
    // Complete: nothing more to wait for.
    check(&stuck("NewReplicaSetAvailable", 500, 3, none), 3, "");
    // The hot loop: complete long ago and not now.
    check(&stuck("NewReplicaSetAvailable", 500, 2, none), 2, "again");
    // No deadline: the condition goes.
    check(
        &stuck("ReplicaSetUpdated", 60, 1, |d| d["spec"]["progressDeadlineSeconds"] = i32::MAX.into()),
        1,
        "status 3/3/1/1/2 Available=False/MinimumReplicasUnavailable",
    );
    // Without an update time: as if it had been in the year 1.
    check(
        &stuck("ReplicaSetUpdated", 60, 1, |d| {
            d["status"]["conditions"][0]["lastUpdateTime"] = Value::Null;
        }),
        1,
        "status 3/3/1/1/2 Available=False/MinimumReplicasUnavailable Progressing=False/ProgressDeadlineExceeded",
    );
}

#[test]
fn what_counts_as_progress_and_as_the_end() {
    let none = |_: &mut Value| {};
    check(
        &stuck("ReplicaSetUpdated", 500, 1, none),
        2,
        "status 3/3/2/2/1 Available=False/MinimumReplicasUnavailable Progressing=True/ReplicaSetUpdated",
    );
    check(
        &stuck("ProgressDeadlineExceeded", 500, 1, none),
        3,
        "status 3/3/3/3/0 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetAvailable",
    );
    // Going back is no progress, nor a timeout before the deadline.
    check(
        &stuck("ReplicaSetUpdated", 60, 2, none),
        1,
        "status 3/3/1/1/2 Progressing=True/ReplicaSetUpdated Available=False/MinimumReplicasUnavailable",
    );
    // More available than wanted (its status lags behind a resize) is not the end.
    check(
        &stuck("ReplicaSetUpdated", 60, 3, none),
        4,
        "status 3/3/4/4/0 Available=True/MinimumReplicasAvailable Progressing=True/ReplicaSetUpdated",
    );
    // Once complete, losing a pod is no rollout any more, and getting one back neither.
    check(
        &stuck("NewReplicaSetAvailable", 500, 1, none),
        2,
        "status 3/3/2/2/1 Progressing=True/NewReplicaSetAvailable Available=False/MinimumReplicasUnavailable",
    );
    check(
        &stuck("NewReplicaSetAvailable", 500, 3, none),
        2,
        "status 3/3/2/2/1 Progressing=True/NewReplicaSetAvailable Available=False/MinimumReplicasUnavailable",
    );
}

/// A step says so in words of its own, whatever the condition said before; it keeps the time since when it is `True`.
#[test]
fn what_is_said_of_a_step() {
    let moving = "ReplicaSet \"new\" is progressing.";
    for (status, reason, message, since) in [
        ("True", "ReplicaSetUpdated", moving, 540),
        ("True", "ReplicaSetUpdated", "ReplicaSet \"old\" is progressing.", 540),
        ("True", "NewReplicaSetCreated", moving, 540),
        ("False", "ReplicaSetUpdated", moving, super::NOW_S),
        ("Unknown", "DeploymentResumed", "Deployment is resumed", super::NOW_S),
    ] {
        let d = stuck(reason, 60, 1, |d| {
            d["status"]["conditions"][0]["status"] = status.into();
            d["status"]["conditions"][0]["message"] = message.into();
        });
        let decision = super::decide(&d, &[rs("new", "v2", 1, 3, 2, Some((3, 4)))], &[]);
        let [Action::UpdateDeploymentStatus(written)] = &decision.actions[..] else { panic!("{decision:?}") };
        let c = written.condition("Progressing").unwrap();
        let times = [c.last_update_time, c.last_transition_time].map(|time| time.unwrap().to_string());
        assert_eq!(
            (c.status.as_str(), c.reason.as_str(), c.message.as_str(), times),
            ("True", "ReplicaSetUpdated", moving, [at(super::NOW_S), at(since)]),
            "{status} {reason} {message}"
        );
    }
}

#[test]
fn pauses_are_marked() {
    let paused = |d: &mut Value| d["spec"]["paused"] = true.into();
    let marked = "status 3/3/1/1/2 Available=False/MinimumReplicasUnavailable Progressing=Unknown/";
    check(&stuck("ReplicaSetUpdated", 60, 1, paused), 1, &format!("{marked}DeploymentPaused"));
    check(&stuck("DeploymentPaused", 60, 1, paused), 1, "");
    check(&stuck("ProgressDeadlineExceeded", 60, 1, paused), 1, "");
    // The condition of this very pass is not rounded in memory, so the whole deadline is left, and one second.
    check(
        &stuck("DeploymentPaused", 60, 1, |_| {}),
        1,
        &format!("{marked}DeploymentResumed\nagain in 101000 ms"),
    );
}

/// All its pods are there, but nobody says so while it is paused.
#[test]
fn a_paused_one_is_never_complete() {
    let d = deployment(3, json!(1), json!(0), |d| {
        d["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
        d["spec"]["paused"] = true.into();
        d["spec"]["progressDeadlineSeconds"] = 600.into();
    });
    super::check(
        &d,
        &[rs("new", "v2", 1, 3, 3, Some((3, 4)))],
        "status 0/0/0/0/0 Progressing=Unknown/DeploymentPaused
         status 3/3/3/3/0 Progressing=Unknown/DeploymentPaused Available=True/MinimumReplicasAvailable",
    );
}
