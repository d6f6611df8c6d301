//! Nodes: where pods go, what happens when there is no room, and what the loss of a node does when.

use maxsurge_core::api::{Deployment, Time};
use maxsurge_core::cluster::nodes::{Capacity, NodeConfig, NodeState};
use maxsurge_core::cluster::pods::{DeploymentId, NodeId, Phase, PodId, RsId};
use maxsurge_core::cluster::store::PodRecord;
use maxsurge_core::cluster::{Cluster, ClusterConfig, Fault, UserAction};
use maxsurge_core::oracle::{Rest, Safety, TraceHash, at_rest};
use maxsurge_core::sim::{Distribution, Rng, SECOND};
use maxsurge_core::workload::{Behavior, Crash, Workload};
use serde_json::{Value, json};

/// Start-up of the pods, and how long they take to stop, s.
const STARTUP_S: i64 = 2;
const STOP_S: i64 = 1;

fn deployment(replicas: i32, surge: i32, unavailable: i32, pod: &Value) -> Deployment {
    let mut spec = json!({"containers": [{"name": "app", "image": "v1"}]});
    for (key, value) in pod.as_object().expect("an object") {
        spec[key] = value.clone();
    }
    Deployment::from_value(&json!({
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "progressDeadlineSeconds": 60,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
            },
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": spec},
        },
    }))
    .expect("a Deployment")
}

fn workload() -> Workload {
    let startup = Distribution::Constant(STARTUP_S * SECOND);
    Workload {
        default: Behavior { startup, gets_ready: true },
        stop: Distribution::Constant(STOP_S * SECOND),
        ..Workload::default()
    }
}

struct World {
    cluster: Cluster,
    id: DeploymentId,
}

impl World {
    /// A Deployment at rest on `nodes` nodes that take `pods` pods each.
    fn new(nodes: u32, pods: u32, d: Deployment) -> Self {
        let capacity = Capacity { pods, ..Capacity::default() };
        Self::with(NodeConfig::named(nodes, capacity), d, workload())
    }

    fn with(nodes: Vec<NodeConfig>, d: Deployment, workload: Workload) -> Self {
        let config = ClusterConfig { nodes, ..ClusterConfig::ideal() };
        let mut cluster = Cluster::new(config, workload, 1);
        let id = cluster.create(d).expect("created");
        let mut world = World { cluster, id };
        world.wait(100);
        world
    }

    /// Works off the current instant, and that many seconds with their last instant.
    fn wait(&mut self, s: i64) {
        self.cluster.settle().expect("quiet");
        let until = self.cluster.now().plus_seconds(s);
        self.cluster.run_before(until, &mut |_| ()).expect("quiet");
        self.cluster.settle().expect("quiet");
    }

    fn act(&mut self, action: UserAction) {
        self.cluster.act(self.id, &action).expect("accepted");
        self.cluster.settle().expect("quiet");
    }

    fn image(&mut self, image: &str) {
        self.act(UserAction::SetImage { container: None, image: image.into() });
    }

    fn pods(&self) -> impl Iterator<Item = &PodRecord> {
        self.cluster.store.pods().iter().filter(|pod| pod.state.exists)
    }

    /// Pods on each node.
    fn spread(&self) -> Vec<usize> {
        self.cluster.nodes().iter().map(|(_, node)| node.pods.len()).collect()
    }

    fn pending(&self) -> usize {
        self.cluster.nodes().pending().count()
    }

    /// (replicas, ready, terminating) of the Deployment's status.
    fn status(&self) -> (i32, i32, i32) {
        let s = &self.cluster.store.deployment(self.id).expect("exists").status;
        (s.replicas, s.ready_replicas, s.terminating_replicas.unwrap_or(0))
    }

    fn progressing(&self) -> String {
        let d = self.cluster.store.deployment(self.id).expect("exists");
        let found = d.status.conditions.iter().find(|c| c.type_ == "Progressing");
        found.map(|c| c.reason.to_string()).unwrap_or_default()
    }

    fn down(&mut self, node: u32) {
        self.cluster.inject(Fault::NodeDown(NodeId(node))).expect("it runs");
    }

    fn up(&mut self, node: u32) {
        self.cluster.inject(Fault::NodeUp(NodeId(node))).expect("it is down");
    }
}

#[test]
fn pods_are_spread_over_the_nodes() {
    for (replicas, nodes, spread) in
        [(6, 3, vec![2, 2, 2]), (7, 3, vec![3, 2, 2]), (1, 2, vec![1, 0]), (5, 1, vec![5])]
    {
        let world = World::new(nodes, 10, deployment(replicas, 1, 0, &json!({})));
        assert_eq!(world.spread(), spread);
        assert!(world.pods().all(|pod| pod.state.phase == Phase::Running && pod.state.ready));
    }
}

#[test]
fn what_fits_is_reckoned_from_the_requests() {
    let pod = json!({"containers": [{
        "name": "app", "image": "v1",
        "resources": {"requests": {"cpu": "300m", "memory": "1Gi"}, "limits": {"cpu": "1"}},
    }]});
    let gib = 1_i64 << 30;
    for (cpu_milli, memory, pods, fitting, why) in [
        (Some(1000), None, 110, 3, "Insufficient cpu"),
        (Some(899), None, 110, 2, "Insufficient cpu"),
        (Some(900), Some(8 * gib), 110, 3, "Insufficient cpu"),
        (Some(4000), Some(4 * gib - 1), 110, 3, "Insufficient memory"),
        (None, Some(gib), 110, 1, "Insufficient memory"),
        (None, None, 2, 2, "Too many pods"),
        (Some(299), None, 110, 0, "Insufficient cpu"),
    ] {
        let capacity = Capacity { pods, cpu_milli, memory_bytes: memory };
        let world = World::with(NodeConfig::named(2, capacity), deployment(9, 1, 0, &pod), workload());
        assert_eq!(world.spread(), [fitting, fitting], "{capacity:?}");
        assert_eq!(world.pending(), 9 - 2 * fitting);
        let waits = world.cluster.nodes().pending().next().expect("one waits");
        let state = world.cluster.store.pod(waits).state;
        assert_eq!((state.node, state.phase, state.ready), (NodeId::NONE, Phase::Pending, false));
        let message = format!("0/2 nodes are available: 2 {why}.");
        assert_eq!(world.cluster.why_pending(waits), Some(message));
    }
}

#[test]
fn without_a_spare_node_surge_pods_wait() {
    // Room for exactly the 4 replicas. With a surge and nothing unavailable the first new pod never finds room …
    let mut world = World::new(2, 2, deployment(4, 1, 0, &json!({})));
    world.image("v2");
    assert_eq!((world.pending(), world.status()), (1, (5, 4, 0)));
    world.wait(120);
    assert_eq!((world.pending(), world.progressing().as_str()), (1, "ProgressDeadlineExceeded"));
    // … until there is another strategy, or room.
    world.image("v1");
    world.wait(60);
    assert_eq!((world.pending(), world.status()), (0, (4, 4, 0)));
    // Without surge an old pod goes first, and the new one waits only for its end.
    let mut world = World::new(2, 2, deployment(4, 0, 1, &json!({})));
    world.image("v2");
    assert_eq!((world.pending(), world.status().2), (1, 1));
    world.wait(STOP_S);
    assert_eq!(world.pending(), 0);
    world.wait(60);
    assert_eq!(at_rest(&world.cluster, world.id), Ok(Rest::Converged));
    assert_eq!(world.spread(), [2, 2]);
}

#[test]
fn pods_without_a_node_go_first_and_at_once() {
    let mut world = World::new(2, 2, deployment(7, 1, 0, &json!({})));
    let waiting: Vec<PodId> = world.cluster.nodes().pending().collect();
    assert_eq!(waiting.len(), 3);
    world.act(UserAction::Scale(5));
    assert_eq!((world.pending(), world.status()), (1, (5, 4, 0)));
    world.act(UserAction::Scale(4));
    assert!(waiting.iter().all(|pod| !world.cluster.store.pod(*pod).state.exists));
    assert_eq!(world.spread(), [2, 2]);
}

#[test]
fn crowded_nodes_give_first() {
    let mut world = World::new(3, 10, deployment(3, 1, 0, &json!({})));
    world.cluster.cordon(NodeId(0), true).expect("exists");
    world.cluster.cordon(NodeId(2), true).expect("exists");
    world.act(UserAction::Scale(5));
    world.wait(10);
    assert_eq!(world.spread(), [1, 3, 1]);
    world.act(UserAction::Scale(3));
    world.wait(10);
    // Rule 5 of the victim order looks at the ranks of before: two of the three on the crowded node.
    assert_eq!(world.spread(), [1, 1, 1]);
}

#[test]
fn cordon_and_drain() {
    let mut world = World::new(3, 10, deployment(6, 1, 0, &json!({})));
    assert_eq!(world.cluster.cordon(NodeId(0), true), Ok(true));
    assert_eq!(world.cluster.cordon(NodeId(0), true), Ok(false));
    assert!(world.cluster.cordon(NodeId(9), true).is_err());
    world.act(UserAction::Scale(8));
    assert_eq!(world.spread(), [2, 3, 3]);
    let evicted = world.cluster.evict_all(NodeId(0)).expect("exists");
    assert_eq!(evicted.len(), 2);
    world.wait(0);
    // Replaced at once elsewhere; the evicted ones stop in their time.
    assert_eq!((world.spread(), world.status()), (vec![2, 4, 4], (8, 4, 2)));
    world.wait(10);
    assert_eq!((world.spread(), world.status()), (vec![0, 4, 4], (8, 8, 0)));
    assert_eq!(world.cluster.cordon(NodeId(0), false), Ok(true));
    world.act(UserAction::Scale(9));
    assert_eq!(world.spread(), [1, 4, 4]);
}

#[test]
fn a_cordoned_node_that_is_released_takes_who_waits() {
    let mut world = World::new(2, 2, deployment(2, 1, 0, &json!({})));
    world.cluster.cordon(NodeId(0), true).expect("exists");
    world.act(UserAction::Scale(4));
    let waits = world.cluster.nodes().pending().next().expect("one waits");
    let why = world.cluster.why_pending(waits).expect("it waits");
    assert_eq!(why, "0/2 nodes are available: 1 Too many pods, 1 node(s) were unschedulable.");
    world.cluster.cordon(NodeId(0), false).expect("exists");
    world.wait(5);
    assert_eq!((world.pending(), world.status()), (0, (4, 4, 0)));
}

#[test]
fn a_lost_node_is_noticed_late_and_its_pods_are_replaced_later() {
    let mut world = World::new(3, 10, deployment(6, 1, 0, &json!({})));
    world.down(0);
    let state = |world: &World| world.cluster.nodes().get(NodeId(0)).expect("exists").state;
    // (s after the loss, state of the node, (replicas, ready, terminating), pod objects)
    for (at_s, node, status, objects) in [
        (49, NodeState::Ready, (6, 6, 0), 6),
        (50, NodeState::Tainted, (6, 4, 0), 6),
        (349, NodeState::Tainted, (6, 4, 0), 6),
        (350, NodeState::Tainted, (6, 4, 2), 8),
        (350 + STARTUP_S, NodeState::Tainted, (6, 6, 2), 8),
        (3600, NodeState::Tainted, (6, 6, 2), 8),
    ] {
        let s = 100 + at_s - world.cluster.now().since(Time::EPOCH) / SECOND;
        world.wait(s);
        let seen = (state(&world), world.status(), world.pods().count());
        assert_eq!(seen, (node, status, objects), "{at_s} s");
    }
    assert_eq!(world.spread(), [2, 3, 3]);
    world.up(0);
    world.wait(0);
    assert_eq!((state(&world), world.status(), world.spread()), (NodeState::Ready, (6, 6, 0), vec![0, 3, 3]));
}

#[test]
fn pods_of_a_removed_node_are_collected() {
    let mut world = World::new(3, 10, deployment(6, 1, 0, &json!({})));
    world.down(0);
    world.wait(400);
    assert_eq!(world.status(), (6, 6, 2));
    world.cluster.delete_node(NodeId(0)).expect("exists");
    assert!(world.cluster.delete_node(NodeId(0)).is_err());
    assert!(world.cluster.inject(Fault::NodeUp(NodeId(0))).is_err());
    world.wait(59);
    assert_eq!((world.status(), world.pods().count()), ((6, 6, 2), 8));
    world.wait(1);
    assert_eq!((world.status(), world.pods().count()), ((6, 6, 0), 6));
    // A node that runs loses its pods, too.
    world.cluster.delete_node(NodeId(1)).expect("exists");
    world.wait(60);
    assert_eq!(world.status(), (6, 3, 0));
    world.wait(STARTUP_S);
    assert_eq!((world.status(), world.cluster.nodes().iter().count()), ((6, 6, 0), 1));
}

#[test]
fn a_node_that_returns_in_time_keeps_its_pods() {
    for (away_s, ready_at_return) in [(20, 4), (200, 4)] {
        let mut world = World::new(3, 10, deployment(6, 1, 0, &json!({})));
        world.down(0);
        world.wait(away_s);
        world.up(0);
        world.wait(0);
        // Its kubelet finds the containers dead and starts them again.
        assert_eq!(world.status(), (6, ready_at_return, 0), "{away_s} s");
        world.wait(STARTUP_S);
        assert_eq!(world.status(), (6, 6, 0), "{away_s} s");
        assert_eq!(world.pods().map(|pod| pod.state.restarts).collect::<Vec<_>>(), [1, 0, 0, 1, 0, 0]);
        // No eviction is left over.
        world.wait(1000);
        assert_eq!((world.status(), world.spread()), ((6, 6, 0), vec![2, 2, 2]));
    }
}

#[test]
fn tolerations_decide_how_long_pods_stay() {
    let key = "node.kubernetes.io/unreachable";
    let own = |s: Value| json!({"tolerations": [{"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": s}]});
    for (pod, evicted_s) in [
        (json!({}), Some(350)),
        (own(json!(30)), Some(80)),
        (own(json!(0)), Some(50)),
        (own(Value::Null), None),
    ] {
        let mut world = World::new(2, 10, deployment(2, 1, 0, &pod));
        world.down(1);
        if let Some(s) = evicted_s {
            world.wait(s - 1);
            assert_eq!(world.status().2, 0, "{pod}");
            world.wait(1);
            assert_eq!(world.status().2, 1, "{pod}");
        } else {
            world.wait(5000);
            assert_eq!(world.status().2, 0, "{pod}");
        }
    }
}

#[test]
fn many_lost_nodes_are_not_evicted_all_at_once() {
    // (nodes, lost ones, terminating pods 350, 360 and 400 s later); two pods a node.
    for (nodes, lost, terminating) in [
        (5, 1, [2, 2, 2]),
        (5, 2, [2, 4, 4]),
        // More than two, and 55 % of the zone: nothing is evicted.
        (5, 3, [0, 0, 0]),
        (6, 3, [2, 4, 6]),
        (2, 2, [0, 0, 0]),
    ] {
        let mut world = World::new(nodes, 10, deployment(2 * nodes as i32, 1, 0, &json!({})));
        for node in 0..lost {
            world.down(node);
        }
        world.wait(350);
        for (wait_s, expected) in [0, 10, 40].into_iter().zip(terminating) {
            world.wait(wait_s);
            assert_eq!(world.status().2, expected, "{lost} of {nodes}");
        }
        if (nodes, lost) == (5, 3) {
            // One is back: two of five are no reason to wait.
            world.up(0);
            world.wait(310);
            assert_eq!(world.status().2, 4);
        }
    }
}

#[test]
fn pods_that_were_bound_to_a_silent_node_start_when_it_is_back() {
    let mut world = World::new(2, 10, deployment(2, 1, 0, &json!({})));
    world.down(1);
    world.act(UserAction::Scale(6));
    world.wait(10);
    assert_eq!((world.spread(), world.status()), (vec![3, 3], (6, 4, 0)));
    world.up(1);
    world.wait(STARTUP_S);
    assert_eq!(world.status(), (6, 6, 0));
}

#[test]
fn a_rollout_waits_for_lost_pods_as_for_any_that_are_not_ready() {
    let mut world = World::new(5, 10, deployment(10, 3, 2, &json!({})));
    world.image("v2");
    world.down(0);
    let mut safety = Safety::new(world.id);
    let until = world.cluster.now().plus_seconds(1000);
    let mut judged = Ok(());
    world
        .cluster
        .run_before(until, &mut |cluster| {
            if judged.is_ok() {
                judged = safety.after(cluster, true, true);
            }
        })
        .expect("quiet");
    assert_eq!(judged, Ok(()));
    world.up(0);
    world.wait(100);
    assert_eq!(at_rest(&world.cluster, world.id), Ok(Rest::Converged));
}

#[test]
fn crashes_are_restarted_with_back_off() {
    for has_nodes in [false, true] {
        let mut workload = workload();
        let crash = Crash { per_million: 1_000_000, after: Distribution::Constant(5 * SECOND) };
        workload.crashes.insert("bad".into(), crash);
        let nodes = if has_nodes { NodeConfig::named(1, Capacity::default()) } else { Vec::new() };
        let mut world = World::with(nodes, deployment(1, 1, 1, &json!({})), workload);
        world.image("bad");
        // Ready from 2 to 5 s of each run; then again at once, after 10 s, 20 s, … 300 s.
        let begun = world.cluster.now();
        let mut start = 0;
        for (restarts, wait) in [0, 10, 20, 40, 80, 160, 300, 300].into_iter().enumerate() {
            for (s, ready) in [(start + 1, false), (start + 2, true), (start + 4, true), (start + 5, false)] {
                world.wait(s - world.cluster.now().since(begun) / SECOND);
                let pod = world.pods().last().expect("there is one").state;
                // At the very instant of the first end the container runs again already.
                let expected = restarts as u16 + u16::from(s == start + 5 && wait == 0);
                // `CrashLoopBackOff` is no phase: the pod is Running all the time.
                assert_eq!((pod.ready, pod.restarts, pod.phase), (ready, expected, Phase::Running), "{s} s");
            }
            start += 5 + wait;
        }
    }
}

#[test]
fn crashes_have_their_probability() {
    for (per_million, least, most) in [(0, 0, 0), (200_000, 25, 75), (1_000_000, 200, 200)] {
        let mut workload = workload();
        let crash = Crash { per_million, after: Distribution::Constant(SECOND) };
        workload.crashes.insert("v1".into(), crash);
        let mut world = World::with(Vec::new(), deployment(200, 1, 1, &json!({})), workload);
        world.cluster.settle().expect("quiet");
        let crashed = world.pods().filter(|pod| pod.state.restarts > 0).count();
        assert!((least..=most).contains(&crashed), "{per_million}: {crashed}");
    }
}

#[test]
fn each_template_has_its_grace() {
    for (pod, gone_s) in [
        (json!({}), 30),
        (json!({"terminationGracePeriodSeconds": 5}), 5),
        (json!({"terminationGracePeriodSeconds": 0}), 0),
        (json!({"terminationGracePeriodSeconds": 100}), 40),
    ] {
        let workload = Workload { stop: Distribution::Constant(40 * SECOND), ..workload() };
        let mut world = World::with(Vec::new(), deployment(1, 1, 1, &pod), workload);
        world.act(UserAction::Scale(0));
        for s in 0..=gone_s {
            assert_eq!(world.status().2, i32::from(s < gone_s), "{pod} {s}");
            world.wait(1);
        }
    }
}

/// Everything that the nodes keep, counted anew from the pods.
fn check_nodes(cluster: &Cluster) {
    let mut bound = vec![0; cluster.nodes().iter().count()];
    for (at, pod) in cluster.store.pods().iter().enumerate().filter(|(_, pod)| pod.state.exists) {
        let id = PodId(at as u32);
        match cluster.nodes().get(pod.state.node) {
            Some(node) => {
                assert!(node.pods.contains(&id));
                bound[pod.state.node.0 as usize] += 1;
            }
            None => {
                assert!(cluster.nodes().pending().any(|waits| waits == id));
                assert!(cluster.why_pending(id).is_some(), "a pod waits although it would fit");
            }
        }
    }
    for ((_, node), bound) in cluster.nodes().iter().zip(bound) {
        assert_eq!(node.pods.len(), bound);
        assert!(bound <= node.capacity.pods as usize);
        let cpu_milli: i64 = node.pods.iter().map(|pod| cluster.store.shape(*pod).demand.cpu_milli).sum();
        assert_eq!(node.used.cpu_milli, cpu_milli);
        assert!(node.capacity.cpu_milli.is_none_or(|capacity| cpu_milli <= capacity));
    }
}

/// An hour with everything that can happen to nodes, by chance; then everything is mended.
fn turmoil(seed: u64, config: &ClusterConfig) -> u64 {
    let mut rng = Rng::new(seed, 9);
    let pod =
        json!({"containers": [{"name": "app", "image": "v1", "resources": {"requests": {"cpu": "250m"}}}]});
    let capacity = Capacity { pods: 6, cpu_milli: Some(1100), memory_bytes: None };
    let config = ClusterConfig { nodes: NodeConfig::named(5, capacity), ..config.clone() };
    let mut workload = workload();
    workload
        .crashes
        .insert("v2".into(), Crash { per_million: 300_000, after: Distribution::Uniform(0, 60 * SECOND) });
    let mut cluster = Cluster::new(config, workload, seed);
    let id = cluster.create(deployment(12, 3, 2, &pod)).expect("created");
    let mut trace = TraceHash::default();
    let mut observe = |cluster: &Cluster| {
        check_nodes(cluster);
        trace.add(cluster);
    };
    for _ in 0..60 {
        cluster.settle().expect("quiet");
        let node = NodeId(rng.below(5) as u32);
        // What makes no sense (a node that is down already) is refused.
        let _ = match rng.below(7) {
            0 => cluster.inject(Fault::NodeDown(node)),
            1 | 2 => cluster.inject(Fault::NodeUp(node)),
            3 => cluster.cordon(node, true).and_then(|_| cluster.evict_all(node)).map(drop),
            4 => cluster.cordon(node, false).map(drop),
            5 => cluster
                .act(id, &UserAction::SetImage { container: None, image: format!("v{}", rng.below(4)) }),
            _ => cluster.act(id, &UserAction::Scale(rng.below(25) as i32)),
        };
        let until = cluster.now().plus_seconds(rng.below(200) as i64);
        cluster.run_before(until, &mut observe).expect("quiet");
    }
    for node in (0..5).map(NodeId) {
        let _ = cluster.inject(Fault::NodeUp(node));
        cluster.cordon(node, false).expect("exists");
    }
    cluster.act(id, &UserAction::Scale(10)).expect("accepted");
    cluster.act(id, &UserAction::SetImage { container: None, image: "good".into() }).expect("accepted");
    cluster.settle().expect("quiet");
    let until = cluster.now().plus_seconds(2000);
    cluster.run_before(until, &mut observe).expect("quiet");
    assert_eq!(at_rest(&cluster, id), Ok(Rest::Converged), "seed {seed}");
    assert!(
        cluster.replica_sets_of(id).all(|(rs, _)| rs == RsId(0) || cluster.store.totals(rs).terminating == 0)
    );
    trace.value()
}

#[test]
fn turmoil_ends_well_and_the_same_each_time() {
    for config in [ClusterConfig::ideal(), ClusterConfig::realistic()] {
        for seed in 0..6 {
            assert_eq!(turmoil(seed, &config), turmoil(seed, &config), "seed {seed}");
        }
    }
}
