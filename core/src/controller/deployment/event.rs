//! The words of the controller's events.

use std::fmt;

use super::DeploymentEvent;
use crate::api::KubernetesVersion;
use crate::controller::EventType;
use crate::controller::quote::GoQuoted;

impl DeploymentEvent<'_> {
    /// `reason` of the event.
    pub fn reason(&self) -> &'static str {
        match self {
            DeploymentEvent::SelectingAll => "SelectingAll",
            DeploymentEvent::ScalingReplicaSet { .. } => "ScalingReplicaSet",
            DeploymentEvent::ReplicaSetCreateError { .. } => "ReplicaSetCreateError",
            DeploymentEvent::LastRevisionNotFound | DeploymentEvent::RevisionNotFound => {
                "DeploymentRollbackRevisionNotFound"
            }
            DeploymentEvent::TemplateUnchanged { .. } => "DeploymentRollbackTemplateUnchanged",
            DeploymentEvent::RolledBack { .. } => "DeploymentRollback",
        }
    }

    /// `type` of the event.
    pub fn event_type(&self) -> EventType {
        match self {
            DeploymentEvent::ScalingReplicaSet { .. } | DeploymentEvent::RolledBack { .. } => {
                EventType::Normal
            }
            _ => EventType::Warning,
        }
    }

    /// `message` of the event as that version words it.
    pub fn text(&self, version: KubernetesVersion) -> String {
        let text = self.to_string();
        match self {
            DeploymentEvent::SelectingAll | DeploymentEvent::ScalingReplicaSet { .. } => text,
            DeploymentEvent::ReplicaSetCreateError { .. }
            | DeploymentEvent::LastRevisionNotFound
            | DeploymentEvent::RevisionNotFound
            | DeploymentEvent::TemplateUnchanged { .. }
            | DeploymentEvent::RolledBack { .. } => version.event_text(&text).into_owned(),
        }
    }
}

impl fmt::Display for DeploymentEvent<'_> {
    /// `message` of the event, in the words of the newest version.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeploymentEvent::SelectingAll => {
                f.write_str("This deployment is selecting all pods. A non-empty selector is required.")
            }
            DeploymentEvent::ScalingReplicaSet { rs, from, to } => {
                // The word is about this ReplicaSet, not about the Deployment: while a Deployment grows, a
                // single ReplicaSet may shrink.
                let word = if from < to { "up" } else { "down" };
                write!(f, "Scaled {word} replica set {rs} from {from} to {to}")
            }
            DeploymentEvent::ReplicaSetCreateError { rs, error } => {
                write!(f, "Failed to create new replica set {}: {error}", GoQuoted(rs))
            }
            DeploymentEvent::LastRevisionNotFound => f.write_str("Unable to find last revision."),
            DeploymentEvent::RevisionNotFound => f.write_str("Unable to find the revision to rollback to."),
            DeploymentEvent::TemplateUnchanged { deployment } => write!(
                f,
                "The rollback revision contains the same template as current deployment {}",
                GoQuoted(deployment)
            ),
            DeploymentEvent::RolledBack { deployment, revision } => {
                write!(f, "Rolled back deployment {} to revision {revision}", GoQuoted(deployment))
            }
        }
    }
}
