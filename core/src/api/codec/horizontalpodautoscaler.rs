//! HorizontalPodAutoscaler. The object is written as it was read; its status, which a controller computes, by field.

use serde_json::Value;

use super::{Node, Out, Result, ValueError, read_i32, read_i64, read_str, read_time};
use crate::api::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerCondition,
    HorizontalPodAutoscalerSpec, HorizontalPodAutoscalerStatus, LabelSelector, MetricSpec, MetricStatus,
    MetricTarget, MetricValueStatus, ObjectMeta, Quantity, ScalingPolicy, ScalingRules, Str,
};

fn quantity(node: Node<'_>) -> Result<Quantity> {
    let text = match node.value {
        Value::String(text) => text.clone(),
        Value::Number(n) => n.to_string(),
        _ => return node.error("quantity"),
    };
    Quantity::parse(text.trim())
        .map_err(|error| ValueError { path: node.path.to_string(), message: error.to_string() })
}

/// Name of the field that describes a metric of that type.
fn source(type_: &str) -> Option<&'static str> {
    Some(match type_ {
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        "Pods" => "pods",
        "Object" => "object",
        "External" => "external",
        _ => return None,
    })
}

/// Name and selector of a metric; resources have a name alone.
fn identifier(node: Node<'_>) -> Result<(Str, Option<LabelSelector>)> {
    let metric = node
        .opt("metric", |n| Ok((n.or_default("name", read_str)?, n.opt("selector", LabelSelector::read)?)))?;
    match metric {
        Some(metric) => Ok(metric),
        None => Ok((node.or_default("name", read_str)?, None)),
    }
}

fn reference(node: Node<'_>) -> Result<CrossVersionObjectReference> {
    Ok(CrossVersionObjectReference {
        api_version: node.or_default("apiVersion", read_str)?,
        kind: node.or_default("kind", read_str)?,
        name: node.or_default("name", read_str)?,
    })
}

fn metric(node: Node<'_>) -> Result<MetricSpec> {
    let type_ = node.or_default("type", read_str)?;
    let Some(source) = source(&type_) else {
        return Ok(MetricSpec { type_, ..MetricSpec::default() });
    };
    let target = |n: Node<'_>| {
        Ok(MetricTarget {
            type_: n.or_default("type", read_str)?,
            value: n.opt("value", quantity)?,
            average_value: n.opt("averageValue", quantity)?,
            average_utilization: n.opt("averageUtilization", read_i32)?,
        })
    };
    let mut spec = node.or_default(source, |n| {
        let (name, selector) = identifier(n)?;
        Ok(MetricSpec {
            type_: Default::default(),
            name,
            container: n.or_default("container", read_str)?,
            selector,
            described_object: n.opt("describedObject", reference)?,
            target: n.or_default("target", target)?,
        })
    })?;
    spec.type_ = type_;
    Ok(spec)
}

fn rules(node: Node<'_>) -> Result<ScalingRules> {
    let policy = |n: Node<'_>| {
        Ok(ScalingPolicy {
            type_: n.or_default("type", read_str)?,
            value: n.or_default("value", read_i32)?,
            period_seconds: n.or_default("periodSeconds", read_i32)?,
        })
    };
    Ok(ScalingRules {
        stabilization_window_seconds: node.opt("stabilizationWindowSeconds", read_i32)?,
        select_policy: node.opt("selectPolicy", read_str)?,
        policies: node.or_default("policies", |n| n.list(policy))?,
        tolerance: node.opt("tolerance", quantity)?,
    })
}

impl HorizontalPodAutoscaler {
    /// From plain Kubernetes JSON, `autoscaling/v2` or `autoscaling/v1` (whose one metric is the CPU).
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        super::root(value, |node| {
            let spec = node.or_default("spec", |n| {
                let mut metrics: Vec<MetricSpec> = n.or_default("metrics", |n| n.vec(metric))?;
                if let Some(percent) = n.opt("targetCPUUtilizationPercentage", read_i32)? {
                    metrics.push(MetricSpec {
                        type_: "Resource".into(),
                        name: "cpu".into(),
                        target: MetricTarget {
                            type_: "Utilization".into(),
                            average_utilization: Some(percent),
                            ..MetricTarget::default()
                        },
                        ..MetricSpec::default()
                    });
                }
                let behavior =
                    n.opt("behavior", |n| Ok((n.opt("scaleUp", rules)?, n.opt("scaleDown", rules)?)))?;
                let (scale_up, scale_down) = behavior.unwrap_or_default();
                Ok(HorizontalPodAutoscalerSpec {
                    scale_target_ref: n.or_default("scaleTargetRef", reference)?,
                    min_replicas: n.opt("minReplicas", read_i32)?,
                    max_replicas: n.or_default("maxReplicas", read_i32)?,
                    metrics: metrics.into(),
                    scale_up,
                    scale_down,
                })
            })?;
            Ok(HorizontalPodAutoscaler {
                meta: node.or_default("metadata", ObjectMeta::read)?,
                spec,
                status: node.or_default("status", HorizontalPodAutoscalerStatus::read)?,
                written: value.clone(),
            })
        })
    }

    /// As plain Kubernetes JSON, in the version in which it was read.
    pub fn to_value(&self) -> Value {
        self.written.clone()
    }
}

impl MetricStatus {
    fn read(node: Node<'_>) -> Result<Self> {
        let type_ = node.or_default("type", read_str)?;
        let Some(source) = source(&type_) else {
            return Ok(MetricStatus { type_, ..MetricStatus::default() });
        };
        let current = |n: Node<'_>| {
            Ok(MetricValueStatus {
                value: n.opt("value", quantity)?,
                average_value: n.opt("averageValue", quantity)?,
                average_utilization: n.opt("averageUtilization", read_i32)?,
            })
        };
        let mut status = node.or_default(source, |n| {
            let (name, selector) = identifier(n)?;
            Ok(MetricStatus {
                type_: Str::default(),
                name,
                container: n.or_default("container", read_str)?,
                selector,
                described_object: n.opt("describedObject", reference)?,
                current: n.or_default("current", current)?,
            })
        })?;
        status.type_ = type_;
        Ok(status)
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        let out = Out::new().put("type", self.type_.as_str());
        let Some(source) = source(&self.type_) else { return out.finish() };
        let amount = |q: &Option<Quantity>| q.as_ref().map(Quantity::to_string);
        let current = Out::new()
            .some("value", amount(&self.current.value))
            .some("averageValue", amount(&self.current.average_value))
            .some("averageUtilization", self.current.average_utilization)
            .finish();
        let is_resource = matches!(self.type_.as_str(), "Resource" | "ContainerResource");
        let mut inner = Out::new().put("current", current).str("container", &self.container);
        if is_resource {
            inner = inner.put("name", self.name.as_str());
        } else {
            let metric = Out::new()
                .put("name", self.name.as_str())
                .some("selector", self.selector.as_ref().map(LabelSelector::to_value));
            inner = inner.put("metric", metric.finish());
        }
        if let Some(object) = &self.described_object {
            let object = Out::new()
                .put("kind", object.kind.as_str())
                .put("name", object.name.as_str())
                .str("apiVersion", &object.api_version);
            inner = inner.put("describedObject", object.finish());
        }
        out.put(source, inner.finish()).finish()
    }
}

impl HorizontalPodAutoscalerStatus {
    /// From plain Kubernetes JSON.
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        super::root(value, Self::read)
    }

    fn read(node: Node<'_>) -> Result<Self> {
        let condition = |n: Node<'_>| {
            Ok(HorizontalPodAutoscalerCondition {
                type_: n.or_default("type", read_str)?,
                status: n.or_default("status", read_str)?.as_str().into(),
                last_transition_time: n.opt("lastTransitionTime", read_time)?,
                reason: n.or_default("reason", read_str)?,
                message: n.or_default("message", read_str)?,
            })
        };
        Ok(HorizontalPodAutoscalerStatus {
            observed_generation: node.opt("observedGeneration", read_i64)?,
            last_scale_time: node.opt("lastScaleTime", read_time)?,
            current_replicas: node.or_default("currentReplicas", read_i32)?,
            desired_replicas: node.or_default("desiredReplicas", read_i32)?,
            current_metrics: node.or_default("currentMetrics", |n| n.list(MetricStatus::read))?,
            conditions: node.or_default("conditions", |n| n.list(condition))?,
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        let condition = |c: &HorizontalPodAutoscalerCondition| {
            Out::new()
                .put("type", c.type_.as_str())
                .put("status", c.status.as_str())
                .time("lastTransitionTime", c.last_transition_time)
                .str("reason", &c.reason)
                .str("message", &c.message)
                .finish()
        };
        Out::new()
            .some("observedGeneration", self.observed_generation)
            .time("lastScaleTime", self.last_scale_time)
            .int("currentReplicas", self.current_replicas)
            .put("desiredReplicas", self.desired_replicas)
            .list("currentMetrics", &self.current_metrics, MetricStatus::to_value)
            .list("conditions", &self.conditions, condition)
            .finish()
    }
}
