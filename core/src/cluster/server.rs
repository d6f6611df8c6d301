//! The API server as the controllers talk to it in the world.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fault::{ApiFault, Fate, Gate, Write};
use super::informer::PodCache;
use super::pods::{DeploymentId, PodId, PodState, RsId};
use super::store::{DeletedBy, Store};
use crate::api::{Deployment, KubernetesVersion, List, OwnerReference, PodTemplate, ReplicaSet, Str, Time};
use crate::controller::deployment::{DeploymentApi, DeploymentEvent, DeploymentLookup};
use crate::controller::replicaset::{Misfit, PodCounts, PodsView, ReplicaSetApi};
use crate::controller::{ApiError, ApiErrorKind, LiveOwner};

/// What the world tells its observer besides objects: counted always, worded only on request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// When.
    pub at: Time,
    /// Reason of the Kubernetes event.
    pub reason: &'static str,
    /// Its message.
    pub message: String,
}

/// Answers the writes of one pass at once.
pub(crate) struct Server<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) now: Time,
    pub(crate) requests: &'a mut u64,
    pub(crate) gate: &'a mut Gate,
    pub(crate) notes: Option<&'a mut Vec<Note>>,
    pub(crate) deployment: DeploymentId,
    pub(crate) rs: RsId,
}

/// What a request is that writes nothing.
const READ: Option<Write> = None;

/// Why nobody can adopt what has a controller.
const SECOND_CONTROLLER: &str =
    "metadata.ownerReferences: Invalid value: Only one reference can have Controller set to true";

fn gone(kind: &str, name: &str) -> ApiError {
    ApiError::new(ApiErrorKind::NotFound, format!("{kind} \"{name}\" not found"))
}

impl Server<'_> {
    /// Sends a write of that kind, or a read: it arrives, unless a fault is in the way.
    fn send<T>(
        &mut self,
        what: impl Into<Option<Write>>,
        arrive: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let fate = if self.gate.is_open() { Fate::Arrives } else { self.gate.fate(what.into()) };
        if fate == Fate::NeverSent {
            return Err(ApiError::new(ApiErrorKind::Internal, "context canceled"));
        }
        *self.requests += 1;
        match fate {
            Fate::Fails(fault) => {
                if fault == ApiFault::TimedOutAfterEffect {
                    // Whatever it came to, the client does not learn it.
                    let _ = arrive(self);
                }
                Err(fault.error())
            }
            _ => arrive(self),
        }
    }

    /// Sends a request past [`Self::send`] if nothing is in its way: whole objects are then not moved into a closure.
    fn is_clear(&mut self) -> bool {
        let clear = self.gate.is_open();
        *self.requests += u64::from(clear);
        clear
    }

    fn owner_id(&self, rs: &ReplicaSet) -> Result<RsId, ApiError> {
        self.store.replica_set_of_uid(&rs.meta.uid).ok_or_else(|| gone("replicasets.apps", &rs.meta.name))
    }

    /// The stored ReplicaSet that a patch is for. A patch names the uid: another one that has its name by now is none.
    fn patched(&self, rs: &ReplicaSet) -> Result<(RsId, &Arc<ReplicaSet>), ApiError> {
        let id = self.owner_id(rs)?;
        match self.store.replica_set(id) {
            Some(stored) => Ok((id, stored)),
            None if self.store.replica_set_reached(id).is_some() => Err(ApiError::new(
                ApiErrorKind::Conflict,
                format!(
                    "Operation cannot be fulfilled on replicasets.apps \"{}\": another uid",
                    rs.meta.name
                ),
            )),
            None => Err(gone("replicasets.apps", &rs.meta.name)),
        }
    }

    /// The stored ReplicaSet that the pass is about, or the one that has its name by now.
    fn live_replica_set(&self) -> Option<&Arc<ReplicaSet>> {
        self.store.replica_set_reached(self.rs).and_then(|id| self.store.replica_set(id))
    }
}

impl DeploymentApi for Server<'_> {
    fn get_deployment(&mut self) -> Result<LiveOwner, ApiError> {
        self.send(READ, |server| {
            let live =
                server.store.deployment(server.deployment).ok_or_else(|| gone("deployments.apps", ""))?;
            Ok(LiveOwner { uid: live.meta.uid.clone(), deletion_timestamp: live.meta.deletion_timestamp })
        })
    }

    fn adopt_replica_set(&mut self, rs: &Arc<ReplicaSet>, owner: &OwnerReference) -> Result<(), ApiError> {
        self.send(Write::PatchReplicaSet, |server| {
            let (id, stored) = server.patched(rs)?;
            if stored.meta.controller().is_some_and(|other| other.uid != owner.uid) {
                return Err(ApiError::new(
                    ApiErrorKind::Invalid,
                    format!("ReplicaSet.apps \"{}\" is invalid: {SECOND_CONTROLLER}", rs.meta.name),
                ));
            }
            // References are merged by uid: one that is there is replaced.
            let others = stored.meta.owner_references.iter().filter(|other| other.uid != owner.uid);
            let owners: List<OwnerReference> = others.chain([owner]).cloned().collect();
            server.store.patch_replica_set_owners(id, owners)
        })
    }

    fn release_replica_set(&mut self, rs: &Arc<ReplicaSet>, owner_uid: &Str) -> Result<(), ApiError> {
        self.send(Write::PatchReplicaSet, |server| {
            let (id, stored) = server.patched(rs)?;
            let owners: List<OwnerReference> =
                stored.meta.owner_references.iter().filter(|o| o.uid != *owner_uid).cloned().collect();
            server.store.patch_replica_set_owners(id, owners)
        })
    }

    fn create_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        self.send(Write::CreateReplicaSet, |server| {
            server.store.create_replica_set(rs, server.now).map(|(_, stored)| stored)
        })
    }

    fn update_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        if self.is_clear() {
            return self.store.update_replica_set(rs);
        }
        self.send(Write::UpdateReplicaSet, |server| server.store.update_replica_set(rs))
    }

    fn delete_replica_set(&mut self, rs: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        self.send(Write::DeleteReplicaSet, |server| {
            let id = server.owner_id(rs)?;
            let reached = server.store.replica_set_reached(id).unwrap_or(id);
            server.store.delete_replica_set(reached)
        })
    }

    fn update_deployment(&mut self, d: Deployment) -> Result<(), ApiError> {
        self.send(Write::UpdateDeployment, |server| server.store.update_deployment(server.deployment, d))
    }

    fn update_deployment_status(&mut self, d: Deployment) -> Result<(), ApiError> {
        if self.is_clear() {
            return self.store.update_deployment_status(self.deployment, d);
        }
        self.send(Write::UpdateDeploymentStatus, |server| {
            server.store.update_deployment_status(server.deployment, d)
        })
    }

    fn event(&mut self, event: DeploymentEvent<'_>) {
        if self.gate.is_dead() {
            return;
        }
        if let Some(notes) = &mut self.notes {
            notes.push(Note { at: self.now, reason: event.reason(), message: event.to_string() });
        }
    }
}

impl ReplicaSetApi<PodId> for Server<'_> {
    fn get_replica_set(&mut self) -> Result<LiveOwner, ApiError> {
        self.send(READ, |server| {
            let live = server
                .live_replica_set()
                .ok_or_else(|| gone("replicasets.apps", server.store.replica_set_name(server.rs)))?;
            Ok(LiveOwner { uid: live.meta.uid.clone(), deletion_timestamp: live.meta.deletion_timestamp })
        })
    }

    fn adopt_pod(&mut self, pod: PodId, owner: &OwnerReference) -> Result<u64, ApiError> {
        self.send(Write::PatchPod, |server| {
            let state = server.store.pod(pod).state;
            if !state.exists {
                return Err(gone("pods", &server.store.pod_name(pod)));
            }
            if state.owner.is_some() {
                return Err(ApiError::new(ApiErrorKind::Invalid, SECOND_CONTROLLER));
            }
            let id = server
                .store
                .replica_set_of_uid(&owner.uid)
                .ok_or_else(|| gone("replicasets.apps", &owner.name))?;
            server.store.put_pod(pod, super::pods::PodState { owner: Some(id), ..state });
            Ok(server.store.version())
        })
    }

    fn release_pod(&mut self, pod: PodId, _rs: &ReplicaSet) -> Result<(), ApiError> {
        self.send(Write::PatchPod, |server| {
            let state = server.store.pod(pod).state;
            if !state.exists {
                return Err(gone("pods", &server.store.pod_name(pod)));
            }
            if state.owner == Some(server.rs) {
                server.store.put_pod(pod, super::pods::PodState { owner: None, ..state });
            }
            Ok(())
        })
    }

    fn create_pod(&mut self, rs: &Arc<ReplicaSet>) -> Result<u64, ApiError> {
        self.send(Write::CreatePod, |server| {
            server.store.create_pod(server.rs, rs, server.now).map(|(_, version)| version)
        })
    }

    fn delete_pod(&mut self, pod: PodId, _rs: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        self.send(Write::DeletePod, |server| {
            if server.store.delete_pod(pod, DeletedBy::Controller) {
                Ok(())
            } else {
                Err(gone("pods", &server.store.pod_name(pod)))
            }
        })
    }

    fn update_replica_set_status(
        &mut self,
        mut rs: ReplicaSet,
        retry: bool,
    ) -> Result<Arc<ReplicaSet>, ApiError> {
        if !retry && self.is_clear() {
            return self.store.update_replica_set_status(rs);
        }
        self.send(Write::UpdateReplicaSetStatus, |server| {
            if retry && let Some(live) = server.live_replica_set() {
                rs.meta = live.meta.clone();
            }
            server.store.update_replica_set_status(rs)
        })
    }
}

/// What the ReplicaSet controller sees of the pods: the informer's counts.
pub(crate) struct CachedPods<'a> {
    pub(crate) cache: &'a mut PodCache,
    pub(crate) rs: RsId,
    pub(crate) adopted: Vec<PodId>,
    pub(crate) names: &'a dyn Fn(PodId) -> (Str, Str),
}

impl PodsView for CachedPods<'_> {
    type Pod = PodId;

    fn identity(&self, pod: PodId) -> (Str, Str) {
        (self.names)(pod)
    }

    fn misfits(&mut self, _rs: &ReplicaSet) -> Vec<(PodId, Misfit)> {
        self.cache.misfits(self.rs)
    }

    fn adopted(&mut self, pod: PodId) {
        self.adopted.push(pod);
    }

    fn counts(&mut self, rs: &ReplicaSet, now: Time) -> PodCounts {
        let min_ready_s = rs.spec.min_ready_seconds;
        let mut counts = self.cache.counts(self.rs, min_ready_s, now);
        for pod in &self.adopted {
            let state = self.cache.state(*pod).expect("orphans are cached");
            let is_full = self.cache.is_full(self.rs, state.labels);
            count_adopted(&mut counts, state, is_full, min_ready_s, now);
        }
        counts
    }

    fn victims(&mut self, _rs: &ReplicaSet, n: usize, now: Time, victims: &mut Vec<PodId>) {
        self.cache.victims(self.rs, &self.adopted, n, now, victims);
    }
}

/// Counts a pod that was adopted in this very pass: it is claimed, but not in the cached counts yet.
pub(super) fn count_adopted(
    counts: &mut PodCounts,
    state: &PodState,
    is_full: bool,
    min_ready_s: i32,
    now: Time,
) {
    let due = super::pods::time(state.ready_s).plus_seconds(i64::from(min_ready_s));
    counts.replicas += 1;
    counts.fully_labeled += i32::from(is_full);
    counts.ready += i32::from(state.ready);
    if state.ready && (min_ready_s <= 0 || due <= now) {
        counts.available += 1;
    } else if state.ready {
        counts.next_available = Some(counts.next_available.map_or(due, |next| next.min(due)));
    }
}

/// ReplicaSets in the cache by namespace and name.
pub(crate) type SetNames = BTreeMap<(Str, Str), RsId>;

/// What the Deployment controller's caches know besides its ReplicaSets.
pub(crate) struct Lookup<'a> {
    pub(crate) pods: &'a PodCache,
    pub(crate) sets: &'a [Option<Arc<ReplicaSet>>],
    pub(crate) names: &'a SetNames,
    pub(crate) deployment: &'a Deployment,
    /// The ReplicaSets of the Deployment.
    pub(crate) children: &'a [RsId],
}

impl Lookup<'_> {
    /// The cached ReplicaSet of that uid: one of the Deployment's own, or an orphan that it has just adopted.
    fn cached(&self, uid: &Str) -> Option<RsId> {
        let is = |rs: &Option<Arc<ReplicaSet>>| rs.as_ref().is_some_and(|rs| rs.meta.uid == *uid);
        let own = self.children.iter().copied().find(|id| is(&self.sets[id.0 as usize]));
        own.or_else(|| self.sets.iter().rposition(is).map(|at| RsId(at as u32)))
    }

    /// The cached ReplicaSets whose names may be asked for: a Deployment's ReplicaSets have names that begin with its own
    /// (unless that is too long, and is cut).
    pub(crate) fn nameable(&self) -> impl Iterator<Item = &Arc<ReplicaSet>> {
        let (namespace, name) = (&self.deployment.meta.namespace, &self.deployment.meta.name);
        let mut end = name.len().min(200);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        let prefix = Str::from(&name[..end]);
        let from = (namespace.clone(), prefix.clone());
        let found = self.names.range(from..);
        let found =
            found.take_while(move |((ns, name), _)| ns == namespace && name.starts_with(prefix.as_str()));
        found.filter_map(|(_, id)| self.sets[id.0 as usize].as_ref())
    }
}

impl DeploymentLookup for Lookup<'_> {
    fn runs_pods(
        &self,
        replica_set: &ReplicaSet,
        deployment: &Deployment,
        version: KubernetesVersion,
    ) -> bool {
        let Some(id) = self.cached(&replica_set.meta.uid) else { return false };
        if version.finds_pods_by_owner() {
            return self.pods.set(id).unfinished > 0;
        }
        self.pods.selected(id, deployment.spec.selector.as_deref()).any(|state| !state.is_finished())
    }

    fn replica_set_named(&self, name: &str) -> Option<&Arc<ReplicaSet>> {
        let id = self.names.get(&(self.deployment.meta.namespace.clone(), name.into()))?;
        self.sets[id.0 as usize].as_ref()
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
