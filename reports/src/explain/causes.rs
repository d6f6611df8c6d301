//! Why pods are not available, and the command to look at it.

use std::collections::BTreeMap;

use maxsurge_core::api::{ContainerState, ContainerStatus, Pod, Time};

use super::next::pods;
use super::{Clause, Line, Own};

/// A cause, without anything that differs from pod to pod.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cause {
    words: String,
    /// `describe pod`, `logs --previous` …: what to type, with `POD` for the name.
    command: &'static str,
    container: String,
}

/// One sentence for each cause among the pods of each ReplicaSet: the new ReplicaSet first, and the most frequent cause first.
pub(super) fn causes(own: &Own<'_>, now: Time) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut sets: Vec<_> = own.own.iter().collect();
    sets.sort_by_key(|rs| !own.is_new(rs));
    for rs in sets {
        let mut found: BTreeMap<Cause, Vec<&Pod>> = BTreeMap::new();
        for pod in own.pods_of(rs) {
            if let Some(cause) = cause(pod, now) {
                found.entry(cause).or_default().push(pod);
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(_, pods)| std::cmp::Reverse(pods.len()));
        for (cause, among) in found {
            let text = format!("{} of the {}: {}.", pods(among.len()), own.named(rs), cause.words);
            let name = among.iter().map(|pod| &pod.meta.name).min().map_or("", |name| name.as_str());
            let command = cause.command.replace("POD", name).replace("CONTAINER", &cause.container);
            lines.push(Line::new(Clause::Pods, text).look(own.kubectl(&command)));
        }
    }
    lines
}

const DESCRIBE: &str = "describe pod POD";

fn cause(pod: &Pod, now: Time) -> Option<Cause> {
    let of = |words: String, command: &'static str| Some(Cause { words, command, container: String::new() });
    if pod.is_terminating() {
        // The time by which it should have been gone; until then it is on its way.
        let due = pod.meta.deletion_timestamp?;
        if pod.meta.deletion_timestamp.is_some_and(|due| now.since(due) <= 60 * 1_000_000_000) {
            return None;
        }
        let minutes = now.since(due) / 60_000_000_000;
        let why = if pod.meta.finalizers.is_empty() {
            "its kubelet does not answer (is the node lost?)".to_owned()
        } else {
            format!(
                "finalizers hold it: {}",
                pod.meta.finalizers.iter().map(|f| f.as_str()).collect::<Vec<_>>().join(", ")
            )
        };
        return of(format!("terminating, and overdue for {minutes} min: {why}"), "get pod POD -o wide");
    }
    if pod.status.phase.is_finished() {
        return (pod.status.phase.as_str() == "Failed" && !pod.status.reason.is_empty())
            .then(|| of(format!("failed ({}) and replaced", pod.status.reason), DESCRIBE))
            .flatten();
    }
    if pod.ready_condition().is_some() {
        return None;
    }
    if let Some(c) = pod.status.conditions.iter().find(|c| c.type_ == "PodScheduled" && c.status == "False") {
        return of(format!("cannot be scheduled: {}", with(&c.reason, &c.message)), DESCRIBE);
    }
    let containers = pod.status.init_container_statuses.iter().chain(pod.status.container_statuses.iter());
    if let Some(cause) = containers.filter(|status| !status.ready).find_map(container) {
        return Some(cause);
    }
    let running = |state: &ContainerState| matches!(state, ContainerState::Running { .. });
    if pod.status.container_statuses.iter().any(|status| running(&status.state) && !status.ready) {
        return of("running, but the readiness probe has not passed".into(), DESCRIBE);
    }
    let words = if pod.spec.node_name.is_empty() && pod.status.container_statuses.is_empty() {
        "not scheduled yet"
    } else {
        "starting"
    };
    of(words.into(), DESCRIBE)
}

fn with(reason: &str, message: &str) -> String {
    let message = message.trim_end_matches('.');
    if message.is_empty() { reason.to_owned() } else { format!("{reason} ({message})") }
}

fn container(status: &ContainerStatus) -> Option<Cause> {
    let of = |words: String, command: &'static str| {
        Some(Cause { words, command, container: status.name.to_string() })
    };
    let last = match &status.last_state {
        ContainerState::Terminated { reason, exit_code } => {
            format!(", last with exit code {exit_code} ({reason})")
        }
        _ => String::new(),
    };
    let name = &status.name;
    match &status.state {
        // What a container waits for at its start is no cause, only a beginning.
        ContainerState::Waiting { reason, .. }
            if reason == "ContainerCreating" || reason == "PodInitializing" =>
        {
            None
        }
        // Its message names the pod and the length of the next pause.
        ContainerState::Waiting { reason, .. } if reason == "CrashLoopBackOff" => of(
            format!("CrashLoopBackOff: container {name} keeps ending{last}"),
            "logs POD -c CONTAINER --previous",
        ),
        ContainerState::Waiting { reason, message }
            if reason.contains("Image") || reason == "ErrImagePull" =>
        {
            of(format!("the image of container {name} cannot be pulled: {}", with(reason, message)), DESCRIBE)
        }
        ContainerState::Waiting { reason, message } if !reason.is_empty() => {
            of(format!("container {name} waits: {}", with(reason, message)), DESCRIBE)
        }
        ContainerState::Terminated { reason, exit_code } if *exit_code != 0 => of(
            format!("container {name} ended with exit code {exit_code} ({reason})"),
            "logs POD -c CONTAINER --previous",
        ),
        _ => None,
    }
}
