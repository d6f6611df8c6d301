//! Ratios of usage to target. Amounts are 64-bit thousandths, whose sums and products wrap around as Go's do and whose
//! quotients are cut; ratios are doubles. Exact fractions would decide otherwise: 15 pods at 25 % of 3 % come to 126
//! here, and to 125 by the book.

use std::collections::BTreeMap;

use crate::api::Time;

/// What was measured of one pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sample {
    /// End of the window that was measured; `None` = never.
    pub(super) at: Option<Time>,
    /// Length of that window, ns.
    pub(super) window_ns: i64,
    /// Thousandths.
    pub(super) milli: i64,
}

impl Sample {
    /// What is assumed of a pod of which nothing is known.
    pub(super) fn assumed(milli: i64) -> Self {
        Sample { at: None, window_ns: 0, milli }
    }
}

/// Samples by pod, in a fixed order.
pub(super) type Samples<'a> = BTreeMap<&'a str, Sample>;

/// Requests by pod, in thousandths.
pub(super) type Requests<'a> = BTreeMap<&'a str, i64>;

/// How far usage may be from the target without anything being done.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Tolerances {
    pub(super) down: f64,
    pub(super) up: f64,
}

impl Tolerances {
    /// Since v1.33 compared with the two ends, and not by the distance from 1: of 0.1, the ratio 1.1 is within.
    pub(super) fn is_within(self, ratio: f64) -> bool {
        1.0 - self.down <= ratio && ratio <= 1.0 + self.up
    }
}

/// What came of a share of requests.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Utilization {
    /// Present share divided by the wanted one.
    pub(super) ratio: f64,
    /// Present share, in whole percent, cut. It is cut before anybody compares it with a tolerance.
    pub(super) percent: i32,
    /// Mean usage, thousandths.
    pub(super) milli: i64,
}

/// Usage as a share of the requests, over the pods of which both are known; `None` if these request nothing.
pub(super) fn utilization(
    samples: &Samples<'_>,
    requests: &Requests<'_>,
    target: i32,
) -> Option<Utilization> {
    let (mut used, mut requested, mut pods) = (0_i64, 0_i64, 0_i64);
    for (pod, sample) in samples {
        let Some(request) = requests.get(pod) else { continue };
        used = used.wrapping_add(sample.milli);
        requested = requested.wrapping_add(*request);
        pods += 1;
    }
    if requested == 0 {
        return None;
    }
    let percent = used.wrapping_mul(100).wrapping_div(requested) as i32;
    Some(Utilization {
        ratio: f64::from(percent) / f64::from(target),
        percent,
        milli: used.wrapping_div(pods),
    })
}

/// Mean of all samples, and its ratio to the target. There must be a sample.
pub(super) fn mean(samples: &Samples<'_>, target_milli: i64) -> (f64, i64) {
    let used = samples.values().fold(0_i64, |sum, sample| sum.wrapping_add(sample.milli));
    let mean = used.wrapping_div(samples.len() as i64);
    (mean as f64 / target_milli as f64, mean)
}

/// Go's `int32(x)` on amd64: what does not fit is the least number of all, so that an absurd load asks for fewer pods.
pub(super) fn to_i32(x: f64) -> i32 {
    if x > -2_147_483_649.0 && x < 2_147_483_648.0 { x as i32 } else { i32::MIN }
}

/// Go's `int64(x)` on amd64.
pub(super) fn to_i64(x: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x) { x as i64 } else { i64::MIN }
}

/// The least whole number of pods that is not below.
pub(super) fn pods(x: f64) -> i32 {
    to_i32(libm::ceil(x))
}
