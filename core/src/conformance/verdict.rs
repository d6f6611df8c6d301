//! A decision as a verdict line.

use serde_json::{Value, json};

use super::case::Controller;
use crate::api::OwnerReference;
use crate::controller::Requeue;
use crate::controller::decide::{Action, Decision, RecordedEvent};

/// The verdict as one line of JSON. Put together by hand for one reason: `requeueAfterSeconds` has nanoseconds, which a
/// binary fraction would not keep.
pub(super) fn line(id: &str, controller: Controller, decision: &Decision) -> String {
    let mut fields = vec![format!(r#""id":{}"#, Value::from(id))];
    if let Err(error) = &decision.outcome {
        let text = if error.message.is_empty() { "error without a text" } else { &*error.message };
        fields.push(format!(r#""error":{}"#, Value::from(text)));
    }
    fields.push(format!(r#""writes":{}"#, Value::from(writes(&decision.actions))));
    fields.push(format!(r#""events":{}"#, Value::from(events(&decision.events, controller))));
    if let Some(after) = decision.outcome.as_ref().ok().and_then(|requeue| seconds(*requeue)) {
        fields.push(format!(r#""requeueAfterSeconds":{after}"#));
    }
    let created =
        decision.actions.iter().filter(|a| matches!(a, Action::CreatePod { name: Some(_) })).count();
    fields.push(format!(r#""podsCreated":{created}"#));
    let mut deleted: Vec<&str> = decision
        .actions
        .iter()
        .filter_map(|action| match action {
            Action::DeletePod { name } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    deleted.sort_unstable();
    fields.push(format!(r#""podsDeleted":{}"#, Value::from(deleted)));
    format!("{{{}}}", fields.join(","))
}

/// A decimal number of seconds; 0 = at once through the rate limiter.
fn seconds(requeue: Requeue) -> Option<String> {
    let ns = match requeue {
        Requeue::None => return None,
        Requeue::RateLimited => 0,
        Requeue::After(ns) => ns.max(0),
    };
    let text = format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000);
    Some(text.trim_end_matches('0').trim_end_matches('.').into())
}

/// The writes in order, but for patches of neighbouring objects, which come out of a map upstream: by name.
fn writes(actions: &[Action]) -> Vec<Value> {
    let writes: Vec<(bool, String, Value)> = actions.iter().filter_map(write).collect();
    let mut sorted = Vec::with_capacity(writes.len());
    for run in writes.chunk_by(|a, b| a.0 && b.0) {
        let mut run: Vec<_> = run.iter().collect();
        run.sort_by(|a, b| a.1.cmp(&b.1));
        sorted.extend(run.into_iter().map(|(_, _, write)| write.clone()));
    }
    sorted
}

/// Whether it is a patch, the name, and the write; `None` for creations and deletions of pods, which are only counted.
fn write(action: &Action) -> Option<(bool, String, Value)> {
    let object = |verb: &str, resource: &str, subresource: Option<&str>, name: &str, object: Value| {
        let mut write = json!({"verb": verb, "resource": resource, "name": name, "object": object});
        if let Some(subresource) = subresource {
            write["subresource"] = subresource.into();
        }
        Some((false, name.to_owned(), write))
    };
    let patch = |resource: &str, name: &str, patch: Value| {
        let write = json!({"verb": "patch", "resource": resource, "name": name, "patch": patch});
        Some((true, name.to_owned(), write))
    };
    match action {
        Action::AdoptReplicaSet { name, uid, owner } => patch("replicasets", name, adoption(uid, owner)),
        Action::ReleaseReplicaSet { name, uid, owner_uid } => {
            patch("replicasets", name, release(uid, owner_uid))
        }
        Action::AdoptPod { name, uid, owner } => patch("pods", name, adoption(uid, owner)),
        Action::ReleasePod { name, uid, owner_uid } => patch("pods", name, release(uid, owner_uid)),
        Action::CreateReplicaSet(rs) => object("create", "replicasets", None, &rs.meta.name, rs.to_value()),
        Action::UpdateReplicaSet(rs) => object("update", "replicasets", None, &rs.meta.name, rs.to_value()),
        Action::UpdateReplicaSetStatus(rs) => {
            object("update", "replicasets", Some("status"), &rs.meta.name, rs.to_value())
        }
        Action::UpdateDeployment(d) => object("update", "deployments", None, &d.meta.name, d.to_value()),
        Action::UpdateDeploymentStatus(d) => {
            object("update", "deployments", Some("status"), &d.meta.name, d.to_value())
        }
        Action::DeleteReplicaSet { name } => {
            let write = json!({"verb": "delete", "resource": "replicasets", "name": name.as_str()});
            Some((false, name.to_string(), write))
        }
        Action::CreatePod { .. } | Action::DeletePod { .. } => None,
    }
}

/// Strategic merge patches. The uid makes them fail on an object that only has the same name.
fn adoption(uid: &str, owner: &OwnerReference) -> Value {
    json!({"metadata": {"ownerReferences": [owner.to_value()], "uid": uid}})
}

fn release(uid: &str, owner_uid: &str) -> Value {
    json!({"metadata": {"uid": uid, "ownerReferences": [{"$patch": "delete", "uid": owner_uid}]}})
}

/// Events in order; those about single pods, which happen in parallel upstream, by kind and text.
fn events(events: &[RecordedEvent], controller: Controller) -> Vec<Value> {
    let mut events: Vec<&RecordedEvent> = events.iter().collect();
    if controller == Controller::ReplicaSet {
        const ORDER: [&str; 4] = ["SuccessfulCreate", "FailedCreate", "SuccessfulDelete", "FailedDelete"];
        events.sort_by_key(|event| (ORDER.iter().position(|reason| *reason == event.reason), &event.message));
    }
    events
        .into_iter()
        .map(|e| json!({"Type": e.type_.as_str(), "Reason": e.reason, "Message": e.message}))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact() {
        for (requeue, expected) in [
            (Requeue::None, None),
            (Requeue::RateLimited, Some("0")),
            (Requeue::After(-5), Some("0")),
            (Requeue::After(10_000_000_000), Some("10")),
            (Requeue::After(1_500_000_000), Some("1.5")),
            (Requeue::After(2_147_483_648_000_000_001), Some("2147483648.000000001")),
        ] {
            assert_eq!(seconds(requeue).as_deref(), expected);
        }
    }
}
