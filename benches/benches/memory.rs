//! Memory: bytes per pod of a whole rollout, and allocations per decision. Apart from `goals`, as counting costs time.
#![allow(missing_docs, clippy::print_stdout, reason = "a table is the point")]

#[path = "shared/mod.rs"]
mod shared;

use std::alloc::System;
use std::path::Path;

use maxsurge_benches::machine;
use maxsurge_benches::policy::{recreate, rolling};
use maxsurge_benches::rollout::{Rollout, change};
use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if shared::is_test() {
        return;
    }
    let full = arguments.iter().any(|argument| argument == "--full");
    let sizes: &[i32] = if full { &[1_000, 10_000, 150_000, 1_000_000] } else { &[1_000, 10_000, 150_000] };
    println!(
        "{:<9} {:>9} {:>14} {:>14} {:>16}",
        "policy", "pods", "at rest, B/pod", "most, B/pod", "allocations/pod"
    );
    let mut rows = Vec::new();
    for policy in [rolling("25%", "25%"), rolling("1", "0"), recreate()] {
        for pods in sizes {
            let rollout = Rollout::ideal(*pods, policy.strategy.clone());
            let before = live();
            let (mut cluster, id) = rollout.at_rest();
            let at_rest = live() - before;
            let allocations = ALLOCATOR.stats().allocations;
            let mut most = at_rest;
            change(&mut cluster, id);
            most = most.max(live() - before);
            let until = cluster.now().plus_seconds(600 + 30 * i64::from(*pods));
            cluster.run_before(until, &mut |_| most = most.max(live() - before)).expect("it settles");
            let allocations = ALLOCATOR.stats().allocations - allocations;
            let per_pod = |n: usize| n as f64 / f64::from(*pods);
            println!(
                "{:<9} {pods:>9} {:>14.1} {:>14.1} {:>16.1}",
                policy.name,
                per_pod(at_rest),
                per_pod(most),
                per_pod(allocations)
            );
            rows.push(json!({
                "policy": policy.name, "pods": pods, "at_rest_bytes_a_pod": per_pod(at_rest),
                "most_bytes_a_pod": per_pod(most), "allocations_a_pod": per_pod(allocations),
            }));
        }
    }
    let resident = machine::peak_resident_bytes();
    println!("most resident memory of this process: {} MiB", resident.unwrap_or(0) >> 20);
    if let Some(at) = arguments.iter().position(|argument| argument == "--save") {
        let run = json!({"context": machine::context(), "memory": rows, "peak_resident_bytes": resident});
        shared::save(Path::new(arguments.get(at + 1).expect("--save FILE")), &run);
    }
}
