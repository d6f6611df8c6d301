//! The fuzz targets on stable Rust, without libFuzzer: what was found once, and random bytes from seeds.

mod exemptions;
mod exhaust;
mod exhaust_search;
mod findings;
mod found;
mod plugged;
#[cfg(feature = "zoo")]
mod zoo;

use std::path::Path;

use maxsurge_core::api::Time;
use maxsurge_core::cluster::{Cluster, UserError};
use maxsurge_core::oracle::Rest;
use maxsurge_core::scenario::{Moment, Observer, Scenario, Step, simulate};
use maxsurge_fuzz::generators::GOOD_IMAGE;
use maxsurge_fuzz::{Judgement, hunt, input_of, minimize, rollout, run, scenario, story, targets};

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
                let (input, broken) = minimize::minimize(input, broken, Judgement::default(), 400);
                panic!("input {n}: {}\n{input:#?}", story::tell(&input, &broken, Judgement::default()))
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

/// The scenario file of an input plays as the input did: where its events lie on whole milliseconds, the ReplicaSets have the same
/// sizes after the last of them. (Sorted: the names, which settle ties, follow from the template, and a scenario's has defaults.)
#[test]
fn scenarios_play_what_happened() {
    fn sizes(cluster: &Cluster) -> Vec<i32> {
        let mut sizes: Vec<i32> = cluster.store.replica_sets().map(|(_, rs)| rs.spec.replicas).collect();
        sizes.sort_unstable();
        sizes
    }
    #[derive(Default)]
    struct Sizes {
        now: Vec<i32>,
        before_the_end: Option<Vec<i32>>,
    }
    impl Observer for Sizes {
        fn step(&mut self, _: &Moment<'_>, step: &Step, _: Result<&str, &UserError>) {
            // What the end of every input does.
            if step.text.contains(GOOD_IMAGE) {
                self.before_the_end = Some(self.now.clone());
            }
        }
        fn instant(&mut self, moment: &Moment<'_>) {
            self.now = sizes(moment.cluster);
        }
    }
    // Which of two ReplicaSets of one second comes first is told by their names, and those by templates that defaults are not in.
    let are_tied = |cluster: &Cluster| {
        let sets = cluster.store.replica_sets().filter(|(_, rs)| rs.spec.replicas > 0);
        let mut born: Vec<_> = sets.map(|(_, rs)| rs.meta.creation_timestamp).collect();
        // The new one is never one of two.
        born.pop();
        born.windows(2).any(|pair| pair[0] == pair[1])
    };
    let (mut compared, mut meddled) = (0, 0);
    for n in 0..6 * CASES {
        let Some(input) = input_of(&hunt::bytes_of(8, n)) else { continue };
        let Ok(file) = scenario::file(&input, Judgement::default()) else { continue };
        let mut seen: Vec<(i64, Vec<i32>)> = Vec::new();
        let mut is_tied = false;
        let _ = run(&input, Judgement::default(), &mut |_, cluster| {
            seen.push((cluster.now().since(Time::EPOCH), sizes(cluster)));
            is_tied |= are_tied(cluster);
        });
        if is_tied {
            continue;
        }
        let Some((_, expected)) = seen.get(input.events.len()) else { continue };
        if seen.iter().take(input.events.len() + 1).any(|(at, _)| at % 1_000_000 != 0) {
            continue;
        }
        let scenario = Scenario::parse(&file, &mut |path| Err(format!("no file {path}"))).unwrap();
        let mut played = Sizes::default();
        simulate(&scenario, 0, &mut played).unwrap();
        compared += 1;
        meddled += usize::from(file.contains("\n  pod: ") || file.contains("\n  replicaSet: "));
        assert_eq!(played.before_the_end.as_ref(), Some(expected), "input {n}\n{file}");
    }
    assert!(compared > 60 && meddled > 20, "{compared} compared, {meddled} with hands laid on");
}
