//! Service, HorizontalPodAutoscaler and PodDisruptionBudget. They are written as they were read.

use serde_json::Value;

use super::{Node, Result, ValueError, read_bool, read_i32, read_str, read_string_map};
use crate::api::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, IntOrString,
    LabelSelector, MetricSpec, MetricTarget, ObjectMeta, PodDisruptionBudget, PodDisruptionBudgetSpec,
    Quantity, ScalingPolicy, ScalingRules, Service, ServicePort, ServiceSpec,
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

impl Service {
    /// From plain Kubernetes JSON.
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        let port = |node: Node<'_>| {
            Ok(ServicePort {
                name: node.or_default("name", read_str)?,
                protocol: node.or_default("protocol", read_str)?,
                port: node.or_default("port", read_i32)?,
                target_port: node.opt("targetPort", IntOrString::read)?,
            })
        };
        super::root(value, |node| {
            Ok(Service {
                meta: node.or_default("metadata", ObjectMeta::read)?,
                spec: node.or_default("spec", |n| {
                    Ok(ServiceSpec {
                        type_: n.or_default("type", read_str)?,
                        cluster_ip: n.or_default("clusterIP", read_str)?,
                        selector: n.or_default("selector", read_string_map)?,
                        ports: n.or_default("ports", |n| n.list(port))?,
                        publish_not_ready_addresses: n.or_default("publishNotReadyAddresses", read_bool)?,
                    })
                })?,
                written: value.clone(),
            })
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        self.written.clone()
    }
}

impl PodDisruptionBudget {
    /// From plain Kubernetes JSON.
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        super::root(value, |node| {
            Ok(PodDisruptionBudget {
                meta: node.or_default("metadata", ObjectMeta::read)?,
                spec: node.or_default("spec", |n| {
                    Ok(PodDisruptionBudgetSpec {
                        min_available: n.opt("minAvailable", IntOrString::read)?,
                        max_unavailable: n.opt("maxUnavailable", IntOrString::read)?,
                        selector: n.opt("selector", LabelSelector::read)?,
                        unhealthy_pod_eviction_policy: n
                            .or_default("unhealthyPodEvictionPolicy", read_str)?,
                    })
                })?,
                written: value.clone(),
            })
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        self.written.clone()
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
    let source = match type_.as_str() {
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        "Pods" => "pods",
        "Object" => "object",
        "External" => "external",
        _ => return Ok(MetricSpec { type_, ..MetricSpec::default() }),
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
        let metric = n.opt("metric", |n| {
            Ok((n.or_default("name", read_str)?, n.opt("selector", LabelSelector::read)?))
        })?;
        let (name, selector) = match metric {
            Some(metric) => metric,
            None => (n.or_default("name", read_str)?, None),
        };
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
                written: value.clone(),
            })
        })
    }

    /// As plain Kubernetes JSON, in the version in which it was read.
    pub fn to_value(&self) -> Value {
        self.written.clone()
    }
}
