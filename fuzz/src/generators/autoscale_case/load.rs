//! What the metrics APIs answer.

use maxsurge_core::api::Time;
use serde_json::{Value, json};

use super::pods::pod_name;
use super::spec::{Metric, Plan};
use crate::generators::draw::Draw;

/// What the metrics APIs answer from this pass on.
pub(super) fn load(draw: &mut Draw<'_, '_>, plan: &Plan, tick: &mut Value, now_s: i64) {
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

impl Plan {
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
