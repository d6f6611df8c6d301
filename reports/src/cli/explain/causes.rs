//! Why pods are not available, and the command to look at it.

use std::collections::BTreeMap;

use maxsurge_core::api::{ContainerState, Pod};

/// One sentence for each cause among pods that are not ready, the most frequent first.
pub(super) fn causes(pods: &[&Pod]) -> Vec<String> {
    let mut found: BTreeMap<String, Vec<&Pod>> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| pod.is_active() && pod.ready_condition().is_none()) {
        found.entry(cause(pod)).or_default().push(pod);
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, pods)| std::cmp::Reverse(pods.len()));
    found
        .into_iter()
        .map(|(cause, pods)| {
            let first = &pods[0].meta;
            let look = match cause.starts_with("CrashLoopBackOff") || cause.starts_with("its container ended")
            {
                true => format!("kubectl logs -n {} {} --previous", first.namespace, first.name),
                false => format!("kubectl describe pod -n {} {}", first.namespace, first.name),
            };
            format!("{} of its pods: {cause}; look: {look}", pods.len())
        })
        .collect()
}

fn cause(pod: &Pod) -> String {
    let with = |reason: &str, message: &str| {
        if message.is_empty() { reason.to_owned() } else { format!("{reason} ({message})") }
    };
    if let Some(c) = pod.status.conditions.iter().find(|c| c.type_ == "PodScheduled" && c.status == "False") {
        return with(&c.reason, &c.message);
    }
    let containers = pod.status.init_container_statuses.iter().chain(pod.status.container_statuses.iter());
    for status in containers {
        match &status.state {
            // What a container waits for at its start is no cause, only a beginning.
            ContainerState::Waiting { reason, .. }
                if reason == "ContainerCreating" || reason == "PodInitializing" => {}
            ContainerState::Waiting { reason, message } => return with(reason, message),
            ContainerState::Terminated { reason, exit_code } if !status.ready && *exit_code != 0 => {
                return format!("its container ended: {reason}, exit code {exit_code}");
            }
            _ => {}
        }
    }
    let running = |state: &ContainerState| matches!(state, ContainerState::Running { .. });
    if pod.status.container_statuses.iter().any(|status| running(&status.state) && !status.ready) {
        return "running, but the readiness probe has not passed".into();
    }
    if pod.spec.node_name.is_empty() { "not yet scheduled".into() } else { "starting".into() }
}
