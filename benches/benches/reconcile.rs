//! One pass of each controller over lists, as `explain` and the conformance protocol run it.
#![allow(missing_docs, reason = "criterion's macros write the entry point")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use maxsurge_benches::{pods_of, rolled_out, strategies};
use maxsurge_core::api::KubernetesVersion;
use maxsurge_core::cluster::UserAction;
use maxsurge_core::controller::decide::{
    ListedLookup, ReplicaSetState, decide_deployment, decide_replica_set,
};
use maxsurge_core::controller::deployment::DeploymentView;
use serde_json::json;

const PODS: [i32; 4] = [10, 100, 1_000, 10_000];

fn reconcile(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide");
    group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    let [_, (_, quarter), ..] = strategies();
    let version = KubernetesVersion::default();
    for n in PODS {
        let (mut cluster, id) = rolled_out(n, &quarter);
        let only = cluster.store.replica_sets().next().expect("it has one").1.clone();
        cluster
            .act(id, &UserAction::SetImage { container: None, image: "web:2".into() })
            .expect("the Deployment exists");
        // The pass that begins the rollout: it creates the new ReplicaSet and shrinks the old one.
        let deployment = cluster.store.deployment(id).expect("it exists").clone();
        let replica_sets = [only.clone()];
        let lookup = ListedLookup { replica_sets: &replica_sets, pods: &[] };
        let view =
            DeploymentView { deployment: &deployment, replica_sets: &replica_sets, lookup: &lookup, version };
        let now = cluster.now();
        assert!(decide_deployment(&view, now).actions.len() >= 2);
        group.bench_function(BenchmarkId::new("deployment", n), |b| {
            b.iter(|| decide_deployment(black_box(&view), now));
        });
        // The pass that removes half of the pods.
        let mut half = (*only).clone();
        half.spec.replicas = n / 2;
        let labels = json!({
            "app": "web",
            "pod-template-hash": only.meta.labels.get("pod-template-hash").map_or("", |hash| hash.as_str()),
        });
        let pods = pods_of(&only.meta.name, &only.meta.uid, &labels, n as usize);
        let replica_sets = [Arc::new(half)];
        let replica_set = &replica_sets[0];
        let state = ReplicaSetState {
            replica_set,
            replica_sets: &replica_sets,
            pods: &pods,
            fail_create: 0,
            version,
        };
        assert!(!decide_replica_set(&state, now).actions.is_empty());
        group.bench_function(BenchmarkId::new("replicaset", n), |b| {
            b.iter(|| decide_replica_set(black_box(&state), now));
        });
    }
    group.finish();
}

criterion_group!(benches, reconcile);
criterion_main!(benches);
