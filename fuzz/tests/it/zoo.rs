//! A few bugs of the zoo are found quickly. Needs the feature `zoo`.

use std::time::Duration;

use maxsurge_core::zoo::{ENTRIES, activate};
use maxsurge_fuzz::{Budget, Judgement, hunt};

/// Enough for each of them many times over; what is not found within is missed.
const EXECUTIONS: u64 = 4_000;

#[test]
fn a_few_are_found() {
    let names = [
        "unavail-rounded-up",
        "recreate-eager",
        "s-victims-reversed",
        "s-prune-newest",
        "no-wake-for-deadline",
        "s-map-order",
    ];
    for name in names {
        let entry = ENTRIES.iter().find(|entry| entry.name == name).expect("the catalogue has it");
        activate(Some(entry.mutant));
        let budget =
            Budget { executions: Some(EXECUTIONS), time: Some(Duration::from_secs(120)), minimize: 20 };
        let hunt = hunt(1, budget, Judgement::default());
        activate(None);
        let found = hunt.found.unwrap_or_else(|| panic!("{name} is not found"));
        eprintln!("{name}: {} after {} executions", found.property.code(), found.executions);
    }
}
