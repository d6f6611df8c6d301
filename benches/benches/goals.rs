//! Goals against measured: one run of everything that PERFORMANCE.md states, as a table and as JSON.
//!
//! `cargo bench --bench goals` measures up to 10,000 pods; `-- --full` up to 1,000,000 pods, all goals (a minute or two on a
//! quiet machine); `-- --full --save FILE` writes the JSON, too, and the plot beside PERFORMANCE.md.
#![allow(missing_docs, clippy::print_stdout, reason = "a table is the point")]

#[path = "shared/mod.rs"]
mod shared;

use std::path::Path;
use std::time::Instant;

use maxsurge_benches::decision::Sight;
use maxsurge_benches::floor::floor;
use maxsurge_benches::machine;
use maxsurge_benches::policy::{Policy, recreate, rolling};
use maxsurge_benches::rollout::{Fleet, Outcome, Rollout};
use maxsurge_core::cluster::{ClusterConfig, UserAction};
use serde_json::{Value, json};

struct Goal {
    name: String,
    measured: f64,
    goal: f64,
    unit: &'static str,
    /// Whether more is better.
    at_least: bool,
}

/// The fastest of several runs: whatever else the machine does only ever adds.
fn best(rollout: &Rollout, runs: usize) -> (Outcome, f64) {
    let run = || {
        let (mut cluster, id) = rollout.at_rest();
        let before = machine::processor_ns();
        let outcome = rollout.play(&mut cluster, id);
        let busy =
            machine::processor_ns().zip(before).map_or(f64::NAN, |(after, before)| (after - before) as f64);
        (outcome, busy / 1e6)
    };
    let runs = (0..runs).map(|_| run());
    runs.min_by(|a, b| a.0.took.cmp(&b.0.took)).expect("at least one run")
}

fn ms(outcome: &Outcome) -> f64 {
    outcome.took.as_secs_f64() * 1e3
}

/// Cost of whole rollouts by policy and size.
fn scaling(sizes: &[i32], goals: &mut Vec<Goal>) -> Value {
    println!(
        "{:<9} {:>7} {:>9} {:>9} {:>6} {:>8} {:>8} {:>7} {:>7}",
        "policy", "pods", "wall, ms", "CPU, ms", "µs/pod", "events/s", "passes/s", "ns/pass", "× floor"
    );
    let mut rows = Vec::new();
    let policies: [Policy; 3] = [rolling("25%", "25%"), rolling("1", "0"), recreate()];
    for policy in &policies {
        for pods in sizes {
            let runs = match pods {
                ..=10_000 => 7,
                ..=150_000 => 3,
                _ => 1,
            };
            let (outcome, busy_ms) = best(&Rollout::ideal(*pods, policy.strategy.clone()), runs);
            let work = outcome.work;
            let passes = work.deployment_passes + work.replica_set_passes;
            let happened = work.events + work.deliveries;
            let seconds = outcome.took.as_secs_f64();
            let floor_ms = floor(3 * *pods as usize, *pods as usize).as_secs_f64() * 1e3;
            println!(
                "{:<9} {pods:>7} {:>9.2} {busy_ms:>9.2} {:>6.2} {:>8.0} {:>8.0} {:>7.0} {:>7.1}",
                policy.name,
                ms(&outcome),
                ms(&outcome) * 1e3 / f64::from(*pods),
                happened as f64 / seconds,
                passes as f64 / seconds,
                seconds * 1e9 / passes as f64,
                ms(&outcome) / floor_ms,
            );
            rows.push(json!({
                "policy": policy.name, "pods": pods, "wall_ms": ms(&outcome), "processor_ms": busy_ms,
                "queue_events": work.events, "watch_events": work.deliveries, "requests": work.requests,
                "deployment_passes": work.deployment_passes, "replica_set_passes": work.replica_set_passes,
                "floor_of_3n_queue_events_ms": floor_ms,
            }));
            let goal = match (policy.name.as_str(), *pods) {
                ("25%/25%", 10_000) => 40.0,
                ("25%/25%", 150_000) => 800.0,
                ("25%/25%", 1_000_000) => 4_000.0,
                ("1/0", 10_000) => 60.0,
                _ => continue,
            };
            let name = format!("rollout {}, {pods} pods", policy.name);
            goals.push(Goal { name, measured: ms(&outcome), goal, unit: "ms", at_least: false });
        }
    }
    let per_pod = |pods: i32| {
        let row = rows.iter().find(|row| row["policy"] == "1/0" && row["pods"] == pods)?;
        Some(row["wall_ms"].as_f64()? / f64::from(pods))
    };
    if let (Some(small), Some(large)) = (per_pod(1_000), per_pod(150_000)) {
        let measured = large / small;
        let name = "1/0: cost per pod, 150,000 against 1,000 pods".into();
        goals.push(Goal { name, measured, goal: 2.0, unit: "×", at_least: false });
    }
    Value::Array(rows)
}

fn decisions(goals: &mut Vec<Goal>) {
    for (name, sight) in
        [("at rest", Sight::at_rest(10_000)), ("in mid-rollout", Sight::in_mid_rollout(10_000))]
    {
        let batch = || {
            let start = Instant::now();
            for _ in 0..10_000 {
                std::hint::black_box(std::hint::black_box(&sight).pass()).0.expect("it goes well");
            }
            start.elapsed().as_secs_f64() * 1e6 / 10_000.0
        };
        let measured = (0..20).map(|_| batch()).fold(f64::MAX, f64::min);
        goals.push(Goal {
            name: format!("Deployment decision {name}"),
            measured,
            goal: 0.5,
            unit: "µs",
            at_least: false,
        });
    }
}

/// A ReplicaSet gives up one of 10,000 pods: everything that happens at that instant, of which its decision is a part. The real
/// ReplicaSet controller's decision alone took 8.4 ms when the goal was set.
fn one_pod_fewer(goals: &mut Vec<Goal>) {
    const PODS: i32 = 10_000;
    const STEPS: i32 = 500;
    let (mut cluster, id) = Rollout::ideal(PODS, rolling("25%", "25%").strategy).at_rest();
    let mut scale = |pods: i32| {
        cluster.act(id, &UserAction::Scale(pods)).expect("it can be scaled");
        cluster.settle().expect("it settles");
    };
    // The first one puts all pods in order.
    scale(PODS - 1);
    let start = Instant::now();
    for step in 1..=STEPS {
        scale(PODS - 1 - step);
    }
    goals.push(Goal {
        name: format!("one of {PODS} pods given up, all passes"),
        measured: start.elapsed().as_secs_f64() * 1e6 / f64::from(STEPS),
        goal: 8.4,
        unit: "µs",
        at_least: false,
    });
}

fn montecarlo(goals: &mut Vec<Goal>) {
    let time = |threads| {
        let start = Instant::now();
        let result = shared::seeds::run(100, 200, threads);
        (start.elapsed().as_secs_f64(), result)
    };
    let ((one, first), (two, second), (_, eighth)) = (time(1), time(2), time(8));
    assert!(first == second && first == eighth, "the result depends on the number of threads");
    let best = |threads, first: f64| (0..2).map(|_| time(threads).0).fold(first, f64::min);
    let measured = best(1, one) / best(2, two);
    goals.push(Goal {
        name: "Monte Carlo on 2 threads".into(),
        measured,
        goal: 1.9,
        unit: "×",
        at_least: true,
    });
    println!("Monte Carlo: {} bytes of result, the same on 1, 2 and 8 threads", first.len());
}

fn fleets(goals: &mut Vec<Goal>) -> Value {
    let policy = rolling("25%", "25%");
    let fleet = |config| Fleet { deployments: 2_000, pods: 75, strategy: policy.strategy.clone(), config };
    let (outcome, _) = fleet(ClusterConfig::ideal()).run();
    let name = "2,000 Deployments × 75 pods at once".into();
    goals.push(Goal { name, measured: ms(&outcome), goal: 500.0, unit: "ms", at_least: false });
    let small = Fleet { deployments: 100, ..fleet(ClusterConfig::realistic()) };
    let (limited, virtual_s) = small.run();
    let pods = 100.0 * 75.0;
    println!(
        "100 Deployments × 75 pods, QPS 20, burst 30: {} requests, complete after {virtual_s:.0} s of virtual time;\n\
         (creations + deletions)/20 = {:.0} s; simulated in {:.0} ms",
        limited.work.requests,
        2.0 * pods / 20.0,
        ms(&limited)
    );
    json!({"ideal_ms": ms(&outcome), "limited": {
        "deployments": 100, "pods": 75, "requests": limited.work.requests, "virtual_s": virtual_s,
        "creations_and_deletions_by_20_s": 2.0 * pods / 20.0, "wall_ms": ms(&limited),
    }})
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if shared::is_test() {
        return;
    }
    let full = arguments.iter().any(|argument| argument == "--full");
    let context = machine::context();
    println!("{context}");
    let mut goals = Vec::new();
    let sizes: &[i32] =
        if full { &[10, 100, 1_000, 10_000, 150_000, 1_000_000] } else { &[10, 100, 1_000, 10_000] };
    let rows = scaling(sizes, &mut goals);
    decisions(&mut goals);
    one_pod_fewer(&mut goals);
    montecarlo(&mut goals);
    let fleets = if full { fleets(&mut goals) } else { Value::Null };
    println!("\n{:<50} {:>12} {:>12}", "goal", "measured", "wanted");
    for goal in &goals {
        let met = if goal.at_least { goal.measured >= goal.goal } else { goal.measured <= goal.goal };
        let sign = if goal.at_least { '≥' } else { '≤' };
        println!(
            "{:<50} {:>9.3} {:<2} {sign}{:>8} {:<2} {}",
            goal.name,
            goal.measured,
            goal.unit,
            goal.goal,
            goal.unit,
            if met { "met" } else { "MISSED" }
        );
    }
    let Some(at) = arguments.iter().position(|argument| argument == "--save") else { return };
    let file = Path::new(arguments.get(at + 1).expect("--save FILE"));
    let listed: Vec<Value> = goals
        .iter()
        .map(|g| json!({"name": g.name, "measured": g.measured, "goal": g.goal, "unit": g.unit, "at_least": g.at_least}))
        .collect();
    let run = json!({"context": context, "goals": listed, "rollouts": rows, "fleets": fleets});
    shared::save(file, &run);
    // Beside the folder of runs.
    let folder = file.parent().and_then(Path::parent).expect("--save FOLDER/runs/FILE");
    shared::plots::cost_by_pods(&run, &folder.join("cost-by-pods"));
}
