//! The world as one value: API server, caches, work queues, controllers and kubelets in virtual time.
//!
//! An *instant* is worked off whole before time goes on: everything due (user steps, pods that change, timers)
//! is applied to the store, its watch events reach the caches, and the controllers run until nothing is left to
//! do, the Deployment controller first and then in turns.

mod config;
mod controllers;
mod crowds;
mod fault;
mod frozen;
mod garbage;
mod handlers;
mod informer;
mod journal;
mod kubelet;
mod meddling;
pub mod nodes;
mod passes;
mod pod_table;
pub mod pods;
mod rank;
mod relist;
mod scheduler;
mod server;
mod set_keys;
pub mod store;
mod timed;
mod user;
mod waiting;
mod watch;
mod work_queue;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use config::{ClusterConfig, RequestBudget};
pub use controllers::Controllers;
pub(crate) use fault::of_word;
pub use fault::{ApiFault, Fault, Write};
pub use journal::{Again, CachedSets, PassRecord, Refusal, Seen, Sent, Wake};
pub use meddling::{MapPatch, PodChange, ReplicaSetChange};
pub use server::Note;
pub use timed::{Answer, Request};
pub use user::{UserAction, UserError};
pub use watch::Watched;

use self::fault::Gate;
use self::informer::PodCache;
use self::kubelet::{BackOff, Run};
use self::nodes::Nodes;
use self::pods::{DeploymentId, NodeId, PodId, RsId};
use self::relist::Losses;
use self::server::SetNames;
use self::set_keys::SetKeys;
use self::store::{Change, Store};
use self::timed::ActivePass;
use self::watch::Watches;
use self::work_queue::{TokenBucket, WorkQueue};
use crate::api::{Deployment, ReplicaSet, Time};
use crate::controller::replicaset::Memory;
use crate::sim::{Queue, Rng};
use crate::workload::Workload;

/// Which controller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Controller {
    Deployment,
    ReplicaSet,
}

/// What happens later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    /// The containers of a pod run (of each pod: in which of its lives).
    PodStarted(PodId, u32),
    /// A pod passes its readiness probe.
    PodReady(PodId, u32),
    /// A container of a pod ends by itself.
    PodCrashed(PodId, u32),
    /// It is started again.
    PodRestarts(PodId, u32),
    /// A terminating pod ends and its object goes.
    PodGone(PodId, u32),
    /// The node controller notices that a node is silent (in which of its outages).
    NodeSilent(NodeId, u32),
    /// The next silent node gets its `NoExecute` taint.
    NodeTaint,
    /// A pod's toleration of that taint ends.
    TaintEviction(PodId, NodeId, u32),
    /// Pods of a node that was removed are collected.
    PodsOrphaned(NodeId),
    /// The garbage collector has found a pod whose ReplicaSet is gone.
    Collect(PodId),
    /// The next request of a pass reaches the API server, if its sender still lives (controller, slot, life).
    Request(Controller, u32, u32),
    /// kube-controller-manager works again.
    ControllersBack(u32),
}

/// Work done so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// Passes of the Deployment controller.
    pub deployment_passes: u64,
    /// Passes of the ReplicaSet controller.
    pub replica_set_passes: u64,
    /// Passes that ended with an error.
    pub failed_passes: u64,
    /// Requests of both controllers to the API server.
    pub requests: u64,
    /// Events taken from the event queue.
    pub events: u64,
    /// Watch events delivered.
    pub deliveries: u64,
}

/// Why a run cannot go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stuck {
    /// The controllers kept working without time going on.
    TooManyPasses {
        /// When.
        at: Time,
        /// The limit.
        passes_max: u32,
    },
}

impl std::fmt::Display for Stuck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Stuck::TooManyPasses { at, passes_max } = self;
        write!(f, "more than {passes_max} passes in the instant {at}: the controllers do not fall quiet")
    }
}

impl std::error::Error for Stuck {}

/// The world.
pub struct Cluster {
    now: Time,
    config: ClusterConfig,
    workload: Workload,
    /// The API server's objects: the truth.
    pub store: Store,
    events: Queue<Event>,
    // What the controllers' caches hold.
    deployments: Vec<Option<Arc<Deployment>>>,
    sets: Vec<Option<Arc<ReplicaSet>>>,
    /// Those that there are, once somebody has asked, until one changes.
    listed_sets: OnceCell<CachedSets>,
    set_names: SetNames,
    set_keys: SetKeys,
    owner_of: Vec<Option<DeploymentId>>,
    children: Vec<Vec<RsId>>,
    unowned: BTreeSet<RsId>,
    pods: PodCache,
    applied_pods: u64,
    applied_sets: u64,
    // The controllers.
    controllers: Controllers,
    deployment_queue: WorkQueue,
    set_queue: WorkQueue,
    memory: Vec<Memory<PodId>>,
    active: [Vec<Option<ActivePass>>; 2],
    budgets: [Option<TokenBucket>; 2],
    // What is broken.
    gate: Gate,
    life: u32,
    controllers_away: bool,
    losses: Losses,
    // How the caches learn of writes.
    watches: Watches,
    // Nodes and their kubelets.
    nodes: Nodes,
    runs: Vec<Run>,
    back_offs: BTreeMap<PodId, BackOff>,
    startup_rng: Rng,
    stop_rng: Rng,
    crash_rng: Rng,
    notes: Option<Vec<Note>>,
    journal: Option<Vec<PassRecord>>,
    statistics: Statistics,
    scratch: Vec<(u64, Change)>,
    views: Vec<Arc<ReplicaSet>>,
}

impl Cluster {
    /// An empty world at [`Time::EPOCH`].
    pub fn new(config: ClusterConfig, workload: Workload, seed: u64) -> Self {
        let mut store = Store::default();
        store.quota_pods = config.quota_pods;
        store.has_nodes = !config.nodes.is_empty();
        let nodes = Nodes::new(&config.nodes);
        Cluster {
            now: Time::EPOCH,
            budgets: config.budgets(),
            gate: Gate::default(),
            life: 0,
            controllers_away: false,
            losses: Losses::default(),
            watches: Watches::new(config.watch_delay_ns),
            config,
            workload,
            store,
            events: Queue::default(),
            deployments: Vec::new(),
            sets: Vec::new(),
            listed_sets: OnceCell::new(),
            set_names: SetNames::new(),
            set_keys: SetKeys::default(),
            owner_of: Vec::new(),
            children: Vec::new(),
            unowned: BTreeSet::new(),
            pods: PodCache::new(!nodes.is_empty()),
            nodes,
            runs: Vec::new(),
            back_offs: BTreeMap::new(),
            applied_pods: 0,
            applied_sets: 0,
            controllers: Controllers::default(),
            deployment_queue: WorkQueue::new(),
            set_queue: WorkQueue::new(),
            memory: Vec::new(),
            active: Default::default(),
            startup_rng: Rng::new(seed, 1),
            stop_rng: Rng::new(seed, 2),
            crash_rng: Rng::new(seed, 3),
            notes: None,
            journal: None,
            statistics: Statistics::default(),
            scratch: Vec::new(),
            views: Vec::new(),
        }
    }

    /// Virtual time.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What kind of cluster it is.
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// Work done so far.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Keeps Kubernetes events from here on.
    pub fn keep_notes(&mut self) {
        self.notes.get_or_insert_default();
    }

    /// Takes the Kubernetes events kept since the last call.
    pub fn take_notes(&mut self) -> Vec<Note> {
        self.notes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// ReplicaSets owned by a Deployment, as they are in the store, oldest first.
    pub fn replica_sets_of(&self, d: DeploymentId) -> impl Iterator<Item = (RsId, &Arc<ReplicaSet>)> {
        let uid = self.store.deployment(d).map_or("", |d| &d.meta.uid);
        self.store.replica_sets_owned_by(uid)
    }

    /// The instant of the next thing that happens by itself.
    pub fn next_at(&self) -> Option<Time> {
        [
            self.events.next_at(),
            self.watches.next_at(),
            self.deployment_queue.next_at(),
            self.set_queue.next_at(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Works off everything that happens before `until`, calling `observe` after each instant in which anything
    /// happened; then time is `until`, whose own events are still to come.
    pub fn run_before(&mut self, until: Time, observe: &mut impl FnMut(&Cluster)) -> Result<(), Stuck> {
        while self.step(until)? {
            observe(self);
        }
        Ok(())
    }

    /// Works off the next instant before `until` in which anything happens. `false` = there is none, and time is `until`.
    pub fn step(&mut self, until: Time) -> Result<bool, Stuck> {
        let Some(at) = self.next_at().filter(|at| *at < until) else {
            self.now = self.now.max(until);
            return Ok(false);
        };
        self.now = self.now.max(at);
        self.settle()?;
        Ok(true)
    }

    /// The timers of the queues that are due go off; they come before all else that happens at an instant.
    pub(crate) fn timers_go_off(&mut self) {
        self.statistics.events += self.deployment_queue.add_due(self.now) + self.set_queue.add_due(self.now);
    }

    /// Works off the current instant.
    pub fn settle(&mut self) -> Result<(), Stuck> {
        let mut passes = 0;
        self.timers_go_off();
        loop {
            while let Some(event) = self.events.pop_due(self.now) {
                self.statistics.events += 1;
                self.happen(event);
            }
            self.take_effects();
            // After all that happens at this instant, whatever was written first.
            self.deliver_due();
            let mut worked = false;
            for controller in [Controller::Deployment, Controller::ReplicaSet] {
                if self.controllers_away {
                    break;
                }
                let busy = self.active[controller as usize].iter().flatten().count();
                if busy >= self.config.workers as usize {
                    continue;
                }
                let key = match controller {
                    Controller::Deployment => self.deployment_queue.take(),
                    Controller::ReplicaSet => self.set_queue.take().map(|key| self.set_keys.set(key).0),
                };
                let Some(key) = key else { continue };
                worked = true;
                passes += 1;
                match (controller, self.is_instant()) {
                    (Controller::Deployment, true) => self.deployment_pass(DeploymentId(key)),
                    (Controller::ReplicaSet, true) => self.replica_set_pass(RsId(key)),
                    (_, false) => self.begin(controller, key),
                }
                self.bury_controllers();
                self.take_effects();
            }
            if passes > self.config.passes_per_instant_max {
                return Err(Stuck::TooManyPasses {
                    at: self.now,
                    passes_max: self.config.passes_per_instant_max,
                });
            }
            if !worked && self.events.next_at().is_none_or(|at| at > self.now) {
                return Ok(());
            }
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::PodStarted(pod, life) => self.pod_started(pod, life),
            Event::PodReady(pod, life) => self.pod_ready(pod, life),
            Event::PodCrashed(pod, life) => self.pod_crashed(pod, life),
            Event::PodRestarts(pod, life) => self.pod_restarts(pod, life),
            Event::PodGone(pod, life) => self.pod_gone(pod, life),
            Event::NodeSilent(node, outage) => self.node_silent(node, outage),
            Event::NodeTaint => self.node_taint(),
            Event::PodsOrphaned(node) => self.pods_orphaned(node),
            Event::TaintEviction(pod, node, outage) => self.taint_eviction(pod, node, outage),
            Event::Collect(pod) => self.collect_pod(pod),
            Event::Request(controller, slot, life) => {
                if life == self.life {
                    self.request(controller, slot as usize);
                    self.bury_controllers();
                }
            }
            Event::ControllersBack(life) => self.controllers_back(life),
        }
    }

    /// What writes set off: kubelets take up pods, watch events travel to the caches.
    pub(crate) fn take_effects(&mut self) {
        let mut changes = std::mem::take(&mut self.scratch);
        loop {
            // A kubelet may write in turn (a pod that stops at once), hence the loop.
            self.store.take_changes(&mut changes);
            if changes.is_empty() {
                break;
            }
            self.take_changes(&mut changes);
        }
        self.scratch = changes;
    }
}
