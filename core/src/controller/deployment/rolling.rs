//! RollingUpdate: the new ReplicaSet grows as far as surge allows, the old ones shrink as far as availability allows.

use smallvec::SmallVec;
use smol_str::format_smolstr;

use super::DeploymentApi;
use super::history::Order;
use super::scale::{is_active, total};
use super::sync::{NewReplicaSet, Pass};
use crate::api::ReplicaSet;
use crate::controller::{Requeue, SyncError};
use crate::zoo::{Mutant, active};

type Olds<'a> = SmallVec<[NewReplicaSet<'a>; 12]>;

/// One step (upstream: `rolloutRolling`). A pass either grows the new ReplicaSet or shrinks old ones, never both, so
/// that the counters which the other half needs are not those from before a write.
pub(super) fn rollout(pass: &mut Pass<'_, '_, impl DeploymentApi + ?Sized>) -> Result<Requeue, SyncError> {
    let new = pass.sync_new_replica_set(true)?;
    let Some(new) = new.as_deref() else {
        return Err(SyncError::new("the new ReplicaSet was neither found nor created"));
    };
    if pass.resize_new(new)? || pass.shrink_olds(new) {
        return pass.sync_rollout_status(Some(new));
    }
    if pass.is_complete(&pass.d.status) {
        pass.clean_history(Order::OldestFirst)?;
    }
    pass.sync_rollout_status(Some(new))
}

impl<'a, A: DeploymentApi + ?Sized> Pass<'_, 'a, A> {
    fn resize_new(&mut self, new: &ReplicaSet) -> Result<bool, SyncError> {
        let size = new.spec.replicas;
        let target = if size >= self.replicas {
            // Too large: it shrinks at once, whatever is available, since its pods are surplus by definition.
            self.replicas
        } else {
            // Sizes count here, not pods: those of an old ReplicaSet that still terminate leave their room free.
            let counted = (!active(Mutant::SSelfNotCounted)).then_some(new);
            let total = if active(Mutant::STotalFromStatus) {
                self.all(Some(new)).map(|rs| rs.status.replicas).sum()
            } else {
                total(self.all(counted))
            };
            self.strategy.size_of_new(self.ceiling_base(), total, size)?
        };
        Ok(self.resize(new, target)?.is_some())
    }

    /// Shrinks old ReplicaSets: first what is unavailable anyway, then as many available pods as may be missing. An
    /// error in it, of the API too, ends the shrinking and is then forgotten: the pass goes on as if nothing had been
    /// shrunk (upstream returns `nil` in place of it).
    pub(super) fn shrink_olds(&mut self, new: &ReplicaSet) -> bool {
        let mut olds: Olds<'a> =
            self.olds.iter().copied().filter(|rs| is_active(rs)).map(NewReplicaSet::Cached).collect();
        if total(olds.iter().map(|rs| &**rs)) == 0 {
            return false;
        }
        // New pods that are not available yet may still fail, so old pods must make up for them. Without this part a
        // template that never becomes ready would eat up all old pods.
        let new_unavailable = new.spec.replicas.wrapping_sub(counted_available(new));
        let max_down =
            total(self.all(Some(new))).wrapping_sub(self.min_available()).wrapping_sub(new_unavailable);
        if max_down <= 0 && !active(Mutant::SBudgetGuardGone) {
            return false;
        }
        let down = self.clean_unhealthy(&mut olds, max_down).and_then(|cleaned| {
            let down = self.shrink_available(&olds, new)?;
            Ok(cleaned.wrapping_add(down))
        });
        down.is_ok_and(|down| down > 0)
    }

    /// `spec.replicas` minus the pods that may be missing.
    fn min_available(&self) -> i32 {
        self.replicas.wrapping_sub(self.fenceposts.max_unavailable)
    }

    /// Takes up to `budget` unavailable pods away, oldest ReplicaSet first. They cost no availability, and an old
    /// template that never worked would otherwise block the rollout for ever.
    fn clean_unhealthy(&mut self, olds: &mut Olds<'a>, budget: i32) -> Result<i32, SyncError> {
        if active(Mutant::UnhealthyOldPinsRollout) {
            return Ok(0);
        }
        let mut done = 0_i32;
        for slot in olds {
            let mut available = slot.status.available_replicas;
            if active(Mutant::SweepCountsReady) {
                available = slot.status.ready_replicas;
            }
            let size = slot.spec.replicas;
            if done >= budget {
                break;
            }
            if size == 0 || size == available {
                continue;
            }
            let n = budget.wrapping_sub(done).min(size.wrapping_sub(available));
            let target =
                if active(Mutant::SweepGoesNegative) { size.wrapping_sub(n) } else { shrunk(slot, n)? };
            // The shrunken one takes its place, so that the second half counts from the new size.
            if let Some(stored) = self.resize(slot, target)? {
                *slot = NewReplicaSet::Written(stored);
            }
            done = done.wrapping_add(n);
        }
        Ok(done)
    }

    /// Takes available pods away while more than the minimum are available, oldest ReplicaSet first.
    fn shrink_available(&mut self, olds: &Olds<'a>, new: &ReplicaSet) -> Result<i32, SyncError> {
        let available = olds
            .iter()
            .map(|rs| rs.status.available_replicas)
            .fold(counted_available(new), i32::wrapping_add);
        let min_available = self.min_available();
        if available <= min_available {
            return Ok(0);
        }
        let budget = available.wrapping_sub(min_available);
        let mut done = 0_i32;
        for rs in olds {
            if done >= budget && !active(Mutant::TwoSpendersOneBudget) {
                break;
            }
            if rs.spec.replicas == 0 {
                continue;
            }
            let spent = if active(Mutant::TwoSpendersOneBudget) { 0 } else { done };
            let n = rs.spec.replicas.min(budget.wrapping_sub(spent));
            let target = shrunk(rs, n)?;
            self.resize(rs, target)?;
            done = done.wrapping_add(n);
        }
        Ok(done)
    }
}

/// Available pods of the new ReplicaSet, as its status has them.
fn counted_available(new: &ReplicaSet) -> i32 {
    if active(Mutant::ShrinkOnWeightNotHealth) { new.spec.replicas } else { new.status.available_replicas }
}

/// The size less `n`; an error if that is more (a status that lags behind a resize shows more available pods than the
/// ReplicaSet has).
fn shrunk(rs: &ReplicaSet, n: i32) -> Result<i32, SyncError> {
    let size = rs.spec.replicas;
    let target = size.wrapping_sub(n);
    if target > size {
        let (ns, name) = (&rs.meta.namespace, &rs.meta.name);
        return Err(SyncError::new(format_smolstr!(
            "got invalid request to scale down {ns}/{name} {size} -> {target}"
        )));
    }
    Ok(target)
}
