//! What the controllers saw and asked for, for those who judge it. Kept only on request: nothing of it is needed to run.

use std::sync::Arc;

use super::Cluster;
use super::pods::{DeploymentId, PodId, PodList, PodState, RsId};
use super::server::Server;
use super::timed::{Answer, Request};
use crate::api::{Deployment, OwnerReference, ReplicaSet, Str, Time};
use crate::controller::deployment::{DeploymentApi, DeploymentEvent};
use crate::controller::replicaset::ReplicaSetApi;
use crate::controller::{ApiError, ApiErrorKind, LiveOwner, Requeue, SyncError};

/// A request and what the API server made of it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What was asked for.
    pub request: Request,
    /// The answer.
    pub answer: Answer,
}

/// Why a request was refused, as far as a controller's course depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Another version than the one written against.
    Conflict,
    /// No such object.
    NotFound,
    /// The name is taken.
    AlreadyExists,
    /// Refused by validation or a precondition.
    Invalid,
    /// The namespace is being deleted.
    NamespaceTerminating,
    /// Anything else: a quota, no answer in time, an error of the server.
    Other,
}

impl Answer {
    /// Why it was refused, and in which words; `None` = it was not.
    pub fn refusal(&self) -> Option<(Refusal, &Str)> {
        let error = match self {
            Answer::Done(answer) => answer.as_ref().err(),
            Answer::Owner(answer) => answer.as_ref().err(),
            Answer::Set(answer) => answer.as_ref().err(),
            Answer::Version(answer) => answer.as_ref().err(),
        }?;
        let why = match error.kind {
            ApiErrorKind::Conflict => Refusal::Conflict,
            ApiErrorKind::NotFound => Refusal::NotFound,
            ApiErrorKind::AlreadyExists => Refusal::AlreadyExists,
            ApiErrorKind::Invalid => Refusal::Invalid,
            ApiErrorKind::NamespaceTerminating => Refusal::NamespaceTerminating,
            ApiErrorKind::Forbidden | ApiErrorKind::Timeout | ApiErrorKind::Internal => Refusal::Other,
        };
        Some((why, &error.message))
    }

    /// The ReplicaSet that was stored.
    pub fn stored(&self) -> Option<&Arc<ReplicaSet>> {
        match self {
            Answer::Set(answer) => answer.as_ref().ok(),
            _ => None,
        }
    }

    /// Uid of the owner that was read, and whether it is being deleted.
    pub fn owner(&self) -> Option<(&Str, bool)> {
        match self {
            Answer::Owner(Ok(owner)) => Some((&owner.uid, owner.deletion_timestamp.is_some())),
            _ => None,
        }
    }
}

/// The ReplicaSets in the caches, in creation order.
pub type CachedSets = Arc<Vec<(RsId, Arc<ReplicaSet>)>>;

/// What the caches held when a pass began.
#[derive(Clone, Debug)]
pub enum Seen {
    /// Of the Deployment controller.
    Deployment {
        /// Which.
        id: DeploymentId,
        /// Itself.
        deployment: Arc<Deployment>,
        /// The ReplicaSets that it looks at: its own, and orphans; in cache order.
        replica_sets: Vec<Arc<ReplicaSet>>,
        /// All ReplicaSets in the cache.
        cached: CachedSets,
    },
    /// Of the ReplicaSet controller.
    ReplicaSet {
        /// Which.
        id: RsId,
        /// Itself.
        rs: Arc<ReplicaSet>,
        /// Whether its expectations were fulfilled (or too old), so that it may create and delete.
        may_manage: bool,
        /// All ReplicaSets in the cache.
        cached: CachedSets,
    },
}

/// When a pass that ended well asks to be repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Again {
    /// Not at all.
    No,
    /// At once, through the rate limiter.
    Soon,
    /// After that many ns.
    After(i64),
}

/// One pass of a controller.
#[derive(Clone, Debug)]
pub struct PassRecord {
    /// When it began.
    pub began: Time,
    /// When it ended.
    pub ended: Time,
    /// Whether the caches held then what was true, as far as they hold ReplicaSets and pods.
    pub was_current: bool,
    /// What it saw.
    pub seen: Seen,
    /// The pods in the cache when it began, in creation order.
    pub pods: PodList,
    /// The pods that existed then, in creation order.
    pub truth: PodList,
    /// Versions that the caches of pods and of ReplicaSets had come to; 0 = nothing came yet.
    pub shown: (u64, u64),
    /// What it asked for, in order.
    pub sent: Vec<Sent>,
    /// Its events about sizes, in order; `None` = nobody wrote them down, as of passes that take time.
    pub told: Option<Vec<String>>,
    /// How it ended: when to repeat it, or the text of its error.
    pub end: Result<Again, Str>,
}

impl PassRecord {
    /// A pod that was in the cache when it began.
    pub(crate) fn cached_pod(&self, pod: PodId) -> Option<&PodState> {
        let at = self.pods.binary_search_by_key(&pod, |(id, _)| *id).ok()?;
        Some(&self.pods[at].1)
    }
}

/// When a key will be worked on if nothing else happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wake {
    /// It waits for a worker, or one has it.
    pub queued: bool,
    /// Its timer.
    pub timer: Option<Time>,
    /// Failures in a row, by which its retries become rarer.
    pub failures: u32,
}

impl Wake {
    /// Whether it will be worked on no later than `at`.
    pub fn by(&self, at: Time) -> bool {
        self.queued || self.timer.is_some_and(|timer| timer <= at)
    }
}

impl Cluster {
    /// Keeps from here on what passes see and ask for.
    pub fn keep_journal(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// The passes that ended since the last call.
    pub fn take_journal(&mut self) -> Vec<PassRecord> {
        self.journal.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The passes that ended since the journal was taken last.
    pub fn journal(&self) -> &[PassRecord] {
        self.journal.as_deref().unwrap_or_default()
    }

    /// Whether watch events are on their way to the caches or lost, or passes wait for answers.
    pub fn is_in_flight(&self) -> bool {
        self.watches.are_behind() || self.has_open_passes()
    }

    /// Whether passes wait for answers.
    pub fn has_open_passes(&self) -> bool {
        self.active.iter().flatten().any(Option::is_some)
    }

    /// Whether nothing is under way, and the controllers are there: their caches hold what is stored, and who has something to do
    /// and is not waked now or by a timer stays asleep.
    pub fn is_quiet(&self) -> bool {
        !self.is_in_flight() && !self.controllers_away
    }

    /// Whether no pass over that ReplicaSet begins before the caches show what was written for it.
    pub fn waits_for_own_writes(&self, id: RsId) -> bool {
        self.memory.get(id.0 as usize).is_some_and(|memory| {
            let mut writes = memory.own_writes.clone();
            writes.check(self.applied_pods, self.applied_sets, self.config.version).is_err()
        })
    }

    /// The Deployment in the cache.
    pub fn cached_deployment(&self, id: DeploymentId) -> Option<&Arc<Deployment>> {
        self.deployments.get(id.0 as usize)?.as_ref()
    }

    /// When the Deployment controller will look at that Deployment.
    pub fn deployment_wake(&self, id: DeploymentId) -> Wake {
        self.deployment_queue.wake(id.0)
    }

    /// When the ReplicaSet controller will look at that ReplicaSet.
    pub fn replica_set_wake(&self, id: RsId) -> Wake {
        self.set_queue.wake(self.set_keys.key(id))
    }

    /// Creations and deletions of that ReplicaSet that the controller waits to see.
    pub fn outstanding(&self, id: RsId) -> (i64, i64) {
        self.memory.get(id.0 as usize).map_or((0, 0), |memory| memory.expectations.outstanding())
    }

    /// The pods of which the controller waits to see that they are deleted.
    pub fn awaited_deletions(&self, id: RsId) -> &[PodId] {
        self.memory.get(id.0 as usize).map_or(&[], |memory| memory.expectations.awaited_deletions())
    }

    /// What a pass over the Deployment would see now; `None` if the cache has none.
    pub fn sight_of_deployment(&self, id: DeploymentId) -> Option<Seen> {
        let deployment = self.deployments.get(id.0 as usize)?.clone()?;
        let mut replica_sets = Vec::new();
        self.candidates(id, &deployment, &mut replica_sets);
        Some(Seen::Deployment { id, deployment, replica_sets, cached: self.cached_sets().clone() })
    }

    /// What a pass over the ReplicaSet would see now; `None` if the cache has none.
    pub fn sight_of_replica_set(&self, id: RsId) -> Option<Seen> {
        let rs = self.sets.get(id.0 as usize)?.clone()?;
        let may_manage = self.memory[id.0 as usize].expectations.satisfied(self.now);
        Some(Seen::ReplicaSet { id, rs, may_manage, cached: self.cached_sets().clone() })
    }

    /// The ReplicaSets in the controllers' caches, in creation order.
    pub fn cached_sets(&self) -> &CachedSets {
        self.listed_sets.get_or_init(|| {
            let sets = self.sets.iter().enumerate();
            Arc::new(sets.filter_map(|(at, rs)| Some((RsId(at as u32), rs.clone()?))).collect())
        })
    }

    /// The pods in the controllers' caches, in creation order.
    pub fn cached_pods(&self) -> &PodList {
        self.pods.list()
    }

    /// A pod in the controllers' caches.
    pub fn cached_pod(&self, pod: PodId) -> Option<&PodState> {
        self.pods.state(pod)
    }

    /// Opens the record of a pass, if records are kept. To be called before the pass changes anything.
    pub(super) fn open_record(&self, seen: impl FnOnce(&Self) -> Option<Seen>) -> Option<Box<PassRecord>> {
        self.journal.as_ref()?;
        Some(Box::new(PassRecord {
            began: self.now,
            ended: self.now,
            was_current: !self.is_in_flight(),
            seen: seen(self)?,
            pods: self.cached_pods().clone(),
            truth: self.store.existing_pods().clone(),
            shown: (self.applied_pods, self.applied_sets),
            sent: Vec::new(),
            told: None,
            end: Ok(Again::No),
        }))
    }

    /// Files the record of a pass that has ended.
    pub(super) fn file_record(
        &mut self,
        record: Option<Box<PassRecord>>,
        result: &Result<Requeue, SyncError>,
    ) {
        let (Some(journal), Some(mut record)) = (&mut self.journal, record) else { return };
        record.ended = self.now;
        record.end = match result {
            Ok(Requeue::None) => Ok(Again::No),
            Ok(Requeue::RateLimited) => Ok(Again::Soon),
            Ok(Requeue::After(ns)) => Ok(Again::After(*ns)),
            Err(error) => Err(error.message.clone()),
        };
        journal.push(*record);
    }
}

/// The API server, and somebody who writes down what is asked of it.
pub(super) struct Recorded<'s, 'a> {
    pub(super) server: &'s mut Server<'a>,
    pub(super) sent: &'s mut Vec<Sent>,
    pub(super) told: &'s mut Vec<String>,
}

impl<'s, 'a> Recorded<'s, 'a> {
    pub(super) fn new(server: &'s mut Server<'a>, record: &'s mut PassRecord) -> Self {
        Recorded { server, sent: &mut record.sent, told: record.told.get_or_insert_default() }
    }
}

impl Recorded<'_, '_> {
    fn ask(&mut self, request: Request) -> Answer {
        let answer = request.perform(self.server);
        self.sent.push(Sent { request, answer: answer.clone() });
        answer
    }

    fn done(&mut self, request: Request) -> Result<(), ApiError> {
        match self.ask(request) {
            Answer::Done(answer) => answer,
            other => unreachable!("each request has its kind of answer, got {other:?}"),
        }
    }

    fn owner(&mut self, request: Request) -> Result<LiveOwner, ApiError> {
        match self.ask(request) {
            Answer::Owner(answer) => answer,
            other => unreachable!("each request has its kind of answer, got {other:?}"),
        }
    }

    fn set(&mut self, request: Request) -> Result<Arc<ReplicaSet>, ApiError> {
        match self.ask(request) {
            Answer::Set(answer) => answer,
            other => unreachable!("each request has its kind of answer, got {other:?}"),
        }
    }

    fn version(&mut self, request: Request) -> Result<u64, ApiError> {
        match self.ask(request) {
            Answer::Version(answer) => answer,
            other => unreachable!("each request has its kind of answer, got {other:?}"),
        }
    }
}

impl DeploymentApi for Recorded<'_, '_> {
    fn get_deployment(&mut self) -> Result<LiveOwner, ApiError> {
        self.owner(Request::GetDeployment)
    }
    fn adopt_replica_set(&mut self, rs: &Arc<ReplicaSet>, owner: &OwnerReference) -> Result<(), ApiError> {
        self.done(Request::AdoptSet(rs.clone(), owner.clone()))
    }
    fn release_replica_set(&mut self, rs: &Arc<ReplicaSet>, owner_uid: &Str) -> Result<(), ApiError> {
        self.done(Request::ReleaseSet(rs.clone(), owner_uid.clone()))
    }
    fn create_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        self.set(Request::CreateSet(Box::new(rs)))
    }
    fn update_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        self.set(Request::UpdateSet(Box::new(rs)))
    }
    fn delete_replica_set(&mut self, rs: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        self.done(Request::DeleteSet(rs.clone()))
    }
    fn update_deployment(&mut self, d: Deployment) -> Result<(), ApiError> {
        self.done(Request::UpdateDeployment(Box::new(d)))
    }
    fn update_deployment_status(&mut self, d: Deployment) -> Result<(), ApiError> {
        self.done(Request::UpdateDeploymentStatus(Box::new(d)))
    }
    fn event(&mut self, event: DeploymentEvent<'_>) {
        if matches!(event, DeploymentEvent::ScalingReplicaSet { .. }) {
            self.told.push(event.to_string());
        }
        self.server.event(event);
    }
}

impl ReplicaSetApi<PodId> for Recorded<'_, '_> {
    fn get_replica_set(&mut self) -> Result<LiveOwner, ApiError> {
        self.owner(Request::GetSet)
    }
    fn adopt_pod(&mut self, pod: PodId, owner: &OwnerReference) -> Result<u64, ApiError> {
        self.version(Request::AdoptPod(pod, owner.clone()))
    }
    fn release_pod(&mut self, pod: PodId, rs: &ReplicaSet) -> Result<(), ApiError> {
        self.done(Request::ReleasePod(pod, Arc::new(rs.clone())))
    }
    fn create_pod(&mut self, rs: &Arc<ReplicaSet>) -> Result<u64, ApiError> {
        self.version(Request::CreatePod(rs.clone()))
    }
    fn delete_pod(&mut self, pod: PodId, rs: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        self.done(Request::DeletePod(pod, rs.clone()))
    }
    fn update_replica_set_status(
        &mut self,
        rs: ReplicaSet,
        retry: bool,
    ) -> Result<Arc<ReplicaSet>, ApiError> {
        self.set(Request::UpdateSetStatus(Box::new(rs), retry))
    }
}
