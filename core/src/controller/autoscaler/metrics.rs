//! What the metrics APIs answer.

use std::collections::BTreeMap;

use super::usage::{Sample, Samples};
use crate::api::{Quantity, Str, Time};

/// An answer, or the text of the error.
pub type Answer<T> = Result<T, Str>;

/// The window of a metric that does not tell its own, s.
const WINDOW_S: i64 = 60;

const SECOND_NS: i64 = 1_000_000_000;

/// Everything that could be asked for. A Pods or External metric that is not listed has no values, an Object metric that
/// is not listed does not exist.
#[derive(Clone, PartialEq, Debug)]
pub struct Metrics {
    /// `metrics.k8s.io`: what the containers use.
    pub resource: Answer<Vec<PodUsage>>,
    /// `custom.metrics.k8s.io`: metrics of pods.
    pub pods: Vec<PodsMetric>,
    /// `custom.metrics.k8s.io`: metrics of other objects.
    pub objects: Vec<ObjectMetric>,
    /// `external.metrics.k8s.io`.
    pub external: Vec<ExternalMetric>,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics { resource: Ok(Vec::new()), pods: Vec::new(), objects: Vec::new(), external: Vec::new() }
    }
}

/// What a pod uses.
#[derive(Clone, PartialEq, Debug)]
pub struct PodUsage {
    /// Name of the pod.
    pub pod: Str,
    /// End of the window.
    pub timestamp: Option<Time>,
    /// Length of the window, ns.
    pub window_ns: i64,
    /// Its containers.
    pub containers: Vec<ContainerUsage>,
}

/// What a container uses.
#[derive(Clone, PartialEq, Debug)]
pub struct ContainerUsage {
    /// Name of the container.
    pub name: Str,
    /// Amounts by resource.
    pub usage: BTreeMap<Str, Quantity>,
}

/// A metric of pods.
#[derive(Clone, PartialEq, Debug)]
pub struct PodsMetric {
    /// Its name.
    pub name: Str,
    /// Its selector as text; empty = every series.
    pub selector: Str,
    /// Its values.
    pub values: Answer<Vec<PodMetricValue>>,
}

/// A metric's value for one pod.
#[derive(Clone, PartialEq, Debug)]
pub struct PodMetricValue {
    /// Name of the pod.
    pub pod: Str,
    /// When it was measured.
    pub timestamp: Option<Time>,
    /// Length of the window, s; `None` = one minute.
    pub window_s: Option<i64>,
    /// The value.
    pub value: Quantity,
}

/// A metric of one object.
#[derive(Clone, PartialEq, Debug)]
pub struct ObjectMetric {
    /// Its name.
    pub name: Str,
    /// Its selector as text; empty = every series.
    pub selector: Str,
    /// Kind of the object.
    pub kind: Str,
    /// Name of the object; of a Namespace it is that of the autoscaler's own.
    pub object: Str,
    /// Its value.
    pub value: Answer<Quantity>,
}

/// A metric of something outside of the cluster.
#[derive(Clone, PartialEq, Debug)]
pub struct ExternalMetric {
    /// Its name.
    pub name: Str,
    /// Its selector as text; empty = every series.
    pub selector: Str,
    /// Its series, in the order in which the API lists them.
    pub values: Answer<Vec<Quantity>>,
}

impl Metrics {
    /// Usage by pod of the resource: of the container, or, where it is empty, the sum over all. A pod that lacks a part of
    /// it has no sample.
    pub(super) fn resource(&self, resource: &str, container: &str) -> Answer<Samples<'_>> {
        let list = match &self.resource {
            Ok(list) => list,
            Err(error) => {
                return Err(format!("unable to fetch metrics from resource metrics API: {error}").into());
            }
        };
        if list.is_empty() {
            return Err("no metrics returned from resource metrics API".into());
        }
        let mut samples = Samples::new();
        for pod in list {
            // Each amount is rounded up to a whole thousandth before they are added.
            let amount = |of: &ContainerUsage| of.usage.get(resource).map(Quantity::unchecked_milli_value);
            let milli = if container.is_empty() {
                let sum = |sum: i64, of: &ContainerUsage| Some(sum.wrapping_add(amount(of)?));
                if pod.containers.is_empty() { None } else { pod.containers.iter().try_fold(0, sum) }
            } else {
                pod.containers.iter().find(|of| of.name == container).and_then(amount)
            };
            if let Some(milli) = milli {
                let sample = Sample { at: pod.timestamp, window_ns: pod.window_ns, milli };
                samples.insert(pod.pod.as_str(), sample);
            }
        }
        Ok(samples)
    }

    /// Values by pod of a metric of pods.
    pub(super) fn pods(&self, name: &str, selector: &str) -> Answer<Samples<'_>> {
        let found = self.pods.iter().find(|metric| metric.name == name && metric.selector == selector);
        let list = match found.map(|metric| &metric.values) {
            Some(Err(error)) => return Err(custom_error(error)),
            None => &[][..],
            Some(Ok(list)) => list,
        };
        if list.is_empty() {
            return Err("no metrics returned from custom metrics API".into());
        }
        let sample = |value: &PodMetricValue| Sample {
            at: value.timestamp,
            window_ns: value.window_s.unwrap_or(WINDOW_S).saturating_mul(SECOND_NS),
            milli: value.value.unchecked_milli_value(),
        };
        Ok(list.iter().map(|value| (value.pod.as_str(), sample(value))).collect())
    }

    /// Value of a metric of an object.
    pub(super) fn object(&self, name: &str, selector: &str, kind: &str, object: &str) -> Answer<i64> {
        let found = self.objects.iter().find(|metric| {
            (metric.name.as_str(), metric.selector.as_str()) == (name, selector)
                && (metric.kind.as_str(), metric.object.as_str()) == (kind, object)
        });
        match found.map(|metric| &metric.value) {
            Some(Ok(value)) => Ok(value.unchecked_milli_value()),
            Some(Err(error)) => Err(custom_error(error)),
            None => {
                Err(custom_error(&format!("the server could not find the metric {name} for {kind} {object}")))
            }
        }
    }

    /// Series of an external metric.
    pub(super) fn external(&self, name: &str, selector: &str) -> Answer<Vec<i64>> {
        let found = self.external.iter().find(|metric| metric.name == name && metric.selector == selector);
        match found.map(|metric| &metric.values) {
            Some(Err(error)) => {
                Err(format!("unable to fetch metrics from external metrics API: {error}").into())
            }
            Some(Ok(values)) if !values.is_empty() => {
                Ok(values.iter().map(Quantity::unchecked_milli_value).collect())
            }
            _ => Err("no metrics returned from external metrics API".into()),
        }
    }
}

fn custom_error(error: &str) -> Str {
    format!("unable to fetch metrics from custom metrics API: {error}").into()
}
