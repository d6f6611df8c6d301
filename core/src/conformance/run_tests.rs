//! Mode `run`: lines that are no case, and what befalls pods and ReplicaSets at a step.

use serde_json::{Value, json};

use super::run::run;

fn case(steps: Value) -> Value {
    json!({
        "id": "x", "startupMs": [1000], "terminationMs": 5000, "untilMs": 9000, "tickMs": 1000, "steps": steps,
        "deployment": {
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "app", "image": "web:1"}]},
                },
            },
        },
    })
}

fn why(case: &Value) -> String {
    let verdict = run(&case.to_string());
    verdict["invalid"].as_str().unwrap_or_else(|| panic!("it was taken: {verdict}")).into()
}

#[test]
fn steps_that_do_not_fit() {
    for (step, wanted) in [
        (json!({"pods": {}}), "steps: unknown field \"pods\""),
        (json!({"pod": 3}), "steps: pod: an object is needed"),
        (json!({"pod": {"nth": -1}}), "steps: pod: nth: -1 does not fit"),
        (json!({"pod": {"phase": "Running"}}), "steps: pod: phase: \"Running\" does not fit"),
        (
            json!({"pod": {"orphaned": true}}),
            "steps: pod: unknown field \"orphaned\"; there are nth, terminating, ready, phase, labels, deletionCost, restarts, \
             adopt, orphan, delete, remove",
        ),
        (
            json!({"replicaSet": {"delete": "foreground"}}),
            "steps: replicaSet: delete: foreground is no part of the protocol",
        ),
        (json!({"pod": {"labels": {"app": 1}}}), "steps: pod: labels: 1 does not fit"),
        (json!({"replicaSet": {"delete": true}}), "steps: replicaSet: delete: true does not fit"),
        (json!({"replicaSet": {"replicas": -1}}), "steps: replicaSet: replicas: -1 does not fit"),
        (
            json!({"apiErrors": {"of": "createPods", "requests": 1, "error": "refused"}}),
            "steps: apiErrors: of: \"createPods\" does not fit",
        ),
        (
            json!({"apiErrors": {"of": "createPod", "error": "refused"}}),
            "steps: apiErrors: requests: null does not fit",
        ),
        (
            json!({"apiErrors": {"of": "createPod", "requests": 1}}),
            "steps: apiErrors: error: null does not fit",
        ),
        (json!({"watchDelay": {"delayMs": 1}}), "steps: watchDelay: of: null does not fit"),
        (json!({"watchDelay": {"of": "pods"}}), "steps: watchDelay: delayMs: null does not fit"),
        (
            json!({"watchDelay": {"of": "pods", "delayMs": 1, "for": 2}}),
            "steps: watchDelay: unknown field \"for\"; there are of, delayMs, forMs",
        ),
    ] {
        assert_eq!(why(&case(json!([step]))), wanted);
    }
}

/// Each would have pods made without end, or nothing to look at.
#[test]
fn deployments_that_no_cluster_stores() {
    for (place, value, wanted) in [
        ("/deployment/metadata/name", json!(""), "no deployment, or one without a name"),
        ("/deployment/spec/replicas", json!(-1), "negative replicas"),
        ("/deployment/spec/template/spec/containers", json!([]), "the template has no container"),
        (
            "/deployment/spec/template/metadata/labels/app",
            json!("other"),
            "the selector is empty or does not match the template",
        ),
        (
            "/deployment/spec/selector/matchLabels",
            json!({}),
            "the selector is empty or does not match the template",
        ),
    ] {
        let mut case = case(json!([]));
        *case.pointer_mut(place).expect("the case has it") = value;
        assert_eq!(why(&case), wanted, "{place}");
    }
}

/// What the last view shows of pods and ReplicaSets: pods alive and ready, sizes of the ReplicaSets.
fn end(step: Value) -> (i64, i64, Vec<i64>) {
    let mut step = step;
    step["atMs"] = 2000.into();
    let verdict = run(&case(json!([step])).to_string());
    let last = verdict["views"].as_array().and_then(|views| views.last()).expect("there are views").clone();
    let sets = last["replicaSets"].as_array().expect("a list");
    let sizes = sets.iter().map(|set| set["spec"].as_i64().expect("a number")).collect();
    (last["podsAlive"].as_i64().expect("a number"), last["podsReady"].as_i64().expect("a number"), sizes)
}

#[test]
fn what_befalls_pods_and_replica_sets() {
    for (what, step, wanted) in [
        ("nothing", json!({}), (2, 2, vec![2])),
        ("there is no such pod", json!({"pod": {"nth": 2, "delete": true}}), (2, 2, vec![2])),
        ("replaced", json!({"pod": {"delete": true}}), (2, 2, vec![2])),
        ("unready for good", json!({"pod": {"nth": 1, "ready": false}}), (2, 1, vec![2])),
        ("it has ended: it stays, and is replaced", json!({"pod": {"phase": "Failed"}}), (3, 2, vec![2])),
        ("released and replaced", json!({"pod": {"labels": {"app": "other"}}}), (3, 3, vec![2])),
        ("adopted again", json!({"pod": {"orphan": true}}), (2, 2, vec![2])),
        ("neither", json!({"pod": {"labels": {"app": null}, "orphan": true}}), (3, 3, vec![2])),
        ("set right again", json!({"replicaSet": {"replicas": 5}}), (2, 2, vec![2])),
        ("made again, with its pods", json!({"replicaSet": {"delete": "background"}}), (2, 2, vec![2])),
        ("made again, pods adopted", json!({"replicaSet": {"delete": "orphan"}}), (2, 2, vec![2])),
        (
            "released with its pods, and another made",
            json!({"replicaSet": {"labels": {"app": "other"}}}),
            (4, 4, vec![2, 2]),
        ),
    ] {
        assert_eq!(end(step), wanted, "{what}");
    }
}

/// Pods that exist in the view of each second.
fn alive(steps: Value) -> Vec<i64> {
    let mut case = case(steps);
    case["terminationMs"] = 0.into();
    let verdict = run(&case.to_string());
    let views = verdict["views"].as_array().expect("there are views");
    let number = |view: &Value, field: &str| view[field].as_i64().expect("a number");
    let at = |ms: i64| views.iter().rfind(|view| number(view, "atMs") <= ms).expect("one at 0");
    (0..9).map(|second| number(at(1000 * second), "podsAlive")).collect()
}

/// The next try comes 5, 10, 20, … ms after one that fails: the tenth after 5 s.
#[test]
fn requests_that_fail() {
    let errors = |of: &str, after: u32, requests: u32, error: &str| {
        let errors = json!({"of": of, "afterRequests": after, "requests": requests, "error": error});
        json!([{"atMs": 2000, "apiErrors": errors}, {"atMs": 2000, "replicas": 4}])
    };
    let at_once = [2, 2, 4, 4, 4, 4, 4, 4, 4];
    assert_eq!(alive(errors("createPod", 0, 0, "refused")), at_once, "none fails");
    assert_eq!(alive(errors("deletePod", 0, 10, "refused")), at_once, "another kind");
    assert_eq!(alive(errors("createPod", 2, 10, "refused")), at_once, "only later ones");
    for error in ["refused", "conflict", "internal", "timeout"] {
        assert_eq!(alive(errors("createPod", 0, 10, error)), [2, 2, 2, 2, 2, 2, 2, 4, 4], "{error}");
    }
    assert_eq!(alive(errors("createPod", 0, 1, "timeoutAfterEffect")), at_once, "it was created after all");
    assert_eq!(alive(errors("updateReplicaSet", 0, 10, "refused")), [2, 2, 2, 2, 2, 2, 2, 4, 4]);
}

#[test]
fn watch_events_that_are_late() {
    let late = |of: &str| {
        let delay = json!({"of": of, "delayMs": 3000, "forMs": 1000});
        json!([{"atMs": 2000, "watchDelay": delay, "replicas": 4}, {"atMs": 4000, "replicas": 3}])
    };
    assert_eq!(
        alive(json!([{"atMs": 2000, "replicas": 4}, {"atMs": 4000, "replicas": 3}]))[2..6],
        [4, 4, 3, 3]
    );
    // In order: what was written at 4 s comes after what was written at 2 s, and with it.
    assert_eq!(alive(late("deployments"))[2..6], [2, 2, 2, 3]);
    assert_eq!(alive(late("replicaSets"))[2..6], [2, 2, 2, 3]);
    // The pods are there, and the next change of size has to wait until they are seen.
    assert_eq!(alive(late("pods"))[2..6], [4, 4, 4, 3]);
}
