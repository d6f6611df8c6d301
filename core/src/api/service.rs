//! `core/v1` Service: what decides which pods get traffic.

use serde_json::Value;

use super::{IntOrString, List, ObjectMeta, Str, StringMap};

/// One entry of `spec.ports`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ServicePort {
    /// Name; empty if it is the only one.
    pub name: Str,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Str,
    /// Port of the Service.
    pub port: i32,
    /// Port of the pods, by number or name; `None` = the same.
    pub target_port: Option<IntOrString>,
}

/// `spec` of a Service.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ServiceSpec {
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
    pub type_: Str,
    /// `None` for a headless Service.
    pub cluster_ip: Str,
    /// Pods that it stands for, by label; empty = none that Kubernetes manages.
    pub selector: StringMap,
    /// Its ports.
    pub ports: List<ServicePort>,
    /// Whether pods that are not ready get traffic too.
    pub publish_not_ready_addresses: bool,
}

/// A Service.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Service {
    /// `metadata`.
    pub meta: ObjectMeta,
    /// `spec`.
    pub spec: ServiceSpec,
    /// The whole object as it was written.
    pub written: Value,
}
