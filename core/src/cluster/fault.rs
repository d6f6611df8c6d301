//! What can break, as one closed set: the scenario file and the fuzzer inject the same faults.

use std::collections::BTreeSet;

use super::informer::PodCache;
use super::pods::{NodeId, PodId};
use super::set_keys::SetKeys;
use super::store::{Change, DeletedBy};
use super::watch::Watched;
use super::work_queue::WorkQueue;
use super::{Cluster, Event, UserError};
use crate::controller::{ApiError, ApiErrorKind};

/// Something breaks, or is whole again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The n oldest ready pods are deleted at once, whoever owns them.
    KillPods(u32),
    /// A node stops: its containers are dead and its kubelet is silent. The API says so only later.
    NodeDown(NodeId),
    /// A node that was down starts again, and with it the containers of the pods that are still bound to it.
    NodeUp(NodeId),
    /// kube-controller-manager dies and starts again: expectations, own-write records, timers, back-off, caches and
    /// whatever was under way are lost; then everything is listed anew and every key is added once.
    ControllerRestart {
        /// It dies after that many further requests of the controllers (0 = now), in the middle of a pass if need be.
        after_requests: u32,
        /// From its end until it works again, ns.
        down_ns: i64,
    },
    /// Requests of the controllers to the API server fail.
    ApiErrors {
        /// Which are counted and fail; `None` = all, reads among them.
        of: Option<Write>,
        /// Requests that still go well.
        after_requests: u32,
        /// Requests that fail then, one after the other.
        requests: u32,
        /// How.
        error: ApiFault,
    },
    /// Watch events take another time to reach the controllers' caches.
    WatchDelay {
        /// Of which kind of objects; `None` = of all, and then passes take time, too: the requests of one are answered in
        /// between those of another.
        of: Option<Watched>,
        /// From a write to its event, ns.
        delay_ns: i64,
        /// For how long, ns; then it is again as the cluster is configured.
        for_ns: i64,
    },
    /// The watch of one kind ends, and the API server no longer has the version from which it would go on (`410 Expired`):
    /// what was on its way and what is written meanwhile never comes as events. Then everything of the kind is listed anew.
    WatchLost {
        /// Which watch.
        of: Watched,
        /// Until the list, ns.
        for_ns: i64,
    },
    /// The namespace's quota allows another number of pods; `None` = any number. Pods that exist stay.
    Quota(Option<u32>),
}

/// A kind of write that the controllers send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Write {
    /// A ReplicaSet is created.
    CreateReplicaSet,
    /// A ReplicaSet is updated, all but its status.
    UpdateReplicaSet,
    /// A ReplicaSet's status is updated.
    UpdateReplicaSetStatus,
    /// A ReplicaSet is adopted or released.
    PatchReplicaSet,
    /// A ReplicaSet is deleted.
    DeleteReplicaSet,
    /// The Deployment is updated, all but its status.
    UpdateDeployment,
    /// The Deployment's status and annotations are updated.
    UpdateDeploymentStatus,
    /// A pod is created.
    CreatePod,
    /// A pod is adopted or released.
    PatchPod,
    /// A pod is deleted.
    DeletePod,
}

impl Write {
    /// Every one.
    pub const ALL: [Write; 10] = [
        Write::CreateReplicaSet,
        Write::UpdateReplicaSet,
        Write::UpdateReplicaSetStatus,
        Write::PatchReplicaSet,
        Write::DeleteReplicaSet,
        Write::UpdateDeployment,
        Write::UpdateDeploymentStatus,
        Write::CreatePod,
        Write::PatchPod,
        Write::DeletePod,
    ];

    /// How files name it.
    pub fn word(self) -> &'static str {
        match self {
            Write::CreateReplicaSet => "createReplicaSet",
            Write::UpdateReplicaSet => "updateReplicaSet",
            Write::UpdateReplicaSetStatus => "updateReplicaSetStatus",
            Write::PatchReplicaSet => "patchReplicaSet",
            Write::DeleteReplicaSet => "deleteReplicaSet",
            Write::UpdateDeployment => "updateDeployment",
            Write::UpdateDeploymentStatus => "updateDeploymentStatus",
            Write::CreatePod => "createPod",
            Write::PatchPod => "patchPod",
            Write::DeletePod => "deletePod",
        }
    }
}

/// How a request fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ApiFault {
    /// 409: the object has been modified. Nothing happens.
    Conflict,
    /// 403: admission refuses it. Nothing happens.
    Refused,
    /// 500. Nothing happens.
    Internal,
    /// 504, and nothing happened.
    TimedOut,
    /// 504, but the write took effect.
    TimedOutAfterEffect,
}

impl ApiFault {
    /// Every one.
    pub const ALL: [ApiFault; 5] = [
        ApiFault::Conflict,
        ApiFault::Refused,
        ApiFault::Internal,
        ApiFault::TimedOut,
        ApiFault::TimedOutAfterEffect,
    ];

    /// How files name it.
    pub fn word(self) -> &'static str {
        match self {
            ApiFault::Conflict => "conflict",
            ApiFault::Refused => "refused",
            ApiFault::Internal => "internal",
            ApiFault::TimedOut => "timeout",
            ApiFault::TimedOutAfterEffect => "timeoutAfterEffect",
        }
    }

    /// What the client reports.
    pub(super) fn error(self) -> ApiError {
        let (kind, text) = match self {
            ApiFault::Conflict => (
                ApiErrorKind::Conflict,
                "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest \
                 version and try again",
            ),
            ApiFault::Refused => (ApiErrorKind::Forbidden, "forbidden: denied by an admission webhook"),
            ApiFault::Internal => {
                (ApiErrorKind::Internal, "Internal error occurred: etcdserver: leader changed")
            }
            ApiFault::TimedOut | ApiFault::TimedOutAfterEffect => (
                ApiErrorKind::Timeout,
                "Timeout: request did not complete within requested timeout - context deadline exceeded",
            ),
        };
        ApiError::new(kind, text)
    }
}

/// That of a closed set which has this word in files.
pub(crate) fn of_word<T: Copy>(all: &[T], word: fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|one| word(*one) == text)
}

/// What becomes of a request on its way to the API server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// It arrives.
    Arrives,
    /// It fails.
    Fails(ApiFault),
    /// Its sender has died: it is never sent.
    NeverSent,
}

/// Errors that are to come.
#[derive(Debug)]
struct Errors {
    of: Option<Write>,
    /// Requests that still go well.
    before: u32,
    /// Requests that fail then.
    failing: u32,
    error: ApiFault,
}

/// The way from the controllers to the API server.
#[derive(Default, Debug)]
pub(crate) struct Gate {
    /// In the order in which they were injected.
    errors: Vec<Errors>,
    /// Requests until the controllers die, and for how long they are away, ns.
    dies: Option<(u32, i64)>,
}

impl Gate {
    /// Whether every request arrives: one look in the ordinary case.
    pub(crate) fn is_open(&self) -> bool {
        self.errors.is_empty() && self.dies.is_none()
    }

    /// Whether the controllers have died.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.dies, Some((0, _)))
    }

    /// What becomes of the next request: a write of that kind, or a read.
    pub(crate) fn fate(&mut self, what: Option<Write>) -> Fate {
        if let Some((left, _)) = &mut self.dies {
            if *left == 0 {
                return Fate::NeverSent;
            }
            *left -= 1;
        }
        let mut fate = Fate::Arrives;
        for errors in self.errors.iter_mut().filter(|errors| errors.of.is_none() || errors.of == what) {
            if errors.before > 0 {
                errors.before -= 1;
            } else if fate == Fate::Arrives {
                errors.failing -= 1;
                fate = Fate::Fails(errors.error);
            }
        }
        self.errors.retain(|errors| errors.failing > 0);
        fate
    }
}

impl Cluster {
    /// Requests that are going to fail.
    pub fn requests_to_fail(&self) -> u32 {
        self.gate.errors.iter().map(|errors| errors.failing).sum()
    }

    /// Breaks something, at the current instant; [`Cluster::settle`] works off what follows.
    ///
    /// # Errors
    /// A node that does not exist, that is down already, or that is not down.
    pub fn inject(&mut self, fault: Fault) -> Result<(), UserError> {
        match fault {
            Fault::KillPods(n) => self.kill_pods(n),
            Fault::NodeDown(node) => return self.node_down(node),
            Fault::NodeUp(node) => return self.node_up(node),
            Fault::ControllerRestart { after_requests: 0, down_ns } => self.controllers_die(down_ns),
            Fault::ControllerRestart { after_requests, down_ns } => {
                self.gate.dies.get_or_insert((after_requests, down_ns));
            }
            Fault::ApiErrors { requests: 0, .. } => {}
            Fault::ApiErrors { of, after_requests, requests, error } => {
                self.gate.errors.push(Errors { of, before: after_requests, failing: requests, error });
            }
            Fault::WatchDelay { of, delay_ns, for_ns } => {
                self.watches.delay(of, delay_ns.max(0), self.now.plus_nanos(for_ns.max(0)));
            }
            Fault::WatchLost { of, for_ns } => self.watch_lost(of, for_ns),
            Fault::Quota(pods) => self.store.quota_pods = pods,
        }
        Ok(())
    }

    /// Deletes the n oldest ready pods.
    pub(super) fn kill_pods(&mut self, n: u32) {
        let serving: Vec<PodId> = (0..self.store.pods().len() as u32)
            .map(PodId)
            .filter(|pod| self.store.pod(*pod).state.is_serving())
            .take(n as usize)
            .collect();
        for pod in serving {
            self.store.delete_pod(pod, DeletedBy::Other);
        }
    }

    /// Whether the caches of the controllers hold what the API server has: nothing is on its way, and nobody is away.
    pub fn caches_are_current(&self) -> bool {
        self.is_instant() && self.watches.are_whole(self.now) && !self.controllers_away
    }

    /// Whether everything that a controller does takes no time, now.
    pub(super) fn is_instant(&self) -> bool {
        self.config.is_instant() && !self.watches.are_slow(self.now)
    }

    /// Ends kube-controller-manager if its last request has been sent.
    pub(super) fn bury_controllers(&mut self) {
        if let Some((0, down_ns)) = self.gate.dies {
            self.controllers_die(down_ns);
        }
    }

    /// Everything that the controllers have in memory is lost.
    fn controllers_die(&mut self, down_ns: i64) {
        self.gate.dies = None;
        self.life += 1;
        self.controllers_away = true;
        self.active = Default::default();
        self.deployment_queue = WorkQueue::new();
        self.set_queue = WorkQueue::new();
        self.memory.clear();
        self.watches.close();
        self.losses.unseen.clear();
        self.budgets = self.config.budgets();
        self.events.push(self.now.plus_nanos(down_ns.max(0)), Event::ControllersBack(self.life));
    }

    /// The controllers start: they list everything, and every object is news to them.
    pub(super) fn controllers_back(&mut self, life: u32) {
        if life != self.life {
            return;
        }
        self.controllers_away = false;
        self.deployments.clear();
        self.sets.clear();
        self.listed_sets.take();
        self.set_names.clear();
        self.set_keys = SetKeys::default();
        self.owner_of.clear();
        self.children.clear();
        self.unowned = BTreeSet::new();
        self.pods = PodCache::new(!self.nodes.is_empty());
        let sets = self.store.replica_sets_ever();
        self.sets.resize(sets, None);
        self.owner_of.resize(sets, None);
        self.memory.resize_with(sets, Default::default);
        let deployments = self.store.deployments().map(|(id, d)| Change::Deployment(id, Some(d.clone())));
        let replica_sets = self.store.replica_sets().map(|(id, rs)| Change::ReplicaSet(id, Some(rs.clone())));
        let pods = self.store.pods().iter().enumerate().filter(|(_, pod)| pod.state.exists);
        let pods = pods.map(|(at, pod)| Change::Pod(PodId(at as u32), pod.state));
        let listed: Vec<Change> = deployments.chain(replica_sets).chain(pods).collect();
        // A list has the version of the last write, whatever wrote it.
        let version = self.store.version();
        for change in listed {
            self.deliver(version, change);
        }
        (self.applied_pods, self.applied_sets) = (version, version);
        self.collect_all();
    }
}
