//! Autoscalers and what they meet in a row of passes: cases of the conformance protocol's mode `autoscale`, as JSON.
//!
//! Half of the cases are calm: nothing fails, and a load swings around a target with room in both directions, so that
//! windows, policies and what is remembered decide. In the others anything may be odd. Specs are what an API server would
//! store, but for a few that are made to fail; loads are near the target, so that tolerances, rounding and the guards around
//! missing pods decide, and now and then absurd.

use arbitrary::Unstructured;
use maxsurge_core::api::Time;
use serde_json::{Value, json};

use super::draw::Draw;

/// Most passes of a case.
const TICKS_MAX: i64 = 12;
/// Most passes of a calm one.
const CALM_TICKS_MAX: i64 = 24;
/// 2026-01-02T03:04:05Z.
const START_S: i64 = 1_767_323_045;
const POD: &str = "web";

/// One case, with that `id`.
pub fn autoscale_case(id: &str, u: &mut Unstructured<'_>) -> Value {
    let draw = &mut Draw(u);
    let fraction = draw.of(&["", "", ".5", ".25"]);
    let now = Time::from_seconds(START_S).to_string().replace('Z', &format!("{fraction}Z"));
    let plan = Plan::draw(draw);
    let spec = plan.spec(draw);
    let mut hpa = json!({
        "metadata": {"name": "web", "namespace": "default", "generation": draw.range(1, 3)},
        "spec": spec,
    });
    if let Some(status) = status(draw) {
        hpa["status"] = status;
    }
    let mut case = json!({"id": id, "controller": "autoscaler", "now": now, "hpa": hpa});
    if draw.one_in(4) {
        case["config"] = json!({
            "downscaleStabilizationSeconds": draw.of(&[300, 60, 15, 0]),
            "cpuInitializationSeconds": draw.of(&[300, 120, 0]),
            "initialReadinessSeconds": draw.of(&[30, 10, 0]),
            "tolerance": draw.of(&[0.1, 0.05, 0.0, 0.2]),
        });
    }
    let (mut ticks, mut at_s) = (Vec::new(), 0);
    let passes = if plan.is_calm { draw.range(6, CALM_TICKS_MAX) } else { draw.range(1, TICKS_MAX) };
    for n in 0..passes {
        let after_ms =
            draw.of(&[15_000, 15_000, 15_000, 15_000, 30_000, 60_000, 500, 45_000, 285_000, 300_000]);
        at_s += after_ms / 1_000;
        ticks.push(tick(draw, &plan, n == 0, after_ms, START_S + at_s));
    }
    case["ticks"] = ticks.into();
    case
}

/// What holds for all passes of a case.
#[derive(Clone, Debug)]
struct Plan {
    /// Nothing fails.
    is_calm: bool,
    /// Milli-units that every pod requests of the CPU.
    request_milli: i64,
    /// Wanted share, in percent.
    target_percent: i64,
    /// Wanted milli-units per pod of metrics of other kinds.
    target_milli: i64,
    metrics: Vec<Metric>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Metric {
    Utilization(&'static str),
    Raw(&'static str),
    Container,
    ContainerRaw,
    Pods,
    ObjectValue,
    ObjectAverage,
    ExternalValue,
    ExternalAverage,
    Unknown,
}

impl Plan {
    fn draw(draw: &mut Draw<'_, '_>) -> Self {
        let mut metrics = Vec::new();
        let is_calm = draw.one_in(2);
        if is_calm {
            metrics.push(draw.of(&[
                Metric::ExternalAverage,
                Metric::ExternalAverage,
                Metric::Utilization("cpu"),
                Metric::ObjectAverage,
                Metric::ExternalValue,
                Metric::Pods,
            ]));
        }
        for _ in 0..if is_calm { 0 } else { draw.of(&[1, 1, 1, 2, 2, 3]) } {
            metrics.push(match draw.range(0, 23) {
                0..=7 => Metric::Utilization("cpu"),
                8 | 9 => Metric::Utilization("memory"),
                10 => Metric::Raw("cpu"),
                11 => Metric::Raw("memory"),
                12 => Metric::Container,
                13 => Metric::ContainerRaw,
                14 | 15 => Metric::Pods,
                16 | 17 => Metric::ObjectValue,
                18 => Metric::ObjectAverage,
                19 | 20 => Metric::ExternalValue,
                21 | 22 => Metric::ExternalAverage,
                _ => draw.of(&[
                    Metric::Utilization("cpu"),
                    Metric::Utilization("nvidia.com/gpu"),
                    Metric::Unknown,
                ]),
            });
        }
        Plan {
            is_calm,
            request_milli: draw.of(&[100, 250, 1_000, 33, 500, 1]),
            target_percent: draw.of(&[50, 80, 60, 100, 3, 120, 70, 33, 200]),
            target_milli: draw.of(&[1_000, 100, 20_000, 333, 1, 7_500, 100_000_000]),
            metrics,
        }
    }

    fn spec(&self, draw: &mut Draw<'_, '_>) -> Value {
        let target = match if self.is_calm { 0 } else { draw.range(0, 79) } {
            0..=75 => {
                json!({"apiVersion": "apps/v1", "kind": draw.of(&["Deployment", "StatefulSet"]), "name": "web"})
            }
            76 => json!({"apiVersion": "v1", "kind": "ReplicationController", "name": "web"}),
            77 => json!({"apiVersion": "apps/v1", "kind": "Deploy", "name": "web"}),
            78 => json!({"apiVersion": "a/b/c", "kind": "Deployment", "name": "web"}),
            _ => json!({"kind": "Deployment", "name": "web"}),
        };
        let min = draw.of(if self.is_calm { &[1, 1, 2, 0] } else { &[1, 1, 1, 2, 3, 0, 5, 10] });
        let mut spec = json!({
            "scaleTargetRef": target,
            "maxReplicas": min.max(1) + draw.of(&[20, 100, 60, 9, 4, 2_000_000_000, 0, 1]),
        });
        if !draw.one_in(8) {
            spec["minReplicas"] = min.into();
        }
        if !draw.one_in(30) {
            spec["metrics"] = self.metrics.iter().map(|metric| self.metric(*metric, draw)).collect();
        }
        if draw.range(0, 9) > 3 {
            spec["behavior"] = behavior(draw);
        }
        spec
    }

    fn metric(&self, metric: Metric, draw: &mut Draw<'_, '_>) -> Value {
        let share = json!({"type": "Utilization", "averageUtilization": self.target_percent});
        let milli = |n: i64| format!("{n}m");
        let average = json!({"type": "AverageValue", "averageValue": milli(self.target_milli)});
        let value = json!({"type": "Value", "value": milli(self.target_milli)});
        let named = |draw: &mut Draw<'_, '_>| {
            if self.is_calm {
                return json!({"name": "load"});
            }
            let name = if draw.one_in(12) { "queue" } else { "load" };
            let mut named = json!({"name": name});
            if let Some(selector) = metric_selector(draw) {
                named["selector"] = selector;
            }
            named
        };
        let object = json!({"apiVersion": draw.of(&["v1", "v1", "example.com/v1", "a/b/c"]), "kind": "Service", "name": "front"});
        let object = if draw.one_in(6) {
            json!({"apiVersion": "v1", "kind": "Namespace", "name": "x"})
        } else {
            object
        };
        match metric {
            Metric::Utilization(name) => {
                json!({"type": "Resource", "resource": {"name": name, "target": share}})
            }
            Metric::Raw(name) => json!({"type": "Resource", "resource": {"name": name, "target": average}}),
            Metric::Container => json!({"type": "ContainerResource",
                "containerResource": {"name": "cpu", "container": draw.of(&["app", "app", "app", "app", "side", "none"]), "target": share}}),
            Metric::ContainerRaw => json!({"type": "ContainerResource",
                "containerResource": {"name": draw.of(&["cpu", "memory"]), "container": "app", "target": average}}),
            Metric::Pods => json!({"type": "Pods", "pods": {"metric": named(draw), "target": average}}),
            Metric::ObjectValue => json!({"type": "Object",
                "object": {"metric": named(draw), "describedObject": object, "target": value}}),
            Metric::ObjectAverage => json!({"type": "Object",
                "object": {"metric": named(draw), "describedObject": object, "target": average}}),
            Metric::ExternalValue => {
                json!({"type": "External", "external": {"metric": named(draw), "target": value}})
            }
            Metric::ExternalAverage => {
                json!({"type": "External", "external": {"metric": named(draw), "target": average}})
            }
            Metric::Unknown => json!({"type": draw.of(&["Weather", ""])}),
        }
    }

    /// An amount that is so much of `full`: near 1 mostly.
    fn part(&self, draw: &mut Draw<'_, '_>, full: i64, level: i64) -> i64 {
        let percent = match draw.range(0, 9) {
            0..=6 => level,
            7 | 8 => level + draw.range(-6, 6),
            _ => draw.of(&[0, 1, 50, 100, 150, 1_000]),
        };
        full.saturating_mul(percent) / 100
    }
}

/// What all loads of a pass are of their targets, in percent.
fn level(draw: &mut Draw<'_, '_>) -> i64 {
    match draw.range(0, 9) {
        0..=2 => draw.of(&[100, 110, 90, 111, 89, 109, 91, 105, 95]),
        3..=5 => draw.range(30, 100),
        6 | 7 => draw.range(100, 260),
        8 => draw.of(&[0, 1, 10, 20]),
        _ => draw.of(&[500, 1_000, 130]),
    }
}

/// Quantities in which something overflows or is rounded.
fn odd_quantity(draw: &mut Draw<'_, '_>) -> &'static str {
    draw.of(&[
        "0",
        "1500u",
        "1n",
        "0.1",
        "9223372036854775807",
        "9223372036854775807m",
        "9223372036854775808",
        "1E",
        "10E",
        "10P",
        "8Ei",
        "1e19",
        "3e15",
        "-1",
        "-1500u",
        "-9223372036854775807m",
        "21474836470",
        "1Ki",
        "123456789012345678901234567890",
    ])
}

fn metric_selector(draw: &mut Draw<'_, '_>) -> Option<Value> {
    Some(match draw.range(0, 11) {
        0..=8 => return None,
        9 => json!({"matchLabels": {"verb": "GET"}}),
        10 => json!({"matchLabels": {"verb": "GET"},
            "matchExpressions": [{"key": "code", "operator": draw.of(&["In", "NotIn"]), "values": ["5", "4"]}]}),
        _ => draw.of(&[
            json!({}),
            json!({"matchExpressions": [{"key": "a", "operator": "Exists"}, {"key": "b", "operator": "DoesNotExist"}]}),
            json!({"matchExpressions": [{"key": "a", "operator": "Near", "values": ["x"]}]}),
        ]),
    })
}

fn behavior(draw: &mut Draw<'_, '_>) -> Value {
    let mut behavior = json!({});
    for direction in ["scaleUp", "scaleDown"] {
        if draw.one_in(4) {
            continue;
        }
        let mut rules = json!({});
        if draw.range(0, 2) > 0 {
            rules["stabilizationWindowSeconds"] = draw.of(&[0, 15, 30, 60, 300, 45, 3_600]).into();
        }
        if draw.one_in(2) {
            rules["selectPolicy"] = draw.of(&["Max", "Min", "Disabled"]).into();
        }
        if draw.range(0, 2) > 0 {
            let policy = |draw: &mut Draw<'_, '_>| {
                let (type_, value) = if draw.one_in(2) {
                    ("Percent", draw.of(&[100, 10, 50, 1, 80, 90, 25, 200, 1_000, 2_000_000_000]))
                } else {
                    ("Pods", draw.of(&[1, 2, 4, 3, 10, 2_147_483_647]))
                };
                json!({"type": type_, "value": value, "periodSeconds": draw.of(&[15, 30, 60, 45, 16, 300, 1_800])})
            };
            rules["policies"] = (0..draw.range(1, 3)).map(|_| policy(draw)).collect();
        }
        if draw.one_in(4) {
            rules["tolerance"] =
                draw.of(&["0", "50m", "0.3", "1", "0.05", "300m", "10", "0.0999", "99900u"]).into();
        }
        behavior[direction] = rules;
    }
    behavior
}

/// What an earlier controller left.
fn status(draw: &mut Draw<'_, '_>) -> Option<Value> {
    if draw.range(0, 2) == 0 {
        return None;
    }
    let mut conditions = Vec::new();
    for (type_, reason) in [
        ("AbleToScale", "ReadyForNewScale"),
        ("ScaledToZero", "ScaledToZero"),
        ("ScalingActive", "ValidMetricFound"),
        ("ScalingLimited", "DesiredWithinRange"),
    ] {
        if draw.one_in(2) {
            let status = draw.of(&["True", "True", "False", "Unknown"]);
            conditions
                .push(json!({"type": type_, "status": status, "reason": reason, "message": "said before",
                "lastTransitionTime": "2026-01-01T00:00:00Z"}));
        }
    }
    let mut status = json!({"currentReplicas": draw.range(0, 6), "desiredReplicas": draw.range(0, 6), "conditions": conditions});
    if draw.one_in(2) {
        status["lastScaleTime"] = "2026-01-02T03:00:00Z".into();
    }
    if draw.one_in(3) {
        status["observedGeneration"] = draw.range(1, 2).into();
    }
    Some(status)
}

fn tick(draw: &mut Draw<'_, '_>, plan: &Plan, is_first: bool, after_ms: i64, now_s: i64) -> Value {
    let mut tick = json!({"afterMs": after_ms});
    if plan.is_calm {
        if is_first {
            let replicas = draw.of(&[8, 12, 20, 3, 35]);
            tick["scale"] = json!({"replicas": replicas, "statusReplicas": replicas, "selector": "app=web"});
            tick["pods"] = pods(draw, plan, now_s).into();
        } else if draw.one_in(40) {
            tick["scale"] = json!({"replicas": draw.range(0, 30)});
        }
        if !is_first && draw.one_in(30) {
            tick["spec"] = plan.spec(draw);
        }
        if is_first || draw.one_in(2) {
            load(draw, plan, &mut tick, now_s);
        }
        return tick;
    }
    if is_first || draw.one_in(12) {
        tick["scale"] = scale(draw, is_first);
    } else if draw.one_in(3) {
        tick["scale"] = json!({"statusReplicas": draw.of(&[1, 2, 3, 4, 5, 8, 0])});
    }
    if !is_first && draw.one_in(25) {
        tick["restart"] = true.into();
    }
    if !is_first && draw.one_in(14) {
        tick["spec"] = plan.spec(draw);
    }
    if draw.one_in(40) {
        let one = |draw: &mut Draw<'_, '_>, name: &str| json!({"name": name, "selector": draw.of(&[json!("app=web"), json!("app=db"), json!(""), Value::Null])});
        let mut others = vec![one(draw, "other")];
        if draw.one_in(3) {
            others.push(one(draw, "zebra"));
            others[0]["selector"] = "app=db".into();
        }
        tick["others"] = others.into();
    } else if draw.one_in(8) {
        tick["others"] = json!([]);
    }
    let pods = (is_first || draw.one_in(2)).then(|| pods(draw, plan, now_s));
    if is_first || draw.range(0, 4) > 0 {
        load(draw, plan, &mut tick, now_s);
    }
    if let Some(pods) = pods {
        tick["pods"] = pods.into();
    }
    for (field, one_in) in [("failGetScale", 60), ("failScale", 40), ("failStatus", 40)] {
        if draw.one_in(one_in) {
            tick[field] = "no route to host".into();
        }
    }
    if draw.one_in(20) {
        tick["scaleConflicts"] = draw.of(&[1, 2, 4, 5, 9]).into();
    }
    tick
}

fn scale(draw: &mut Draw<'_, '_>, is_first: bool) -> Value {
    let replicas = match draw.range(0, 19) {
        0..=15 => draw.range(1, 8),
        16 => 0,
        17 => draw.range(9, 60),
        18 => 100,
        _ => draw.of(&[1_000_000_000, 2_147_483_647, 50_000]),
    };
    let mut scale = json!({"replicas": replicas});
    if is_first || draw.one_in(2) {
        let status = if draw.range(0, 3) < 3 { replicas } else { draw.range(0, 9) };
        scale["statusReplicas"] = status.into();
    }
    if is_first || draw.one_in(6) {
        scale["selector"] = match draw.range(0, 59) {
            0..=54 => draw.of(&["app=web", "app in (web,db)", "app,!gone", "app==web,tier!=back"]),
            55 => "",
            56 => draw.of(&[
                "app in",
                "a b",
                "app=web,",
                "!app=web",
                "(",
                "app in (web",
                "app in web",
                "=x",
                "app=(",
                ",app",
            ]),
            57 => draw.of(&["app notin (db,)", "app in (,web,,)", "n>3", "n<3", "in=in", "app in ()"]),
            _ => draw.of(&["app=db", "tier", "!app"]),
        }
        .into();
    }
    scale
}

fn pod_name(n: i64) -> String {
    format!("{POD}-{n}")
}

fn pods(draw: &mut Draw<'_, '_>, plan: &Plan, now_s: i64) -> Vec<Value> {
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

/// What the metrics APIs answer from this pass on.
fn load(draw: &mut Draw<'_, '_>, plan: &Plan, tick: &mut Value, now_s: i64) {
    let level = level(draw);
    let is_odd = !plan.is_calm && draw.one_in(8);
    let level = if plan.is_calm && draw.one_in(3) { draw.range(20, 300) } else { level };
    let amount = |draw: &mut Draw<'_, '_>, full: i64| -> String {
        if is_odd && draw.one_in(3) {
            odd_quantity(draw).into()
        } else {
            format!("{}m", plan.part(draw, full, level))
        }
    };
    let has_gaps = !plan.is_calm && draw.one_in(4);
    let listed = if plan.is_calm { 8 } else { draw.of(&[12, 12, 12, 4, 3, 2, 14]) };
    let names: Vec<i64> = (0..listed).filter(|_| !(has_gaps && draw.one_in(3))).collect();
    let stamp =
        |draw: &mut Draw<'_, '_>| Time::from_seconds(now_s - draw.of(&[0, 5, 20, 40, 300])).to_string();
    if plan.metrics.iter().any(|m| {
        matches!(m, Metric::Utilization(_) | Metric::Raw(_) | Metric::Container | Metric::ContainerRaw)
    }) {
        let wanted = plan.request_milli.saturating_mul(plan.target_percent) / 100;
        let wanted = if plan.metrics.iter().any(|m| matches!(m, Metric::Raw(_) | Metric::ContainerRaw)) {
            plan.target_milli
        } else {
            wanted
        };
        tick["resource"] = if !plan.is_calm && draw.one_in(25) {
            json!({"error": "the server is currently unable to handle the request"})
        } else {
            names
                .iter()
                .map(|n| {
                    let mut usage = json!({"cpu": amount(draw, wanted), "memory": amount(draw, 100_000_000 * plan.target_percent)});
                    if is_odd && draw.one_in(6) {
                        usage = json!({"memory": "1Mi"});
                    }
                    let mut containers = vec![json!({"name": if is_odd && draw.one_in(5) { "side" } else { "app" }, "usage": usage})];
                    if is_odd && draw.one_in(5) {
                        containers.push(json!({"name": "log", "usage": {"cpu": "1500u"}}));
                    }
                    if is_odd && draw.one_in(12) {
                        containers.clear();
                    }
                    json!({"pod": pod_name(*n), "timestamp": stamp(draw), "windowSeconds": draw.of(&[30, 15, 60, 0]), "containers": containers})
                })
                .collect()
        };
    }
    let selectors = if plan.is_calm { &[""][..] } else { &["", "verb=GET", "code in (4,5),verb=GET"] };
    let failing = !plan.is_calm && draw.one_in(12);
    let answered = |draw: &mut Draw<'_, '_>, values: Value| {
        if failing && draw.one_in(2) { json!({"error": "no backend"}) } else { values }
    };
    if plan.metrics.contains(&Metric::Pods) {
        let values = names.iter().map(|n| {
            let mut value = json!({"pod": pod_name(*n), "timestamp": stamp(draw), "value": amount(draw, plan.target_milli)});
            if n % 2 == 0 {
                value["windowSeconds"] = 60.into();
            }
            value
        });
        let values: Value = values.collect();
        tick["podsMetrics"] = selectors.iter().map(|selector| {
            json!({"name": "load", "selector": selector, "values": answered(draw, values.clone())})
        }).collect();
    }
    // Values are totals: of about as many pods as there may be.
    let pods = if plan.is_calm { draw.of(&[10, 4, 20, 33, 7, 15]) } else { draw.of(&[3, 1, 4, 5, 8, 2]) };
    if plan.metrics.iter().any(|m| matches!(m, Metric::ObjectValue | Metric::ObjectAverage)) {
        let full = if plan.metrics.contains(&Metric::ObjectAverage) {
            plan.target_milli.saturating_mul(pods)
        } else {
            plan.target_milli
        };
        tick["objectMetrics"] = selectors
            .iter()
            .flat_map(|selector| {
                [("Service", "front"), ("Namespace", "default")].map(|(kind, object)| (*selector, kind, object))
            })
            .map(|(selector, kind, object)| {
                let value = amount(draw, full);
                json!({"name": "load", "selector": selector, "kind": kind, "object": object, "value": answered(draw, value.into())})
            })
            .collect();
    }
    if plan.metrics.iter().any(|m| matches!(m, Metric::ExternalValue | Metric::ExternalAverage)) {
        let full = if plan.metrics.contains(&Metric::ExternalAverage) {
            plan.target_milli.saturating_mul(pods)
        } else {
            plan.target_milli
        };
        tick["externalMetrics"] = selectors
            .iter()
            .map(|selector| {
                let count = if plan.is_calm { 1 } else { draw.of(&[1, 1, 2, 3, 0]) };
                let values: Value = (0..count).map(|_| amount(draw, full / count.max(1))).collect();
                json!({"name": "load", "selector": selector, "values": answered(draw, values)})
            })
            .collect();
    }
}
