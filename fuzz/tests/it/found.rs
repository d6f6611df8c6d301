//! What the harness found in this project, as inputs that say what they do.

use maxsurge_core::cluster::{ApiFault, Watched};
use maxsurge_fuzz::generators::{Break, Change, Limits, Plane, PodFate, SetFate};
use maxsurge_fuzz::{Event, Input, World, rollout};

pub(crate) fn world(plane: Plane, replicas: i32, strategy: Limits) -> World {
    World {
        plane,
        replicas,
        strategy,
        min_ready_s: 0,
        progress_deadline_s: None,
        history_limit: Some(10),
        startup_ms: vec![1_000],
        stop_ms: 0,
        nodes: 0,
    }
}

fn check(world: World, events: Vec<Event>) {
    let input = Input { world, events };
    rollout(&input).unwrap_or_else(|broken| panic!("event {}: {}", broken.step, broken.violation));
}

/// The API server merges owner references by uid: who adopts twice has one reference.
#[test]
fn adopting_twice_on_a_stale_cache() {
    check(world(Plane::Watch(213), 0, Limits::Pods(1, 0)), vec![Event::Stray(155, 0)]);
}

/// A pass whose claim fails never comes to its deletions, so it must not expect them.
#[test]
fn deletions_that_were_never_sent() {
    let events = vec![
        Event::Wait(405_000),
        Event::Break(Break::Api(1, 1, ApiFault::TimedOut)),
        Event::Edit(vec![Change::Replicas(0)]),
        Event::Pod(0, PodFate::Orphaned),
        Event::Break(Break::Api(0, 3, ApiFault::TimedOutAfterEffect)),
    ];
    check(world(Plane::Realistic, 1, Limits::Pods(1, 0)), events);
}

/// Pods of a ReplicaSet that was given up no longer count on their nodes for the siblings that it had.
#[test]
fn node_ranks_without_a_released_set() {
    let events = vec![
        Event::Edit(vec![Change::Replicas(8)]),
        Event::Edit(vec![Change::Image(1)]),
        Event::Wait(6_000),
        Event::Set(0, SetFate::Relabelled),
    ];
    check(World { nodes: 2, ..world(Plane::Ideal, 0, Limits::Pods(1, 0)) }, events);
}

/// Pods of different nodes are compared by their age, too: which of them is the younger decides, not the uid.
#[test]
fn ages_across_nodes() {
    let events = vec![
        Event::Edit(vec![Change::Strategy(Limits::Percent(99, 50))]),
        Event::Edit(vec![Change::Replicas(1)]),
        Event::Wait(1_000),
        Event::Edit(vec![Change::Replicas(2)]),
    ];
    check(World { nodes: 2, ..world(Plane::Ideal, 0, Limits::Pods(1, 0)) }, events);
}

/// What a pass gave up and is gone already no longer counts below its ceiling.
#[test]
fn releasing_what_is_gone() {
    let events = vec![
        Event::Wait(1_000),
        Event::Set(0, SetFate::Relabelled),
        Event::Set(0, SetFate::Dying),
        Event::Break(Break::Watch(1_000, 10_000)),
    ];
    check(world(Plane::Realistic, 4, Limits::Pods(1, 0)), events);
}

/// How many pods there are follows from which adoptions the API server lets happen, not from those that were asked for.
#[test]
fn adoptions_that_are_refused() {
    let events = vec![Event::Wait(1_000), Event::Set(0, SetFate::Doubled), Event::Pod(0, PodFate::Orphaned)];
    check(world(Plane::Watch(97), 1, Limits::Pods(1, 0)), events);
    let events = vec![
        Event::Wait(1_000),
        Event::Set(0, SetFate::Deleted),
        Event::Rival(3),
        Event::Squat(47),
        Event::Wait(1_000),
        Event::Set(49, SetFate::DeletedOrphaning),
        Event::Set(85, SetFate::Doubled),
    ];
    check(world(Plane::Watch(168), 7, Limits::Pods(1, 0)), events);
}

/// A pod that is created after its ReplicaSet went is garbage.
#[test]
fn created_after_its_replica_set_went() {
    let events = vec![
        Event::Wait(1_000),
        Event::Edit(vec![Change::Image(1)]),
        Event::Edit(vec![Change::Pause(true)]),
        Event::Edit(vec![Change::Replicas(1)]),
        Event::Wait(1_000),
    ];
    check(World { history_limit: Some(0), ..world(Plane::Realistic, 0, Limits::Pods(1, 0)) }, events);
}

/// A pod that has finished is not started any more.
#[test]
fn finished_before_it_started() {
    let events = vec![
        Event::Pod(0, PodFate::Succeeded),
        Event::Edit(vec![Change::Image(1)]),
        Event::Break(Break::NodeDown(0)),
        Event::Pod(0, PodFate::Orphaned),
    ];
    check(World { nodes: 2, ..world(Plane::Ideal, 1, Limits::Percent(0, 25)) }, events);
}

/// A creation that timed out takes place all the same, and its late event counts for one of the next pass: that pass's last pod is not
/// in the cache when it may go on, which is so in Kubernetes.
#[test]
fn an_event_counts_for_another_creation() {
    let world = World { progress_deadline_s: Some(70), ..world(Plane::Realistic, 0, Limits::Pods(1, 0)) };
    let events = vec![
        Event::Edit(vec![Change::Pause(true)]),
        Event::Wait(1_565),
        Event::Wait(292_344),
        Event::Edit(vec![Change::Replicas(5)]),
        Event::Break(Break::Api(3, 1, ApiFault::TimedOutAfterEffect)),
        Event::Break(Break::Late(Watched::Pods, 1_000, 10_000)),
    ];
    check(world, events);
}

/// Somebody makes a ReplicaSet the owner of a pod before the controllers know that there is such a ReplicaSet.
#[test]
fn adopted_by_what_nobody_has_seen() {
    let events = vec![
        Event::Break(Break::Late(Watched::ReplicaSets, 1_000, 10_000)),
        Event::Edit(vec![Change::Image(1)]),
        Event::Pod(0, PodFate::Adopted(1)),
        Event::Wait(60_000),
    ];
    check(world(Plane::Ideal, 1, Limits::Pods(1, 0)), events);
}

/// A pod that somebody gives another ReplicaSet while no cache has it is a creation to that one when it is listed.
#[test]
fn adopted_before_anybody_saw_it() {
    let events = vec![
        Event::Break(Break::Lost(Watched::Pods, 1_000)),
        Event::Edit(vec![Change::Label(1)]),
        Event::Pod(0, PodFate::Adopted(28)),
    ];
    check(World { startup_ms: vec![0], ..world(Plane::Ideal, 1, Limits::Pods(3, 4)) }, events);
}

/// A pod that two ReplicaSets delete one after the other is waited for by both.
#[test]
fn deleted_by_two() {
    let events = vec![
        Event::Wait(1_000),
        Event::Edit(vec![Change::Label(2)]),
        Event::Set(0, SetFate::Doubled),
        Event::Break(Break::Watch(1_000, 10_000)),
        Event::Wait(1_000),
        Event::Pod(0, PodFate::Adopted(109)),
    ];
    check(World { stop_ms: 25_996, ..world(Plane::Watch(252), 1, Limits::Recreate) }, events);
}

/// A ReplicaSet that nobody owns has failed seventeen times when the faults end, and is to fail three times more, up to 1,000 s
/// apart: it is not at rest before.
#[test]
fn late_retries() {
    let events = vec![
        Event::Set(0, SetFate::Doubled),
        Event::Set(21, SetFate::Relabelled),
        Event::Restart,
        Event::Break(Break::Lost(Watched::ReplicaSets, 1_000)),
        Event::Set(124, SetFate::Resized(67)),
        Event::Break(Break::Quota(Some(0))),
        Event::Wait(333_000),
        Event::Break(Break::Api(5, 3, ApiFault::TimedOut)),
    ];
    check(world(Plane::Ideal, 0, Limits::Pods(1, 0)), events);
}

/// How crowded a node is follows from the selectors of a Deployment's ReplicaSets, whoever owns the pods.
#[test]
fn crowded_by_pods_of_another_owner() {
    let events = vec![
        Event::Edit(vec![Change::Image(1)]),
        Event::Set(19, SetFate::Dying),
        Event::Edit(vec![Change::Label(2)]),
        Event::Pod(0, PodFate::Adopted(117)),
        Event::Wait(10_000),
    ];
    check(World { nodes: 3, ..world(Plane::Ideal, 4, Limits::Pods(1, 0)) }, events);
}

/// A ReplicaSet that is gone while nobody watches makes pods that are collected at once, and each end of one wakes its Recreate
/// Deployment: its passes fail alike, but are no retries.
#[test]
fn failures_that_events_bring_about() {
    let events = vec![
        Event::Break(Break::Lost(Watched::ReplicaSets, 52_000)),
        Event::Set(0, SetFate::DeletedOrphaning),
        Event::Break(Break::Kill(1)),
    ];
    let alone = world(Plane::Ideal, 1, Limits::Recreate);
    check(World { stop_ms: 27_423, startup_ms: vec![0], nodes: 1, ..alone }, events);
}

/// Recreate waits for a pod that somebody gave to a ReplicaSet which does not select it, and nobody is woken when it ends: when faults
/// have ended, too, something has to happen before the rollout goes on.
#[test]
fn left_pod_ends_after_the_faults() {
    let events = vec![
        Event::Edit(vec![Change::Image(1)]),
        Event::Set(1, SetFate::Dying),
        Event::Break(Break::Watch(40_614, 43_106)),
        Event::Pod(0, PodFate::Adopted(0)),
        Event::Wait(7_000),
    ];
    check(world(Plane::Ideal, 1, Limits::Recreate), events);
}

/// A Deployment fails to adopt what another one has adopted, which its cache does not show; then it does, and wakes nobody: the
/// deadline is noticed when the retry comes, which is later.
#[test]
fn deadline_behind_a_retry() {
    let events = vec![
        Event::Break(Break::Quota(Some(0))),
        Event::Rival(1),
        Event::Wait(1_000),
        Event::Break(Break::Controllers(0, 9_881)),
        Event::Break(Break::Watch(55_317, 10_000)),
        Event::Stray(236, 0),
        Event::Wait(60_000),
    ];
    check(World { progress_deadline_s: Some(91), ..world(Plane::Ideal, 0, Limits::Pods(1, 0)) }, events);
}
