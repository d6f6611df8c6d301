//! Resizing one ReplicaSet, and sharing a change of `spec.replicas` among several.
//!
//! All numbers are `int32` that wrap around silently, as upstream: beyond some 46,340 pods the products below
//! overflow, and the sizes that come out of it are really written.

use std::sync::Arc;

use smallvec::SmallVec;

use super::annotations;
use super::sync::{Pass, by_creation};
use super::{DeploymentApi, DeploymentEvent};
use crate::api::{ReplicaSet, annotation};
use crate::controller::{ApiError, SyncError};
use crate::zoo::{Mutant, active};

/// Sum of `spec.replicas`.
pub(super) fn total<'a>(replica_sets: impl Iterator<Item = &'a ReplicaSet>) -> i32 {
    replica_sets.fold(0, |sum, rs| sum.wrapping_add(rs.spec.replicas))
}

/// Whether any pod is wanted of it; what it still has does not matter.
pub(super) fn is_active(rs: &ReplicaSet) -> bool {
    rs.spec.replicas > 0
}

impl<'a, A: DeploymentApi + ?Sized> Pass<'_, 'a, A> {
    /// `spec.replicas` plus surge.
    pub(super) fn max_total(&self) -> i32 {
        self.replicas.wrapping_add(self.fenceposts.max_surge)
    }

    /// The wanted pods from which the ceiling of the new ReplicaSet is computed.
    pub(super) fn ceiling_base(&self) -> i32 {
        let old = self.olds.last().filter(|_| active(Mutant::SurgeFromOldSize));
        let noted = old.and_then(|rs| annotations::desired_replicas(&rs.meta.annotations));
        noted.unwrap_or(self.replicas)
    }

    /// Gives a ReplicaSet another size; writes nothing if it has it. Answers the stored one if it was resized.
    pub(super) fn resize(&mut self, rs: &ReplicaSet, to: i32) -> Result<Option<Arc<ReplicaSet>>, ApiError> {
        if rs.spec.replicas == to { Ok(None) } else { self.write_size(rs, to).map(Some) }
    }

    /// The same, but also writes if only the remembered sizes are out of date: proportional scaling computes the next
    /// shares from them.
    fn resize_or_refresh(&mut self, rs: &ReplicaSet, to: i32) -> Result<(), ApiError> {
        let (replicas, max) = (self.replicas, self.max_total());
        if rs.spec.replicas != to || annotations::sizes_differ(&rs.meta.annotations, replicas, max) {
            self.write_size(rs, to)?;
        }
        Ok(())
    }

    fn write_size(&mut self, rs: &ReplicaSet, to: i32) -> Result<Arc<ReplicaSet>, ApiError> {
        let from = rs.spec.replicas;
        let mut copy = rs.clone();
        copy.spec.replicas = to;
        if let Some(before) = self.existing_new.filter(|before| before.meta.uid == rs.meta.uid)
            && active(Mutant::DeadlineNoteWiped)
        {
            copy.meta.annotations = before.meta.annotations.clone();
        }
        if active(Mutant::CompareWritesBack) {
            copy.spec.template = copy.spec.template.without_hash();
        }
        if !(active(Mutant::NotesNotRefreshed) && self.existing_new.is_none()) {
            annotations::set_sizes(&mut copy.meta.annotations, self.replicas, self.max_total());
        }
        let stored = self.api.update_replica_set(copy)?;
        if from != to {
            self.api.event(DeploymentEvent::ScalingReplicaSet { rs: &rs.meta.name, from, to });
        }
        Ok(stored)
    }

    /// Whether `spec.replicas` changed since an active ReplicaSet was last sized. One without a readable memory
    /// cannot tell; with nothing active there is nothing to share out, and the rollout does it.
    pub(super) fn is_scaling_event(&mut self) -> Result<bool, SyncError> {
        let new = self.sync_new_replica_set(false)?;
        let replicas = self.replicas;
        let asked = |rs: &&ReplicaSet| is_active(rs) || active(Mutant::OldNoteTriggersResize);
        Ok(self.all(new.as_deref()).filter(asked).any(|rs| {
            annotations::desired_replicas(&rs.meta.annotations).is_some_and(|desired| desired != replicas)
        }))
    }

    /// Brings the sizes to `spec.replicas` without moving the rollout (upstream: `scale`).
    pub(super) fn scale_all(&mut self, new: Option<&ReplicaSet>) -> Result<(), SyncError> {
        // Newest first, as upstream's look for "active or latest" leaves the list.
        let olds_newest_first =
            self.olds.iter().copied().rev().map(|rs: &'a Arc<ReplicaSet>| -> &ReplicaSet { rs });
        let mut actives: SmallVec<[&ReplicaSet; 12]> =
            olds_newest_first.chain(new).filter(|rs| is_active(rs)).collect();

        let newest_old = self.olds.last().copied();
        if new.is_some() || newest_old.is_some() {
            // One that has all pods simply gets the new size; and with none, the one to start again with does.
            let only = match actives[..] {
                [] => new.or(newest_old.map(|rs| &**rs)),
                [_] if active(Mutant::ResizeHitsLatestNotActive) => new.or(newest_old.map(|rs| &**rs)),
                [only] => Some(only),
                _ => None,
            };
            if let Some(only) = only {
                // Its size may be right and its memory stale; upstream leaves that as it is, and so every later
                // pass sees a scaling event again and no rollout ever happens.
                self.resize(only, self.replicas)?;
                return Ok(());
            }
        }
        if new.is_some_and(|new| self.is_saturated(new)) {
            for rs in actives.iter().filter(|rs| new.is_none_or(|new| !std::ptr::eq(**rs, new))) {
                self.resize(rs, 0)?;
            }
            return Ok(());
        }
        if self.strategy.scales_proportionally() {
            self.scale_proportionally(&mut actives)?;
        }
        Ok(())
    }

    /// The rollout is over but for old pods: the new ReplicaSet has its size and all of it available.
    fn is_saturated(&self, new: &ReplicaSet) -> bool {
        let desired = new.meta.annotations.get(annotation::DESIRED_REPLICAS);
        // Read as any 64-bit number and cut to 32 bits, unlike where scaling events are looked for.
        let desired = desired.and_then(|text| text.parse::<i64>().ok());
        desired.is_some_and(|desired| desired as i32 == self.replicas)
            && new.spec.replicas == self.replicas
            && new.status.available_replicas == self.replicas
    }

    /// In mid-rollout a change of `spec.replicas` is spread over all active ReplicaSets, so that a bad new template
    /// does not get all of the added pods.
    fn scale_proportionally(&mut self, actives: &mut [&ReplicaSet]) -> Result<(), SyncError> {
        let some = self.replicas > 0 || active(Mutant::SZeroKeepsSurge);
        let allowed = if some { self.max_total() } else { 0 };
        let to_add = allowed.wrapping_sub(total(actives.iter().copied()));
        // The largest goes first: rounding errors weigh least there. Among equals a newer one grows first and
        // an older one shrinks first.
        let by_size = |a: &ReplicaSet, b: &ReplicaSet| b.spec.replicas.cmp(&a.spec.replicas);
        if to_add > 0 {
            let older_first = active(Mutant::STieBreakReversed);
            let by_age = |a, b| if older_first { by_creation(a, b) } else { by_creation(b, a) };
            actives.sort_unstable_by(|a, b| by_size(a, b).then_with(|| by_age(a, b)));
        } else if to_add < 0 {
            actives.sort_unstable_by(|a, b| by_size(a, b).then_with(|| by_creation(a, b)));
        }
        let mut added = 0_i32;
        let mut targets: SmallVec<[i32; 12]> = actives
            .iter()
            .map(|rs| {
                let share = if to_add == 0 { 0 } else { self.share(rs, to_add, added) };
                added = added.wrapping_add(share);
                if share == 0 && to_add != 0 && active(Mutant::SkippedSetBecomesZero) {
                    return 0;
                }
                rs.spec.replicas.wrapping_add(share)
            })
            .collect();
        if let Some(first) = targets.first_mut()
            && to_add != 0
            && !active(Mutant::SLeftoverDropped)
        {
            // What rounding left over, so that the total comes out exactly.
            *first = first.wrapping_add(to_add.wrapping_sub(added)).max(0);
        }
        for (rs, target) in actives.iter().zip(targets) {
            self.resize_or_refresh(rs, target)?;
        }
        Ok(())
    }

    /// What one ReplicaSet gets of `to_add`, of which `added` is already given away. The share is cut to what is left
    /// but not to its direction: with a stale memory one may shrink while the Deployment grows.
    fn share(&self, rs: &ReplicaSet, to_add: i32, added: i32) -> i32 {
        if rs.spec.replicas == 0 || to_add == added {
            return 0;
        }
        let fraction = self.fraction(rs);
        let left = to_add.wrapping_sub(added);
        if to_add > 0 { fraction.min(left) } else { fraction.max(left) }
    }

    /// How much a ReplicaSet would change if it kept its part of the whole.
    fn fraction(&self, rs: &ReplicaSet) -> i32 {
        let size = rs.spec.replicas;
        if self.replicas == 0 {
            return size.wrapping_neg();
        }
        // The whole at the time when this size was written. Without a memory: what the Deployment last reported.
        let before = match annotations::max_replicas(&rs.meta.annotations) {
            noted if active(Mutant::ZeroBaseFraction) => noted.unwrap_or(0),
            _ if active(Mutant::SShareFromCurrentCeiling) => self.max_total(),
            None | Some(0) => self.view.deployment.status.replicas,
            Some(before) => before,
        };
        if before == 0 && !active(Mutant::ZeroBaseFraction) {
            return 0;
        }
        let product = size.wrapping_mul(self.max_total());
        // `libm::round` rounds half away from zero, as Go's `math.Round`.
        let new_size = libm::round(f64::from(product) / f64::from(before)) as i64 as i32;
        new_size.wrapping_sub(size)
    }
}
