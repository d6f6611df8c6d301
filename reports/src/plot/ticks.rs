//! Where an axis has its ticks and what they say.

use crate::format;

/// The ticks of an axis from 0 to `end`, which is at or above the largest value.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticks {
    /// Where the axis ends.
    pub end: f64,
    /// Positions in ascending order with the text to put there.
    pub at: Vec<(f64, String)>,
}

/// Integer ticks from 0 for counts up to `max`; at most `count_max` steps of 1, 2 or 5 times a power of ten, the last at or above `max`.
#[must_use]
pub fn integers(max: u64, count_max: usize) -> Ticks {
    let max = max.max(1);
    let step = (0..19)
        .flat_map(|power| [1, 2, 5].map(|m| m * 10_u64.pow(power)))
        .find(|step| max.div_ceil(*step) <= count_max.max(1) as u64)
        .unwrap_or(max);
    let steps = max.div_ceil(step);
    Ticks {
        end: (steps * step) as f64,
        at: (0..=steps).map(|i| ((i * step) as f64, format::integer(i * step))).collect(),
    }
}

/// Ticks from 0 for any amount up to `max`; at most `count_max` steps of 1, 2 or 5 times a power of ten.
#[must_use]
pub fn amounts(max: f64, count_max: usize) -> Ticks {
    if max >= count_max as f64 {
        return integers(max.ceil() as u64, count_max);
    }
    let max = if max.is_finite() && max > 0.0 { max } else { 1.0 };
    let step = (-9..3)
        .flat_map(|power| [1.0, 2.0, 5.0].map(|m| m * 10_f64.powi(power)))
        .find(|step| max / step <= count_max as f64 + 1e-9)
        .unwrap_or(1.0);
    let steps = (max / step - 1e-9).ceil() as u32;
    let decimals = usize::try_from((-step.log10().floor()).max(0.0) as u32).unwrap_or(0);
    let text = |i: u32| if i == 0 { "0".to_owned() } else { format!("{:.decimals$}", f64::from(i) * step) };
    Ticks { end: f64::from(steps) * step, at: (0..=steps).map(|i| (f64::from(i) * step, text(i))).collect() }
}

/// Steps that a clock would have: seconds, minutes, hours.
const TIME_STEPS_S: [u64; 25] = [
    1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 14_400, 21_600,
    28_800, 43_200, 86_400, 172_800, 604_800,
];

/// Ticks of a time axis from 0 to exactly `max_s` (no empty stretch at its end), at most `count_max` steps. The texts share a unit: `20`, then the
/// unit at the last, `40 s`; or `2 min`; a title of the axis is not needed.
#[must_use]
pub fn times(max_s: f64, count_max: usize) -> Ticks {
    let max_s = if max_s.is_finite() && max_s > 0.0 { max_s } else { 1.0 };
    if max_s < 2.0 {
        let mut ticks = amounts(max_s * 1000.0, count_max);
        for (at, _) in &mut ticks.at {
            *at /= 1000.0;
        }
        ticks.at.retain(|(at, _)| *at <= max_s + 1e-9);
        ticks.end = max_s;
        return with_unit(ticks, "ms");
    }
    let step_s = TIME_STEPS_S
        .into_iter()
        .find(|step_s| max_s / (*step_s as f64) <= count_max.max(1) as f64)
        .unwrap_or_else(|| (max_s / count_max.max(1) as f64).ceil() as u64);
    let (unit_s, unit) = match step_s {
        86_400.. => (86_400, "d"),
        3600.. => (3600, "h"),
        60.. => (60, "min"),
        _ => (1, "s"),
    };
    let steps = (max_s / step_s as f64) as u64;
    let at = (0..=steps).map(|i| ((i * step_s) as f64, format::integer(i * step_s / unit_s))).collect();
    with_unit(Ticks { end: max_s, at }, unit)
}

fn with_unit(mut ticks: Ticks, unit: &str) -> Ticks {
    if let Some((_, text)) = ticks.at.last_mut() {
        text.push(' ');
        text.push_str(unit);
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ticks: &Ticks) -> String {
        ticks.at.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn pods_are_whole() {
        for (max, want) in [
            (0, "0 | 1"),
            (1, "0 | 1"),
            (3, "0 | 1 | 2 | 3"),
            (10, "0 | 5 | 10"),
            (13, "0 | 5 | 10 | 15"),
            (100, "0 | 50 | 100"),
            (1_150, "0 | 500 | 1,000 | 1,500"),
        ] {
            assert_eq!(texts(&integers(max, 4)), want, "{max}");
        }
        assert!(integers(u64::from(u32::MAX), 4).end >= f64::from(u32::MAX));
    }

    #[test]
    fn time_has_the_steps_of_a_clock() {
        for (max_s, want) in [
            (0.0, "0 | 500 | 1,000 ms"),
            (0.8, "0 | 200 | 400 | 600 | 800 ms"),
            (9.0, "0 | 5 s"),
            (42.0, "0 | 15 | 30 s"),
            (83.0, "0 | 30 | 60 s"),
            (300.0, "0 | 2 | 4 min"),
            (660.0, "0 | 3 | 6 | 9 min"),
            (7200.0, "0 | 30 | 60 | 90 | 120 min"),
            (90_000.0, "0 | 8 | 16 | 24 h"),
        ] {
            assert_eq!(texts(&times(max_s, 4)), want, "{max_s}");
        }
    }

    #[test]
    fn small_amounts() {
        assert_eq!(texts(&amounts(0.35, 4)), "0 | 0.1 | 0.2 | 0.3 | 0.4");
        assert_eq!(texts(&amounts(3.0, 4)), "0 | 1 | 2 | 3");
        assert_eq!(texts(&amounts(0.0, 4)), "0 | 0.5 | 1.0");
        assert_eq!(texts(&amounts(1234.5, 4)), "0 | 500 | 1,000 | 1,500");
    }
}
