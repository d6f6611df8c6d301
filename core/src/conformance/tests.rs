//! Verdicts on whole lines, and their comparison.

use serde_json::{Value, json};

use super::{same, sync};

#[track_caller]
fn verdict(case: &Value) -> Value {
    serde_json::from_str(&sync(&case.to_string())).unwrap()
}

#[test]
fn lines_that_are_no_case() {
    let pod = json!({"metadata": {"name": "p", "namespace": "ns"}});
    let case = |edit: fn(&mut Value)| {
        let mut case =
            json!({"id": "x", "controller": "deployment", "key": "ns/web", "now": "2026-01-01T00:00:00Z"});
        edit(&mut case);
        case.to_string()
    };
    for (line, id, why) in [
        (String::new(), Value::Null, "EOF"),
        ("[]".into(), Value::Null, "a case is a JSON object"),
        ("{\"id\": \"x\"".into(), Value::Null, "EOF"),
        ("[".repeat(100_000), Value::Null, "recursion limit"),
        (case(|c| c["id"] = 5.into()), Value::Null, "id is not a string"),
        (case(|c| c["controller"] = "job".into()), json!("x"), "controller \"job\""),
        (case(|c| c["key"] = "web".into()), json!("x"), "key is not namespace/name"),
        (case(|c| c["key"] = "a/b/c".into()), json!("x"), "key is not namespace/name"),
        (case(|c| c["now"] = "today".into()), json!("x"), "now: "),
        (case(|c| c["replicasets"] = json!([])), json!("x"), "unknown field \"replicasets\""),
        (case(|c| c["pods"] = json!({})), json!("x"), "pods is not a list"),
        (case(|c| c["pods"] = json!([null])), json!("x"), "pods[0]"),
        (case(|c| c["pods"] = json!([{"metadata": {"name": "p"}}])), json!("x"), "no namespace"),
        (case(|c| c["failCreate"] = "x".into()), json!("x"), "failCreate"),
        (
            case(|c| {
                c["deployments"] =
                    json!([{"metadata": {"name": "web", "namespace": "ns"}, "spec": {"replicas": "3"}}])
            }),
            json!("x"),
            "deployments[0]: spec.replicas",
        ),
    ] {
        let got: Value = serde_json::from_str(&sync(&line)).unwrap();
        assert_eq!(got["id"], id, "{got}");
        assert!(got["invalid"].as_str().unwrap().contains(why), "{got} should say {why}");
    }
    let twice = json!({"id": "x", "controller": "deployment", "key": "ns/web", "now": "2026-01-01T00:00:00Z",
        "pods": [pod.clone(), pod]});
    assert_eq!(verdict(&twice)["invalid"], "pods ns/p is given twice");
}

#[test]
fn nothing_to_sync_is_no_error() {
    for controller in ["deployment", "replicaset"] {
        let case =
            json!({"id": "x", "controller": controller, "key": "ns/web", "now": "2026-01-01T00:00:00Z"});
        let expected = json!({"id": "x", "writes": [], "events": [], "podsCreated": 0, "podsDeleted": []});
        assert_eq!(verdict(&case), expected);
    }
}

fn replica_set() -> Value {
    json!({
        "metadata": {"name": "rs", "namespace": "ns", "uid": "u"},
        "spec": {"replicas": 4, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}}},
    })
}

#[test]
fn a_replica_set_with_a_quota() {
    let case = json!({"id": "x", "controller": "replicaset", "key": "ns/rs", "now": "2026-01-01T00:00:00Z",
        "replicaSets": [replica_set()], "failCreate": 3});
    let got = verdict(&case);
    assert_eq!(got["podsCreated"], 2);
    assert_eq!(got["error"], "pods is forbidden: exceeded quota");
    let events: Vec<&str> =
        got["events"].as_array().unwrap().iter().map(|e| e["Message"].as_str().unwrap()).collect();
    assert_eq!(
        events,
        [
            "Created pod: rs-00001",
            "Created pod: rs-00002",
            "Error creating: pods is forbidden: exceeded quota"
        ]
    );
    let status = &got["writes"][0]["object"]["status"];
    assert_eq!(status["conditions"][0]["message"], "pods is forbidden: exceeded quota");
}

#[test]
fn patches_come_by_name() {
    let orphan = |name: &str| json!({"metadata": {"name": name, "namespace": "ns", "uid": name, "labels": {"app": "web"}}});
    let case = json!({"id": "x", "controller": "replicaset", "key": "ns/rs", "now": "2026-01-01T00:00:00Z",
        "replicaSets": [replica_set()], "pods": [orphan("b"), orphan("a")]});
    let got = verdict(&case);
    assert_eq!(
        got["writes"][0],
        json!({"verb": "patch", "resource": "pods", "name": "a", "patch": {"metadata": {"uid": "a", "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "u", "controller": true,
                "blockOwnerDeletion": true}]}}})
    );
    assert_eq!(got["writes"][1]["name"], "b");
}

/// A verdict that creates a ReplicaSet with that hash.
fn creating(hash: &str) -> Value {
    json!({
        "id": "x",
        "writes": [
            {"verb": "create", "resource": "replicasets", "name": format!("web-{hash}"), "object": {
                "metadata": {"labels": {"app": "web", "pod-template-hash": hash}}, "spec": {"replicas": 3}}},
            {"verb": "update", "resource": "deployments", "subresource": "status", "name": "web", "object": {
                "spec": {"free": hash}, "status": {"replicas": 1}}},
        ],
        "events": [{"Type": "Normal", "Reason": "R", "Message": format!("Scaled up web-{hash}")}],
        "podsCreated": 0, "podsDeleted": [],
    })
}

#[test]
fn what_is_free_in_a_comparison() {
    let ours = creating("abc");
    let mut theirs = creating("xyz12");
    assert_eq!(same(&ours, &theirs), Ok(()));
    theirs["writes"][0]["object"]["metadata"]["annotations"] = json!({});
    theirs["writes"][0]["object"]["metadata"]["uid"] = "free".into();
    theirs["writes"][1]["object"]["status"]["collisionCount"] = Value::Null;
    assert_eq!(same(&ours, &theirs), Ok(()));

    for (pointer, value, path) in [
        ("/writes/0/object/spec/replicas", json!(4), "writes[0].object.spec.replicas"),
        ("/writes/1/object/status/replicas", json!(2), "writes[1].object.status.replicas"),
        ("/events/0/Message", json!("Scaled up web-abc"), "events[0].Message"),
        ("/podsCreated", json!(1), "podsCreated"),
        ("/writes/0/verb", json!("update"), "writes[0].name"),
    ] {
        let mut theirs = creating("xyz12");
        *theirs.pointer_mut(pointer).unwrap() = value;
        let difference = same(&ours, &theirs).unwrap_err();
        assert!(difference.path.starts_with(path) || pointer == "/writes/0/verb", "{difference}");
    }
    // Texts of errors are free, their presence is not; 0 is not absent.
    let with = |field: &str, value: Value| {
        let mut verdict = creating("abc");
        verdict[field] = value;
        verdict
    };
    assert_eq!(same(&with("error", "a".into()), &with("error", "b".into())), Ok(()));
    assert_eq!(same(&with("error", "a".into()), &creating("abc")).unwrap_err().path, "error");
    assert_eq!(
        same(&with("requeueAfterSeconds", 1.into()), &with("requeueAfterSeconds", json!(1.0))),
        Ok(())
    );
    let difference = same(&with("requeueAfterSeconds", 0.into()), &creating("abc")).unwrap_err();
    assert_eq!(difference.path, "requeueAfterSeconds");
    assert_eq!(same(&json!({"id": "x", "invalid": "a"}), &json!({"id": "x", "invalid": "b"})), Ok(()));
    assert!(same(&json!({"id": "x", "invalid": "a"}), &creating("abc")).is_err());
}

#[test]
fn neighbouring_patches_are_in_any_order() {
    let patches = |names: [&str; 2]| {
        let patch = |name| json!({"verb": "patch", "resource": "pods", "name": name, "patch": {}});
        json!({"id": "x", "writes": names.map(patch), "events": [], "podsCreated": 0, "podsDeleted": []})
    };
    assert_eq!(same(&patches(["a", "b"]), &patches(["b", "a"])), Ok(()));
    assert!(same(&patches(["a", "b"]), &patches(["a", "c"])).is_err());
}
