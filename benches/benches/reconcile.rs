//! One decision of each controller: over lists, as `explain` and the conformance protocol make it, and over counts kept up
//! to date, as the simulation does.
#![allow(missing_docs, reason = "criterion's macros write the entry point")]

#[path = "shared/mod.rs"]
mod shared;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use maxsurge_benches::decision::Sight;
use maxsurge_benches::pods_of;
use maxsurge_benches::policy::rolling;
use maxsurge_benches::rollout::Rollout;
use maxsurge_core::api::KubernetesVersion;
use maxsurge_core::controller::decide::{ReplicaSetState, decide_replica_set};
use serde_json::json;

const PODS: [i32; 5] = [10, 100, 1_000, 10_000, 100_000];

fn reconcile(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide");
    group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    for n in PODS.into_iter().filter(|n| !shared::is_test() || *n <= 100) {
        for (name, sight) in [
            ("deployment, at rest", Sight::at_rest(n)),
            ("deployment, in mid-rollout", Sight::in_mid_rollout(n)),
        ] {
            let (result, writes) = sight.pass();
            assert!(
                result.is_ok() && writes == if name.ends_with("rest") { 0 } else { 2 },
                "{name} {result:?} {writes}"
            );
            group.bench_function(BenchmarkId::new(name, n), |b| b.iter(|| black_box(&sight).pass()));
        }
        // The pass that removes half of the pods, counted and ranked from a list.
        let (cluster, _) = Rollout::ideal(n, rolling("25%", "25%").strategy).at_rest();
        let mut half = (**cluster.store.replica_sets().next().expect("it has one").1).clone();
        half.spec.replicas = n / 2;
        let hash = half.meta.labels.get("pod-template-hash").map_or("", |hash| hash.as_str());
        let labels = json!({"app": "web", "pod-template-hash": hash});
        let pods = pods_of(&half.meta.name, &half.meta.uid, &labels, n as usize);
        let replica_sets = [Arc::new(half)];
        let state = ReplicaSetState {
            replica_set: &replica_sets[0],
            replica_sets: &replica_sets,
            pods: &pods,
            fail_create: 0,
            version: KubernetesVersion::default(),
        };
        let now = cluster.now();
        assert!(!decide_replica_set(&state, now).actions.is_empty());
        group.bench_function(BenchmarkId::new("replicaset, half deleted, from a list", n), |b| {
            b.iter(|| decide_replica_set(black_box(&state), now));
        });
    }
    group.finish();
}

criterion_group!(benches, reconcile);
criterion_main!(benches);
