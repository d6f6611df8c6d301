//! The fuzz target on stable Rust, without libFuzzer: what was found once, and random bytes from seeds.

use std::path::Path;

use maxsurge_core::oracle::Rest;
use maxsurge_fuzz::{hunt, input_of, rollout, rollout_bytes};

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
    let (mut converged, mut events, mut idle) = (0, 0, 0);
    for n in 0..CASES {
        let input = input_of(&hunt::bytes_of(77, n)).expect("bytes suffice");
        match rollout(&input) {
            Ok(verdict) => {
                converged += u64::from(verdict.rest == Some(Rest::Converged));
                events += input.events.len();
                idle += verdict.idle;
            }
            Err(broken) => {
                let (input, broken) = maxsurge_fuzz::minimize::minimize(input, broken, false, 400);
                panic!("input {n}, event {}: {}\n{input:#?}", broken.step, broken.violation)
            }
        }
    }
    eprintln!("{converged} of {CASES} converged; {idle} of {events} events changed nothing");
    // The livelocks of the real controllers are rare; were they not, the test would test little.
    assert!(converged * 10 >= CASES * 8, "{converged} of {CASES} converged");
}
