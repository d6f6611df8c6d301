//! Other controllers in the place of those of Kubernetes.

use maxsurge_core::cluster::Controllers;
use maxsurge_core::controller::{Requeue, deployment, replicaset};
use maxsurge_core::oracle::Property;
use maxsurge_fuzz::hunt::{bytes_of, hunt};
use maxsurge_fuzz::{Budget, Judgement, input_of, judge};

#[path = "../../examples/own_controller.rs"]
#[allow(dead_code)]
mod own_controller;

fn finds(controllers: Controllers) -> (Property, String) {
    let how = Judgement { controllers, ..Judgement::default() };
    let budget = Budget { executions: Some(100), time: None, minimize: 500 };
    let found = hunt(1, budget, how).found.expect("it is wrong");
    (found.property, found.broken.violation.what)
}

/// Those of Kubernetes, plugged in like any others, do what they do anyway.
#[test]
fn the_real_ones_are_the_same_through_the_seam() {
    let real = Controllers {
        deployment: Some(|view, now, api| deployment::sync(view, now, api)),
        replica_set: Some(|rs, may_manage, pods, now, memory, api, version| {
            replicaset::sync(rs, may_manage, pods, now, memory, api, version)
        }),
    };
    for n in 0..60 {
        let input = input_of(&bytes_of(12, n)).expect("bytes suffice");
        let verdict = |controllers| {
            let verdict = judge(&input, Judgement { controllers, ..Judgement::default() });
            let verdict = verdict.unwrap_or_else(|broken| panic!("input {n}: {}", broken.violation));
            (verdict.rest, verdict.trace)
        };
        assert_eq!(verdict(real), verdict(Controllers::default()), "input {n}");
    }
}

#[test]
fn one_that_switches_over_at_once_is_found() {
    let controllers = Controllers { deployment: Some(own_controller::switch_over), replica_set: None };
    let (property, what) = finds(controllers);
    assert_eq!(property, Property::SRecreate, "{what}");
}

#[test]
fn one_that_does_nothing_is_found() {
    let idle = Controllers { replica_set: Some(|_, _, _, _, _, _, _| Ok(Requeue::None)), deployment: None };
    let (property, what) = finds(idle);
    assert_eq!(property, Property::LConv, "{what}");
    let idle = Controllers { deployment: Some(|_, _, _| Ok(Requeue::None)), replica_set: None };
    let (property, what) = finds(idle);
    assert_eq!(property, Property::LConv, "{what}");
}
