//! Events.

use crate::controller::EventType::{Normal, Warning};
use crate::controller::deployment::DeploymentEvent;

/// What was asked for is normal; what cannot be done is a warning.
#[test]
fn types_of_events() {
    for (event, type_) in [
        (DeploymentEvent::SelectingAll, Warning),
        (DeploymentEvent::ScalingReplicaSet { rs: "web-1", from: 1, to: 2 }, Normal),
        (DeploymentEvent::ReplicaSetCreateError { rs: "web-1", error: "refused" }, Warning),
        (DeploymentEvent::LastRevisionNotFound, Warning),
        (DeploymentEvent::RevisionNotFound, Warning),
        (DeploymentEvent::TemplateUnchanged { deployment: "web" }, Warning),
        (DeploymentEvent::RolledBack { deployment: "web", revision: 1 }, Normal),
    ] {
        assert_eq!(event.event_type(), type_, "{event}");
    }
    assert_eq!([Normal.as_str(), Warning.as_str()], ["Normal", "Warning"]);
}
