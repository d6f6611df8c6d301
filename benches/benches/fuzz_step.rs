//! One input of the fuzzer: decoded, played twice, judged after every instant.
#![allow(missing_docs, reason = "criterion's macros write the entry point")]

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use maxsurge_core::sim::Rng;
use maxsurge_fuzz::rollout_bytes;

/// Inputs that a fuzzer without feedback would try: random bytes, always the same.
fn inputs() -> Vec<Vec<u8>> {
    let mut rng = Rng::new(1, 1);
    (0..64).map(|_| (0..24 + rng.below(200)).map(|_| rng.bits() as u8).collect()).collect()
}

fn fuzz_step(c: &mut Criterion) {
    let mut group = c.benchmark_group("fuzz_step");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    let inputs = inputs();
    group.throughput(Throughput::Elements(inputs.len() as u64));
    group.bench_function("64 random inputs", |b| {
        b.iter(|| inputs.iter().for_each(|input| rollout_bytes(input)));
    });
    group.finish();
}

criterion_group!(benches, fuzz_step);
criterion_main!(benches);
