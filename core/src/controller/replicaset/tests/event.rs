//! Events about single pods (replicaset.md §6).

use super::super::ReplicaSetEvent::{self, CreateFailed, Created, DeleteFailed, Deleted};
use crate::controller::EventType::{Normal, Warning};

#[test]
fn their_words() {
    for (event, type_, reason, message) in [
        (Created("web-1"), Normal, "SuccessfulCreate", "Created pod: web-1"),
        (CreateFailed("no"), Warning, "FailedCreate", "Error creating: no"),
        (Deleted("web-1"), Normal, "SuccessfulDelete", "Deleted pod: web-1"),
        (DeleteFailed("no"), Warning, "FailedDelete", "Error deleting: no"),
    ] {
        let event: ReplicaSetEvent<'_> = event;
        assert_eq!(
            (event.event_type(), event.reason(), event.to_string().as_str()),
            (type_, reason, message)
        );
    }
}
