//! Claiming, and what ends a pass early (deployment.md §3, §4).

use serde_json::{Value, json};

use super::{check, decide, deployment, rs, text, with};

const OWNERS: &str = "/metadata/ownerReferences";

/// The patches of a pass over one ReplicaSet, and whether it counted.
fn claimed(edit_d: fn(&mut Value), rs: Value) -> (String, bool) {
    let d = deployment(3, json!(1), json!(1), |d| {
        d["spec"]["paused"] = true.into();
        edit_d(d);
    });
    let text = text(&decide(&d, &[rs], &[]));
    let patches: Vec<&str> =
        text.lines().filter(|l| l.starts_with("adopt") || l.starts_with("release")).collect();
    (patches.join(","), text.contains("status 3/"))
}

#[test]
fn who_is_claimed_adopted_and_released() {
    let own = || rs("a", "v1", 1, 3, 3, Some((3, 4)));
    let orphan = || with(own(), OWNERS, json!([]));
    let other = |uid: &str, kind: &str| {
        with(
            own(),
            OWNERS,
            json!([{"apiVersion": "x", "kind": kind, "name": "x", "uid": uid, "controller": true}]),
        )
    };
    let stranger = |rs: Value| with(rs, "/metadata/labels", json!({"app": "x"}));
    let deleting = |rs: Value| with(rs, "/metadata/deletionTimestamp", super::at(1).into());
    let none: fn(&mut Value) = |_| {};
    let d_deleting: fn(&mut Value) = |d| d["metadata"]["deletionTimestamp"] = super::at(1).into();
    for (what, edit, rs, patches, counts) in [
        ("ours", none, own(), "", true),
        ("ours by uid alone", none, other("d", "Job"), "", true),
        ("another's", none, other("x", "Deployment"), "", false),
        ("ours, does not match", none, stranger(own()), "release a", false),
        ("ours, does not match, we are going", d_deleting, stranger(own()), "", false),
        ("ours, we are going", d_deleting, own(), "", true),
        ("ours, it is going", none, deleting(own()), "", true),
        ("orphan", none, orphan(), "adopt a", true),
        ("orphan, does not match", none, stranger(orphan()), "", false),
        ("orphan, it is going", none, deleting(orphan()), "", false),
        ("orphan, we are going", d_deleting, orphan(), "", false),
        (
            "an owner that does not manage",
            none,
            with(own(), OWNERS, json!([{"apiVersion": "x", "kind": "X", "name": "x", "uid": "x"}])),
            "adopt a",
            true,
        ),
    ] {
        assert_eq!(claimed(edit, rs), (patches.to_owned(), counts), "{what}");
    }
}

#[test]
fn a_selector_of_nulls_is_refused_and_an_empty_one_is_not() {
    let d = |selector: Value, observed: i64| {
        deployment(1, json!(1), json!(0), |d| {
            d["spec"]["selector"] = selector;
            d["status"]["observedGeneration"] = observed.into();
        })
    };
    let orphan = || with(rs("a", "v2", 1, 1, 1, Some((1, 2))), OWNERS, json!([]));
    let event = "SelectingAll: This deployment is selecting all pods. A non-empty selector is required.";
    check(&d(json!({}), 1), &[orphan()], event);
    check(&d(json!({}), 0), &[orphan()], &format!("status 0/0/0/0/0 \n{event}").replace(" \n", "\n"));
    assert!(text(&decide(&d(json!({"matchLabels": {}}), 1), &[orphan()], &[])).starts_with("adopt a"));
    assert!(text(&decide(&d(json!({"matchExpressions": []}), 1), &[orphan()], &[])).starts_with("adopt a"));
    let bad = d(json!({"matchExpressions": [{"key": "app", "operator": "Near"}]}), 1);
    check(
        &bad,
        &[orphan()],
        r#"error: deployment ns/web has invalid label selector: "Near" is not a valid label selector operator"#,
    );
}

#[test]
fn deletion_goes_before_pause_before_rollback_before_scaling() {
    let all = |d: &mut Value, keep: usize| {
        d["metadata"]["annotations"] = json!({"deprecated.deployment.rollback.to": "9"});
        if keep > 0 {
            d["spec"]["paused"] = true.into();
        }
        if keep > 1 {
            d["metadata"]["deletionTimestamp"] = super::at(1).into();
        }
    };
    let sets = || {
        [
            rs("old", "v1", 1, 3, 3, Some((3, 4))),
            with(rs("new", "v2", 2, 0, 0, None), "/spec/replicas", 0.into()),
        ]
    };
    for (keep, expected) in [
        (0, "DeploymentRollbackRevisionNotFound"),
        (1, "Scaled up replica set old from 3 to 5"),
        (2, "status 3/0/3/3/0 Available=False"),
    ] {
        let d = deployment(5, json!(1), json!(1), |d| all(d, keep));
        let text = text(&decide(&d, &sets(), &[]));
        assert!(text.contains(expected), "{keep}: {text}");
        assert_eq!(text.contains("Scaled"), keep == 1, "{keep}: {text}");
    }
}
