//! `status`.

use serde_json::{Value, json};

use crate::generators::draw::Draw;

/// What an earlier controller left.
pub(super) fn status(draw: &mut Draw<'_, '_>) -> Option<Value> {
    if draw.range(0, 2) == 0 {
        return None;
    }
    let mut conditions = Vec::new();
    for (type_, reason) in [
        ("AbleToScale", "ReadyForNewScale"),
        ("ScaledToZero", "ScaledToZero"),
        ("ScalingActive", "ValidMetricFound"),
        ("ScalingLimited", "DesiredWithinRange"),
    ] {
        if draw.one_in(2) {
            let status = draw.of(&["True", "True", "False", "Unknown"]);
            conditions
                .push(json!({"type": type_, "status": status, "reason": reason, "message": "said before",
                "lastTransitionTime": "2026-01-01T00:00:00Z"}));
        }
    }
    let mut status = json!({"currentReplicas": draw.range(0, 6), "desiredReplicas": draw.range(0, 6), "conditions": conditions});
    if draw.one_in(2) {
        status["lastScaleTime"] = "2026-01-02T03:00:00Z".into();
    }
    if draw.one_in(3) {
        status["observedGeneration"] = draw.range(1, 2).into();
    }
    Some(status)
}
