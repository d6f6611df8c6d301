//! Each exemption is still needed: the case happens, a strict oracle tells it as what it is, and the other one grants it.

use maxsurge_core::cluster::{ApiFault, Watched};
use maxsurge_core::oracle::{Exemption, Property};
use maxsurge_fuzz::generators::{Break, Change, Limits, Note, Plane, PodFate, SetFate};
use maxsurge_fuzz::{Event, Input, Judgement, World, judge};

use super::found::world;

#[track_caller]
fn check(exemption: Exemption, property: Property, world: World, events: Vec<Event>) {
    let input = Input { world, events };
    let strict = judge(&input, Judgement::once(true));
    let broken = strict.expect_err("a strict oracle tells it");
    assert_eq!(
        (broken.violation.known, broken.violation.property),
        (Some(exemption), property),
        "{broken:?}"
    );
    let lenient = judge(&input, Judgement::once(false));
    let verdict = lenient.unwrap_or_else(|broken| panic!("event {}: {}", broken.step, broken.violation));
    assert!(verdict.met.contains(&exemption), "{verdict:?}");
}

fn edit(change: Change) -> Event {
    Event::Edit(vec![change])
}

#[test]
fn stale_size_annotation() {
    // The change of size must come when the old ReplicaSet has shrunk and the new one has not grown: the controllers die
    // in between. After how many requests that is, is theirs to know.
    let input = |requests| Input {
        world: world(Plane::Ideal, 5, Limits::Pods(0, 1)),
        events: vec![
            Event::Wait(60_000),
            Event::Break(Break::Controllers(requests, 1_000)),
            edit(Change::Image(1)),
            edit(Change::Replicas(4)),
            Event::Wait(5_000),
        ],
    };
    let livelocks = |requests: &u8| {
        let strict = judge(&input(*requests), Judgement::once(true));
        strict.is_err_and(|broken| broken.violation.known == Some(Exemption::StaleSizeAnnotation))
    };
    let requests = (0..12).find(livelocks).expect("k8s#102551 happens");
    let Input { world, events } = input(requests);
    check(Exemption::StaleSizeAnnotation, Property::LConv, world, events);
}

/// By timing alone: the change of size is on its way to the controller while it shrinks the last old ReplicaSet, and is seen
/// before what that pass wrote. Then the next image never comes.
#[test]
fn stale_size_annotation_by_timing() {
    let input = |wait_ms| Input {
        world: world(Plane::Watch(200), 5, Limits::Pods(0, 1)),
        events: vec![
            Event::Wait(60_000),
            edit(Change::Image(1)),
            Event::Wait(wait_ms),
            edit(Change::Replicas(4)),
            Event::Wait(5_000),
        ],
    };
    let livelocks = |wait_ms: &u32| {
        let strict = judge(&input(*wait_ms), Judgement::once(true));
        strict.is_err_and(|broken| broken.violation.known == Some(Exemption::StaleSizeAnnotation))
    };
    let wait_ms = (0..15_000).step_by(50).find(livelocks).expect("k8s#102551 happens");
    let Input { world, events } = input(wait_ms);
    check(Exemption::StaleSizeAnnotation, Property::LConv, world, events);
}

#[test]
fn recreate_scaling() {
    let both = vec![Change::Strategy(Limits::Recreate), Change::Replicas(5)];
    let events = vec![Event::Wait(60_000), edit(Change::Image(3)), Event::Edit(both)];
    check(Exemption::RecreateScaling, Property::LConv, world(Plane::Ideal, 2, Limits::Pods(1, 0)), events);
}

#[test]
fn hot_loop() {
    let world = World { progress_deadline_s: Some(10), ..world(Plane::Ideal, 1, Limits::Pods(1, 0)) };
    let events = vec![Event::Wait(60_000), Event::Pod(0, PodFate::Unready), Event::Wait(60_000)];
    check(Exemption::HotLoop, Property::LQuiet, world, events);
}

#[test]
fn scaling_ignores_availability() {
    let world =
        World { startup_ms: vec![0, 14_754, 18_171, 15_831], ..world(Plane::Ideal, 1, Limits::Pods(1, 0)) };
    let events = vec![
        edit(Change::Image(1)),
        Event::Wait(1_000),
        edit(Change::Image(3)),
        edit(Change::Replicas(10)),
        edit(Change::Image(1)),
        edit(Change::Replicas(3)),
    ];
    check(Exemption::ScalingIgnoresAvailability, Property::SAvail, world, events);
}

#[test]
fn scaling_grows_first() {
    let events = vec![
        Event::Wait(60_000),
        edit(Change::Image(3)),
        Event::Set(1, SetFate::NoteChanged(Note::Max, 5)),
        edit(Change::Replicas(6)),
    ];
    check(Exemption::ScalingGrowsFirst, Property::SSurge, world(Plane::Ideal, 4, Limits::Pods(1, 1)), events);
}

#[test]
fn paused_recreate() {
    let world = World { stop_ms: 20_000, ..world(Plane::Ideal, 1, Limits::Recreate) };
    let events = vec![
        Event::Wait(5_000),
        edit(Change::Image(1)),
        Event::Wait(60_000),
        edit(Change::Image(0)),
        edit(Change::Pause(true)),
    ];
    check(Exemption::PausedRecreate, Property::SRecreate, world, events);
}

#[test]
fn retries_exhausted() {
    let events = vec![
        Event::Wait(60_000),
        Event::Break(Break::Api(0, 20, ApiFault::Internal)),
        edit(Change::Image(1)),
        Event::Wait(400_000),
    ];
    check(Exemption::RetriesExhausted, Property::LWake, world(Plane::Ideal, 1, Limits::Pods(1, 0)), events);
}

/// A stray ReplicaSet is adopted by a Deployment of size 0, and the update that would empty it is refused.
#[test]
fn forgotten_error() {
    let world = || World { progress_deadline_s: None, ..world(Plane::Ideal, 0, Limits::Pods(1, 0)) };
    let events = |after| {
        let refused = Event::Break(Break::Api(after, 3, ApiFault::Internal));
        vec![Event::Wait(60_000), refused, Event::Stray(1, 2), Event::Wait(400_000)]
    };
    let forgets = |after: &u8| {
        let input = Input { world: world(), events: events(*after) };
        let strict = judge(&input, Judgement::once(true));
        strict.is_err_and(|broken| broken.violation.known == Some(Exemption::ForgottenError))
    };
    let after = (0..8).find(forgets).expect("an error is forgotten");
    check(Exemption::ForgottenError, Property::LWake, world(), events(after));
}

#[test]
fn released_set_runs() {
    // While the controllers are away, so that one pass meets both.
    let events = vec![
        Event::Wait(2_000),
        Event::Break(Break::Controllers(0, 1_000)),
        Event::Set(0, SetFate::Relabelled),
        edit(Change::Image(1)),
        Event::Wait(5_000),
    ];
    check(Exemption::ReleasedSetRuns, Property::SSurge, world(Plane::Ideal, 1, Limits::Pods(0, 1)), events);
}

#[test]
fn rollback_creates() {
    let world = World { stop_ms: 20_000, ..world(Plane::Ideal, 1, Limits::Recreate) };
    let events = vec![edit(Change::Label(2)), Event::RollbackTo(0)];
    check(Exemption::RollbackCreates, Property::SRecreate, world, events);
}

#[test]
fn terminating_pod_leaves() {
    let world = World { stop_ms: 20_000, ..world(Plane::Ideal, 1, Limits::Pods(0, 4)) };
    let events = vec![edit(Change::Label(1)), Event::Pod(0, PodFate::Orphaned)];
    check(Exemption::TerminatingPodLeaves, Property::SStatus, world, events);
}

#[test]
fn terminating_pod_leaves_a_recreate_rollout() {
    let world = World { stop_ms: 20_000, ..world(Plane::Ideal, 1, Limits::Recreate) };
    let events = vec![Event::Wait(5_000), edit(Change::Image(1)), Event::Pod(0, PodFate::Orphaned)];
    check(Exemption::TerminatingPodLeaves, Property::LWake, world, events);
}

#[test]
fn left_pod_ends() {
    let world = World { stop_ms: 20_000, ..world(Plane::Ideal, 1, Limits::Recreate) };
    let events = vec![
        Event::Wait(5_000),
        edit(Change::Image(1)),
        Event::Pod(0, PodFate::Relabelled),
        Event::Pod(0, PodFate::Failed),
    ];
    check(Exemption::LeftPodEnds, Property::LWake, world, events);
}

#[test]
fn victim_orphaned() {
    let events = vec![
        Event::Wait(1_000),
        Event::Restart,
        Event::Pod(0, PodFate::Succeeded),
        Event::Wait(311),
        Event::Pod(151, PodFate::Orphaned),
    ];
    check(
        Exemption::VictimOrphaned,
        Property::LConv,
        world(Plane::Watch(132), 6, Limits::Pods(3, 3)),
        events,
    );
}

/// An orphan's deletion is under way when the watch of pods is there again: its old owner goes on counting it.
#[test]
fn victim_orphaned_is_still_counted() {
    let events = vec![
        Event::Wait(60_000),
        Event::Break(Break::Lost(Watched::Pods, 10_000)),
        Event::Pod(0, PodFate::Orphaned),
        edit(Change::Image(1)),
        Event::Wait(20_000),
    ];
    let slow = World { stop_ms: 60_000, ..world(Plane::Ideal, 1, Limits::Pods(2, 1)) };
    check(Exemption::VictimOrphaned, Property::SStatus, slow, events);
}

#[test]
fn unseen_pod() {
    // A second pod is made while nobody watches pods, and is gone, orphaned or on its way out before the list.
    for fate in [PodFate::Removed, PodFate::Orphaned, PodFate::Deleted] {
        let events = vec![
            Event::Wait(60_000),
            Event::Break(Break::Lost(Watched::Pods, 1_000)),
            edit(Change::Replicas(2)),
            Event::Pod(1, fate),
        ];
        let world = World { stop_ms: 5_000, ..world(Plane::Ideal, 1, Limits::Pods(1, 0)) };
        check(Exemption::UnseenPod, Property::LConv, world, events);
    }
}

/// A pod that is adopted and deleted by one pass, while nobody watches pods: the list tells of the end of an orphan.
#[test]
fn victim_is_unseen_as_its_owners() {
    let world =
        World { startup_ms: vec![0, 0, 13_446, 11_678], ..world(Plane::Ideal, 9, Limits::Percent(50, 30)) };
    let events = vec![
        // Its own last write keeps the controller from looking until it is in the cache.
        Event::Break(Break::Late(Watched::ReplicaSets, 24_200, 10_000)),
        Event::Pod(0, PodFate::Failed),
        Event::Pod(2, PodFate::Orphaned),
        Event::Break(Break::Lost(Watched::Pods, 52_000)),
    ];
    check(Exemption::UnseenPod, Property::LConv, world, events);
}

/// The resumed rollout goes on with the ReplicaSet that was relabelled at the same time, and takes the last old pod for its pod.
#[test]
fn released_set_is_taken() {
    let events = vec![
        Event::Wait(60_000),
        edit(Change::Image(1)),
        edit(Change::Pause(true)),
        Event::Wait(60_000),
        Event::Break(Break::Watch(1_000, 10_000)),
        edit(Change::Pause(false)),
        Event::Set(1, SetFate::Relabelled),
        Event::Wait(60_000),
    ];
    check(Exemption::ReleasedSetTaken, Property::SAvail, world(Plane::Ideal, 2, Limits::Pods(1, 0)), events);
}

/// Its labels are those of before by then.
#[test]
fn left_pod_ends_and_comes_back() {
    let events = vec![
        Event::Wait(60_000),
        edit(Change::Image(1)),
        Event::Pod(0, PodFate::Relabelled),
        Event::Pod(0, PodFate::Failed),
        Event::Pod(0, PodFate::Relabelled),
        Event::Wait(5_000),
    ];
    let slow = World { stop_ms: 18_000, ..world(Plane::Ideal, 1, Limits::Recreate) };
    check(Exemption::LeftPodEnds, Property::LWake, slow, events);
}

/// Its ReplicaSet is being deleted, and so cannot release it.
#[test]
fn left_pod_of_a_dying_set_ends() {
    let events = vec![
        Event::Wait(60_000),
        Event::Set(0, SetFate::Dying),
        Event::Pod(0, PodFate::Relabelled),
        edit(Change::Image(1)),
        Event::Pod(0, PodFate::Failed),
        Event::Wait(5_000),
    ];
    let alone = World { progress_deadline_s: None, ..world(Plane::Ideal, 1, Limits::Recreate) };
    check(Exemption::LeftPodEnds, Property::LWake, alone, events);
}

#[test]
fn left_pod_is_orphaned() {
    let events = vec![
        Event::Set(0, SetFate::Dying),
        Event::Pod(0, PodFate::Removed),
        Event::Pod(0, PodFate::Removed),
        edit(Change::Label(0)),
        Event::Pod(0, PodFate::Relabelled),
        Event::Wait(1_000),
        Event::Pod(0, PodFate::Orphaned),
    ];
    let adopted = [vec![Event::Set(0, SetFate::DeletedOrphaning)], events.clone()].concat();
    for events in [events, adopted] {
        check(Exemption::LeftPodEnds, Property::LWake, world(Plane::Ideal, 3, Limits::Recreate), events);
    }
}
