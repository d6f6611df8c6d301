//! Passes recorded with the real controllers of both Kubernetes versions: ours must decide the same, in every field
//! that the conformance protocol compares.

use std::io::Read;

use flate2::read::GzDecoder;
use maxsurge_core::api::KubernetesVersion::{self, V1_34, V1_37};
use maxsurge_core::conformance::compare::{Names, comparable, difference, difference_of_autoscalers};
use maxsurge_core::conformance::{autoscale, sync_of};
use serde_json::Value;

/// Replays one file: a header, then `{"case", "verdict", "names"}` a line. Answers how many there were.
fn replay(
    controller: &str,
    version: KubernetesVersion,
    packed: &[u8],
    check: fn(&str, KubernetesVersion),
) -> usize {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).expect("a gzip file");
    let mut lines = text.lines();
    let header: Value = serde_json::from_str(lines.next().expect("a header")).expect("JSON");
    assert_eq!(
        (&header["controller"], &header["kubernetes"]),
        (&controller.into(), &version.release().into())
    );
    let lines: Vec<&str> = lines.collect();
    // Two halves at a time: the whole takes seconds.
    let (first, second) = lines.split_at(lines.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| second.iter().for_each(|line| check(line, version)));
        first.iter().for_each(|line| check(line, version));
        other.join().expect("the other half holds");
    });
    assert_eq!(header["cases"], lines.len(), "cases in the header");
    lines.len()
}

fn check(line: &str, version: KubernetesVersion) {
    let recorded: Value = serde_json::from_str(line).expect("JSON");
    let case = &recorded["case"];
    let ours: Value = serde_json::from_str(&sync_of(&case.to_string(), version)).expect("a verdict is JSON");
    let names = if recorded["names"] == true { Names::Compared } else { Names::Free };
    if let Some(difference) = difference(&comparable(&ours, names), &recorded["verdict"]) {
        panic!("{}: {difference}\n{case}", case["id"]);
    }
}

#[test]
fn recorded_passes_come_out() {
    for (version, at_least, deployment, replica_set) in [
        (
            V1_37,
            5_000,
            &include_bytes!("testdata/upstream/deployment.v1.37.2.jsonl.gz")[..],
            &include_bytes!("testdata/upstream/replicaset.v1.37.2.jsonl.gz")[..],
        ),
        (
            V1_34,
            2_000,
            &include_bytes!("testdata/upstream/deployment.v1.34.4.jsonl.gz")[..],
            &include_bytes!("testdata/upstream/replicaset.v1.34.4.jsonl.gz")[..],
        ),
    ] {
        let deployments = replay("deployment", version, deployment, check);
        let replica_sets = replay("replicaset", version, replica_set, check);
        eprintln!(
            "replayed: {deployments} passes of the Deployment controller, {replica_sets} of the ReplicaSet controller of {version}"
        );
        assert!(deployments >= at_least && replica_sets >= at_least, "{deployments} {replica_sets}");
    }
}

#[test]
fn recorded_autoscalers_come_out() {
    let check = |line: &str, _| {
        let recorded: Value = serde_json::from_str(line).expect("JSON");
        let case = &recorded["case"];
        if let Some(difference) =
            difference_of_autoscalers(&autoscale(&case.to_string()), &recorded["verdict"])
        {
            panic!("{}: {difference}\n{case}", case["id"]);
        }
    };
    let packed = include_bytes!("testdata/upstream/autoscaler.v1.37.2.jsonl.gz");
    let cases = replay("autoscaler", V1_37, packed, check);
    eprintln!("replayed: {cases} autoscalers, several passes each");
    assert!(cases >= 2_000, "{cases}");
}
