//! The status: sums over the ReplicaSets.

use super::conditions::{self, AVAILABLE, reason};
use super::sync::Pass;
use super::{DeploymentApi, scale};
use crate::api::{ConditionStatus, DeploymentStatus, ReplicaSet, Str};
use crate::controller::SyncError;
use crate::zoo::{self, Mutant, active};

impl<A: DeploymentApi + ?Sized> Pass<'_, '_, A> {
    /// The status as the ReplicaSets report it. Sizes are those from before this pass's writes (except of one that
    /// it created or annotated), so `unavailableReplicas` lags by a pass.
    pub(super) fn status(&self, new: Option<&ReplicaSet>) -> DeploymentStatus {
        let all = self.all(new);
        let sum = |of: fn(&ReplicaSet) -> i32| all.clone().fold(0_i32, |sum, rs| sum.wrapping_add(of(rs)));
        let available = sum(|rs| rs.status.available_replicas);
        let mut status = DeploymentStatus {
            observed_generation: self.view.deployment.meta.generation,
            replicas: sum(|rs| rs.status.replicas),
            updated_replicas: new.map_or(0, |rs| rs.status.replicas),
            ready_replicas: sum(|rs| rs.status.ready_replicas),
            available_replicas: available,
            unavailable_replicas: at_least_zero(scale::total(all.clone()).wrapping_sub(available)),
            terminating_replicas: if self.view.version.reports_terminating() {
                terminating(all)
            } else {
                None
            },
            conditions: self.d.status.conditions.clone(),
            collision_count: self.d.status.collision_count,
        };
        let now = zoo::wall_clock(self.now);
        if available >= self.replicas.wrapping_sub(self.fenceposts.max_unavailable) {
            let message = || Str::new_static("Deployment has minimum availability.");
            let reason = reason::MINIMUM_AVAILABLE;
            conditions::set(&mut status.conditions, AVAILABLE, ConditionStatus::True, reason, now, message);
        } else {
            let message = || Str::new_static("Deployment does not have minimum availability.");
            let reason = reason::MINIMUM_UNAVAILABLE;
            conditions::set(&mut status.conditions, AVAILABLE, ConditionStatus::False, reason, now, message);
        }
        status
    }

    /// Writes the status if it says anything new; used where no rollout takes place, so the Progressing condition is
    /// left alone (upstream: `syncDeploymentStatus`).
    pub(super) fn sync_status(&mut self, new: Option<&ReplicaSet>) -> Result<(), SyncError> {
        let mut status = self.status(new);
        if active(Mutant::FlipPausedComplete) && self.deadline().is_some() && self.is_complete(&status) {
            let message = || Str::new_static("Deployment is complete");
            let (list, now) = (&mut status.conditions, self.now);
            conditions::set(
                list,
                conditions::PROGRESSING,
                ConditionStatus::True,
                reason::COMPLETE,
                now,
                message,
            );
        }
        if status != self.d.status {
            self.send_last_status(status)?;
        }
        Ok(())
    }
}

/// A status that lags behind a resize shows more available pods than are wanted of the ReplicaSets.
fn at_least_zero(unavailable: i32) -> i32 {
    if active(Mutant::NegativeUnavailable) { unavailable } else { unavailable.max(0) }
}

/// Terminating pods of all; unknown as soon as one that was acted on does not tell (an older controller wrote it). One
/// that was never acted on has no pods yet.
fn terminating<'a>(replica_sets: impl Iterator<Item = &'a ReplicaSet>) -> Option<i32> {
    let mut sum = 0_i32;
    for rs in replica_sets {
        match rs.status.terminating_replicas {
            Some(count) => sum = sum.wrapping_add(count),
            None if rs.status.observed_generation == 0 => {}
            None => return None,
        }
    }
    Some(sum)
}
