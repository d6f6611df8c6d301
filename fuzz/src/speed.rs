//! How many executions one core makes in a second, of inputs that are long enough to count, and what they are made of.

use std::fmt;
use std::time::{Duration, Instant};

use crate::generators::Input;
use crate::hunt::{bytes_of, judge_or_panic};
use crate::input_of;
use crate::rollout::{Judgement, unjudged};

/// Inputs that are measured.
const INPUTS: usize = 200;
/// Events that each of them has at least.
const EVENTS_MIN: usize = 32;

/// What was measured.
#[derive(Clone, PartialEq, Debug)]
pub struct Speed {
    /// Events of an input, mean.
    pub events: f64,
    /// Executions a second as `hunt` makes them: judged, every fourth twice.
    pub judged: f64,
    /// Executions a second without anybody who writes down or judges what happens.
    pub alone: f64,
    /// Passes of both controllers in an execution, mean.
    pub passes: f64,
    /// Their requests, mean.
    pub requests: f64,
    /// Time of a judged execution, the quickest first.
    pub times: Vec<Duration>,
}

/// Measures inputs of a seed.
pub fn measure(seed: u64) -> Speed {
    let inputs = (0..).filter_map(|n| input_of(&bytes_of(seed, n)));
    let inputs: Vec<Input> = inputs.filter(|input| input.events.len() >= EVENTS_MIN).take(INPUTS).collect();
    let mut times = Vec::with_capacity(INPUTS);
    for (n, input) in inputs.iter().enumerate() {
        let start = Instant::now();
        judge_or_panic(input, Judgement { twice: n.is_multiple_of(4), ..Judgement::default() });
        times.push(start.elapsed());
    }
    let (mut passes, mut requests) = (0, 0);
    let start = Instant::now();
    for input in &inputs {
        if let Ok(done) = unjudged(input, Default::default()) {
            passes += done.deployment_passes + done.replica_set_passes;
            requests += done.requests;
        }
    }
    let alone = start.elapsed();
    let total: Duration = times.iter().sum();
    times.sort_unstable();
    let mean = |n: u64| n as f64 / INPUTS as f64;
    Speed {
        events: mean(inputs.iter().map(|input| input.events.len() as u64).sum()),
        judged: INPUTS as f64 / total.as_secs_f64(),
        alone: INPUTS as f64 / alone.as_secs_f64(),
        passes: mean(passes),
        requests: mean(requests),
        times,
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} inputs of {:.0} events: {:.0} executions/s, judged",
            self.times.len(),
            self.events,
            self.judged
        )?;
        let at = |share: usize| {
            let time =
                self.times.get((self.times.len() * share / 100).min(self.times.len().saturating_sub(1)));
            time.map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        writeln!(
            f,
            "ms each: median {:.2}, 90th percentile {:.2}, 99th {:.2}, most {:.2}",
            at(50),
            at(90),
            at(99),
            at(100)
        )?;
        write!(
            f,
            "the world alone: {:.0}/s, {:.0} passes and {:.0} requests each",
            self.alone, self.passes, self.requests
        )
    }
}
