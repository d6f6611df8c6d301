//! Autoscalers and what they meet in a row of passes: cases of the conformance protocol's mode `autoscale`, as JSON.
//!
//! Half of the cases are calm: nothing fails, and a load swings around a target with room in both directions, so that
//! windows, policies and what is remembered decide. In the others anything may be odd. Specs are what an API server would
//! store, but for a few that are made to fail; loads are near the target, so that tolerances, rounding and the guards around
//! missing pods decide, and now and then absurd.
//!
//! | file | what |
//! |---|---|
//! | `spec` | target, bounds, metrics |
//! | `behavior` | policies and windows |
//! | `status` | what an earlier controller left |
//! | `tick` | one pass: size, selector, other autoscalers, failures |
//! | `pods` | pods |
//! | `load` | what the metrics APIs answer |

mod behavior;
mod load;
mod pods;
mod spec;
mod status;
mod tick;

use arbitrary::Unstructured;
use maxsurge_core::api::Time;
use serde_json::{Value, json};

use self::spec::Plan;
use super::draw::Draw;

/// Most passes of a case.
const TICKS_MAX: i64 = 12;
/// Most passes of a calm one.
const CALM_TICKS_MAX: i64 = 24;
/// 2026-01-02T03:04:05Z.
const START_S: i64 = 1_767_323_045;

/// One case, with that `id`.
pub fn autoscale_case(id: &str, u: &mut Unstructured<'_>) -> Value {
    let draw = &mut Draw(u);
    let fraction = draw.of(&["", "", ".5", ".25"]);
    let now = Time::from_seconds(START_S).to_string().replace('Z', &format!("{fraction}Z"));
    let plan = Plan::draw(draw);
    let spec = plan.spec(draw);
    let mut hpa = json!({
        "metadata": {"name": "web", "namespace": "default", "generation": draw.range(1, 3)},
        "spec": spec,
    });
    if let Some(status) = status::status(draw) {
        hpa["status"] = status;
    }
    let mut case = json!({"id": id, "controller": "autoscaler", "now": now, "hpa": hpa});
    if draw.one_in(4) {
        case["config"] = json!({
            "downscaleStabilizationSeconds": draw.of(&[300, 60, 15, 0]),
            "cpuInitializationSeconds": draw.of(&[300, 120, 0]),
            "initialReadinessSeconds": draw.of(&[30, 10, 0]),
            "tolerance": draw.of(&[0.1, 0.05, 0.0, 0.2]),
        });
    }
    let (mut ticks, mut at_s) = (Vec::new(), 0);
    let passes = if plan.is_calm { draw.range(6, CALM_TICKS_MAX) } else { draw.range(1, TICKS_MAX) };
    for n in 0..passes {
        let after_ms =
            draw.of(&[15_000, 15_000, 15_000, 15_000, 30_000, 60_000, 500, 45_000, 285_000, 300_000]);
        at_s += after_ms / 1_000;
        ticks.push(tick::tick(draw, &plan, n == 0, after_ms, START_S + at_s));
    }
    case["ticks"] = ticks.into();
    case
}
