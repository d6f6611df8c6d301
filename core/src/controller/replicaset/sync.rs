//! The order of steps of one pass.

use std::sync::Arc;

use smol_str::format_smolstr;

use super::{Memory, Misfit, PodCounts, PodsView, ReplicaSetApi};
use crate::api::{
    Condition, ConditionStatus, KubernetesVersion, List, ReplicaSet, ReplicaSetStatus, Str, Time, Words,
};
use crate::controller::adoption::{aggregate, controller_reference, may_adopt};
use crate::controller::selector;
use crate::controller::{ApiError, ApiErrorKind, NO_OWNER_UID, Requeue, SyncError};
use crate::zoo::{Mutant, active};

/// Most pods that one pass creates or deletes.
pub const BURST_REPLICAS: usize = 500;

/// Type of the condition about pods that could not be created or deleted.
const REPLICA_FAILURE: &str = "ReplicaFailure";

/// One pass of the controller over one ReplicaSet (upstream: `syncReplicaSet`).
///
/// `may_manage` is what [`super::Expectations::satisfied`] said *before* the view of the pods was taken; the own-write
/// check ([`super::OwnWrites::check`]) comes before this function, too, in versions that have it. Costs a walk over the pods that need a decision
/// and nothing per other pod, if the view counts at O(1).
pub fn sync<V: PodsView + ?Sized>(
    rs: &Arc<ReplicaSet>,
    may_manage: bool,
    pods: &mut V,
    now: Time,
    memory: &mut Memory<V::Pod>,
    api: &mut (impl ReplicaSetApi<V::Pod> + ?Sized),
    version: KubernetesVersion,
) -> Result<Requeue, SyncError> {
    if rs.spec.selector.as_deref().is_some_and(|selector| selector::check(selector).is_err()) {
        // Repeating would not help: the object itself is unusable.
        return Ok(Requeue::None);
    }
    if rs.meta.uid.is_empty() {
        // Pods are looked up by their owner's identity, and nothing stored is without one.
        return Err(SyncError::new(NO_OWNER_UID));
    }
    let released = claim(rs, pods, memory, api)?;
    // Counted before anything is created or deleted; the pods' own events bring the next pass and the new counts.
    let mut counts = pods.counts(rs, now);
    if active(Mutant::TrimAndRetireSamePass) {
        counts.replicas = counts.replicas.saturating_sub(released);
    }
    if active(Mutant::SReadyIsAvailable) {
        counts.available = counts.ready;
    }
    let managed = if may_manage && !rs.meta.is_deleting() {
        manage(rs, &counts, pods, now, memory, api)
    } else {
        // Not managing counts as success, also for the ReplicaFailure condition.
        Ok(())
    };
    let terminating = version.reports_terminating().then_some(counts.terminating);
    let written = write_status(rs, &counts, terminating, managed.as_ref().err(), now, api)?;
    memory.own_writes.wrote_replica_set(&rs.meta.uid, written.unwrap_or(rs.meta.resource_version));
    if managed.is_err() && active(Mutant::DeniedCreateHotLoop) {
        return Ok(Requeue::After(0));
    }
    managed.map_err(SyncError::new)?;
    Ok(recheck(rs, &counts, now))
}

/// Takes orphans that match and gives up pods that no longer match. All are tried before the errors of some fail the
/// pass; then nothing else happens, not even a status write, since the counts would be wrong. Answers how many were
/// given up.
fn claim<V: PodsView + ?Sized>(
    rs: &Arc<ReplicaSet>,
    pods: &mut V,
    memory: &mut Memory<V::Pod>,
    api: &mut (impl ReplicaSetApi<V::Pod> + ?Sized),
) -> Result<i32, SyncError> {
    let mut released = 0;
    if rs.meta.is_deleting() && !active(Mutant::AdoptWhileDying) {
        // What it owns is left to the garbage collector, which follows the references.
        return Ok(released);
    }
    let mut errors: Vec<Str> = Vec::new();
    let mut may = None;
    for (pod, misfit) in pods.misfits(rs) {
        match misfit {
            Misfit::Release => match api.release_pod(pod, rs) {
                // Gone, or its uid or references changed: either way it is no longer ours to release.
                Err(error) if !matches!(error.kind, ApiErrorKind::NotFound | ApiErrorKind::Invalid) => {
                    errors.push(error.message);
                }
                _ => released += 1,
            },
            Misfit::Adopt => {
                // One live read for all adoptions of a pass; its answer stands for the whole pass.
                let may = may.get_or_insert_with(|| may_adopt(&rs.meta, "ReplicaSet", api.get_replica_set()));
                if let Err(why) = may {
                    let (name, uid) = pods.identity(pod);
                    let ns = &rs.meta.namespace;
                    errors.push(format_smolstr!("can't adopt Pod {ns}/{name} ({uid}): {why}"));
                    continue;
                }
                match api.adopt_pod(pod, &controller_reference(&rs.meta, "ReplicaSet")) {
                    Ok(version) => {
                        memory.own_writes.wrote_pod(&rs.meta.uid, version);
                        pods.adopted(pod);
                    }
                    // Gone meanwhile: nothing to count.
                    Err(error) if error.kind == ApiErrorKind::NotFound => {}
                    Err(error) => errors.push(error.message),
                }
            }
        }
    }
    if errors.is_empty() { Ok(released) } else { Err(SyncError::new(aggregate(&errors))) }
}

/// How many pods there are beyond `spec.replicas`; negative if some are missing. Wider than both, so that it cannot wrap.
fn excess(rs: &ReplicaSet, counts: &PodCounts) -> i64 {
    i64::from(counts.replicas) - i64::from(rs.spec.replicas)
}

/// Creates what is missing or deletes what is too many; the error text is that of the ReplicaFailure condition.
fn manage<V: PodsView + ?Sized>(
    rs: &Arc<ReplicaSet>,
    counts: &PodCounts,
    pods: &mut V,
    now: Time,
    memory: &mut Memory<V::Pod>,
    api: &mut (impl ReplicaSetApi<V::Pod> + ?Sized),
) -> Result<(), Str> {
    let excess = excess(rs, counts);
    // A burst is limited so that one ReplicaSet of a thousand pods does not keep all others waiting.
    let n = excess.unsigned_abs().min(BURST_REPLICAS as u64) as usize;
    match excess {
        0 => Ok(()),
        ..0 => create(rs, n, now, memory, api),
        1.. => delete(rs, n, pods, now, memory, api),
    }
}

/// Slow start: batches of 1, 2, 4, … pods. If every creation is refused (a quota, a bad template) this costs one request
/// a pass and not hundreds.
fn create<Pod: Copy + Ord>(
    rs: &Arc<ReplicaSet>,
    n: usize,
    now: Time,
    memory: &mut Memory<Pod>,
    api: &mut (impl ReplicaSetApi<Pod> + ?Sized),
) -> Result<(), Str> {
    memory.expectations.expect_creations(n, now);
    let first = if active(Mutant::DeniedCreateHotLoop) { n } else { 1.min(n) };
    let (mut created, mut batch, mut error) = (0, first, None);
    while batch > 0 && error.is_none() {
        // All of a batch are under way at once, so one that fails does not spare the others.
        for _ in 0..batch {
            match create_one(rs, api) {
                Ok(version) => {
                    memory.own_writes.wrote_pod(&rs.meta.uid, version);
                    created += 1;
                }
                // Counts as done: every further attempt would fail as well, and the open expectation keeps the
                // ReplicaSet quiet until the namespace is gone.
                Err(refused) if refused.kind == ApiErrorKind::NamespaceTerminating => created += 1,
                Err(refused)
                    if refused.kind == ApiErrorKind::Timeout && active(Mutant::TimeoutTakenForSuccess) =>
                {
                    created += 1;
                }
                Err(refused) => {
                    error.get_or_insert(refused.message);
                }
            }
        }
        batch = (2 * batch).min(n - created);
    }
    // What failed or was not tried will never be observed.
    memory.expectations.creations_observed(n - created);
    error.map_or(Ok(()), Err)
}

fn create_one<Pod>(
    rs: &Arc<ReplicaSet>,
    api: &mut (impl ReplicaSetApi<Pod> + ?Sized),
) -> Result<u64, ApiError> {
    if rs.spec.template.labels.is_empty() {
        // Such a pod could never match the selector; the API is not even asked.
        return Err(ApiError::new(ApiErrorKind::Internal, "unable to create pods, no labels"));
    }
    api.create_pod(rs)
}

fn delete<V: PodsView + ?Sized>(
    rs: &Arc<ReplicaSet>,
    n: usize,
    pods: &mut V,
    now: Time,
    memory: &mut Memory<V::Pod>,
    api: &mut (impl ReplicaSetApi<V::Pod> + ?Sized),
) -> Result<(), Str> {
    let mut victims = Vec::with_capacity(n);
    pods.victims(rs, n, now, &mut victims);
    if !active(Mutant::SDeleteUnconfirmed) {
        memory.expectations.expect_deletions(&victims, now);
    }
    let mut failed = None;
    for pod in victims {
        if let Err(error) = api.delete_pod(pod, rs) {
            // No event will tell of a deletion that did not happen, not even if the pod was gone before.
            memory.expectations.deletion_observed(pod);
            if error.kind != ApiErrorKind::NotFound {
                failed.get_or_insert(format_smolstr!("unable to delete pods: {error}"));
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Writes the status if it says anything new. Answers the stored version, `None` if nothing was written.
fn write_status<Pod>(
    rs: &Arc<ReplicaSet>,
    counts: &PodCounts,
    terminating: Option<i32>,
    error: Option<&Str>,
    now: Time,
    api: &mut (impl ReplicaSetApi<Pod> + ?Sized),
) -> Result<Option<u64>, SyncError> {
    let conditions = conditions(rs, counts, error, now);
    let old = &rs.status;
    let same = old.replicas == counts.replicas
        && old.fully_labeled_replicas == counts.fully_labeled
        && old.ready_replicas == counts.ready
        && old.available_replicas == counts.available
        && old.terminating_replicas == terminating
        && old.observed_generation == rs.meta.generation
        && conditions.as_ref().is_none_or(|new| *new == old.conditions);
    if same {
        return Ok(None);
    }
    let copy = || ReplicaSet {
        meta: rs.meta.clone(),
        spec: rs.spec.clone(),
        status: ReplicaSetStatus {
            replicas: counts.replicas,
            fully_labeled_replicas: counts.fully_labeled,
            ready_replicas: counts.ready,
            available_replicas: counts.available,
            terminating_replicas: terminating,
            observed_generation: rs.meta.generation,
            conditions: conditions.clone().unwrap_or_else(|| old.conditions.clone()),
        },
    };
    // One retry at once with the newest version: the usual conflict is with the Deployment controller resizing the
    // ReplicaSet, and a whole pass would compute the same status again. The generation stays the one acted on.
    let stored = match api.update_replica_set_status(copy(), false) {
        Ok(stored) => stored,
        Err(_) => {
            api.get_replica_set()?;
            api.update_replica_set_status(copy(), true)?
        }
    };
    Ok(Some(stored.meta.resource_version))
}

/// The conditions, if they change. An existing ReplicaFailure is left exactly as it is while pods keep failing (its time
/// tells since when), and goes with the first success.
fn conditions(
    rs: &ReplicaSet,
    counts: &PodCounts,
    error: Option<&Str>,
    now: Time,
) -> Option<List<Condition>> {
    let failing = rs.status.conditions.iter().any(|c| c.type_ == REPLICA_FAILURE);
    let mut conditions = match (error.is_some(), failing) {
        (false, true) if active(Mutant::StaleFailureCondition) => return None,
        (true, false) | (false, true) => rs.status.conditions.clone(),
        _ => return None,
    };
    match error {
        None => conditions.retain(|c| c.type_ != REPLICA_FAILURE),
        Some(error) => conditions.push(Condition {
            last_update_time: None,
            last_transition_time: Some(now.whole_second()),
            words: Words {
                type_: Str::new_static(REPLICA_FAILURE),
                status: ConditionStatus::True,
                reason: Str::new_static(if excess(rs, counts) < 0 { "FailedCreate" } else { "FailedDelete" }),
                message: error.clone(),
            }
            .into(),
        }),
    }
    Some(conditions)
}

/// When to look again because a ready pod becomes available: no event tells of that moment.
fn recheck(rs: &ReplicaSet, counts: &PodCounts, now: Time) -> Requeue {
    let min_ready_seconds = rs.spec.min_ready_seconds;
    if min_ready_seconds <= 0 || counts.ready == counts.available || active(Mutant::NoWakeForMinready) {
        return Requeue::None;
    }
    Requeue::After(match counts.next_available {
        Some(at) => at.since(now).max(0),
        // Ready without a time: it never becomes available, and is asked for over and over.
        None => i64::from(min_ready_seconds) * 1_000_000_000,
    })
}
