//! Fixtures of the benches.

pub mod rollout;

use maxsurge_core::api::{Deployment, Pod, Time};
use maxsurge_core::cluster::pods::DeploymentId;
use maxsurge_core::cluster::{Cluster, ClusterConfig, UserAction};
use maxsurge_core::sim::{Distribution, SECOND};
use maxsurge_core::workload::{Behavior, Workload};
use serde_json::{Value, json};

/// A strategy by name and `spec.strategy`.
pub fn strategies() -> [(&'static str, Value); 4] {
    let rolling = |surge: Value, missing: Value| json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": missing}});
    [
        ("Recreate", json!({"type": "Recreate"})),
        ("25%/25%", rolling(json!("25%"), json!("25%"))),
        ("1/0", rolling(json!(1), json!(0))),
        ("100%/0", rolling(json!("100%"), json!(0))),
    ]
}

/// A Deployment as the API server would store it.
pub fn deployment(replicas: i32, strategy: &Value) -> Deployment {
    let value = json!({
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "minReadySeconds": 0,
            "progressDeadlineSeconds": 600,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": strategy,
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "web:1"}]},
            },
        },
    });
    Deployment::from_value(&value).expect("well-formed")
}

/// A cluster without delays in which that Deployment is rolled out; pods take ten seconds to get ready.
pub fn rolled_out(replicas: i32, strategy: &Value) -> (Cluster, DeploymentId) {
    let default = Behavior { startup: Distribution::Constant(10 * SECOND), gets_ready: true };
    let workload = Workload { default, ..Workload::default() };
    let mut cluster = Cluster::new(ClusterConfig::ideal(), workload, 0);
    let id = cluster.create(deployment(replicas, strategy)).expect("the cluster is empty");
    cluster.settle().expect("it settles");
    cluster.run_before(Time::EPOCH.plus_seconds(60), &mut |_| ()).expect("it settles");
    (cluster, id)
}

/// Sets another image and lets the rollout come to its end; pods that were created for it.
pub fn roll(cluster: &mut Cluster, id: DeploymentId) -> usize {
    let before = cluster.store.pods().len();
    let action = UserAction::SetImage { container: None, image: "web:2".into() };
    cluster.act(id, &action).expect("the Deployment exists");
    cluster.settle().expect("it settles");
    // One pod after the other takes ten seconds each.
    let until = cluster.now().plus_seconds(200_000);
    cluster.run_before(until, &mut |_| ()).expect("it settles");
    cluster.store.pods().len() - before
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
