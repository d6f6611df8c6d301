//! Hostile states for the ReplicaSet controller, and hostile pods.

use serde_json::{Map, Value, json};

use super::parts::{self, DEPLOYMENT_UID, NAMESPACE, Now};
use crate::generators::draw::Draw;

/// A ReplicaSet, perhaps with siblings, and pods of every kind.
pub(super) fn state(draw: &mut Draw<'_, '_>) -> Value {
    let now = Now::draw(draw);
    let name = match draw.range(0, 29) {
        29 => "r".repeat(draw.range(240, 253) as usize),
        28 => draw.of(&["a", "Web_1", "x-"]).to_owned(),
        27 => parts::odd_name(draw),
        _ => "web-1".to_owned(),
    };
    let crowd = crowd(draw);
    let mut sets = vec![replica_set(draw, now, &name, 0, crowd)];
    for n in 1..=draw.of(&[0, 0, 1, 2]) {
        sets.push(replica_set(draw, now, &format!("web-{}", n + 1), n, crowd));
    }
    // Of a kind, so that the last rules of the order of victims are reached: everything before ties.
    let alike = draw.one_in(3);
    let first = pod(draw, now, &sets[0], 0);
    let mut pods: Vec<Value> = (0..crowd)
        .map(|n| {
            let owner = if draw.one_in(6) { draw.below(sets.len()) } else { 0 };
            let mut made = pod(draw, now, &sets[owner], n);
            if alike && n > 0 {
                for field in ["spec", "status"] {
                    if !draw.one_in(5) {
                        made[field] = first[field].clone();
                    }
                }
                if draw.one_in(3) {
                    made["metadata"]["creationTimestamp"] = first["metadata"]["creationTimestamp"].clone();
                }
            }
            made
        })
        .collect();
    if draw.one_in(100)
        && let Some(pod) = pods.last_mut()
    {
        // The name that the first pod to be created would get.
        pod["metadata"]["name"] = format!("{name}-00001").into();
    }
    if draw.one_in(300) {
        sets.remove(0);
    }
    let mut case = super::case(&format!("{NAMESPACE}/{name}"), now.text(), Vec::new(), sets, pods);
    if draw.one_in(8) {
        case["failCreate"] = draw.of(&[1, 2, 3, 5, 8, 100, -1]).into();
    }
    case
}

/// How many pods: now and then more than an insertion sort takes, and more than one burst deletes.
fn crowd(draw: &mut Draw<'_, '_>) -> usize {
    match draw.range(0, 299) {
        0..=209 => draw.below(10),
        210..=269 => 8 + draw.below(12),
        270..=297 => 20 + draw.below(60),
        _ => 498 + draw.below(20),
    }
}

fn replica_set(draw: &mut Draw<'_, '_>, now: Now, name: &str, n: usize, crowd: usize) -> Value {
    let size = match draw.range(0, 9) {
        0..=6 => draw.range(0, crowd as i64 + 2),
        7 => crowd as i64,
        8 => 0,
        _ => parts::count(draw).min(1_200),
    };
    let number = parts::template_number(draw);
    let generation = draw.range(0, 3);
    let mut meta = json!({
        "name": name, "namespace": NAMESPACE, "uid": format!("r-{n}"), "resourceVersion": "20", "generation": generation,
        "creationTimestamp": now.ago(parts::age(draw)), "labels": parts::labels(draw),
        "ownerReferences": parts::owners(draw, "Deployment", "web", DEPLOYMENT_UID),
    });
    if draw.one_in(10) {
        meta["deletionTimestamp"] = now.ago(parts::age(draw)).into();
    }
    if n == 0 && draw.one_in(200) {
        meta["uid"] = "".into();
    }
    let mut size = json!(size);
    if draw.one_in(400) {
        size = Value::Null;
    }
    let selector =
        if draw.one_in(4) { parts::selector(draw) } else { json!({"matchLabels": {"app": "web"}}) };
    let mut near = |of: &Value| if draw.one_in(2) { parts::some_count(draw, 5) } else { of.clone() };
    let replicas = near(&size);
    let (labelled, ready) = (near(&replicas), near(&replicas));
    let available = near(&ready);
    json!({
        "metadata": meta,
        "spec": {
            "replicas": size,
            "minReadySeconds": parts::min_ready_seconds(draw),
            "selector": selector,
            "template": parts::template(number),
        },
        "status": {
            "replicas": replicas, "fullyLabeledReplicas": labelled, "readyReplicas": ready,
            "availableReplicas": available,
            "terminatingReplicas": draw.of(&[json!(0), json!(0), json!(1), Value::Null]),
            "observedGeneration": if draw.one_in(3) { draw.range(0, 3) } else { generation },
            "conditions": parts::replica_set_conditions(draw, now),
        },
    })
}

/// The `n`-th pod, mostly of that ReplicaSet.
pub(super) fn pod(draw: &mut Draw<'_, '_>, now: Now, owner: &Value, n: usize) -> Value {
    let text = |field: &str| owner["metadata"][field].as_str().unwrap_or_default().to_owned();
    let mut labels = parts::labels(draw);
    if let Some(hash) = owner.pointer("/metadata/labels/pod-template-hash") {
        labels.insert("pod-template-hash".into(), hash.clone());
    }
    let mut annotations = Map::new();
    if draw.one_in(5) {
        const COSTS: [&str; 20] = [
            "0",
            "1",
            "10",
            "-1",
            "-05",
            "-0",
            "+1",
            "007",
            "00",
            "",
            " 1",
            "1_0",
            "0x1",
            "x",
            "2147483647",
            "2147483648",
            "-2147483648",
            "-2147483649",
            "1.5",
            "-",
        ];
        annotations.insert("controller.kubernetes.io/pod-deletion-cost".into(), draw.of(&COSTS).into());
    }
    // Uids in another order than names, and not all of one length.
    let uid = format!("p{}-{n}", draw.of(&["a", "b", "", "z"]));
    let mut meta = json!({
        "name": format!("web-{n:05}"), "namespace": NAMESPACE, "uid": uid, "resourceVersion": "30", "labels": labels,
        "annotations": annotations,
        "ownerReferences": parts::owners(draw, "ReplicaSet", &text("name"), &text("uid")),
    });
    if !draw.one_in(30) {
        meta["creationTimestamp"] = now.ago(parts::age(draw)).into();
    }
    if draw.one_in(8) {
        meta["deletionTimestamp"] = now.ago(parts::age(draw)).into();
    }
    if draw.one_in(100) {
        meta["namespace"] = "elsewhere".into();
    }
    let mut spec = json!({"containers": [{"name": "web", "image": "web:1"}]});
    if !draw.one_in(4) {
        spec["nodeName"] = draw.of(&["n1", "n2", "n3"]).into();
    }
    if draw.one_in(4) {
        spec["initContainers"] = json!([
            {"name": "side", "restartPolicy": "Always"}, {"name": "init"}, {"name": "late", "restartPolicy": draw.of(&["Always", "Never"])},
        ]);
    }
    json!({"metadata": meta, "spec": spec, "status": pod_status(draw, now)})
}

fn pod_status(draw: &mut Draw<'_, '_>, now: Now) -> Value {
    const PHASES: [&str; 9] =
        ["Running", "Running", "Running", "Pending", "", "Unknown", "Succeeded", "Failed", "Odd"];
    let mut status = json!({"phase": draw.of(&PHASES)});
    let mut conditions = Vec::new();
    for _ in 0..draw.of(&[1, 1, 1, 0, 2]) {
        let mut condition = json!({
            "type": draw.of(&["Ready", "Ready", "Ready", "Initialized", "ContainersReady"]),
            "status": draw.of(&["True", "True", "True", "False", "Unknown", ""]),
        });
        if !draw.one_in(10) {
            condition["lastTransitionTime"] = now.ago(parts::age(draw)).into();
        }
        conditions.push(condition);
    }
    status["conditions"] = conditions.into();
    for (field, names) in [("containerStatuses", ["web", "log"]), ("initContainerStatuses", ["side", "init"])]
    {
        if draw.one_in(4) {
            let of = |name: &str, restarts: i64| json!({"name": name, "restartCount": restarts, "ready": true, "image": "x", "imageID": "y"});
            let restarts = [draw.of(&[0, 1, 2, 2_147_483_647, -1]), draw.of(&[0, 1, 3])];
            status[field] = json!([of(names[0], restarts[0]), of(names[1], restarts[1])]);
        }
    }
    status
}
