//! The rollback annotation (deployment.md §11).

use serde_json::{Value, json};

use super::{decide, deployment, rs, same, text};
use crate::controller::decide::Action;

#[track_caller]
fn check(to: &str, expected: &str) {
    let d = deployment(3, json!(1), json!(0), |d| {
        d["metadata"]["annotations"] =
            json!({"deprecated.deployment.rollback.to": to, "deployment.kubernetes.io/revision": "3"});
    });
    let sets =
        [rs("a", "v0", 1, 0, 0, None), rs("b", "v1", 2, 0, 0, None), rs("new", "v2", 3, 3, 3, Some((3, 4)))];
    same(&text(&decide(&d, &sets, &[])), expected, to);
}

#[test]
fn where_a_rollback_goes() {
    let nothing = "status 3/3/3/3/0 Available=True/MinimumReplicasAvailable";
    check("1", "deployment v0\nDeploymentRollback: Rolled back deployment \"web\" to revision 1");
    check("+2", "deployment v1\nDeploymentRollback: Rolled back deployment \"web\" to revision 2");
    // 0 = the last but one.
    check("0", "deployment v1\nDeploymentRollback: Rolled back deployment \"web\" to revision 2");
    check(
        "3",
        "deployment v2\nDeploymentRollbackTemplateUnchanged: The rollback revision contains the same template as \
         current deployment \"web\"",
    );
    check(
        "9",
        "deployment v2\nDeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.",
    );
    check(
        "-1",
        "deployment v2\nDeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.",
    );
    check("", nothing);
    check("x", nothing);
}

#[test]
fn there_may_be_no_last_revision() {
    let d = deployment(3, json!(1), json!(0), |d| {
        d["metadata"]["annotations"] =
            json!({"deprecated.deployment.rollback.to": "0", "deployment.kubernetes.io/revision": "1"});
    });
    let got = text(&decide(&d, &[rs("new", "v2", 1, 3, 3, Some((3, 4)))], &[]));
    same(&got, "deployment v2\nDeploymentRollbackRevisionNotFound: Unable to find last revision.", "");
}

/// Where revision 0 leads, with the revisions of the old ReplicaSets by creation and of the new one, which comes last.
/// (The new one has the highest, unless its own cannot be read.)
#[test]
fn the_last_but_one() {
    let d = deployment(3, json!(1), json!(0), |d| {
        d["metadata"]["annotations"] =
            json!({"deprecated.deployment.rollback.to": "0", "deployment.kubernetes.io/revision": "3"});
    });
    let revised = |mut rs: Value, revision: &str| {
        rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = revision.into();
        rs
    };
    for (olds, new, expected) in [
        (["1", "2", "3"], "4", 3),
        (["3", "1", "2"], "4", 3),
        (["1", "2", "3"], "x", 2),
        (["2", "1", "3"], "x", 2),
        (["3", "1", "2"], "x", 2),
        (["3", "2", "1"], "x", 2),
        // One that appears twice is its own second.
        (["3", "3", "1"], "x", 3),
    ] {
        let mut sets: Vec<Value> = (1..)
            .zip(olds)
            .map(|(n, revision)| {
                let name = format!("old{n}");
                revised(rs(&name, &name, n, 0, 0, None), revision)
            })
            .collect();
        sets.push(revised(rs("new", "v2", 9, 3, 3, Some((3, 4))), new));
        let told = text(&decide(&d, &sets, &[]));
        assert!(told.ends_with(&format!("to revision {expected}\n")), "{olds:?} {new}: {told}");
    }
}

#[test]
fn annotations_come_back_with_the_template() {
    let d = deployment(3, json!(1), json!(0), |d| {
        d["metadata"]["annotations"] = json!({"deprecated.deployment.rollback.to": "1", "note": "new", "gone": "x",
            "deployment.kubernetes.io/revision": "2", "kubectl.kubernetes.io/last-applied-configuration": "{}"});
    });
    let mut old = rs("a", "v0", 1, 0, 0, Some((3, 4)));
    old["metadata"]["annotations"]["note"] = "old".into();
    let mut new = rs("new", "v2", 2, 3, 3, Some((3, 4)));
    for key in ["note", "gone"] {
        new["metadata"]["annotations"][key] = d.meta.annotations.get(key).unwrap().as_str().into();
    }
    let decision = decide(&d, &[old, new], &[]);
    let [Action::UpdateDeployment(written)] = &decision.actions[..] else { panic!("{decision:?}") };
    let annotations: Vec<String> = written.meta.annotations.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(
        annotations,
        [
            "deployment.kubernetes.io/revision=2",
            "kubectl.kubernetes.io/last-applied-configuration={}",
            "note=old"
        ]
    );
    assert_eq!(written.spec.template.labels.get("pod-template-hash"), None);
}
