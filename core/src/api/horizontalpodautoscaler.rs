//! HorizontalPodAutoscaler: `autoscaling/v2`, into which `autoscaling/v1` is converted as the API server does.

use serde_json::Value;

use super::{ConditionStatus, LabelSelector, List, ObjectMeta, Quantity, Str, Time};

/// `spec.scaleTargetRef` and `describedObject`: an object by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CrossVersionObjectReference {
    /// For example `apps/v1`.
    pub api_version: Str,
    /// For example `Deployment`.
    pub kind: Str,
    /// Name, in the same namespace.
    pub name: Str,
}

/// What a metric is held against.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MetricTarget {
    /// `Utilization`, `Value` or `AverageValue`.
    pub type_: Str,
    /// Wanted total.
    pub value: Option<Quantity>,
    /// Wanted amount per pod.
    pub average_value: Option<Quantity>,
    /// Wanted share of the requests, in percent.
    pub average_utilization: Option<i32>,
}

/// One entry of `spec.metrics`; the five kinds differ in which of the parts they have.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MetricSpec {
    /// `Resource`, `ContainerResource`, `Pods`, `Object` or `External`.
    pub type_: Str,
    /// Name of the resource or metric.
    pub name: Str,
    /// Container (`ContainerResource`).
    pub container: Str,
    /// Selector of the metric (`Pods`, `Object`, `External`).
    pub selector: Option<LabelSelector>,
    /// Object that the metric describes (`Object`).
    pub described_object: Option<CrossVersionObjectReference>,
    /// What it is held against.
    pub target: MetricTarget,
}

/// One entry of `policies`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScalingPolicy {
    /// `Pods` or `Percent`.
    pub type_: Str,
    /// Pods or percent that may change in one period.
    pub value: i32,
    /// Length of the period, in seconds.
    pub period_seconds: i32,
}

/// `spec.behavior.scaleUp` or `scaleDown`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScalingRules {
    /// Seconds over which recommendations are looked back at.
    pub stabilization_window_seconds: Option<i32>,
    /// `Max`, `Min` or `Disabled`.
    pub select_policy: Option<Str>,
    /// Policies.
    pub policies: List<ScalingPolicy>,
    /// Relative difference that is ignored.
    pub tolerance: Option<Quantity>,
}

/// `spec` of a HorizontalPodAutoscaler.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HorizontalPodAutoscalerSpec {
    /// What it scales.
    pub scale_target_ref: CrossVersionObjectReference,
    /// Fewest pods; `None` = 1.
    pub min_replicas: Option<i32>,
    /// Most pods.
    pub max_replicas: i32,
    /// What it looks at.
    pub metrics: List<MetricSpec>,
    /// How fast it may grow.
    pub scale_up: Option<ScalingRules>,
    /// How fast it may shrink.
    pub scale_down: Option<ScalingRules>,
}

/// What a metric was found to be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MetricValueStatus {
    /// Total.
    pub value: Option<Quantity>,
    /// Amount per pod.
    pub average_value: Option<Quantity>,
    /// Share of the requests, in percent.
    pub average_utilization: Option<i32>,
}

/// One entry of `status.currentMetrics`. One whose metric could not be read has nothing in it, not even a type.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MetricStatus {
    /// As in [`MetricSpec`].
    pub type_: Str,
    /// Name of the resource or metric.
    pub name: Str,
    /// Container (`ContainerResource`).
    pub container: Str,
    /// Selector of the metric (`Pods`, `Object`, `External`).
    pub selector: Option<LabelSelector>,
    /// Object that the metric describes (`Object`).
    pub described_object: Option<CrossVersionObjectReference>,
    /// What it was found to be.
    pub current: MetricValueStatus,
}

/// One entry of `status.conditions`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HorizontalPodAutoscalerCondition {
    /// `AbleToScale`, `ScalingActive`, `ScalingLimited` or `ScaledToZero`.
    pub type_: Str,
    /// Its value.
    pub status: ConditionStatus,
    /// When its value last changed; stored in whole seconds.
    pub last_transition_time: Option<Time>,
    /// One word.
    pub reason: Str,
    /// A sentence.
    pub message: Str,
}

/// `status` of a HorizontalPodAutoscaler.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HorizontalPodAutoscalerStatus {
    /// Generation of the spec that the numbers are of.
    pub observed_generation: Option<i64>,
    /// When it last changed the size; stored in whole seconds. No decision hangs on it.
    pub last_scale_time: Option<Time>,
    /// Size when it last looked.
    pub current_replicas: i32,
    /// Size that it last wanted.
    pub desired_replicas: i32,
    /// One entry for each of `spec.metrics`.
    pub current_metrics: List<MetricStatus>,
    /// Conditions, in the order in which they first came.
    pub conditions: List<HorizontalPodAutoscalerCondition>,
}

impl HorizontalPodAutoscalerStatus {
    /// The condition of that type.
    pub fn condition(&self, type_: &str) -> Option<&HorizontalPodAutoscalerCondition> {
        self.conditions.iter().find(|c| c.type_ == type_)
    }
}

/// A HorizontalPodAutoscaler.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HorizontalPodAutoscaler {
    /// `metadata`.
    pub meta: ObjectMeta,
    /// `spec`.
    pub spec: HorizontalPodAutoscalerSpec,
    /// `status`, as `autoscaling/v2` has it.
    pub status: HorizontalPodAutoscalerStatus,
    /// The whole object as it was written, in its own version.
    pub written: Value,
}

impl HorizontalPodAutoscaler {
    /// Whether it scales the Deployment of that name and namespace.
    pub fn targets_deployment(&self, namespace: &str, name: &str) -> bool {
        let target = &self.spec.scale_target_ref;
        target.kind == "Deployment" && target.name == name && self.meta.namespace == namespace
    }
}
