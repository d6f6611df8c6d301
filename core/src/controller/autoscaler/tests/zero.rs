//! No pods at all.

use serde_json::{Value, json};

use super::{World, average, cpu, load};
use crate::api::HorizontalPodAutoscalerCondition;

/// No pods are asked for, the minimum is so many; the condition says who took the last one, if anybody said.
fn none(min: i64, metrics: Value, by_controller: Option<bool>) -> World {
    let mut world = World::new(0, metrics).with("minReplicas", json!(min)).series(&["30"]);
    if let Some(by_controller) = by_controller {
        world.status.conditions.push(HorizontalPodAutoscalerCondition {
            type_: "ScaledToZero".into(),
            status: if by_controller { "True" } else { "False" }.into(),
            last_transition_time: None,
            reason: "".into(),
            message: "".into(),
        });
    }
    world
}

#[test]
fn who_took_the_last_pod_away() {
    let external = || json!([load("External", average("10"))]);
    for (min, metrics, by_controller, expected) in [
        (1, external(), None, None),
        (0, external(), None, None),
        (0, external(), Some(false), None),
        (0, external(), Some(true), Some(3)),
        // Without a metric that goes on when there are no pods.
        (0, json!([cpu(100)]), Some(true), None),
        (1, external(), Some(true), Some(3)),
        // The minimum was raised: it is met, whatever the limits say.
        (9, external(), Some(true), Some(9)),
    ] {
        let mut world = none(min, metrics.clone(), by_controller);
        let decision = world.pass();
        assert_eq!(decision.rescaled_to, expected, "{min} {metrics} {by_controller:?}");
        let is_off = world.condition("ScalingActive") == "False ScalingDisabled";
        assert_eq!(is_off, expected.is_none(), "{min} {metrics} {by_controller:?}");
        if is_off {
            assert!(decision.events.is_empty() && decision.outcome.is_ok());
        }
    }
}

#[test]
fn the_minimum_is_met_even_where_growth_is_disabled() {
    let behavior = json!({"scaleUp": {"selectPolicy": "Disabled"}});
    let mut world = none(5, json!([load("External", average("10"))]), Some(true))
        .with("behavior", behavior)
        .series(&["0"]);
    let decision = world.pass();
    assert_eq!(decision.rescaled_to, Some(5));
    assert!(
        decision.events[0].message.ends_with("reason: Current number of replicas below Spec.MinReplicas")
    );
}

/// Where a limit alone brings it to the minimum there is no reason to be told.
#[test]
fn the_minimum_as_a_limit_has_no_reason() {
    let mut world = none(5, json!([load("External", average("10"))]), Some(true)).series(&["0"]);
    let decision = world.pass();
    assert_eq!(
        (decision.rescaled_to, decision.events[0].message.as_str()),
        (Some(5), "New size: 5; reason: ")
    );
}

#[test]
fn to_zero_and_back() {
    let behavior = json!({"scaleDown": {"stabilizationWindowSeconds": 0}});
    let metrics = json!([load("External", average("10"))]);
    let mut world =
        World::new(3, metrics).with("minReplicas", json!(0)).with("behavior", behavior).series(&["0"]);
    assert_eq!(world.pass().rescaled_to, Some(0));
    assert_eq!(world.condition("ScaledToZero"), "True ScaledToZero");
    world.scale().status_replicas = 0;
    world = world.series(&["25"]);
    assert_eq!(world.pass().rescaled_to, Some(3));
    assert_eq!(world.condition("ScaledToZero"), "False NotScaledToZero");
    // By hand it stays.
    world.scale().spec_replicas = 0;
    assert_eq!(world.pass().rescaled_to, None);
    assert_eq!(world.condition("ScalingActive"), "False ScalingDisabled");
}

#[test]
fn any_load_is_enough_to_begin() {
    let total = json!([load("External", json!({"type": "Value", "value": "1"}))]);
    let mut world = none(0, total.clone(), Some(true)).series(&["1m"]);
    assert_eq!(world.pass().rescaled_to, Some(1));
    // No more than 4 at once, with the default behaviour as without one.
    for behavior in [Value::Null, json!({})] {
        let mut world = none(0, total.clone(), Some(true)).series(&["90"]).with("behavior", behavior);
        assert_eq!(world.pass().rescaled_to, Some(4));
    }
}
