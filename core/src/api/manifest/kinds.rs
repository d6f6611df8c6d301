//! Which kinds are known, and how they are decoded, filled and typed.

use serde_json::Value;

use super::Object;
use crate::api::schema::{
    DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER_V1, HORIZONTAL_POD_AUTOSCALER_V2, POD, POD_DISRUPTION_BUDGET,
    REPLICA_SET, SERVICE,
};
use crate::api::validation::{self, FieldError};
use crate::api::{
    Deployment, HorizontalPodAutoscaler, Pod, PodDisruptionBudget, ReplicaSet, Service, ValueError, defaults,
};

/// A kind of object that is decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Known {
    Deployment,
    ReplicaSet,
    Pod,
    Service,
    HorizontalPodAutoscalerV1,
    HorizontalPodAutoscalerV2,
    PodDisruptionBudget,
}

use Known::{HorizontalPodAutoscalerV1 as HpaV1, HorizontalPodAutoscalerV2 as HpaV2};

const ALL: &[(&str, &str, Known)] = &[
    ("apps/v1", "Deployment", Known::Deployment),
    ("apps/v1", "ReplicaSet", Known::ReplicaSet),
    ("v1", "Pod", Known::Pod),
    ("v1", "Service", Known::Service),
    ("autoscaling/v2", "HorizontalPodAutoscaler", HpaV2),
    ("autoscaling/v1", "HorizontalPodAutoscaler", HpaV1),
    ("policy/v1", "PodDisruptionBudget", Known::PodDisruptionBudget),
];

/// Groups that once served one of the known kinds, or are an easy slip for the right one.
const FORMER_GROUPS: &[&str] = &["", "extensions", "apps", "core", "autoscaling", "policy"];

/// The known kind; `Err` with the version to use if the kind is known and its version is not.
pub(super) fn known(api_version: &str, kind: &str) -> Result<Option<Known>, &'static str> {
    if let Some(found) = ALL.iter().find(|known| (known.0, known.1) == (api_version, kind)) {
        return Ok(Some(found.2));
    }
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    match ALL.iter().find(|known| known.1 == kind) {
        Some(found) if FORMER_GROUPS.contains(&group) => Err(found.0),
        _ => Ok(None),
    }
}

impl Known {
    pub(super) fn struct_index(self) -> usize {
        match self {
            Known::Deployment => DEPLOYMENT,
            Known::ReplicaSet => REPLICA_SET,
            Known::Pod => POD,
            Known::Service => SERVICE,
            HpaV1 => HORIZONTAL_POD_AUTOSCALER_V1,
            HpaV2 => HORIZONTAL_POD_AUTOSCALER_V2,
            Known::PodDisruptionBudget => POD_DISRUPTION_BUDGET,
        }
    }

    pub(super) fn fill(self, value: &mut Value) {
        match self {
            Known::Deployment => defaults::deployment(value),
            Known::ReplicaSet => defaults::replica_set(value),
            Known::Pod => defaults::pod(value),
            Known::Service => defaults::service(value),
            HpaV1 => defaults::horizontal_pod_autoscaler_v1(value),
            HpaV2 => defaults::horizontal_pod_autoscaler_v2(value),
            Known::PodDisruptionBudget => {}
        }
    }

    pub(super) fn validate(self, value: &Value) -> Vec<FieldError> {
        match self {
            Known::Deployment => validation::deployment(value),
            Known::ReplicaSet => validation::replica_set(value),
            Known::Pod => validation::pod(value),
            Known::Service => validation::service(value),
            HpaV1 | HpaV2 => validation::horizontal_pod_autoscaler(value),
            Known::PodDisruptionBudget => validation::pod_disruption_budget(value),
        }
    }

    /// Group, version and plural, as kubectl prints it.
    pub(super) fn resource(kind: &str) -> String {
        let version = ALL.iter().find(|known| known.1 == kind).map_or("v1", |known| known.0);
        let version = if version.contains('/') { version.to_string() } else { format!("/{version}") };
        format!("{version}, Resource={}s", kind.to_lowercase())
    }

    pub(super) fn typed(self, value: &Value) -> Result<Object, ValueError> {
        Ok(match self {
            Known::Deployment => Object::Deployment(Deployment::from_value(value)?.into()),
            Known::ReplicaSet => Object::ReplicaSet(ReplicaSet::from_value(value)?.into()),
            Known::Pod => Object::Pod(Pod::from_value(value)?.into()),
            Known::Service => Object::Service(Service::from_value(value)?.into()),
            HpaV1 | HpaV2 => {
                Object::HorizontalPodAutoscaler(HorizontalPodAutoscaler::from_value(value)?.into())
            }
            Known::PodDisruptionBudget => {
                Object::PodDisruptionBudget(PodDisruptionBudget::from_value(value)?.into())
            }
        })
    }

    /// Whether places of single fields are worth their memory; dumps hold pods by the ten thousand.
    pub(super) fn keeps_tree(self) -> bool {
        self != Known::Pod && self != Known::ReplicaSet
    }
}
