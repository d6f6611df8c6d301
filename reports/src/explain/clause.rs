//! Which clause of the controllers holds a rollout in which nothing happens next.

use maxsurge_core::api::{Pod, StrategyType, Time, annotation};
use maxsurge_core::controller::deployment::Strategy;
use maxsurge_core::controller::replicaset::listed;
use maxsurge_core::scenario::status::{RolloutStatus, progressing, rollout_status};

use super::next::{failure, pods};
use super::{Clause, Line, Own};

/// The clauses that hold it.
pub(super) fn holds(own: &Own<'_>, now: Time, show: &dyn Fn(Time) -> String) -> Vec<Line> {
    let d = own.d;
    let name = &d.meta.name;
    if d.spec.paused {
        let text =
            "It is paused: nothing rolls until someone resumes it; only a change of its size is carried out.";
        let resume = own.kubectl(&format!("rollout resume deployment/{name}"));
        return vec![Line::new(Clause::Paused, text.into()).look(resume)];
    }
    if d.meta.generation > d.status.observed_generation {
        let text = format!(
            "The controllers have not seen its last change yet (generation {}, seen {}). If that lasts, is \
             kube-controller-manager running?",
            d.meta.generation, d.status.observed_generation
        );
        let look = "kubectl -n kube-system get pods -l component=kube-controller-manager".to_owned();
        return vec![Line::new(Clause::Unobserved, text).look(look)];
    }
    if matches!(rollout_status(d), RolloutStatus::Done(_)) {
        return vec![Line::new(Clause::Complete, "The rollout is complete; nothing is left to do.".into())];
    }
    let mut lines = Vec::new();
    if let Some(line) = stale(own) {
        lines.push(line);
    } else if d.spec.strategy.type_ == StrategyType::Recreate {
        lines.extend(recreate(own));
    } else {
        rolling(own, &mut lines);
    }
    lines.extend(ready_seconds(own, now, show));
    let terminating: Vec<&&Pod> = own.pods.iter().filter(|pod| pod.is_terminating()).collect();
    if !terminating.is_empty() && d.spec.strategy.type_ != StrategyType::Recreate {
        let text = format!(
            "{} still terminating; that holds nothing, but they use room on their nodes.",
            are(terminating.len())
        );
        lines.push(Line::new(Clause::Terminating, text));
    }
    lines
}

fn are(n: usize) -> String {
    format!("{} {}", pods(n), if n == 1 { "is" } else { "are" })
}

/// The livelock of kubernetes/kubernetes#102551: the size of a single ReplicaSet is right, but its memory of what was wanted is
/// not, so that every pass is taken for a scaling, does nothing, and ends before the rollout. With Recreate the same happens to
/// several sized ReplicaSets, which a scaling leaves alone unless it can share the change out.
fn stale(own: &Own<'_>) -> Option<Line> {
    let d = own.d;
    let replicas = d.replicas();
    let sized: Vec<_> = own.own.iter().filter(|rs| rs.spec.replicas > 0).collect();
    let rs = sized.iter().find(|rs| {
        let desired = rs.meta.annotations.get(annotation::DESIRED_REPLICAS);
        desired.and_then(|n| n.parse::<i32>().ok()).is_some_and(|n| n != replicas)
    })?;
    let key = annotation::DESIRED_REPLICAS;
    let remembered = rs.meta.annotations.get(key).map_or("", |text| text.as_str());
    if sized.len() == 1 && rs.spec.replicas == replicas && !own.is_new(rs) {
        let text = format!(
            "The {} has the right size but a stale annotation {key}={remembered}: the controller takes every pass for a scaling \
             that is done already, and never rolls (kubernetes/kubernetes#102551). Another size, and then back, sets it free.",
            own.named(rs)
        );
        let mend = own.kubectl(&format!(
            "scale deployment/{} --replicas={}",
            d.meta.name,
            replicas.saturating_add(1)
        ));
        return Some(Line::new(Clause::StaleDesiredReplicas, text).look(mend));
    }
    if sized.len() > 1 && d.spec.strategy.type_ == StrategyType::Recreate {
        let old = sized.iter().find(|rs| !own.is_new(rs))?;
        let text = format!(
            "{} ReplicaSets have pods, and the size of the Deployment has changed (annotation {key}={remembered}): with Recreate \
             the controller takes every pass for a scaling, which it cannot share out, and never rolls.",
            sized.len()
        );
        let mend = own.kubectl(&format!("scale replicaset/{} --replicas=0", old.meta.name));
        return Some(Line::new(Clause::StaleDesiredReplicas, text).look(mend));
    }
    None
}

fn recreate(own: &Own<'_>) -> Option<Line> {
    let old: Vec<&Pod> = own
        .own
        .iter()
        .filter(|rs| !own.is_new(rs))
        .flat_map(|rs| own.pods_of(rs))
        .filter(|pod| !pod.status.phase.is_finished())
        .collect();
    let counted: i32 = own.own.iter().filter(|rs| !own.is_new(rs)).map(|rs| rs.status.replicas).sum();
    let missing = own.own.iter().any(|rs| !own.has_pods_of(rs));
    let n = old.len().max(if missing { usize::try_from(counted).unwrap_or(0) } else { 0 });
    if n == 0 {
        return rolled(own);
    }
    let terminating = old.iter().filter(|pod| pod.is_terminating()).count();
    let text = format!(
        "Recreate makes no new pod before the last old one is gone: {} left ({terminating} terminating).",
        are(n)
    );
    let look = match old.first() {
        Some(pod) if n == 1 => own.kubectl(&format!("describe pod {}", pod.meta.name)),
        _ => own.kubectl("get pods -o wide"),
    };
    Some(Line::new(Clause::OldPods, text).look(look))
}

fn rolling(own: &Own<'_>, lines: &mut Vec<Line>) {
    let d = own.d;
    let replicas = d.replicas();
    let limits = Strategy::of(&d.spec.strategy).fenceposts(replicas);
    let new: Vec<_> = own.own.iter().filter(|rs| own.is_new(rs)).collect();
    let new_size: i32 = new.iter().map(|rs| rs.spec.replicas).sum();
    let total: i32 = own.own.iter().map(|rs| rs.spec.replicas).sum();
    let available: i32 = own.own.iter().map(|rs| rs.status.available_replicas).sum();
    let new_available: i32 = new.iter().map(|rs| rs.status.available_replicas).sum();
    if new_size < replicas && total >= replicas.saturating_add(limits.max_surge) {
        let text = format!(
            "No further new pod may come: the surge is full. {total} pods are wanted, and at most {replicas} + {} may be \
             (maxSurge).",
            limits.max_surge
        );
        lines.push(Line::new(Clause::SurgeFull, text));
    }
    let floor = replicas - limits.max_unavailable;
    let missing = new_size - new_available;
    if total > new_size && (available <= floor || total - floor - missing <= 0) {
        let of_new = match missing {
            1.. => format!(", {new_available} of the {new_size} new ones among them"),
            _ => String::new(),
        };
        let text = format!(
            "No further old pod may go: {available} pods are available{of_new}, and at least {floor} must be: {replicas} - {} \
             (maxUnavailable).",
            limits.max_unavailable
        );
        lines.push(Line::new(Clause::MinimumAvailable, text));
    }
    if total == new_size {
        lines.extend(rolled(own));
    }
}

/// No old ReplicaSet wants a pod any more.
fn rolled(own: &Own<'_>) -> Option<Line> {
    let (d, replicas) = (own.d, own.d.replicas());
    let new = own.own.iter().find(|rs| own.is_new(rs))?;
    let available = new.status.available_replicas;
    (available < replicas).then(|| {
        let text = format!(
            "All pods are new; the rollout is complete when all are available: {available} of {replicas} are."
        );
        Line::new(Clause::NewPods, text)
            .look(own.kubectl(&format!("rollout status deployment/{}", d.meta.name)))
    })
}

fn ready_seconds(own: &Own<'_>, now: Time, show: &dyn Fn(Time) -> String) -> Option<Line> {
    let least = own.d.spec.min_ready_seconds;
    let waiting: Vec<Time> = own
        .pods
        .iter()
        .filter(|pod| pod.is_active())
        .filter_map(|pod| listed::available_at(pod, least))
        .filter(|at| *at > now)
        .collect();
    let (first, last) = (waiting.iter().min()?, waiting.iter().max()?);
    let until = if first == last {
        format!("until {}", show(*first))
    } else {
        format!("until {} to {}", show(*first), show(*last))
    };
    let text = format!(
        "{} ready and {} for minReadySeconds ({least}) to pass, {until}.",
        are(waiting.len()),
        if waiting.len() == 1 { "waits" } else { "wait" }
    );
    Some(Line::new(Clause::MinReadySeconds, text))
}

/// The deadline reports, and does nothing; or it does not even run.
pub(super) fn deadline(own: &Own<'_>) -> Option<Line> {
    let d = own.d;
    let limit_s = d.spec.progress_deadline_seconds.filter(|s| *s < i32::MAX)?;
    let undo = || own.kubectl(&format!("rollout undo deployment/{}", d.meta.name));
    match progressing(d) {
        "ProgressDeadlineExceeded" => {
            let text = format!(
                "The progress deadline ({limit_s} s without progress) is exceeded. That is a report only: nothing is rolled back by \
                 itself, and the rollout goes on when the cause is gone."
            );
            Some(Line::new(Clause::Deadline, text).look(undo()))
        }
        // Set when a rollout completes. While all pods are of the new template, the controller goes by it. A Recreate rollout whose
        // first status write meets a conflict never gets another reason (`syncRolloutStatus`, isCompleteDeployment).
        "NewReplicaSetAvailable"
            if d.status.replicas == d.status.updated_replicas
                && d.meta.generation <= d.status.observed_generation
                && !matches!(rollout_status(d), RolloutStatus::Done(_)) =>
        {
            let text = format!(
                "No progress deadline runs ({limit_s} s are set): the condition Progressing still has the reason of a completed \
                 rollout, NewReplicaSetAvailable, and while all pods are new the controller leaves it at that. \
                 ProgressDeadlineExceeded will not be reported, however long this lasts."
            );
            Some(Line::new(Clause::NoDeadline, text).look(undo()))
        }
        _ => None,
    }
}

/// What the API server refused.
pub(super) fn replica_failures(own: &Own<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for rs in &own.own {
        let Some(message) = failure(rs) else { continue };
        let look = if message.contains("exceeded quota") {
            own.kubectl("describe resourcequota")
        } else if message.contains("LimitRange") || message.contains("usage per") {
            own.kubectl("describe limitrange")
        } else {
            own.kubectl(&format!("describe replicaset {}", rs.meta.name))
        };
        let text = format!("The {} cannot make its pods: {}", own.named(rs), message.trim_end_matches('.'));
        lines.push(Line::new(Clause::ReplicaFailure, format!("{text}.")).look(look));
    }
    lines
}
