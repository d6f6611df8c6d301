//! The `sync` mode: one pass of one controller on a given state.

use serde_json::Value;

use super::case::{Case, Controller};
use super::verdict;
use crate::api::KubernetesVersion;
use crate::controller::Requeue;
use crate::controller::decide::{
    Decision, ListedLookup, ReplicaSetState, decide_deployment, decide_replica_set,
};
use crate::controller::deployment::DeploymentView;

/// The verdict on one line, of the newest version. A line that is no case gets one that says why; it never fails.
pub fn sync(line: &str) -> String {
    sync_of(line, KubernetesVersion::default())
}

/// The verdict of that version.
pub fn sync_of(line: &str, version: KubernetesVersion) -> String {
    let (id, why) = match serde_json::from_str::<Value>(line) {
        Ok(Value::Object(case)) => match (case.get("id"), Case::read(&case)) {
            (Some(Value::String(id)), Ok(case)) => {
                return verdict::line(id, case.controller, &decide(&case, version));
            }
            (Some(id @ Value::String(_)), Err(why)) => (id.clone(), why),
            (_, Err(why)) => (Value::Null, why),
            (_, Ok(_)) => (Value::Null, "id is not a string".into()),
        },
        Ok(_) => (Value::Null, "a case is a JSON object".into()),
        Err(error) => (Value::Null, error.to_string()),
    };
    format!(r#"{{"id":{id},"invalid":{}}}"#, Value::from(why))
}

/// A case that was read once, to be decided many times.
#[derive(Debug)]
pub struct Prepared(Case);

impl Prepared {
    /// Reads a line.
    ///
    /// # Errors
    /// Why it is no case.
    pub fn read(line: &str) -> Result<Self, String> {
        match serde_json::from_str::<Value>(line) {
            Ok(Value::Object(case)) => Case::read(&case).map(Prepared),
            Ok(_) => Err("a case is a JSON object".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What the controller would do.
    pub fn decide(&self, version: KubernetesVersion) -> Decision {
        decide(&self.0, version)
    }
}

fn decide(case: &Case, version: KubernetesVersion) -> Decision {
    let decision = match case.controller {
        Controller::Deployment => {
            case.deployments.iter().find(|d| d.meta.name == case.name).map(|deployment| {
                let lookup = ListedLookup { replica_sets: &case.replica_sets, pods: &case.pods };
                let replica_sets = &case.replica_sets;
                let view = DeploymentView { deployment, replica_sets, lookup: &lookup, version };
                decide_deployment(&view, case.now)
            })
        }
        Controller::ReplicaSet => case.replica_sets.iter().find(|rs| rs.meta.name == case.name).map(|rs| {
            let state = ReplicaSetState {
                replica_set: rs,
                replica_sets: &case.replica_sets,
                pods: &case.pods,
                fail_create: case.fail_create,
                version,
            };
            decide_replica_set(&state, case.now)
        }),
    };
    // An object that is not in the cache was deleted: there is nothing to do, and that is no error.
    decision.unwrap_or(Decision { actions: Vec::new(), events: Vec::new(), outcome: Ok(Requeue::None) })
}
