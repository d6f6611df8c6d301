//! What an autoscaler wants.

use serde_json::{Value, json};

use super::behavior::behavior;
use crate::generators::draw::Draw;

/// What holds for all passes of a case.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Nothing fails.
    pub(super) is_calm: bool,
    /// Milli-units that every pod requests of the CPU.
    pub(super) request_milli: i64,
    /// Wanted share, in percent.
    pub(super) target_percent: i64,
    /// Wanted milli-units per pod of metrics of other kinds.
    pub(super) target_milli: i64,
    pub(super) metrics: Vec<Metric>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Metric {
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
    /// Without anything to be held against: no API server stores it.
    Aimless,
}

impl Plan {
    pub(super) fn draw(draw: &mut Draw<'_, '_>) -> Self {
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
                    Metric::Aimless,
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

    pub(super) fn spec(&self, draw: &mut Draw<'_, '_>) -> Value {
        let target = match if self.is_calm { 0 } else { draw.range(0, 79) } {
            0..=75 => {
                json!({"apiVersion": "apps/v1", "kind": draw.of(&["Deployment", "StatefulSet"]), "name": "web"})
            }
            76 => json!({"apiVersion": "v1", "kind": "ReplicationController", "name": "web"}),
            77 => json!({"apiVersion": "apps/v1", "kind": "Deploy", "name": "web"}),
            78 => json!({"apiVersion": draw.of(&["a/b/c", "/"]), "kind": "Deployment", "name": "web"}),
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
            Metric::Aimless => {
                let load = named(draw);
                draw.of(&[
                json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}),
                json!({"type": "Object", "object": {"metric": load, "describedObject": object, "target": {"type": "Value"}}}),
                json!({"type": "External", "external": {"metric": load, "target": {"type": "Value"}}}),
            ])
            }
            Metric::Unknown => json!({"type": draw.of(&["Weather", ""])}),
        }
    }
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
