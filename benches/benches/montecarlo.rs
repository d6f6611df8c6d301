//! Many seeds: seeds × pods × strategies on one thread and on two.
#![allow(missing_docs, reason = "criterion's macros write the entry point")]

#[path = "shared/mod.rs"]
mod shared;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn montecarlo(c: &mut Criterion) {
    let mut group = c.benchmark_group("montecarlo");
    group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(2));
    let strategies = shared::seeds::STRATEGIES.split(',').count();
    for (seeds, pods) in [(256, 10), (64, 100), (16, 1_000)] {
        let seeds = if shared::is_test() { 2 } else { seeds };
        group.throughput(Throughput::Elements(u64::from(seeds) * strategies as u64));
        for threads in [1, 2] {
            let name = format!("{seeds} seeds × {} strategies, {threads} threads", strategies);
            group.bench_function(BenchmarkId::new(name, pods), |b| {
                b.iter(|| shared::seeds::run(pods, seeds, threads));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, montecarlo);
criterion_main!(benches);
