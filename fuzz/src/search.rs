//! Random inputs from a seed until a property fails, and what is left of the input when it is made small.

use std::time::Duration;

use crate::Judgement;
use crate::hunt::{Budget, hunt_with};
use crate::zoo::{Catch, Search, Watch};

/// Executions to spend on making a finding small.
const MINIMIZE: u32 = 300;

/// Runs inputs until one fails or the time is over.
pub(crate) fn search(seed: u64, budget: Duration) -> Search {
    let watch = Watch::start();
    let budget = Budget { executions: None, time: Some(budget), minimize: MINIMIZE };
    let hunt = hunt_with(seed, budget, Judgement::default(), &|| watch.elapsed());
    let found = hunt.found.map(|found| Catch {
        property: found.property.code().into(),
        steps: found.input.events.len(),
        what: found.broken.violation.what,
    });
    Search { found, executions: hunt.executions, took: Duration::from_secs_f64(hunt.seconds) }
}
