//! The worked timelines that were seen with the real controllers: which sizes at which tenth of a second.

use maxsurge_core::conformance::run::run;
use serde_json::{Value, json};

fn deployment(replicas: i32, surge: i32, unavailable: i32, min_ready_s: i32, deadline_s: i32) -> Value {
    json!({
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "minReadySeconds": min_ready_s,
            "progressDeadlineSeconds": deadline_s,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
            },
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "v1"}]},
            },
        },
    })
}

fn views(case: &Value) -> Vec<Value> {
    let verdict = run(&case.to_string());
    assert!(verdict.get("invalid").is_none(), "{verdict}");
    verdict["views"].as_array().expect("views").clone()
}

/// The view in force at `at_ms`.
fn at(views: &[Value], at_ms: i64) -> &Value {
    views.iter().rev().find(|view| view["atMs"].as_i64() <= Some(at_ms)).expect("a view at or before")
}

fn has(view: &Value, condition: &str) -> bool {
    view["conditions"].as_array().expect("conditions").iter().any(|c| c == condition)
}

#[test]
fn bad_image_exceeds_the_deadline_one_second_late() {
    let views = views(&json!({
        "id": "1", "deployment": deployment(2, 1, 0, 0, 20), "startupMs": [2900], "terminationMs": 1000,
        "badImages": ["bad"], "steps": [{"atMs": 30300, "image": "bad"}], "untilMs": 60000,
    }));
    let start = at(&views, 0);
    assert_eq!(start["replicaSets"][0]["spec"], 2);
    assert!(has(start, "Progressing=True/ReplicaSetUpdated"), "{start}");
    let ready = at(&views, 2900);
    assert_eq!(ready["atMs"], 2900);
    assert_eq!(ready["available"], 2);
    assert!(has(ready, "Progressing=True/NewReplicaSetAvailable"), "{ready}");
    let update = at(&views, 30300);
    assert_eq!((&update["replicaSets"][1]["spec"], &update["replicas"]), (&json!(1), &json!(3)));
    assert!(!has(at(&views, 50900), "Progressing=False/ProgressDeadlineExceeded"));
    assert!(has(at(&views, 51000), "Progressing=False/ProgressDeadlineExceeded"), "{}", at(&views, 51000));
}

#[test]
fn min_ready_seconds_counts_from_the_rounded_stamp() {
    let views = views(&json!({
        "id": "2", "deployment": deployment(2, 1, 0, 5, 20), "startupMs": [2900], "terminationMs": 1000,
        "steps": [{"atMs": 30300, "image": "v2"}], "untilMs": 60000,
    }));
    assert_eq!(at(&views, 6900)["available"], 0);
    assert_eq!(at(&views, 7000)["available"], 2);
    assert_eq!(at(&views, 33200)["ready"], 3);
    assert_eq!(at(&views, 37900)["available"], 2);
    let swap = at(&views, 38000);
    assert_eq!(swap["atMs"], 38000);
    assert_eq!((&swap["replicaSets"][0]["spec"], &swap["replicaSets"][1]["spec"]), (&json!(1), &json!(2)));
    assert_eq!(
        (&swap["replicas"], &swap["terminating"], &swap["podsAlive"]),
        (&json!(3), &json!(1), &json!(4))
    );
    assert_eq!(at(&views, 39000)["terminating"], 0);
    assert_eq!(at(&views, 40900)["podsReady"], 3);
    let done = at(&views, 45000);
    assert_eq!((&done["atMs"], &done["replicaSets"][0]["spec"]), (&json!(45000), &json!(0)));
    assert!(has(done, "Progressing=True/NewReplicaSetAvailable"), "{done}");
    assert_eq!(at(&views, 45900)["terminating"], 1);
    assert_eq!(at(&views, 46000)["terminating"], 0);
}

#[test]
fn what_is_no_case_is_answered() {
    for line in ["", "{", "[]", "{\"id\":\"x\"}", "{\"id\":\"x\",\"deployment\":3}"] {
        assert!(run(line).get("invalid").is_some(), "{line}");
    }
}
