//! Single passes recorded with the real controllers of Kubernetes: ours must decide the same, in every field that the
//! conformance protocol compares.

use std::io::Read;

use flate2::read::GzDecoder;
use maxsurge_core::conformance::compare::{Names, comparable, difference};
use maxsurge_core::conformance::sync;
use serde_json::Value;

/// Replays one file: a header, then `{"case", "verdict", "names"}` a line. Answers how many there were.
fn replay(controller: &str, packed: &[u8]) -> usize {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).expect("a gzip file");
    let mut lines = text.lines();
    let header: Value = serde_json::from_str(lines.next().expect("a header")).expect("JSON");
    assert_eq!(header["controller"], controller);
    let lines: Vec<&str> = lines.collect();
    // Two halves at a time: the whole takes seconds.
    let (first, second) = lines.split_at(lines.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| second.iter().for_each(|line| check(line)));
        first.iter().for_each(|line| check(line));
        other.join().expect("the other half holds");
    });
    assert_eq!(header["cases"], lines.len(), "cases in the header");
    lines.len()
}

fn check(line: &str) {
    let recorded: Value = serde_json::from_str(line).expect("JSON");
    let case = &recorded["case"];
    let ours: Value = serde_json::from_str(&sync(&case.to_string())).expect("a verdict is JSON");
    let names = if recorded["names"] == true { Names::Compared } else { Names::Free };
    if let Some(difference) = difference(&comparable(&ours, names), &recorded["verdict"]) {
        panic!("{}: {difference}\n{case}", case["id"]);
    }
}

#[test]
fn recorded_passes_come_out() {
    let deployments = replay("deployment", include_bytes!("testdata/upstream/deployment.v1.37.2.jsonl.gz"));
    let replica_sets = replay("replicaset", include_bytes!("testdata/upstream/replicaset.v1.37.2.jsonl.gz"));
    eprintln!(
        "replayed: {deployments} passes of the Deployment controller, {replica_sets} of the ReplicaSet controller"
    );
    assert!(deployments >= 5_000 && replica_sets >= 5_000, "{deployments} {replica_sets}");
}
