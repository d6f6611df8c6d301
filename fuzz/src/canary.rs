//! A bug that is planted to see that it is found: `maxUnavailable` rounded up, the first mistake that everybody makes.

use std::process::ExitCode;
use std::time::Duration;

use maxsurge_core::zoo::{ENTRIES, activate};

use crate::Judgement;
use crate::exhaust::{Bounds, SmallWorld, check};
use crate::generators::Limits;
use crate::hunt::{Budget, hunt};

/// Name of the mutant.
const PLANTED: &str = "unavail-rounded-up";
/// Within that time it must be found, s.
const FOUND_S: u64 = 30;

/// Switches the bug on.
pub fn plant() {
    let entry = ENTRIES.iter().find(|entry| entry.name == PLANTED).expect("the catalogue has it");
    activate(Some(entry.mutant));
}

/// What the exhaustive search must find in its smallest worlds: a wrong number, a wrong moment, a wrong memory.
const SEARCHED: [(&str, Limits); 3] = [
    ("s-no-surge", Limits::Pods(1, 0)),
    ("recreate-eager", Limits::Recreate),
    ("s-delete-unconfirmed", Limits::Pods(0, 1)),
];

/// Searches small worlds exhaustively for other bugs.
fn search() -> ExitCode {
    for (name, strategy) in SEARCHED {
        let entry = ENTRIES.iter().find(|entry| entry.name == name).expect("the catalogue has it");
        let bounds = Bounds { edits: 1, lag: 1, ..Bounds::new(strategy, 2) };
        let outcome = check(&SmallWorld::new(bounds).with_mutant(entry.mutant), 1_000_000);
        let Some(found) = outcome.found else {
            eprintln!("canary: {name} was not found in {} states: the search is blind", outcome.unique);
            return ExitCode::FAILURE;
        };
        let property = found.violation.property.code();
        eprintln!("canary: {name}: {property} after {} steps, {} states", found.steps, outcome.unique);
    }
    ExitCode::SUCCESS
}

/// Hunts for it, and says whether it was found.
pub fn sing() -> ExitCode {
    plant();
    let budget = Budget { executions: None, time: Some(Duration::from_secs(FOUND_S)), minimize: 200 };
    let hunt = hunt(1, budget, Judgement::default());
    activate(None);
    match hunt.found {
        Some(found) => {
            let (property, executions, seconds) = (found.property.code(), found.executions, found.seconds);
            eprintln!("canary: {property} after {executions} executions, {seconds:.1} s");
            search()
        }
        None => {
            eprintln!("canary: {PLANTED} was not found in {FOUND_S} s: the harness is blind");
            ExitCode::FAILURE
        }
    }
}
