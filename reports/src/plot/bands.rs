//! Quantile bands: from the step functions of many runs to p5, p50 and p95 over time.
//!
//! Exact, not sampled: the quantiles are followed through every change of every run. One sweep over the merged changes keeps a count
//! per value and, for each quantile, a pointer into the counts that moves a step or two per change, so that the cost is that of sorting
//! the changes: 200 runs × 1,000 changes take some tens of milliseconds.

use crate::model::Band;

/// One run: `values[i]` holds from `times_s[i]` until `times_s[i + 1]`, the last for ever; before the first time the first value.
#[derive(Clone, Copy, Debug)]
pub struct Steps<'a> {
    /// When the value changes, ascending.
    pub times_s: &'a [f64],
    /// The values, as many as times.
    pub values: &'a [u32],
}

/// The nearest-rank quantile of sorted values; `percent` from 0 to 100. `None` if there are none.
#[must_use]
pub fn quantile<T: Copy>(sorted: &[T], percent: u32) -> Option<T> {
    if sorted.is_empty() {
        return None;
    }
    Some(sorted[rank(sorted.len(), percent)])
}

/// Index of the nearest-rank quantile: ⌈percent · n / 100⌉ − 1.
fn rank(len: usize, percent: u32) -> usize {
    ((len * percent as usize).div_ceil(100)).clamp(1, len) - 1
}

/// The 5th, 50th and 95th percentile of the runs at every moment, thinned to at most about `points_max` times (see [`thin`]).
///
/// Runs without points are left out; without any run the band is empty.
#[must_use]
pub fn quantile_band(runs: &[Steps<'_>], points_max: usize) -> Band {
    let runs: Vec<Steps<'_>> = runs
        .iter()
        .copied()
        .map(|run| {
            let len = run.times_s.len().min(run.values.len());
            Steps { times_s: &run.times_s[..len], values: &run.values[..len] }
        })
        .filter(|run| !run.times_s.is_empty())
        .collect();
    if runs.is_empty() {
        return Band::default();
    }
    thin(&exact_band(&runs), points_max)
}

fn exact_band(runs: &[Steps<'_>]) -> Band {
    let start_s = runs.iter().map(|run| run.times_s[0]).fold(f64::INFINITY, f64::min);
    let value_max = runs.iter().flat_map(|run| run.values).copied().max().unwrap_or(0);
    let mut changes: Vec<(f64, u32, u32)> = Vec::with_capacity(runs.iter().map(|run| run.values.len()).sum());
    let mut counts = Counts::new(value_max, runs.len());
    for run in runs {
        counts.add(run.values[0]);
        for i in 1..run.values.len() {
            if run.values[i] != run.values[i - 1] {
                changes.push((run.times_s[i], run.values[i - 1], run.values[i]));
            }
        }
    }
    // A stable sort: several changes of one run at one time stay in order.
    changes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut band = Band::default();
    let mut push = |time_s: f64, values: [u32; 3]| {
        let last = band.times_s.len().checked_sub(1);
        if last.is_some_and(|i| [band.p5[i], band.p50[i], band.p95[i]] == values) {
            return;
        }
        band.times_s.push(time_s);
        band.p5.push(values[0]);
        band.p50.push(values[1]);
        band.p95.push(values[2]);
    };
    push(start_s, counts.quantiles());
    let mut i = 0;
    while i < changes.len() {
        let time_s = changes[i].0;
        while i < changes.len() && changes[i].0 == time_s {
            counts.replace(changes[i].1, changes[i].2);
            i += 1;
        }
        push(time_s, counts.quantiles());
    }
    band
}

/// How many runs have each value, and where the quantiles are.
struct Counts {
    runs_at: Vec<u32>,
    /// For each quantile: its rank, its value, and the number of runs below that value.
    pointers: [(usize, usize, usize); 3],
}

impl Counts {
    fn new(value_max: u32, runs: usize) -> Self {
        let pointer = |percent| (rank(runs, percent), 0, 0);
        Self { runs_at: vec![0; value_max as usize + 1], pointers: [pointer(5), pointer(50), pointer(95)] }
    }

    fn add(&mut self, value: u32) {
        self.runs_at[value as usize] += 1;
        for (_, at, below) in &mut self.pointers {
            *below += usize::from((value as usize) < *at);
        }
    }

    fn replace(&mut self, from: u32, to: u32) {
        self.runs_at[from as usize] -= 1;
        for (_, at, below) in &mut self.pointers {
            *below -= usize::from((from as usize) < *at);
        }
        self.add(to);
    }

    fn quantiles(&mut self) -> [u32; 3] {
        let runs_at = &self.runs_at;
        for (rank, at, below) in &mut self.pointers {
            while *below > *rank {
                *at -= 1;
                *below -= runs_at[*at] as usize;
            }
            while *below + runs_at[*at] as usize <= *rank {
                *below += runs_at[*at] as usize;
                *at += 1;
            }
        }
        self.pointers.map(|(_, at, _)| at as u32)
    }
}

/// Keeps at most about `points_max` times (never fewer than 8), without losing an extreme: time is cut into equal slots, and of each slot the first and
/// last change and those with the lowest and highest value of each line stay. A drawing no wider than `points_max` pixels looks the same.
#[must_use]
pub fn thin(band: &Band, points_max: usize) -> Band {
    let keep = kept(&band.times_s, &[&band.p5, &band.p50, &band.p95], points_max);
    Band {
        times_s: pick(&band.times_s, &keep),
        p5: pick(&band.p5, &keep),
        p50: pick(&band.p50, &keep),
        p95: pick(&band.p95, &keep),
    }
}

/// The indices that [`thin`] keeps, for any number of lines on common times.
#[must_use]
pub fn kept(times_s: &[f64], lines: &[&[u32]], points_max: usize) -> Vec<usize> {
    let len = times_s.len();
    let per_slot = 2 + 2 * lines.len();
    if len <= points_max.max(per_slot) {
        return (0..len).collect();
    }
    let slots = (points_max / per_slot).max(1);
    let (first_s, span_s) = (times_s[0], times_s[len - 1] - times_s[0]);
    let slot_of = |i: usize| (((times_s[i] - first_s) / span_s * slots as f64) as usize).min(slots - 1);
    let mut keep = Vec::with_capacity(points_max);
    let mut start = 0;
    while start < len {
        let slot = slot_of(start);
        let end = start + (start..len).take_while(|&i| slot_of(i) == slot).count();
        let from = keep.len();
        keep.extend([start, end - 1]);
        for line in lines {
            keep.extend((start..end).min_by_key(|&i| line[i]));
            keep.extend((start..end).max_by_key(|&i| line[i]));
        }
        keep[from..].sort_unstable();
        start = end;
    }
    keep.dedup();
    keep
}

/// The elements at these indices.
#[must_use]
pub fn pick<T: Copy>(values: &[T], indices: &[usize]) -> Vec<T> {
    indices.iter().map(|&i| values[i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Run = (Vec<f64>, Vec<u32>);

    fn at(run: &Run, time_s: f64) -> u32 {
        run.1[run.0.partition_point(|&t| t <= time_s).max(1) - 1]
    }

    fn many(runs: u64, points: u64) -> Vec<Run> {
        let mut state = 7_u64;
        let mut next = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        (0..runs)
            .map(|_| {
                let (mut time, mut value) = (next(3), 10_u32);
                let mut run = (Vec::new(), Vec::new());
                for _ in 0..points {
                    run.0.push(time as f64 / 4.0);
                    run.1.push(value);
                    time += next(4);
                    value = (value + next(5) as u32).saturating_sub(2).min(20);
                }
                run
            })
            .collect()
    }

    fn steps(runs: &[Run]) -> Vec<Steps<'_>> {
        runs.iter().map(|(times_s, values)| Steps { times_s, values }).collect()
    }

    #[test]
    fn nearest_rank() {
        let values: Vec<u32> = (1..=200).collect();
        assert_eq!([5, 50, 95].map(|p| quantile(&values, p).unwrap()), [10, 100, 190]);
        assert_eq!([0, 5, 100].map(|p| quantile(&[7], p).unwrap()), [7, 7, 7]);
        assert_eq!(quantile::<u32>(&[], 50), None);
    }

    #[test]
    fn agrees_with_sorting_at_every_moment() {
        for runs in [1, 2, 19, 40] {
            let runs = many(runs, 60);
            let band = quantile_band(&steps(&runs), usize::MAX);
            for quarter in 0..400 {
                let time_s = f64::from(quarter) / 4.0;
                let mut values: Vec<u32> = runs.iter().map(|run| at(run, time_s)).collect();
                values.sort_unstable();
                for (line, percent) in [(&band.p5, 5), (&band.p50, 50), (&band.p95, 95)] {
                    let got = at(&(band.times_s.clone(), line.clone()), time_s);
                    assert_eq!(
                        Some(got),
                        quantile(&values, percent),
                        "p{percent} of {} runs at {time_s} s",
                        runs.len()
                    );
                }
            }
        }
    }

    #[test]
    fn odd_inputs() {
        assert_eq!(quantile_band(&[], 100), Band::default());
        let none = Steps { times_s: &[], values: &[] };
        let constant = Steps { times_s: &[0.0, 1.0], values: &[4, 4] };
        let band = quantile_band(&[none, constant], 100);
        assert_eq!((band.times_s, band.p5, band.p95), (vec![0.0], vec![4], vec![4]));
    }

    #[test]
    fn thinning_keeps_ends_and_extremes() {
        let runs = many(20, 3000);
        let whole = quantile_band(&steps(&runs), usize::MAX);
        let thin = thin(&whole, 400);
        assert!(whole.times_s.len() > 1000 && thin.times_s.len() <= 400, "{}", thin.times_s.len());
        assert!(thin.times_s.is_sorted_by(|a, b| a < b));
        assert_eq!((thin.times_s[0], thin.times_s.last()), (whole.times_s[0], whole.times_s.last()));
        assert_eq!(
            (thin.p5.iter().min(), thin.p95.iter().max(), thin.p50.last()),
            (whole.p5.iter().min(), whole.p95.iter().max(), whole.p50.last())
        );
    }

    #[test]
    fn fast_enough_for_a_comparison() {
        // 200 seeds × 1,000 changes; a naive re-sort at each change would take minutes. No clock: it simply has to end.
        let runs = many(200, 1000);
        assert!(!quantile_band(&steps(&runs), 600).times_s.is_empty());
    }
}
