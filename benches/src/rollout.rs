//! One rollout from the change of the template to its end, with what it cost and what it did.

use std::time::{Duration, Instant};

use maxsurge_core::api::{Deployment, PodTemplate, Time};
use maxsurge_core::cluster::pods::DeploymentId;
use maxsurge_core::cluster::{Cluster, ClusterConfig, Statistics, UserAction};
use maxsurge_core::metrics::{Availability, PodsNow};
use maxsurge_core::oracle::Safety;
use maxsurge_core::sim::{Distribution, SECOND};
use maxsurge_core::workload::{Behavior, Workload};
use serde_json::Value;

use crate::{deployment, named};

/// Image before and after.
const IMAGES: [&str; 2] = ["web:1", "web:2"];

/// What is rolled out, and where.
#[derive(Clone, Debug)]
pub struct Rollout {
    /// `spec.replicas`.
    pub pods: i32,
    /// `spec.strategy`.
    pub strategy: Value,
    /// A Deployment to take instead of one of these two.
    pub manifest: Option<Box<Deployment>>,
    /// The control plane.
    pub config: ClusterConfig,
    /// From the creation of a pod to its readiness.
    pub startup: Distribution,
    /// Seed of the start-up times.
    pub seed: u64,
}

/// What it came to.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Wall time from the change of the template until nothing is left to do.
    pub took: Duration,
    /// Work done in it.
    pub work: Statistics,
    /// Pods created in it.
    pub created: usize,
}

/// What a rollout did in virtual time.
#[derive(Clone, Copy, Debug)]
pub struct Virtual {
    /// From the change to completion, s.
    pub complete_s: f64,
    /// ∫ max(0, replicas − available) dt until then.
    pub deficit_pod_seconds: f64,
    /// The most pods that existed at a time.
    pub peak_pods: u32,
    /// Requests of the controllers.
    pub requests: u64,
}

/// The work of `after` that is not in `before`.
pub fn since(before: &Statistics, after: &Statistics) -> Statistics {
    Statistics {
        deployment_passes: after.deployment_passes - before.deployment_passes,
        replica_set_passes: after.replica_set_passes - before.replica_set_passes,
        failed_passes: after.failed_passes - before.failed_passes,
        requests: after.requests - before.requests,
        events: after.events - before.events,
        deliveries: after.deliveries - before.deliveries,
    }
}

impl Rollout {
    /// Without delays; every pod has its own start-up time, drawn from 5 s … 20 s in nanoseconds.
    pub fn ideal(pods: i32, strategy: Value) -> Self {
        Rollout {
            pods,
            strategy,
            manifest: None,
            config: ClusterConfig::ideal(),
            startup: Distribution::Uniform(5 * SECOND, 20 * SECOND),
            seed: 1,
        }
    }

    /// The world in which the old template is rolled out and all is at rest.
    pub fn at_rest(&self) -> (Cluster, DeploymentId) {
        let default = Behavior { startup: self.startup.clone(), gets_ready: true };
        let workload = Workload { default, ..Workload::default() };
        let mut cluster = Cluster::new(self.config.clone(), workload, self.seed);
        let d = self.manifest.as_deref().cloned();
        let d = d.unwrap_or_else(|| deployment(self.pods, &self.strategy));
        let id = cluster.create(d).expect("the cluster is empty");
        cluster.settle().expect("it settles");
        // With a request budget of 20 a second, a pod takes 50 ms.
        let until = Time::EPOCH.plus_seconds(600 + i64::from(self.pods));
        cluster.run_before(until, &mut |_| ()).expect("it settles");
        (cluster, id)
    }

    /// Virtual time that is enough for any strategy: one pod after the other.
    fn horizon_s(&self) -> i64 {
        let min_ready_s = self.manifest.as_ref().map_or(0, |d| d.spec.min_ready_seconds);
        600 + (30 + i64::from(min_ready_s)) * i64::from(self.pods)
    }

    /// Changes the image and plays until nothing is left to do.
    pub fn play(&self, cluster: &mut Cluster, id: DeploymentId) -> Outcome {
        let (before, pods_before) = (cluster.statistics(), cluster.store.pods().len());
        let until = cluster.now().plus_seconds(self.horizon_s());
        let start = Instant::now();
        change(cluster, id);
        cluster.run_before(until, &mut |_| ()).expect("it settles");
        let took = start.elapsed();
        assert!(is_complete(cluster, id), "the rollout did not complete");
        Outcome {
            took,
            work: since(&before, &cluster.statistics()),
            created: cluster.store.pods().len() - pods_before,
        }
    }

    /// The same again from a world at rest; also drops the world within no measured time.
    pub fn run(&self) -> Outcome {
        let (mut cluster, id) = self.at_rest();
        self.play(&mut cluster, id)
    }

    /// The same, measured in virtual time.
    pub fn observe(&self) -> Virtual {
        let (mut cluster, id) = self.at_rest();
        let template = new_template(&cluster, id);
        let (start, requests) = (cluster.now(), cluster.statistics().requests);
        let first = PodsNow::of(&cluster, id, &template);
        let mut availability = Availability::new(start, self.pods as u32, first);
        let mut complete: Option<(Time, u64)> = None;
        let mut look = |cluster: &Cluster| {
            availability.record(cluster.now(), PodsNow::of(cluster, id, &template));
            if complete.is_none() && is_complete(cluster, id) {
                complete = Some((cluster.now(), cluster.statistics().requests));
            }
        };
        change(&mut cluster, id);
        look(&cluster);
        cluster.run_before(start.plus_seconds(self.horizon_s()), &mut look).expect("it settles");
        let (end, requests_after) = complete.expect("the rollout completes");
        Virtual {
            complete_s: end.since(start) as f64 / SECOND as f64,
            deficit_pod_seconds: availability.deficit_pod_seconds(end),
            peak_pods: availability.peak(),
            requests: requests_after - requests,
        }
    }

    /// When a rollout without delays is complete, s, if the n-th pod created in it takes `startup_ns[n % len]`.
    pub fn completion_by_order(pods: i32, strategy: &Value, startup_ns: &[u64]) -> f64 {
        // The pods of the first rollout count, too: turn the list so that the second begins at its start.
        let len = startup_ns.len();
        let turned = |n: usize| startup_ns[(n + len - pods as usize % len) % len] as i64;
        let workload = Workload { startup_by_order: (0..len).map(turned).collect(), ..Workload::default() };
        let mut cluster = Cluster::new(ClusterConfig::ideal(), workload, 0);
        let id = cluster.create(deployment(pods, strategy)).expect("the cluster is empty");
        cluster.settle().expect("it settles");
        cluster.run_before(Time::EPOCH.plus_seconds(600), &mut |_| ()).expect("it settles");
        let start = cluster.now();
        change(&mut cluster, id);
        while !is_complete(&cluster, id) {
            let next = cluster.next_at().expect("pods are on their way");
            cluster.run_before(next.plus_nanos(1), &mut |_| ()).expect("it settles");
        }
        // One nanosecond beyond the last instant.
        (cluster.now().since(start) - 1) as f64 / SECOND as f64
    }

    /// The same with the oracles on: every instant is recounted from the pods and judged.
    ///
    /// # Panics
    /// If a property does not hold.
    pub fn judged(&self) {
        let (mut cluster, id) = self.at_rest();
        let mut safety = Safety::new(id);
        let until = cluster.now().plus_seconds(self.horizon_s());
        safety.after(&cluster, false, true).unwrap_or_else(|violation| panic!("{violation:?}"));
        change(&mut cluster, id);
        safety.after(&cluster, false, true).unwrap_or_else(|violation| panic!("{violation:?}"));
        let mut judge = |cluster: &Cluster| {
            safety.after(cluster, true, true).unwrap_or_else(|violation| panic!("{violation:?}"));
        };
        cluster.run_before(until, &mut judge).expect("it settles");
        maxsurge_core::oracle::at_rest(&cluster, id).unwrap_or_else(|violation| panic!("{violation:?}"));
    }
}

fn new_template(cluster: &Cluster, id: DeploymentId) -> PodTemplate {
    let d = cluster.store.deployment(id).expect("it exists");
    d.spec.template.with_image(None, IMAGES[1]).expect("it has a container")
}

/// Sets the new image and works off the instant.
pub fn change(cluster: &mut Cluster, id: DeploymentId) {
    let action = UserAction::SetImage { container: None, image: IMAGES[1].into() };
    cluster.act(id, &action).expect("the Deployment exists");
    cluster.settle().expect("it settles");
}

/// Whether the Deployment's status says that the rollout is complete.
pub fn is_complete(cluster: &Cluster, id: DeploymentId) -> bool {
    let d = cluster.store.deployment(id).expect("it exists");
    let (all, s) = (d.replicas(), &d.status);
    s.observed_generation >= d.meta.generation
        && (s.updated_replicas, s.replicas, s.available_replicas) == (all, all, all)
}

/// Many Deployments that are rolled out at once.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// How many.
    pub deployments: usize,
    /// `spec.replicas` of each.
    pub pods: i32,
    /// `spec.strategy` of each.
    pub strategy: Value,
    /// The control plane.
    pub config: ClusterConfig,
}

impl Fleet {
    /// Plays it; answers the wall time, the work, and how long it took in virtual time, s.
    pub fn run(&self) -> (Outcome, f64) {
        // Set up without limits, so that only the rollout is measured.
        let startup = Distribution::Uniform(5 * SECOND, 20 * SECOND);
        let default = Behavior { startup, gets_ready: true };
        let workload = Workload { default, ..Workload::default() };
        let mut cluster = Cluster::new(self.config.clone(), workload, 1);
        let name = |n: usize| format!("web-{n:04}");
        let create = |n: usize| named(&name(n), self.pods, &self.strategy);
        let ids: Vec<_> =
            (0..self.deployments).map(|n| cluster.create(create(n)).expect("new names")).collect();
        cluster.settle().expect("it settles");
        let requests = 3 * self.deployments as i64 * (i64::from(self.pods) + 20);
        let until = cluster.now().plus_seconds(600 + requests / 20);
        cluster.run_before(until, &mut |_| ()).expect("it settles");
        let (before, pods_before, began) = (cluster.statistics(), cluster.store.pods().len(), cluster.now());
        let start = Instant::now();
        for id in &ids {
            let action = UserAction::SetImage { container: None, image: IMAGES[1].into() };
            cluster.act(*id, &action).expect("it exists");
        }
        cluster.settle().expect("it settles");
        // In slices, to see when the last one is complete.
        while !ids.iter().all(|id| is_complete(&cluster, *id)) {
            let next = cluster.next_at().expect("it completes");
            let until = next.plus_seconds(1).max(cluster.now().plus_seconds(1));
            cluster.run_before(until, &mut |_| ()).expect("it settles");
        }
        let took = start.elapsed();
        let work = since(&before, &cluster.statistics());
        let created = cluster.store.pods().len() - pods_before;
        (Outcome { took, work, created }, cluster.now().since(began) as f64 / SECOND as f64)
    }
}
