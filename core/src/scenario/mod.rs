//! Scenarios: what a person wants to try. Manifests, timed steps written as kubectl commands, the behaviour of
//! the application, the kind of cluster.

mod command;
mod file;
mod meddling;
mod merge;
mod objects;
mod perform;
mod pinned;
mod simulate;
mod snapshot;
pub mod status;
mod world;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub use command::{Command, Deleted, Target, TargetKind, Verb};
pub use file::{API_VERSION, KIND, schema};
pub use meddling::{Meddled, Meddling};
pub(crate) use meddling::{bad, fields};
pub use pinned::{PINNED, PINNED_SEED, PINNED_TRACE_HASH, trace_hash};
pub use simulate::{End, Moment, Observer, Outcome, simulate};
pub use snapshot::Snapshot;
pub use world::node_capacity;

use crate::api::manifest::{Diagnostic, SourceText, render};
use crate::cluster::{ClusterConfig, Fault};
use crate::workload::Workload;

/// Longest scenario, s of virtual time.
pub const HORIZON_S_MAX: i64 = 7 * 86_400;

/// What a person wants to try.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario {
    /// Its name, possibly empty.
    pub name: String,
    /// Manifests by the file name that `kubectl apply -f` uses, as they were written.
    pub manifests: BTreeMap<String, Value>,
    /// What a reader should know of the manifests, a sentence each: kinds in them that are not simulated.
    pub notes: Vec<String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// What breaks by itself meanwhile, in time order.
    pub faults: Vec<TimedFault>,
    /// How the application behaves.
    pub workload: Workload,
    /// What the cluster is like.
    pub cluster: ClusterConfig,
    /// Seed of the random numbers.
    pub seed: u64,
    /// Longest run, ns.
    pub horizon_ns: i64,
}

/// When a step is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// That many ns after the start; at once if that has passed.
    At(i64),
    /// That many ns after the end of the step before.
    After(i64),
}

/// One step.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Line in the scenario file, from 1.
    pub line: u64,
    /// When it is due.
    pub when: When,
    /// What it does.
    pub action: Action,
    /// As it was written.
    pub text: String,
}

/// A fault that comes at its time, whatever the steps are doing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimedFault {
    /// When, ns after the start.
    pub at_ns: i64,
    /// What.
    pub fault: Fault,
    /// How it is shown.
    pub text: String,
}

/// What a step does.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// A kubectl command.
    Run(Command),
    /// Waits until something holds.
    Await {
        /// What.
        condition: Condition,
        /// For at most that long, ns; `None` = until the horizon.
        within_ns: Option<i64>,
    },
    /// Something breaks.
    Fault(Fault),
    /// Somebody lays hands on a pod or a ReplicaSet.
    Meddling(Meddling),
}

/// What a step can wait for, on the status of the Deployment that the scenario touched last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Progressing has the reason `NewReplicaSetAvailable`, and the last change was observed.
    Complete,
    /// Progressing has the reason `ProgressDeadlineExceeded`.
    Deadline,
    /// A number of the status is at least so high.
    AtLeast(Count, i32),
    /// A number of the status is at most so high.
    AtMost(Count, i32),
}

/// A number of `status`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    /// `replicas`.
    Replicas,
    /// `updatedReplicas`.
    Updated,
    /// `readyReplicas`.
    Ready,
    /// `availableReplicas`.
    Available,
    /// `unavailableReplicas`.
    Unavailable,
    /// `terminatingReplicas`.
    Terminating,
}

const COUNTS: [(&str, Count); 6] = [
    ("replicas", Count::Replicas),
    ("updated", Count::Updated),
    ("ready", Count::Ready),
    ("available", Count::Available),
    ("unavailable", Count::Unavailable),
    ("terminating", Count::Terminating),
];

impl Condition {
    /// Reads `complete`, `deadline`, `updated>=6`, `terminating<=0`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "cannot wait for `{text}`; accepted are `complete`, `deadline`, and a number of the status such as \
                 `updated>=6` or `terminating<=0` (replicas, updated, ready, available, unavailable, terminating)"
            )
        };
        let text = text.trim();
        match text {
            "complete" => return Ok(Condition::Complete),
            "deadline" => return Ok(Condition::Deadline),
            _ => {}
        }
        let (least, name, number) = match (text.split_once(">="), text.split_once("<=")) {
            (Some((name, number)), _) => (true, name, number),
            (_, Some((name, number))) => (false, name, number),
            _ => return Err(wrong()),
        };
        let count = COUNTS.iter().find(|(known, _)| *known == name.trim()).ok_or_else(wrong)?.1;
        let number = number.trim().parse().map_err(|_| wrong())?;
        Ok(if least { Condition::AtLeast(count, number) } else { Condition::AtMost(count, number) })
    }
}

/// One thing that is wrong with the scenario's own fields.
struct Wrong {
    /// Line and column, from 1; 0 = unknown. The field path is the better witness where it leads somewhere.
    line: u64,
    column: u64,
    /// Field, for example `steps[2].run`; empty = what the line and column say.
    path: String,
    /// What is wrong and what to do, without a full stop.
    message: String,
}

/// What is wrong with a scenario and the manifests in it.
#[derive(Clone, Debug)]
pub struct ScenarioErrors {
    /// All findings.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that they are about.
    pub sources: Vec<Arc<SourceText>>,
}

impl fmt::Display for ScenarioErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(&self.diagnostics, &self.sources, false))
    }
}

impl std::error::Error for ScenarioErrors {}

#[cfg(test)]
mod tests;
