//! Looking for a violation without libFuzzer: random bytes from a seed, until something is found or the budget is spent.

use std::time::{Duration, Instant};

use maxsurge_core::api::Time;
use maxsurge_core::oracle::{Property, Violation};
use maxsurge_core::sim::Rng;

use crate::generators::Input;
use crate::panics::caught;
use crate::rollout::{Broken, Judgement, judge};
use crate::{input_of, minimize};

/// When to give up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// After that many executions; `None` = any number.
    pub executions: Option<u64>,
    /// After that time; `None` = never. Looked at between executions.
    pub time: Option<Duration>,
    /// Executions to spend on making a finding smaller.
    pub minimize: u32,
}

/// What was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// The property that does not hold.
    pub property: Property,
    /// Executions up to the finding, that one included.
    pub executions: u64,
    /// Seconds up to the finding.
    pub seconds: f64,
    /// The bytes that were found.
    pub bytes: Vec<u8>,
    /// The smallest input that breaks the same property.
    pub input: Input,
    /// What it breaks.
    pub broken: Broken,
}

/// What a hunt came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Hunt {
    /// The first finding, if there is one.
    pub found: Option<Found>,
    /// Executions in all, without those of making it smaller.
    pub executions: u64,
    /// Seconds in all, likewise.
    pub seconds: f64,
}

/// The bytes of the `n`-th execution of a seed.
pub fn bytes_of(seed: u64, n: u64) -> Vec<u8> {
    let mut rng = Rng::new(seed, n);
    // Short ones are quick and tell short stories; long ones reach far.
    let length = 40 + rng.below(if n.is_multiple_of(4) { 360 } else { 120 });
    (0..length).map(|_| rng.bits() as u8).collect()
}

/// [`judge`], with a panic as a violation.
pub fn judge_or_panic(input: &Input, how: Judgement) -> Option<Broken> {
    match caught(|| judge(input, how)) {
        Ok(result) => result.err(),
        Err(what) => {
            let violation = Violation { property: Property::PPanic, at: Time::EPOCH, what, known: None };
            Some(Broken { violation, step: input.events.len() })
        }
    }
}

/// Hunts from an empty corpus, every fourth input run twice. The same seed gives the same executions; only when it gives up depends on time.
pub fn hunt(seed: u64, budget: Budget, how: Judgement) -> Hunt {
    let start = Instant::now();
    hunt_with(seed, budget, how, &|| start.elapsed())
}

/// The same by another clock: `elapsed` tells the time since the beginning.
pub fn hunt_with(seed: u64, budget: Budget, how: Judgement, elapsed: &dyn Fn() -> Duration) -> Hunt {
    let mut executions = 0;
    let found = loop {
        let spent = budget.executions.is_some_and(|most| executions >= most)
            || budget.time.is_some_and(|most| elapsed() >= most);
        if spent {
            break None;
        }
        let bytes = bytes_of(seed, executions);
        // Running twice and in other orders finds only what depends on something outside or on an order, whatever the
        // events: one in four is enough.
        let how = Judgement { twice: executions.is_multiple_of(4), ..how };
        executions += 1;
        let Some(input) = input_of(&bytes) else { continue };
        if let Some(broken) = judge_or_panic(&input, how) {
            break Some((bytes, input, broken));
        }
    };
    let seconds = elapsed().as_secs_f64();
    let found = found.map(|(bytes, input, broken)| {
        let property = broken.violation.property;
        let (input, broken) = minimize::minimize(input, broken, how, budget.minimize);
        Found { property, executions, seconds, bytes, input, broken }
    });
    Hunt { found, executions, seconds }
}
