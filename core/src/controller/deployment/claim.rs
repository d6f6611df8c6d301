//! Which ReplicaSets belong to the Deployment.

use smol_str::format_smolstr;

use super::DeploymentApi;
use super::sync::{Cached, Pass};
use crate::api::Str;
use crate::controller::adoption::{aggregate, controller_reference, may_adopt};
use crate::controller::selector;
use crate::controller::{ApiErrorKind, SyncError};
use crate::zoo::{Mutant, active};

impl<'a, A: DeploymentApi + ?Sized> Pass<'_, 'a, A> {
    /// Takes what is owned and matches, adopts orphans that match, releases what no longer matches. All candidates
    /// are tried before the errors of some fail the pass.
    ///
    /// The selector is applied to the *labels of the ReplicaSet*; its own selector and template do not matter here.
    /// Ownership is decided by uid alone: a Deployment that was deleted and created again under its name does not
    /// own what the earlier one left.
    pub(super) fn claim(&mut self) -> Result<Cached<'a>, SyncError> {
        let replica_sets = self.view.replica_sets;
        let owner = &self.view.deployment.meta;
        let selector = self.view.deployment.spec.selector.as_deref();
        let mut claimed = Cached::new();
        let mut may = None;
        let mut errors: Vec<Str> = Vec::new();
        for rs in replica_sets {
            let matches = selector::matches(selector, &rs.meta.labels);
            match rs.meta.controller() {
                Some(reference) if reference.uid != owner.uid => {
                    if active(Mutant::OverlapThrash) && matches {
                        claimed.push(rs);
                    }
                    if active(Mutant::SAdoptOwned) && matches {
                        self.api.adopt_replica_set(rs, &controller_reference(owner, "Deployment"))?;
                    }
                }
                Some(_) if matches => claimed.push(rs),
                // One being deleted leaves what it owns to the garbage collector, which follows the references.
                Some(_) if owner.is_deleting() => {}
                Some(_) => {
                    if let Err(error) = self.api.release_replica_set(rs, &owner.uid) {
                        // Gone, or its uid or references changed: either way it is no longer ours to release.
                        if !matches!(error.kind, ApiErrorKind::NotFound | ApiErrorKind::Invalid) {
                            errors.push(error.message);
                        }
                    }
                }
                None if !matches || rs.meta.is_deleting() => {}
                None if owner.is_deleting() && !active(Mutant::AdoptWhileDying) => {}
                None => {
                    // One live read for all adoptions of a pass; its answer stands for the whole pass.
                    let may =
                        may.get_or_insert_with(|| may_adopt(owner, "Deployment", self.api.get_deployment()));
                    if let Err(why) = may {
                        let (ns, name, uid) = (&rs.meta.namespace, &rs.meta.name, &rs.meta.uid);
                        errors.push(format_smolstr!("can't adopt ReplicaSet {ns}/{name} ({uid}): {why}"));
                        continue;
                    }
                    match self.api.adopt_replica_set(rs, &controller_reference(owner, "Deployment")) {
                        // Used in its cached form, still without the reference.
                        Ok(()) => claimed.push(rs),
                        Err(error) if error.kind == ApiErrorKind::NotFound => {}
                        Err(error) => errors.push(error.message),
                    }
                }
            }
        }
        if errors.is_empty() { Ok(claimed) } else { Err(SyncError::new(aggregate(&errors))) }
    }
}
