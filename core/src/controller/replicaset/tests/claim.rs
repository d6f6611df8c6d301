//! Adopting and releasing (replicaset.md §5).

use serde_json::json;

use super::*;

/// Requests and error of a pass of a ReplicaSet of 1 over one pod.
fn claim(edit_rs: fn(&mut Value), pod: Pod, script: Script) -> (String, Option<String>) {
    let mut script = script;
    let outcome = pass(&rs(1, edit_rs), &[pod], &mut script, &mut Memory::default());
    (requests(&script), outcome.err().map(|e| e.message.to_string()))
}

fn orphan(p: &mut Value) {
    p["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "X", "name": "x", "uid": "x"}]);
}

fn stranger(p: &mut Value) {
    p["metadata"]["labels"] = json!({"app": "x"});
}

fn reference(p: &mut Value, field: &str, value: &str) {
    p["metadata"]["ownerReferences"][0][field] = value.into();
}

#[test]
fn the_table() {
    let none: fn(&mut Value) = |_| {};
    let deleting: fn(&mut Value) = |rs| rs["metadata"]["deletionTimestamp"] = at(1).into();
    let nothing_selected: fn(&mut Value) = |rs| rs["spec"]["selector"] = Value::Null;
    let all_selected: fn(&mut Value) = |rs| rs["spec"]["selector"] = json!({});
    for (what, edit, pod, expected) in [
        ("ours", none, pod("p", |_| {}), ""),
        ("another kind", none, pod("p", |p| reference(p, "kind", "Job")), "create"),
        ("another name", none, pod("p", |p| reference(p, "name", "other")), "create"),
        ("another uid", none, pod("p", |p| reference(p, "uid", "x")), "create"),
        ("another apiVersion", none, pod("p", |p| reference(p, "apiVersion", "x")), ""),
        // Isolation by relabelling: released and replaced in one pass.
        ("relabelled", none, pod("p", stranger), "release 0, create"),
        ("relabelled, RS going", deleting, pod("p", stranger), ""),
        (
            "relabelled, finished",
            none,
            pod("p", |p| {
                stranger(p);
                p["status"]["phase"] = "Failed".into();
            }),
            "create",
        ),
        (
            "relabelled, terminating",
            none,
            pod("p", |p| {
                stranger(p);
                p["metadata"]["deletionTimestamp"] = at(1).into();
            }),
            "create",
        ),
        ("orphan", none, pod("p", orphan), "get, adopt 0 for rs"),
        ("orphan, RS going", deleting, pod("p", orphan), ""),
        (
            "orphan that does not match",
            none,
            pod("p", |p| {
                orphan(p);
                stranger(p);
            }),
            "create",
        ),
        ("no selector takes nothing", nothing_selected, pod("p", |_| {}), "release 0, create"),
        (
            "an empty one takes everything",
            all_selected,
            pod("p", |p| {
                orphan(p);
                stranger(p);
            }),
            "get, adopt 0 for rs",
        ),
    ] {
        assert_eq!(claim(edit, pod, Script::default()), (expected.to_owned(), None), "{what}");
    }
}

#[test]
fn answers_of_the_server() {
    use ApiErrorKind::{Conflict, Invalid, NotFound};
    let adoption = |kind| Script { adoption: Some(kind), ..Script::default() };
    let release = |kind| Script { release: Some(kind), ..Script::default() };
    let live = |live| Script { live: Some(live), ..Script::default() };
    let owner = |uid: &str, deleted: Option<i64>| LiveOwner {
        uid: uid.into(),
        deletion_timestamp: deleted.map(|s| Time::EPOCH.plus_seconds(s)),
    };
    for (what, edit, script, requests, error) in [
        ("vanished", orphan as fn(&mut Value), adoption(NotFound), "get, adopt 0 for rs, create", None),
        ("taken by another", orphan, adoption(Invalid), "get, adopt 0 for rs", Some("refused")),
        ("release vanished", stranger, release(NotFound), "release 0, create", None),
        ("release invalid", stranger, release(Invalid), "release 0, create", None),
        ("release failed", stranger, release(Conflict), "release 0", Some("refused")),
        (
            "gone",
            orphan,
            live(Err(NotFound)),
            "get",
            Some("can't adopt Pod ns/p (p): can't recheck DeletionTimestamp: refused"),
        ),
        (
            "replaced",
            orphan,
            live(Ok(owner("v", None))),
            "get",
            Some(
                "can't adopt Pod ns/p (p): can't recheck DeletionTimestamp: original ReplicaSet ns/rs is gone: got uid \
                 v, wanted uid u",
            ),
        ),
        (
            "going",
            orphan,
            live(Ok(owner("u", Some(5)))),
            "get",
            Some("can't adopt Pod ns/p (p): ns/rs has just been deleted at 2000-01-01 00:00:05 +0000 UTC"),
        ),
    ] {
        let (got, text) = claim(|_| {}, pod("p", edit), script);
        assert_eq!((got.as_str(), text.as_deref()), (requests, error), "{what}");
    }
}

#[test]
fn one_live_read_serves_all_and_all_are_tried() {
    let pods = [pod("a", orphan), pod("b", stranger), pod("c", orphan)];
    let mut script = Script { adoption: Some(ApiErrorKind::Internal), ..Script::default() };
    let outcome = pass(&rs(2, |_| {}), &pods, &mut script, &mut Memory::default());
    assert_eq!(script.calls, ["get", "adopt 0 for rs", "release 1", "adopt 2 for rs"]);
    assert_eq!(outcome.unwrap_err().message, "refused", "two errors of one text are one");
}

#[test]
fn an_owner_without_identity_is_refused() {
    let rs = rs(1, |rs| rs["metadata"]["uid"] = "".into());
    let mut script = Script::default();
    let outcome = pass(&rs, &[], &mut script, &mut Memory::default());
    assert_eq!(outcome.unwrap_err().message, "no owner uid provided");
    assert!(script.calls.is_empty());
}
