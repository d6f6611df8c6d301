//! The API server of the small world, for the length of one pass: it answers as `core/src/cluster/store.rs` does, and
//! writes down what took effect. Versions of objects are only told apart as far as conflicts go.

use std::sync::Arc;

use maxsurge_core::api::{
    Deployment, KubernetesVersion, OwnerReference, Pod, PodCondition, PodPhase, PodTemplate, ReplicaSet, Str,
    Time,
};
use maxsurge_core::cluster::pods::{PodId, RsId};
use maxsurge_core::cluster::{Answer, Request, Sent};
use maxsurge_core::controller::deployment::{DeploymentApi, DeploymentEvent, DeploymentLookup};
use maxsurge_core::controller::replicaset::listed::ListedPods;
use maxsurge_core::controller::replicaset::{Misfit, PodCounts, PodsView, ReplicaSetApi};
use maxsurge_core::controller::{ApiError, ApiErrorKind, LiveOwner};

use super::objects::Objects;
use super::passes::Write;
use super::state::{SETS, SetVersion, View};

/// A request of a pass that fails: which, and whether it takes effect all the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Refusal {
    /// Requests of the pass that go well before.
    pub(crate) after: u8,
    /// It took effect, and only its answer was lost.
    pub(crate) took_effect: bool,
}

pub(super) struct Server<'a> {
    objects: &'a mut Objects,
    refused: Option<Refusal>,
    deployment: Option<Arc<Deployment>>,
    deployment_version: u64,
    sets: [Option<Arc<ReplicaSet>>; SETS],
    /// ReplicaSets that exist, and of which the cache knows nothing.
    hidden: [bool; SETS],
    set: u8,
    /// Pods of the sight, and which of them are no more.
    pods: Vec<bool>,
    version: u64,
    writes: Vec<Write>,
    sent: Vec<Sent>,
}

fn conflict() -> ApiError {
    ApiError::new(ApiErrorKind::Conflict, "the object has been modified")
}

fn not_found() -> ApiError {
    ApiError::new(ApiErrorKind::NotFound, "not found")
}

/// Which ReplicaSet has a template with that image (see [`super::model::image_of`]).
fn slot(rs: &ReplicaSet) -> usize {
    super::model::slot_of(rs.spec.template.image())
}

fn version_of(objects: &mut Objects, rs: &ReplicaSet) -> SetVersion {
    SetVersion {
        content: objects.set(rs.clone()),
        generation: (rs.meta.generation - 1) as u8,
        observed: (rs.status.observed_generation - 1) as u8,
    }
}

impl<'a> Server<'a> {
    pub(super) fn new(objects: &'a mut Objects, refused: Option<Refusal>) -> Self {
        Server {
            objects,
            refused,
            deployment: None,
            deployment_version: 0,
            sets: [const { None }; SETS],
            hidden: [false; SETS],
            set: 0,
            pods: Vec::new(),
            version: 100,
            writes: Vec::new(),
            sent: Vec::new(),
        }
    }

    pub(super) fn sees_deployment(&mut self, d: Arc<Deployment>, version: u64) {
        (self.deployment, self.deployment_version) = (Some(d), version);
    }

    pub(super) fn sees_sets(&mut self, sets: [Option<Arc<ReplicaSet>>; SETS], hidden: [bool; SETS]) {
        (self.sets, self.hidden) = (sets, hidden);
    }

    pub(super) fn sees_pods(&mut self, set: u8, pods: impl Iterator<Item = bool>) {
        (self.set, self.pods) = (set, pods.collect());
    }

    pub(super) fn into_parts(self) -> (Vec<Write>, Vec<Sent>) {
        (self.writes, self.sent)
    }

    /// A request arrives, or does not.
    fn send<T>(&mut self, arrive: impl FnOnce(&mut Self) -> Result<T, ApiError>) -> Result<T, ApiError> {
        match self.refused {
            Some(refusal) if usize::from(refusal.after) == self.sent.len() => {
                if refusal.took_effect {
                    let _ = arrive(self);
                    return Err(ApiError::new(ApiErrorKind::Timeout, "no answer in time"));
                }
                Err(ApiError::new(ApiErrorKind::Internal, "etcdserver: leader changed"))
            }
            _ => arrive(self),
        }
    }

    fn record<T: Clone>(
        &mut self,
        request: Request,
        answer: impl FnOnce(Result<T, ApiError>) -> Answer,
        result: Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.sent.push(Sent { request, answer: answer(result.clone()) });
        result
    }

    fn next(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    fn stored(&self, rs: &ReplicaSet) -> Result<(usize, Arc<ReplicaSet>), ApiError> {
        let at = slot(rs);
        Ok((at, self.sets[at].clone().ok_or_else(not_found)?))
    }

    fn put(&mut self, at: usize, mut rs: ReplicaSet, is_own: bool) -> Arc<ReplicaSet> {
        rs.meta.resource_version = self.next();
        let version = version_of(self.objects, &rs);
        self.writes.push(Write::Set(at as u8, version, is_own));
        let rs = Arc::new(rs);
        self.sets[at] = Some(rs.clone());
        rs
    }

    fn put_deployment(&mut self, mut d: Deployment) {
        d.meta.resource_version = self.next();
        self.deployment_version = d.meta.resource_version;
        let number = self.objects.deployment(d.clone());
        self.writes.push(Write::Deployment(number));
        self.deployment = Some(Arc::new(d));
    }

    /// The stored Deployment, if what is sent was made of it.
    fn stored_deployment(&self, d: &Deployment) -> Result<Arc<Deployment>, ApiError> {
        let stored = self.deployment.clone().ok_or_else(not_found)?;
        if d.meta.resource_version == self.deployment_version { Ok(stored) } else { Err(conflict()) }
    }
}

impl DeploymentApi for Server<'_> {
    fn get_deployment(&mut self) -> Result<LiveOwner, ApiError> {
        let result = self.send(|server| {
            let d = server.deployment.as_ref().ok_or_else(not_found)?;
            Ok(LiveOwner { uid: d.meta.uid.clone(), deletion_timestamp: None })
        });
        self.record(Request::GetDeployment, Answer::Owner, result)
    }

    fn adopt_replica_set(&mut self, rs: &Arc<ReplicaSet>, owner: &OwnerReference) -> Result<(), ApiError> {
        unreachable!("every ReplicaSet has its owner from the beginning: {} and {owner:?}", rs.meta.name)
    }

    fn release_replica_set(&mut self, rs: &Arc<ReplicaSet>, _: &Str) -> Result<(), ApiError> {
        unreachable!("nobody changes labels: {}", rs.meta.name)
    }

    fn create_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        let request = Request::CreateSet(Box::new(rs.clone()));
        let result = self.send(|server| {
            let at = slot(&rs);
            if server.sets[at].is_some() || server.hidden[at] {
                return Err(ApiError::new(ApiErrorKind::AlreadyExists, "already exists"));
            }
            // Later ones are younger: the order of creation decides, and not how long ago it was.
            let before = (0..SETS).filter(|at| server.sets[*at].is_some() || server.hidden[*at]).count();
            let mut rs = rs;
            rs.meta.uid = format!("u{}", at + 2).into();
            rs.meta.creation_timestamp = Some(Time::EPOCH.plus_seconds(1 + before as i64));
            rs.status = Default::default();
            (rs.meta.generation, rs.status.observed_generation) = (2, 1);
            Ok(server.put(at, rs, false))
        });
        self.record(request, Answer::Set, result)
    }

    fn update_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        let request = Request::UpdateSet(Box::new(rs.clone()));
        let result = self.send(|server| {
            let (at, stored) = server.stored(&rs)?;
            if rs.meta.resource_version != stored.meta.resource_version {
                return Err(conflict());
            }
            if rs.spec.replicas < 0 {
                return Err(ApiError::new(ApiErrorKind::Invalid, "must be greater than or equal to 0"));
            }
            let mut new = rs;
            new.status = stored.status.clone();
            new.meta.generation = stored.meta.generation + i64::from(new.spec != stored.spec);
            Ok(if new == *stored { stored } else { server.put(at, new, false) })
        });
        self.record(request, Answer::Set, result)
    }

    fn delete_replica_set(&mut self, rs: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        unreachable!("ten old ReplicaSets are kept, and there are fewer: {}", rs.meta.name)
    }

    fn update_deployment(&mut self, d: Deployment) -> Result<(), ApiError> {
        let request = Request::UpdateDeployment(Box::new(d.clone()));
        let result = self.send(|server| {
            let stored = server.stored_deployment(&d)?;
            let mut new = d;
            new.status = stored.status.clone();
            let meant = new.spec != stored.spec || new.meta.annotations != stored.meta.annotations;
            new.meta.generation = stored.meta.generation + i64::from(meant);
            if new != *stored {
                server.put_deployment(new);
            }
            Ok(())
        });
        self.record(request, Answer::Done, result)
    }

    fn update_deployment_status(&mut self, d: Deployment) -> Result<(), ApiError> {
        let request = Request::UpdateDeploymentStatus(Box::new(d.clone()));
        let result = self.send(|server| {
            let stored = server.stored_deployment(&d)?;
            if d.status != stored.status || d.meta.annotations != stored.meta.annotations {
                let mut new = Deployment::clone(&stored);
                new.meta.annotations = d.meta.annotations;
                new.status = d.status;
                server.put_deployment(new);
            }
            Ok(())
        });
        self.record(request, Answer::Done, result)
    }

    fn event(&mut self, _: DeploymentEvent<'_>) {}
}

impl ReplicaSetApi<PodId> for Server<'_> {
    fn get_replica_set(&mut self) -> Result<LiveOwner, ApiError> {
        let result = self.send(|server| {
            let rs = server.sets[usize::from(server.set)].as_ref().ok_or_else(not_found)?;
            Ok(LiveOwner { uid: rs.meta.uid.clone(), deletion_timestamp: None })
        });
        self.record(Request::GetSet, Answer::Owner, result)
    }

    fn adopt_pod(&mut self, pod: PodId, _: &OwnerReference) -> Result<u64, ApiError> {
        unreachable!("no pod is without owner: {pod:?}")
    }

    fn release_pod(&mut self, pod: PodId, _: &ReplicaSet) -> Result<(), ApiError> {
        unreachable!("nobody changes labels: {pod:?}")
    }

    fn create_pod(&mut self, rs: &Arc<ReplicaSet>) -> Result<u64, ApiError> {
        let result = self.send(|server| {
            server.writes.push(Write::CreatePod(server.set));
            Ok(server.next())
        });
        self.record(Request::CreatePod(rs.clone()), Answer::Version, result)
    }

    fn delete_pod(&mut self, pod: PodId, rs: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        let result = self.send(|server| {
            if server.pods[pod.0 as usize] {
                return Err(not_found());
            }
            server.writes.push(Write::DeletePod(pod.0 as u8));
            Ok(())
        });
        self.record(Request::DeletePod(pod, rs.clone()), Answer::Done, result)
    }

    fn update_replica_set_status(
        &mut self,
        rs: ReplicaSet,
        retry: bool,
    ) -> Result<Arc<ReplicaSet>, ApiError> {
        let request = Request::UpdateSetStatus(Box::new(rs.clone()), retry);
        let result = self.send(|server| {
            let (at, stored) = server.stored(&rs)?;
            if !retry && rs.meta.resource_version != stored.meta.resource_version {
                return Err(conflict());
            }
            if rs.status == stored.status {
                return Ok(stored);
            }
            let mut new = ReplicaSet::clone(&stored);
            new.status = rs.status;
            Ok(server.put(at, new, true))
        });
        self.record(request, Answer::Set, result)
    }
}

/// What the Deployment controller can look up.
pub(super) struct CachedSets<'a> {
    pub(super) running: [bool; SETS],
    pub(super) cached: &'a [(RsId, Arc<ReplicaSet>)],
}

impl DeploymentLookup for CachedSets<'_> {
    fn runs_pods(&self, rs: &ReplicaSet, _: &Deployment, _: KubernetesVersion) -> bool {
        self.running[slot(rs)]
    }

    fn replica_set_named(&self, name: &str) -> Option<&Arc<ReplicaSet>> {
        self.cached.iter().map(|(_, rs)| rs).find(|rs| rs.meta.name == name)
    }

    fn template_hash(
        &self,
        template: &PodTemplate,
        collisions: Option<i32>,
        version: KubernetesVersion,
    ) -> Str {
        template.stable_hash(collisions, version)
    }
}

/// The pods of one ReplicaSet, counted and ranked by the controllers' own code for plain lists.
pub(super) struct SmallPods {
    pods: Vec<Pod>,
    sets: Vec<Arc<ReplicaSet>>,
}

impl SmallPods {
    pub(super) fn new(rs: &Arc<ReplicaSet>, views: &[(View, bool)]) -> Self {
        let owner = OwnerReference {
            api_version: "apps/v1".into(),
            kind: "ReplicaSet".into(),
            name: rs.meta.name.clone(),
            uid: rs.meta.uid.clone(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        };
        let pods = views.iter().enumerate().map(|(n, (cached, _))| {
            let mut pod = Pod::default();
            pod.meta.name = format!("{}-{n:02}", rs.meta.name).into();
            pod.meta.uid = format!("p{n:02}").into();
            pod.meta.namespace = rs.meta.namespace.clone();
            pod.meta.labels = rs.spec.template.labels.clone();
            pod.meta.creation_timestamp = Some(Time::EPOCH.plus_seconds(10));
            pod.meta.owner_references = vec![owner.clone()].into();
            pod.meta.deletion_timestamp =
                (*cached == View::Terminating).then(|| Time::EPOCH.plus_seconds(30));
            pod.status.phase = if *cached == View::Pending { PodPhase::Pending } else { PodPhase::Running };
            if matches!(cached, View::Ready | View::Terminating) {
                let ready = PodCondition {
                    type_: "Ready".into(),
                    status: "True".into(),
                    last_transition_time: Some(Time::EPOCH.plus_seconds(20)),
                    ..PodCondition::default()
                };
                pod.status.conditions = vec![ready].into();
            }
            pod
        });
        SmallPods { pods: pods.collect(), sets: vec![rs.clone()] }
    }

    fn listed(&self) -> ListedPods<'_> {
        ListedPods::new(&self.pods, &self.sets)
    }
}

impl PodsView for SmallPods {
    type Pod = PodId;

    fn identity(&self, pod: PodId) -> (Str, Str) {
        self.listed().identity(pod.0 as usize)
    }

    fn misfits(&mut self, rs: &ReplicaSet) -> Vec<(PodId, Misfit)> {
        let found = self.listed().misfits(rs);
        found.into_iter().map(|(pod, misfit)| (PodId(pod as u32), misfit)).collect()
    }

    fn adopted(&mut self, pod: PodId) {
        unreachable!("no pod is without owner: {pod:?}")
    }

    fn counts(&mut self, rs: &ReplicaSet, now: Time) -> PodCounts {
        self.listed().counts(rs, now)
    }

    fn victims(&mut self, rs: &ReplicaSet, n: usize, now: Time, victims: &mut Vec<PodId>) {
        let mut found = Vec::new();
        self.listed().victims(rs, n, now, &mut found);
        victims.extend(found.into_iter().map(|pod| PodId(pod as u32)));
    }
}
