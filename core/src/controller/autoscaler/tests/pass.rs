//! The course of a pass.

use serde_json::json;

use super::super::{Memory, ScaleError, ScaleEvent};
use super::{World, average, cpu, events, load};
use crate::controller::{ApiError, ApiErrorKind};

#[test]
fn bounds_are_met_at_one_stroke() {
    let disabled =
        json!({"scaleUp": {"selectPolicy": "Disabled"}, "scaleDown": {"selectPolicy": "Disabled"}});
    for (size, expected, reason) in [
        (2, 20, "Current number of replicas below Spec.MinReplicas"),
        (80, 50, "Current number of replicas above Spec.MaxReplicas"),
    ] {
        let mut world = World::new(size, json!([cpu(100)])).all_use(100).with("behavior", disabled.clone());
        world.spec["minReplicas"] = 20.into();
        world.spec["maxReplicas"] = 50.into();
        let decision = world.pass();
        assert_eq!(
            events(&decision),
            [format!("Normal SuccessfulRescale: New size: {expected}; reason: {reason}")]
        );
        // No metric was asked; the change counts for policies all the same.
        assert!(world.status.current_metrics.is_empty());
        assert_eq!(world.condition("ScalingActive"), "none");
        assert_eq!(world.memory.recommendations.len(), 1);
        assert_eq!(world.memory.scale_ups.len() + world.memory.scale_downs.len(), 1);
    }
}

/// At a bound the metrics are asked, which may lead away from it.
#[test]
fn a_bound_is_no_stroke() {
    for (min, max, usage, expected) in [(1, 5, 100, None), (5, 100, 100, None), (5, 100, 200, Some(10))] {
        let mut world = World::new(5, json!([cpu(100)])).all_use(usage);
        world.spec["minReplicas"] = min.into();
        world.spec["maxReplicas"] = max.into();
        assert_eq!(world.pass().rescaled_to, expected, "{min} {max} {usage}");
        assert_eq!(world.condition("ScalingActive"), "True ValidMetricFound");
    }
}

/// A change is remembered in its own direction, and only under a behaviour.
#[test]
fn changes_are_remembered() {
    for (size, behavior, ups, downs) in [
        (10, json!({}), vec![10], vec![]),
        (80, json!({}), vec![], vec![30]),
        (10, json!(null), vec![], vec![]),
    ] {
        let mut world = World::new(size, json!([cpu(100)])).all_use(200).with("behavior", behavior.clone());
        world.spec["maxReplicas"] = 50.into();
        world.pass();
        let changes = |events: &[ScaleEvent]| events.iter().map(|event| event.change).collect::<Vec<_>>();
        let told = (changes(&world.memory.scale_ups), changes(&world.memory.scale_downs));
        assert_eq!(told, (ups, downs), "{size} {behavior}");
    }
}

#[test]
fn a_scale_that_cannot_be_read() {
    let no_kind = "no matches for kind \"Deployment\" in group \"apps\"";
    let refused =
        ScaleError::Api(ApiError::new(ApiErrorKind::NotFound, "deployments.apps \"web\" not found"));
    for (version, answer, said, failed) in [
        (
            "a/b/c",
            None,
            "unexpected GroupVersion string: a/b/c",
            "invalid API version in scale target reference: unexpected GroupVersion string: a/b/c",
        ),
        (
            "apps/v1",
            Some(ScaleError::NoKind),
            no_kind,
            "unable to determine resource for scale target reference: no matches for kind \"Deployment\" in group \"apps\"",
        ),
        (
            "apps/v1",
            Some(refused),
            "deployments.apps \"web\" not found",
            "failed to query scale subresource for Deployment/ns/web: deployments.apps \"web\" not found",
        ),
    ] {
        let mut world = World::new(1, json!([cpu(100)]));
        world.spec["scaleTargetRef"]["apiVersion"] = version.into();
        if let Some(answer) = answer {
            world.answers.scale = Err(answer);
        }
        let decision = world.pass();
        assert_eq!(events(&decision), [format!("Warning FailedGetScale: {said}")]);
        assert_eq!(decision.outcome.unwrap_err().message, failed);
        let status = decision.status.unwrap();
        assert_eq!(
            status.conditions[0].message,
            format!("the HPA controller was unable to get the target's current scale: {said}")
        );
        // Conditions alone.
        assert_eq!((status.observed_generation, status.conditions.len()), (None, 1));
        assert_eq!(world.memory, Memory::default());
        // The same again is not written.
        assert_eq!(world.pass().status, None);
    }
}

#[test]
fn a_size_that_is_refused() {
    let mut world = World::new(3, json!([cpu(100)])).all_use(200).with("behavior", json!({}));
    world.answers.update_scale = Err(ApiError::new(ApiErrorKind::Forbidden, "no"));
    let decision = world.pass();
    assert_eq!(
        events(&decision),
        [
            "Warning FailedRescale: New size: 6; reason: cpu resource utilization (percentage of request) above target; error: no"
        ]
    );
    assert_eq!(decision.outcome.unwrap_err().message, "failed to rescale Deployment/ns/web: no");
    assert_eq!(world.condition("AbleToScale"), "False FailedUpdateScale");
    assert_eq!((world.status.current_replicas, world.status.desired_replicas), (3, 0));
    // What was asked for is remembered, a change that was not made is not.
    assert_eq!((world.memory.recommendations.len(), world.memory.scale_ups.len()), (2, 0));
}

#[test]
fn conflicts_are_tried_again() {
    for (conflicts, tries, accepted) in [(1, 2, true), (4, 5, true), (5, 5, false), (9, 5, false)] {
        let mut world = World::new(3, json!([cpu(100)])).all_use(200);
        world.answers.conflicts = conflicts;
        let decision = world.pass();
        assert_eq!(decision.scale_updates, vec![6; tries]);
        assert_eq!(decision.rescaled_to.is_some(), accepted, "{conflicts}");
    }
}

#[test]
fn the_status_is_written_when_it_changes() {
    let mut world = World::new(3, json!([cpu(100)])).all_use(100);
    let first = world.pass().status.expect("the first is new");
    assert_eq!((first.current_replicas, first.desired_replicas, first.observed_generation), (3, 3, Some(1)));
    assert_eq!(first.last_scale_time, None);
    let reasons: Vec<&str> = first.conditions.iter().map(|c| c.reason.as_str()).collect();
    assert_eq!(reasons, ["ReadyForNewScale", "ValidMetricFound", "DesiredWithinRange"]);
    assert_eq!(world.pass().status, None);
    world = world.all_use(101);
    assert!(world.pass().status.is_some());
    world = world.all_use(200);
    let grown = world.pass().status.unwrap();
    assert!(grown.last_scale_time.is_some());
    // The condition's value did not change, its time did not move.
    assert_eq!(grown.conditions[0].last_transition_time, first.conditions[0].last_transition_time);
    assert_eq!(grown.conditions[3].reason, "NotScaledToZero");
    // It is not reset by a pass that changes nothing. (kubernetes/kubernetes#16275)
    world = world.all_use(50);
    assert_eq!(world.pass().status.unwrap().last_scale_time, grown.last_scale_time);
}

#[test]
fn a_status_that_is_refused() {
    let mut world = World::new(3, json!([cpu(100)])).all_use(200);
    world.answers.update_status = Err(ApiError::new(ApiErrorKind::Internal, "no"));
    let decision = world.pass();
    assert_eq!(decision.rescaled_to, Some(6));
    assert_eq!(events(&decision)[1], "Warning FailedUpdateStatus: no");
    assert_eq!(decision.outcome.unwrap_err().message, "failed to update status for web: no");
}

/// Where a limit alone changes the size there is no reason, and where an old recommendation makes it grow, a wrong one.
#[test]
fn reasons_are_those_of_the_metrics() {
    let mut world = World::new(3, json!([load("External", average("10"))])).series(&["30"]);
    world.pass();
    world.scale().spec_replicas = 2;
    let decision = world.pass();
    assert_eq!(
        events(&decision),
        ["Normal SuccessfulRescale: New size: 3; reason: external metric load(nil) above target"]
    );
    world = world.series(&["10"]);
    world.scale().spec_replicas = 2;
    let decision = world.pass();
    assert_eq!(
        events(&decision),
        ["Normal SuccessfulRescale: New size: 3; reason: All metrics below target"]
    );
    world = world.series(&["20"]);
    world.scale().spec_replicas = 2;
    world.scale().status_replicas = 2;
    let decision = world.pass();
    assert_eq!(events(&decision), ["Normal SuccessfulRescale: New size: 3; reason: "]);
}
