//! What `kubectl rollout status` says of a Deployment.

use crate::api::Deployment;
use crate::zoo::{Mutant, active};

/// One evaluation of `kubectl rollout status`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RolloutStatus {
    /// Not done; the line that is printed.
    Waiting(String),
    /// Done; the line that is printed.
    Done(String),
    /// The error it ends with.
    Failed(String),
}

impl RolloutStatus {
    /// The line as printed.
    pub fn line(&self) -> String {
        match self {
            RolloutStatus::Waiting(line) | RolloutStatus::Done(line) => line.clone(),
            RolloutStatus::Failed(why) => format!("error: {why}"),
        }
    }
}

/// The reason of the Progressing condition; empty without one.
pub fn progressing(d: &Deployment) -> &str {
    d.status.conditions.iter().find(|c| c.type_ == "Progressing").map_or("", |c| c.reason.as_str())
}

/// What `kubectl rollout status` says now; the first that matches.
pub fn rollout_status(d: &Deployment) -> RolloutStatus {
    let name = &d.meta.name;
    let status = &d.status;
    let waiting = |what: String| {
        RolloutStatus::Waiting(format!("Waiting for deployment \"{name}\" rollout to finish: {what}..."))
    };
    let updated = status.updated_replicas;
    if d.meta.generation > status.observed_generation && !active(Mutant::DoneForOlderGeneration) {
        return RolloutStatus::Waiting("Waiting for deployment spec update to be observed...".into());
    }
    if progressing(d) == "ProgressDeadlineExceeded" {
        return RolloutStatus::Failed(format!("deployment \"{name}\" exceeded its progress deadline"));
    }
    if let Some(replicas) = d.spec.replicas.filter(|replicas| updated < *replicas) {
        return waiting(format!("{updated} out of {replicas} new replicas have been updated"));
    }
    if status.replicas > updated {
        return waiting(format!("{} old replicas are pending termination", status.replicas - updated));
    }
    if status.available_replicas < updated {
        return waiting(format!("{} of {updated} updated replicas are available", status.available_replicas));
    }
    RolloutStatus::Done(format!("deployment \"{name}\" successfully rolled out"))
}
