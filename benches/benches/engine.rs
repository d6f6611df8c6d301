//! The engine: the bare event queue, and one event through the whole world.
#![allow(missing_docs, reason = "criterion's macros write the entry point")]

#[path = "shared/mod.rs"]
mod shared;

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use maxsurge_benches::floor::floor;
use maxsurge_benches::policy::rolling;
use maxsurge_benches::rollout::Rollout;
use maxsurge_core::api::Time;
use maxsurge_core::cluster::pods::DeploymentId;
use maxsurge_core::cluster::{Cluster, UserAction};
use maxsurge_core::sim::{Queue, Rng};

fn sizes(of: &'static [usize]) -> impl Iterator<Item = usize> {
    of.iter().copied().filter(|n| !shared::is_test() || *n <= 1_000)
}

/// One pop and one push with so many events waiting.
fn queue(c: &mut Criterion) {
    let mut group = c.benchmark_group("queue");
    group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    group.throughput(Throughput::Elements(1));
    for pending in sizes(&[100, 10_000, 150_000, 1_000_000]) {
        let mut rng = Rng::new(1, 1);
        let mut queue = Queue::default();
        let later = |now: Time, rng: &mut Rng| now.plus_nanos(rng.below(1 << 34) as i64);
        for n in 0..pending {
            queue.push(later(Time::EPOCH, &mut rng), n as u32);
        }
        group.bench_function(BenchmarkId::new("pop and push", pending), |b| {
            b.iter(|| {
                let now = queue.next_at().expect("events wait");
                let event = queue.pop_due(now).expect("just seen");
                queue.push(later(now, &mut rng), event);
            });
        });
        // Instants of many events: n at once, as pods of equal start-up times have them.
        group.bench_function(BenchmarkId::new("bare heap, all events", pending), |b| {
            b.iter_custom(|n| {
                (0..n).map(|_| floor(2 * pending, pending)).sum::<Duration>() / (2 * pending as u32)
            });
        });
    }
    group.finish();
}

/// A world in which one pod after the other is replaced, again and again.
struct Endless {
    cluster: Cluster,
    id: DeploymentId,
    rollouts: usize,
}

impl Endless {
    fn new(pods: usize) -> Self {
        let (cluster, id) = Rollout::ideal(pods as i32, rolling("1", "0").strategy).at_rest();
        Endless { cluster, id, rollouts: 0 }
    }

    /// One pod gets ready; everything that follows from it.
    fn step(&mut self) {
        let before = self.cluster.store.pods().len();
        while self.cluster.store.pods().len() == before {
            let Some(at) = self.cluster.next_at() else {
                self.rollouts += 1;
                let image = ["web:1", "web:2"][self.rollouts % 2].into();
                let action = UserAction::SetImage { container: None, image };
                self.cluster.act(self.id, &action).expect("it exists");
                self.cluster.settle().expect("it settles");
                continue;
            };
            self.cluster.run_before(at.plus_nanos(1), &mut |_| ()).expect("it settles");
        }
    }
}

fn world(c: &mut Criterion) {
    let mut group = c.benchmark_group("world");
    group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    group.throughput(Throughput::Elements(1));
    for pods in sizes(&[10, 100, 1_000, 10_000, 100_000]) {
        let mut world = Endless::new(pods);
        group.bench_function(BenchmarkId::new("one pod replaced, 1 0", pods), |b| {
            b.iter_custom(|n| {
                let start = Instant::now();
                (0..n).for_each(|_| world.step());
                start.elapsed()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, queue, world);
criterion_main!(benches);
