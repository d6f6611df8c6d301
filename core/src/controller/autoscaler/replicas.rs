//! From one metric to a number of pods (upstream: `ReplicaCalculator`).

use super::metrics::{Answer, Metrics};
use super::pods::{AutoscaledPod, group, requests};
use super::usage::{self, Requests, Sample, Samples, Tolerances, to_i32, to_i64, utilization};
use super::{AutoscalerConfig, AutoscalerView};
use crate::api::{Str, Time};

/// What a metric asks for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Proposal {
    /// Pods; may be negative where the numbers are absurd.
    pub(super) replicas: i32,
    /// What the metric was found to be, in thousandths: of all, or of a pod, as the target has it.
    pub(super) found_milli: i64,
    /// Share of the requests, in percent, where the target is one.
    pub(super) percent: Option<i32>,
}

/// The calculator of one pass.
pub(super) struct Calculator<'a> {
    view: &'a AutoscalerView<'a>,
    /// The pods that the target's selector takes, whoever owns them, by name.
    pods: Vec<&'a AutoscaledPod>,
    tolerances: Tolerances,
    now: Time,
}

const NO_PODS: &str = "no pods returned by selector while calculating replica count";
const NO_SAMPLES: &str = "did not receive metrics for targeted pods (pods might be unready)";

impl<'a> Calculator<'a> {
    pub(super) fn new(
        view: &'a AutoscalerView<'a>,
        pods: Vec<&'a AutoscaledPod>,
        tolerances: Tolerances,
        now: Time,
    ) -> Self {
        Calculator { view, pods, tolerances, now }
    }

    pub(super) fn metrics(&self) -> &'a Metrics {
        self.view.metrics
    }

    fn config(&self) -> &AutoscalerConfig {
        self.view.config
    }

    /// A share of the requests (Resource and ContainerResource with `averageUtilization`).
    pub(super) fn utilization(
        &self,
        current: i32,
        target: i32,
        resource: &str,
        container: &str,
    ) -> Answer<Proposal> {
        let samples = self.resource(resource, container)?;
        let mut requested = Requests::new();
        // Requests are not looked at before there is a sample to hold against them.
        self.measure(current, resource, samples, |samples, missing| {
            if missing.is_none() {
                requested = requests(&self.pods, container, resource)?;
            }
            if let Some(missing) = missing {
                // Assumed to use all of their request while the others use too little; or the target, if that is more: else
                // a target beyond the requests would be missed by the assumption alone.
                let percent = i64::from(target.max(100));
                for pod in missing {
                    let request = requested.get(pod).copied().unwrap_or(0);
                    samples.insert(pod, Sample::assumed(request.wrapping_mul(percent) / 100));
                }
            }
            let found = utilization(samples, &requested, target);
            let found = found.ok_or("no metrics returned matched known pods")?;
            Ok((found.ratio, found.milli, Some(found.percent)))
        })
    }

    /// An amount per pod of a resource.
    pub(super) fn raw_resource(
        &self,
        current: i32,
        target_milli: i64,
        resource: &str,
        container: &str,
    ) -> Answer<Proposal> {
        let samples = self.resource(resource, container)?;
        self.plain(current, target_milli, resource, samples)
    }

    /// An amount per pod of a metric of pods.
    pub(super) fn pods_metric(
        &self,
        current: i32,
        target_milli: i64,
        name: &str,
        selector: &str,
    ) -> Answer<Proposal> {
        let samples = self.view.metrics.pods(name, selector);
        let samples = samples.map_err(|error| Str::from(format!("unable to get metric {name}: {error}")))?;
        self.plain(current, target_milli, "", samples)
    }

    fn resource(&self, resource: &str, container: &str) -> Answer<Samples<'a>> {
        let samples = self.view.metrics.resource(resource, container);
        samples.map_err(|error| format!("unable to get metrics for resource {resource}: {error}").into())
    }

    fn plain(
        &self,
        current: i32,
        target_milli: i64,
        resource: &str,
        samples: Samples<'a>,
    ) -> Answer<Proposal> {
        self.measure(current, resource, samples, |samples, missing| {
            for pod in missing.into_iter().flatten() {
                samples.insert(pod, Sample::assumed(target_milli));
            }
            let (ratio, mean) = usage::mean(samples, target_milli);
            Ok((ratio, mean, None))
        })
    }

    /// The course that all metrics by pod have in common. `ratio` answers the ratio of usage to target, the mean usage and
    /// the share of it is one; with pods of which nothing is known, after it has assumed of each what speaks against
    /// growing or shrinking too far.
    fn measure(
        &self,
        current: i32,
        resource: &str,
        mut samples: Samples<'a>,
        mut ratio: impl FnMut(&mut Samples<'a>, Option<&[&'a str]>) -> Answer<(f64, i64, Option<i32>)>,
    ) -> Answer<Proposal> {
        if self.pods.is_empty() {
            return Err(NO_PODS.into());
        }
        let groups = group(&self.pods, &samples, resource, self.config(), self.now);
        samples.retain(|pod, _| !groups.ignored.contains(pod) && !groups.unready.contains(pod));
        if samples.is_empty() {
            return Err(NO_SAMPLES.into());
        }
        let (first, found_milli, percent) = ratio(&mut samples, None)?;
        let proposal = |replicas: i32| Ok(Proposal { replicas, found_milli, percent });
        let grows_with_unready = !groups.unready.is_empty() && first > 1.0;
        if !grows_with_unready && groups.missing.is_empty() {
            if self.tolerances.is_within(first) {
                return proposal(current);
            }
            // Of the pods that there are, not of the size: during a rollout these may be more, and a size of 4 with five
            // pods a little below the target becomes 5.
            return proposal(usage::pods(first * groups.ready as f64));
        }
        let mut missing: Vec<&'a str> = Vec::new();
        if first < 1.0 {
            missing.extend(&groups.missing);
        } else if first > 1.0 {
            // While growing, whoever is not known to use anything uses nothing.
            for pod in &groups.missing {
                samples.insert(pod, Sample::assumed(0));
            }
        }
        if grows_with_unready {
            for pod in &groups.unready {
                samples.insert(pod, Sample::assumed(0));
            }
        }
        let (second, ..) = ratio(&mut samples, Some(&missing))?;
        let turned = first < 1.0 && second > 1.0 || first > 1.0 && second < 1.0;
        if self.tolerances.is_within(second) || turned {
            return proposal(current);
        }
        // Samples of pods that nobody knows count among them.
        let replicas = usage::pods(second * samples.len() as f64);
        // More pods than the size, or fewer, must not turn the direction round. Only here: the first way has no such guard.
        if second < 1.0 && replicas > current || second > 1.0 && replicas < current {
            return proposal(current);
        }
        proposal(replicas)
    }

    /// A total (Object and External with `value`).
    pub(super) fn value(&self, current: i32, found_milli: i64, target_milli: i64) -> Answer<Proposal> {
        let ratio = found_milli as f64 / target_milli as f64;
        let proposal = |replicas: i32| Ok(Proposal { replicas, found_milli, percent: None });
        if current == 0 {
            // From nothing, any load is enough.
            return proposal(usage::pods(ratio));
        }
        if self.tolerances.is_within(ratio) {
            return proposal(current);
        }
        if self.pods.is_empty() {
            return Err(format!("unable to calculate ready pods: {NO_PODS}").into());
        }
        let serving = self.pods.iter().filter(|pod| pod.is_serving()).count();
        let replicas = ratio * serving as f64;
        proposal(if replicas > f64::from(i32::MAX) { i32::MAX } else { usage::pods(replicas) })
    }

    /// A total to be shared by the pods (Object and External with `averageValue`). It is shared by those that the status
    /// of the scale counts, whatever they are.
    pub(super) fn average(&self, total: Total, target_milli: i64) -> Proposal {
        let Total { milli, status_replicas, is_capped } = total;
        let (sum, target, pods) = (milli as f64, target_milli as f64, f64::from(status_replicas));
        let mut replicas = status_replicas;
        if !self.tolerances.is_within(sum / (target * pods)) {
            let wanted = libm::ceil(sum / target);
            let is_beyond = is_capped && wanted > f64::from(i32::MAX);
            replicas = if is_beyond { i32::MAX } else { to_i32(wanted) };
        }
        let found_milli =
            if is_capped && sum >= i64::MAX as f64 { i64::MAX } else { to_i64(libm::ceil(sum / pods)) };
        Proposal { replicas, found_milli, percent: None }
    }
}

/// A total, and among how many it is to be shared.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Total {
    pub(super) milli: i64,
    pub(super) status_replicas: i32,
    /// External metrics stop at the largest number; those of objects turn into the least one.
    pub(super) is_capped: bool,
}

/// Sum of the series of an External metric with `value`; stops at the largest number.
pub(super) fn sum(series: &[i64]) -> i64 {
    let mut sum = 0_i64;
    for value in series {
        if *value > 0 && sum > i64::MAX - value {
            return i64::MAX;
        }
        sum = sum.wrapping_add(*value);
    }
    sum
}

/// Sum of the series of an External metric with `averageValue`. A sum below 0 is taken for an overflow, so that a negative
/// first series asks for as many pods as may be.
pub(super) fn sum_for_average(series: &[i64]) -> i64 {
    let mut sum = 0_i64;
    for value in series {
        sum = sum.wrapping_add(*value);
        if sum < 0 {
            return i64::MAX;
        }
    }
    sum
}
