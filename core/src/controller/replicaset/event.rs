//! Events about single pods, recorded on the ReplicaSet by whoever creates and deletes them for it.

use std::fmt;

use crate::controller::EventType;

/// An event on a ReplicaSet. None is recorded for a creation that the end of the namespace refused, nor for the deletion
/// of a pod that was gone already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplicaSetEvent<'a> {
    /// `SuccessfulCreate`: name of the new pod.
    Created(&'a str),
    /// `FailedCreate`: text of the error.
    CreateFailed(&'a str),
    /// `SuccessfulDelete`: name of the pod.
    Deleted(&'a str),
    /// `FailedDelete`: text of the error.
    DeleteFailed(&'a str),
}

impl ReplicaSetEvent<'_> {
    /// `reason` of the event.
    pub fn reason(&self) -> &'static str {
        match self {
            ReplicaSetEvent::Created(_) => "SuccessfulCreate",
            ReplicaSetEvent::CreateFailed(_) => "FailedCreate",
            ReplicaSetEvent::Deleted(_) => "SuccessfulDelete",
            ReplicaSetEvent::DeleteFailed(_) => "FailedDelete",
        }
    }

    /// `type` of the event.
    pub fn event_type(&self) -> EventType {
        match self {
            ReplicaSetEvent::Created(_) | ReplicaSetEvent::Deleted(_) => EventType::Normal,
            ReplicaSetEvent::CreateFailed(_) | ReplicaSetEvent::DeleteFailed(_) => EventType::Warning,
        }
    }
}

impl fmt::Display for ReplicaSetEvent<'_> {
    /// `message` of the event.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplicaSetEvent::Created(pod) => write!(f, "Created pod: {pod}"),
            ReplicaSetEvent::CreateFailed(error) => write!(f, "Error creating: {error}"),
            ReplicaSetEvent::Deleted(pod) => write!(f, "Deleted pod: {pod}"),
            ReplicaSetEvent::DeleteFailed(error) => write!(f, "Error deleting: {error}"),
        }
    }
}
