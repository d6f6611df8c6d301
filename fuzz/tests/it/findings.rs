//! What `UPSTREAM-FINDINGS.md` tells of the real controllers: each state or rollout with the verdict that v1.37.2 gave on
//! it, which says what is wrong, and which ours must repeat.

use std::path::Path;

use maxsurge_core::conformance;
use maxsurge_fuzz::agreement::divides_by_zero;
use serde_json::{Value, json};

/// The case and the verdict of the real controllers.
fn read(name: &str) -> (Value, Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("findings/{name}.json"));
    let mut recorded: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    (recorded["case"].take(), recorded["verdict"].take())
}

/// Ours does the same; what the real controllers did is given on.
#[track_caller]
fn repeated(name: &str) -> Value {
    let (case, theirs) = read(name);
    let line = case.to_string();
    if case.get("controller").is_some() {
        let ours: Value = serde_json::from_str(&conformance::sync(&line)).unwrap();
        conformance::same(&ours, &theirs).unwrap_or_else(|difference| panic!("{name}: {difference}"));
    } else {
        assert_eq!(conformance::run::run(&line)["views"], theirs["views"], "{name}");
    }
    theirs
}

fn writes(verdict: &Value) -> Vec<String> {
    let writes = verdict["writes"].as_array().into_iter().flatten();
    let word = |write: &Value, field: &str| write[field].as_str().unwrap_or_default().to_owned();
    writes
        .map(|write| {
            format!("{} {} {}", word(write, "verb"), word(write, "name"), write["object"]["spec"]["replicas"])
        })
        .collect()
}

/// Size and terminating pods of the ReplicaSet with that image, and available pods in all, in the view at that time.
fn view(verdict: &Value, at_ms: i64, image: &str) -> (i64, i64, i64) {
    let views = verdict["views"].as_array().unwrap();
    let view = views.iter().rfind(|view| view["atMs"].as_i64() <= Some(at_ms)).unwrap();
    let sets = view["replicaSets"].as_array().unwrap();
    let set = sets.iter().find(|set| set["image"] == image);
    let number = |field: &str| set.and_then(|set| set[field].as_i64()).unwrap_or(0);
    (number("spec"), number("terminating"), view["available"].as_i64().unwrap())
}

/// k8s#102551: there is a new template, and the pass neither writes anything nor asks to be repeated.
#[test]
fn stale_size_annotation() {
    let theirs = repeated("stale-size-annotation");
    let (case, _) = read("stale-size-annotation");
    let image = "/spec/template/spec/containers/0/image";
    assert_ne!(case["deployments"][0].pointer(image), case["replicaSets"][0].pointer(image));
    assert_eq!((writes(&theirs).len(), &theirs["requeueAfterSeconds"]), (0, &Value::Null));
}

/// k8s#102551 by timing alone, every watch event 140 ms late: nothing but sizes and images is changed by anybody, and the last
/// image never comes.
#[test]
fn stale_size_by_timing() {
    let theirs = repeated("stale-size-by-timing");
    let (case, _) = read("stale-size-by-timing");
    let steps = case["steps"].as_array().unwrap();
    assert!(
        steps.iter().all(|step| ["watchDelay", "image", "replicas"].iter().any(|key| !step[key].is_null()))
    );
    assert_eq!(steps.last().unwrap()["image"], "web:2");
    let last = theirs["views"].as_array().and_then(|views| views.last()).unwrap();
    assert_eq!((&last["generation"], &last["observed"]), (&5.into(), &5.into()), "the edit is seen");
    let images: Vec<_> =
        last["replicaSets"].as_array().unwrap().iter().map(|set| (&set["image"], &set["spec"])).collect();
    assert_eq!(images, [(&"web:0".into(), &2.into()), (&"web:1".into(), &0.into())]);
}

/// Two ReplicaSets have revision 2 until the caches show the first of them.
#[test]
fn one_revision_twice() {
    let theirs = repeated("one-revision-twice");
    let revisions = |at_ms: i64| -> Vec<i64> {
        let view = theirs["views"].as_array().unwrap().iter().find(|view| view["atMs"] == at_ms).unwrap();
        let sets = view["replicaSets"].as_array().unwrap().iter();
        sets.filter_map(|set| set["revision"].as_i64()).collect()
    };
    assert_eq!((revisions(11_000), revisions(13_000)), (vec![1, 2, 2], vec![1, 2, 2]));
    assert_eq!(revisions(14_000), [1, 2, 3]);
}

/// The size with surge leaves 32 bits: one ReplicaSet loses all its pods, and the other gets a size that no API server takes.
#[test]
fn negative_size() {
    let theirs = repeated("negative-size");
    assert_eq!(writes(&theirs)[..2], ["update web-aaa 0", "update web-bbb -715827882"]);
}

/// k8s#125568: neither the new size nor the next image ever comes.
#[test]
fn recreate_scaling() {
    let theirs = repeated("recreate-scaling");
    assert_eq!([view(&theirs, 700_000, "web:0").0, view(&theirs, 700_000, "web:1").0], [2, 0]);
}

/// A pass without a write that asks to be repeated at once, and meets the same state then.
#[test]
fn hot_loop() {
    let theirs = repeated("hot-loop");
    assert_eq!((writes(&theirs).len(), theirs["requeueAfterSeconds"].as_f64()), (0, Some(0.0)));
}

/// 4 wanted, none may be missing, 9 available: 3 are left.
#[test]
fn scaling_ignores_availability() {
    let theirs = repeated("scaling-ignores-availability");
    assert_eq!((view(&theirs, 5_999, "web:0").2, view(&theirs, 6_000, "web:0").2), (9, 3));
}

/// The pause starts the new ReplicaSet while the old pod terminates.
#[test]
fn paused_recreate() {
    let theirs = repeated("paused-recreate");
    assert_eq!((view(&theirs, 60_000, "web:0").0, view(&theirs, 61_000, "web:0").0), (0, 1));
    assert_eq!(view(&theirs, 61_000, "web:1").1, 1, "the old pod is still there");
}

/// Recreate, an old pod runs, and the new ReplicaSet is made with its full size.
#[test]
fn rollback_creates() {
    let theirs = repeated("rollback-creates");
    let (case, _) = read("rollback-creates");
    assert_eq!(case["deployments"][0]["spec"]["strategy"]["type"], "Recreate");
    assert_eq!(case["replicaSets"][0]["status"]["availableReplicas"], 1);
    assert!(writes(&theirs)[0].starts_with("create") && writes(&theirs)[0].ends_with(" 1"), "{theirs}");
}

/// k8s#57093: it gives up a ReplicaSet with two pods and grows another one beside it in the same pass.
#[test]
fn released_set_runs() {
    let theirs = repeated("released-set-runs");
    assert_eq!(writes(&theirs)[..2], ["patch web-9b54485b8 null", "update web-7d75fccd85 2"]);
}

/// Two wanted, none may be missing, and two of the old and one of the new template available: with the new ReplicaSet given up, one
/// of the old pods goes in the same pass.
#[test]
fn released_set_taken() {
    let theirs = repeated("released-set-taken");
    let (case, _) = read("released-set-taken");
    assert_eq!(case.pointer("/deployment/spec/strategy/rollingUpdate/maxUnavailable"), Some(&0.into()));
    assert_eq!((view(&theirs, 19_999, "web:0").2, view(&theirs, 20_000, "web:0").2), (3, 1));
    assert_eq!(view(&theirs, 20_000, "web:0").0, 1);
}

/// The reason of the rollout before stays when the write that would have replaced it met a conflict, and with it no deadline runs: an
/// hour later, with a deadline of ten minutes and no pod ready, there is nothing to write, and the pass is repeated at once.
#[test]
fn recreate_no_deadline() {
    let reason = |object: &Value| {
        let conditions = object["status"]["conditions"].as_array().unwrap();
        conditions.iter().find(|c| c["type"] == "Progressing").unwrap()["reason"].clone()
    };
    let theirs = repeated("recreate-after-conflict");
    let written = theirs["writes"].as_array().unwrap();
    assert!(!written.is_empty());
    assert!(written.iter().all(|write| reason(&write["object"]) == "NewReplicaSetAvailable"));
    let theirs = repeated("recreate-no-deadline");
    let (case, _) = read("recreate-no-deadline");
    let d = &case["deployments"][0];
    assert_eq!(
        (&d["spec"]["progressDeadlineSeconds"], &d["status"]["readyReplicas"]),
        (&600.into(), &Value::Null)
    );
    assert_eq!(reason(d), "NewReplicaSetAvailable");
    assert_eq!((writes(&theirs).len(), &theirs["requeueAfterSeconds"]), (0, &0.into()));
}

/// The terminating pod that lost its owner is gone from 25 s on, and is counted until the end.
#[test]
fn terminating_pod_leaves() {
    let theirs = repeated("terminating-pod-leaves");
    let last = theirs["views"].as_array().and_then(|views| views.last()).unwrap();
    assert_eq!(
        (&last["atMs"], &last["podsAlive"], &last["terminating"]),
        (&25_000.into(), &2.into(), &1.into())
    );
    assert_eq!(view(&theirs, 499_000, "web:0"), (2, 1, 2));
}

/// Recreate, and the old pod loses its owner (while it terminates, or after its labels): it is gone from 25 s on, and ten
/// minutes later there is no pod and no new ReplicaSet.
#[test]
fn recreate_waits_for_nobody() {
    for name in ["recreate-waits-for-nobody", "left-pod-ends"] {
        let theirs = repeated(name);
        let (case, _) = read(name);
        assert_eq!(case["untilMs"], 590_000, "just before the deadline");
        let last = theirs["views"].as_array().and_then(|views| views.last()).unwrap();
        assert_eq!((&last["atMs"], &last["podsAlive"]), (&25_000.into(), &0.into()), "{name}");
        assert_eq!(last["replicaSets"].as_array().unwrap().len(), 1, "{name}: none of the new template");
    }
}

/// Two wanted, none may be missing; the ReplicaSet that is the new one again has one pod left, its status still says two
/// available: the other one goes from two to nothing in one pass.
#[test]
fn turned_back() {
    let theirs = repeated("turned-back");
    let (case, _) = read("turned-back");
    assert_eq!(case.pointer("/deployments/0/spec/strategy/rollingUpdate/maxUnavailable"), Some(&0.into()));
    assert_eq!(case["replicaSets"][0]["spec"]["replicas"], 1);
    let sizes: Vec<_> =
        writes(&theirs).into_iter().filter(|write| !write.starts_with("update web ")).collect();
    assert_eq!(sizes, ["update web-7d75fccd85 1", "update web-7d75fccd85 0"]);
}

/// Two updates that would have made the old ReplicaSet smaller fail: from 6 s on nobody tries again, until the timer of the
/// progress deadline brings another pass ten minutes later.
#[test]
fn forgotten_error() {
    let theirs = repeated("forgotten-error");
    let (case, _) = read("forgotten-error");
    assert_eq!(case["steps"][0]["apiErrors"]["requests"], 2);
    assert_eq!(view(&theirs, 6_000, "web:0"), (2, 0, 3));
    let next = theirs["views"].as_array().unwrap().iter().find(|view| view["atMs"].as_i64() > Some(6_000));
    assert_eq!(next.unwrap()["atMs"], 606_000);
    assert_eq!(view(&theirs, 607_000, "web:0").0, 0);
}

/// The real controller crashes where the youngest ready pod is as old as the pass; ours deletes the same pod that it would delete a
/// millisecond later.
#[test]
fn youngest_divides_by_zero() {
    let (mut case, theirs) = read("youngest-divides-by-zero");
    assert_eq!(divides_by_zero(&theirs), Some("the real controller divides by zero"));
    let youngest = case["pods"][1]["metadata"]["creationTimestamp"].clone();
    assert_eq!(youngest, case["now"]);
    let deleted = |case: &Value| {
        let ours: Value = serde_json::from_str(&conformance::sync(&case.to_string())).unwrap();
        ours["podsDeleted"].clone()
    };
    assert_eq!(deleted(&case), json!(["web-3"]));
    case["now"] = "2000-01-01T00:01:01Z".into();
    assert_eq!(deleted(&case), json!(["web-3"]));
}

/// Recreate, and pods of both templates are ready at once: the caches did not show the first one yet.
#[test]
fn recreate_two_templates() {
    let theirs = repeated("recreate-two-templates");
    let (case, _) = read("recreate-two-templates");
    assert_eq!(case["deployment"]["spec"]["strategy"]["type"], "Recreate");
    let both = theirs["views"].as_array().unwrap().iter().find(|view| view["atMs"] == 1_500).unwrap();
    assert_eq!((&both["podsReady"], &case["deployment"]["spec"]["replicas"]), (&2.into(), &1.into()));
}

/// Four pods are wanted from 5 s on; the fourth was made and went while the watch of pods was lost, and there are three to the
/// end, long after the five minutes that an expectation lasts.
#[test]
fn unseen_pod() {
    let theirs = repeated("unseen-pod");
    let (case, _) = read("unseen-pod");
    assert_eq!(case["steps"][0]["watchLost"]["of"], "pods");
    let last = theirs["views"].as_array().and_then(|views| views.last()).unwrap();
    assert_eq!((&last["atMs"], &last["podsAlive"]), (&6_000.into(), &3.into()));
    assert_eq!(view(&theirs, 999_000, "web:0"), (4, 0, 3));
    assert_eq!(case["untilMs"], 1_000_000);
}

/// Two pods are wanted from 10 s on, the one that was deleted is gone from 25 s on, and there are three to the end.
#[test]
fn victim_orphaned() {
    let theirs = repeated("victim-orphaned");
    let (case, _) = read("victim-orphaned");
    let last = theirs["views"].as_array().and_then(|views| views.last()).unwrap();
    assert_eq!((&last["atMs"], &last["podsReady"]), (&25_000.into(), &3.into()));
    assert_eq!(view(&theirs, 999_000, "web:0"), (2, 0, 3));
    assert_eq!(case["untilMs"], 1_000_000);
}
