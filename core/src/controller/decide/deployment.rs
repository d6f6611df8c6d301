//! The Deployment controller's half of the recorder.

use std::sync::Arc;

use smol_str::format_smolstr;

use super::{Action, Decision, Journal};
use crate::api::{
    Deployment, Identity, KubernetesVersion, OwnerReference, Pod, PodTemplate, ReplicaSet, Str, Time,
};
use crate::controller::deployment::{
    DeploymentApi, DeploymentEvent, DeploymentLookup, DeploymentSync, DeploymentView, sync,
};
use crate::controller::quote::GoQuoted;
use crate::controller::replicaset::listed;
use crate::controller::selector;
use crate::controller::{ApiError, ApiErrorKind, LiveOwner};
use crate::zoo::{Mutant, active};

/// Look-ups in plain lists of one namespace.
#[derive(Clone, Copy, Debug)]
pub struct ListedLookup<'a> {
    /// All ReplicaSets.
    pub replica_sets: &'a [Arc<ReplicaSet>],
    /// All pods.
    pub pods: &'a [Pod],
}

impl DeploymentLookup for ListedLookup<'_> {
    fn runs_pods(&self, rs: &ReplicaSet, deployment: &Deployment, version: KubernetesVersion) -> bool {
        let selector = deployment.spec.selector.as_deref();
        let of_it = |pod: &Pod| match version.finds_pods_by_owner() {
            true => listed::owns(rs, pod),
            false => {
                pod.meta.controller().is_some_and(|owner| owner.uid == rs.meta.uid)
                    && selector::matches(selector, &pod.meta.labels)
            }
        };
        let waits_for_dead = active(Mutant::RecreateWaitsForDead);
        self.pods.iter().any(|pod| of_it(pod) && (waits_for_dead || !pod.status.phase.is_finished()))
    }

    fn replica_set_named(&self, name: &str) -> Option<&Arc<ReplicaSet>> {
        self.replica_sets.iter().find(|rs| rs.meta.name == name)
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

/// What the Deployment controller would do in one pass.
pub fn decide_deployment(view: &DeploymentView<'_>, now: Time) -> Decision {
    decide_deployment_by(|view, now, api| sync(view, now, api), view, now)
}

/// What another controller would do in one pass.
pub fn decide_deployment_by(sync: DeploymentSync, view: &DeploymentView<'_>, now: Time) -> Decision {
    let mut recorder = Recorder { view, now, created: Vec::new(), journal: Journal::default() };
    let outcome = sync(view, now, &mut recorder);
    recorder.journal.decision(outcome)
}

struct Recorder<'v, 'a> {
    view: &'v DeploymentView<'a>,
    now: Time,
    created: Vec<Arc<ReplicaSet>>,
    journal: Journal,
}

impl DeploymentApi for Recorder<'_, '_> {
    fn get_deployment(&mut self) -> Result<LiveOwner, ApiError> {
        let Identity { uid, deletion_timestamp, .. } = &*self.view.deployment.meta.identity;
        Ok(LiveOwner { uid: uid.clone(), deletion_timestamp: *deletion_timestamp })
    }

    fn adopt_replica_set(&mut self, rs: &Arc<ReplicaSet>, owner: &OwnerReference) -> Result<(), ApiError> {
        let (name, uid) = (rs.meta.name.clone(), rs.meta.uid.clone());
        self.journal.actions.push(Action::AdoptReplicaSet { name, uid, owner: owner.clone() });
        Ok(())
    }

    fn release_replica_set(&mut self, rs: &Arc<ReplicaSet>, owner_uid: &Str) -> Result<(), ApiError> {
        let (name, uid) = (rs.meta.name.clone(), rs.meta.uid.clone());
        self.journal.actions.push(Action::ReleaseReplicaSet { name, uid, owner_uid: owner_uid.clone() });
        Ok(())
    }

    fn create_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        let name = rs.meta.name.clone();
        self.journal.actions.push(Action::CreateReplicaSet(Arc::new(rs.clone())));
        let taken = self.view.lookup.replica_set_named(&name).is_some()
            || self.created.iter().any(|other| other.meta.name == name);
        if taken {
            let text = format_smolstr!("replicasets.apps {} already exists", GoQuoted(&name));
            return Err(ApiError::new(ApiErrorKind::AlreadyExists, text));
        }
        let mut stored = rs;
        stored.meta.uid = format_smolstr!("created-{}", self.created.len() + 1);
        stored.meta.generation = 1;
        stored.meta.creation_timestamp = Some(self.now.whole_second());
        let stored = Arc::new(stored);
        self.created.push(Arc::clone(&stored));
        Ok(stored)
    }

    fn update_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        let sent = Arc::new(rs);
        self.journal.actions.push(Action::UpdateReplicaSet(Arc::clone(&sent)));
        Ok(sent)
    }

    fn delete_replica_set(&mut self, rs: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        self.journal.actions.push(Action::DeleteReplicaSet { name: rs.meta.name.clone() });
        Ok(())
    }

    fn update_deployment(&mut self, d: Deployment) -> Result<(), ApiError> {
        self.journal.actions.push(Action::UpdateDeployment(Arc::new(d)));
        Ok(())
    }

    fn update_deployment_status(&mut self, d: Deployment) -> Result<(), ApiError> {
        self.journal.actions.push(Action::UpdateDeploymentStatus(Arc::new(d)));
        Ok(())
    }

    fn event(&mut self, event: DeploymentEvent<'_>) {
        let text = event.text(self.view.version);
        self.journal.event(event.event_type(), event.reason(), text);
    }
}
