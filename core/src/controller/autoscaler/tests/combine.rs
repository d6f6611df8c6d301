//! Several metrics, and selectors.

use serde_json::{Value, json};

use super::super::combine::stored;
use super::super::{OtherAutoscaler, Selector};
use super::{World, average, cpu, events, load, total};
use crate::api::{LabelSelector, Str};

#[test]
fn the_most_counts() {
    let metrics = json!([cpu(100), load("External", average("10")), load("Object", total("10"))]);
    let mut world = World::new(3, metrics).all_use(130).series(&["90"]).object("20");
    let decision = world.pass();
    assert_eq!(
        events(&decision),
        ["Normal SuccessfulRescale: New size: 6; reason: external metric load(nil) above target"]
    );
    assert_eq!(world.memory.recommendations[1].replicas, 9);
    assert_eq!(world.condition("ScalingActive"), "True ValidMetricFound");
}

#[test]
fn of_equals_the_first_is_told() {
    let metrics = json!([load("External", average("10")), load("Object", total("10"))]);
    let decision = World::new(3, metrics).series(&["60"]).object("20").pass();
    assert_eq!(
        events(&decision),
        ["Normal SuccessfulRescale: New size: 6; reason: external metric load(nil) above target"]
    );
}

#[test]
fn a_metric_that_cannot_be_read() {
    let metrics = || json!([cpu(100), load("External", average("10"))]);
    // The other asks for more: it grows, and yet the pass fails in the end.
    let mut world = World::new(3, metrics()).series(&["60"]);
    let decision = world.pass();
    assert_eq!(decision.rescaled_to, Some(6));
    let text = "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API";
    assert_eq!(events(&decision)[0], format!("Warning FailedGetResourceMetric: {text}"));
    let outcome = decision.outcome.unwrap_err().message;
    assert_eq!(
        outcome,
        format!(
            "invalid metrics (1 invalid out of 2), first error is: failed to get cpu resource metric value: {text}"
        )
    );
    assert_eq!(world.found()[0], json!({"type": ""}));
    // It asks for just as many: the pass succeeds but for the error at its end.
    let mut world = World::new(3, metrics()).series(&["30"]);
    let decision = world.pass();
    assert_eq!((decision.rescaled_to, decision.outcome.is_err()), (None, true));
    assert_eq!(world.condition("ScalingActive"), "True ValidMetricFound");
    // It asks for fewer: nothing shrinks. (kubernetes/kubernetes#99514)
    let mut world = World::new(3, metrics()).series(&["10"]);
    let decision = world.pass();
    assert_eq!(decision.rescaled_to, None);
    assert_eq!(world.condition("ScalingActive"), "False FailedGetResourceMetric");
    assert_eq!(events(&decision)[1], format!("Warning FailedComputeMetricsReplicas: {outcome}"));
    // What is wanted stays as it was; nothing is remembered of such a pass.
    assert_eq!((world.status.current_replicas, world.status.desired_replicas), (3, 0));
    assert_eq!(world.memory.recommendations.len(), 1);
}

#[test]
fn words_of_what_cannot_be_read() {
    let selector = json!({"matchLabels": {"b": "1", "a": "2"}});
    let mut pods = load("Pods", average("1"));
    pods["pods"]["metric"]["selector"] = selector.clone();
    let mut external = load("External", total("1"));
    external["external"]["metric"]["selector"] = selector;
    for (metric, reason, inner, outer) in [
        (
            pods,
            "FailedGetPodsMetric",
            "unable to get metric load: no metrics returned from custom metrics API",
            "failed to get pods metric value: ",
        ),
        (
            load("Object", total("1")),
            "FailedGetObjectMetric",
            "unable to get metric load on Service ns/front: unable to fetch metrics from custom metrics API: the server could not \
             find the metric load for Service front",
            "failed to get object metric value: ",
        ),
        (
            load("Object", average("1")),
            "FailedGetObjectMetric",
            "unable to get metric load on Service ns/front: unable to fetch metrics from custom metrics API: the server could not \
             find the metric load for Service front",
            "failed to get object metric value: failed to get load object metric: ",
        ),
        (
            load("External", average("1")),
            "FailedGetExternalMetric",
            "unable to get external metric ns/load/nil: no metrics returned from external metrics API",
            "failed to get load external metric value: failed to get load external metric: ",
        ),
        (
            external,
            "FailedGetExternalMetric",
            "unable to get external metric ns/load/&LabelSelector{MatchLabels:map[string]string{a: 2,b: \
             1,},MatchExpressions:[]LabelSelectorRequirement{},}: no metrics returned from external metrics API",
            "failed to get load external metric value: failed to get external metric load: ",
        ),
        (json!({"type": "Weather"}), "InvalidMetricSourceType", "unknown metric source type \"Weather\"", ""),
        (
            load("Object", json!({"type": "Value"})),
            "FailedGetObjectMetric",
            "invalid object metric source: neither a value target nor an average value target was set",
            "failed to get object metric value: ",
        ),
    ] {
        let mut world = World::new(1, json!([metric]));
        let decision = world.pass();
        assert_eq!(
            events(&decision),
            [
                format!("Warning {reason}: {inner}"),
                format!(
                    "Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: {outer}{inner}"
                ),
            ]
        );
        let condition = world.status.condition("ScalingActive").unwrap();
        assert_eq!(condition.message, format!("the HPA was unable to compute the replica count: {inner}"));
        assert_eq!(condition.reason, reason);
    }
}

#[test]
fn selectors_that_will_not_do() {
    for (selector, reason, message) in [
        ("", "SelectorRequired", "selector is required"),
        (
            "app in",
            "InvalidSelector",
            "couldn't convert selector into a corresponding internal selector object: unable to parse requirement: found '' expected: '('",
        ),
    ] {
        let mut world = World::new(1, json!([cpu(100)])).all_use(100);
        world.scale().selector = selector.into();
        let decision = world.pass();
        assert_eq!(
            events(&decision),
            [
                format!("Warning {reason}: {message}"),
                format!("Warning FailedComputeMetricsReplicas: {message}")
            ]
        );
        assert_eq!(world.condition("ScalingActive"), "False InvalidSelector");
    }
}

#[test]
fn two_autoscalers_at_the_same_pods() {
    let mut world = World::new(1, json!([cpu(100)])).all_use(300);
    let other = |name: &str, selector: Option<&str>| OtherAutoscaler {
        name: name.into(),
        selector: selector.map(|text| Selector::parse(text).unwrap()),
    };
    // One that was not looked at yet selects nothing, and one of other pods is none of our business.
    world.others = vec![other("new", None), other("db", Some("app=db"))];
    assert_eq!(world.pass().rescaled_to, Some(3));
    world.others.push(other("abc", Some("app")));
    let decision = world.pass();
    assert_eq!(
        events(&decision)[0],
        "Warning AmbiguousSelector: pods by selector app=web are controlled by more than one HPA (e.g. [ns/abc ns/web])"
    );
    assert_eq!(world.condition("ScalingActive"), "False AmbiguousSelector");
    assert!(world.status.current_metrics.is_empty());
    // Judged by the pods that there are.
    world.pods.clear();
    world.pass();
    assert_eq!(world.condition("ScalingActive"), "False FailedGetResourceMetric");
}

#[test]
fn each_direction_has_its_own_tolerance() {
    for (behavior, value, expected) in [
        (json!({"scaleUp": {"tolerance": "500m"}}), "55", 4),
        (json!({"scaleUp": {"tolerance": "500m"}}), "61", 7),
        (json!({"scaleUp": {"tolerance": "500m"}}), "35", 4),
        (json!({"scaleDown": {"tolerance": "0"}}), "39", 4),
        (json!({"scaleDown": {"tolerance": "500m"}}), "21", 4),
        (json!({"scaleDown": {"tolerance": "0"}}), "29", 3),
    ] {
        let world = World::new(4, json!([load("External", average("10"))])).series(&[value]);
        assert_eq!(world.with("behavior", behavior.clone()).asks(), Ok(expected), "{behavior} {value}");
    }
}

/// A metric is found by its name and its selector, and that of an object by kind and name, too.
#[test]
fn which_metric_is_asked() {
    let find = |kind: &str, target: Value, decoy: fn(&mut World)| {
        let mut world = World::new(2, json!([load(kind, target)]))
            .series(&["30"])
            .object("30")
            .each(&[("p0", "30"), ("p1", "30")]);
        decoy(&mut world);
        world.asks()
    };
    for (kind, target, expected) in
        [("External", average("10"), 3), ("Object", average("10"), 3), ("Pods", average("10"), 6)]
    {
        let decoys: [fn(&mut World); 4] = [
            |_| {},
            // Of another name.
            |world| shadow(world, |name, _, _| *name = "other".into()),
            // Of other series.
            |world| shadow(world, |_, selector, _| *selector = "a=b".into()),
            // Of another kind.
            |world| shadow(world, |_, _, kind| *kind = "Pod".into()),
        ];
        for (i, decoy) in decoys.into_iter().enumerate() {
            // Pods and External metrics have no kind, so the last one would be the same.
            if i < 3 || kind == "Object" {
                assert_eq!(find(kind, target.clone(), decoy), Ok(expected), "{kind}, decoy {i}");
            }
        }
    }
}

/// Puts a copy of each metric before it, with twice its value, and name, selector or kind changed.
fn shadow(world: &mut World, edit: fn(&mut Str, &mut Str, &mut Str)) {
    let double = || super::quantity("60");
    let mut none = Str::default();
    let mut external = world.metrics.external[0].clone();
    external.values = Ok(vec![double()]);
    edit(&mut external.name, &mut external.selector, &mut none);
    world.metrics.external.insert(0, external);
    let mut object = world.metrics.objects[0].clone();
    object.value = Ok(double());
    edit(&mut object.name, &mut object.selector, &mut object.kind);
    world.metrics.objects.insert(0, object);
    let mut pods = world.metrics.pods[0].clone();
    if let Ok(values) = &mut pods.values {
        values.iter_mut().for_each(|value| value.value = double());
    }
    edit(&mut pods.name, &mut pods.selector, &mut none);
    world.metrics.pods.insert(0, pods);
}

/// Of the kind Namespace of the core group it is the autoscaler's own that is asked for.
#[test]
fn a_metric_of_the_namespace() {
    for (version, kind, finds) in
        [("v1", "Namespace", true), ("x/v1", "Namespace", false), ("v1", "Node", false)]
    {
        let mut metric = load("Object", average("10"));
        metric["object"]["describedObject"] = json!({"apiVersion": version, "kind": kind, "name": "other"});
        let mut world = World::new(2, json!([metric])).object("30");
        world.metrics.objects[0].kind = kind.into();
        world.metrics.objects[0].object = "ns".into();
        assert_eq!(world.asks().ok(), finds.then_some(3), "{version} {kind}");
    }
}

#[test]
fn external_metrics_that_cannot_be_read() {
    for (values, expected) in [
        (Ok(Vec::new()), "no metrics returned from external metrics API"),
        (Err("down".into()), "unable to fetch metrics from external metrics API: down"),
    ] {
        let mut world = World::new(1, json!([load("External", average("10"))])).series(&["1"]);
        world.metrics.external[0].values = values;
        let error = world.asks().unwrap_err();
        assert!(
            error.ends_with(&format!("unable to get external metric ns/load/nil: {expected}")),
            "{error}"
        );
    }
}

/// What is empty in a selector is absent in the status, as the API server will have it.
#[test]
fn selectors_in_the_status() {
    let read = |value: &Value| LabelSelector::from_value(value).unwrap();
    let expressions = json!([{"key": "a", "operator": "Exists"}]);
    for (selector, expected) in [
        (json!({"matchLabels": {"a": "1"}, "matchExpressions": expressions}), None),
        (
            json!({"matchLabels": {"a": "1"}, "matchExpressions": []}),
            Some(json!({"matchLabels": {"a": "1"}})),
        ),
        (
            json!({"matchLabels": {}, "matchExpressions": expressions}),
            Some(json!({"matchExpressions": expressions})),
        ),
        (json!({"matchLabels": {}, "matchExpressions": []}), Some(json!({}))),
    ] {
        let expected = expected.as_ref().unwrap_or(&selector);
        assert_eq!(stored(&read(&selector)), read(expected), "{selector}");
    }
}
