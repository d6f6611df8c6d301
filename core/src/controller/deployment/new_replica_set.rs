//! The ReplicaSet of the present template: kept up to date, or created.

use std::sync::Arc;

use smol_str::format_smolstr;

use super::annotations;
use super::conditions::{self, PROGRESSING, reason};
use super::sync::{NewReplicaSet, Pass};
use super::{DeploymentApi, DeploymentEvent};
use crate::api::{
    ConditionStatus, Identity, LabelSelector, ObjectMeta, POD_TEMPLATE_HASH, ReplicaSet, ReplicaSetSpec, Str,
    Time, annotation,
};
use crate::controller::adoption::controller_reference;
use crate::controller::quote::GoQuoted;
use crate::controller::{ApiError, ApiErrorKind, SyncError};
use crate::zoo::{Mutant, active};

/// Longest name of an object.
const NAME_MAX: usize = 253;

impl<'a, A: DeploymentApi + ?Sized> Pass<'_, 'a, A> {
    /// Finds or (if asked to) creates the ReplicaSet of the template, and keeps revisions and annotations in step
    /// (upstream: `getAllReplicaSetsAndSyncRevision`). One pass does this up to three times, each time from the
    /// same cached objects.
    pub(super) fn sync_new_replica_set(
        &mut self,
        create: bool,
    ) -> Result<Option<NewReplicaSet<'a>>, SyncError> {
        match self.existing_new {
            Some(existing) => self.sync_existing(existing).map(Some),
            None if create => self.create_new().map(Some),
            None => Ok(None),
        }
    }

    fn sync_existing(&mut self, existing: &'a Arc<ReplicaSet>) -> Result<NewReplicaSet<'a>, SyncError> {
        if let Some(settled) = &self.settled_new {
            return Ok(settled.clone());
        }
        // A copy of the map shares its memory until it changes.
        let mut map = existing.meta.annotations.clone();
        let changed =
            annotations::update_new_replica_set(&mut map, &self.d.meta.annotations, self.new_revision);
        let min_ready_seconds = self.d.spec.min_ready_seconds;
        if changed || existing.spec.min_ready_seconds != min_ready_seconds {
            let mut rs = ReplicaSet::clone(existing);
            rs.meta.annotations = map;
            rs.spec.min_ready_seconds = min_ready_seconds;
            // The Deployment's own revision follows in a later pass, woken by this write.
            return Ok(NewReplicaSet::Written(self.api.update_replica_set(rs)?));
        }
        let mut write = self.set_revision(map.get(annotation::REVISION).cloned().unwrap_or_default());
        if self.deadline().is_some() && self.d.condition(PROGRESSING).is_none() {
            let found = || format_smolstr!("Found new replica set {}", GoQuoted(&existing.meta.name));
            write |= self.set_progressing(ConditionStatus::True, reason::FOUND, found);
        }
        if write {
            self.send_status()?;
        }
        let new = if map.ptr_eq(&existing.meta.annotations) {
            NewReplicaSet::Cached(existing)
        } else {
            // An unreadable revision stopped the copying of annotations half-way: the copies are not written now, but
            // travel with the next resize.
            let mut rs = ReplicaSet::clone(existing);
            rs.meta.annotations = map;
            NewReplicaSet::Written(Arc::new(rs))
        };
        self.settled_new = Some(new.clone());
        Ok(new)
    }

    fn create_new(&mut self) -> Result<NewReplicaSet<'a>, SyncError> {
        let rs = self.draft()?;
        let (name, size) = (rs.meta.name.clone(), rs.spec.replicas);
        let (created, existed) = match self.api.create_replica_set(rs) {
            Ok(stored) => (NewReplicaSet::Written(stored), false),
            Err(error) => match error.kind {
                ApiErrorKind::AlreadyExists => (self.settle_collision(&name, error)?, true),
                // Nothing can be created any more; a condition would only be noise in an object about to go.
                ApiErrorKind::NamespaceTerminating => return Err(error.into()),
                _ => return Err(self.report_create_error(&name, error)),
            },
        };
        if !existed && size > 0 {
            self.api.event(DeploymentEvent::ScalingReplicaSet { rs: &created.meta.name, from: 0, to: size });
        }
        let mut write = self.set_revision(format_smolstr!("{}", self.new_revision));
        if !existed && self.deadline().is_some() {
            let message = || format_smolstr!("Created new replica set {}", GoQuoted(&created.meta.name));
            self.set_progressing(ConditionStatus::True, reason::CREATED, message);
            // Upstream writes whether or not the condition changed.
            write = true;
        }
        if write {
            self.send_status()?;
        }
        Ok(created)
    }

    /// The ReplicaSet to create. Its name and label carry a hash of the template, so that a second attempt after a
    /// lost answer meets the first one's object instead of making another.
    fn draft(&self) -> Result<ReplicaSet, SyncError> {
        let d = &*self.d;
        let (lookup, collisions) = (self.view.lookup, d.status.collision_count);
        let mut hash = lookup.template_hash(&d.spec.template, collisions, self.view.version);
        if active(Mutant::ResizeLooksLikeRelease) {
            hash = format_smolstr!("{hash}{}", self.replicas);
        } else if active(Mutant::TwinSetsFromStaleList) {
            hash = format_smolstr!("{hash}{}", self.now.since(Time::EPOCH));
        }
        let template = d.spec.template.with_hash(&hash);
        let mut selector = d.spec.selector.as_deref().cloned().unwrap_or_default();
        selector.match_labels.get_or_insert_default().insert(POD_TEMPLATE_HASH, hash.clone());
        let total = super::scale::total(self.all(None));
        let size = self.strategy.size_of_new(self.ceiling_base(), total, 0)?;
        let mut map = Default::default();
        annotations::update_new_replica_set(&mut map, &d.meta.annotations, self.new_revision);
        annotations::set_sizes(&mut map, self.replicas, self.max_total());
        Ok(ReplicaSet {
            meta: ObjectMeta {
                annotations: map,
                identity: Identity {
                    name: name_of(&d.meta.name, &hash),
                    namespace: d.meta.namespace.clone(),
                    labels: template.labels.clone(),
                    owner_references: vec![controller_reference(&d.meta, "Deployment")].into(),
                    ..Identity::default()
                }
                .into(),
                ..ObjectMeta::default()
            },
            spec: ReplicaSetSpec {
                replicas: size,
                min_ready_seconds: d.spec.min_ready_seconds,
                selector: Some(Arc::<LabelSelector>::new(selector)),
                template,
            },
            status: Default::default(),
        })
    }

    /// The name is taken: by our own ReplicaSet of this template (then that is it), or by another one. Then the
    /// collision count goes up, which changes the hash of the next attempt.
    fn settle_collision(&mut self, name: &str, error: ApiError) -> Result<NewReplicaSet<'a>, SyncError> {
        let lookup = self.view.lookup;
        let Some(found) = lookup.replica_set_named(name) else {
            return Err(SyncError::new(format_smolstr!("replicaset.apps {} not found", GoQuoted(name))));
        };
        let ours = found.meta.controller().is_some_and(|owner| owner.uid == self.d.meta.uid);
        if ours && self.d.spec.template.equal_ignoring_hash(&found.spec.template) {
            return Ok(NewReplicaSet::Cached(found));
        }
        if active(Mutant::NameClashStuck) {
            return Err(error.into());
        }
        let count = self.d.status.collision_count.unwrap_or(0).wrapping_add(1);
        self.d.to_mut().status.collision_count = Some(count);
        // If this fails, the next pass counts again from the stored value.
        let _ = self.send_status();
        Err(error.into())
    }

    fn report_create_error(&mut self, name: &str, error: ApiError) -> SyncError {
        let event = DeploymentEvent::ReplicaSetCreateError { rs: name, error: &error.message };
        if self.deadline().is_some() {
            self.set_progressing(ConditionStatus::False, reason::CREATE_ERROR, || format_smolstr!("{event}"));
            // The create error is what the pass ends with, whether or not this is stored.
            let _ = self.send_status();
        }
        self.api.event(event);
        error.into()
    }

    /// Sets the Deployment's own revision; returns whether that changed it.
    fn set_revision(&mut self, revision: Str) -> bool {
        let present = self.d.meta.annotations.get(annotation::REVISION);
        if present.map_or("", Str::as_str) == revision {
            return false;
        }
        self.d.to_mut().meta.annotations.insert(annotation::REVISION, revision)
    }

    fn set_progressing(
        &mut self,
        status: ConditionStatus,
        reason: &'static str,
        message: impl FnOnce() -> Str,
    ) -> bool {
        let now = self.now;
        conditions::set(&mut self.d.to_mut().status.conditions, PROGRESSING, status, reason, now, message)
    }
}

/// `<deployment>-<hash>`, the Deployment's part cut (at a byte, but never inside a character) to what fits.
fn name_of(deployment: &str, hash: &str) -> Str {
    let mut cut = deployment.len().min(NAME_MAX.saturating_sub(1 + hash.len()));
    while !deployment.is_char_boundary(cut) {
        cut -= 1;
    }
    format_smolstr!("{}-{hash}", &deployment[..cut])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut() {
        assert_eq!(name_of("web", "abc"), "web-abc");
        let long = name_of(&"d".repeat(253), "bcdfghjklm");
        assert_eq!((long.len(), long.ends_with("d-bcdfghjklm")), (253, true));
        assert_eq!(name_of(&"é".repeat(126), "bcdfghjkl").len(), 252);
    }
}
