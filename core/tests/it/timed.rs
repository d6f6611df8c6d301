//! A control plane that takes its time: the request budget decides how long a rollout lasts.

use maxsurge_core::api::{Deployment, Time};
use maxsurge_core::cluster::{Cluster, ClusterConfig, UserAction};
use maxsurge_core::sim::{Distribution, SECOND};
use maxsurge_core::workload::{Behavior, Workload};
use serde_json::json;

fn deployment(replicas: i32) -> Deployment {
    Deployment::from_value(&json!({
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "progressDeadlineSeconds": 600,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "v1"}]},
            },
        },
    }))
    .expect("a Deployment")
}

/// Seconds from the change of the image until the Deployment is complete.
fn rollout_s(config: ClusterConfig, replicas: i32, startup: Distribution) -> f64 {
    let workload = Workload { default: Behavior { startup, gets_ready: true }, ..Workload::default() };
    let mut cluster = Cluster::new(config, workload, 7);
    let id = cluster.create(deployment(replicas)).expect("created");
    cluster.settle().expect("quiet");
    let start = Time::EPOCH.plus_seconds(3600);
    cluster.run_before(start, &mut |_| ()).expect("quiet");
    let d = cluster.store.deployment(id).expect("exists").clone();
    assert_eq!(d.status.available_replicas, replicas, "{:?}", d.status);
    cluster.act(id, &UserAction::SetImage { container: None, image: "v2".into() }).expect("accepted");
    cluster.settle().expect("quiet");
    let mut done = None;
    cluster
        .run_before(start.plus_seconds(7200), &mut |cluster| {
            let d = cluster.store.deployment(id).expect("exists");
            let s = &d.status;
            let complete = s.observed_generation >= d.meta.generation
                && (s.updated_replicas, s.replicas, s.available_replicas) == (replicas, replicas, replicas);
            if complete && done.is_none() {
                done = Some(cluster.now());
            }
        })
        .expect("quiet");
    done.expect("complete").since(start) as f64 / SECOND as f64
}

#[test]
fn stock_request_limits_are_the_bottleneck() {
    // On a real control plane with the stock limits 100, 1,000 and 5,000 pods took 11, 101 and 504 s.
    for (replicas, real_s) in [(100, 11.0), (1000, 101.0)] {
        let s = rollout_s(ClusterConfig::realistic(), replicas, Distribution::Constant(0));
        assert!((s / real_s - 1.0).abs() < 0.1, "{replicas} pods: {s} s, real {real_s} s");
    }
}

#[test]
fn without_limits_only_the_pods_take_time() {
    let s = rollout_s(ClusterConfig::ideal(), 100, Distribution::Constant(2 * SECOND));
    // Waves of 25 + 25 new pods, a wave each 2 s: 50, then 50 more.
    assert!((4.0..=6.0).contains(&s), "{s} s");
}

/// One event and one request take as long as the median hop of the recorded rollouts.
#[test]
fn a_hop_takes_what_was_recorded() {
    let recorded = include_str!("testdata/hops.txt").lines().filter(|line| !line.starts_with('#'));
    let mut hops: Vec<f64> =
        recorded.map(|line| line.split(' ').nth(1).expect("two columns").parse().expect("seconds")).collect();
    hops.sort_by(f64::total_cmp);
    let config = ClusterConfig::realistic();
    let hop_s = (config.request_latency_ns + config.watch_delay_ns) as f64 / SECOND as f64;
    assert_eq!((hops.len(), hops[hops.len() / 2]), (45, hop_s));
}
