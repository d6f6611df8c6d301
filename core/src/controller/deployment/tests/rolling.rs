//! RollingUpdate (deployment.md §9).

use serde_json::json;

use super::{check, deployment, resized, rs};

#[test]
fn one_pass_creates_and_shrinks_or_grows_or_shrinks() {
    for (surge, unavailable, old, new, expected) in [
        // Created at its final size, so old pods can go in the very same pass.
        (3, 2, (10, 10), None, "web-hash=3 old=8"),
        (1, 0, (10, 10), None, "web-hash=1"),
        (0, 1, (10, 10), None, "web-hash=0 old=9"),
        // Grows: nothing else in this pass.
        (3, 2, (8, 8), Some((3, 0)), "new=5"),
        // Full: old ones go as new ones become available.
        (3, 2, (8, 8), Some((5, 0)), ""),
        (3, 2, (8, 8), Some((5, 2)), "old=6"),
        (1, 0, (10, 10), Some((1, 0)), ""),
        (1, 0, (10, 10), Some((1, 1)), "old=9"),
        // Unavailable old pods go first: they cost nothing.
        (1, 0, (10, 7), Some((1, 0)), ""),
        (1, 1, (10, 7), Some((1, 0)), "old=9"),
        (0, 3, (10, 8), Some((0, 0)), "old=8 old=7"),
        // Too large: it shrinks at once.
        (1, 0, (0, 0), Some((12, 12)), "new=10"),
        (1, 0, (0, 0), Some((10, 10)), ""),
        // More available than wanted of it (status lags): counted as it is, no clamp.
        (0, 1, (5, 5), Some((5, 7)), "old=2"),
        // The other way round it does not help: sizes say that nothing may go.
        (0, 1, (2, 12), Some((8, 0)), ""),
    ] {
        let d = deployment(10, json!(surge), json!(unavailable), |_| {});
        let mut sets = vec![rs("old", "v1", 1, old.0, old.1, Some((10, 13)))];
        sets.extend(new.map(|(size, available)| rs("new", "v2", 2, size, available, Some((10, 13)))));
        assert_eq!(resized(&d, &sets), expected, "+{surge} -{unavailable} old {old:?} new {new:?}");
    }
}

#[test]
fn oldest_replica_sets_shrink_first() {
    let d = deployment(10, json!(0), json!(4), |_| {});
    let sets = |a: i64, b: i64| {
        [
            rs("b", "v1", 2, 5, b, Some((10, 10))),
            rs("a", "v0", 1, 5, a, Some((10, 10))),
            rs("new", "v2", 3, 0, 0, Some((10, 10))),
        ]
    };
    // All available: six must stay, the oldest gives four.
    assert_eq!(resized(&d, &sets(5, 5)), "a=1");
    // Unavailable ones of both, up to the four that may go at all.
    assert_eq!(resized(&d, &sets(4, 2)), "a=4 b=2");
    assert_eq!(resized(&d, &sets(2, 2)), "a=2 b=4");
}

#[test]
fn an_error_in_the_cleanup_is_swallowed_and_ends_it() {
    let d = deployment(10, json!(0), json!(4), |_| {});
    // `b` reports more than it has: what was written for `a` stays, nothing follows, no error.
    let sets = [
        rs("a", "v0", 1, 5, 4, Some((10, 10))),
        rs("b", "v1", 2, 5, 6, Some((10, 10))),
        rs("new", "v2", 3, 0, 0, Some((10, 10))),
    ];
    check(
        &d,
        &sets,
        "status 0/0/0/0/0
         update a 4 rev 1 of 10/10
         status 10/0/10/10/0 Available=True/MinimumReplicasAvailable
         ScalingReplicaSet: Scaled down replica set a from 5 to 4",
    );
}

#[test]
fn a_first_rollout_and_its_end() {
    let d = deployment(2, json!(1), json!(0), |d| d["spec"]["progressDeadlineSeconds"] = 600.into());
    check(
        &d,
        &[],
        "create web-hash 2 rev 1 of 2/3
         status 0/0/0/0/0 Progressing=True/NewReplicaSetCreated
         status 0/0/0/0/2 Progressing=True/NewReplicaSetCreated Available=False/MinimumReplicasUnavailable
         ScalingReplicaSet: Scaled up replica set web-hash from 0 to 2",
    );
}

#[test]
fn unknown_strategies_are_refused() {
    let d = deployment(2, json!(1), json!(0), |d| d["spec"]["strategy"]["type"] = "Weird".into());
    check(&d, &[], "error: unexpected deployment strategy type: Weird");
}
