//! A state with one thing in it changed.

use serde_json::{Value, json};

use super::parts;
use crate::generators::draw::Draw;

/// Changes one field of one object.
pub(super) fn bend(case: &mut Value, draw: &mut Draw<'_, '_>) {
    let kind = draw.of(&["deployments", "replicaSets", "replicaSets", "pods", "pods"]);
    let Some(objects) = case.get_mut(kind).and_then(Value::as_array_mut).filter(|list| !list.is_empty())
    else {
        return;
    };
    let at = draw.below(objects.len());
    if draw.one_in(12) {
        objects.remove(at);
        return;
    }
    let object = &mut objects[at];
    if draw.one_in(3) {
        return metadata(object, draw);
    }
    match kind {
        "deployments" => deployment(object, draw),
        "replicaSets" => replica_set(object, draw),
        _ => pod(object, draw),
    }
}

fn metadata(object: &mut Value, draw: &mut Draw<'_, '_>) {
    let meta = &mut object["metadata"];
    match draw.range(0, 6) {
        0 => meta["deletionTimestamp"] = meta["creationTimestamp"].clone(),
        1 => meta["ownerReferences"] = Value::Null,
        2 => owner(object, "uid", draw.of(&["x-1", ""])),
        3 => meta["labels"] = Value::Object(parts::labels(draw)),
        4 => meta["creationTimestamp"] = Value::Null,
        5 => meta["generation"] = draw.range(0, 9).into(),
        _ => {
            let (key, value) = match draw.range(0, 4) {
                0 => ("deployment.kubernetes.io/revision", parts::revision(draw)),
                1 => ("deployment.kubernetes.io/desired-replicas", parts::remembered(draw, 3)),
                2 => ("deployment.kubernetes.io/max-replicas", parts::remembered(draw, 4)),
                3 => ("deprecated.deployment.rollback.to", draw.range(0, 3).to_string()),
                _ => ("controller.kubernetes.io/pod-deletion-cost", parts::revision(draw)),
            };
            meta["annotations"][key] = value.into();
        }
    }
}

fn owner(object: &mut Value, field: &str, text: &str) {
    if let Some(owner) = object.pointer_mut("/metadata/ownerReferences/0") {
        owner[field] = text.into();
    }
}

fn deployment(d: &mut Value, draw: &mut Draw<'_, '_>) {
    match draw.range(0, 10) {
        0 => d["spec"]["replicas"] = parts::count(draw).into(),
        1 => d["spec"]["paused"] = (d["spec"]["paused"] != true).into(),
        2 => d["spec"]["strategy"] = json!({"type": draw.of(&["Recreate", "RollingUpdate", "Canary"])}),
        3 => d["spec"]["strategy"]["rollingUpdate"]["maxSurge"] = parts::limit(draw),
        4 => d["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] = parts::limit(draw),
        5 => d["spec"]["selector"] = parts::selector(draw),
        6 => d["spec"]["template"] = parts::template(parts::stored_template_number(draw)),
        7 => d["spec"]["minReadySeconds"] = parts::min_ready_seconds(draw).into(),
        8 => d["spec"]["progressDeadlineSeconds"] = draw.of(&[json!(1), json!(5), json!(60), Value::Null]),
        9 => d["status"]["conditions"] = json!([]),
        _ => {
            let field = draw.of(&[
                "replicas",
                "updatedReplicas",
                "readyReplicas",
                "availableReplicas",
                "collisionCount",
            ]);
            d["status"][field] = parts::count(draw).into();
        }
    }
}

fn replica_set(rs: &mut Value, draw: &mut Draw<'_, '_>) {
    match draw.range(0, 6) {
        0 | 1 => rs["spec"]["replicas"] = parts::count(draw).min(1_200).into(),
        2 => rs["spec"]["minReadySeconds"] = parts::min_ready_seconds(draw).into(),
        3 => rs["spec"]["selector"] = parts::selector(draw),
        4 => rs["spec"]["template"] = parts::template(parts::template_number(draw)),
        _ => {
            let field = draw.of(&[
                "replicas",
                "readyReplicas",
                "availableReplicas",
                "terminatingReplicas",
                "observedGeneration",
            ]);
            rs["status"][field] = parts::some_count(draw, 4);
        }
    }
}

fn pod(pod: &mut Value, draw: &mut Draw<'_, '_>) {
    match draw.range(0, 5) {
        0 | 1 => {
            pod["status"]["phase"] =
                draw.of(&["Running", "Pending", "", "Unknown", "Succeeded", "Failed"]).into()
        }
        2 => pod["status"]["conditions"] = Value::Null,
        3 => pod["spec"]["nodeName"] = draw.of(&["n1", "n2", ""]).into(),
        4 => {
            pod["status"]["containerStatuses"] = json!([{"name": "web", "restartCount": draw.range(0, 5), "ready": true,
                "image": "x", "imageID": "y"}]);
        }
        _ => owner(pod, "name", "other"),
    }
}
