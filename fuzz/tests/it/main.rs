//! The fuzz target on stable Rust, without libFuzzer: what was found once, and random bytes from seeds.

use std::path::Path;

use arbitrary::{Arbitrary, Unstructured};
use maxsurge_core::oracle::Rest;
use maxsurge_core::sim::Rng;
use maxsurge_fuzz::{Input, rollout, rollout_bytes};

/// Inputs of the property test.
const CASES: u64 = 400;

#[test]
fn regressions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions/rollout");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        eprintln!("{}", path.display());
        rollout_bytes(&std::fs::read(path).unwrap());
    }
}

#[test]
fn random_rollouts() {
    let mut converged = 0;
    for seed in 0..CASES {
        let mut rng = Rng::new(seed, 77);
        let bytes: Vec<u8> = (0..16 + rng.below(120)).map(|_| rng.bits() as u8).collect();
        let input = Input::arbitrary_take_rest(Unstructured::new(&bytes)).expect("bytes suffice");
        match rollout(&input) {
            Ok(verdict) => converged += u64::from(verdict.rest == Rest::Converged),
            Err(violation) => panic!("seed {seed}: {violation}\n{input:#?}"),
        }
    }
    // The livelocks of the real controllers are rare; were they not, the test would test little.
    assert!(converged * 10 >= CASES * 9, "{converged} of {CASES} converged");
}
