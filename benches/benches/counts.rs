//! Instructions of the hot paths, counted by callgrind: the same number on a busy machine as on a quiet one.
//!
//! `cargo bench --bench counts` compares with the committed `counts.json` and fails beyond ±1 %; `-- --renew` writes it anew.
//! What the C library does (copies, allocations) is counted apart and not compared: it differs from system to system.
#![allow(missing_docs, clippy::print_stdout, reason = "a table is the point")]

#[path = "shared/mod.rs"]
mod shared;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use maxsurge_benches::decision::Sight;
use maxsurge_benches::floor::floor;
use maxsurge_benches::machine;
use maxsurge_benches::policy::{Policy, recreate, rolling};
use maxsurge_benches::rollout::Rollout;
use maxsurge_core::api::Time;
use maxsurge_core::api::manifest::{ReadOptions, read};
use maxsurge_core::sim::{Queue, Rng};
use serde_json::{Value, json};

/// Greatest difference from the committed number.
const TOLERANCE: f64 = 0.01;

const SCENARIOS: [(&str, fn()); 8] = [
    ("rollout, 25%/25%, 1,000 pods", || rollout(&rolling("25%", "25%"), 1_000)),
    ("rollout, 1/0, 500 pods", || rollout(&rolling("1", "0"), 500)),
    ("rollout, Recreate, 1,000 pods", || rollout(&recreate(), 1_000)),
    ("Deployment decision at rest, 1,000 times", || decide(&Sight::at_rest(100))),
    ("Deployment decision in mid-rollout, 1,000 times", || decide(&Sight::in_mid_rollout(100))),
    ("event queue, 10,000 events", queue),
    ("bare heap, 10,000 events", || {
        measured(|| floor(10_000, 5_000));
    }),
    ("manifest of 10 Deployments", manifest),
];

/// What is between entering and leaving this is counted.
#[inline(never)]
fn measured<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

fn rollout(policy: &Policy, pods: i32) {
    let rollout = Rollout::ideal(pods, policy.strategy.clone());
    let (mut cluster, id) = rollout.at_rest();
    measured(|| rollout.play(&mut cluster, id));
}

fn decide(sight: &Sight) {
    measured(|| {
        for _ in 0..1_000 {
            let _ = black_box(black_box(sight).pass());
        }
    });
}

fn queue() {
    let mut rng = Rng::new(1, 1);
    let mut queue = Queue::default();
    let mut push =
        |queue: &mut Queue<u32>, now: Time, n| queue.push(now.plus_nanos(rng.below(1 << 34) as i64), n);
    measured(|| {
        for n in 0..5_000 {
            push(&mut queue, Time::EPOCH, n);
        }
        for _ in 0..5_000 {
            let now = queue.next_at().expect("events wait");
            let event = queue.pop_due(now).expect("just seen");
            push(&mut queue, now, event);
        }
        while let Some(now) = queue.next_at() {
            black_box(queue.pop_due(now));
        }
    });
}

fn manifest() {
    let document = |n: usize| {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web-{n}}}, spec: {{replicas: 3, \
             selector: {{matchLabels: {{app: web}}}}, template: {{metadata: {{labels: {{app: web}}}}, \
             spec: {{containers: [{{name: web, image: 'web:1'}}]}}}}}}}}\n"
        )
    };
    let text = (0..10).map(document).collect::<Vec<_>>().join("---\n");
    let found = measured(|| read("counts.yaml", text.as_bytes(), &ReadOptions::default()));
    assert!(!found.has_errors(), "{:?}", found.diagnostics);
}

/// Instructions of this program and of the libraries that it calls.
fn count(name: &str) -> Result<u64, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let out = std::env::temp_dir().join(format!("callgrind.{}.out", std::process::id()));
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*counts*measured*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(&own)
        .args(["--scenario", name])
        .output()
        .map_err(|error| error.to_string())?;
    if !run.status.success() {
        return Err(format!("{name}: {}", String::from_utf8_lossy(&run.stderr)));
    }
    let profile = std::fs::read_to_string(&out).map_err(|error| error.to_string())?;
    let _ = std::fs::remove_file(&out);
    let counted = by_object(&profile, &own);
    if counted == 0 { Err(format!("{name}: nothing was counted")) } else { Ok(counted) }
}

/// Sums the self cost in callgrind's output, as far as it lies in `own`.
fn by_object(profile: &str, own: &Path) -> u64 {
    let own = own.to_string_lossy();
    let (mut numbered, mut is_own, mut called) = (BTreeMap::new(), false, false);
    let mut mine = 0;
    for line in profile.lines() {
        if let Some(object) = line.strip_prefix("ob=").or_else(|| line.strip_prefix("cob=")) {
            // Names are written once and numbered from then on.
            let (number, name) = object.split_once(' ').unwrap_or((object, ""));
            if !name.is_empty() {
                numbered.insert(number.to_owned(), name == own);
            }
            if line.starts_with("ob=") {
                is_own = numbered.get(number).copied().unwrap_or(false);
            }
        } else if line.starts_with("calls=") {
            called = true;
        } else if line.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '*')) {
            // After `calls=` comes the cost of the callee, which is counted where it lies.
            if !std::mem::take(&mut called) {
                let cost: u64 = line.split(' ').nth(1).and_then(|cost| cost.parse().ok()).unwrap_or(0);
                mine += if is_own { cost } else { 0 };
            }
        }
    }
    mine
}

fn baseline() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.json")
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if shared::is_test() {
        return ExitCode::SUCCESS;
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--scenario") {
        let name = &arguments[at + 1];
        let (_, run) = SCENARIOS.iter().find(|(known, _)| known == name).expect("a known scenario");
        run();
        return ExitCode::SUCCESS;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!(
            "!!! SKIPPED: instruction counts need valgrind, which is not on PATH. Nothing was compared."
        );
        return ExitCode::SUCCESS;
    }
    let renew = arguments.iter().any(|argument| argument == "--renew");
    let known: Value = std::fs::read_to_string(baseline())
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    println!("{:<47} {:>9} {:>9} {:>8}", "instructions", "now", "committed", "change");
    let (mut counts, mut bad) = (serde_json::Map::new(), false);
    for (name, _) in SCENARIOS {
        let mine = match count(name) {
            Ok(counted) => counted,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        };
        let before = known["counts"][name].as_u64();
        let change = before.map(|before| mine as f64 / before as f64 - 1.0);
        let off = change.is_none_or(|change| change.abs() > TOLERANCE);
        bad |= off;
        println!(
            "{name:<47} {mine:>9} {:>9} {:>8}{}",
            before.map_or("-".into(), |n| n.to_string()),
            change.map_or("-".into(), |change| format!("{:+.2} %", change * 100.0)),
            if off && !renew { " !" } else { "" }
        );
        counts.insert(name.into(), json!(mine));
    }
    if renew {
        shared::save(&baseline(), &json!({"context": machine::context(), "counts": counts}));
        return ExitCode::SUCCESS;
    }
    if known.is_null() {
        eprintln!(
            "!!! NOTHING WAS COMPARED: there is no counts.json yet; cargo xtask bench counts --renew writes it"
        );
        return ExitCode::SUCCESS;
    }
    if bad {
        eprintln!("if the change is meant: cargo xtask bench counts --renew");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
