//! Reading and writing are inverse, and writing is Go's.

use serde_json::{Value, json};

use crate::api::{Deployment, Pod, ReplicaSet};

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "web", "namespace": "default", "uid": "u1", "resourceVersion": "300", "generation": 2,
            "creationTimestamp": "2026-11-23T07:20:26Z", "labels": {"app": "web"}, "annotations": {"a": ""},
            "finalizers": ["f"]
        },
        "spec": {
            "replicas": 0, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
            "selector": {
                "matchLabels": {"app": "web"},
                "matchExpressions": [{"key": "k", "operator": "In", "values": ["v"]}]
            },
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "example.com/app:v1"}]}
            }
        },
        "status": {
            "replicas": 4, "terminatingReplicas": 0, "collisionCount": 1,
            "conditions": [{
                "type": "Available", "status": "True", "reason": "R", "message": "M",
                "lastUpdateTime": "2026-11-23T07:20:28Z", "lastTransitionTime": "2026-11-23T07:20:28Z"
            }]
        }
    })
}

#[test]
fn deployments_round_trip() {
    let value = deployment();
    let read = Deployment::from_value(&value).unwrap();
    assert_eq!(read.to_value(), value);
    assert_eq!(Deployment::from_value(&read.to_value()).unwrap(), read);
}

#[test]
fn replica_sets_round_trip() {
    let value = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": "web-1", "ownerReferences": [{
            "apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "u1", "controller": true,
            "blockOwnerDeletion": true
        }]},
        "spec": {"replicas": 3, "minReadySeconds": 5, "selector": {"matchLabels": {"app": "web"}},
                 "template": {"metadata": {"labels": {"app": "web"}}}},
        "status": {"replicas": 0, "observedGeneration": 1}
    });
    assert_eq!(ReplicaSet::from_value(&value).unwrap().to_value(), value);
}

#[test]
fn pods_round_trip() {
    let value = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "p", "deletionTimestamp": "2026-11-23T07:20:26Z"},
        "spec": {"nodeName": "n", "terminationGracePeriodSeconds": 0,
                 "initContainers": [{"name": "sidecar", "restartPolicy": "Always"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
            "containerStatuses": [{"name": "app", "ready": false, "restartCount": 3,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]}
    });
    assert_eq!(Pod::from_value(&value).unwrap().to_value(), value);
}

#[test]
fn what_is_missing_or_null_is_zero() {
    for value in [json!({}), json!({"metadata": null, "spec": null, "status": null})] {
        let read = Deployment::from_value(&value).unwrap();
        assert_eq!(read.spec.replicas, None);
        assert_eq!(
            read.spec.strategy.type_.as_str(),
            "",
            "an absent type is not RollingUpdate to a controller"
        );
        assert_eq!(ReplicaSet::from_value(&value).unwrap().spec.replicas, 1);
        assert_eq!(Pod::from_value(&value).unwrap(), Pod::default());
    }
    let read =
        Deployment::from_value(&json!({"metadata": {"creationTimestamp": null}, "unknown": 1})).unwrap();
    assert_eq!(read.meta.creation_timestamp, None);
}

#[test]
fn wrong_types_are_errors_with_a_path() {
    let check = |pointer: &str, bad: Value, expected: &str| {
        let mut value = deployment();
        *value.pointer_mut(pointer).unwrap() = bad;
        assert_eq!(Deployment::from_value(&value).unwrap_err().to_string(), expected);
    };
    check("/spec/replicas", json!("3"), "spec.replicas: expected int32, found string");
    check("/spec/replicas", json!(3_000_000_000_i64), "spec.replicas: expected int32, found number");
    check("/metadata/labels/app", json!(1), "metadata.labels.app: expected string, found number");
    check("/spec/template", json!([]), "spec.template: expected object, found array");
    check(
        "/spec/template/metadata/labels",
        json!(1),
        "spec.template.metadata.labels: expected object, found number",
    );
    check("/status/conditions/0", json!(1), "status.conditions[0]: expected object, found number");
    check("/metadata", json!(true), "metadata: expected object, found bool");
    check(
        "/metadata/creationTimestamp",
        json!("yesterday"),
        "metadata.creationTimestamp: not an RFC 3339 time such as 2026-11-23T09:30:00Z (years 1678 to 2261)",
    );
    assert_eq!(Deployment::from_value(&json!([])).unwrap_err().to_string(), "expected object, found array");
}
