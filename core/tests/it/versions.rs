//! The cases of `scripts/upstream/testdata`, put to the real controllers of two Kubernetes releases: ours must decide as
//! each of them does, down to the names of new ReplicaSets. `VERSIONS.md` there tells what differs and why.

use maxsurge_core::api::KubernetesVersion::{self, V1_34, V1_37};
use maxsurge_core::conformance::run::run_of;
use maxsurge_core::conformance::{same, sync_of};
use serde_json::Value;

const SYNC: &str = include_str!("../../../scripts/upstream/testdata/sync.jsonl");
const RUN: &str = include_str!("../../../scripts/upstream/testdata/run.jsonl");

fn recorded(version: KubernetesVersion) -> (&'static str, &'static str) {
    match version {
        V1_34 => (
            include_str!("../../../scripts/upstream/testdata/sync.v1.34.4.jsonl"),
            include_str!("../../../scripts/upstream/testdata/run.v1.34.4.jsonl"),
        ),
        V1_37 => (
            include_str!("../../../scripts/upstream/testdata/sync.v1.37.2.jsonl"),
            include_str!("../../../scripts/upstream/testdata/run.v1.37.2.jsonl"),
        ),
    }
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).expect("JSON")
}

/// Names of the ReplicaSets that a verdict creates.
fn created(verdict: &Value) -> Vec<&Value> {
    let writes = verdict["writes"].as_array().map_or(&[][..], Vec::as_slice);
    writes.iter().filter(|write| write["verb"] == "create").map(|write| &write["name"]).collect()
}

#[test]
fn each_version_decides_as_recorded() {
    let mut names = 0;
    for version in KubernetesVersion::ALL {
        let theirs: Vec<&str> = recorded(version).0.lines().collect();
        assert_eq!(SYNC.lines().count(), theirs.len());
        for (case, theirs) in SYNC.lines().zip(theirs) {
            let (ours, theirs) = (parse(&sync_of(case, version)), parse(theirs));
            // States on which the real controller crashes and ours must not, and times that a bubble cannot have.
            let limits = ["divides by zero", "now is not between"];
            let limit = theirs["invalid"].as_str().is_some_and(|why| limits.iter().any(|l| why.contains(l)));
            if theirs.get("panic").is_some() || limit {
                continue;
            }
            if let Err(difference) = same(&ours, &theirs) {
                panic!("{version}: {}: {difference}", theirs["id"]);
            }
            assert_eq!(created(&ours), created(&theirs), "{version}: {}", theirs["id"]);
            names += created(&ours).len();
        }
    }
    assert!(names > 10, "only {names} names of ReplicaSets were compared");
}

#[test]
fn each_version_rolls_out_as_recorded() {
    for version in KubernetesVersion::ALL {
        let theirs: Vec<&str> = recorded(version).1.lines().collect();
        assert_eq!(RUN.lines().count(), theirs.len());
        for (case, theirs) in RUN.lines().zip(theirs) {
            let (ours, theirs) = (run_of(case, version), parse(theirs));
            assert!(ours["views"] == theirs["views"], "{version}: {}: another timeline", theirs["id"]);
        }
    }
}

#[test]
fn the_versions_differ_where_it_is_said() {
    let differ = |id: &str| {
        let line = SYNC.lines().find(|line| line.contains(&format!("\"id\": \"{id}\"")));
        let line = line.unwrap_or_else(|| panic!("no case {id}"));
        same(&parse(&sync_of(line, V1_34)), &parse(&sync_of(line, V1_37))).is_err()
    };
    for id in [
        "deployment-reports-terminating",
        "deployment-takes-terminating-out",
        "replicaset-reports-terminating",
        "replicaset-takes-terminating-out",
        "recreate-waits-for-relabelled-pod",
        "recreate-owner-of-another-kind",
        "recreate-owner-of-another-name",
        "recreate-replicaset-without-uid",
        "rollback-of-50%",
    ] {
        assert!(differ(id), "{id}");
    }
    for id in ["recreate-waits-for-owned-pod", "rollback-of-web"] {
        assert!(!differ(id), "{id}");
    }
}
