//! Passes that take time: each request waits for the client's budget and travels to the API server.
//!
//! A pass is a pure function of its view and of the API server's answers, so it can be suspended at any request:
//! run it with the answers so far, note which requests it would send next (believing that all go well), send one,
//! and run it again from the start with one answer more. Requests whose success changes nothing of what follows
//! (pods created and deleted) are sent without running it again.

use std::collections::VecDeque;
use std::sync::Arc;

use super::frozen::FrozenPods;
use super::journal::PassRecord;
use super::pods::PodId;
use super::server::{Note, Server};
use crate::api::{Deployment, KubernetesVersion, OwnerReference, PodTemplate, ReplicaSet, Str, Time};
use crate::controller::deployment::{DeploymentApi, DeploymentEvent, DeploymentLookup};
use crate::controller::replicaset::ReplicaSetApi;
use crate::controller::{ApiError, LiveOwner, Requeue, SyncError};

/// A request to the API server. Objects that are to be written are whole, as they are sent.
#[derive(Clone, Debug)]
pub enum Request {
    /// Live read of the Deployment.
    GetDeployment,
    /// The reference is patched into an orphan.
    AdoptSet(Arc<ReplicaSet>, OwnerReference),
    /// The reference with that uid is patched out.
    ReleaseSet(Arc<ReplicaSet>, Str),
    /// A ReplicaSet is created.
    CreateSet(Box<ReplicaSet>),
    /// A ReplicaSet is updated, all but its status.
    UpdateSet(Box<ReplicaSet>),
    /// A ReplicaSet is deleted.
    DeleteSet(Arc<ReplicaSet>),
    /// The Deployment is updated, all but its status.
    UpdateDeployment(Box<Deployment>),
    /// The Deployment's status and annotations are updated.
    UpdateDeploymentStatus(Box<Deployment>),
    /// Live read of the ReplicaSet.
    GetSet,
    /// The reference is patched into an orphan.
    AdoptPod(PodId, OwnerReference),
    /// The reference to the ReplicaSet is patched out.
    ReleasePod(PodId, Arc<ReplicaSet>),
    /// A pod of the ReplicaSet is created.
    CreatePod(Arc<ReplicaSet>),
    /// A pod is deleted.
    DeletePod(PodId, Arc<ReplicaSet>),
    /// The ReplicaSet's status is updated; `true` = the second try, against the newest version.
    UpdateSetStatus(Box<ReplicaSet>, bool),
}

/// What the API server answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To a write whose result nobody reads.
    Done(Result<(), ApiError>),
    /// To a live read.
    Owner(Result<LiveOwner, ApiError>),
    /// The ReplicaSet as it is stored.
    Set(Result<Arc<ReplicaSet>, ApiError>),
    /// The pod's resourceVersion.
    Version(Result<u64, ApiError>),
}

impl Answer {
    /// Whether it was not refused.
    pub fn is_ok(&self) -> bool {
        match self {
            Answer::Done(answer) => answer.is_ok(),
            Answer::Owner(answer) => answer.is_ok(),
            Answer::Set(answer) => answer.is_ok(),
            Answer::Version(answer) => answer.is_ok(),
        }
    }
}

impl Request {
    /// Whether a good answer leaves all that follows as it was foreseen.
    pub(super) fn is_foreseeable(&self) -> bool {
        matches!(self, Request::CreatePod(_) | Request::DeletePod(..))
    }

    /// Whether it is about the owner of a pod.
    pub(super) fn is_claim(&self) -> bool {
        matches!(self, Request::AdoptPod(..) | Request::ReleasePod(..))
    }

    /// Sends it: the API server acts and answers.
    pub(super) fn perform(&self, server: &mut Server<'_>) -> Answer {
        match self.clone() {
            Request::GetDeployment => Answer::Owner(server.get_deployment()),
            Request::AdoptSet(rs, owner) => Answer::Done(server.adopt_replica_set(&rs, &owner)),
            Request::ReleaseSet(rs, uid) => Answer::Done(server.release_replica_set(&rs, &uid)),
            Request::CreateSet(rs) => Answer::Set(server.create_replica_set(*rs)),
            Request::UpdateSet(rs) => Answer::Set(server.update_replica_set(*rs)),
            Request::DeleteSet(rs) => Answer::Done(server.delete_replica_set(&rs)),
            Request::UpdateDeployment(d) => Answer::Done(server.update_deployment(*d)),
            Request::UpdateDeploymentStatus(d) => Answer::Done(server.update_deployment_status(*d)),
            Request::GetSet => Answer::Owner(server.get_replica_set()),
            Request::AdoptPod(pod, owner) => Answer::Version(server.adopt_pod(pod, &owner)),
            Request::ReleasePod(pod, rs) => Answer::Done(server.release_pod(pod, &rs)),
            Request::CreatePod(rs) => Answer::Version(server.create_pod(&rs)),
            Request::DeletePod(pod, rs) => Answer::Done(server.delete_pod(pod, &rs)),
            Request::UpdateSetStatus(rs, retry) => Answer::Set(server.update_replica_set_status(*rs, retry)),
        }
    }
}

/// A pass under way.
#[derive(Debug)]
pub(super) struct ActivePass {
    pub(super) key: u32,
    pub(super) view: PassView,
    pub(super) answers: Vec<Answer>,
    pub(super) wanted: VecDeque<Request>,
    pub(super) events_told: usize,
    pub(super) result: Result<Requeue, SyncError>,
    /// Whether what it will create and delete is among the expectations: not before the API server has answered every
    /// adoption, as that decides how many pods there are.
    pub(super) expects: bool,
    pub(super) record: Option<Box<PassRecord>>,
}

/// What a pass saw when it began.
#[derive(Debug)]
pub(super) enum PassView {
    Deployment { deployment: Arc<Deployment>, replica_sets: Vec<Arc<ReplicaSet>>, lookup: FrozenLookup },
    ReplicaSet { rs: Arc<ReplicaSet>, may_manage: bool, pods: FrozenPods },
}

/// What the caches said when the pass began: pods come and go while it waits for answers, and a pass that saw
/// something else when it is run again would not ask for the same.
#[derive(Debug)]
pub(super) struct FrozenLookup {
    /// Uids of the pass's ReplicaSets that have unfinished pods.
    pub(super) running: Vec<Str>,
    /// The ReplicaSets whose names the pass may ask for.
    pub(super) named: Vec<Arc<ReplicaSet>>,
}

impl DeploymentLookup for FrozenLookup {
    fn runs_pods(&self, replica_set: &ReplicaSet, _: &Deployment, _: KubernetesVersion) -> bool {
        self.running.contains(&replica_set.meta.uid)
    }

    fn replica_set_named(&self, name: &str) -> Option<&Arc<ReplicaSet>> {
        self.named.iter().find(|rs| rs.meta.name == name)
    }

    fn template_hash(
        &self,
        template: &PodTemplate,
        collision_count: Option<i32>,
        version: KubernetesVersion,
    ) -> Str {
        template.stable_hash(collision_count, version)
    }
}

/// Plays the API server for a pass that is run again: answers what was answered, believes the best of the rest.
pub(super) struct Script<'a> {
    pub(super) answers: &'a [Answer],
    pub(super) replayed: usize,
    pub(super) wanted: VecDeque<Request>,
    pub(super) uid: Str,
    pub(super) now: Time,
    pub(super) events: usize,
    pub(super) events_told: usize,
    pub(super) notes: Option<&'a mut Vec<Note>>,
}

impl Script<'_> {
    fn ask(&mut self, request: impl FnOnce() -> Request) -> Option<Answer> {
        let known = self.answers.get(self.replayed).cloned();
        self.replayed += 1;
        if known.is_none() {
            self.wanted.push_back(request());
        }
        known
    }

    fn done(&mut self, request: impl FnOnce() -> Request) -> Result<(), ApiError> {
        match self.ask(request) {
            None => Ok(()),
            Some(Answer::Done(answer)) => answer,
            Some(other) => unreachable!("a pass is a function of its answers, got {other:?}"),
        }
    }

    fn owner(&mut self, request: Request) -> Result<LiveOwner, ApiError> {
        match self.ask(|| request) {
            None => Ok(LiveOwner { uid: self.uid.clone(), deletion_timestamp: None }),
            Some(Answer::Owner(answer)) => answer,
            Some(other) => unreachable!("a pass is a function of its answers, got {other:?}"),
        }
    }

    fn set(
        &mut self,
        rs: ReplicaSet,
        request: impl FnOnce(Box<ReplicaSet>) -> Request,
    ) -> Result<Arc<ReplicaSet>, ApiError> {
        let believed = Arc::new(rs.clone());
        match self.ask(|| request(Box::new(rs))) {
            None => Ok(believed),
            Some(Answer::Set(answer)) => answer,
            Some(other) => unreachable!("a pass is a function of its answers, got {other:?}"),
        }
    }

    fn version(&mut self, request: impl FnOnce() -> Request) -> Result<u64, ApiError> {
        match self.ask(request) {
            None => Ok(0),
            Some(Answer::Version(answer)) => answer,
            Some(other) => unreachable!("a pass is a function of its answers, got {other:?}"),
        }
    }
}

impl DeploymentApi for Script<'_> {
    fn get_deployment(&mut self) -> Result<LiveOwner, ApiError> {
        self.owner(Request::GetDeployment)
    }
    fn adopt_replica_set(&mut self, rs: &Arc<ReplicaSet>, owner: &OwnerReference) -> Result<(), ApiError> {
        self.done(|| Request::AdoptSet(rs.clone(), owner.clone()))
    }
    fn release_replica_set(&mut self, rs: &Arc<ReplicaSet>, owner_uid: &Str) -> Result<(), ApiError> {
        self.done(|| Request::ReleaseSet(rs.clone(), owner_uid.clone()))
    }
    fn create_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        self.set(rs, Request::CreateSet)
    }
    fn update_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        self.set(rs, Request::UpdateSet)
    }
    fn delete_replica_set(&mut self, rs: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        self.done(|| Request::DeleteSet(rs.clone()))
    }
    fn update_deployment(&mut self, d: Deployment) -> Result<(), ApiError> {
        self.done(|| Request::UpdateDeployment(Box::new(d)))
    }
    fn update_deployment_status(&mut self, d: Deployment) -> Result<(), ApiError> {
        self.done(|| Request::UpdateDeploymentStatus(Box::new(d)))
    }
    fn event(&mut self, event: DeploymentEvent<'_>) {
        // Only what follows from answers that are in has happened; and each event happens once.
        if !self.wanted.is_empty() {
            return;
        }
        self.events += 1;
        if self.events > self.events_told
            && let Some(notes) = &mut self.notes
        {
            notes.push(Note { at: self.now, reason: event.reason(), message: event.to_string() });
        }
    }
}

impl ReplicaSetApi<PodId> for Script<'_> {
    fn get_replica_set(&mut self) -> Result<LiveOwner, ApiError> {
        self.owner(Request::GetSet)
    }
    fn adopt_pod(&mut self, pod: PodId, owner: &OwnerReference) -> Result<u64, ApiError> {
        self.version(|| Request::AdoptPod(pod, owner.clone()))
    }
    fn release_pod(&mut self, pod: PodId, rs: &ReplicaSet) -> Result<(), ApiError> {
        self.done(|| Request::ReleasePod(pod, Arc::new(rs.clone())))
    }
    fn create_pod(&mut self, rs: &Arc<ReplicaSet>) -> Result<u64, ApiError> {
        self.version(|| Request::CreatePod(rs.clone()))
    }
    fn delete_pod(&mut self, pod: PodId, rs: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        self.done(|| Request::DeletePod(pod, rs.clone()))
    }
    fn update_replica_set_status(
        &mut self,
        rs: ReplicaSet,
        retry: bool,
    ) -> Result<Arc<ReplicaSet>, ApiError> {
        self.set(rs, |rs| Request::UpdateSetStatus(rs, retry))
    }
}
