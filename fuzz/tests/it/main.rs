//! The fuzz targets on stable Rust, without libFuzzer: what was found once, and random bytes from seeds.

mod exemptions;
mod exhaust;
mod exhaust_search;
mod findings;
mod found;
#[cfg(feature = "zoo")]
mod zoo;

use std::path::Path;

use maxsurge_core::oracle::Rest;
use maxsurge_fuzz::{hunt, input_of, minimize, rollout, story, targets};

/// Inputs of the property test.
const CASES: u64 = 300;

/// Every file below `regressions/TARGET` is put to its target.
#[test]
fn regressions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let list = |folder: &Path| {
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let mut replayed = 0;
    for folder in list(&folder) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let target = targets::ALL.iter().find(|(known, _)| *known == name);
        let (_, target) = target.unwrap_or_else(|| panic!("no target is called {name}"));
        for path in list(&folder) {
            eprintln!("{}", path.display());
            target(&std::fs::read(path).unwrap());
            replayed += 1;
        }
    }
    assert!(replayed > 0);
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
                let (input, broken) = minimize::minimize(input, broken, false, 400);
                panic!("input {n}: {}\n{input:#?}", story::tell(&input, &broken, false))
            }
        }
    }
    eprintln!("{converged} of {CASES} converged; {idle} of {events} events changed nothing");
    // The livelocks of the real controllers are rare; were they not, the test would test little.
    assert!(converged * 10 >= CASES * 8, "{converged} of {CASES} converged");
}

/// Whatever the bytes, they stand for an input: nothing is rejected.
#[test]
fn no_input_is_useless() {
    let rejected = (0..2_000).filter(|n| input_of(&hunt::bytes_of(5, *n)).is_none()).count();
    assert_eq!(rejected, 0, "of 2000");
}

#[test]
fn the_other_targets() {
    for (name, target) in targets::ALL.iter().filter(|(name, _)| *name != "rollout") {
        let inputs = if *name == "naive_vs_fast" { 20 } else { 150 };
        eprintln!("{name}");
        for n in 0..inputs {
            target(&hunt::bytes_of(3, n));
        }
    }
}
