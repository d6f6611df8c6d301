//! A bug that is planted to see that it is found: `maxUnavailable` rounded up, the first mistake that everybody makes.

use std::process::ExitCode;
use std::time::Duration;

use maxsurge_core::zoo::{ENTRIES, activate};

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

/// Hunts for it, and says whether it was found.
pub fn sing() -> ExitCode {
    plant();
    let budget = Budget { executions: None, time: Some(Duration::from_secs(FOUND_S)), minimize: 200 };
    let hunt = hunt(1, budget, false);
    activate(None);
    match hunt.found {
        Some(found) => {
            let (property, executions, seconds) = (found.property.code(), found.executions, found.seconds);
            eprintln!("canary: {property} after {executions} executions, {seconds:.1} s");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("canary: {PLANTED} was not found in {FOUND_S} s: the harness is blind");
            ExitCode::FAILURE
        }
    }
}
