//! A decision of the Deployment controller allocates nothing: neither one that finds nothing to do nor one in mid-rollout
//! that resizes a ReplicaSet and writes the status.

use std::alloc::System;
use std::hint::black_box;

use maxsurge_benches::decision::Sight;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn allocations(sight: &Sight, writes: usize) -> usize {
    let (result, sent) = sight.pass();
    assert!(result.is_ok() && sent == writes, "{result:?}, {sent} writes");
    let region = Region::new(ALLOCATOR);
    let _ = black_box(black_box(sight).pass());
    region.change().allocations
}

/// One test: the allocator counts for the whole process.
#[test]
fn decisions_allocate_nothing() {
    assert_eq!(allocations(&Sight::at_rest(100), 0), 0, "at rest");
    assert_eq!(allocations(&Sight::in_mid_rollout(100), 2), 0, "in mid-rollout");
    // The counting works.
    let region = Region::new(ALLOCATOR);
    let _ = black_box(vec![1_u8]);
    assert_eq!(region.change().allocations, 1);
}
