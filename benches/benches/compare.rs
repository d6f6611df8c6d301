//! What somebody waits for who compares strategies: one large rollout without delays, and many seeds of all default strategies on
//! all processors. A table, not statistics: each figure is one run's time by the clock.
//!
//! `cargo bench --bench compare`; with `--test` a hundredth of it.
#![allow(missing_docs, clippy::print_stdout, reason = "a table is the point")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use maxsurge_core::api::{Deployment, Time};
use maxsurge_core::cluster::{Cluster, ClusterConfig, UserAction};
use maxsurge_core::sim::{Distribution, SECOND};
use maxsurge_core::workload::{Behavior, Workload};
use serde_json::{Value, json};

/// The default strategies of `maxsurge compare`.
fn strategies() -> Vec<Value> {
    let rolling = |surge: Value, missing: Value| json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": missing}});
    vec![
        rolling(json!("30%"), json!("10%")),
        json!({"type": "Recreate"}),
        rolling(json!("25%"), json!("25%")),
        rolling(json!(1), json!(0)),
        rolling(json!(0), json!(1)),
        rolling(json!("50%"), json!(0)),
        rolling(json!("100%"), json!(0)),
        rolling(json!("100%"), json!("100%")),
    ]
}

/// Rolls a Deployment out twice, and tells how many pods were created for the second time.
fn rollout(replicas: i32, strategy: &Value, startup: Distribution, seed: u64) -> usize {
    let value = json!({
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10, "strategy": strategy,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "web:1"}]},
            },
        },
    });
    let workload =
        Workload { default: Behavior { startup, ..Workload::default().default }, ..Workload::default() };
    let mut cluster = Cluster::new(ClusterConfig::ideal(), workload, seed);
    let id =
        cluster.create(Deployment::from_value(&value).expect("well-formed")).expect("the cluster is empty");
    let day = |n: i64| Time::EPOCH.plus_seconds(n * 86_400);
    cluster.settle().expect("it settles");
    cluster.run_before(day(1), &mut |_| ()).expect("it settles");
    let before = cluster.store.pods().len();
    let image = UserAction::SetImage { container: None, image: "web:2".into() };
    cluster.act(id, &image).expect("the Deployment exists");
    cluster.settle().expect("it settles");
    cluster.run_before(day(3), &mut |_| ()).expect("it settles");
    cluster.store.pods().len() - before
}

fn main() {
    let share = if std::env::args().any(|arg| arg == "--test") { 100 } else { 1 };
    let (pods, seeds) = (10_000 / share, 1_000 / share as u64);
    let start = Instant::now();
    let created = rollout(pods, &strategies()[2], Distribution::Constant(10 * SECOND), 0);
    println!(
        "{created} of {pods} pods, 25%/25%, preset ideal, creation and one rollout: {:.1} ms",
        start.elapsed().as_secs_f64() * 1e3
    );

    let strategies = strategies();
    let startup = Distribution::parse("p50=8s,p95=25s").expect("well-formed");
    let (next, created) = (AtomicU64::new(0), AtomicU64::new(0));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    for strategy in &strategies {
                        let n = rollout(100, strategy, startup.clone(), seed);
                        created.fetch_add(n as u64, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    println!(
        "{seeds} seeds × 100 pods × {} strategies, preset ideal, {threads} threads: {:.2} s ({} pods created)",
        strategies.len(),
        start.elapsed().as_secs_f64(),
        created.load(Ordering::Relaxed)
    );
}
