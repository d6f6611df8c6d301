//! The HorizontalPodAutoscaler controller of Kubernetes v1.37: one pass over one autoscaler as a function of what it
//! sees, of the time and of what it remembers (upstream: `pkg/controller/podautoscaler`, `reconcileAutoscaler`).
//!
//! | file | subject |
//! |---|---|
//! | `reconcile` | one pass: size, metrics, limits, scale, status |
//! | `combine` | every metric's proposal, and the greatest of them |
//! | `replicas` | from one metric to a number of pods |
//! | `usage` | ratios of usage, in thousandths and doubles as Go reckons them |
//! | `pods` | pods: ready, missing, unready or ignored; what they request |
//! | `metrics` | what the metrics APIs answer |
//! | `limits` | what may be had at once without `spec.behavior` |
//! | `behavior` | the same with it: windows, policies, scale events |
//! | `memory` | what is remembered from pass to pass |
//! | `status` | conditions and their words |
//! | `selector` | selectors in the form of the scale subresource: text |
//!
//! Feature gates are at their defaults of v1.37: `HPAScaleToZero`, `HPAConfigurableTolerance`, `HPAGeneration` and
//! `PodLevelResources` are on. When a pass is due (every 15 s, and at once after a change of the spec) is the caller's
//! business, as is the refusal to look while the cache is older than the last status write.

mod behavior;
mod combine;
mod limits;
mod memory;
mod metrics;
mod pods;
mod reconcile;
mod replicas;
mod selector;
mod status;
#[cfg(test)]
mod tests;
mod usage;

pub use memory::{Memory, Recommendation, ScaleEvent};
pub use metrics::{
    Answer, ContainerUsage, ExternalMetric, Metrics, ObjectMetric, PodMetricValue, PodUsage, PodsMetric,
};
pub use pods::{AutoscaledPod, ContainerRequests, PodRequests, ReadyCondition};
pub use reconcile::reconcile;
pub use selector::{Selector, SelectorTextError, selector_text};

use super::{ApiError, EventType};
use crate::api::{CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, Str};

/// Flags of the controller manager.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AutoscalerConfig {
    /// `--horizontal-pod-autoscaler-downscale-stabilization`, s.
    pub downscale_stabilization_s: i64,
    /// `--horizontal-pod-autoscaler-tolerance`: the part by which usage may differ from the target.
    pub tolerance: f64,
    /// `--horizontal-pod-autoscaler-cpu-initialization-period`, s.
    pub cpu_initialization_period_s: i64,
    /// `--horizontal-pod-autoscaler-initial-readiness-delay`, s.
    pub initial_readiness_delay_s: i64,
}

impl Default for AutoscalerConfig {
    fn default() -> Self {
        AutoscalerConfig {
            downscale_stabilization_s: 300,
            tolerance: 0.1,
            cpu_initialization_period_s: 300,
            initial_readiness_delay_s: 30,
        }
    }
}

/// The scale subresource of the target.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scale {
    /// `spec.replicas`: the size that is asked for. All decisions but one start from it.
    pub spec_replicas: i32,
    /// `status.replicas`: the pods that there are. Averages of Object and External metrics are taken over it.
    pub status_replicas: i32,
    /// `status.selector`, as text.
    pub selector: Str,
}

/// Why the scale of a target is not to be had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScaleError {
    /// No such kind.
    NoKind,
    /// The API server's answer.
    Api(ApiError),
}

/// Another autoscaler of the namespace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OtherAutoscaler {
    /// Its name.
    pub name: Str,
    /// The selector of its target when it was last looked at; before, it selects nothing.
    pub selector: Option<Selector>,
}

/// What a pass sees.
#[derive(Clone, Copy, Debug)]
pub struct AutoscalerView<'a> {
    /// The autoscaler, with the defaults of the API filled in.
    pub hpa: &'a HorizontalPodAutoscaler,
    /// The pods of its namespace, in any order.
    pub pods: &'a [AutoscaledPod],
    /// What the metrics APIs answer.
    pub metrics: &'a Metrics,
    /// The other autoscalers of its namespace, in any order.
    pub others: &'a [OtherAutoscaler],
    /// Flags.
    pub config: &'a AutoscalerConfig,
}

/// Everything that a pass asks of the API server.
pub trait AutoscalerApi {
    /// Reads the scale of the target, which is of that API group.
    fn scale(&mut self, group: &str, target: &CrossVersionObjectReference) -> Result<Scale, ScaleError>;
    /// Asks for so many pods. After a conflict it is asked anew.
    fn update_scale(&mut self, replicas: i32) -> Result<(), ApiError>;
    /// Writes the status.
    fn update_status(&mut self, status: &HorizontalPodAutoscalerStatus) -> Result<(), ApiError>;
    /// Records an event about the autoscaler.
    fn event(&mut self, type_: EventType, reason: &'static str, message: &str);
}
