//! Simulates each strategy many times and sums up: the step from a Deployment to a [`crate::model::Comparison`].

mod assumptions;
mod setting;
mod simulate;
mod startup;
mod strategy;
#[cfg(test)]
mod tests;
mod verdict;

use std::sync::atomic::{AtomicBool, Ordering};

use maxsurge_core::sim::SECOND;
use rayon::prelude::*;

pub use self::assumptions::assumptions;
pub use self::setting::{Choices, Written, setting};
pub use self::simulate::{Run, Setting, run};
pub use self::startup::{Measured, measured};
pub use self::strategy::{Candidate, DEFAULTS, candidates, label, parse, resolve};
pub use self::verdict::{best, gate, patch, sentence, sentence_more};
use crate::model::{
    BadImage, Band, Finished, HighSide, LowSide, Marker, PodsOverTime, Situation, SituationId,
    StrategyResult, WhyNot,
};
use crate::plot::bands::{Steps, kept, pick, quantile, quantile_band};

/// Most points of a series in a result; beyond it steps are thinned.
const POINTS_MAX: usize = 600;

/// All runs of one situation. `done` is called after each run; when `stop` is set the rest is left out and fewer
/// seeds than asked for are used, the same for every strategy.
///
/// # Errors
/// The first run that could not be simulated.
pub fn situation(
    setting: &Setting,
    candidates: &[Candidate],
    id: SituationId,
    seeds: u32,
    stop: &AtomicBool,
    done: &(dyn Fn() + Sync),
) -> Result<Situation, String> {
    // Seed by seed, so that an interrupted comparison still has all strategies for the seeds that it has.
    let per_seed: Vec<Option<Vec<Run>>> = (0..u64::from(seeds))
        .into_par_iter()
        .map(|seed| {
            let mut runs = Vec::with_capacity(candidates.len());
            for candidate in candidates {
                if stop.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                runs.push(run(setting, &candidate.strategy, id, seed)?);
                done();
            }
            Ok(Some(runs))
        })
        .collect::<Result<_, String>>()?;
    let mut by_strategy: Vec<Vec<Run>> = candidates.iter().map(|_| Vec::new()).collect();
    for runs in per_seed.into_iter().flatten() {
        for (list, run) in by_strategy.iter_mut().zip(runs) {
            list.push(run);
        }
    }
    let strategies =
        candidates.iter().zip(by_strategy).map(|(candidate, runs)| sum_up(setting, candidate, id, &runs));
    let title = match id {
        SituationId::GoodImage => "The new image works",
        SituationId::BadImage => "The new image never gets ready",
        SituationId::NodeLoss => "A node fails in mid-rollout",
        SituationId::NoSpareNode => "No room for a surge",
    };
    Ok(Situation { id, title: title.into(), strategies: strategies.collect() })
}

fn quantiles<T: Copy>(
    mut values: Vec<T>,
    order: impl Fn(&T, &T) -> std::cmp::Ordering,
    percents: [u32; 2],
) -> Option<[T; 2]> {
    values.sort_by(order);
    Some([quantile(&values, percents[0])?, quantile(&values, percents[1])?])
}

fn sum_up(setting: &Setting, candidate: &Candidate, id: SituationId, runs: &[Run]) -> StrategyResult {
    let replicas = setting.deployment.replicas().max(0) as u32;
    let reals = |values: Vec<f64>| {
        quantiles(values, f64::total_cmp, [50, 95]).map(|[p50, p95]| HighSide { p50, p95 })
    };
    let [p5, p50] =
        quantiles(runs.iter().map(|run| run.min_available).collect(), Ord::cmp, [5, 50]).unwrap_or_default();
    let deficit = reals(runs.iter().map(|run| run.deficit_pod_seconds).collect());
    let mut why_not: Vec<WhyNot> = Vec::new();
    for reason in runs.iter().filter_map(|run| run.why_not.as_ref()) {
        match why_not.iter_mut().find(|known| known.reason == *reason) {
            Some(known) => known.runs += 1,
            None => why_not.push(WhyNot { reason: reason.clone(), runs: 1 }),
        }
    }
    why_not.sort_by_key(|reason| std::cmp::Reverse(reason.runs));
    let typical = typical(runs);
    StrategyResult {
        id: candidate.labels[0].replace('/', "-").to_lowercase(),
        label: candidate.labels[0].clone(),
        merged_labels: candidate.labels[1..].to_vec(),
        is_manifest_own: candidate.is_manifest_own,
        resolved: candidate.resolved.clone(),
        promised_floor_pods: replicas.saturating_sub(candidate.resolved.max_unavailable_pods),
        min_available_pods: LowSide { p5, p50 },
        deficit_pod_seconds: deficit.unwrap_or(HighSide { p50: 0.0, p95: 0.0 }),
        duration_s: reals(runs.iter().filter_map(|run| run.complete_s).collect()),
        finished: Finished {
            completed_runs: runs.iter().filter(|run| run.complete_s.is_some()).count() as u32,
            total_runs: runs.len() as u32,
            why_not,
        },
        peak_pods: runs.iter().map(|run| run.peak_pods).max().unwrap_or(0),
        api_requests_p50: quantiles(runs.iter().map(|run| run.requests).collect(), Ord::cmp, [50, 95])
            .map_or(0, |[p50, _]| p50),
        bad_image: (id == SituationId::BadImage).then(|| left_over(runs)),
        availability: band(runs),
        pods: typical.map(over_time).unwrap_or_default(),
        markers: typical.map(markers).unwrap_or_default(),
    }
}

/// The run with the median deficit.
fn typical(runs: &[Run]) -> Option<&Run> {
    let mut order: Vec<&Run> = runs.iter().collect();
    order.sort_by(|a, b| a.deficit_pod_seconds.total_cmp(&b.deficit_pod_seconds).then(a.seed.cmp(&b.seed)));
    order.get(order.len().saturating_sub(1) / 2).copied()
}

fn left_over(runs: &[Run]) -> BadImage {
    let median = |values: Vec<f64>| quantiles(values, f64::total_cmp, [50, 95]).map(|[p50, _]| p50);
    let capacity = quantiles(runs.iter().filter_map(|run| run.capacity_left).collect(), Ord::cmp, [50, 95]);
    let tried = runs.iter().any(|run| run.undo_s.is_some());
    BadImage {
        capacity_left_pods: capacity.map_or(0, |[p50, _]| p50),
        deadline_exceeded_after_s: median(runs.iter().filter_map(|run| run.deadline_s).collect()),
        recovered_by_undo: tried
            .then(|| runs.iter().all(|run| run.undo_s.is_none() || run.recovery_s.is_some())),
        recovery_s: median(runs.iter().filter_map(|run| run.recovery_s).collect()),
    }
}

fn band(runs: &[Run]) -> Band {
    let series: Vec<(Vec<f64>, Vec<u32>)> = runs
        .iter()
        .map(|run| {
            let times = run.availability.iter().map(|(ns, _)| *ns as f64 / SECOND as f64).collect();
            (times, run.availability.iter().map(|(_, pods)| pods.available).collect())
        })
        .collect();
    let steps: Vec<Steps<'_>> = series.iter().map(|(times_s, values)| Steps { times_s, values }).collect();
    quantile_band(&steps, POINTS_MAX)
}

fn over_time(run: &Run) -> PodsOverTime {
    let times: Vec<f64> = run.availability.iter().map(|(ns, _)| *ns as f64 / SECOND as f64).collect();
    let column = |get: fn(&maxsurge_core::metrics::PodsNow) -> u32| -> Vec<u32> {
        run.availability.iter().map(|(_, pods)| get(pods)).collect()
    };
    let columns =
        [column(|p| p.old), column(|p| p.new_ready), column(|p| p.new_not_ready), column(|p| p.terminating)];
    let keep = kept(&times, &columns.each_ref().map(Vec::as_slice), POINTS_MAX);
    let [old, new_ready, new_not_ready, terminating] = columns.map(|values| pick(&values, &keep));
    PodsOverTime { seed: run.seed, times_s: pick(&times, &keep), old, new_ready, new_not_ready, terminating }
}

fn markers(run: &Run) -> Vec<Marker> {
    let mark = |time_s: Option<f64>, label: &str| time_s.map(|time_s| Marker { time_s, label: label.into() });
    [
        mark(run.node_lost_s, "node lost"),
        mark(run.complete_s, "complete"),
        mark(run.deadline_s, "deadline"),
        mark(run.undo_s, "undo"),
    ]
    .into_iter()
    .flatten()
    .collect()
}
