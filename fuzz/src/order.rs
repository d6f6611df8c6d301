//! The order in which a cache lists ReplicaSets decides nothing, and a pass leaves what it sees as it was.

use std::collections::BTreeSet;
use std::sync::Arc;

use maxsurge_core::api::{Deployment, KubernetesVersion, PodTemplate, ReplicaSet, Str};
use maxsurge_core::cluster::pods::DeploymentId;
use maxsurge_core::cluster::{Cluster, Seen};
use maxsurge_core::controller::decide::{Action, decide_deployment, decide_deployment_by};
use maxsurge_core::controller::deployment::{DeploymentLookup, DeploymentView};

struct Lookup {
    running: BTreeSet<Str>,
    cached: Vec<Arc<ReplicaSet>>,
}

impl DeploymentLookup for Lookup {
    fn runs_pods(&self, rs: &ReplicaSet, _: &Deployment, _: KubernetesVersion) -> bool {
        self.running.contains(&rs.meta.uid)
    }

    fn replica_set_named(&self, name: &str) -> Option<&Arc<ReplicaSet>> {
        self.cached.iter().find(|rs| rs.meta.name == name)
    }

    fn template_hash(
        &self,
        template: &PodTemplate,
        collisions: Option<i32>,
        version: KubernetesVersion,
    ) -> Str {
        template.stable_hash(collisions, version)
    }
}

/// Decides what the Deployment's caches show forwards, backwards and rotated, and twice.
pub(crate) fn any(cluster: &Cluster, id: DeploymentId) -> Result<(), String> {
    let Some(Seen::Deployment { deployment, mut replica_sets, cached, .. }) = cluster.sight_of_deployment(id)
    else {
        return Ok(());
    };
    let running = cluster.cached_pods();
    let running = cached
        .iter()
        .filter(|(rs, _)| running.iter().any(|(_, pod)| pod.owner == Some(*rs) && !pod.is_finished()));
    let lookup = Lookup {
        running: running.map(|(_, rs)| rs.meta.uid.clone()).collect(),
        cached: cached.iter().map(|(_, rs)| rs.clone()).collect(),
    };
    let before: Vec<ReplicaSet> = replica_sets.iter().map(|rs| ReplicaSet::clone(rs)).collect();
    let decide = |replica_sets: &[Arc<ReplicaSet>]| {
        let view = DeploymentView {
            deployment: &deployment,
            replica_sets,
            lookup: &lookup,
            version: KubernetesVersion::V1_37,
        };
        let mut decision = match cluster.controllers().deployment {
            None => decide_deployment(&view, cluster.now()),
            Some(other) => decide_deployment_by(other, &view, cluster.now()),
        };
        // Candidates are claimed in the order in which they come; what follows does not depend on it.
        let claims = |action: &Action| {
            matches!(action, Action::AdoptReplicaSet { .. } | Action::ReleaseReplicaSet { .. })
        };
        let end =
            decision.actions.iter().position(|action| !claims(action)).unwrap_or(decision.actions.len());
        decision.actions[..end].sort_by_key(|action| format!("{action:?}"));
        decision
    };
    let first = decide(&replica_sets);
    if decide(&replica_sets) != first {
        return Err("the same view twice, two decisions".into());
    }
    if replica_sets.iter().map(|rs| &**rs).ne(before.iter()) {
        return Err("a pass changed what it sees".into());
    }
    // One ReplicaSet comes in one order.
    let turns = if replica_sets.len() < 2 { 0 } else { 2 };
    for turn in 0..turns {
        if turn == 0 {
            replica_sets.reverse();
        } else {
            replica_sets.rotate_left(1);
        }
        let other = decide(&replica_sets);
        if other != first {
            return Err(format!("the ReplicaSets in another order: {other:?}, before {first:?}"));
        }
    }
    Ok(())
}
