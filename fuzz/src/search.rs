//! Random inputs from a seed until a property fails, and what is left of the input when it is made small.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use maxsurge_core::sim::Rng;

use crate::zoo::{Catch, Search, Watch};
use crate::{Input, rollout};

/// Runs inputs until one fails or the time is over.
pub(crate) fn search(seed: u64, budget: Duration) -> Search {
    // A panic is a finding like any other, and is told as one.
    std::panic::set_hook(Box::new(|_| {}));
    let watch = Watch::start();
    let mut rng = Rng::new(seed, 4);
    let mut executions = 0;
    while watch.elapsed() < budget {
        for _ in 0..16 {
            let bytes: Vec<u8> = (0..16 + rng.below(240)).map(|_| rng.bits() as u8).collect();
            let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(&bytes)) else { continue };
            executions += 1;
            if failure(&input).is_some() {
                let took = watch.elapsed();
                let small = minimise(input);
                let (property, what) = failure(&small).expect("only failing inputs are kept");
                let found = Some(Catch { property, steps: small.events.len(), what });
                return Search { found, executions, took };
            }
        }
    }
    Search { found: None, executions, took: watch.elapsed() }
}

fn failure(input: &Input) -> Option<(String, String)> {
    match catch_unwind(AssertUnwindSafe(|| rollout(input))) {
        Ok(Ok(_)) => None,
        Ok(Err(violation)) => Some((violation.property.code().into(), violation.what)),
        Err(_) => Some(("P-PANIC".into(), "panicked".into())),
    }
}

/// Leaves out events, the longest stretches first, as long as something still fails.
fn minimise(mut input: Input) -> Input {
    let mut stretch = input.events.len();
    while stretch > 0 {
        let mut at = 0;
        while at + stretch <= input.events.len() {
            let mut shorter = input.clone();
            shorter.events.drain(at..at + stretch);
            if failure(&shorter).is_some() { input = shorter } else { at += stretch }
        }
        stretch /= 2;
    }
    input
}
