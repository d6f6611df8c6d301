//! The search of small worlds, held against stateright's and against itself without its shortcuts.

use maxsurge_core::oracle::Property;
use maxsurge_fuzz::exhaust::{Bounds, FaultKind, SmallWorld, all_broken, check, check_with_stateright};
use maxsurge_fuzz::generators::Limits;

const UNIQUE_MAX: usize = 1_000_000;

/// Small ones of every kind: late events, faults, sizes and pauses, from the creation on, with limits that do not hold.
fn worlds() -> Vec<Bounds> {
    let mut worlds = Vec::new();
    for strategy in [Limits::Pods(0, 1), Limits::Pods(1, 0), Limits::Pods(1, 1), Limits::Recreate] {
        let small = Bounds { edits: 1, lag: 1, ..Bounds::new(strategy, 1) };
        let faulty = Bounds { faults: 1, kinds: FaultKind::ALL.to_vec(), ..small.clone() };
        worlds.push(Bounds { lag: 2, ..small.clone() });
        worlds.push(Bounds { lag: 0, replicas: 2, ..faulty.clone() });
        worlds.push(faulty);
        worlds.push(Bounds { sizes: vec![0, 2], pauses: true, fresh: true, ..small.clone() });
        worlds.push(Bounds { edits: 2, throughout: true, ..small });
    }
    worlds
}

#[test]
fn sees_what_stateright_sees() {
    for bounds in worlds() {
        for is_reduced in [true, false] {
            let world = || {
                let world = SmallWorld::new(bounds.clone());
                if is_reduced { world } else { world.unreduced() }
            };
            let ours = check(&world(), UNIQUE_MAX);
            let theirs = check_with_stateright(world(), UNIQUE_MAX);
            let kind = |found: &Option<maxsurge_fuzz::exhaust::Found>| {
                found.as_ref().map(|found| (found.violation.property, found.steps))
            };
            assert_eq!(kind(&ours.found), kind(&theirs.found), "{bounds}");
            if ours.found.is_none() {
                assert!(ours.is_complete && theirs.is_complete, "{bounds}");
                assert_eq!(
                    (ours.unique, ours.states, ours.depth),
                    (theirs.unique, theirs.states, theirs.depth),
                    "{bounds}"
                );
            }
        }
    }
}

/// What is broken within the bounds, by kind.
fn kinds(world: &SmallWorld) -> Vec<Property> {
    let broken = all_broken(world, UNIQUE_MAX).expect("it is a small world");
    let mut kinds: Vec<Property> = broken.iter().map(|violation| violation.property).collect();
    kinds.sort_by_key(|property| property.code());
    kinds.dedup();
    kinds
}

/// With one state for all that cannot be told apart, the same is found as with each of them, also what is known of
/// Kubernetes, and errors that are forgotten.
#[test]
fn reduction_overlooks_nothing() {
    let (mut broken, mut forgetful) = (0, 0);
    for bounds in worlds() {
        let (reduced, whole) = (SmallWorld::new(bounds.clone()), SmallWorld::new(bounds.clone()).unreduced());
        let found = kinds(&reduced);
        assert_eq!(found, kinds(&whole), "{bounds}");
        broken += usize::from(!found.is_empty());
        let (reduced, whole) = (check(&reduced, UNIQUE_MAX), check(&whole, UNIQUE_MAX));
        assert_eq!(reduced.met, whole.met, "{bounds}");
        assert_eq!(reduced.forgot > 0, whole.forgot > 0, "{bounds}");
        forgetful += usize::from(whole.forgot > 0);
        if found.is_empty() {
            assert!(reduced.unique <= whole.unique, "{bounds}: {} of {}", reduced.unique, whole.unique);
        }
    }
    // Otherwise this would say nothing.
    assert!(broken > 0 && forgetful > 0, "{broken} {forgetful}");
}

/// Each planted bug breaks the same with the reduction and without it.
#[cfg(feature = "zoo")]
#[test]
fn reduction_overlooks_no_mutant() {
    let mut found = 0;
    for entry in maxsurge_core::zoo::ENTRIES {
        for strategy in [Limits::Pods(1, 0), Limits::Recreate] {
            let any = FaultKind::ALL.to_vec();
            let small = Bounds { edits: 1, faults: 1, kinds: any, lag: 1, ..Bounds::new(strategy, 1) };
            let other = Bounds { faults: 0, lag: 2, fresh: true, sizes: vec![0, 2], ..small.clone() };
            for bounds in [small, other] {
                let world = || SmallWorld::new(bounds.clone()).with_mutant(entry.mutant);
                let (reduced, whole) = (kinds(&world()), kinds(&world().unreduced()));
                assert_eq!(reduced, whole, "{} in {bounds}", entry.name);
                found += usize::from(!whole.is_empty());
            }
        }
    }
    assert!(found > 20, "{found}");
}
