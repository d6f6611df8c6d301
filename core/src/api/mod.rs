//! Kubernetes objects, as far as a rollout depends on them: compact types for `apps/v1` and `core/v1`, their
//! defaults and validation, and the reader of manifests.

mod codec;
mod condition;
mod deployment;
mod int_or_string;
mod labels;
mod list;
mod meta;
mod pod;
mod quantity;
mod replicaset;
pub mod schema;
mod selector;
mod template;
mod time;

pub use codec::ValueError;
pub use condition::{Condition, ConditionStatus};
pub use deployment::{
    Deployment, DeploymentSpec, DeploymentStatus, DeploymentStrategy, RollingUpdate, StrategyType,
};
pub use int_or_string::{IntOrString, IntOrStringError};
pub use labels::StringMap;
pub use list::List;
pub use meta::{ObjectMeta, OwnerReference, Str, annotation};
pub use pod::{ContainerState, ContainerStatus, Pod, PodCondition, PodPhase, PodSpec, PodStatus};
pub use quantity::{Quantity, QuantityError, QuantityFormat};
pub use replicaset::{ReplicaSet, ReplicaSetSpec, ReplicaSetStatus};
pub use selector::{LabelSelector, Operator, Requirement, SelectorError};
pub use template::{POD_TEMPLATE_HASH, PodTemplate, TemplateBody};
pub use time::{Time, TimeError};
