//! Recreate: no new pod before the last old one is gone.

use super::DeploymentApi;
use super::history::Order;
use super::scale::is_active;
use super::sync::Pass;
use crate::api::ReplicaSet;
use crate::controller::{NO_OWNER_UID, Requeue, SyncError};
use crate::zoo::{Mutant, active};

/// One step (upstream: `rolloutRecreate`).
pub(super) fn rollout(pass: &mut Pass<'_, '_, impl DeploymentApi + ?Sized>) -> Result<Requeue, SyncError> {
    let by_owner = pass.view.version.finds_pods_by_owner();
    if by_owner && pass.olds.iter().chain(&pass.existing_new).any(|rs| rs.meta.uid.is_empty()) {
        // The pods of each are looked up by its identity, and nothing stored is without one.
        return Err(SyncError::new(NO_OWNER_UID));
    }
    // Not created yet: its first pods would start beside the old ones.
    let mut new = pass.sync_new_replica_set(false)?;
    if pass.stop_olds()? || pass.old_pods_run(new.as_deref()) {
        return pass.sync_rollout_status(new.as_deref());
    }
    if new.is_none() {
        new = pass.sync_new_replica_set(true)?;
    }
    if let Some(new) = &new {
        // At once and whole. Its own terminating pods are not waited for: they are of the same template.
        pass.resize(new, pass.replicas)?;
    }
    if pass.is_complete(&pass.d.status) && !active(Mutant::PruneMissingInOneStrategy) {
        pass.clean_history(Order::OldestFirst)?;
    }
    pass.sync_rollout_status(new.as_deref())
}

impl<A: DeploymentApi + ?Sized> Pass<'_, '_, A> {
    fn stop_olds(&mut self) -> Result<bool, SyncError> {
        let mut any = false;
        for i in 0..self.olds.len() {
            let rs = self.olds[i];
            if is_active(rs) {
                any |= self.resize(rs, 0)?.is_some();
            }
        }
        Ok(any)
    }

    /// Whether an old pod may still be running: by the counters, which know no terminating pods, and by the pods.
    fn old_pods_run(&self, new: Option<&ReplicaSet>) -> bool {
        let counted = self.olds.iter().fold(0_i32, |sum, rs| sum.wrapping_add(rs.status.replicas));
        let (lookup, version) = (self.view.lookup, self.view.version);
        let runs_pods = |rs: &ReplicaSet| lookup.runs_pods(rs, &self.d, version);
        if active(Mutant::SGateOnOwnSet) && new.is_some_and(runs_pods) {
            return true;
        }
        if active(Mutant::RecreateEager) {
            return counted > 0;
        }
        let is_old = |rs: &ReplicaSet| new.is_none_or(|new| new.meta.uid != rs.meta.uid);
        counted > 0 || self.olds.iter().any(|rs| is_old(rs) && runs_pods(rs))
    }
}
