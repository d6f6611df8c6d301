//! Runs the harness on one mutant of the bug zoo, from an empty corpus.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use maxsurge_core::zoo::{ENTRIES, UNSEEDED, activate};

/// What a search came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Search {
    /// What was found; `None` = nothing within the budget.
    pub found: Option<Catch>,
    /// Inputs that were run.
    pub executions: u64,
    /// Processor time until it was found or given up.
    pub took: Duration,
}

/// The first violation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Catch {
    /// Code of the property.
    pub property: String,
    /// Events of the minimised input.
    pub steps: usize,
    /// What was counted, in one line.
    pub what: String,
}

/// The catalogue: one line an entry.
pub fn list() -> String {
    let mut text = String::new();
    for e in ENTRIES {
        let kind = e.kind.name();
        let _ = writeln!(
            text,
            "mutant\t{}\t{kind}\t{}\t{}\t{}\t{}",
            e.name, e.difficulty, e.sources, e.expected, e.what
        );
    }
    for e in UNSEEDED {
        let kind = e.kind.name();
        let _ = writeln!(text, "unseeded\t{}\t{kind}\t{}\t{}\t\t{}", e.name, e.difficulty, e.sources, e.why);
    }
    text
}

/// Searches with that mutant (`-` = none) for that many seconds, and tells in one line.
pub fn hunt_one(name: &str, seed: &str, seconds: &str) -> Result<String, String> {
    let entry = ENTRIES.iter().find(|entry| entry.name == name);
    if entry.is_none() && name != "-" {
        return Err(format!("no mutant is called {name:?}"));
    }
    let seed: u64 = seed.parse().map_err(|_| format!("{seed:?} is no seed"))?;
    let seconds: u64 = seconds.parse().map_err(|_| format!("{seconds:?} is no number of seconds"))?;
    activate(entry.map(|entry| entry.mutant));
    let search = crate::search::search(seed, Duration::from_secs(seconds));
    activate(None);
    let (executions, took) = (search.executions, search.took.as_secs_f64());
    Ok(match search.found {
        Some(Catch { property, steps, what }) => {
            let what = what.replace(['\n', '\t'], " ");
            format!("found\t{property}\t{executions}\t{took:.3}\t{steps}\t{what}\n")
        }
        None => format!("missed\t\t{executions}\t{took:.3}\t\t\n"),
    })
}

/// Processor time of this thread, where the system tells; else the time on the wall.
pub(crate) struct Watch {
    cpu: Option<Duration>,
    wall: Instant,
}

fn cpu_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

impl Watch {
    pub(crate) fn start() -> Self {
        Watch { cpu: cpu_time(), wall: Instant::now() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        match (self.cpu, cpu_time()) {
            (Some(from), Some(to)) => to.saturating_sub(from),
            _ => self.wall.elapsed(),
        }
    }
}
