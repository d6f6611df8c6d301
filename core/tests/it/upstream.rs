//! Whole rollouts recorded with the real controllers of both Kubernetes versions: every field of every view is theirs.

use maxsurge_core::api::KubernetesVersion::{self, V1_34, V1_37};
use maxsurge_core::conformance::run::run_of;
use serde_json::Value;

fn replay(recorded: &str, version: KubernetesVersion) {
    let mut lines = recorded.lines();
    let header: Value = serde_json::from_str(lines.next().expect("a header")).expect("JSON");
    assert_eq!(header["kubernetes"], version.release());
    let (mut same, mut different) = (0, Vec::new());
    for line in lines {
        let recorded: Value = serde_json::from_str(line).expect("JSON");
        let ours = run_of(&recorded["case"].to_string(), version);
        assert!(recorded["views"].as_array().is_some_and(|views| !views.is_empty()), "views");
        if recorded["views"] == ours["views"] {
            same += 1;
        } else {
            different.push(recorded["case"]["id"].as_str().unwrap_or_default().to_owned());
        }
    }
    eprintln!("replayed: {same} whole rollouts of {version}");
    assert!(different.is_empty(), "rollouts of {version} that differ from the recorded ones: {different:?}");
    assert_eq!(header["cases"], same, "cases in the header");
    assert!(same >= 300, "only {same} rollouts were compared");
}

#[test]
fn recorded_rollouts_come_out() {
    replay(include_str!("testdata/upstream/run.v1.37.2.jsonl"), V1_37);
}

#[test]
fn recorded_rollouts_of_1_34_come_out() {
    replay(include_str!("testdata/upstream/run.v1.34.4.jsonl"), V1_34);
}
