//! Deletion of old ReplicaSets beyond the history limit.

use std::cmp::Ordering;

use super::DeploymentApi;
use super::annotations::revision;
use super::sync::{Cached, Pass, by_creation};
use crate::api::ReplicaSet;
use crate::controller::{ApiErrorKind, SyncError, go_sort};
use crate::zoo::{Mutant, active};

/// The order of the list before it is sorted by revision. Upstream sorts one shared list in place for other purposes;
/// where revisions are unreadable the comparison is not transitive and this order shows through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    /// On the rollout paths.
    OldestFirst,
    /// On the path of a paused Deployment, after its scale step.
    NewestFirst,
}

impl<'a, A: DeploymentApi + ?Sized> Pass<'_, 'a, A> {
    /// Deletes what exceeds the limit, lowest revision first. One that still has pods, or whose last resize has not
    /// been acted on, is kept and still counts as one of those to go: nothing else is deleted in its place.
    pub(super) fn clean_history(&mut self, order: Order) -> Result<(), SyncError> {
        let Some(limit) = self.d.spec.revision_history_limit.filter(|limit| *limit != i32::MAX) else {
            return Ok(());
        };
        let excess = |count: usize| (count as i32).wrapping_sub(limit);
        if excess(self.olds.len()) <= 0 {
            return Ok(());
        }
        let mut candidates: Cached<'a> = self
            .olds
            .iter()
            .copied()
            .filter(|rs| !rs.meta.is_deleting() || active(Mutant::PruneCountsDying))
            .collect();
        let excess = usize::try_from(excess(candidates.len())).unwrap_or(0);
        if excess == 0 {
            return Ok(());
        }
        if order == Order::NewestFirst {
            candidates.reverse();
        }
        // With readable revisions any algorithm gives the same order; with unreadable ones it decides.
        go_sort::sort(&mut candidates, |a, b| by_revision(a, b) == Ordering::Less);
        for rs in candidates.into_iter().take(excess) {
            let idle = rs.status.replicas == 0
                && rs.spec.replicas == 0
                && rs.meta.generation <= rs.status.observed_generation;
            if !idle && !active(Mutant::SPruneActive) {
                continue;
            }
            match self.api.delete_replica_set(rs) {
                Err(error) if error.kind != ApiErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// By revision; by creation where revisions are equal or one of them is unreadable.
fn by_revision(a: &ReplicaSet, b: &ReplicaSet) -> Ordering {
    match (revision(&a.meta.annotations), revision(&b.meta.annotations)) {
        _ if active(Mutant::PruneByAge) => by_creation(a, b),
        (Some(left), Some(right)) if active(Mutant::SPruneNewest) => right.cmp(&left),
        (Some(left), Some(right)) if left != right => left.cmp(&right),
        _ => by_creation(a, b),
    }
}
