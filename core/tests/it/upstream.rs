//! Whole rollouts recorded with the real controllers of Kubernetes v1.37.2: every field of every view is theirs.

use maxsurge_core::conformance::run::run;
use serde_json::Value;

const RECORDED: &str = include_str!("testdata/upstream/run.v1.37.2.jsonl");

#[test]
fn recorded_rollouts_come_out() {
    let mut lines = RECORDED.lines();
    let header: Value = serde_json::from_str(lines.next().expect("a header")).expect("JSON");
    let (mut same, mut different) = (0, Vec::new());
    for line in lines {
        let recorded: Value = serde_json::from_str(line).expect("JSON");
        let ours = run(&recorded["case"].to_string());
        assert!(recorded["views"].as_array().is_some_and(|views| !views.is_empty()), "views");
        if recorded["views"] == ours["views"] {
            same += 1;
        } else {
            different.push(recorded["case"]["id"].as_str().unwrap_or_default().to_owned());
        }
    }
    eprintln!("replayed: {same} whole rollouts");
    assert!(different.is_empty(), "rollouts that differ from the recorded ones: {different:?}");
    assert_eq!(header["cases"], same, "cases in the header");
    assert!(same >= 300, "only {same} rollouts were compared");
}
