//! The passes that a finding is about, as cases that `cargo xtask conformance confirm` puts to the real controllers.

use maxsurge_core::cluster::{Again, Cluster, PassRecord, Request, Seen};
use maxsurge_core::oracle::Property;
use serde_json::Value;

use crate::generators::sync_state::{Subject, case_of_pass};
use crate::generators::{Event, Input};
use crate::panics::caught;
use crate::rollout::{Broken, Judgement, run};

/// Passes that a case is made of, at most: the last ones before the property failed.
const PASSES_MAX: usize = 6;

/// What a pass over each object would see now: at rest, or when a property fails that is about nothing being done.
fn sights(cluster: &Cluster) -> Vec<PassRecord> {
    let deployments = cluster.store.deployments().filter_map(|(id, _)| cluster.sight_of_deployment(id));
    let sets = cluster.store.replica_sets().filter_map(|(id, _)| cluster.sight_of_replica_set(id));
    let record = |seen| PassRecord {
        began: cluster.now(),
        ended: cluster.now(),
        was_current: !cluster.is_in_flight(),
        seen,
        pods: cluster.cached_pods().clone(),
        truth: Default::default(),
        shown: (0, 0),
        sent: Vec::new(),
        told: None,
        end: Ok(Again::No),
    };
    deployments.chain(sets).map(record).collect()
}

fn writes_status(request: &Request) -> bool {
    matches!(request, Request::UpdateDeploymentStatus(_) | Request::UpdateSetStatus(..))
}

/// Cases of mode `sync`. For a property of single passes the last passes before it failed, the guilty one among them; for
/// the others what the controllers see when it failed, and nothing comes of. Strays of timing (a pass that was not alone
/// with its caches) are left out, since a case has one state for caches and API server.
pub fn cases(input: &Input, broken: &Broken, how: Judgement) -> Vec<Value> {
    let is_about_rest = matches!(
        broken.violation.property,
        Property::LConv | Property::LWake | Property::SStatus | Property::LQuiet
    );
    let mut told: Vec<Value> = Vec::new();
    let mut take = |_: Option<&Event>, cluster: &Cluster| {
        let passes = if is_about_rest { sights(cluster) } else { cluster.journal().to_vec() };
        // Only those of the last step are wanted, and it is not known before the end which that is.
        told = passes
            .iter()
            .rev()
            .filter(|pass| pass.was_current && pass.began == pass.ended)
            // A pass that only writes a status breaks none of these.
            .filter(|pass| is_about_rest || pass.sent.iter().any(|sent| !writes_status(&sent.request)))
            .take(PASSES_MAX)
            .map(|pass| {
                let mut case = case_of_pass(cluster, pass);
                let subject = match pass.seen {
                    Seen::Deployment { .. } => Subject::Deployment,
                    Seen::ReplicaSet { .. } => Subject::ReplicaSet,
                };
                case["controller"] = subject.as_str().into();
                case
            })
            .collect();
    };
    let _ = caught(|| run(input, how, &mut take));
    told.reverse();
    for (n, case) in told.iter_mut().enumerate() {
        case["id"] = format!("{} {}", broken.violation.property.code(), n + 1).into();
    }
    told
}
