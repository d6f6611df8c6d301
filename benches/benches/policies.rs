//! The headline: how long it takes to simulate a whole rollout, policy by policy and size by size.
//!
//! criterion measures the policies that people use; the whole grid is played once for the table at the end.
//! `MAXSURGE_BENCH_PODS_MAX` (150,000 by default, which takes some minutes) sets the largest size: 1000000 for all.
#![allow(
    missing_docs,
    clippy::print_stdout,
    reason = "criterion's macros write the entry point; the table is the point"
)]

#[path = "shared/mod.rs"]
mod shared;

use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use maxsurge_benches::policy::{grid, headline};
use maxsurge_benches::rollout::Rollout;

const SIZES: [i32; 6] = [10, 100, 1_000, 10_000, 150_000, 1_000_000];

fn sizes() -> impl Iterator<Item = i32> {
    let max = std::env::var("MAXSURGE_BENCH_PODS_MAX").ok().and_then(|text| text.parse().ok());
    let max = if shared::is_test() { 100 } else { max.unwrap_or(150_000) };
    SIZES.into_iter().filter(move |size| *size <= max)
}

fn rollouts(c: &mut Criterion) {
    let mut group = c.benchmark_group("rollout");
    group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    for policy in headline() {
        for pods in sizes() {
            let rollout = Rollout::ideal(pods, policy.strategy.clone());
            group.throughput(Throughput::Elements(pods as u64));
            group.bench_function(BenchmarkId::new(policy.name.replace('/', " "), pods), |b| {
                b.iter_batched_ref(
                    || rollout.at_rest(),
                    |(cluster, id)| rollout.play(cluster, *id),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

/// One run of each policy at each size, and its ratio to Recreate.
fn table() {
    let sizes: Vec<i32> = sizes().collect();
    println!("\nms to simulate one rollout (× Recreate), preset ideal; maxSurge/maxUnavailable");
    print!("{:<9}", "policy");
    for pods in &sizes {
        print!("{pods:>14}");
    }
    println!();
    let mut reference = Vec::new();
    for policy in grid() {
        print!("{:<9}", policy.name);
        for (at, pods) in sizes.iter().enumerate() {
            let ms = Rollout::ideal(*pods, policy.strategy.clone()).run().took.as_secs_f64() * 1e3;
            if at == reference.len() {
                reference.push(ms);
            }
            let decimals = usize::from(ms < 100.0) + usize::from(ms < 10.0) + usize::from(ms < 1.0);
            print!("{ms:>8.decimals$} ×{:.2}", ms / reference[at]);
        }
        println!();
    }
}

/// The same scenarios with the oracles on.
fn judged() {
    let pods = if shared::is_test() { 20 } else { 60 };
    for policy in grid() {
        Rollout::ideal(pods, policy.strategy).judged();
    }
    println!(
        "\noracles: every instant of each policy's rollout of {pods} pods was recounted and judged; nothing found"
    );
}

fn main() {
    let mut c = Criterion::default().configure_from_args();
    rollouts(&mut c);
    c.final_summary();
    if shared::is_filtered() {
        return;
    }
    table();
    judged();
    shared::plots::from_estimates("rollout", "ms", 1e-6, "time to simulate one rollout");
}
