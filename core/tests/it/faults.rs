//! Faults: whatever breaks for a while, the rollout ends as it should, and each fault does what it says.

use maxsurge_core::api::{Deployment, Time};
use maxsurge_core::cluster::pods::{DeploymentId, PodId};
use maxsurge_core::cluster::{
    ApiFault, Cluster, ClusterConfig, Fault, PodChange, UserAction, Watched, Write,
};
use maxsurge_core::oracle::{Rest, TraceHash, at_rest};
use maxsurge_core::sim::{Distribution, MS, SECOND};
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
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "v1"}]},
            },
        },
    }))
    .expect("a Deployment")
}

fn workload() -> Workload {
    let startup = Distribution::Constant(2 * SECOND);
    Workload {
        default: Behavior { startup, gets_ready: true },
        stop: Distribution::Constant(SECOND),
        ..Workload::default()
    }
}

const REPLICAS: i32 = 4;

/// A Deployment that is complete, and a new image, whose rollout has not begun.
fn begun(config: ClusterConfig) -> (Cluster, DeploymentId) {
    let mut cluster = Cluster::new(config, workload(), 1);
    let id = cluster.create(deployment(REPLICAS)).expect("created");
    cluster.settle().expect("quiet");
    cluster.run_before(Time::EPOCH.plus_seconds(100), &mut |_| ()).expect("quiet");
    cluster.act(id, &UserAction::SetImage { container: None, image: "v2".into() }).expect("accepted");
    (cluster, id)
}

/// Runs for an hour; answers the most pods that were not terminating at one time, and the trace.
fn run(cluster: &mut Cluster) -> (i32, u64) {
    let (mut most, mut trace) = (0, TraceHash::default());
    cluster.settle().expect("quiet");
    let until = cluster.now().plus_seconds(3600);
    cluster
        .run_before(until, &mut |cluster| {
            most = most.max(cluster.store.all_totals().map(|t| t.alive - t.terminating).sum());
            trace.add(cluster);
        })
        .expect("quiet");
    (most, trace.value())
}

/// A rollout with a fault ends as it should, the same way each time; answers the most pods.
fn survives(config: &ClusterConfig, fault: Fault) -> i32 {
    let played = || {
        let (mut cluster, id) = begun(config.clone());
        cluster.inject(fault).expect("can be injected");
        let ran = run(&mut cluster);
        assert_eq!(at_rest(&cluster, id), Ok(Rest::Converged), "{fault:?}");
        ran
    };
    let first = played();
    assert_eq!(first, played(), "{fault:?}: not the same twice");
    first.0
}

fn configs() -> [ClusterConfig; 3] {
    let slow_watch = ClusterConfig { watch_delay_ns: 300 * MS, ..ClusterConfig::ideal() };
    [ClusterConfig::ideal(), slow_watch, ClusterConfig::realistic()]
}

#[test]
fn controllers_may_die_after_any_request() {
    for config in configs() {
        for after_requests in 0..36 {
            for down_ns in [0, 15 * SECOND] {
                survives(&config, Fault::ControllerRestart { after_requests, down_ns });
            }
        }
    }
}

#[test]
fn any_request_may_fail_in_any_way() {
    for config in configs() {
        for error in ApiFault::ALL {
            for after_requests in 0..30 {
                for requests in [1, 3] {
                    survives(&config, Fault::ApiErrors { of: None, after_requests, requests, error });
                }
            }
        }
    }
}

#[test]
fn a_fault_fails_as_many_requests_as_it_says() {
    let (mut cluster, _) = begun(ClusterConfig::ideal());
    cluster
        .inject(Fault::ApiErrors { of: None, after_requests: 1, requests: 2, error: ApiFault::Internal })
        .expect("valid");
    let before = cluster.statistics();
    run(&mut cluster);
    let (mut whole, _) = begun(ClusterConfig::ideal());
    run(&mut whole);
    let conflicts = whole.statistics().failed_passes - before.failed_passes;
    assert_eq!(cluster.statistics().failed_passes - before.failed_passes, conflicts + 2);
}

#[test]
fn nothing_happens_while_the_controllers_are_away() {
    let (mut cluster, id) = begun(ClusterConfig::ideal());
    cluster.inject(Fault::ControllerRestart { after_requests: 0, down_ns: 20 * SECOND }).expect("valid");
    cluster.inject(Fault::KillPods(1)).expect("valid");
    let back = cluster.now().plus_seconds(20);
    cluster.settle().expect("quiet");
    cluster.run_before(back, &mut |_| ()).expect("quiet");
    let sets = |cluster: &Cluster| cluster.replica_sets_of(id).count();
    assert_eq!((sets(&cluster), cluster.store.totals(maxsurge_core::cluster::pods::RsId(0)).serving), (1, 3));
    assert!(!cluster.caches_are_current());
    cluster.settle().expect("quiet");
    assert!(cluster.caches_are_current());
    assert_eq!(sets(&cluster), 2);
}

#[test]
fn late_watch_events_make_no_pods_too_many() {
    let (mut cluster, id) = begun(ClusterConfig::ideal());
    cluster.inject(Fault::WatchDelay { of: None, delay_ns: 8 * SECOND, for_ns: 30 * SECOND }).expect("valid");
    let (most, _) = run(&mut cluster);
    assert_eq!(at_rest(&cluster, id), Ok(Rest::Converged));
    // The surge of 2 is kept: expectations and own-write records make up for the late caches.
    assert_eq!(most, REPLICAS + 2);
}

#[test]
fn writes_of_any_kind_may_fail_and_events_of_any_kind_be_late() {
    for config in configs() {
        for of in Write::ALL.map(Some) {
            for error in ApiFault::ALL {
                survives(&config, Fault::ApiErrors { of, after_requests: 1, requests: 4, error });
            }
        }
        for of in Watched::ALL.map(Some) {
            for delay in [1, 900, 2_500, 40_000] {
                survives(&config, Fault::WatchDelay { of, delay_ns: delay * MS, for_ns: 60 * SECOND });
            }
        }
    }
}

#[test]
fn a_delay_that_ends_lets_no_event_overtake_another() {
    for (delay, spell) in [(8000, 1), (8000, 2100), (500, 40_000), (20, 20)] {
        for config in configs() {
            survives(&config, Fault::WatchDelay { of: None, delay_ns: delay * MS, for_ns: spell * MS });
        }
    }
}

#[test]
fn a_lost_watch_is_made_up_for_by_a_list() {
    for of in Watched::ALL {
        for ms in [0, 1, 500, 2_000, 2_500, 60_000, 400_000] {
            for config in configs() {
                survives(&config, Fault::WatchLost { of, for_ns: ms * MS });
            }
        }
    }
}

/// The ReplicaSet is told to have one pod more while nobody watches pods; `happens` to that pod before the list. Answers how
/// many pods there are 200 s after the list, and an hour after something else has happened.
fn after_an_unseen_creation(happens: Option<PodChange>) -> (i32, i32) {
    let (mut cluster, id) = begun(ClusterConfig::ideal());
    run(&mut cluster);
    cluster.inject(Fault::WatchLost { of: Watched::Pods, for_ns: SECOND }).expect("valid");
    let before = cluster.store.pods().len();
    cluster.act(id, &UserAction::Scale(REPLICAS + 1)).expect("accepted");
    cluster.settle().expect("quiet");
    assert_eq!(cluster.store.pods().len(), before + 1);
    assert!(!cluster.caches_are_current());
    if let Some(change) = &happens {
        cluster.change_pod(PodId(before as u32), change);
    }
    let alive = |cluster: &Cluster| cluster.store.all_totals().map(|t| t.alive).sum::<i32>();
    let listed = cluster.now().plus_seconds(201);
    cluster.run_before(listed, &mut |_| ()).expect("quiet");
    assert!(cluster.caches_are_current());
    let soon = alive(&cluster);
    run(&mut cluster);
    cluster.inject(Fault::KillPods(1)).expect("valid");
    run(&mut cluster);
    (soon, alive(&cluster))
}

#[test]
fn a_list_shows_what_was_made_while_the_watch_was_lost() {
    assert_eq!(after_an_unseen_creation(None), (REPLICAS + 1, REPLICAS + 1));
}

/// Its creation stays expected: for five minutes nothing is made, and nothing wakes the ReplicaSet then.
#[test]
fn a_pod_that_came_and_went_while_the_watch_was_lost_is_waited_for() {
    assert_eq!(after_an_unseen_creation(Some(PodChange::Removed)), (REPLICAS, REPLICAS + 1));
}

#[test]
fn a_quota_holds_from_its_change_on() {
    let (mut cluster, id) = begun(ClusterConfig::ideal());
    cluster.inject(Fault::Quota(Some(REPLICAS as u32))).expect("valid");
    let (most, _) = run(&mut cluster);
    assert_eq!(most, REPLICAS);
    let d = cluster.store.deployment(id).expect("exists");
    assert_eq!((d.status.updated_replicas, d.status.available_replicas), (0, REPLICAS));
    cluster.inject(Fault::Quota(None)).expect("valid");
    run(&mut cluster);
    assert_eq!(at_rest(&cluster, id), Ok(Rest::Converged));
}

#[test]
fn killed_pods_are_replaced() {
    let (mut cluster, id) = begun(ClusterConfig::realistic());
    cluster.inject(Fault::KillPods(3)).expect("valid");
    assert_eq!(cluster.store.all_totals().map(|t| t.serving).sum::<i32>(), 1);
    run(&mut cluster);
    assert_eq!(at_rest(&cluster, id), Ok(Rest::Converged));
}
