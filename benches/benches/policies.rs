//! Whole simulated rollouts without delays: replicas × strategies, and a table of one run each.
#![allow(
    missing_docs,
    clippy::print_stdout,
    reason = "criterion's macros write the entry point; the table is the point"
)]

use std::time::{Duration, Instant};

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use maxsurge_benches::{roll, rolled_out, strategies};

const REPLICAS: [i32; 4] = [10, 100, 1_000, 10_000];

fn policies(c: &mut Criterion) {
    let mut group = c.benchmark_group("rollout");
    group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    let mut rows = Vec::new();
    for replicas in REPLICAS {
        for (name, strategy) in strategies() {
            let (mut cluster, id) = rolled_out(replicas, &strategy);
            let (start, passes) = (Instant::now(), cluster.statistics());
            let created = roll(&mut cluster, id);
            let took = start.elapsed();
            let after = cluster.statistics();
            let passes = after.deployment_passes + after.replica_set_passes
                - passes.deployment_passes
                - passes.replica_set_passes;
            rows.push(format!(
                "{replicas:>8}  {name:<10} {created:>7} {passes:>9} {:>12.3}",
                took.as_secs_f64() * 1e3
            ));
            group.bench_function(BenchmarkId::new(name, replicas), |b| {
                b.iter_batched_ref(
                    || rolled_out(replicas, &strategy),
                    |(cluster, id)| roll(cluster, *id),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
    println!("{:>8}  {:<10} {:>7} {:>9} {:>12}", "replicas", "strategy", "created", "passes", "one run, ms");
    println!("{}", rows.join("\n"));
}

criterion_group!(benches, policies);
criterion_main!(benches);
