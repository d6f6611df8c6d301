//! The API server: objects, versions, and what it does with a write.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::nodes::UNREACHABLE;
use super::pods::{DeploymentId, LabelsId, NodeId, Phase, PodId, PodList, PodState, RsId, stamp};
use crate::api::{
    Demand, Deployment, List, ObjectMeta, OwnerReference, PodTemplate, ReplicaSet, Str, StringMap, Time,
    Tolerated,
};
use crate::controller::{ApiError, ApiErrorKind};
use crate::zoo::{Mutant, active};

/// One effective write, as watchers see it. `None` = the object is gone.
#[derive(Clone, Debug)]
pub enum Change {
    /// A Deployment.
    Deployment(DeploymentId, Option<Arc<Deployment>>),
    /// A ReplicaSet.
    ReplicaSet(RsId, Option<Arc<ReplicaSet>>),
    /// A Pod; gone if it does not exist.
    Pod(PodId, PodState),
}

/// A pod in the store.
#[derive(Clone, Copy, Debug)]
pub struct PodRecord {
    /// Current state.
    pub state: PodState,
    /// resourceVersion.
    pub version: u64,
    /// The ReplicaSet that created it (gives its name, whoever owns it now).
    pub origin: RsId,
    /// Number of its shape.
    pub shape: u32,
    /// Its deletion was not asked for by its ReplicaSet: a person, a drain, a taint.
    pub evicted: bool,
}

/// What the pods of one template have in common.
#[derive(Clone, Debug)]
pub struct Shape {
    template: PodTemplate,
    /// Image of the first container.
    pub image: Str,
    /// What the scheduler sets aside for it.
    pub demand: Demand,
    /// `terminationGracePeriodSeconds`, s.
    pub grace_s: i64,
    /// How long it stays on a node that cannot be reached.
    pub tolerates_unreachable: Tolerated,
    /// `controller.kubernetes.io/pod-deletion-cost` of the template.
    cost: i32,
}

impl Shape {
    fn of(template: &PodTemplate) -> Self {
        let key = crate::api::annotation::POD_DELETION_COST;
        Shape {
            template: template.clone(),
            image: template.image().into(),
            demand: template.demand(),
            grace_s: template.grace_s(),
            tolerates_unreachable: template.tolerates(UNREACHABLE),
            cost: template.annotation(key).map_or(0, |text| {
                crate::controller::replicaset::ranking::deletion_cost(&StringMap::from_iter([(key, text)]))
            }),
        }
    }
}

/// Who asks for a pod's deletion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeletedBy {
    /// Its ReplicaSet.
    Controller,
    /// A person, a drain, a taint.
    Other,
}

/// Pods of one ReplicaSet as they are, not as any cache has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Pod objects that exist, terminating and finished ones included.
    pub alive: i32,
    /// Ready, neither terminating nor finished.
    pub serving: i32,
    /// Terminating.
    pub terminating: i32,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Deployment,
    ReplicaSet,
}

/// All objects.
#[derive(Default, Debug)]
pub struct Store {
    version: u64,
    uids: u32,
    deployments: Vec<Option<Arc<Deployment>>>,
    replica_sets: Vec<Option<Arc<ReplicaSet>>>,
    /// Namespace and name of every ReplicaSet that there ever was.
    rs_names: Vec<(Str, Str)>,
    names: BTreeMap<(Kind, Str, Str), u32>,
    /// ReplicaSets by the n of their uid `u<n>`.
    owners: BTreeMap<u32, RsId>,
    /// Existing ReplicaSets by the uid of their managing owner, oldest first.
    owned: BTreeMap<Str, Vec<RsId>>,
    /// Deployments by the n of their uid, existing or not.
    deployment_uids: BTreeMap<u32, DeploymentId>,
    pods: Vec<PodRecord>,
    /// Version of the last write to any pod.
    pods_version: u64,
    /// The pods that exist, once somebody has asked, until one changes.
    listed_pods: OnceCell<PodList>,
    totals: Vec<Totals>,
    orphan_totals: Totals,
    labels: Vec<StringMap>,
    labels_ids: BTreeMap<StringMap, LabelsId>,
    shapes: Vec<Shape>,
    /// Shapes by the fingerprint of their template.
    shape_ids: BTreeMap<u64, Vec<u32>>,
    /// By ReplicaSet: the template of the last pod that it created, and the numbers of its labels and its shape.
    last_created: Vec<Option<(PodTemplate, LabelsId, u32)>>,
    /// Whether pods need a node to run.
    pub(super) has_nodes: bool,
    /// Pods that the namespace's quota allows to exist; `None` = any number.
    pub quota_pods: Option<u32>,
    alive: u32,
    changes: Vec<(u64, Change)>,
}

fn conflict(kind: &str, name: &str) -> ApiError {
    ApiError::new(
        ApiErrorKind::Conflict,
        format!(
            "Operation cannot be fulfilled on {kind} \"{name}\": the object has been modified; please apply your \
             changes to the latest version and try again"
        ),
    )
}

fn not_found(kind: &str, name: &str) -> ApiError {
    ApiError::new(ApiErrorKind::NotFound, format!("{kind} \"{name}\" not found"))
}

/// The n of a uid `u<n>`, written as this store writes it.
fn uid_number(uid: &str) -> Option<u32> {
    let digits = uid.strip_prefix('u')?;
    let canonical = !digits.starts_with(['0', '+']) && digits.len() <= 10;
    digits.parse().ok().filter(|_| canonical)
}

impl Store {
    fn next(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    fn new_uid(&mut self) -> u32 {
        self.uids += 1;
        self.uids
    }

    /// The version of the last write.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Takes the changes since the last call, in version order.
    pub fn take_changes(&mut self, into: &mut Vec<(u64, Change)>) {
        if into.is_empty() {
            // Changes are moved once for all, and the room for them goes back and forth.
            std::mem::swap(into, &mut self.changes);
        } else {
            into.append(&mut self.changes);
        }
    }

    fn create_meta(&mut self, meta: &mut ObjectMeta, now: Time) {
        let uid = self.new_uid();
        meta.uid = format!("u{uid}").into();
        meta.resource_version = self.next();
        meta.generation = 1;
        meta.creation_timestamp = Some(now.whole_second());
        if meta.namespace.is_empty() {
            meta.namespace = "default".into();
        }
    }

    fn claim_name(&mut self, kind: Kind, text: &str, meta: &ObjectMeta, id: u32) -> Result<(), ApiError> {
        let namespace = if meta.namespace.is_empty() { "default".into() } else { meta.namespace.clone() };
        let key = (kind, namespace, meta.name.clone());
        if self.names.contains_key(&key) {
            return Err(ApiError::new(
                ApiErrorKind::AlreadyExists,
                format!("{text} \"{}\" already exists", meta.name),
            ));
        }
        self.names.insert(key, id);
        Ok(())
    }

    // Deployments.

    /// Creates a Deployment (already defaulted and validated); its status is cleared.
    pub fn create_deployment(&mut self, mut d: Deployment, now: Time) -> Result<DeploymentId, ApiError> {
        let id = DeploymentId(self.deployments.len() as u32);
        self.claim_name(Kind::Deployment, "deployments.apps", &d.meta, id.0)?;
        self.create_meta(&mut d.meta, now);
        d.status = Default::default();
        self.deployment_uids.insert(uid_number(&d.meta.uid).expect("just made"), id);
        let version = d.meta.resource_version;
        let stored = Arc::new(d);
        self.deployments.push(Some(stored.clone()));
        self.changes.push((version, Change::Deployment(id, Some(stored))));
        Ok(id)
    }

    /// The Deployment, if it exists.
    pub fn deployment(&self, id: DeploymentId) -> Option<&Arc<Deployment>> {
        self.deployments.get(id.0 as usize)?.as_ref()
    }

    /// All Deployments that exist.
    pub fn deployments(&self) -> impl Iterator<Item = (DeploymentId, &Arc<Deployment>)> {
        self.deployments.iter().enumerate().filter_map(|(at, d)| Some((DeploymentId(at as u32), d.as_ref()?)))
    }

    /// The Deployment of that name.
    pub fn deployment_named(&self, namespace: &str, name: &str) -> Option<DeploymentId> {
        self.names.get(&(Kind::Deployment, namespace.into(), name.into())).map(|id| DeploymentId(*id))
    }

    /// The Deployment of that uid, existing or not.
    pub fn deployment_of_uid(&self, uid: &str) -> Option<DeploymentId> {
        self.deployment_uids.get(&uid_number(uid)?).copied()
    }

    fn put_deployment(&mut self, id: DeploymentId, mut d: Deployment) {
        let version = self.next();
        d.meta.resource_version = version;
        let stored = Arc::new(d);
        self.deployments[id.0 as usize] = Some(stored.clone());
        self.changes.push((version, Change::Deployment(id, Some(stored))));
    }

    /// Main-resource update: status is kept; the generation rises iff spec or annotations changed.
    pub fn update_deployment(&mut self, id: DeploymentId, d: Deployment) -> Result<(), ApiError> {
        let Some(stored) = self.deployment(id).cloned() else {
            return Err(not_found("deployments.apps", &d.meta.name));
        };
        if d.meta.resource_version != stored.meta.resource_version {
            return Err(conflict("deployments.apps", &d.meta.name));
        }
        let mut new = d;
        new.status = stored.status.clone();
        let meant = new.spec != stored.spec || new.meta.annotations != stored.meta.annotations;
        new.meta.generation = stored.meta.generation + i64::from(meant);
        if new != *stored {
            self.put_deployment(id, new);
        }
        Ok(())
    }

    /// Status update: spec and labels are kept, annotations are taken over, the generation stays.
    pub fn update_deployment_status(&mut self, id: DeploymentId, mut d: Deployment) -> Result<(), ApiError> {
        let Some(stored) = self.deployment(id).cloned() else {
            return Err(not_found("deployments.apps", &d.meta.name));
        };
        if active(Mutant::RevisionViaStatusWrite) {
            d.meta.annotations = stored.meta.annotations.clone();
        }
        if d.meta.resource_version != stored.meta.resource_version {
            return Err(conflict("deployments.apps", &d.meta.name));
        }
        if d.status == stored.status && d.meta.annotations == stored.meta.annotations {
            return Ok(());
        }
        // What a controller sends is usually the stored object but for what this endpoint takes over; then it can be
        // stored as it came.
        if d.spec != stored.spec || !d.meta.equal_but_annotations(&stored.meta) {
            d.meta = ObjectMeta { annotations: d.meta.annotations, ..stored.meta.clone() };
            d.spec = stored.spec.clone();
        }
        self.put_deployment(id, d);
        Ok(())
    }

    // ReplicaSets.

    /// Creates a ReplicaSet (already defaulted and validated); its status is cleared.
    pub fn create_replica_set(
        &mut self,
        mut rs: ReplicaSet,
        now: Time,
    ) -> Result<(RsId, Arc<ReplicaSet>), ApiError> {
        let id = RsId(self.replica_sets.len() as u32);
        self.claim_name(Kind::ReplicaSet, "replicasets.apps", &rs.meta, id.0)?;
        self.create_meta(&mut rs.meta, now);
        let restarted = crate::api::annotation::RESTARTED_AT;
        if active(Mutant::ServerEditedTemplateChurn) && rs.spec.template.annotation(restarted).is_some() {
            rs.spec.template = rs.spec.template.with_annotation(restarted, "");
        }
        rs.status = Default::default();
        let version = rs.meta.resource_version;
        self.owners.insert(uid_number(&rs.meta.uid).expect("just made"), id);
        self.rs_names.push((rs.meta.namespace.clone(), rs.meta.name.clone()));
        self.totals.push(Totals::default());
        let stored = Arc::new(rs);
        self.file_under_owner(id, None, Some(&stored));
        self.replica_sets.push(Some(stored.clone()));
        self.changes.push((version, Change::ReplicaSet(id, Some(stored.clone()))));
        Ok((id, stored))
    }

    /// The ReplicaSet, if it exists.
    pub fn replica_set(&self, id: RsId) -> Option<&Arc<ReplicaSet>> {
        self.replica_sets.get(id.0 as usize)?.as_ref()
    }

    /// All ReplicaSets that exist.
    pub fn replica_sets(&self) -> impl Iterator<Item = (RsId, &Arc<ReplicaSet>)> {
        self.replica_sets.iter().enumerate().filter_map(|(at, rs)| Some((RsId(at as u32), rs.as_ref()?)))
    }

    /// How many ReplicaSets there ever were; their ids count from 0.
    pub(crate) fn replica_sets_ever(&self) -> usize {
        self.replica_sets.len()
    }

    /// Existing ReplicaSets whose managing owner has that uid, oldest first.
    pub fn replica_sets_owned_by(&self, uid: &str) -> impl Iterator<Item = (RsId, &Arc<ReplicaSet>)> {
        let ids = self.owned.get(uid).map_or(&[][..], |ids| ids);
        ids.iter().map(|id| (*id, self.replica_set(*id).expect("deleted ones are not listed")))
    }

    /// Keeps the list of what each owner owns.
    fn file_under_owner(&mut self, id: RsId, old: Option<&ReplicaSet>, new: Option<&ReplicaSet>) {
        if let (Some(old), Some(new)) = (old, new)
            && old.meta.owner_references.ptr_eq(&new.meta.owner_references)
        {
            return;
        }
        let owner = |rs: Option<&ReplicaSet>| Some(rs?.meta.controller()?.uid.clone());
        let (before, after) = (owner(old), owner(new));
        if before == after {
            return;
        }
        if let Some(ids) = before.and_then(|uid| self.owned.get_mut(&uid)) {
            ids.retain(|other| *other != id);
        }
        if let Some(uid) = after {
            let ids = self.owned.entry(uid).or_default();
            let at = ids.partition_point(|other| *other < id);
            ids.insert(at, id);
        }
    }

    /// The ReplicaSet of that uid, existing or not.
    pub fn replica_set_of_uid(&self, uid: &str) -> Option<RsId> {
        self.owners.get(&uid_number(uid)?).copied()
    }

    /// Whom a request for that ReplicaSet reaches, as requests go by name: itself, or, if it is gone, the one that has its
    /// name by now.
    pub fn replica_set_reached(&self, id: RsId) -> Option<RsId> {
        if self.replica_set(id).is_some() {
            return Some(id);
        }
        let (namespace, name) = self.rs_names.get(id.0 as usize)?.clone();
        self.names.get(&(Kind::ReplicaSet, namespace, name)).map(|heir| RsId(*heir))
    }

    fn put_replica_set(&mut self, id: RsId, mut rs: ReplicaSet) -> Arc<ReplicaSet> {
        rs.meta.resource_version = self.next();
        let version = rs.meta.resource_version;
        let stored = Arc::new(rs);
        let old = self.replica_sets[id.0 as usize].replace(stored.clone());
        self.file_under_owner(id, old.as_deref(), Some(&stored));
        self.changes.push((version, Change::ReplicaSet(id, Some(stored.clone()))));
        stored
    }

    /// Main-resource update: status is kept; the generation rises iff the spec changed.
    pub fn update_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        let (id, stored) = self.stored_replica_set(&rs)?;
        if rs.spec.replicas < 0 {
            return Err(ApiError::new(
                ApiErrorKind::Invalid,
                format!(
                    "ReplicaSet.apps \"{}\" is invalid: spec.replicas: Invalid value: {}: must be greater than or \
                     equal to 0",
                    rs.meta.name, rs.spec.replicas
                ),
            ));
        }
        let mut new = rs;
        new.status = stored.status.clone();
        new.meta.generation = stored.meta.generation + i64::from(new.spec != stored.spec);
        Ok(if new == *stored { stored } else { self.put_replica_set(id, new) })
    }

    /// Status update: everything else is kept.
    pub fn update_replica_set_status(&mut self, mut rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        let (id, stored) = self.stored_replica_set(&rs)?;
        if rs.status == stored.status {
            return Ok(stored);
        }
        // As above: usually all else is as it is stored.
        if rs.spec != stored.spec || rs.meta != stored.meta {
            rs.meta = stored.meta.clone();
            rs.spec = stored.spec.clone();
        }
        Ok(self.put_replica_set(id, rs))
    }

    fn stored_replica_set(&self, rs: &ReplicaSet) -> Result<(RsId, Arc<ReplicaSet>), ApiError> {
        let missing = || not_found("replicasets.apps", &rs.meta.name);
        let id = self.replica_set_of_uid(&rs.meta.uid).ok_or_else(missing)?;
        let Some(stored) = self.replica_set(id) else {
            let heir = self.replica_set_reached(id);
            return Err(heir.map_or_else(missing, |_| conflict("replicasets.apps", &rs.meta.name)));
        };
        if rs.meta.resource_version != stored.meta.resource_version {
            return Err(conflict("replicasets.apps", &rs.meta.name));
        }
        Ok((id, stored.clone()))
    }

    /// Replaces the owners of a ReplicaSet (what adoption and release patches do).
    pub fn patch_replica_set_owners(
        &mut self,
        id: RsId,
        owners: List<OwnerReference>,
    ) -> Result<(), ApiError> {
        let Some(stored) = self.replica_set(id) else {
            return Err(not_found("replicasets.apps", self.replica_set_name(id)));
        };
        if stored.meta.owner_references == owners {
            return Ok(());
        }
        let mut new = (**stored).clone();
        new.meta.owner_references = owners;
        self.put_replica_set(id, new);
        Ok(())
    }

    /// Removes a ReplicaSet at once; its pods stay, owned by nothing that exists.
    pub fn delete_replica_set(&mut self, id: RsId) -> Result<(), ApiError> {
        let Some(gone) = self.replica_sets[id.0 as usize].take() else {
            return Err(not_found("replicasets.apps", self.replica_set_name(id)));
        };
        self.file_under_owner(id, Some(&gone), None);
        self.names.remove(&(Kind::ReplicaSet, gone.meta.namespace.clone(), gone.meta.name.clone()));
        let version = self.next();
        self.changes.push((version, Change::ReplicaSet(id, None)));
        Ok(())
    }

    // Pods.

    /// Every pod ever created, in creation order.
    pub fn pods(&self) -> &[PodRecord] {
        &self.pods
    }

    /// The pods that exist, in creation order.
    pub fn existing_pods(&self) -> &PodList {
        self.listed_pods.get_or_init(|| {
            let existing = self.pods.iter().enumerate().filter(|(_, pod)| pod.state.exists);
            let mut pods = Vec::with_capacity(self.alive as usize);
            pods.extend(existing.map(|(at, pod)| (PodId(at as u32), pod.state)));
            Arc::new(pods)
        })
    }

    /// Version of the last write to any pod.
    pub fn pods_version(&self) -> u64 {
        self.pods_version
    }

    /// One pod.
    pub fn pod(&self, id: PodId) -> &PodRecord {
        &self.pods[id.0 as usize]
    }

    /// A pod's name: that of the ReplicaSet that made it and its uid as five digits.
    pub fn pod_name(&self, id: PodId) -> String {
        let pod = self.pod(id);
        format!("{}-{:05}", self.replica_set_name(pod.origin), pod.state.uid)
    }

    /// Name of a ReplicaSet, existing or not.
    pub fn replica_set_name(&self, id: RsId) -> &Str {
        &self.rs_names[id.0 as usize].1
    }

    /// All label sets that pods ever had.
    pub fn labels(&self) -> &[StringMap] {
        &self.labels
    }

    /// The image of a pod.
    pub fn image(&self, id: PodId) -> &Str {
        &self.shape(id).image
    }

    /// What a pod has in common with the others of its template.
    pub fn shape(&self, id: PodId) -> &Shape {
        &self.shapes[self.pod(id).shape as usize]
    }

    /// Every pod ever created and what it runs, in creation order.
    pub fn pod_images(&self) -> impl Iterator<Item = (&PodState, &Str)> {
        self.pods.iter().map(|pod| (&pod.state, &self.shapes[pod.shape as usize].image))
    }

    /// Number of a label set.
    pub fn intern_labels(&mut self, labels: &StringMap) -> LabelsId {
        if let Some(known) = self.labels_ids.get(labels) {
            return *known;
        }
        let id = LabelsId(self.labels.len() as u32);
        self.labels.push(labels.clone());
        self.labels_ids.insert(labels.clone(), id);
        id
    }

    fn intern_shape(&mut self, template: &PodTemplate) -> u32 {
        let alike = self.shape_ids.entry(template.body_fingerprint()).or_default();
        let found = alike.iter().find(|known| self.shapes[**known as usize].template.same_body(template));
        found.copied().unwrap_or_else(|| {
            let id = self.shapes.len() as u32;
            alike.push(id);
            self.shapes.push(Shape::of(template));
            id
        })
    }

    /// Numbers of the labels and the shape of a ReplicaSet's pods: looked for only if its template is another one than
    /// that of the last pod.
    fn intern_template(&mut self, owner: RsId, template: &PodTemplate) -> (LabelsId, u32) {
        let at = owner.0 as usize;
        if let Some(Some((last, labels, shape))) = self.last_created.get(at)
            && last.ptr_eq(template)
        {
            return (*labels, *shape);
        }
        let (labels, shape) = (self.intern_labels(&template.labels), self.intern_shape(template));
        if self.last_created.len() <= at {
            self.last_created.resize(at + 1, None);
        }
        self.last_created[at] = Some((template.clone(), labels, shape));
        (labels, shape)
    }

    /// Pods of one ReplicaSet, as they are.
    pub fn totals(&self, id: RsId) -> Totals {
        self.totals[id.0 as usize]
    }

    /// The same for all ReplicaSets that ever existed, and for the pods that no ReplicaSet owns.
    pub fn all_totals(&self) -> impl Iterator<Item = Totals> + '_ {
        self.totals.iter().copied().chain([self.orphan_totals])
    }

    /// Creates one pod of a ReplicaSet.
    pub fn create_pod(&mut self, owner: RsId, rs: &ReplicaSet, now: Time) -> Result<(PodId, u64), ApiError> {
        if self.quota_pods.is_some_and(|quota| self.alive >= quota) {
            return Err(ApiError::new(
                ApiErrorKind::Forbidden,
                format!("pods \"{}-\" is forbidden: exceeded quota", rs.meta.name),
            ));
        }
        let id = PodId(self.pods.len() as u32);
        let uid = self.new_uid();
        let (labels, shape) = self.intern_template(owner, &rs.spec.template);
        let cost = self.shapes[shape as usize].cost;
        let none = PodState {
            uid,
            owner: Some(owner),
            labels,
            node: NodeId::NONE,
            created_s: stamp(now),
            ready_s: 0,
            restarts: 0,
            cost,
            phase: Phase::Pending,
            ready: false,
            deleting: false,
            exists: false,
        };
        super::informer::grow(&mut self.pods, 1);
        self.pods.push(PodRecord { state: none, version: 0, origin: owner, shape, evicted: false });
        self.put_pod(id, PodState { exists: true, ..none });
        Ok((id, self.version))
    }

    /// Writes a pod's new state; a write that changes nothing takes no version.
    pub fn put_pod(&mut self, id: PodId, new: PodState) {
        let old = self.pods[id.0 as usize].state;
        if old == new {
            return;
        }
        self.tally(&old, -1);
        self.tally(&new, 1);
        let version = self.next();
        self.pods_version = version;
        if self.listed_pods.get().is_some() {
            self.listed_pods.take();
        }
        let record = &mut self.pods[id.0 as usize];
        record.state = new;
        record.version = version;
        self.changes.push((version, Change::Pod(id, new)));
    }

    fn tally(&mut self, state: &PodState, sign: i32) {
        if !state.exists {
            return;
        }
        self.alive = self.alive.wrapping_add_signed(sign);
        let totals = match state.owner {
            Some(owner) => &mut self.totals[owner.0 as usize],
            None => &mut self.orphan_totals,
        };
        totals.alive += sign;
        totals.serving += sign * i32::from(state.is_serving());
        totals.terminating += sign * i32::from(state.is_terminating());
    }

    /// Asks a pod to stop: it terminates if its kubelet has something to stop, else it is gone at once (it has
    /// finished, or no node yet). `false` = it was gone.
    pub fn delete_pod(&mut self, id: PodId, by: DeletedBy) -> bool {
        let state = self.pod(id).state;
        if state.exists {
            let nowhere = self.has_nodes && state.node == NodeId::NONE;
            if !state.deleting {
                self.pods[id.0 as usize].evicted = by == DeletedBy::Other;
            }
            self.put_pod(id, PodState { deleting: true, exists: !state.is_finished() && !nowhere, ..state });
        }
        state.exists
    }

    /// Removes a pod at once, whatever its kubelet thinks.
    pub fn force_delete_pod(&mut self, id: PodId) {
        let state = self.pod(id).state;
        if !state.deleting {
            self.pods[id.0 as usize].evicted = true;
        }
        self.put_pod(id, PodState { deleting: true, exists: false, ..state });
    }

    /// The object disappears.
    pub fn remove_pod(&mut self, id: PodId) {
        let state = self.pod(id).state;
        self.put_pod(id, PodState { exists: false, ..state });
    }
}
