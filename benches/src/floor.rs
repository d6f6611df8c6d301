//! What the event queue alone costs: a bare binary heap with as many events as a rollout has.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use maxsurge_core::sim::Rng;

/// Wall time of `events` pushes and pops of (time, sequence, payload), of which up to `pending` wait at a time.
pub fn floor(events: usize, pending: usize) -> Duration {
    let mut rng = Rng::new(1, 1);
    let start = Instant::now();
    let mut heap = BinaryHeap::with_capacity(pending);
    let mut sequence = 0_u64;
    let mut push = |heap: &mut BinaryHeap<Reverse<(u64, u64, u32)>>, now: u64| {
        sequence += 1;
        heap.push(Reverse((now + rng.below(1 << 34), sequence, sequence as u32)));
    };
    for _ in 0..pending.min(events) {
        push(&mut heap, 0);
    }
    for _ in pending..events {
        let Reverse((now, ..)) = heap.pop().expect("events wait");
        push(&mut heap, now);
    }
    while let Some(event) = heap.pop() {
        black_box(event);
    }
    start.elapsed()
}
