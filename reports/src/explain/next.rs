//! What the controllers would do next, in words: their own decisions on the objects of the dump.

use std::sync::Arc;

use maxsurge_core::api::{KubernetesVersion, Pod, ReplicaSet, StrategyType, Time};
use maxsurge_core::controller::decide::{
    Action, ListedLookup, ReplicaSetState, decide_deployment, decide_replica_set,
};
use maxsurge_core::controller::deployment::DeploymentView;
use maxsurge_core::controller::replicaset::listed;

use super::Own;

/// One thing that happens next.
pub(super) struct Next {
    pub(super) text: String,
    /// It was tried before and failed.
    pub(super) again: bool,
}

/// Gives ReplicaSets the counters that their controller would write now: pods become available as time goes on, and a dump is
/// older than its reader.
pub(super) fn refresh(
    sets: &mut [Arc<ReplicaSet>],
    pods: &[Pod],
    owned: &dyn Fn(&ReplicaSet) -> bool,
    now: Time,
    version: KubernetesVersion,
) {
    for i in 0..sets.len() {
        let rs = sets[i].clone();
        let active = pods.iter().filter(|pod| pod.is_active() && listed::owns(&rs, pod)).count();
        // With pods missing from the dump its own count is the better one.
        if !owned(&rs) || active < usize::try_from(rs.status.replicas).unwrap_or(0) {
            continue;
        }
        let state = ReplicaSetState { replica_set: &rs, replica_sets: sets, pods, fail_create: 1, version };
        for action in decide_replica_set(&state, now).actions {
            if let Action::UpdateReplicaSetStatus(new) = action {
                let mut copy = (*rs).clone();
                // Whether a creation fails was not asked.
                copy.status = maxsurge_core::api::ReplicaSetStatus {
                    conditions: rs.status.conditions.clone(),
                    ..new.status.clone()
                };
                sets[i] = Arc::new(copy);
            }
        }
    }
}

/// What the controllers would do next, in order.
pub(super) fn actions(own: &Own<'_>, now: Time) -> Vec<Next> {
    let mut next = Vec::new();
    let mut push = |text: String, again: bool| next.push(Next { text, again });
    let has_pods = own.own.iter().all(|rs| own.has_pods_of(rs));
    // Whether a Recreate rollout may go on depends on the pods.
    if has_pods || own.d.spec.strategy.type_ != StrategyType::Recreate {
        let lookup = ListedLookup { replica_sets: &own.sets, pods: &own.all_pods };
        let view = DeploymentView {
            deployment: own.d,
            replica_sets: &own.sets,
            lookup: &lookup,
            version: own.version,
        };
        let decision = decide_deployment(&view, now);
        for action in &decision.actions {
            match action {
                Action::CreateReplicaSet(rs) => {
                    push(
                        format!("create the new ReplicaSet {} with {} pods", rs.meta.name, rs.spec.replicas),
                        false,
                    );
                }
                Action::UpdateReplicaSet(rs) => {
                    let old =
                        own.own.iter().find(|old| old.meta.uid == rs.meta.uid).map(|old| old.spec.replicas);
                    if let Some(old) = old.filter(|old| *old != rs.spec.replicas) {
                        push(
                            format!("scale the {} from {old} to {}", own.named(rs), rs.spec.replicas),
                            false,
                        );
                    }
                }
                Action::DeleteReplicaSet { name } => {
                    push(format!("delete the old ReplicaSet {name} from the history"), false);
                }
                Action::AdoptReplicaSet { name, .. } => push(format!("adopt ReplicaSet {name}"), false),
                Action::ReleaseReplicaSet { name, .. } => push(format!("release ReplicaSet {name}"), false),
                _ => {}
            }
        }
        if let Err(error) = &decision.outcome {
            push(format!("try again after the error: {error}"), true);
        }
    }
    for rs in own.own.iter().filter(|rs| own.has_pods_of(rs)) {
        let state = ReplicaSetState {
            replica_set: rs,
            replica_sets: &own.sets,
            pods: &own.all_pods,
            fail_create: 0,
            version: own.version,
        };
        let decision = decide_replica_set(&state, now);
        let count = |wanted: fn(&Action) -> bool| decision.actions.iter().filter(|a| wanted(a)).count();
        let made = count(|a| matches!(a, Action::CreatePod { .. }));
        let deleted = count(|a| matches!(a, Action::DeletePod { .. }));
        let failed = failure(rs).is_some();
        if made > 0 && failed {
            push(format!("try again to make {} of the {}", pods(made), own.named(rs)), true);
        } else if made > 0 {
            push(format!("make {} of the {}", pods(made), own.named(rs)), false);
        }
        if deleted > 0 {
            push(format!("delete {} of the {}", pods(deleted), own.named(rs)), false);
        }
    }
    next
}

/// Why a ReplicaSet could not create or delete pods when it tried last.
pub(super) fn failure(rs: &ReplicaSet) -> Option<&str> {
    let failure = rs.status.conditions.iter().find(|c| c.type_ == "ReplicaFailure")?;
    (failure.status.as_str() == "True").then_some(failure.message.as_str())
}

/// `1 pod`, `2 pods`.
pub(super) fn pods(n: usize) -> String {
    if n == 1 { "1 pod".into() } else { format!("{n} pods") }
}
