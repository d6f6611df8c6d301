//! Service and PodDisruptionBudget. They are written as they were read.

use serde_json::Value;

use super::Node;
use super::{ValueError, read_bool, read_i32, read_str, read_string_map};
use crate::api::{
    IntOrString, LabelSelector, ObjectMeta, PodDisruptionBudget, PodDisruptionBudgetSpec, Service,
    ServicePort, ServiceSpec,
};

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
