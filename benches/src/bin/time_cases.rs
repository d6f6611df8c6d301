//! Times the cases of the conformance protocol: JSON Lines in, one figure a line out, as `oracle bench` does for the real
//! controllers. `cargo xtask conformance bench` puts the two side by side.

use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant};

use maxsurge_core::api::KubernetesVersion;
use maxsurge_core::conformance::{Prepared, run::run};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let budget = Duration::from_secs_f64(seconds);
    for line in io::stdin().lock().lines() {
        let verdict = time(&line?, budget);
        let mut out = io::stdout().lock();
        writeln!(out, "{verdict}")?;
        out.flush()?;
    }
    Ok(())
}

fn time(line: &str, budget: Duration) -> Value {
    let case: Value = serde_json::from_str(line).unwrap_or_default();
    let took = if case.get("controller").is_some() {
        // Reading the case is not part of a decision.
        match Prepared::read(line) {
            Ok(case) => repeat(budget, || {
                black_box(black_box(&case).decide(KubernetesVersion::default()));
            }),
            Err(why) => return json!({"id": case["id"], "invalid": why}),
        }
    } else {
        let verdict = run(line);
        if verdict.get("invalid").is_some() {
            return verdict;
        }
        repeat(budget, || {
            black_box(run(black_box(line)));
        })
    };
    let ns = |duration: Duration| duration.as_nanos() as u64;
    json!({"id": case["id"], "passes": took.len(), "nsMedian": ns(took[took.len() / 2]), "nsMin": ns(took[0])})
}

/// Durations of single passes, ascending.
fn repeat(budget: Duration, mut pass: impl FnMut()) -> Vec<Duration> {
    let (began, mut took) = (Instant::now(), Vec::new());
    while took.is_empty() || began.elapsed() < budget {
        let start = Instant::now();
        pass();
        took.push(start.elapsed());
    }
    took.sort_unstable();
    took
}
