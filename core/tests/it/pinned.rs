//! The same scenario and seed give the same trace: here, and in every package and on every machine that runs this.

use maxsurge_core::scenario::{PINNED, PINNED_SEED, PINNED_TRACE_HASH, Scenario, trace_hash};

#[test]
fn the_pinned_trace() {
    let scenario = Scenario::parse(PINNED, &mut |path| Err(format!("no file {path}"))).unwrap();
    let hash = trace_hash(&scenario, PINNED_SEED).unwrap();
    assert_eq!(hash, PINNED_TRACE_HASH, "0x{hash:016x}");
    assert_eq!(trace_hash(&scenario, PINNED_SEED).unwrap(), hash, "twice in one process");
    assert_ne!(trace_hash(&scenario, PINNED_SEED + 1).unwrap(), hash, "another seed, another trace");
}
