//! Distributions of durations.

use std::fmt;

use super::{Rng, SECOND};

/// How long something takes, in nanoseconds.
#[derive(Clone, PartialEq, Debug)]
pub enum Distribution {
    /// Always the same.
    Constant(i64),
    /// Uniform between two bounds, both included.
    Uniform(i64, i64),
    /// Another distribution, that much later (ns).
    Later(i64, Box<Distribution>),
    /// Log-normal with that median and 95th percentile.
    LogNormal {
        /// Median, ns.
        p50: i64,
        /// 95th percentile, ns.
        p95: i64,
    },
    /// One of the given values, each as likely.
    Empirical(Vec<i64>),
}

/// Why a text is no distribution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DistributionError(String);

impl fmt::Display for DistributionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; write `8s`, `5s..20s` or `p50=8s,p95=25s`", self.0)
    }
}

impl std::error::Error for DistributionError {}

impl Distribution {
    /// Draws one duration. Exactly one random number is taken, whatever the distribution.
    pub fn sample(&self, rng: &mut Rng) -> i64 {
        self.sample_at(rng.unit())
    }

    /// The value at a place `u` in (0, 1).
    fn sample_at(&self, u: f64) -> i64 {
        match self {
            Distribution::Constant(ns) => *ns,
            Distribution::Later(by, rest) => by + rest.sample_at(u),
            Distribution::Uniform(low, high) => low + libm::floor(u * ((high - low) as f64 + 1.0)) as i64,
            Distribution::LogNormal { p50, p95 } => {
                let sigma = libm::log(*p95 as f64 / *p50 as f64) / Z95;
                (*p50 as f64 * libm::exp(sigma * normal_quantile(u))) as i64
            }
            Distribution::Empirical(values) => values[(u * values.len() as f64) as usize],
        }
    }

    /// The same distribution, `factor` times as long.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let by = |ns: &i64| (*ns as f64 * factor) as i64;
        match self {
            Distribution::Constant(ns) => Distribution::Constant(by(ns)),
            Distribution::Later(ns, rest) => Distribution::Later(by(ns), Box::new(rest.scaled(factor))),
            Distribution::Uniform(low, high) => Distribution::Uniform(by(low), by(high)),
            Distribution::LogNormal { p50, p95 } => Distribution::LogNormal { p50: by(p50), p95: by(p95) },
            Distribution::Empirical(values) => Distribution::Empirical(values.iter().map(by).collect()),
        }
    }

    /// The same distribution, `ns` later.
    #[must_use]
    pub fn later(self, ns: i64) -> Self {
        Distribution::Later(ns, Box::new(self))
    }

    /// Reads `8s`, `250ms`, `5s..20s`, `p50=8s,p95=25s`.
    pub fn parse(text: &str) -> Result<Self, DistributionError> {
        let fail = |why: String| Err(DistributionError(why));
        if let Some((low, high)) = text.split_once("..") {
            let (low, high) = (parse_duration(low)?, parse_duration(high)?);
            return if low <= high {
                Ok(Distribution::Uniform(low, high))
            } else {
                fail(format!("`{text}` begins after its end"))
            };
        }
        if text.contains('=') {
            let (mut p50, mut p95) = (None, None);
            for part in text.split(',') {
                match part.split_once('=').map(|(key, value)| (key.trim(), value)) {
                    Some(("p50", value)) => p50 = Some(parse_duration(value)?),
                    Some(("p95", value)) => p95 = Some(parse_duration(value)?),
                    _ => return fail(format!("`{part}` is neither p50=… nor p95=…")),
                }
            }
            return match (p50, p95) {
                (Some(p50), Some(p95)) if 0 < p50 && p50 <= p95 => Ok(Distribution::LogNormal { p50, p95 }),
                (Some(_), Some(_)) => fail("p50 must be above 0 and p95 not below it".into()),
                _ => fail("both p50 and p95 are needed".into()),
            };
        }
        Ok(Distribution::Constant(parse_duration(text)?))
    }
}

/// The standard normal's 95th percentile.
const Z95: f64 = 1.644_853_626_951_472_7;

/// A duration such as `1m30s`, `250ms`, `2h`, in nanoseconds.
pub(crate) fn parse_duration(text: &str) -> Result<i64, DistributionError> {
    let text = text.trim();
    let fail = || DistributionError(format!("`{text}` is no duration"));
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(fail)?;
        let number: f64 = rest[..end].parse().map_err(|_| fail())?;
        rest = &rest[end..];
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(fail()),
        };
        total += number * unit;
        rest = &rest[end..];
    }
    if text.is_empty() || total > 1e9 {
        return Err(fail());
    }
    Ok(libm::round(total * SECOND as f64) as i64)
}

/// Quantile of the standard normal distribution (Acklam's rational approximation, relative error < 1.2e-9).
fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] =
        [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416];
    let tail = |q: f64| {
        (((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5])
            / ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1.0)
    };
    if p < 0.02425 {
        tail(libm::sqrt(-2.0 * libm::log(p)))
    } else if p > 1.0 - 0.02425 {
        -tail(libm::sqrt(-2.0 * libm::log(1.0 - p)))
    } else {
        let q = p - 0.5;
        let r = q * q;
        (((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5]) * q
            / (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Distribution, Rng, SECOND};

    #[test]
    fn quantiles_come_out() {
        let distribution = Distribution::parse("p50=8s,p95=25s").unwrap();
        let mut rng = Rng::new(1, 0);
        let mut values: Vec<i64> = (0..20_001).map(|_| distribution.sample(&mut rng)).collect();
        values.sort_unstable();
        assert!((values[10_000] - 8 * SECOND).abs() < SECOND / 4);
        assert!((values[19_000] - 25 * SECOND).abs() < SECOND);
    }

    #[test]
    fn texts() {
        assert_eq!(Distribution::parse("250ms").unwrap(), Distribution::Constant(250_000_000));
        assert_eq!(Distribution::parse("1m30s").unwrap(), Distribution::Constant(90 * SECOND));
        assert_eq!(Distribution::parse("1s..2s").unwrap(), Distribution::Uniform(SECOND, 2 * SECOND));
        for text in ["", "8", "x", "p50=8s", "p50=8s,p95=2s", "5s..1s", "1e99s"] {
            assert!(Distribution::parse(text).is_err(), "{text}");
        }
    }
}
