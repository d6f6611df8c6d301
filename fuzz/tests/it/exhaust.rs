//! Every interleaving of worlds small enough for a test.

use maxsurge_core::cluster::{Cluster, UserAction};
use maxsurge_core::oracle::Property;
use maxsurge_fuzz::World;
use maxsurge_fuzz::exhaust::{Bounds, Edit, FaultKind, Outcome, SmallWorld, check, image_of};
use maxsurge_fuzz::generators::{Limits, Plane};

const STATES_MAX: usize = 3_000_000;
const STRATEGIES: [Limits; 4] =
    [Limits::Pods(0, 1), Limits::Pods(1, 0), Limits::Pods(1, 1), Limits::Recreate];

fn run(bounds: Bounds) -> Outcome {
    let title = bounds.to_string();
    let outcome = check(&SmallWorld::new(bounds), STATES_MAX);
    eprintln!("{title}: {} states", outcome.unique);
    outcome
}

/// All is well within the bounds, and all of them was seen.
fn holds(bounds: Bounds) -> Outcome {
    let outcome = run(bounds);
    if let Some(found) = &outcome.found {
        panic!("{}", found.story);
    }
    assert!(outcome.is_complete, "{outcome:?}");
    outcome
}

#[test]
fn one_edit_and_late_watch_events() {
    for strategy in STRATEGIES {
        let outcome = holds(Bounds { edits: 1, lag: 2, ..Bounds::new(strategy, 2) });
        // Fewer would mean that half of what can happen no longer does.
        assert!(outcome.unique > 1_000, "{outcome:?}");
    }
}

#[test]
fn creation_and_changes_of_size() {
    for strategy in [Limits::Pods(1, 0), Limits::Recreate] {
        let small = Bounds { edits: 1, fresh: true, pauses: true, ..Bounds::new(strategy, 1) };
        holds(Bounds { sizes: vec![0, 2], lag: 1, ..small });
    }
}

/// Kubernetes forgets that an old ReplicaSet could not be made smaller (`reconcileOldReplicaSets` answers `nil`).
#[test]
fn one_fault() {
    let bounds =
        Bounds { edits: 1, faults: 1, kinds: FaultKind::ALL.to_vec(), ..Bounds::new(Limits::Pods(1, 0), 2) };
    let outcome = holds(bounds);
    assert!(outcome.forgot > 0, "{outcome:?}");
}

/// `maxUnavailable: 0` does not hold throughout when a rollout is turned back: the ReplicaSet that is the new one again
/// still counts pods that it has just deleted, `newRSUnavailablePodCount` is negative, and the other one gives up more
/// pods than may be missing.
#[test]
fn turning_back_takes_too_many() {
    let outcome = run(Bounds { edits: 2, throughout: true, ..Bounds::new(Limits::Pods(1, 0), 2) });
    let found = outcome.found.expect("Kubernetes does so");
    assert_eq!(found.violation.property, Property::SAvail, "{}", found.story);
    assert!(found.story.contains("1 pods available, 2 at least"), "{}", found.story);
}

/// Recreate runs two templates at once if its caches do not show the pods of the last one before it is replaced.
#[test]
fn recreate_overlaps_behind_its_caches() {
    let bounds = Bounds { edits: 2, throughout: true, ..Bounds::new(Limits::Recreate, 1) };
    holds(bounds.clone());
    let found = run(Bounds { lag: 1, ..bounds }).found.expect("Kubernetes does so");
    assert_eq!(found.violation.property, Property::SRecreate, "{}", found.story);
}

/// A ReplicaSet that the caches do not show yet counts for nothing when the revision of the next one is chosen: both have
/// the same one until the next pass over the Deployment. One late event is not enough: while a ReplicaSet is not seen,
/// nobody writes another then.
#[test]
fn one_revision_twice() {
    let bounds = Bounds { edits: 2, lag: 2, ..Bounds::new(Limits::Pods(0, 1), 1) };
    holds(bounds.clone());
    holds(Bounds { lag: 1, throughout: true, ..bounds.clone() });
    let found = run(Bounds { throughout: true, ..bounds }).found.expect("Kubernetes does so");
    assert_eq!(found.violation.property, Property::SRev, "{}", found.story);
    assert!(found.story.contains("both have revision 2"), "{}", found.story);
}

/// Without delays the small world goes the way of the large one, size by size.
#[test]
fn goes_as_the_world_does() {
    let edits = [Edit::Template(1), Edit::Template(2), Edit::Size(2), Edit::Template(0), Edit::Size(4)];
    for strategy in STRATEGIES {
        let ours = SmallWorld::new(Bounds::new(strategy, 4)).sizes_after(&edits);
        let world = World {
            plane: Plane::Ideal,
            replicas: 4,
            strategy,
            min_ready_s: 0,
            progress_deadline_s: None,
            history_limit: Some(10),
            // No two pods get ready in one instant.
            startup_ms: (0..60).map(|n| 1_000 + 7 * n).collect(),
            stop_ms: if strategy == Limits::Recreate { 1_000 } else { 0 },
            nodes: 0,
        };
        let mut cluster = Cluster::new(world.config(), world.workload(), 0);
        let id = cluster.create(world.deployment("web")).unwrap();
        let mut course = Vec::new();
        let sizes = |cluster: &Cluster| {
            let mut sizes = [0; 3];
            for (_, rs) in cluster.store.replica_sets() {
                let at = (0..3).find(|at| image_of(*at) == rs.spec.template.image()).unwrap();
                sizes[at] = rs.spec.replicas;
            }
            sizes
        };
        let far = |cluster: &Cluster| cluster.now().plus_seconds(1_000);
        cluster.settle().unwrap();
        cluster.run_before(far(&cluster), &mut |_| {}).unwrap();
        course.push(sizes(&cluster));
        for edit in edits {
            let action = match edit {
                Edit::Template(n) => UserAction::SetImage { container: None, image: image_of(n.into()) },
                Edit::Size(n) => UserAction::Scale(n.into()),
                Edit::Pause(paused) => UserAction::Pause(paused),
            };
            cluster.act(id, &action).unwrap();
            cluster.settle().unwrap();
            course.push(sizes(&cluster));
            let until = far(&cluster);
            cluster.run_before(until, &mut |cluster| course.push(sizes(cluster))).unwrap();
        }
        course.dedup();
        assert_eq!(ours, course, "{strategy:?}");
        assert!(course.len() > 6, "{course:?}");
    }
}
