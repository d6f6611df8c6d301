//! One run: one strategy, one situation, one seed.

use std::collections::BTreeMap;

use maxsurge_core::api::{Deployment, Time};
use maxsurge_core::cluster::nodes::{Capacity, NodeConfig};
use maxsurge_core::cluster::pods::{DeploymentId, NodeId};
use maxsurge_core::cluster::{Cluster, ClusterConfig, Fault, UserAction};
use maxsurge_core::metrics::{Availability, PodsNow};
use maxsurge_core::sim::{Distribution, SECOND};
use maxsurge_core::workload::{Behavior, ReadinessProbe, Workload};

use crate::model::SituationId;

/// Everything that the runs of one comparison have in common.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The Deployment, defaulted and validated; its strategy is replaced run by run.
    pub deployment: Deployment,
    /// Image to roll out.
    pub to_image: String,
    /// The control plane.
    pub config: ClusterConfig,
    /// From the start of the containers until the application works.
    pub startup: Distribution,
    /// From SIGTERM to the end, preStop included.
    pub stop: Distribution,
    /// Readiness probe of the slowest container.
    pub probe: Option<ReadinessProbe>,
    /// Longest rollout, s of virtual time.
    pub horizon_s: i64,
    /// Nodes of the situations that need some.
    pub nodes: u32,
    /// What fits on each of them.
    pub capacity: Capacity,
}

impl Setting {
    /// The nodes of a cluster that has room for exactly the declared replicas, spread as evenly as it goes.
    pub fn exact_nodes(&self) -> Vec<NodeConfig> {
        let replicas = self.deployment.replicas().max(0) as u32;
        let n = self.nodes.clamp(1, replicas.max(1));
        let mut nodes = NodeConfig::named(n, Capacity::default());
        for (at, node) in nodes.iter_mut().enumerate() {
            node.capacity.pods = replicas / n + u32::from((at as u32) < replicas % n);
        }
        nodes
    }

    fn config(&self, situation: SituationId) -> ClusterConfig {
        let nodes = match situation {
            SituationId::GoodImage | SituationId::BadImage => self.config.nodes.clone(),
            SituationId::NodeLoss => NodeConfig::named(self.nodes, self.capacity),
            SituationId::NoSpareNode => self.exact_nodes(),
        };
        ClusterConfig { nodes, ..self.config.clone() }
    }
}

/// What became of one run. Times are seconds since the change of the image.
#[derive(Clone, Debug)]
pub struct Run {
    /// Seed.
    pub seed: u64,
    /// Pods over time (ns since the change).
    pub availability: Vec<(i64, PodsNow)>,
    /// When the rollout was complete.
    pub complete_s: Option<f64>,
    /// The least number of available pods until then (or until the undo, or the horizon).
    pub min_available: u32,
    /// ∫ max(0, replicas − available) dt over the same time.
    pub deficit_pod_seconds: f64,
    /// The most pods at a time.
    pub peak_pods: u32,
    /// Requests of the controllers since the change.
    pub requests: u64,
    /// When `ProgressDeadlineExceeded` was first reported.
    pub deadline_s: Option<f64>,
    /// Available pods when nothing moved any more (bad image).
    pub capacity_left: Option<u32>,
    /// When the rollout was undone.
    pub undo_s: Option<f64>,
    /// When a node was lost.
    pub node_lost_s: Option<f64>,
    /// From the undo until all were available again.
    pub recovery_s: Option<f64>,
    /// Why it did not finish.
    pub why_not: Option<String>,
}

/// Seconds between the report of the deadline and the undo that a person would do.
const UNDO_AFTER_S: i64 = 60;
/// Virtual time given to the first rollout, which is not measured.
const WARM_UP_S: i64 = 86_400;

fn workload(setting: &Setting, situation: SituationId) -> Workload {
    let good = Behavior { startup: setting.startup.clone(), gets_ready: true };
    let bad = Behavior { gets_ready: false, ..good.clone() };
    let images = match situation {
        SituationId::BadImage => BTreeMap::from([(setting.to_image.as_str().into(), bad)]),
        _ => BTreeMap::new(),
    };
    Workload {
        default: good,
        images,
        probe: setting.probe,
        stop: setting.stop.clone(),
        ..Workload::default()
    }
}

fn seconds(from: Time, to: Time) -> f64 {
    to.since(from) as f64 / SECOND as f64
}

struct Watch {
    id: DeploymentId,
    start: Time,
    template: maxsurge_core::api::PodTemplate,
    availability: Availability,
    complete: Option<Time>,
    deadline: Option<Time>,
    undone: Option<Time>,
    recovered: Option<Time>,
    replicas: u32,
    /// Whether a node is to be lost, and if it was, which and when.
    awaits_loss: bool,
    lost: Option<(NodeId, Time)>,
}

impl Watch {
    /// Whether all pods that were on a lost node are given up.
    fn is_healed(&self, cluster: &Cluster) -> bool {
        let Some((node, _)) = self.lost else { return !self.awaits_loss };
        let bound = cluster.nodes().get(node).into_iter().flat_map(|node| &node.pods);
        bound.into_iter().all(|pod| !cluster.store.pod(*pod).state.is_active())
    }

    /// Whether the rollout is in its middle: half of the pods are of the new template.
    fn is_half_done(&self, cluster: &Cluster) -> bool {
        // Counted from the pods: for a moment the status still speaks of the template before.
        let now = PodsNow::of(cluster, self.id, &self.template);
        2 * (now.new_ready + now.new_not_ready) >= self.replicas
    }

    /// The fullest node stops.
    fn lose_a_node(&mut self, cluster: &mut Cluster) -> Result<(), String> {
        let fullest =
            cluster.nodes().iter().max_by_key(|(id, node)| (node.pods.len(), std::cmp::Reverse(*id)));
        let node = fullest.map(|(id, _)| id).ok_or("a cluster without nodes cannot lose one")?;
        cluster.inject(Fault::NodeDown(node)).map_err(|error| error.to_string())?;
        self.lost = Some((node, cluster.now()));
        Ok(())
    }

    fn look(&mut self, cluster: &Cluster) {
        let Some(d) = cluster.store.deployment(self.id) else { return };
        let now = PodsNow::of(cluster, self.id, &self.template);
        self.availability.record(cluster.now(), now);
        let s = &d.status;
        let all = self.replicas as i32;
        let complete = s.observed_generation >= d.meta.generation
            && (s.updated_replicas, s.replicas, s.available_replicas) == (all, all, all)
            && self.is_healed(cluster);
        if complete && self.undone.is_none() && self.complete.is_none() {
            self.complete = Some(cluster.now());
        }
        if self.undone.is_some() && self.recovered.is_none() && complete {
            self.recovered = Some(cluster.now());
        }
        let exceeded = d.condition("Progressing").is_some_and(|c| c.reason == "ProgressDeadlineExceeded");
        if exceeded && self.deadline.is_none() {
            self.deadline = Some(cluster.now());
        }
    }
}

/// Runs one seed.
///
/// # Errors
/// If the controllers do not fall quiet, or the Deployment cannot be created at all.
pub fn run(
    setting: &Setting,
    strategy: &maxsurge_core::api::DeploymentStrategy,
    situation: SituationId,
    seed: u64,
) -> Result<Run, String> {
    let mut cluster = Cluster::new(setting.config(situation), workload(setting, situation), seed);
    let mut d = setting.deployment.clone();
    d.spec.strategy = strategy.clone();
    let replicas = d.replicas().max(0) as u32;
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let id = cluster.create(d).map_err(|e| text(&e))?;
    cluster.settle().map_err(|e| text(&e))?;
    let start = Time::EPOCH.plus_seconds(WARM_UP_S);
    cluster.run_before(start, &mut |_| ()).map_err(|e| text(&e))?;

    let template = setting
        .deployment
        .spec
        .template
        .with_image(None, &setting.to_image)
        .ok_or("the pod template has no container")?;
    let requests_before = cluster.statistics().requests;
    let first = PodsNow::of(&cluster, id, &template);
    let mut watch = Watch {
        id,
        start,
        template,
        availability: Availability::new(start, replicas, first),
        complete: None,
        deadline: None,
        undone: None,
        recovered: None,
        replicas,
        awaits_loss: situation == SituationId::NodeLoss,
        lost: None,
    };
    let image = UserAction::SetImage { container: None, image: setting.to_image.clone() };
    cluster.act(id, &image).map_err(|e| text(&e))?;
    cluster.settle().map_err(|e| text(&e))?;
    watch.look(&cluster);

    let horizon = start.plus_seconds(setting.horizon_s);
    // In slices, so that a rollout that is over ends the run.
    let mut until = start;
    let mut capacity_left = None;
    let mut requests = None;
    while until < horizon {
        if watch.awaits_loss && watch.lost.is_none() && watch.is_half_done(&cluster) {
            watch.lose_a_node(&mut cluster)?;
        } else if watch.awaits_loss && watch.lost.is_none() {
            // Instant by instant, so that the node is lost in the very one in which half the pods are new.
            until = cluster.next_at().unwrap_or(horizon).max(until).min(horizon);
            cluster.run_before(until, &mut |_| ()).map_err(|e| text(&e))?;
            cluster.settle().map_err(|e| text(&e))?;
            watch.look(&cluster);
            continue;
        }
        let undo_at =
            watch.deadline.filter(|_| watch.undone.is_none()).map(|at| at.plus_seconds(UNDO_AFTER_S));
        let undo_at = undo_at.filter(|_| situation == SituationId::BadImage).unwrap_or(horizon);
        until = cluster.next_at().unwrap_or(horizon).plus_seconds(1).min(undo_at).max(until).min(horizon);
        cluster.run_before(until, &mut |cluster| watch.look(cluster)).map_err(|e| text(&e))?;
        if watch.complete.is_some() || watch.recovered.is_some() {
            requests.get_or_insert(cluster.statistics().requests - requests_before);
            let quiet = cluster.replica_sets_of(id).all(|(rs, _)| cluster.store.totals(rs).terminating == 0);
            if quiet {
                break;
            }
        }
        if undo_at < horizon && until >= undo_at {
            capacity_left = Some(PodsNow::of(&cluster, id, &watch.template).available);
            requests.get_or_insert(cluster.statistics().requests - requests_before);
            watch.undone = Some(cluster.now());
            cluster.act(id, &UserAction::Undo(None)).map_err(|e| text(&e))?;
            cluster.settle().map_err(|e| text(&e))?;
            watch.look(&cluster);
        }
    }
    let end = watch.complete.or(watch.undone).unwrap_or(horizon);
    let no_room = cluster.nodes().pending().next().is_some();
    let why_not = match (watch.complete, watch.deadline) {
        (Some(_), _) => None,
        (None, Some(_)) if no_room => {
            Some("ProgressDeadlineExceeded: new pods stay Pending, no node has room for them".to_string())
        }
        (None, None) if no_room => Some("new pods stay Pending, no node has room for them".to_string()),
        (None, Some(_)) => Some("ProgressDeadlineExceeded: new pods never became ready".to_string()),
        (None, None) if situation == SituationId::BadImage => {
            Some("new pods never became ready, and no deadline was reported".to_string())
        }
        (None, None) => Some(format!("not complete after {} s", setting.horizon_s)),
    };
    Ok(Run {
        seed,
        complete_s: watch.complete.map(|at| seconds(start, at)),
        min_available: watch.availability.min_available(end),
        deficit_pod_seconds: watch.availability.deficit_pod_seconds(end),
        peak_pods: watch.availability.peak(),
        requests: requests.unwrap_or_else(|| cluster.statistics().requests - requests_before),
        deadline_s: watch.deadline.map(|at| seconds(watch.start, at)),
        capacity_left: if situation == SituationId::BadImage {
            capacity_left.or_else(|| Some(PodsNow::of(&cluster, id, &watch.template).available))
        } else {
            None
        },
        node_lost_s: watch.lost.map(|(_, at)| seconds(start, at)),
        undo_s: watch.undone.map(|at| seconds(start, at)),
        recovery_s: watch.undone.zip(watch.recovered).map(|(undone, recovered)| seconds(undone, recovered)),
        availability: watch.availability.steps,
        why_not,
    })
}
