//! Mode `autoscale`: passes of the HorizontalPodAutoscaler controller in a row, with its memory, one case to one verdict.

use serde_json::{Value, json};

use super::autoscale_case::{AutoscaleCase, AutoscaleTick};
use crate::api::{CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, Time};
use crate::controller::autoscaler::{AutoscalerView, Memory, Scale, ScaleError, ScaleEvent};
use crate::controller::decide::{AutoscalerAnswers, AutoscalerDecision, decide_autoscaler};
use crate::controller::{ApiError, ApiErrorKind};

/// What has a scale here, by group.
const KINDS: [(&str, &str); 4] =
    [("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"), ("", "ReplicationController")];

/// Times of the memory are told in steps of so many ns: an attempt after a conflict comes 10 to 11 ms later upstream.
const STEP_NS: i64 = 10_000_000;

/// The verdict on one line of input. A line that is no case gets `{"id":…,"invalid":"why"}`.
pub fn autoscale(line: &str) -> Value {
    let value: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(error) => return json!({"id": null, "invalid": error.to_string()}),
    };
    let id = value.get("id").cloned().unwrap_or_default();
    let case = match AutoscaleCase::read(&value) {
        Ok(case) => case,
        Err(why) => return json!({"id": id, "invalid": why}),
    };
    let mut ticks = Vec::new();
    played(&case, |_, _, scale, memory, decision| ticks.push(verdict(&case, scale, memory, decision)));
    json!({"id": id, "ticks": ticks})
}

/// Plays a case, and shows each pass: what it met, the autoscaler that it saw, the scale after it, what it remembers from
/// then on, and what it decided.
pub fn played(
    case: &AutoscaleCase,
    mut show: impl FnMut(&AutoscaleTick, &HorizontalPodAutoscaler, &Scale, &Memory, &AutoscalerDecision),
) {
    let (mut memory, mut scale) = (Memory::default(), Scale::default());
    let Some(first) = case.ticks.first() else { return };
    let mut status = first.hpa.status.clone();
    for tick in &case.ticks {
        if tick.is_restarted {
            memory = Memory::default();
        }
        tick.scale.apply(&mut scale);
        let mut hpa = tick.hpa.clone();
        hpa.status = status.clone();
        let view = AutoscalerView {
            hpa: &hpa,
            pods: &tick.pods,
            metrics: &tick.metrics,
            others: &tick.others,
            config: &case.config,
        };
        let refused = |text: &Option<crate::api::Str>| match text {
            Some(text) => Err(ApiError::new(ApiErrorKind::Internal, text.clone())),
            None => Ok(()),
        };
        let answers = AutoscalerAnswers {
            scale: if has_scale(&hpa.spec.scale_target_ref) {
                refused(&tick.fail_get_scale).map(|()| scale.clone()).map_err(ScaleError::Api)
            } else {
                Err(ScaleError::NoKind)
            },
            conflicts: tick.scale_conflicts,
            update_scale: refused(&tick.fail_scale),
            update_status: refused(&tick.fail_status),
        };
        let decision = decide_autoscaler(&view, &mut memory, case.now.plus_nanos(tick.at_ns), &answers);
        scale.spec_replicas = decision.rescaled_to.unwrap_or(scale.spec_replicas);
        if let (Some(written), true) = (&decision.status, tick.fail_status.is_none()) {
            // As it is stored: an amount of memory in plain bytes comes back as a decimal one, for example.
            let stored = HorizontalPodAutoscalerStatus::from_value(&written.to_value());
            status = stored.expect("what was written can be read");
        }
        show(tick, &hpa, &scale, &memory, &decision);
    }
}

fn has_scale(target: &CrossVersionObjectReference) -> bool {
    let group = target.api_version.split_once('/').map_or("", |(group, _)| group);
    KINDS.contains(&(group, target.kind.as_str()))
}

fn verdict(case: &AutoscaleCase, scale: &Scale, memory: &Memory, decision: &AutoscalerDecision) -> Value {
    let at = |time: Time| time.since(case.now).div_euclid(STEP_NS) * (STEP_NS / 1_000_000);
    let changes = |events: &[ScaleEvent]| -> Vec<Value> {
        events.iter().map(|event| json!([event.change, at(event.at), event.is_outdated])).collect()
    };
    let recommendations: Vec<Value> =
        memory.recommendations.iter().map(|one| json!([one.replicas, at(one.at)])).collect();
    let events: Vec<Value> = decision
        .events
        .iter()
        .map(|e| json!({"Type": e.type_.as_str(), "Reason": e.reason, "Message": e.message}))
        .collect();
    let mut verdict = json!({
        "replicas": scale.spec_replicas,
        "scaleUpdates": decision.scale_updates,
        "events": events,
        "memory": {
            "recommendations": recommendations,
            "scaleUps": changes(&memory.scale_ups),
            "scaleDowns": changes(&memory.scale_downs),
        },
    });
    if let Err(error) = &decision.outcome {
        verdict["error"] = error.message.as_str().into();
    }
    if let Some(status) = &decision.status {
        verdict["status"] = status.to_value();
    }
    verdict
}
