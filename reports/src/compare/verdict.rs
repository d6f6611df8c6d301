//! What the figures say in a sentence: which strategy to take, and whether the limits asked for hold.

use maxsurge_core::api::{DeploymentStrategy, StrategyType};

use super::strategy::Candidate;
use crate::format;
use crate::model::{Gate, Patch, Situation, SituationId, StrategyResult};

/// Deficits below this many pod-seconds count as none: a single pod missing for a moment.
const NO_DEFICIT_POD_SECONDS: f64 = 1.0;
/// Durations within this factor of the best count as equal, and fewer pods decide.
const AS_FAST: f64 = 1.05;

fn duration_s(result: &StrategyResult) -> f64 {
    result.duration_s.map_or(f64::INFINITY, |duration| duration.p50)
}

/// The strategy to take: of those that always finish the least deficit, then the shortest, then the fewest pods.
pub fn best(situation: &Situation) -> Option<&StrategyResult> {
    let finishing: Vec<&StrategyResult> = situation.strategies.iter().filter(|s| s.finished.all()).collect();
    let deficit = |s: &StrategyResult| s.deficit_pod_seconds.p50;
    let least = finishing.iter().map(|s| deficit(s)).min_by(f64::total_cmp)?;
    let good: Vec<&StrategyResult> =
        finishing.into_iter().filter(|s| deficit(s) <= least + NO_DEFICIT_POD_SECONDS).collect();
    let fastest = good.iter().map(|s| duration_s(s)).min_by(f64::total_cmp)?;
    good.into_iter()
        .filter(|s| duration_s(s) <= fastest * AS_FAST)
        .min_by(|a, b| a.peak_pods.cmp(&b.peak_pods).then(duration_s(a).total_cmp(&duration_s(b))))
}

fn told(result: &StrategyResult, replicas: u32) -> String {
    let low = result.min_available_pods.p5;
    let keeps = if low >= replicas {
        match replicas {
            1 => "keeps its pod available".to_owned(),
            _ => format!("keeps all {replicas} pods available"),
        }
    } else {
        format!("drops to {low} of {replicas} available pods")
    };
    match result.duration_s {
        Some(duration) => {
            format!(
                "{keeps}, takes {} (median) and needs room for {} pods",
                format::duration(duration.p50),
                result.peak_pods
            )
        }
        None => format!("{keeps} and never completes"),
    }
}

/// The verdict sentence about the working image.
pub fn sentence(situation: &Situation, replicas: u32) -> String {
    let own = situation.strategies.iter().find(|s| s.is_manifest_own);
    match (best(situation), own) {
        (Some(best), _) if best.is_manifest_own => {
            format!(
                "Keep {}: it {}; no other strategy compared does better.",
                best.label,
                told(best, replicas)
            )
        }
        (Some(best), Some(own)) => format!(
            "{} {}; the manifest's own {} {}.",
            best.label,
            told(best, replicas),
            own.label,
            told(own, replicas)
        ),
        (Some(best), None) => format!("{} {}.", best.label, told(best, replicas)),
        (None, _) => "No strategy completes in every run.".into(),
    }
}

/// What a further situation adds to the verdict; empty for the two stock ones.
pub fn sentence_more(situation: &Situation, replicas: u32) -> String {
    let named = |all: bool| -> Vec<&str> {
        let chosen = situation.strategies.iter().filter(|s| s.finished.all() == all);
        chosen.map(|s| s.label.as_str()).collect()
    };
    match situation.id {
        SituationId::GoodImage | SituationId::BadImage => String::new(),
        SituationId::NodeLoss => match best(situation) {
            Some(best) => {
                format!(" When a node is lost in mid-rollout, {} {}.", best.label, told(best, replicas))
            }
            None => " When a node is lost in mid-rollout, no strategy completes in every run.".into(),
        },
        SituationId::NoSpareNode => {
            let (through, stuck) = (named(true), named(false));
            let stuck = match stuck.len() {
                0 => String::new(),
                1 => format!(" {} does not complete: its surge pods stay Pending.", stuck[0]),
                _ => format!(" {} do not complete: their surge pods stay Pending.", stuck.join(", ")),
            };
            match best(situation) {
                Some(best) => format!(
                    " Without room for a surge, {} of {} strategies complete; {} {}.{stuck}",
                    through.len(),
                    situation.strategies.len(),
                    best.label,
                    told(best, replicas)
                ),
                None => format!(" Without room for a surge, no strategy completes in every run.{stuck}"),
            }
        }
    }
}

/// The change that applies a strategy.
pub fn patch(name: &str, namespace: &str, candidate: &Candidate) -> Patch {
    let DeploymentStrategy { type_, rolling_update } = &candidate.strategy;
    let (yaml, json) = match (type_, rolling_update) {
        (StrategyType::Recreate, _) | (_, None) => (
            "spec:\n  strategy:\n    $retainKeys: [type]\n    type: Recreate\n".to_string(),
            r#"{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"#.to_string(),
        ),
        (_, Some(rolling)) => {
            let limit = |value: &Option<maxsurge_core::api::IntOrString>, quote: bool| match value {
                Some(maxsurge_core::api::IntOrString::String(text)) if quote => format!("\"{text}\""),
                Some(value) => value.to_string(),
                None => "0".into(),
            };
            (
                format!(
                    "spec:\n  strategy:\n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: {}\n      \
                     maxUnavailable: {}\n",
                    limit(&rolling.max_surge, false),
                    limit(&rolling.max_unavailable, false)
                ),
                format!(
                    r#"{{"spec":{{"strategy":{{"type":"RollingUpdate","rollingUpdate":{{"maxSurge":{},"maxUnavailable":{}}}}}}}}}"#,
                    limit(&rolling.max_surge, true),
                    limit(&rolling.max_unavailable, true)
                ),
            )
        }
    };
    Patch {
        strategy_label: candidate.labels[0].clone(),
        yaml,
        kubectl: format!("kubectl patch deployment {name} -n {namespace} -p '{json}'"),
    }
}

/// Whether the manifest's own strategy stays within the limits: pods that must stay available, seconds it may take.
pub fn gate(situation: &Situation, min_available: Option<u32>, max_duration_s: Option<f64>) -> Option<Gate> {
    if min_available.is_none() && max_duration_s.is_none() {
        return None;
    }
    let own = situation.strategies.iter().find(|s| s.is_manifest_own)?;
    let word = |held: bool| if held { "held" } else { "failed" };
    let mut passed = true;
    let mut checks = Vec::new();
    if let Some(limit) = min_available {
        let low = own.min_available_pods.p5;
        passed &= low >= limit;
        checks.push(format!(
            "{} keeps {low} pods available (p5; limit {limit}): {}",
            own.label,
            word(low >= limit)
        ));
    }
    if let Some(limit) = max_duration_s {
        let held = own.finished.all() && own.duration_s.is_some_and(|duration| duration.p95 <= limit);
        passed &= held;
        let took = own.duration_s.map_or_else(|| "never".into(), |duration| format::duration(duration.p95));
        checks.push(format!(
            "{} completes after {took} (p95; limit {}): {}",
            own.label,
            format::duration(limit),
            word(held)
        ));
    }
    Some(Gate { passed, checks })
}
