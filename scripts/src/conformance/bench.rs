//! `cargo xtask conformance bench`: the same cases, timed inside of our program and inside of the real controllers'.
//!
//! Both measure where the pass happens, so neither pipes nor JSON are in the figures, and they take turns, so that neither
//! competes with the other. What a pass asks of the API server is answered in memory, at once, on both sides.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use maxsurge_core::api::KubernetesVersion;
use maxsurge_core::conformance::{same, sync_of};
use serde_json::{Value, json};

use super::{Failure, Options, oracle};

const PODS: [u32; 4] = [10, 100, 1_000, 10_000];
const ROLLOUTS: [u32; 3] = [100, 1_000, 5_000];

/// Runs the command: a table on standard output.
pub(super) fn main(arguments: &[String]) -> Result<(), Failure> {
    let (mut program, mut seconds) = (None, 1.0);
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        let value = rest.next().ok_or_else(|| Failure::Usage(format!("{flag} needs a value")))?;
        match flag.as_str() {
            "--oracle" => program = Some(PathBuf::from(value)),
            "--seconds" => {
                seconds = value.parse().ok().filter(|s| (0.0..=3600.0).contains(s)).ok_or_else(|| {
                    Failure::Usage(format!("--seconds: {value:?} is no number from 0 to 3600"))
                })?;
            }
            _ => return Err(Failure::Usage(format!("unknown flag {flag}"))),
        }
    }
    let program = oracle::program(&Options { oracle: program, ..Options::read(&[])? })?;
    let release = oracle::release(&program)?;
    eprintln!("building our side (release)");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "-p", "maxsurge-benches", "--bin", "time_cases"])
        .current_dir(crate::root())
        .status()?;
    if !built.success() {
        return Err(Failure::Usage("our side does not build".into()));
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| crate::root().join("target"), PathBuf::from);
    let seconds = seconds.to_string();
    let mut ours = Speaker::start(Command::new(target.join("release/time_cases")).arg(&seconds))?;
    let mut theirs = Speaker::start(Command::new(&program).args(["bench", "--seconds", &seconds]))?;
    let mut judge = Speaker::start(Command::new(&program).arg("sync"))?;

    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", surroundings(&release))?;
    writeln!(out, "{:<38}{:>12}{:>12}{:>9}", "", "ours", release, "ratio")?;
    for (name, case) in cases() {
        let line = case.to_string();
        if case.get("controller").is_some() {
            // Only what is decided alike is worth being compared.
            let verdict = sync_of(&line, KubernetesVersion::default());
            let verdict = serde_json::from_str(&verdict).unwrap_or_default();
            if let Err(difference) = same(&verdict, &judge.ask(&line)?) {
                writeln!(out, "{name}: {difference}")?;
                return Err(Failure::Different);
            }
        }
        let (ours, theirs) = (fastest(&ours.ask(&line)?)?, fastest(&theirs.ask(&line)?)?);
        writeln!(
            out,
            "{name:<38}{:>12}{:>12}{:>8.0}x",
            time(ours),
            time(theirs),
            theirs as f64 / ours.max(1) as f64
        )?;
    }
    Ok(())
}

/// A program that answers a line with a line.
struct Speaker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Speaker {
    fn start(command: &mut Command) -> Result<Self, Failure> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().expect("it was asked for");
        let output = BufReader::new(child.stdout.take().expect("it was asked for"));
        Ok(Speaker { child, input, output })
    }

    fn ask(&mut self, line: &str) -> Result<Value, Failure> {
        writeln!(self.input, "{line}")?;
        self.input.flush()?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        serde_json::from_str(&answer).map_err(|error| Failure::NoOracle(format!("no answer: {error}")))
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// ns of the fastest pass: the others tell of whatever else the machine did (and of the garbage collector of Go).
fn fastest(answer: &Value) -> Result<u64, Failure> {
    answer["nsMin"].as_u64().ok_or_else(|| Failure::NoOracle(format!("no time: {answer}")))
}

/// Three digits and a unit.
fn time(ns: u64) -> String {
    let ns = ns as f64;
    let (value, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

/// Where the figures are from: machine, load, commit.
fn surroundings(release: &str) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("unknown");
    let commit =
        Command::new("git").args(["rev-parse", "--short", "HEAD"]).current_dir(crate::root()).output();
    let commit = commit.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default();
    format!(
        "ours at {commit} and Kubernetes {release}, {cores} cores {}, load {load}; the fastest pass",
        std::env::consts::ARCH
    )
}

fn cases() -> Vec<(String, Value)> {
    let mut cases = Vec::new();
    for n in PODS {
        cases.push((format!("Deployment, a step of {n} pods"), deployment(n)));
    }
    for n in PODS {
        cases.push((format!("ReplicaSet of {n}, nothing to do"), replica_set(n, n)));
    }
    for n in PODS {
        cases.push((format!("ReplicaSet of {n} gives up one"), replica_set(n, n - 1)));
    }
    for n in ROLLOUTS {
        cases.push((format!("whole rollout of {n} pods"), rollout(n)));
    }
    cases
}

const NOW: &str = "2026-11-23T12:00:00Z";

fn template(image: &str, hash: Option<&str>) -> Value {
    let mut labels = json!({"app": "web"});
    if let Some(hash) = hash {
        labels["pod-template-hash"] = hash.into();
    }
    json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": image}]}})
}

fn rolling(n: u32, image: &str) -> Value {
    json!({
        "metadata": {"name": "web", "namespace": "default", "uid": "d", "generation": 2, "resourceVersion": "5",
            "creationTimestamp": "2026-01-01T00:00:00Z", "annotations": {"deployment.kubernetes.io/revision": "2"}},
        "spec": {"replicas": n, "selector": {"matchLabels": {"app": "web"}}, "template": template(image, None),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600},
        "status": {"observedGeneration": 2},
    })
}

/// ReplicaSet number `revision` of the Deployment: `size` wanted, `ready` there and available.
fn member(revision: u32, of: u32, size: u32, ready: u32) -> Value {
    let hash = format!("h{revision}");
    json!({
        "metadata": {"name": format!("web-{hash}"), "namespace": "default", "uid": format!("r{revision}"),
            "generation": 1, "resourceVersion": "6", "creationTimestamp": format!("2026-01-0{revision}T00:00:00Z"),
            "labels": {"app": "web", "pod-template-hash": hash},
            "annotations": {"deployment.kubernetes.io/revision": revision.to_string(),
                "deployment.kubernetes.io/desired-replicas": of.to_string(),
                "deployment.kubernetes.io/max-replicas": (of + of.div_ceil(4)).to_string()},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d",
                "controller": true, "blockOwnerDeletion": true}]},
        "spec": {"replicas": size, "selector": {"matchLabels": {"app": "web", "pod-template-hash": hash}},
            "template": template(&format!("web:{revision}"), Some(&hash))},
        "status": {"replicas": ready, "fullyLabeledReplicas": ready, "readyReplicas": ready,
            "availableReplicas": ready, "terminatingReplicas": 0, "observedGeneration": 1},
    })
}

/// Ready pods on fifty nodes, of ages from days to weeks in no order.
fn pods(rs: &Value, n: u32) -> Vec<Value> {
    let (meta, mut random) = (&rs["metadata"], 1_u64);
    let pod = |i: u32| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (day, second) = (1 + (random >> 40) % 28, (random >> 33) % 60);
        json!({
            "metadata": {"name": format!("{}-{i:05}", meta["name"].as_str().unwrap_or_default()),
                "namespace": "default", "uid": format!("p{i}"), "labels": meta["labels"], "resourceVersion": "7",
                "creationTimestamp": format!("2026-10-{day:02}T08:00:{second:02}Z"),
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": meta["name"],
                    "uid": meta["uid"], "controller": true, "blockOwnerDeletion": true}]},
            "spec": {"nodeName": format!("node-{}", random % 50), "containers": [{"name": "web", "image": "web:1"}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True",
                "lastTransitionTime": format!("2026-10-{day:02}T08:01:{second:02}Z")}]},
        })
    };
    (0..n).map(pod).collect()
}

/// A rolling update half way: the pass takes the next step with the new ReplicaSet and writes the status.
fn deployment(n: u32) -> Value {
    let half = n / 2;
    let (old, new) = (member(1, n, n - half, n - half), member(2, n, half, half));
    let pods = pods(&old, n - half);
    json!({"id": format!("deployment-{n}"), "controller": "deployment", "key": "default/web", "now": NOW,
        "deployments": [rolling(n, "web:2")], "replicaSets": [old, new], "pods": pods})
}

/// A ReplicaSet with `n` ready pods of which `wanted` are to stay.
fn replica_set(n: u32, wanted: u32) -> Value {
    let rs = member(1, wanted, wanted, n);
    let pods = pods(&rs, n);
    json!({"id": format!("replicaset-{n}-{wanted}"), "controller": "replicaset", "key": "default/web-h1",
        "now": NOW, "replicaSets": [rs], "pods": pods})
}

/// A Deployment is created and, when it is complete, gets another image; pods take ten seconds to get ready.
fn rollout(n: u32) -> Value {
    let mut d = rolling(n, "web:1");
    d["metadata"] = json!({"name": "web", "namespace": "default"});
    d["status"] = json!({});
    json!({"id": format!("rollout-{n}"), "deployment": d, "steps": [{"atMs": 30_000, "image": "web:2"}],
        "startupMs": [10_000], "terminationMs": 1_000, "untilMs": 180_000, "tickMs": 1_000})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_ask_what_they_say() {
        let decide = |case: Value| {
            let verdict = sync_of(&case.to_string(), KubernetesVersion::default());
            serde_json::from_str::<Value>(&verdict).expect("JSON")
        };
        let nothing = decide(replica_set(10, 10));
        assert_eq!((&nothing["writes"], &nothing["podsDeleted"]), (&json!([]), &json!([])), "{nothing}");
        let one = decide(replica_set(10, 9));
        assert_eq!(one["podsDeleted"].as_array().map(Vec::len), Some(1), "{one}");
        let step = decide(deployment(100));
        let scaled = step["events"].as_array().map(Vec::len);
        assert_eq!((scaled, step["writes"].as_array().map(Vec::len)), (Some(1), Some(3)), "{step}");
        let run = maxsurge_core::conformance::run::run(&rollout(10).to_string());
        let last = run["views"].as_array().and_then(|views| views.last()).expect("views");
        assert_eq!((&last["updated"], &last["podsAlive"]), (&json!(10), &json!(10)), "{last}");
    }

    #[test]
    fn times_have_three_digits() {
        for (ns, text) in [
            (7, "7.00 ns"),
            (999, "999 ns"),
            (84_100, "84.1 µs"),
            (8_400_000, "8.40 ms"),
            (1_800_000_000, "1.80 s"),
        ] {
            assert_eq!(time(ns), text);
        }
    }
}
