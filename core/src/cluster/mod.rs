//! The world as one value: API server, caches, work queues, controllers and kubelets in virtual time.
//!
//! An *instant* is worked off whole before time goes on: everything due (user steps, pods that change, timers)
//! is applied to the store, its watch events reach the caches, and the controllers run until nothing is left to
//! do, the Deployment controller first and then in turns.

mod config;
mod informer;
mod journal;
pub mod pods;
mod rank;
mod server;
pub mod store;
mod timed;
mod user;
mod work_queue;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

pub use config::{ClusterConfig, RequestBudget};
pub use journal::{Again, PassRecord, Refusal, Seen, Sent, Wake};
pub use server::Note;
pub use timed::{Answer, Request};
pub use user::{UserAction, UserError};

use self::informer::PodCache;
use self::journal::Recorded;
use self::pods::{DeploymentId, NodeId, Phase, PodId, PodState, RsId, stamp};
use self::server::{CachedPods, Lookup, Server};
use self::store::{Change, Store};
use self::timed::{ActivePass, FrozenLookup, FrozenPods, PassView, Remembered, Script};
use self::work_queue::{TokenBucket, WorkQueue};
use crate::api::{Deployment, ReplicaSet, Time};
use crate::controller::deployment::{DeploymentLookup as _, DeploymentView};
use crate::controller::replicaset::Memory;
use crate::controller::{Requeue, SyncError, deployment, replicaset};
use crate::sim::{Queue, Rng};
use crate::workload::{Startup, Workload};

/// Which controller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Controller {
    Deployment,
    ReplicaSet,
}

/// What happens later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    /// A pod passes its readiness probe.
    PodReady(PodId),
    /// A terminating pod ends and its object goes.
    PodGone(PodId),
    /// Watch events have reached the caches.
    Deliver,
    /// A delayed key is due.
    Timer(Controller, u32, Time),
    /// The next request of a pass reaches the API server.
    Request(Controller, usize),
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
    owner_of: Vec<Option<DeploymentId>>,
    children: Vec<Vec<RsId>>,
    unowned: BTreeSet<RsId>,
    pods: PodCache,
    applied_pods: u64,
    applied_sets: u64,
    pending: VecDeque<(Time, u64, Change)>,
    // The controllers.
    deployment_queue: WorkQueue,
    set_queue: WorkQueue,
    memory: Vec<Memory<PodId>>,
    active: [Vec<Option<ActivePass>>; 2],
    budgets: [Option<TokenBucket>; 2],
    startup_rng: Rng,
    stop_rng: Rng,
    notes: Option<Vec<Note>>,
    journal: Option<Vec<PassRecord>>,
    statistics: Statistics,
    scratch: Vec<(u64, Change)>,
    views: Vec<Arc<ReplicaSet>>,
}

/// Retries of a failing Deployment before its key is dropped until the next event.
const DEPLOYMENT_RETRIES_MAX: u32 = 15;

impl Cluster {
    /// An empty world at [`Time::EPOCH`].
    pub fn new(config: ClusterConfig, workload: Workload, seed: u64) -> Self {
        let mut store = Store::default();
        store.quota_pods = config.quota_pods;
        let budget = config.budget.map(|budget| {
            TokenBucket::new(
                crate::sim::SECOND / i64::from(budget.qps.max(1)),
                i64::from(budget.burst.max(1)),
            )
        });
        Cluster {
            now: Time::EPOCH,
            config,
            workload,
            store,
            events: Queue::default(),
            deployments: Vec::new(),
            sets: Vec::new(),
            owner_of: Vec::new(),
            children: Vec::new(),
            unowned: BTreeSet::new(),
            pods: PodCache::new(false),
            applied_pods: 0,
            applied_sets: 0,
            pending: VecDeque::new(),
            deployment_queue: WorkQueue::new(),
            set_queue: WorkQueue::new(),
            memory: Vec::new(),
            active: Default::default(),
            budgets: [budget; 2],
            startup_rng: Rng::new(seed, 1),
            stop_rng: Rng::new(seed, 2),
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
        let uid = self.store.deployment(d).map(|d| d.meta.uid.clone());
        self.store
            .replica_sets()
            .filter(move |(_, rs)| rs.meta.controller().map(|owner| &owner.uid) == uid.as_ref())
    }

    /// The instant of the next thing that happens by itself.
    pub fn next_at(&self) -> Option<Time> {
        self.events.next_at()
    }

    /// Works off everything that happens before `until`, calling `observe` after each instant in which anything
    /// happened; then time is `until`, whose own events are still to come.
    pub fn run_before(&mut self, until: Time, observe: &mut impl FnMut(&Cluster)) -> Result<(), Stuck> {
        while let Some(at) = self.events.next_at().filter(|at| *at < until) {
            self.now = self.now.max(at);
            self.settle()?;
            observe(self);
        }
        self.now = self.now.max(until);
        Ok(())
    }

    /// Works off the current instant.
    pub fn settle(&mut self) -> Result<(), Stuck> {
        let mut passes = 0;
        loop {
            while let Some(event) = self.events.pop_due(self.now) {
                self.statistics.events += 1;
                self.happen(event);
            }
            self.take_effects();
            let mut worked = false;
            for controller in [Controller::Deployment, Controller::ReplicaSet] {
                let busy = self.active[controller as usize].iter().flatten().count();
                if busy >= self.config.workers as usize {
                    continue;
                }
                let key = match controller {
                    Controller::Deployment => self.deployment_queue.take(),
                    Controller::ReplicaSet => self.set_queue.take(),
                };
                let Some(key) = key else { continue };
                worked = true;
                passes += 1;
                match (controller, self.config.is_instant()) {
                    (Controller::Deployment, true) => self.deployment_pass(DeploymentId(key)),
                    (Controller::ReplicaSet, true) => self.replica_set_pass(RsId(key)),
                    (_, false) => self.begin(controller, key),
                }
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
            Event::PodReady(pod) => {
                let state = self.store.pod(pod).state;
                if state.is_active() && !state.ready {
                    let ready_s = stamp(self.now);
                    self.store
                        .put_pod(pod, PodState { ready: true, phase: Phase::Running, ready_s, ..state });
                }
            }
            Event::PodGone(pod) => self.store.remove_pod(pod),
            Event::Deliver => self.deliver_due(),
            Event::Request(controller, slot) => self.request(controller, slot),
            Event::Timer(Controller::Deployment, key, at) => self.deployment_queue.timer(key, at),
            Event::Timer(Controller::ReplicaSet, key, at) => self.set_queue.timer(key, at),
        }
    }

    /// What writes set off: kubelets take up pods, watch events travel to the caches.
    fn take_effects(&mut self) {
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

    fn take_changes(&mut self, changes: &mut Vec<(u64, Change)>) {
        for (version, change) in changes.drain(..) {
            if let Change::Pod(pod, state) = &change {
                self.kubelet(*pod, state);
            }
            if self.config.watch_delay_ns == 0 {
                self.deliver(version, change);
            } else {
                let at = self.now.plus_nanos(self.config.watch_delay_ns);
                if self.pending.back().is_none_or(|(last, ..)| *last < at) {
                    self.events.push(at, Event::Deliver);
                }
                self.pending.push_back((at, version, change));
            }
        }
    }

    fn deliver_due(&mut self) {
        while self.pending.front().is_some_and(|(at, ..)| *at <= self.now) {
            let (_, version, change) = self.pending.pop_front().expect("just seen");
            self.deliver(version, change);
        }
    }

    fn kubelet(&mut self, pod: PodId, state: &PodState) {
        if !state.exists {
            return;
        }
        if state.deleting {
            let grace_s = 30;
            let stop = self.workload.stop(grace_s, &mut self.stop_rng);
            if stop == 0 {
                self.store.remove_pod(pod);
            } else {
                self.events.push(self.now.plus_nanos(stop), Event::PodGone(pod));
            }
        } else if state.phase == Phase::Pending && state.node == NodeId::NONE && !state.ready {
            let started = self.now.plus_nanos(self.config.start_delay_ns);
            let image = self.store.image(pod).clone();
            if let Startup::Ready(ns) = self.workload.startup(pod.0, &image, &mut self.startup_rng) {
                self.events.push(started.plus_nanos(ns), Event::PodReady(pod));
            }
        }
    }

    // Watch events and what they wake.

    fn deliver(&mut self, version: u64, change: Change) {
        self.statistics.deliveries += 1;
        match change {
            Change::Deployment(id, object) => {
                let at = id.0 as usize;
                if self.deployments.len() <= at {
                    self.deployments.resize(at + 1, None);
                    self.children.resize(at + 1, Vec::new());
                }
                self.deployments[at] = object;
                self.deployment_queue.add(id.0);
            }
            Change::ReplicaSet(id, object) => {
                self.applied_sets = version;
                self.deliver_replica_set(id, object);
            }
            Change::Pod(id, state) => {
                self.applied_pods = version;
                self.deliver_pod(id, &state);
            }
        }
    }

    fn deliver_replica_set(&mut self, id: RsId, object: Option<Arc<ReplicaSet>>) {
        let at = id.0 as usize;
        if self.sets.len() <= at {
            self.sets.resize(at + 1, None);
            self.owner_of.resize(at + 1, None);
            self.memory.resize_with(at + 1, Memory::default);
        }
        let old_owner = self.owner_of[at];
        let new_owner = object.as_ref().and_then(|rs| self.resolve_deployment(rs));
        let labels_changed = match (&self.sets[at], &object) {
            (Some(old), Some(new)) => old.meta.labels != new.meta.labels,
            _ => true,
        };
        let had_controller = self.sets[at].as_ref().is_some_and(|rs| rs.meta.controller().is_some());
        match &object {
            Some(rs) => self.pods.add_set(id, rs, new_owner.map(|d| d.0)),
            None => {
                self.memory[at].expectations.clear();
                self.memory[at].own_writes.clear();
            }
        }
        if old_owner != new_owner {
            if let Some(old) = old_owner {
                self.children[old.0 as usize].retain(|rs| *rs != id);
                self.deployment_queue.add(old.0);
            }
            if let Some(new) = new_owner {
                self.children[new.0 as usize].push(id);
            }
            self.owner_of[at] = new_owner;
        }
        match (&object, new_owner) {
            (_, Some(owner)) => self.deployment_queue.add(owner.0),
            (Some(rs), None) if rs.meta.controller().is_none() && (labels_changed || had_controller) => {
                // An orphan wakes every Deployment that might adopt it.
                for (key, d) in self.deployments.iter().enumerate() {
                    let matches = d.as_ref().and_then(|d| d.spec.selector.as_ref()).is_some_and(|selector| {
                        !selector.is_empty()
                            && !rs.meta.labels.is_empty()
                            && selector.matches(&rs.meta.labels)
                    });
                    if matches {
                        self.deployment_queue.add(key as u32);
                    }
                }
            }
            _ => {}
        }
        if object.is_some() && new_owner.is_none() {
            self.unowned.insert(id);
        } else {
            self.unowned.remove(&id);
        }
        self.sets[at] = object;
        self.set_queue.add(id.0);
    }

    fn resolve_deployment(&self, rs: &ReplicaSet) -> Option<DeploymentId> {
        let owner = rs.meta.controller().filter(|owner| owner.kind == "Deployment")?;
        let found = |d: &Deployment| d.meta.name == owner.name && d.meta.uid == owner.uid;
        let at = self.deployments.iter().position(|d| d.as_deref().is_some_and(found))?;
        Some(DeploymentId(at as u32))
    }

    fn deliver_pod(&mut self, id: PodId, new: &PodState) {
        let old = self.pods.apply(id, new, self.store.labels(), self.now);
        let resolved = |owner: Option<RsId>| {
            owner.filter(|rs| self.sets.get(rs.0 as usize).is_some_and(Option::is_some))
        };
        let new_owner = resolved(new.owner);
        if !new.exists || new.deleting {
            // Being marked counts as deleted, so that the removal later is no news to the expectations.
            if let Some(rs) = new_owner {
                self.memory[rs.0 as usize].expectations.deletion_observed(id);
                self.set_queue.add(rs.0);
            }
            if !new.exists
                && let Some(d) = new_owner.and_then(|rs| self.owner_of[rs.0 as usize])
                && let Some(object) = &self.deployments[d.0 as usize]
                && object.spec.strategy.type_ == crate::api::StrategyType::Recreate
            {
                // A Recreate rollout waits for the last old pod.
                self.deployment_queue.add(d.0);
            }
            return;
        }
        let Some(old) = old else {
            match new_owner {
                Some(rs) => {
                    self.memory[rs.0 as usize].expectations.creation_observed();
                    self.set_queue.add(rs.0);
                }
                None if new.owner.is_none() => self.wake_adopters(new),
                None => {}
            }
            return;
        };
        if old.owner != new.owner
            && let Some(rs) = resolved(old.owner)
        {
            self.set_queue.add(rs.0);
        }
        if let Some(rs) = new_owner {
            self.set_queue.add(rs.0);
            let min_ready_s = self.sets[rs.0 as usize].as_ref().map_or(0, |rs| rs.spec.min_ready_seconds);
            if !old.ready && new.ready && min_ready_s > 0 {
                self.add_at(Controller::ReplicaSet, rs.0, self.now.plus_seconds(i64::from(min_ready_s)));
            }
        } else if new.owner.is_none() && (old.labels != new.labels || old.owner.is_some()) {
            self.wake_adopters(new);
        }
    }

    fn wake_adopters(&mut self, pod: &PodState) {
        let labels = &self.store.labels()[pod.labels.0 as usize];
        if labels.is_empty() {
            return;
        }
        for (key, rs) in self.sets.iter().enumerate() {
            let selector = rs.as_ref().and_then(|rs| rs.spec.selector.as_ref());
            if selector.is_some_and(|selector| !selector.is_empty() && selector.matches(labels)) {
                self.set_queue.add(key as u32);
            }
        }
    }

    // Passes.

    fn add_at(&mut self, controller: Controller, key: u32, at: Time) {
        let queue = match controller {
            Controller::Deployment => &mut self.deployment_queue,
            Controller::ReplicaSet => &mut self.set_queue,
        };
        if queue.add_at(key, at, self.now) {
            self.events.push(at, Event::Timer(controller, key, at));
        }
    }

    fn deployment_pass(&mut self, id: DeploymentId) {
        self.statistics.deployment_passes += 1;
        let Some(d) = self.deployments[id.0 as usize].clone() else {
            self.deployment_queue.forget(id.0);
            self.deployment_queue.done(id.0);
            return;
        };
        let mut candidates = std::mem::take(&mut self.views);
        self.candidates(id, &d, &mut candidates);
        let mut record = self.open_record(|world| world.sight_of_deployment(id));
        let result = {
            let lookup = Lookup { pods: &self.pods, sets: &self.sets };
            let view = DeploymentView { deployment: &d, replica_sets: &candidates, lookup: &lookup };
            let mut server = Server {
                store: &mut self.store,
                now: self.now,
                requests: &mut self.statistics.requests,
                notes: self.notes.as_mut(),
                deployment: id,
                rs: RsId(u32::MAX),
            };
            match &mut record {
                Some(record) => {
                    let mut api = Recorded { server: &mut server, sent: &mut record.sent };
                    deployment::sync(&view, self.now, &mut api)
                }
                None => deployment::sync(&view, self.now, &mut server),
            }
        };
        candidates.clear();
        self.views = candidates;
        self.file_record(record, &result);
        self.finish(Controller::Deployment, id.0, result);
    }

    /// ReplicaSets that a pass over a Deployment looks at: its own, and orphans.
    fn candidates(&self, id: DeploymentId, d: &Deployment, into: &mut Vec<Arc<ReplicaSet>>) {
        into.extend(self.children[id.0 as usize].iter().filter_map(|rs| self.sets[rs.0 as usize].clone()));
        for at in &self.unowned {
            // Orphans, and sets whose owner the handlers did not resolve but whose uid is this Deployment's.
            if let Some(rs) = &self.sets[at.0 as usize]
                && rs.meta.controller().is_none_or(|owner| owner.uid == d.meta.uid)
            {
                into.push(rs.clone());
            }
        }
    }

    fn replica_set_pass(&mut self, id: RsId) {
        self.statistics.replica_set_passes += 1;
        let at = id.0 as usize;
        let mut record = self.open_record(|world| world.sight_of_replica_set(id));
        let mut memory = std::mem::take(&mut self.memory[at]);
        let mut began = false;
        let result = match memory.own_writes.check(self.applied_pods, self.applied_sets) {
            Err(error) => Err(error),
            Ok(()) => match self.sets[at].clone() {
                None => {
                    memory.expectations.clear();
                    Ok(Requeue::None)
                }
                Some(rs) => {
                    began = true;
                    let may_manage = memory.expectations.satisfied(self.now);
                    let names = |_: PodId| Default::default();
                    let mut pods =
                        CachedPods { cache: &mut self.pods, rs: id, adopted: Vec::new(), names: &names };
                    let mut server = Server {
                        store: &mut self.store,
                        now: self.now,
                        requests: &mut self.statistics.requests,
                        notes: self.notes.as_mut(),
                        deployment: DeploymentId(u32::MAX),
                        rs: id,
                    };
                    match &mut record {
                        Some(record) => {
                            let mut api = Recorded { server: &mut server, sent: &mut record.sent };
                            replicaset::sync(&rs, may_manage, &mut pods, self.now, &mut memory, &mut api)
                        }
                        None => {
                            replicaset::sync(&rs, may_manage, &mut pods, self.now, &mut memory, &mut server)
                        }
                    }
                }
            },
        };
        self.memory[at] = memory;
        self.file_record(record.filter(|_| began), &result);
        self.finish(Controller::ReplicaSet, id.0, result);
    }

    fn finish(&mut self, controller: Controller, key: u32, result: Result<Requeue, SyncError>) {
        let now = self.now;
        let queue = match controller {
            Controller::Deployment => &mut self.deployment_queue,
            Controller::ReplicaSet => &mut self.set_queue,
        };
        let at = match result {
            Ok(requeue) => {
                let at = match requeue {
                    Requeue::None => None,
                    Requeue::RateLimited => Some(queue.rate_limited(key, now)),
                    Requeue::After(ns) => Some(now.plus_nanos(ns)),
                };
                queue.forget(key);
                at
            }
            Err(error) => {
                self.statistics.failed_passes += 1;
                let give_up = controller == Controller::Deployment
                    && (error.namespace_terminating || queue.failures(key) >= DEPLOYMENT_RETRIES_MAX);
                if give_up {
                    queue.forget(key);
                    None
                } else {
                    Some(queue.rate_limited(key, now))
                }
            }
        };
        if let Some(at) = at {
            self.add_at(controller, key, at);
        }
        let queue = match controller {
            Controller::Deployment => &mut self.deployment_queue,
            Controller::ReplicaSet => &mut self.set_queue,
        };
        queue.done(key);
    }
}

/// Passes that take time.
impl Cluster {
    /// Takes up a key: sees what the caches hold now, and sends the first request.
    fn begin(&mut self, controller: Controller, key: u32) {
        let at = key as usize;
        let record = self.open_record(|world| match controller {
            Controller::Deployment => world.sight_of_deployment(DeploymentId(key)),
            Controller::ReplicaSet => world.sight_of_replica_set(RsId(key)),
        });
        let view = match controller {
            Controller::Deployment => {
                self.statistics.deployment_passes += 1;
                self.deployments[at].clone().map(|deployment| {
                    let mut replica_sets = Vec::new();
                    self.candidates(DeploymentId(key), &deployment, &mut replica_sets);
                    let lookup = Lookup { pods: &self.pods, sets: &self.sets };
                    let running = replica_sets.iter().filter(|rs| lookup.runs_pods(rs));
                    let running = running.map(|rs| rs.meta.uid.clone()).collect();
                    let lookup = FrozenLookup { running, sets: self.sets.clone() };
                    PassView::Deployment { deployment, replica_sets, lookup }
                })
            }
            Controller::ReplicaSet => {
                self.statistics.replica_set_passes += 1;
                let memory = &mut self.memory[at];
                if let Err(error) = memory.own_writes.check(self.applied_pods, self.applied_sets) {
                    self.finish(controller, key, Err(error));
                    return;
                }
                let may_manage = memory.expectations.satisfied(self.now);
                if self.sets[at].is_none() {
                    memory.expectations.clear();
                }
                self.sets[at].clone().map(|rs| PassView::ReplicaSet {
                    rs,
                    may_manage,
                    pods: FrozenPods::default(),
                })
            }
        };
        let Some(view) = view else {
            self.finish(controller, key, Ok(Requeue::None));
            return;
        };
        let mut pass = ActivePass {
            key,
            view,
            answers: Vec::new(),
            wanted: VecDeque::new(),
            events_told: 0,
            result: Ok(Requeue::None),
            record,
        };
        self.think(controller, &mut pass, true);
        let passes = &mut self.active[controller as usize];
        let slot = passes.iter().position(Option::is_none).unwrap_or_else(|| {
            passes.push(None);
            passes.len() - 1
        });
        self.proceed(controller, slot, pass);
    }

    /// Runs the pass with the answers so far, to learn what it asks for next.
    fn think(&mut self, controller: Controller, pass: &mut ActivePass, first: bool) {
        let uid = match &pass.view {
            PassView::Deployment { deployment, .. } => deployment.meta.uid.clone(),
            PassView::ReplicaSet { rs, .. } => rs.meta.uid.clone(),
        };
        let mut script = Script {
            answers: &pass.answers,
            replayed: 0,
            wanted: VecDeque::new(),
            uid,
            now: self.now,
            events: 0,
            events_told: pass.events_told,
            notes: self.notes.as_mut(),
        };
        pass.result = match &mut pass.view {
            PassView::Deployment { deployment, replica_sets, lookup } => {
                let view = DeploymentView { deployment, replica_sets, lookup };
                deployment::sync(&view, self.now, &mut script)
            }
            PassView::ReplicaSet { rs, may_manage, pods } => {
                let id = RsId(pass.key);
                let names = |_: PodId| Default::default();
                let behind = first.then(|| CachedPods {
                    cache: &mut self.pods,
                    rs: id,
                    adopted: Vec::new(),
                    names: &names,
                });
                let mut view = Remembered { frozen: pods, behind };
                // What is expected is settled when the pass begins; later runs must not expect it anew.
                let mut scratch = Memory::default();
                let memory = if first { &mut self.memory[pass.key as usize] } else { &mut scratch };
                replicaset::sync(rs, *may_manage, &mut view, self.now, memory, &mut script)
            }
        };
        let _ = controller;
        pass.events_told = pass.events_told.max(script.events);
        pass.wanted = script.wanted;
    }

    fn proceed(&mut self, controller: Controller, slot: usize, pass: ActivePass) {
        if pass.wanted.is_empty() {
            self.active[controller as usize][slot] = None;
            self.file_record(pass.record, &pass.result);
            self.finish(controller, pass.key, pass.result);
            return;
        }
        let wait = self.budgets[controller as usize].as_mut().map_or(0, |budget| budget.take(self.now));
        let at = self.now.plus_nanos(wait + self.config.request_latency_ns);
        self.active[controller as usize][slot] = Some(pass);
        self.events.push(at, Event::Request(controller, slot));
    }

    fn request(&mut self, controller: Controller, slot: usize) {
        let Some(mut pass) = self.active[controller as usize][slot].take() else { return };
        let request = pass.wanted.pop_front().expect("a pass waits for a request");
        let answer = request.perform(&mut Server {
            store: &mut self.store,
            now: self.now,
            requests: &mut self.statistics.requests,
            notes: None,
            deployment: DeploymentId(pass.key),
            rs: RsId(pass.key),
        });
        let ok = answer.is_ok();
        if let Some(record) = &mut pass.record {
            record.sent.push(Sent { request: request.clone(), answer: answer.clone() });
        }
        if let PassView::ReplicaSet { rs, .. } = &pass.view {
            let (uid, memory) = (rs.meta.uid.clone(), &mut self.memory[pass.key as usize]);
            match (&request, &answer) {
                (Request::CreatePod(_) | Request::AdoptPod(..), timed::Answer::Version(Ok(version))) => {
                    memory.own_writes.wrote_pod(&uid, *version);
                }
                (Request::CreatePod(_), _) => memory.expectations.creations_observed(1),
                (Request::DeletePod(pod, _), _) if !ok => memory.expectations.deletion_observed(*pod),
                (Request::UpdateSetStatus(..), timed::Answer::Set(Ok(stored))) => {
                    memory.own_writes.wrote_replica_set(&uid, stored.meta.resource_version);
                }
                _ => {}
            }
        }
        pass.answers.push(answer);
        if !(ok && request.is_foreseeable()) {
            let creations = |wanted: &VecDeque<Request>| {
                wanted.iter().filter(|request| matches!(request, Request::CreatePod(_))).count()
            };
            let before = creations(&pass.wanted);
            self.think(controller, &mut pass, false);
            // Creations given up (the slow start stopped at an error) will never be observed.
            let given_up = before.saturating_sub(creations(&pass.wanted));
            if given_up > 0 && controller == Controller::ReplicaSet {
                self.memory[pass.key as usize].expectations.creations_observed(given_up);
            }
        }
        self.proceed(controller, slot, pass);
    }
}
