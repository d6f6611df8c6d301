//! The two limits as numbers (deployment.md §6, §9.2).

use serde_json::{Value, json};

use super::super::Strategy;
use super::deployment;

#[track_caller]
fn check(replicas: i64, surge: Value, unavailable: Value, expected: (i32, i32)) {
    let d = deployment(replicas, surge.clone(), unavailable.clone(), |_| {});
    let posts = Strategy::of(&d.spec.strategy).fenceposts(d.replicas());
    assert_eq!((posts.max_surge, posts.max_unavailable), expected, "{surge}/{unavailable} of {replicas}");
}

#[test]
fn percentages_round_surge_up_and_unavailability_down() {
    for (replicas, quarter, third, percent) in [
        (1, (1, 0), (1, 0), (1, 0)),
        (2, (1, 0), (1, 0), (1, 0)),
        (3, (1, 0), (1, 0), (1, 0)),
        (4, (1, 1), (2, 1), (1, 0)),
        (5, (2, 1), (2, 1), (1, 0)),
        (10, (3, 2), (4, 3), (1, 0)),
        (99, (25, 24), (33, 32), (1, 0)),
        (100, (25, 25), (33, 33), (1, 1)),
        (101, (26, 25), (34, 33), (2, 1)),
        (1000, (250, 250), (330, 330), (10, 10)),
    ] {
        check(replicas, json!("25%"), json!("25%"), quarter);
        check(replicas, json!("33%"), json!("33%"), third);
        check(replicas, json!("1%"), json!("1%"), percent);
    }
}

#[test]
fn rounding_holds_for_every_size() {
    for replicas in 1..=1000_i64 {
        for percent in [0_i64, 1, 10, 25, 33, 50, 99, 100] {
            let text = json!(format!("{percent}%"));
            let (up, down) = ((replicas * percent + 99) / 100, replicas * percent / 100);
            let both_zero = up == 0 && down == 0;
            check(replicas, text.clone(), text, (up as i32, if both_zero { 1 } else { down as i32 }));
        }
    }
}

#[test]
fn limits_at_the_edges() {
    for (replicas, surge, unavailable, expected) in [
        // Both zero would stop every rollout, so one pod may be missing.
        (3, json!(0), json!(0), (0, 1)),
        (3, json!("0%"), json!("0%"), (0, 1)),
        (3, json!(0), json!("25%"), (0, 1)),
        (3, json!(null), json!(null), (0, 1)),
        (1, json!(1), json!(0), (1, 0)),
        (1, json!(0), json!(1), (0, 1)),
        // Nothing wanted: nothing can be missing, an absolute surge stays.
        (0, json!("25%"), json!("25%"), (0, 0)),
        (0, json!(2), json!(2), (2, 0)),
        // Unavailability is capped at all pods, surge is not.
        (3, json!(0), json!(7), (0, 3)),
        (3, json!("300%"), json!("200%"), (9, 3)),
        // One meaningless limit makes both zero, not one.
        (3, json!("x"), json!(2), (0, 0)),
        (3, json!(2), json!("25"), (0, 0)),
        (3, json!("%"), json!(1), (0, 0)),
        (3, json!("40%%"), json!(1), (0, 0)),
        (3, json!(" 5%"), json!(1), (0, 0)),
        (3, json!("99999999999999999999%"), json!(1), (0, 0)),
        // Negative ones are used as they are; only validation refuses them.
        (10, json!("+10%"), json!("-10%"), (1, -1)),
        (3, json!(-1), json!(0), (-1, 0)),
        // Wider than 32 bits, then cut: 2^32 is not zero for the rule about two zeros.
        (100, json!("4294967296%"), json!(0), (0, 0)),
    ] {
        check(replicas, surge, unavailable, expected);
    }
}

#[test]
fn the_new_replica_set_grows_into_what_is_left() {
    for (replicas, surge, total, size, expected) in [
        (10, json!(3), 10, 0, Some(3)),
        (10, json!("25%"), 10, 3, Some(6)),
        (10, json!(0), 10, 0, Some(0)),
        (10, json!(5), 20, 4, Some(4)),
        (10, json!("100%"), 10, 0, Some(10)),
        (10, json!("300%"), 0, 0, Some(10)),
        (10, json!(null), 10, 0, None),
        (10, json!("x"), 10, 0, None),
        // R + surge wraps around.
        (2_000_000_000, json!("100%"), 0, 0, Some(0)),
    ] {
        let d = deployment(replicas, surge.clone(), json!("x"), |_| {});
        let got = Strategy::of(&d.spec.strategy).size_of_new(d.replicas(), total, size);
        assert_eq!(got.ok(), expected, "surge {surge} of {replicas}, {total} in all, {size} new");
    }
    for (name, expected) in [("Recreate", Ok(10)), ("Weird", Err("deployment type Weird isn't supported"))] {
        let d = deployment(10, json!(1), json!(1), |d| d["spec"]["strategy"]["type"] = name.into());
        let got = Strategy::of(&d.spec.strategy).size_of_new(10, 10, 0);
        assert_eq!(got.map_err(|e| e.message.to_string()), expected.map_err(str::to_owned));
    }
}
