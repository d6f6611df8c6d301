//! States to put one pass of a controller to: cases of the conformance protocol's mode `sync`, as JSON.
//!
//! | file | states |
//! |---|---|
//! | `reachable` | taken from a simulated rollout in mid-flight, each kind of object as old as its cache may be |
//! | `deployment`, `replica_set` | hostile: made of parts that no cluster need ever have held together |
//! | `bend` | any of these with a few fields changed afterwards |
//! | `parts` | what they are made of: metadata, templates, selectors, conditions, numbers with corners |

mod bend;
mod deployment;
mod parts;
mod reachable;
mod replica_set;

use arbitrary::Unstructured;
use serde_json::{Value, json};

use super::draw::Draw;

pub(crate) use self::reachable::case as case_of_pass;

/// Which controller is to pass over the state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// The Deployment controller.
    Deployment,
    /// The ReplicaSet controller.
    ReplicaSet,
}

impl Subject {
    /// Its name in the protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Subject::Deployment => "deployment",
            Subject::ReplicaSet => "replicaset",
        }
    }
}

/// One case, with that `id`. Three of ten come from simulated rollouts.
pub fn sync_case(id: &str, subject: Subject, u: &mut Unstructured<'_>) -> Value {
    let mut draw = Draw(u);
    let reachable = draw.range(0, 9) > 6;
    let taken = if reachable { reachable::state(subject, &mut draw) } else { None };
    let mut case = taken.unwrap_or_else(|| match subject {
        Subject::Deployment => deployment::state(&mut draw),
        Subject::ReplicaSet => replica_set::state(&mut draw),
    });
    if draw.one_in(if reachable { 2 } else { 4 }) {
        for _ in 0..draw.range(1, 3) {
            bend::bend(&mut case, &mut draw);
        }
    }
    case["id"] = id.into();
    case["controller"] = subject.as_str().into();
    case
}

/// A case without its id and controller. Lists that are empty are left out.
fn case(
    key: &str,
    now: String,
    deployments: Vec<Value>,
    replica_sets: Vec<Value>,
    pods: Vec<Value>,
) -> Value {
    let mut case = json!({"key": key, "now": now});
    for (field, list) in [("deployments", deployments), ("replicaSets", replica_sets), ("pods", pods)] {
        if !list.is_empty() {
            case[field] = list.into();
        }
    }
    case
}
