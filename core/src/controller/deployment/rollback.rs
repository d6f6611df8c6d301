//! The deprecated rollback on the controller's side: an annotation asks for the template of an earlier revision.
//! (`kubectl rollout undo` does not use it; it edits the template itself.)

use super::annotations::{is_own, revision};
use super::sync::Pass;
use super::{DeploymentApi, DeploymentEvent, conditions};
use crate::api::{Deployment, ReplicaSet, StringMap, annotation};
use crate::controller::{ApiError, SyncError};
use crate::zoo::{Mutant, active};

impl<A: DeploymentApi + ?Sized> Pass<'_, '_, A> {
    /// The revision asked for (0 = the last but one), if there is a readable annotation.
    pub(super) fn rollback_to(&self) -> Option<i64> {
        self.d.meta.annotations.get(annotation::ROLLBACK_TO)?.parse().ok()
    }

    /// Puts the template of that revision into the Deployment; nothing is resized in the same pass.
    pub(super) fn rollback(&mut self, mut wanted: i64) -> Result<(), SyncError> {
        // Also creates the ReplicaSet of the present template, so that this can be returned to.
        let new = self.sync_new_replica_set(true)?;
        let new = new.as_deref();
        if wanted == 0 {
            wanted = last_revision(self.all(new));
            if wanted == 0 {
                self.api.event(DeploymentEvent::LastRevisionNotFound);
                return Ok(self.clear_rollback()?);
            }
        }
        let found = self.all(new).find(|rs| revision(&rs.meta.annotations) == Some(wanted));
        let Some(found) = found.cloned() else {
            self.api.event(DeploymentEvent::RevisionNotFound);
            return Ok(self.clear_rollback()?);
        };
        let deployment = &self.view.deployment.meta.name;
        if found.spec.template.equal_ignoring_hash(&self.d.spec.template) {
            if active(Mutant::AbortKillsStable) {
                self.resize(&found, 0)?;
            }
            self.api.event(DeploymentEvent::TemplateUnchanged { deployment });
            return Ok(self.clear_rollback()?);
        }
        let d = self.d.to_mut();
        d.spec.template = found.spec.template.without_hash();
        if !active(Mutant::RollbackKeepsWrongNote) {
            d.meta.annotations = annotations_of(&d.meta.annotations, &found);
        }
        self.clear_rollback()?;
        self.api.event(DeploymentEvent::RolledBack { deployment, revision: wanted });
        Ok(())
    }

    fn clear_rollback(&mut self) -> Result<(), ApiError> {
        let d = self.d.to_mut();
        d.meta.annotations.remove(annotation::ROLLBACK_TO);
        let mut d = Deployment::clone(d);
        conditions::round_times(&mut d.status.conditions);
        self.api.update_deployment(d)
    }
}

/// The Deployment's own annotations and the ReplicaSet's others: those belong to the template that is returned to
/// (the change cause, for one), and would otherwise be overwritten by the present ones in the next pass.
fn annotations_of(deployment: &StringMap, rs: &ReplicaSet) -> StringMap {
    let own = deployment.iter().filter(|(key, _)| is_own(key));
    let others = rs.meta.annotations.iter().filter(|(key, _)| !is_own(key));
    own.chain(others).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The second highest revision; 0 if there is none. Upstream's way of finding it, in which one that appears twice is
/// also its own second.
fn last_revision<'a>(replica_sets: impl Iterator<Item = &'a ReplicaSet>) -> i64 {
    let (mut max, mut second) = (0, 0);
    for number in replica_sets.filter_map(|rs| revision(&rs.meta.annotations)) {
        if number >= max {
            second = max;
            max = number;
        } else if number > second {
            second = number;
        }
    }
    if active(Mutant::SUndoToSelf) { max } else { second }
}
