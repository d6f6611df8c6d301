//! Passes of the controllers over a key: at once where nothing takes time, else request by request.

use std::collections::VecDeque;
use std::sync::Arc;

use super::frozen::{FrozenPods, Remembered};
use super::journal::{Recorded, Seen, Sent};
use super::pods::{DeploymentId, PodId, RsId};
use super::server::{CachedPods, Lookup, Server};
use super::timed::{self, ActivePass, FrozenLookup, PassView, Request, Script};
use super::work_queue::WorkQueue;
use super::{Cluster, Controller, Event};
use crate::api::{Deployment, ReplicaSet, Time};
use crate::controller::deployment::{DeploymentLookup as _, DeploymentView};
use crate::controller::replicaset::Memory;
use crate::controller::{ApiErrorKind, Requeue, SyncError};
use crate::zoo::{Mutant, active};

/// Retries of a failing Deployment before its key is dropped until the next event.
const DEPLOYMENT_RETRIES_MAX: u32 = 15;

/// Passes that take no time.
impl Cluster {
    /// The work queue of a controller, and the key in it of the object of that number.
    fn queue(&mut self, controller: Controller, id: u32) -> (&mut WorkQueue, u32) {
        match controller {
            Controller::Deployment => (&mut self.deployment_queue, id),
            Controller::ReplicaSet => (&mut self.set_queue, self.set_keys.key(RsId(id))),
        }
    }

    pub(super) fn add_at(&mut self, controller: Controller, key: u32, at: Time) {
        let now = self.now;
        let (queue, key) = self.queue(controller, key);
        queue.add_at(key, at, now);
    }

    pub(super) fn deployment_pass(&mut self, id: DeploymentId) {
        self.statistics.deployment_passes += 1;
        let Some(d) = self.deployments[id.0 as usize].clone() else {
            self.deployment_queue.forget(id.0);
            self.deployment_queue.done(id.0);
            return;
        };
        let version = self.config.version;
        let mut candidates = std::mem::take(&mut self.views);
        self.candidates(id, &d, &mut candidates);
        let mut record = self.open_record(|world| {
            let (deployment, cached) = (d.clone(), world.cached_sets().clone());
            Some(Seen::Deployment { id, deployment, replica_sets: candidates.clone(), cached })
        });
        let result = {
            let lookup = Lookup {
                pods: &self.pods,
                sets: &self.sets,
                names: &self.set_names,
                deployment: &d,
                children: &self.children[id.0 as usize],
            };
            let view = DeploymentView { deployment: &d, replica_sets: &candidates, lookup: &lookup, version };
            let mut server = Server {
                store: &mut self.store,
                now: self.now,
                requests: &mut self.statistics.requests,
                gate: &mut self.gate,
                notes: self.notes.as_mut(),
                deployment: id,
                rs: RsId(u32::MAX),
            };
            match &mut record {
                Some(record) => {
                    let mut api = Recorded::new(&mut server, record);
                    self.controllers.sync_deployment(&view, self.now, &mut api)
                }
                None => self.controllers.sync_deployment(&view, self.now, &mut server),
            }
        };
        candidates.clear();
        self.views = candidates;
        self.file_record(record, &result);
        self.finish(Controller::Deployment, id.0, result);
    }

    /// ReplicaSets that a pass over a Deployment looks at: its own, and orphans, in the order of their creation.
    pub(super) fn candidates(&self, id: DeploymentId, d: &Deployment, into: &mut Vec<Arc<ReplicaSet>>) {
        // Orphans, and sets whose owner the handlers did not resolve but whose uid is this Deployment's.
        let mut orphans = self.unowned.iter().copied().filter(|at| {
            let rs = self.sets[at.0 as usize].as_ref();
            rs.is_some_and(|rs| rs.meta.controller().is_none_or(|owner| owner.uid == d.meta.uid))
        });
        let mut orphan = orphans.next();
        for own in &self.children[id.0 as usize] {
            while let Some(elder) = orphan.filter(|elder| elder < own) {
                into.extend(self.sets[elder.0 as usize].clone());
                orphan = orphans.next();
            }
            into.extend(self.sets[own.0 as usize].clone());
        }
        into.extend(orphan.into_iter().chain(orphans).filter_map(|rs| self.sets[rs.0 as usize].clone()));
        let others = [Mutant::OverlapThrash, Mutant::SAdoptOwned, Mutant::SkipMeansNoStatus];
        if others.into_iter().any(active) {
            let owned = |rs: &&Arc<ReplicaSet>| {
                rs.meta
                    .controller()
                    .is_some_and(|owner| owner.kind == "Deployment" && owner.uid != d.meta.uid)
            };
            into.extend(self.sets.iter().flatten().filter(owned).cloned());
        }
    }

    pub(super) fn replica_set_pass(&mut self, id: RsId) {
        self.statistics.replica_set_passes += 1;
        let (at, memory_at) = (id.0 as usize, self.memory_at(id));
        let mut record = self.open_record(|world| world.sight_of_replica_set(id));
        let mut memory = std::mem::take(&mut self.memory[memory_at]);
        let mut began = false;
        let version = self.config.version;
        let result = match memory.own_writes.check(self.applied_pods, self.applied_sets, version) {
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
                        gate: &mut self.gate,
                        notes: self.notes.as_mut(),
                        deployment: DeploymentId(u32::MAX),
                        rs: id,
                    };
                    match &mut record {
                        Some(record) => {
                            let mut api = Recorded::new(&mut server, record);
                            self.controllers.sync_replica_set(
                                &rs,
                                may_manage,
                                &mut pods,
                                self.now,
                                &mut memory,
                                &mut api,
                                version,
                            )
                        }
                        None => self.controllers.sync_replica_set(
                            &rs,
                            may_manage,
                            &mut pods,
                            self.now,
                            &mut memory,
                            &mut server,
                            version,
                        ),
                    }
                }
            },
        };
        self.memory[memory_at] = memory;
        self.file_record(record.filter(|_| began), &result);
        self.finish(Controller::ReplicaSet, id.0, result);
    }

    fn finish(&mut self, controller: Controller, id: u32, result: Result<Requeue, SyncError>) {
        let now = self.now;
        let mut failed = 0;
        let (queue, key) = self.queue(controller, id);
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
                failed = 1;
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
            queue.add_at(key, at, now);
        }
        queue.done(key);
        self.statistics.failed_passes += failed;
    }
}

/// Passes that take time.
impl Cluster {
    /// Takes up a key: sees what the caches hold now, and sends the first request.
    pub(super) fn begin(&mut self, controller: Controller, key: u32) {
        let (at, version) = (key as usize, self.config.version);
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
                    let lookup = Lookup {
                        pods: &self.pods,
                        sets: &self.sets,
                        names: &self.set_names,
                        deployment: &deployment,
                        children: &self.children[at],
                    };
                    let running = replica_sets.iter().filter(|rs| lookup.runs_pods(rs, &deployment, version));
                    let running = running.map(|rs| rs.meta.uid.clone()).collect();
                    let lookup = FrozenLookup { running, named: lookup.nameable().cloned().collect() };
                    PassView::Deployment { deployment, replica_sets, lookup }
                })
            }
            Controller::ReplicaSet => {
                self.statistics.replica_set_passes += 1;
                let (now, gone) = (self.now, self.sets[at].is_none());
                let memory_at = self.memory_at(RsId(key));
                let memory = &mut self.memory[memory_at];
                if let Err(error) = memory.own_writes.check(self.applied_pods, self.applied_sets, version) {
                    self.finish(controller, key, Err(error));
                    return;
                }
                let may_manage = memory.expectations.satisfied(now);
                if gone {
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
            expects: false,
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
        let memory_at = match controller {
            Controller::Deployment => 0,
            Controller::ReplicaSet => self.memory_at(RsId(pass.key)),
        };
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
        let version = self.config.version;
        pass.result = match &mut pass.view {
            PassView::Deployment { deployment, replica_sets, lookup } => {
                let view = DeploymentView { deployment, replica_sets, lookup, version };
                self.controllers.sync_deployment(&view, self.now, &mut script)
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
                let mut view = Remembered { frozen: pods, behind, adopted: Vec::new(), now: self.now };
                // What is expected is settled when the owners of the pods are; later runs must not expect it anew, and
                // earlier ones only learn what is asked for next.
                let mut memory =
                    if pass.expects { Memory::default() } else { self.memory[memory_at].clone() };
                let result = self.controllers.sync_replica_set(
                    rs,
                    *may_manage,
                    &mut view,
                    self.now,
                    &mut memory,
                    &mut script,
                    version,
                );
                if !pass.expects && !script.wanted.iter().any(Request::is_claim) {
                    self.memory[memory_at] = memory;
                    pass.expects = true;
                }
                result
            }
        };
        pass.events_told = pass.events_told.max(script.events);
        pass.wanted = script.wanted;
    }

    fn proceed(&mut self, controller: Controller, slot: usize, pass: ActivePass) {
        if pass.wanted.is_empty() {
            self.active[controller as usize][slot] = None;
            if active(Mutant::CacheOverwrittenWithOlder) {
                for stored in pass.answers.iter().filter_map(timed::Answer::stored) {
                    let id = self.store.replica_set_of_uid(&stored.meta.uid).expect("it was stored");
                    if let Some(cached @ Some(_)) = self.sets.get_mut(id.0 as usize) {
                        *cached = Some(stored.clone());
                        self.listed_sets.take();
                    }
                }
            }
            self.file_record(pass.record, &pass.result);
            self.finish(controller, pass.key, pass.result);
            return;
        }
        let wait = self.budgets[controller as usize].as_mut().map_or(0, |budget| budget.take(self.now));
        let at = self.now.plus_nanos(wait + self.config.request_latency_ns);
        self.active[controller as usize][slot] = Some(pass);
        self.events.push(at, Event::Request(controller, slot as u32, self.life));
    }

    pub(super) fn request(&mut self, controller: Controller, slot: usize) {
        let Some(mut pass) = self.active[controller as usize][slot].take() else { return };
        let request = pass.wanted.pop_front().expect("a pass waits for a request");
        let answer = request.perform(&mut Server {
            store: &mut self.store,
            now: self.now,
            requests: &mut self.statistics.requests,
            gate: &mut self.gate,
            notes: None,
            deployment: DeploymentId(pass.key),
            rs: RsId(pass.key),
        });
        let ok = answer.is_ok();
        if let Some(record) = &mut pass.record {
            record.sent.push(Sent { request: request.clone(), answer: answer.clone() });
        }
        if let PassView::ReplicaSet { rs, .. } = &pass.view {
            let (uid, memory) = (rs.meta.uid.clone(), self.memory_of(RsId(pass.key)));
            match (&request, &answer) {
                (Request::CreatePod(_) | Request::AdoptPod(..), timed::Answer::Version(Ok(version))) => {
                    memory.own_writes.wrote_pod(&uid, *version);
                }
                (Request::CreatePod(_), timed::Answer::Version(Err(error)))
                    if error.kind == ApiErrorKind::Timeout && active(Mutant::TimeoutTakenForSuccess) => {}
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
            // What is not expected yet cannot be given up.
            let before = if pass.expects { creations(&pass.wanted) } else { 0 };
            self.think(controller, &mut pass, false);
            // Creations given up (the slow start stopped at an error) will never be observed. No deletion is ever given up.
            let given_up = before.saturating_sub(creations(&pass.wanted));
            if given_up > 0 && controller == Controller::ReplicaSet {
                self.memory_of(RsId(pass.key)).expectations.creations_observed(given_up);
            }
        }
        self.proceed(controller, slot, pass);
    }
}
