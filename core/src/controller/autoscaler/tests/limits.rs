//! What may be had at once.

use serde_json::{Value, json};

use super::super::behavior::{Behavior, limit_rate, longest_period_s};
use super::super::limits::{clamp, stabilize};
use super::super::memory::{changed_within, remember};
use super::super::{Memory, Recommendation, ScaleEvent};
use super::{World, average, cpu, load, start};
use crate::api::{HorizontalPodAutoscaler, ScalingRules, defaults};

#[test]
fn without_a_behaviour() {
    for (current, wanted, min, max, expected, reason) in [
        (3, 5, 1, 100, 5, "DesiredWithinRange"),
        (3, 7, 1, 100, 6, "ScaleUpLimit"),
        // Exactly a limit is within it.
        (3, 6, 1, 100, 6, "DesiredWithinRange"),
        (3, 5, 1, 5, 5, "DesiredWithinRange"),
        (3, 2, 2, 100, 2, "DesiredWithinRange"),
        (1, 9, 1, 100, 4, "ScaleUpLimit"),
        (3, 7, 1, 5, 5, "TooManyReplicas"),
        (3, 7, 1, 6, 6, "TooManyReplicas"),
        (3, 0, 2, 100, 2, "TooFewReplicas"),
        (0, 9, 0, 100, 4, "ScaleUpLimit"),
        // Twice 2^30 does not fit.
        (1 << 30, i32::MAX, 1, i32::MAX, i32::MIN, "ScaleUpLimit"),
    ] {
        let limited = clamp(current, wanted, min, max);
        assert_eq!((limited.replicas, limited.reason), (expected, reason), "{current} {wanted} {min} {max}");
    }
}

/// Recommendations so many seconds ago.
fn memory(entries: &[(i32, i64)]) -> Memory {
    let one =
        |(replicas, ago): &(i32, i64)| Recommendation { replicas: *replicas, at: start().plus_seconds(-ago) };
    Memory { recommendations: entries.iter().map(one).collect(), ..Memory::default() }
}

#[test]
fn the_window_for_shrinking() {
    // An entry of exactly the window's length counts.
    assert_eq!(stabilize(&mut memory(&[(5, 300)]), 2, 300, start()), 5);
    assert_eq!(stabilize(&mut memory(&[(5, 301)]), 2, 300, start()), 2);
    // One that was asked for, and not had, makes it grow.
    assert_eq!(stabilize(&mut memory(&[(9, 20)]), 2, 300, start()), 9);
    // The last slot that is obsolete is written over, or the list grows.
    let mut memory = memory(&[(5, 400), (6, 100), (7, 350), (8, 10)]);
    stabilize(&mut memory, 2, 300, start());
    let replicas: Vec<i32> = memory.recommendations.iter().map(|one| one.replicas).collect();
    assert_eq!(replicas, [5, 6, 2, 8]);
    stabilize(&mut memory, 3, 3_600, start());
    assert_eq!(memory.recommendations.len(), 5);
}

/// Both directions, with the API's defaults filled in.
fn rules(behavior: Value) -> (ScalingRules, ScalingRules) {
    let mut value = json!({"spec": {"behavior": behavior}});
    defaults::horizontal_pod_autoscaler_v2(&mut value);
    let spec = HorizontalPodAutoscaler::from_value(&value).unwrap().spec;
    (spec.scale_up.unwrap(), spec.scale_down.unwrap())
}

#[test]
fn windows_of_a_behaviour() {
    // Windows up and down, size, wanted, entries, result, reason.
    for (up, down, current, wanted, entries, expected, reason) in [
        (0, 300, 5, 2, &[(5, 100)][..], 5, "ScaleDownStabilized"),
        (0, 300, 5, 2, &[(5, 300)], 2, "ScaleDownStabilized"),
        (60, 300, 5, 9, &[(5, 30)], 5, "ScaleUpStabilized"),
        (60, 300, 5, 9, &[(7, 30)], 7, "ScaleUpStabilized"),
        (60, 300, 5, 9, &[(7, 60)], 9, "ScaleUpStabilized"),
        // A spike that was held back does not come while the load falls. (kubernetes/kubernetes#98174)
        (300, 600, 5, 2, &[(50, 400)], 5, "ScaleDownStabilized"),
        // Both hold the size, whichever way is wanted.
        (300, 300, 5, 9, &[(2, 20), (12, 20)], 5, "ScaleUpStabilized"),
    ] {
        let (up, down) = rules(
            json!({"scaleUp": {"stabilizationWindowSeconds": up}, "scaleDown": {"stabilizationWindowSeconds": down}}),
        );
        let behavior = Behavior { up: &up, down: &down, down_window_s: 300 };
        let mut memory = memory(entries);
        let (size, said) =
            super::super::behavior::stabilize(&mut memory, &behavior, current, wanted, start());
        assert_eq!((size, said.reason), (expected, reason), "{entries:?} {wanted}");
        assert_eq!(memory.recommendations.last().unwrap().replicas, wanted);
    }
    // A slot is free only when it is older than both, strictly.
    for (up_s, down_s, ago, slots) in
        [(60, 300, 300, 2), (60, 300, 301, 1), (600, 300, 600, 2), (600, 300, 601, 1)]
    {
        let (up, down) = rules(json!({"scaleUp": {"stabilizationWindowSeconds": up_s}}));
        let behavior = Behavior { up: &up, down: &down, down_window_s: down_s };
        let mut memory = memory(&[(5, ago)]);
        super::super::behavior::stabilize(&mut memory, &behavior, 5, 5, start());
        assert_eq!(memory.recommendations.len(), slots, "{up_s} {down_s} {ago}");
    }
}

#[test]
fn policies() {
    let policy = |type_: &str, value: i64, period: i64| json!({"type": type_, "value": value, "periodSeconds": period});
    let up =
        |select: &str, policies: Value| json!({"scaleUp": {"selectPolicy": select, "policies": policies}});
    let down =
        |select: &str, policies: Value| json!({"scaleDown": {"selectPolicy": select, "policies": policies}});
    let both = || json!([policy("Pods", 4, 60), policy("Percent", 100, 60)]);
    for (behavior, current, wanted, (min, max), expected, reason) in [
        // The defaults: 4 pods or twice as many, whichever is more.
        (json!({}), 1, 99, (1, 100), 5, "ScaleUpLimit"),
        (json!({}), 3, 99, (1, 100), 7, "ScaleUpLimit"),
        (json!({}), 10, 99, (1, 100), 20, "ScaleUpLimit"),
        (json!({}), 10, 0, (2, 100), 2, "TooFewReplicas"),
        (json!({}), 10, 99, (1, 15), 15, "TooManyReplicas"),
        (json!({}), 10, 99, (1, 20), 20, "TooManyReplicas"),
        // Exactly a limit is within it; of two that are equal it is the bound that is told.
        (json!({}), 10, 20, (1, 100), 20, "DesiredWithinRange"),
        (down("Min", both()), 10, 6, (1, 100), 6, "DesiredWithinRange"),
        (down("Min", both()), 10, 1, (6, 100), 6, "TooFewReplicas"),
        (up("Min", both()), 3, 99, (1, 100), 6, "ScaleUpLimit"),
        (up("Min", both()), 10, 99, (1, 100), 14, "ScaleUpLimit"),
        (up("Disabled", both()), 10, 99, (1, 100), 10, "ScaleUpLimit"),
        // In doubles: 110.00000000000001, and 55.00000000000001.
        (up("Max", json!([policy("Percent", 10, 60)])), 100, 999, (1, 1_000), 111, "ScaleUpLimit"),
        (up("Max", json!([policy("Percent", 10, 60)])), 50, 999, (1, 1_000), 56, "ScaleUpLimit"),
        (down("Max", json!([policy("Percent", 80, 60)])), 10, 0, (0, 100), 1, "ScaleDownLimit"),
        (down("Max", json!([policy("Percent", 90, 60)])), 10, 0, (0, 100), 0, "DesiredWithinRange"),
        (down("Max", both()), 10, 1, (1, 100), 1, "DesiredWithinRange"),
        (down("Min", both()), 10, 1, (1, 100), 6, "ScaleDownLimit"),
        (down("Disabled", both()), 10, 1, (1, 100), 10, "ScaleDownLimit"),
        // The present size is returned as it is, whatever the bounds.
        (json!({}), 10, 10, (1, 5), 10, "DesiredWithinRange"),
        (json!({}), 10, 12, (20, 30), 12, "DesiredWithinRange"),
    ] {
        let (up, down) = rules(behavior.clone());
        let behavior_of = Behavior { up: &up, down: &down, down_window_s: 300 };
        let limited = limit_rate(&Memory::default(), &behavior_of, current, wanted, (min, max), start());
        assert_eq!((limited.replicas, limited.reason), (expected, reason), "{behavior} {current} {wanted}");
    }
}

#[test]
fn changes_of_the_period_count_in_both_directions() {
    let event =
        |change: i32, ago: i64| ScaleEvent { change, at: start().plus_seconds(-ago), is_outdated: false };
    let (up, down) = rules(json!({
        "scaleUp": {"policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}]},
        "scaleDown": {"policies": [{"type": "Pods", "value": 3, "periodSeconds": 60}]},
    }));
    let behavior = Behavior { up: &up, down: &down, down_window_s: 300 };
    // Grown by 4 and shrunk by 2 within the minute: 10 began as 8. (kubernetes/kubernetes#108354)
    let mut memory =
        Memory { scale_ups: vec![event(4, 30)], scale_downs: vec![event(2, 10)], ..Memory::default() };
    let size =
        |memory: &Memory, wanted: i32| limit_rate(memory, &behavior, 10, wanted, (1, 100), start()).replicas;
    assert_eq!((size(&memory, 99), size(&memory, 1)), (12, 5));
    // A change of exactly so long ago is over.
    memory.scale_ups[0] = event(4, 60);
    assert_eq!((size(&memory, 99), size(&memory, 1)), (16, 9));
    memory.scale_ups[0] = event(4, 59);
    assert_eq!(changed_within(&memory.scale_ups, 60, start()), 4);
    // More than the policy allows was added: nothing more, and nothing less.
    memory.scale_ups[0] = event(9, 30);
    assert_eq!(size(&memory, 99), 10);
}

#[test]
fn slots_of_changes() {
    let mut events = vec![
        ScaleEvent { change: 1, at: start().plus_seconds(-70), is_outdated: false },
        ScaleEvent { change: 2, at: start().plus_seconds(-61), is_outdated: false },
        ScaleEvent { change: 3, at: start().plus_seconds(-60), is_outdated: false },
    ];
    remember(&mut events, 9, 60, start());
    // The last one that is older than the longest policy, strictly; the mark of the other stays.
    let told: Vec<(i32, bool)> = events.iter().map(|event| (event.change, event.is_outdated)).collect();
    assert_eq!(told, [(1, true), (9, false), (3, false)]);
    remember(&mut events, 8, 3_600, start());
    assert_eq!(events.iter().map(|event| event.change).collect::<Vec<_>>(), [8, 9, 3]);
    remember(&mut events, 7, 3_600, start());
    assert_eq!(events.len(), 4);
    let (up, _) = rules(json!({}));
    assert_eq!(longest_period_s(&up), 15);
}

#[test]
fn nothing_shrinks_for_a_window_after_a_restart() {
    let mut world = World::new(8, json!([cpu(100)])).all_use(20);
    for at in (0..300).step_by(15) {
        assert_eq!(world.pass_after(if at == 0 { 0 } else { 15 }).rescaled_to, None, "{at} s");
        assert_eq!(world.condition("AbleToScale"), "True ScaleDownStabilized");
    }
    // The first recommendation is exactly 300 s old, and counts.
    assert_eq!(world.pass_after(15).rescaled_to, None);
    assert_eq!(world.pass_after(15).rescaled_to, Some(2));
    world.memory = Memory::default();
    assert_eq!(world.pass_after(15).rescaled_to, None);
}

#[test]
fn a_behaviour_in_a_row_of_passes() {
    let behavior = json!({"scaleUp": {"policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}]}});
    let mut world =
        World::new(2, json!([load("External", average("1"))])).series(&["40"]).with("behavior", behavior);
    let mut sizes = Vec::new();
    for _ in 0..10 {
        sizes.push(world.pass().rescaled_to);
    }
    let six = Some(6);
    assert_eq!(sizes, [six, None, None, None, Some(10), None, None, None, Some(14), None]);
    assert_eq!(world.condition("ScalingLimited"), "True ScaleUpLimit");
    // Without one it doubles with every pass.
    let mut world = World::new(2, json!([load("External", average("1"))])).series(&["40"]);
    let sizes: Vec<_> = (0..6).map(|_| world.pass().rescaled_to).collect();
    assert_eq!(sizes, [Some(4), Some(8), Some(16), Some(32), Some(40), None]);
}
