//! The ReplicaSet of the template (deployment.md §5).

use serde_json::{Value, json};

use super::{check, decide, deployment, rs, text, with};
use crate::controller::decide::Action;

const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";

#[test]
fn the_oldest_with_the_template_is_the_new_one() {
    let d = deployment(1, json!(1), json!(0), |_| {});
    // Both have the template; names break ties of the creation time. The other counts as old.
    let sets = [
        rs("b", "v2", 1, 0, 0, Some((1, 2))),
        with(rs("a", "v2", 2, 0, 0, Some((1, 2))), "/metadata/creationTimestamp", super::at(1).into()),
    ];
    assert!(
        text(&decide(&d, &sets, &[])).starts_with("status"),
        "revision 2 of `a` is above that of the old `b`"
    );
    let sets = [sets[0].clone(), with(sets[1].clone(), "/metadata/creationTimestamp", super::at(5).into())];
    // Now `b` is the new one and must be numbered above `a`.
    assert!(text(&decide(&d, &sets, &[])).starts_with("update b 0 rev 3 of 1/2"));
}

#[test]
fn revisions_are_raised_and_never_lowered() {
    let d = deployment(3, json!(1), json!(0), |_| {});
    for (new, old, expected) in [
        (json!("1"), json!("1"), "update new 3 rev 2 of 3/4"),
        (json!("5"), json!("1"), "status"),
        (json!(""), json!("1"), "update new 3 rev 2 of 3/4"),
        (json!(null), json!("4"), "update new 3 rev 5 of 3/4"),
        // Unreadable: an old one does not count, a new one stops the step.
        (json!("1"), json!("x"), "status"),
        (json!("x"), json!("4"), "status"),
        (json!("0"), json!("-4"), "update new 3 rev 1 of 3/4"),
        // int64 wraps around: the successor of the greatest is the least, and nothing is below that.
        (json!("1"), json!("9223372036854775807"), "status"),
    ] {
        let sets = [
            with(rs("old", "v1", 1, 0, 0, None), REVISION, old.clone()),
            with(rs("new", "v2", 2, 3, 3, Some((3, 4))), REVISION, new.clone()),
        ];
        let text = text(&decide(&d, &sets, &[]));
        assert!(text.starts_with(expected), "new {new}, old {old}: {text}");
    }
}

#[test]
fn annotations_are_copied_and_never_removed() {
    let annotate = |d: &mut Value| {
        d["metadata"]["annotations"] = json!({
            "note": "n", "kubernetes.io/change-cause": "c", "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "deployment.kubernetes.io/revision": "7", "deployment.kubernetes.io/desired-replicas": "9",
        });
    };
    let d = deployment(3, json!(1), json!(0), annotate);
    let sets = [with(rs("new", "v2", 1, 3, 3, Some((3, 4))), "/metadata/annotations/kept", "k".into())];
    let decision = decide(&d, &sets, &[]);
    let Action::UpdateReplicaSet(written) = &decision.actions[0] else { panic!("{decision:?}") };
    let annotations: Vec<String> = written.meta.annotations.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(
        annotations,
        [
            "deployment.kubernetes.io/desired-replicas=3",
            "deployment.kubernetes.io/max-replicas=4",
            "deployment.kubernetes.io/revision=1",
            "kept=k",
            "kubernetes.io/change-cause=c",
            "note=n",
        ]
    );
}

#[test]
fn copies_beside_an_unreadable_revision_travel_with_the_next_write() {
    let d = deployment(5, json!(1), json!(0), |d| d["metadata"]["annotations"] = json!({"note": "n"}));
    let sets = [with(rs("new", "v2", 1, 3, 3, Some((5, 6))), REVISION, "x".into())];
    let decision = decide(&d, &sets, &[]);
    let updates: Vec<_> = decision
        .actions
        .iter()
        .filter_map(|a| match a {
            Action::UpdateReplicaSet(rs) => {
                Some((rs.spec.replicas, rs.meta.annotations.get("note").is_some()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(updates, [(5, true)]);
}

#[test]
fn min_ready_seconds_follow_the_deployment() {
    let d = deployment(3, json!(1), json!(0), |d| d["spec"]["minReadySeconds"] = 9.into());
    let decision = decide(&d, &[rs("new", "v2", 1, 3, 3, Some((3, 4)))], &[]);
    let Action::UpdateReplicaSet(written) = &decision.actions[0] else { panic!("{decision:?}") };
    assert_eq!(written.spec.min_ready_seconds, 9);
}

#[test]
fn what_is_created() {
    let d = deployment(3, json!(1), json!(0), |d| {
        d["spec"]["minReadySeconds"] = 7.into();
        d["spec"]["selector"]["matchExpressions"] = json!([{"key": "app", "operator": "Exists"}]);
        d["metadata"]["annotations"] = json!({"note": "n"});
    });
    let decision = decide(&d, &[rs("old", "v1", 4, 1, 1, Some((3, 4)))], &[]);
    let Action::CreateReplicaSet(rs) = &decision.actions[0] else { panic!("{decision:?}") };
    let mut value = rs.to_value();
    value.as_object_mut().unwrap().remove("status");
    assert_eq!(
        value,
        json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "name": "web-hash", "namespace": "ns",
                "labels": {"app": "web", "pod-template-hash": "hash"},
                "annotations": {"note": "n", "deployment.kubernetes.io/revision": "5",
                    "deployment.kubernetes.io/desired-replicas": "3", "deployment.kubernetes.io/max-replicas": "4"},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d",
                    "controller": true, "blockOwnerDeletion": true}],
            },
            "spec": {
                "replicas": 3, "minReadySeconds": 7,
                "selector": {"matchLabels": {"app": "web", "pod-template-hash": "hash"},
                    "matchExpressions": [{"key": "app", "operator": "Exists"}]},
                "template": {"metadata": {"labels": {"app": "web", "pod-template-hash": "hash"}},
                    "spec": {"containers": [{"name": "c", "image": "v2"}]}},
            },
        })
    );
}

#[test]
fn a_taken_name_is_ours_or_counts_as_a_collision() {
    let d = || deployment(3, json!(1), json!(0), |d| d["spec"]["progressDeadlineSeconds"] = 600.into());
    let taken = |image: &str| rs("web-hash", image, 1, 3, 3, Some((3, 4)));
    let foreign = |rs: Value| with(rs, "/metadata/ownerReferences/0/uid", "x".into());
    check(
        &d(),
        &[foreign(taken("v2"))],
        r#"create web-hash 3 rev 1 of 3/4
         status 0/0/0/0/0
         error: replicasets.apps "web-hash" already exists"#,
    );
    // Ours, with the template, but released in this very pass: used all the same, without a word.
    let released = with(taken("v2"), "/metadata/labels", json!({"app": "x"}));
    check(
        &d(),
        &[released],
        "release web-hash
         create web-hash 3 rev 1 of 3/4
         status 0/0/0/0/0
         status 3/3/3/3/0 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetAvailable",
    );
    let decision = decide(&d(), &[foreign(taken("v2"))], &[]);
    let Action::UpdateDeploymentStatus(written) = &decision.actions[1] else { panic!("{decision:?}") };
    assert_eq!(written.status.collision_count, Some(1));
}

#[test]
fn an_existing_one_is_found_once() {
    // Whether or not the revision is news.
    for revision in ["0", "1"] {
        let d = deployment(3, json!(1), json!(0), |d| {
            d["spec"]["progressDeadlineSeconds"] = 600.into();
            d["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": revision});
        });
        let text = text(&decide(&d, &[rs("new", "v2", 1, 3, 3, Some((3, 4)))], &[]));
        assert!(
            text.starts_with("status 0/0/0/0/0 Progressing=True/FoundNewReplicaSet\n"),
            "{revision}: {text}"
        );
    }
}
