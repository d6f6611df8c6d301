//! Hostile states for the Deployment controller.

use maxsurge_core::api::{KubernetesVersion, PodTemplate};
use serde_json::{Map, Value, json};

use super::parts::{self, DEPLOYMENT_UID, NAMESPACE, Now};
use super::replica_set::pod;
use crate::generators::draw::Draw;

/// A Deployment, ReplicaSets that are mostly its own, and a few pods.
pub(super) fn state(draw: &mut Draw<'_, '_>) -> Value {
    let now = Now::draw(draw);
    let name = match draw.range(0, 29) {
        29 => "w".repeat(draw.range(240, 253) as usize),
        28 => draw.of(&["web-1", "a", "Web \"x\"\n"]).to_owned(),
        24..=27 => parts::odd_name(draw),
        _ => "web".to_owned(),
    };
    let (current, replicas) = (parts::stored_template_number(draw), parts::count(draw));
    let strategy = strategy(draw);
    let mut d = deployment(draw, now, &name, current, replicas, strategy);
    let mut sets: Vec<Value> = (0..sets(draw)).map(|n| replica_set(draw, now, &d, n)).collect();
    if sets.len() > 12 {
        order(draw, now, &mut d, &mut sets);
    }
    let mut pods = Vec::new();
    if !sets.is_empty() {
        for n in 0..draw.of(&[0, 0, 0, 1, 2, 6]) {
            let owner = &sets[draw.below(sets.len())];
            pods.push(pod(draw, now, owner, n));
        }
    }
    let mut deployments = vec![d];
    if draw.one_in(40) {
        let other = json!({"metadata": {"name": "other", "namespace": NAMESPACE, "uid": "x-1"}, "spec": {"replicas": 1}});
        deployments.push(other);
    }
    if draw.one_in(300) {
        deployments.remove(0);
    }
    super::case(&format!("{NAMESPACE}/{name}"), now.text(), deployments, sets, pods)
}

fn sets(draw: &mut Draw<'_, '_>) -> usize {
    match draw.range(0, 29) {
        0..=26 => draw.below(6),
        27 | 28 => 6 + draw.below(6),
        // Beyond twelve the history is sorted in another way, and from fifty on in a third.
        _ if draw.one_in(4) => 50 + draw.below(60),
        _ => 13 + draw.below(40),
    }
}

/// Revisions among which Go's `sort.Sort` finds nothing but bad pivots, until it falls back on its heap
/// (`scripts/upstream/gosort`).
const KILLER: [usize; 48] = [
    2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 46, 0, 13, 24, 40, 36, 38, 42, 43, 39, 45, 14, 16, 1, 17, 48, 20, 22,
    44, 15, 19, 18, 28, 35, 41, 29, 37, 21, 34, 33, 32, 31, 30, 25, 23, 27, 26,
];

/// A long history in an order that a sort has a hint about, or is slowed by: revisions that rise, fall, rise but for a few,
/// or kill.
fn order(draw: &mut Draw<'_, '_>, now: Now, d: &mut Value, sets: &mut Vec<Value>) {
    let kind = draw.range(0, 7);
    if kind > 3 {
        return;
    }
    let kills = kind == 3;
    if kills {
        while sets.len() < KILLER.len() {
            sets.push(replica_set(draw, now, d, sets.len()));
        }
        sets.truncate(KILLER.len());
        // All of them are old.
        d["spec"]["template"]["metadata"]["annotations"] = json!({"of": "none"});
    }
    // While paused, history is cleaned up whatever became of the rollout; it is sorted from the newest on then.
    if kills || draw.one_in(2) {
        (d["spec"]["paused"], d["spec"]["revisionHistoryLimit"]) = (true.into(), draw.range(0, 3).into());
        d["spec"]["selector"] = json!({"matchLabels": {"app": "web"}});
        d["metadata"]["deletionTimestamp"] = Value::Null;
        if let Some(annotations) = d["metadata"]["annotations"].as_object_mut() {
            annotations.remove("deprecated.deployment.rollback.to");
        }
    }
    let (n, whole) = (sets.len(), kills || draw.one_in(2));
    for (at, rs) in sets.iter_mut().enumerate() {
        let revision = match kind {
            1 => n - at,
            // The sort gets the newest first.
            3 => KILLER[n - 1 - at],
            _ => at + 1,
        };
        rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = revision.to_string().into();
        // The order in which the sort gets them, and that they are history at all.
        rs["metadata"]["creationTimestamp"] = now.ago((n - at) as i64).into();
        if whole || !draw.one_in(20) {
            (rs["spec"]["replicas"], rs["status"]["replicas"]) = (0.into(), 0.into());
            rs["status"]["observedGeneration"] = rs["metadata"]["generation"].clone();
            rs["metadata"]["deletionTimestamp"] = Value::Null;
            rs["metadata"]["labels"]["app"] = "web".into();
            rs["metadata"]["ownerReferences"] = sets_owner();
        }
    }
    if kind == 2 {
        for _ in 0..draw.range(1, 4) {
            let (at, revision) = (draw.below(n), draw.below(n));
            let annotations = &mut sets[at]["metadata"]["annotations"];
            annotations["deployment.kubernetes.io/revision"] = revision.to_string().into();
        }
    }
}

/// The reference to the Deployment.
fn sets_owner() -> Value {
    json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": DEPLOYMENT_UID, "controller": true}])
}

fn strategy(draw: &mut Draw<'_, '_>) -> Value {
    let mut limits = || json!({"maxSurge": parts::limit(draw), "maxUnavailable": parts::limit(draw)});
    let limits = limits();
    match draw.range(0, 19) {
        0..=13 => json!({"type": "RollingUpdate", "rollingUpdate": limits}),
        14..=16 => json!({"type": "Recreate"}),
        17 => json!({"type": "Recreate", "rollingUpdate": limits}),
        18 => json!({"type": "RollingUpdate"}),
        _ => json!({"type": draw.of(&["", "Canary"]), "rollingUpdate": limits}),
    }
}

fn deployment(
    draw: &mut Draw<'_, '_>,
    now: Now,
    name: &str,
    current: usize,
    replicas: i64,
    strategy: Value,
) -> Value {
    let mut annotations = Map::new();
    if !draw.one_in(4) {
        annotations.insert("deployment.kubernetes.io/revision".into(), parts::revision(draw).into());
    }
    if draw.one_in(10) {
        let to = draw.of(&["0", "1", "2", "3", "-1", "x", "", "9223372036854775807", "+1"]);
        annotations.insert("deprecated.deployment.rollback.to".into(), to.into());
    }
    parts::other_annotations(draw, &mut annotations);
    let generation = draw.range(0, 4);
    let mut meta = json!({
        "name": name, "namespace": NAMESPACE, "uid": DEPLOYMENT_UID, "resourceVersion": "10", "generation": generation,
        "creationTimestamp": now.ago(parts::age(draw)), "annotations": annotations,
    });
    if draw.one_in(12) {
        meta["deletionTimestamp"] = now.ago(parts::age(draw)).into();
    }
    let mut replicas: Value = replicas.into();
    if draw.one_in(300) {
        replicas = Value::Null;
    }
    let deadline =
        draw.of(&[json!(600), json!(10), json!(1), json!(60), Value::Null, json!(2_147_483_647), json!(-5)]);
    let limit =
        draw.of(&[json!(10), json!(2), json!(1), json!(0), Value::Null, json!(2_147_483_647), json!(-1)]);
    let selector =
        if draw.one_in(3) { parts::selector(draw) } else { json!({"matchLabels": {"app": "web"}}) };
    json!({
        "metadata": meta,
        "spec": {
            "replicas": replicas,
            "selector": selector,
            "template": parts::template(current),
            "strategy": strategy,
            "minReadySeconds": parts::min_ready_seconds(draw),
            "paused": draw.one_in(6),
            "progressDeadlineSeconds": deadline,
            "revisionHistoryLimit": limit,
        },
        "status": deployment_status(draw, now, generation, &replicas),
    })
}

fn deployment_status(draw: &mut Draw<'_, '_>, now: Now, generation: i64, replicas: &Value) -> Value {
    let replicas = replicas.as_i64().unwrap_or(1);
    let mut near = || if draw.one_in(3) { parts::count(draw) } else { replicas };
    let (total, updated, ready, available) = (near(), near(), near(), near());
    let observed = if draw.one_in(4) { generation - 1 } else { generation };
    json!({
        "observedGeneration": observed,
        "replicas": total, "updatedReplicas": updated, "readyReplicas": ready, "availableReplicas": available,
        "unavailableReplicas": parts::count(draw),
        "terminatingReplicas": draw.of(&[json!(0), json!(0), Value::Null, json!(2)]),
        "collisionCount": draw.of(&[Value::Null, Value::Null, json!(0), json!(1), json!(2_147_483_647)]),
        "conditions": parts::deployment_conditions(draw, now),
    })
}

/// The `n`-th ReplicaSet. Names tell nothing, but that some are the very name that the Deployment would create.
fn replica_set(draw: &mut Draw<'_, '_>, now: Now, d: &Value, n: usize) -> Value {
    let text = |pointer: &str| d.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (d_name, d_uid) = (text("/metadata/name"), text("/metadata/uid"));
    let wanted = d.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let number = parts::template_number(draw);
    let (mut template, hash) = match draw.range(0, 5) {
        // The Deployment's own template: one that has it is the new one, several are several equals.
        0 | 1 => (d["spec"]["template"].clone(), format!("new{n}")),
        2 => (d["spec"]["template"].clone(), taken_hash(d)),
        3 => (parts::template(number), taken_hash(d)),
        _ => (parts::template(number), format!("t{number}n{n}")),
    };
    // Only one of them can have the name.
    let hash = if n > 0 && !hash.contains('n') { format!("{hash}n{n}") } else { hash };
    if let Some(labels) = template.pointer_mut("/metadata/labels") {
        labels["pod-template-hash"] = hash.as_str().into();
    }
    let mut cut = d_name.len().min(253 - 1 - hash.len());
    while !d_name.is_char_boundary(cut) {
        cut -= 1;
    }
    let prefix = &d_name[..cut];
    let mut labels = parts::labels(draw);
    labels.insert("pod-template-hash".into(), hash.as_str().into());
    let size = match draw.range(0, 3) {
        0 => wanted,
        1 => 0,
        _ => parts::count(draw),
    };
    let mut annotations = Map::new();
    if !draw.one_in(8) {
        annotations.insert("deployment.kubernetes.io/revision".into(), parts::revision(draw).into());
    }
    if !draw.one_in(6) {
        let desired = parts::remembered(draw, wanted);
        annotations.insert("deployment.kubernetes.io/desired-replicas".into(), desired.into());
        let max = parts::remembered(draw, wanted.saturating_add(1));
        annotations.insert("deployment.kubernetes.io/max-replicas".into(), max.into());
    }
    parts::other_annotations(draw, &mut annotations);
    let generation = draw.range(1, 3);
    let mut meta = json!({
        "name": format!("{prefix}-{hash}"), "namespace": NAMESPACE, "uid": format!("r-{n}"), "resourceVersion": "20",
        "generation": generation, "labels": labels, "annotations": annotations,
        "ownerReferences": parts::owners(draw, "Deployment", &d_name, &d_uid),
    });
    if draw.one_in(150) {
        meta["uid"] = "".into();
    }
    if !draw.one_in(20) {
        meta["creationTimestamp"] = now.ago(parts::age(draw)).into();
    }
    if draw.one_in(12) {
        meta["deletionTimestamp"] = now.ago(5).into();
    }
    json!({
        "metadata": meta,
        "spec": {
            "replicas": size,
            "minReadySeconds": if draw.one_in(4) { json!(parts::min_ready_seconds(draw)) } else { d["spec"]["minReadySeconds"].clone() },
            "selector": {"matchLabels": {"app": "web", "pod-template-hash": hash}},
            "template": template,
        },
        "status": replica_set_status(draw, now, generation, size),
    })
}

/// The hash that the next ReplicaSet of the Deployment would get.
fn taken_hash(d: &Value) -> String {
    let collisions = d.pointer("/status/collisionCount").and_then(Value::as_i64);
    let collisions = collisions.and_then(|n| i32::try_from(n).ok());
    PodTemplate::from_value(&d["spec"]["template"])
        .stable_hash(collisions, KubernetesVersion::default())
        .to_string()
}

fn replica_set_status(draw: &mut Draw<'_, '_>, now: Now, generation: i64, size: i64) -> Value {
    let mut near = |of: i64| if draw.one_in(3) { parts::count(draw) } else { of };
    let replicas = near(size);
    let ready = near(replicas);
    let available = near(ready);
    let observed = if draw.one_in(5) { draw.of(&[0, generation - 1]) } else { generation };
    json!({
        "replicas": replicas, "fullyLabeledReplicas": replicas, "readyReplicas": ready, "availableReplicas": available,
        "terminatingReplicas": draw.of(&[json!(0), json!(0), json!(1), Value::Null]),
        "observedGeneration": observed,
        "conditions": parts::replica_set_conditions(draw, now),
    })
}
