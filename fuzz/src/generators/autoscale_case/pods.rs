//! The pods of a target.

use maxsurge_core::api::Time;
use serde_json::{Value, json};

use super::spec::Plan;
use crate::generators::draw::Draw;

/// Name of the `n`-th.
pub(super) fn pod_name(n: i64) -> String {
    format!("web-{n}")
}

/// All pods that there are from this pass on.
pub(super) fn pods(draw: &mut Draw<'_, '_>, plan: &Plan, now_s: i64) -> Vec<Value> {
    let at = |s: i64| Time::from_seconds(s).to_string();
    let odd = !plan.is_calm && draw.one_in(3);
    let count = if plan.is_calm { draw.of(&[5, 8]) } else { draw.of(&[3, 1, 2, 4, 5, 8, 12, 3, 4, 0]) };
    let no_requests = odd && draw.one_in(6);
    (0..count)
        .map(|n| {
            let is_odd = odd && draw.one_in(3);
            let start = now_s - if is_odd { draw.of(&[0, 5, 29, 30, 31, 60, 299, 300, 301, 1_000]) } else { 10_000 };
            let mut requests = json!({"cpu": format!("{}m", plan.request_milli), "memory": draw.of(&["100Mi", "1Gi", "64M"])});
            if no_requests && draw.one_in(3) {
                requests = json!({"memory": "100Mi"});
            }
            let container = |name: &str, requests: &Value| json!({"name": name, "resources": {"requests": requests}});
            let mut containers = vec![container("app", &requests)];
            let mut spec = json!({});
            if is_odd && draw.one_in(4) {
                containers.push(container(draw.of(&["side", "log"]), &json!({"cpu": "10m", "memory": "1500u"})));
            }
            if is_odd && draw.one_in(6) {
                let mut init = container(draw.of(&["side", "init"]), &json!({"cpu": draw.of(&["20m", "2"]), "memory": "1Mi"}));
                if draw.one_in(2) {
                    init["restartPolicy"] = "Always".into();
                }
                spec["initContainers"] = json!([init]);
            }
            if is_odd && draw.one_in(6) {
                spec["resources"] = json!({"requests": draw.of(&[json!({"cpu": "300m"}), json!({"memory": "1Gi"}), json!({"hugepages-2Mi": "2Mi"}), json!({"cpu": "1500u", "memory": "1k"})])});
                if draw.one_in(3) {
                    spec["overhead"] = json!({"cpu": "5m"});
                }
            }
            spec["containers"] = containers.into();
            let mut labels = json!({"app": "web"});
            if is_odd && draw.one_in(6) {
                labels = draw.of(&[json!({"app": "db"}), json!({"app": "web", "tier": "back"}), json!({"app": "web", "n": "4"}), json!({"in": "in"})]);
            }
            let phase = if is_odd { draw.of(&["Running", "Running", "Pending", "Failed", "Succeeded", "Unknown"]) } else { "Running" };
            let ready = if is_odd { draw.of(&["True", "False", "Unknown"]) } else { "True" };
            let changed = if is_odd { start + draw.of(&[0, 5, 9, 10, 29, 30, 31, 300]) } else { start + 10 };
            let mut status = json!({"phase": phase});
            if !(is_odd && draw.one_in(8)) {
                status["startTime"] = at(start).into();
            }
            if !(is_odd && draw.one_in(8)) {
                let mut condition = json!({"type": "Ready", "status": ready});
                if !(is_odd && draw.one_in(8)) {
                    condition["lastTransitionTime"] = at(changed).into();
                }
                status["conditions"] = json!([{"type": "Initialized", "status": "True"}, condition]);
            }
            let mut metadata = json!({"name": pod_name(n), "namespace": "default", "labels": labels});
            if is_odd && draw.one_in(5) {
                metadata["deletionTimestamp"] = at(now_s).into();
            }
            json!({"metadata": metadata, "spec": spec, "status": status})
        })
        .collect()
}
