//! What the controllers do next with a Deployment, or which clause holds them.

use std::sync::Arc;

use maxsurge_core::api::{Deployment, KubernetesVersion, Pod, ReplicaSet, StrategyType, Time, annotation};
use maxsurge_core::controller::decide::{
    Action, ListedLookup, ReplicaSetState, decide_deployment, decide_replica_set,
};
use maxsurge_core::controller::deployment::{DeploymentView, Strategy};
use maxsurge_core::controller::replicaset::listed;
use maxsurge_core::scenario::status::{RolloutStatus, progressing, rollout_status};

use super::causes::causes;
use super::dump::Dump;

/// The explanation, a sentence a line.
pub(super) fn explain(
    dump: &Dump,
    d: &Arc<Deployment>,
    now: Time,
    version: KubernetesVersion,
) -> Vec<String> {
    let mut lines = Vec::new();
    let name = format!("-n {} deployment/{}", d.meta.namespace, d.meta.name);
    let sets: Vec<Arc<ReplicaSet>> =
        dump.replica_sets.iter().filter(|rs| rs.meta.namespace == d.meta.namespace).cloned().collect();
    let own: Vec<&Arc<ReplicaSet>> =
        sets.iter().filter(|rs| rs.meta.controller().is_some_and(|owner| owner.uid == d.meta.uid)).collect();
    if own.is_empty() && d.status.observed_generation > 0 {
        lines.push("Its ReplicaSets are not in the dump: what comes next cannot be known. Dump with `kubectl get deploy,rs,pods -o yaml`.".into());
        return lines;
    }
    let pods: Vec<&Pod> = dump.pods.iter().filter(|pod| own.iter().any(|rs| listed::owns(rs, pod))).collect();
    let has_pods = !pods.is_empty() || d.status.replicas == 0;
    if !has_pods {
        lines.push(
            "Its pods are not in the dump: the causes in them, and what its ReplicaSets do, cannot be known."
                .into(),
        );
    }
    let next = next_actions(dump, d, &sets, &own, has_pods, now, version);
    if next.is_empty() {
        lines.extend(holds(d, &own, &pods, &name, now));
    } else {
        lines.push("Next the controllers would:".into());
        lines.extend(next.into_iter().map(|action| format!("  {action}")));
    }
    for condition in
        own.iter().flat_map(|rs| rs.status.conditions.iter()).filter(|c| c.type_ == "ReplicaFailure")
    {
        lines.push(format!(
            "A ReplicaSet cannot make pods: {}. Look: kubectl get resourcequota,limitrange -n {}",
            condition.message, d.meta.namespace
        ));
    }
    lines.extend(causes(&pods));
    lines
}

fn next_actions(
    dump: &Dump,
    d: &Arc<Deployment>,
    sets: &[Arc<ReplicaSet>],
    own: &[&Arc<ReplicaSet>],
    has_pods: bool,
    now: Time,
    version: KubernetesVersion,
) -> Vec<String> {
    let mut next = Vec::new();
    // Whether a Recreate rollout may go on depends on the pods.
    if has_pods || d.spec.strategy.type_ != StrategyType::Recreate {
        let lookup = ListedLookup { replica_sets: sets, pods: &dump.pods };
        let view = DeploymentView { deployment: d, replica_sets: sets, lookup: &lookup, version };
        let decision = decide_deployment(&view, now);
        for action in &decision.actions {
            match action {
                Action::CreateReplicaSet(rs) => {
                    next.push(format!("create ReplicaSet {} with {} pods", rs.meta.name, rs.spec.replicas))
                }
                Action::UpdateReplicaSet(rs) => {
                    let old = own.iter().find(|old| old.meta.uid == rs.meta.uid).map(|old| old.spec.replicas);
                    if let Some(old) = old.filter(|old| *old != rs.spec.replicas) {
                        next.push(format!(
                            "scale ReplicaSet {} from {old} to {}",
                            rs.meta.name, rs.spec.replicas
                        ));
                    }
                }
                Action::DeleteReplicaSet { name } => {
                    next.push(format!("delete ReplicaSet {name} from the history"))
                }
                Action::AdoptReplicaSet { name, .. } => next.push(format!("adopt ReplicaSet {name}")),
                Action::ReleaseReplicaSet { name, .. } => next.push(format!("release ReplicaSet {name}")),
                _ => {}
            }
        }
        if let Err(error) = &decision.outcome {
            next.push(format!("fail with: {error}"));
        }
    }
    for rs in own.iter().filter(|_| has_pods) {
        let state = ReplicaSetState {
            replica_set: rs,
            replica_sets: sets,
            pods: &dump.pods,
            fail_create: 0,
            version,
        };
        let decision = decide_replica_set(&state, now);
        let count = |wanted: fn(&Action) -> bool| decision.actions.iter().filter(|a| wanted(a)).count();
        let made = count(|a| matches!(a, Action::CreatePod { .. }));
        let deleted = count(|a| matches!(a, Action::DeletePod { .. }));
        if made > 0 {
            next.push(format!("make {made} pods of ReplicaSet {}", rs.meta.name));
        }
        if deleted > 0 {
            next.push(format!("delete {deleted} pods of ReplicaSet {}", rs.meta.name));
        }
    }
    next
}

/// The clauses that hold a rollout in which nothing happens next.
fn holds(d: &Deployment, own: &[&Arc<ReplicaSet>], pods: &[&Pod], name: &str, now: Time) -> Vec<String> {
    let mut lines = Vec::new();
    if d.spec.paused {
        lines.push(format!(
            "It is paused: nothing rolls until someone resumes it. Mend: kubectl rollout resume {name}"
        ));
        return lines;
    }
    if matches!(rollout_status(d), RolloutStatus::Done(_)) {
        lines.push("Nothing is left to do.".into());
        return lines;
    }
    let replicas = d.replicas();
    let is_new = |rs: &ReplicaSet| rs.spec.template.equal_ignoring_hash(&d.spec.template);
    let new_size: i32 = own.iter().filter(|rs| is_new(rs)).map(|rs| rs.spec.replicas).sum();
    let total: i32 = own.iter().map(|rs| rs.spec.replicas).sum();
    let available: i32 = own.iter().map(|rs| rs.status.available_replicas).sum();
    let active: Vec<_> = own.iter().filter(|rs| rs.spec.replicas > 0).collect();
    let stale = active.iter().find(|rs| {
        rs.meta
            .annotations
            .get(annotation::DESIRED_REPLICAS)
            .and_then(|n| n.parse::<i32>().ok())
            .is_some_and(|n| n != replicas)
    });
    if let Some(rs) = stale.filter(|rs| active.len() == 1 && rs.spec.replicas == replicas && !is_new(rs)) {
        lines.push(format!(
            "ReplicaSet {} carries a stale desired-replicas annotation: the controller takes every pass for a scaling that is done already, \
             and never rolls. Mend: kubectl scale {name} --replicas={}, and back to {replicas}",
            rs.meta.name,
            replicas + 1
        ));
    } else if d.spec.strategy.type_ == StrategyType::Recreate {
        let old = pods.iter().filter(|pod| {
            !pod.status.phase.is_finished() && own.iter().any(|rs| !is_new(rs) && listed::owns(rs, pod))
        });
        let old = old.count();
        if old > 0 {
            lines.push(format!(
                "Recreate waits until the last of {old} old pods is gone. Look: kubectl get pods -n {}",
                d.meta.namespace
            ));
        }
    } else {
        let limits = Strategy::of(&d.spec.strategy).fenceposts(replicas);
        if new_size < replicas && total >= replicas.saturating_add(limits.max_surge) {
            lines.push(format!(
                "No new pod may come: the surge is full ({total} pods wanted of at most {replicas} + {}).",
                limits.max_surge
            ));
        }
        let floor = replicas - limits.max_unavailable;
        if total > new_size && available <= floor {
            lines.push(format!(
                "No old pod may go: {available} are available, and at least {floor} ({replicas} - {}) must be.",
                limits.max_unavailable
            ));
        }
        if total == new_size && available < replicas {
            lines.push(format!("All pods are new; {available} of {replicas} are available."));
        }
    }
    let waiting: Vec<Time> = pods
        .iter()
        .filter_map(|pod| listed::available_at(pod, d.spec.min_ready_seconds))
        .filter(|at| *at > now)
        .collect();
    if let (Some(first), n) = (waiting.iter().min(), waiting.len()) {
        lines.push(format!(
            "{n} pods are ready and wait for minReadySeconds ({}), the first until {first}.",
            d.spec.min_ready_seconds
        ));
    }
    let terminating = pods.iter().filter(|pod| pod.is_terminating()).count();
    if terminating > 0 {
        lines.push(format!("{terminating} pods are still terminating."));
    }
    if progressing(d) == "ProgressDeadlineExceeded" {
        lines.push(format!(
            "The progress deadline ({} s) is exceeded. That is a report only: nothing is rolled back by itself. Mend: kubectl rollout undo {name}",
            d.spec.progress_deadline_seconds.unwrap_or(600)
        ));
    }
    if lines.is_empty() {
        lines.push("The controllers wait for news of the pods.".into());
    }
    lines
}
