//! Fixtures of the benches, and what several of them share.

pub mod decision;
pub mod floor;
pub mod machine;
pub mod naive;
pub mod policy;
pub mod rollout;

use maxsurge_core::api::{Deployment, Pod};
use serde_json::{Value, json};

/// A Deployment as the API server would store it.
pub fn deployment(replicas: i32, strategy: &Value) -> Deployment {
    named("web", replicas, strategy)
}

/// The same under another name, with that name as the value of its label `app`.
pub fn named(name: &str, replicas: i32, strategy: &Value) -> Deployment {
    let value = json!({
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "minReadySeconds": 0,
            "progressDeadlineSeconds": 600,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"app": name}},
            "strategy": strategy,
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "web", "image": "web:1"}]},
            },
        },
    });
    Deployment::from_value(&value).expect("well-formed")
}

/// Ready pods of a ReplicaSet, as a dump of a cluster has them.
pub fn pods_of(name: &str, uid: &str, labels: &Value, count: usize) -> Vec<Pod> {
    let pod = |n: usize| {
        let value = json!({
            "metadata": {
                "name": format!("{name}-{n:05}"), "namespace": "default", "uid": format!("p{n}"), "labels": labels,
                "creationTimestamp": "2000-01-01T00:00:00Z",
                "ownerReferences": [
                    {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": uid, "controller": true}
                ],
            },
            "spec": {"nodeName": format!("node-{}", n % 50)},
            "status": {
                "phase": "Running",
                "conditions": [
                    {"type": "Ready", "status": "True", "lastTransitionTime": "2000-01-01T00:00:10Z"}
                ],
            },
        });
        Pod::from_value(&value).expect("well-formed")
    };
    (0..count).map(pod).collect()
}
