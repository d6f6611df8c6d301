//! Kubernetes objects, as far as a rollout depends on them: compact types for `apps/v1` and `core/v1`, their
//! defaults and validation, and the reader of manifests.

mod codec;
mod condition;
pub mod defaults;
mod demand;
mod deployment;
mod horizontalpodautoscaler;
mod int_or_string;
mod labels;
mod list;
pub mod manifest;
mod meta;
mod pod;
mod poddisruptionbudget;
mod quantity;
mod replicaset;
pub mod schema;
mod selector;
mod service;
mod shared;
mod template;
mod template_hash;
mod time;
pub mod validation;
mod version;
mod yaml;

pub use codec::ValueError;
pub use condition::{Condition, ConditionStatus, Conditions, Words};
pub use demand::{DEFAULT_TOLERATION_S, Demand, Tolerated};
pub use deployment::{
    Deployment, DeploymentSpec, DeploymentStatus, DeploymentStrategy, RollingUpdate, StrategyType,
};
pub use horizontalpodautoscaler::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerCondition,
    HorizontalPodAutoscalerSpec, HorizontalPodAutoscalerStatus, MetricSpec, MetricStatus, MetricTarget,
    MetricValueStatus, ScalingPolicy, ScalingRules,
};
pub use int_or_string::{IntOrString, IntOrStringError};
pub(crate) use labels::Numbers;
pub use labels::StringMap;
pub use list::List;
pub use meta::{Identity, ObjectMeta, OwnerReference, Str, annotation};
pub use pod::{ContainerState, ContainerStatus, Pod, PodCondition, PodPhase, PodSpec, PodStatus};
pub use poddisruptionbudget::{PodDisruptionBudget, PodDisruptionBudgetSpec};
pub use quantity::{Quantity, QuantityError, QuantityFormat};
pub use replicaset::{ReplicaSet, ReplicaSetSpec, ReplicaSetStatus};
pub use selector::{LabelSelector, Operator, Requirement, SelectorError};
pub use service::{Service, ServicePort, ServiceSpec};
pub use shared::Shared;
pub use template::{POD_TEMPLATE_HASH, PodTemplate, TemplateBody};
pub use template_hash::template_hash;
pub use time::{Time, TimeError};
pub use version::KubernetesVersion;
