//! Side by side: this, the floor that the event queue sets, a simulation that counts anew, and the real controllers.
//!
//! Run by `cargo xtask bench peers`; `-- --oracle PROGRAM` is the real Go controllers in virtual time (`scripts/upstream`),
//! `-- --save FILE` writes the JSON. Plain `cargo bench` does the short part.
#![allow(missing_docs, clippy::print_stdout, reason = "a table is the point")]

#[path = "shared/mod.rs"]
mod shared;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use maxsurge_benches::floor::floor;
use maxsurge_benches::policy::rolling;
use maxsurge_benches::rollout::Rollout;
use maxsurge_benches::{deployment, machine, naive};
use maxsurge_core::api::KubernetesVersion;
use maxsurge_core::cluster::ClusterConfig;
use maxsurge_core::conformance::run::run_of;
use maxsurge_core::sim::{Distribution, SECOND};
use serde_json::{Value, json};

/// The real kube-apiserver, kube-controller-manager and kwok on one machine with 2 cores: RollingUpdate 25 %/25 % of so many
/// pods that are ready at once, s, with the stock request limits and with these raised.
const RECORDED: [(i32, f64, f64, f64); 3] =
    [(100, 11.0, 2.0, 2.0), (1_000, 101.0, 8.5, 16.0), (5_000, 504.0, 146.0, 146.0)];

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn fastest(mut run: impl FnMut() -> Duration) -> Duration {
    (0..3).map(|_| run()).min().expect("three runs")
}

fn floors_and_naive(sizes: &[i32]) -> Value {
    println!(
        "{:>9} {:>11} {:>14} {:>9} {:>16} {:>9}",
        "pods", "ours, ms", "bare heap, ms", "× it", "counting anew, ms", "× ours"
    );
    let policy = rolling("25%", "25%");
    let rows = sizes.iter().map(|pods| {
        let n = *pods as usize;
        let rollout = Rollout::ideal(*pods, policy.strategy.clone());
        let ours = fastest(|| rollout.run().took);
        let events = rollout.run().work.events as usize;
        let bare = fastest(|| floor(events, n / 2));
        // The same start-up times for both, to see that they play the same rollout.
        let startup: Vec<u64> = (0..997).map(|k| (5 + k * 7919 % 997) * 10_000_000).collect();
        let (quarter_up, quarter_down) = (n.div_ceil(4), n / 4);
        let naive = (n <= 10_000).then(|| {
            let start = Instant::now();
            let end = naive::rollout(n, quarter_up, quarter_down, |k| startup[k % startup.len()]);
            (start.elapsed(), end)
        });
        if let Some((_, end)) = naive {
            let complete_s = Rollout::completion_by_order(*pods, &policy.strategy, &startup);
            assert!((complete_s - end as f64 / SECOND as f64).abs() < 1e-9, "{complete_s} s, counting anew {end} ns");
        }
        let naive_ms = naive.map(|(took, _)| ms(took));
        println!(
            "{pods:>9} {:>11.3} {:>14.3} {:>9.1} {:>16} {:>9}",
            ms(ours),
            ms(bare),
            ms(ours) / ms(bare),
            naive_ms.map_or("-".into(), |naive| format!("{naive:.1}")),
            naive_ms.map_or("-".into(), |naive| format!("{:.0}", naive / ms(ours))),
        );
        json!({"pods": pods, "ours_ms": ms(ours), "bare_heap_ms": ms(bare), "events": events, "counting_anew_ms": naive_ms})
    });
    rows.collect()
}

/// `--preset realistic` against the real control plane.
fn predictions() -> Value {
    println!(
        "\n{:>9} {:>16} {:>11} {:>9} {:>22}",
        "pods", "real, stock, s", "ours, s", "ratio", "real, limits raised, s"
    );
    let rows = RECORDED.iter().map(|(pods, stock_s, raised_low_s, raised_high_s)| {
        let rollout = Rollout {
            config: ClusterConfig::realistic(),
            startup: Distribution::Constant(0),
            ..Rollout::ideal(*pods, rolling("25%", "25%").strategy)
        };
        let ours_s = rollout.observe().complete_s;
        let ratio = ours_s / stock_s;
        println!("{pods:>9} {stock_s:>16.0} {ours_s:>11.1} {ratio:>9.3} {raised_low_s:>11.1} … {raised_high_s:.1}");
        assert!((ratio - 1.0).abs() <= 0.1, "the prediction for {pods} pods is off by more than 10 %");
        json!({"pods": pods, "real_stock_s": stock_s, "ours_s": ours_s, "real_raised_s": [raised_low_s, raised_high_s]})
    });
    rows.collect()
}

/// The real controllers in virtual time, on the same case.
fn oracle(program: &str) -> Value {
    println!(
        "\n{:>9} {:>20} {:>11} {:>9}   (one verdict of `conformance run`)",
        "pods", "real controllers, ms", "ours, ms", "ratio"
    );
    let rows = [1_000, 5_000].map(|pods| {
        let case = json!({
            "id": format!("rollout-{pods}"), "deployment": deployment(pods, &rolling("25%", "25%").strategy).to_value(),
            "startupMs": [1000], "steps": [{"atMs": 10_000, "image": "web:2"}], "untilMs": 30_000, "tickMs": 1000,
        })
        .to_string();
        let mut verdict = String::new();
        let ours = fastest(|| {
            let start = Instant::now();
            verdict = run_of(&case, KubernetesVersion::default()).to_string();
            start.elapsed()
        });
        assert!(!verdict.contains("\"invalid\""), "{}", &verdict[..verdict.len().min(300)]);
        let start = Instant::now();
        let mut child = Command::new(program)
            .args(["run", "--repetitions", "1"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        writeln!(child.stdin.take().expect("piped"), "{case}").expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let real = start.elapsed();
        let answer: Value = serde_json::from_slice(&output.stdout).expect("one verdict");
        assert!(answer.get("invalid").is_none(), "{answer}");
        println!("{pods:>9} {:>20.0} {:>11.3} {:>9.0}", ms(real), ms(ours), ms(real) / ms(ours));
        json!({"pods": pods, "real_ms": ms(real), "ours_ms": ms(ours)})
    });
    json!(rows)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if shared::is_test() {
        return;
    }
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let full = arguments.iter().any(|argument| argument == "--full");
    let context = machine::context();
    println!("{context}\n");
    let sizes: &[i32] = if full { &[100, 1_000, 10_000, 150_000] } else { &[100, 1_000] };
    let engines = floors_and_naive(sizes);
    let predictions = predictions();
    let oracle = match value("--oracle") {
        Some(program) => oracle(program),
        None => {
            eprintln!(
                "!!! SKIPPED: the real controllers (build them with scripts/upstream/build.sh, then --oracle target/upstream/oracle)"
            );
            Value::Null
        }
    };
    if let Some(file) = value("--save") {
        let run =
            json!({"context": context, "engines": engines, "predictions": predictions, "oracle": oracle});
        shared::save(Path::new(file), &run);
    }
}
