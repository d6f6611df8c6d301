//! What the recorder answers, and what it keeps of a pass.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Action, ListedLookup, ReplicaSetState, decide_replica_set};
use crate::api::KubernetesVersion::{self, V1_34, V1_37};
use crate::api::{Deployment, Pod, ReplicaSet, Time};
use crate::controller::deployment::DeploymentLookup;

fn replica_set(size: i64) -> Arc<ReplicaSet> {
    let value = json!({
        "metadata": {"name": "rs", "namespace": "ns", "uid": "u", "generation": 1},
        "spec": {
            "replicas": size, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c"}]}},
        },
    });
    Arc::new(ReplicaSet::from_value(&value).unwrap())
}

/// A pod with that label, of the ReplicaSet with that uid or of nobody.
fn pod(name: &str, app: &str, owner: &str) -> Pod {
    let owner = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": owner, "controller": true});
    let owners: Vec<Value> = if owner["uid"] == "" { vec![] } else { vec![owner] };
    let metadata = json!({
        "name": name, "namespace": "ns", "uid": format!("{name}-uid"), "labels": {"app": app}, "ownerReferences": owners,
    });
    Pod::from_value(&json!({"metadata": metadata, "status": {"phase": "Running"}})).unwrap()
}

#[test]
fn a_pass_of_a_replica_set() {
    let refused = "pods is forbidden: exceeded quota";
    let adopted = pod("rs-x", "web", "");
    for (size, pods, fail_create, writes, events, error) in [
        (1, vec![], 0, "create rs-00001, status 0", "Created pod: rs-00001".into(), None),
        (
            2,
            vec![adopted],
            0,
            "adopt rs-x rs-x-uid u, create rs-00001, status 1",
            "Created pod: rs-00001".into(),
            None,
        ),
        (0, vec![pod("a", "db", "u")], 0, "release a a-uid u, status 0", String::new(), None),
        (0, vec![pod("a", "web", "u")], 0, "delete a, status 1", "Deleted pod: a".into(), None),
        (
            3,
            vec![],
            2,
            "create rs-00001, refused, refused, status 0",
            format!("Created pod: rs-00001; Error creating: {refused}; Error creating: {refused}"),
            Some(refused.to_owned()),
        ),
        (
            1,
            vec![pod("rs-00001", "db", "")],
            0,
            "refused, status 0",
            "Error creating: pods \"rs-00001\" already exists".into(),
            Some("pods \"rs-00001\" already exists".to_owned()),
        ),
    ] {
        let rs = replica_set(size);
        let state = ReplicaSetState {
            replica_set: &rs,
            replica_sets: &[Arc::clone(&rs)],
            pods: &pods,
            fail_create,
            version: KubernetesVersion::default(),
        };
        let decision = decide_replica_set(&state, Time::EPOCH.plus_seconds(600));
        let wrote: Vec<String> = decision
            .actions
            .iter()
            .map(|action| match action {
                Action::AdoptPod { name, uid, owner } => format!("adopt {name} {uid} {}", owner.uid),
                Action::ReleasePod { name, uid, owner_uid } => format!("release {name} {uid} {owner_uid}"),
                Action::CreatePod { name: Some(name) } => format!("create {name}"),
                Action::CreatePod { name: None } => "refused".into(),
                Action::DeletePod { name } => format!("delete {name}"),
                Action::UpdateReplicaSetStatus(rs) => format!("status {}", rs.status.replicas),
                other => panic!("{other:?}"),
            })
            .collect();
        let told: Vec<&str> = decision.events.iter().map(|event| event.message.as_str()).collect();
        assert_eq!((wrote.join(", ").as_str(), told.join("; ")), (writes, events));
        assert_eq!(decision.outcome.err().map(|error| error.message.to_string()), error, "{writes}");
    }
}

/// Whose pods count depends on the release; finished ones never do.
#[test]
fn pods_of_a_replica_set() {
    let rs = replica_set(1);
    let d = json!({"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}});
    let d = Deployment::from_value(&d).unwrap();
    for (app, owner, before, since) in [
        ("web", "u", true, true),
        ("db", "u", false, true),
        ("web", "other", false, false),
        ("db", "other", false, false),
    ] {
        let mut pods = [pod("a", app, owner)];
        let runs =
            |pods: &[Pod], version| ListedLookup { replica_sets: &[], pods }.runs_pods(&rs, &d, version);
        assert_eq!((runs(&pods, V1_34), runs(&pods, V1_37)), (before, since), "{app} of {owner}");
        pods[0].status.phase = crate::api::PodPhase::Succeeded;
        assert_eq!((runs(&pods, V1_34), runs(&pods, V1_37)), (false, false), "{app} of {owner}, finished");
    }
}

#[test]
fn hashes_are_those_of_the_templates() {
    let template = &replica_set(1).spec.template;
    let lookup = ListedLookup { replica_sets: &[], pods: &[] };
    for (collisions, version) in [(None, V1_34), (Some(1), V1_34), (None, V1_37), (Some(1), V1_37)] {
        let hash = lookup.template_hash(template, collisions, version);
        assert_eq!(hash, template.stable_hash(collisions, version));
        assert!(!hash.is_empty());
    }
}
