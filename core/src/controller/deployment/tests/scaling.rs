//! Scaling events, pause and proportional shares (deployment.md §8, §12, §20).

use serde_json::{Value, json};

use super::{check, decide, deployment, resized, rs, text, with};

const DESIRED: &str = "/metadata/annotations/deployment.kubernetes.io~1desired-replicas";
const MAX: &str = "/metadata/annotations/deployment.kubernetes.io~1max-replicas";

/// Three ReplicaSets (the last has the template) that remember `before`, brought to `replicas` + `surge`.
fn shares(replicas: i64, surge: i64, before: (i64, i64), sizes: [i64; 3]) -> String {
    let d = deployment(replicas, json!(surge), json!(1), |_| {});
    let [a, b, c] = sizes;
    resized(
        &d,
        &[
            rs("a", "v0", 1, a, a, Some(before)),
            rs("b", "v1", 2, b, b, Some(before)),
            rs("c", "v2", 3, c, 0, Some(before)),
        ],
    )
}

#[test]
fn shares_are_proportional() {
    for (replicas, surge, before, sizes, expected) in [
        (120, 10, (100, 110), [60, 30, 20], "a=71 b=35 c=24"),
        (130, 10, (120, 130), [71, 35, 24], "a=76 b=38 c=26"),
        // Scaling down: what rounding leaves over goes to the largest.
        (5, 0, (10, 10), [4, 3, 3], "a=1 b=2 c=2"),
        // Scaling up: among equals the newest first.
        (15, 0, (9, 9), [3, 3, 3], "c=5 b=5 a=5"),
        (10, 0, (9, 9), [3, 3, 3], "c=4 b=3 a=3"),
        // To nothing: each loses all of it.
        (0, 5, (9, 9), [5, 3, 1], "a=0 b=0 c=0"),
        // The total is right: only the memory is refreshed, olds newest first.
        (7, 2, (9, 9), [5, 3, 1], "b=3 a=5 c=1"),
    ] {
        assert_eq!(shares(replicas, surge, before, sizes), expected, "{sizes:?} -> {replicas}+{surge}");
    }
}

#[test]
fn the_documented_ten_to_fifteen_in_mid_rollout() {
    // 10 replicas, surge 3: old 8, new 5; then 15 wanted. 18 allowed, five more.
    assert_eq!(shares(15, 3, (10, 13), [8, 0, 5]), "a=11 c=7");
}

#[test]
fn int32_wraps_around_silently() {
    // 50,000 * 125,000 overflows; the sizes are nonsense, one is negative, and both are written.
    assert_eq!(shares(50_000, 75_000, (40_000, 125_000), [50_000, 25_000, 0]), "a=134360 b=-9360");
    let d = deployment(2_000_000_000, json!("100%"), json!(0), |_| {});
    check(
        &d,
        &[],
        "create web-hash 0 rev 1 of 2000000000/-294967296
         status 0/0/0/0/0
         status 0/0/0/0/0 Available=False/MinimumReplicasUnavailable",
    );
}

#[test]
fn a_single_active_one_just_gets_the_size() {
    let d = deployment(5, json!(2), json!(0), |_| {});
    let stale = Some((3, 5));
    for (sets, expected) in [
        (vec![rs("old", "v1", 1, 3, 3, stale), rs("new", "v2", 2, 0, 0, stale)], "old=5"),
        (vec![rs("old", "v1", 1, 0, 3, stale), rs("new", "v2", 2, 3, 0, stale)], "new=5"),
        // Right size and stale memory: nothing is written, and the next pass will see a scaling event again.
        (vec![rs("old", "v1", 1, 5, 5, stale), rs("new", "v2", 2, 0, 0, stale)], ""),
    ] {
        assert_eq!(resized(&d, &sets), expected);
    }
}

#[test]
fn the_livelock_of_a_stale_memory() {
    let d = deployment(4, json!(0), json!(1), |d| {
        d["status"] = json!({"observedGeneration": 1, "replicas": 4, "readyReplicas": 4, "availableReplicas": 4,
            "terminatingReplicas": 0, "conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}]});
        d["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "2"});
    });
    check(&d, &[rs("old", "v1", 1, 4, 4, Some((5, 5))), rs("new", "v2", 2, 0, 0, Some((5, 5)))], "");
}

#[test]
fn a_saturated_new_one_sends_the_others_away() {
    let d = deployment(5, json!(1), json!(0), |_| {});
    let sets = |available, desired: &str| {
        [
            rs("a", "v0", 1, 2, 2, Some((4, 5))),
            rs("b", "v1", 2, 1, 1, Some((4, 5))),
            with(rs("new", "v2", 3, 5, available, Some((5, 6))), DESIRED, desired.into()),
        ]
    };
    // Newest first.
    assert_eq!(resized(&d, &sets(5, "5")), "b=0 a=0");
    // Read with a sign and cut to 32 bits, here and only here.
    assert_eq!(resized(&d, &sets(5, "+5")), "b=0 a=0");
    assert_eq!(resized(&d, &sets(5, "4294967301")), "b=0 a=0");
    // Not all available: proportional.
    assert_eq!(resized(&d, &sets(4, "5")), "new=3 a=2 b=1");
}

#[test]
fn what_is_remembered_decides_what_is_a_scaling_event() {
    let d = deployment(5, json!(0), json!(1), |_| {});
    for (desired, expected) in [
        // No change, or none that is readable: the rollout goes on, with one pod fewer.
        ("5", "old=3"),
        ("005", "old=3"),
        ("+4", "old=3"),
        ("", "old=3"),
        ("2147483648", "old=3"),
        // A change: the total is right, so only the memory is refreshed.
        ("4", "old=4"),
    ] {
        let old = with(rs("old", "v1", 1, 4, 4, Some((5, 5))), DESIRED, desired.into());
        assert_eq!(resized(&d, &[old, rs("new", "v2", 2, 1, 1, Some((5, 5)))]), expected, "{desired:?}");
    }
}

#[test]
fn without_a_readable_maximum_the_status_stands_in() {
    let status = |replicas: i64| move |d: &mut Value| d["status"]["replicas"] = replicas.into();
    let sets = |max: Value| {
        [
            with(rs("old", "v1", 1, 6, 6, Some((10, 10))), MAX, max.clone()),
            with(rs("new", "v2", 2, 4, 4, Some((10, 10))), MAX, max),
        ]
    };
    for (max, replicas, expected) in [
        (json!("10"), 0, "old=12 new=8"),
        (json!("x"), 10, "old=12 new=8"),
        (json!("0"), 10, "old=12 new=8"),
        // No memory at all: nobody has a share, the first takes everything.
        (json!("x"), 0, "old=16 new=4"),
        // A stale, larger maximum: shares turn negative while scaling up.
        (json!("40"), 0, "old=18 new=2"),
    ] {
        let d = deployment(20, json!(0), json!(1), status(replicas));
        assert_eq!(resized(&d, &sets(max.clone())), expected, "{max} {replicas}");
    }
}

#[test]
fn a_share_is_cut_to_what_is_left() {
    // The first takes all ten, since it remembers a small whole; the second, which remembers a large one and would shrink
    // for it, is then left as it is.
    let d = deployment(20, json!(0), json!(1), |_| {});
    let sets = [rs("a", "v1", 1, 6, 6, Some((10, 3))), rs("new", "v2", 2, 4, 4, Some((10, 40)))];
    assert_eq!(resized(&d, &sets), "a=16 new=4");
}

/// With each size the two numbers are remembered for which it was made, whether or not the template has a ReplicaSet.
#[test]
fn what_a_resize_remembers() {
    for (paused, others) in [(true, vec![]), (false, vec![rs("new", "v2", 2, 0, 0, Some((3, 5)))])] {
        let d = deployment(5, json!(2), json!(0), |d| d["spec"]["paused"] = paused.into());
        let mut sets = vec![rs("old", "v1", 1, 3, 3, Some((3, 5)))];
        sets.extend(others);
        let told = text(&decide(&d, &sets, &[]));
        let updates: Vec<&str> = told.lines().filter(|line| line.starts_with("update ")).collect();
        assert_eq!(updates, ["update old 5 rev 1 of 5/7"], "paused: {paused}");
    }
}

#[test]
fn pausing_moves_sizes_but_rolls_nothing_out() {
    let paused = |d: &mut Value| d["spec"]["paused"] = true.into();
    let d = deployment(10, json!(2), json!(0), paused);
    // No new ReplicaSet is created; the old one gets the size.
    assert_eq!(resized(&d, &[rs("old", "v1", 1, 7, 7, Some((7, 9)))]), "old=10");
    assert_eq!(resized(&d, &[]), "");
    // None is active: the one of the template gets it, or else the newest.
    let idle = |name: &str, image: &str, n: i64| rs(name, image, n, 0, 0, Some((0, 2)));
    assert_eq!(resized(&d, &[idle("a", "v0", 1), idle("b", "v1", 2), idle("c", "v2", 3)]), "c=10");
    assert_eq!(resized(&d, &[idle("a", "v0", 1), idle("b", "v1", 2), idle("c", "v3", 0)]), "b=10");
    // Two active: brought to R + surge, the leftover goes to the largest.
    let sets = [rs("old", "v1", 1, 8, 8, Some((10, 12))), rs("new", "v2", 2, 2, 2, Some((10, 12)))];
    assert_eq!(resized(&d, &sets), "old=10");
    // Recreate shares nothing out.
    let d = deployment(10, json!(2), json!(0), |d| {
        paused(d);
        d["spec"]["strategy"] = json!({"type": "Recreate"});
    });
    assert_eq!(resized(&d, &sets), "");
}
