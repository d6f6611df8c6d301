//! Tables over whole passes: a state in, what the pass wrote, said and asked for out, as text.

mod claim;
mod event;
mod fenceposts;
mod history;
mod new_replica_set;
mod progress;
mod recreate;
mod refusals;
mod rollback;
mod rolling;
mod scaling;
mod status;
#[cfg(feature = "zoo")]
mod zoo;

use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{DeploymentLookup, DeploymentView};
use crate::api::{Deployment, KubernetesVersion, Pod, PodTemplate, ReplicaSet, Str, Time, annotation};
use crate::controller::Requeue;
use crate::controller::decide::{Action, Decision, ListedLookup, decide_deployment};

/// The instant of every pass: ten minutes after the epoch, and half a second.
const NOW_S: i64 = 600;

fn now() -> Time {
    Time::EPOCH.plus_seconds(NOW_S).plus_nanos(500_000_000)
}

/// RFC 3339 of `s` seconds after the epoch.
fn at(s: i64) -> String {
    Time::EPOCH.plus_seconds(s).to_string()
}

/// A template that differs by its image, with the hash label of a ReplicaSet if it belongs to one.
fn template(image: &str, hash: Option<&str>) -> Value {
    let mut labels = json!({"app": "web"});
    if let Some(hash) = hash {
        labels["pod-template-hash"] = hash.into();
    }
    json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": image}]}})
}

/// Deployment `web` with template `v2`, RollingUpdate, no progress deadline. `edit` changes its JSON.
fn deployment(
    replicas: i64,
    surge: Value,
    unavailable: Value,
    edit: impl FnOnce(&mut Value),
) -> Arc<Deployment> {
    let mut value = json!({
        "metadata": {"name": "web", "namespace": "ns", "uid": "d", "generation": 1},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": template("v2", None),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}},
        },
        "status": {"observedGeneration": 1},
    });
    edit(&mut value);
    Arc::new(Deployment::from_value(&value).unwrap())
}

/// ReplicaSet `name` with template `image`, revision `n`, created `n` seconds after the epoch; all its pods exist, of
/// which `available` are ready and available. It remembers the sizes in `desired/max`, if any.
fn rs(name: &str, image: &str, n: i64, size: i64, available: i64, sizes: Option<(i64, i64)>) -> Value {
    let mut annotations = json!({"deployment.kubernetes.io/revision": n.to_string()});
    if let Some((desired, max)) = sizes {
        annotations["deployment.kubernetes.io/desired-replicas"] = desired.to_string().into();
        annotations["deployment.kubernetes.io/max-replicas"] = max.to_string().into();
    }
    json!({
        "metadata": {
            "name": name, "namespace": "ns", "uid": name, "generation": 1, "creationTimestamp": at(n),
            "labels": {"app": "web", "pod-template-hash": name}, "annotations": annotations,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d", "controller": true}],
        },
        "spec": {"replicas": size, "selector": {"matchLabels": {"app": "web"}}, "template": template(image, Some(name))},
        "status": {
            "replicas": size, "readyReplicas": available, "availableReplicas": available, "observedGeneration": 1,
            "terminatingReplicas": 0,
        },
    })
}

/// `value` with the part at a JSON pointer set.
fn with(mut value: Value, pointer: &str, part: Value) -> Value {
    set(&mut value, pointer, part);
    value
}

fn set(value: &mut Value, pointer: &str, part: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap()[name.replace("~1", "/")] = part;
}

/// A lookup whose hash can be foreseen: `hash`, and `hash<n>` after n collisions.
struct Lookup<'a>(ListedLookup<'a>);

impl DeploymentLookup for Lookup<'_> {
    fn runs_pods(&self, rs: &ReplicaSet, d: &Deployment, version: KubernetesVersion) -> bool {
        self.0.runs_pods(rs, d, version)
    }

    fn replica_set_named(&self, name: &str) -> Option<&Arc<ReplicaSet>> {
        self.0.replica_set_named(name)
    }

    fn template_hash(&self, _: &PodTemplate, collision_count: Option<i32>, _: KubernetesVersion) -> Str {
        collision_count.map_or("hash".into(), |n| format!("hash{n}").into())
    }
}

fn decide(d: &Arc<Deployment>, replica_sets: &[Value], pods: &[Value]) -> Decision {
    let replica_sets: Vec<_> =
        replica_sets.iter().map(|v| Arc::new(ReplicaSet::from_value(v).unwrap())).collect();
    let pods: Vec<_> = pods.iter().map(|v| Pod::from_value(v).unwrap()).collect();
    let lookup = Lookup(ListedLookup { replica_sets: &replica_sets, pods: &pods });
    let version = KubernetesVersion::default();
    let view = DeploymentView { deployment: d, replica_sets: &replica_sets, lookup: &lookup, version };
    decide_deployment(&view, now())
}

/// One line for each write, event and request to be repeated.
fn text(decision: &Decision) -> String {
    let mut text = String::new();
    let sizes = |rs: &ReplicaSet| {
        let of = |key| rs.meta.annotations.get(key).map_or("-", Str::as_str);
        format!(
            "{} rev {} of {}/{}",
            rs.spec.replicas,
            of(annotation::REVISION),
            of(annotation::DESIRED_REPLICAS),
            of(annotation::MAX_REPLICAS)
        )
    };
    for action in &decision.actions {
        match action {
            Action::AdoptReplicaSet { name, .. } => writeln!(text, "adopt {name}"),
            Action::ReleaseReplicaSet { name, .. } => writeln!(text, "release {name}"),
            Action::CreateReplicaSet(rs) => writeln!(text, "create {} {}", rs.meta.name, sizes(rs)),
            Action::UpdateReplicaSet(rs) => writeln!(text, "update {} {}", rs.meta.name, sizes(rs)),
            Action::DeleteReplicaSet { name } => writeln!(text, "delete {name}"),
            Action::UpdateDeployment(d) => writeln!(text, "deployment {}", d.spec.template.image()),
            Action::UpdateDeploymentStatus(d) => {
                let s = &d.status;
                let conditions: Vec<String> = s
                    .conditions
                    .iter()
                    .map(|c| format!("{}={}/{}", c.type_, c.status.as_str(), c.reason))
                    .collect();
                writeln!(
                    text,
                    "status {}/{}/{}/{}/{} {}",
                    s.replicas,
                    s.updated_replicas,
                    s.ready_replicas,
                    s.available_replicas,
                    s.unavailable_replicas,
                    conditions.join(" ")
                )
            }
            other => panic!("{other:?}"),
        }
        .unwrap();
    }
    for event in &decision.events {
        writeln!(text, "{}: {}", event.reason, event.message).unwrap();
    }
    match &decision.outcome {
        Ok(Requeue::None) => Ok(()),
        Ok(Requeue::RateLimited) => writeln!(text, "again"),
        Ok(Requeue::After(ns)) => writeln!(text, "again in {} ms", ns / 1_000_000),
        Err(error) => writeln!(text, "error: {error}"),
    }
    .unwrap();
    text
}

/// Compares line by line; the indentation of `expected` does not count.
#[track_caller]
fn same(got: &str, expected: &str, what: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(got.lines().map(str::trim_end).collect::<Vec<_>>(), expected, "{what}");
}

/// The whole of what a pass does.
#[track_caller]
fn check(d: &Arc<Deployment>, replica_sets: &[Value], expected: &str) {
    same(&text(&decide(d, replica_sets, &[])), expected, "");
}

/// The sizes that a pass writes, in order, as `name=size`.
fn resized(d: &Arc<Deployment>, replica_sets: &[Value]) -> String {
    let decision = decide(d, replica_sets, &[]);
    let sizes: Vec<String> = decision
        .actions
        .iter()
        .filter_map(|action| match action {
            Action::CreateReplicaSet(rs) | Action::UpdateReplicaSet(rs) => {
                Some(format!("{}={}", rs.meta.name, rs.spec.replicas))
            }
            _ => None,
        })
        .collect();
    sizes.join(" ")
}

/// The names of the ReplicaSets that a pass deletes, in order.
fn deleted(decision: &Decision) -> Vec<&str> {
    let names = decision.actions.iter().filter_map(|action| match action {
        Action::DeleteReplicaSet { name } => Some(name.as_str()),
        _ => None,
    });
    names.collect()
}
