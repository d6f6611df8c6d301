//! The world as `kubectl get deploy,rs,pods` shows it at one moment.

use std::sync::Arc;

use super::Moment;
use crate::api::{
    ContainerState, ContainerStatus, Deployment, Identity, KubernetesVersion, ObjectMeta, OwnerReference,
    Pod, PodCondition, PodSpec, PodStatus, ReplicaSet, Str,
};
use crate::cluster::Cluster;
use crate::cluster::pods::{Phase, PodId, time};

/// Objects of a world, as the API server would give them to a client.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The Deployment that the scenario touched last.
    pub deployment: Arc<Deployment>,
    /// All ReplicaSets, oldest first.
    pub replica_sets: Vec<Arc<ReplicaSet>>,
    /// All pods, oldest first.
    pub pods: Vec<Pod>,
    /// Whose controllers decide.
    pub version: KubernetesVersion,
}

impl Snapshot {
    /// Of a moment; `None` without a Deployment. Costs a walk over all pods.
    pub fn of(moment: &Moment<'_>) -> Option<Self> {
        let cluster = moment.cluster;
        Some(Snapshot {
            deployment: cluster.store.deployment(moment.deployment?)?.clone(),
            replica_sets: cluster.store.replica_sets().map(|(_, rs)| rs.clone()).collect(),
            pods: (0..cluster.store.pods().len() as u32)
                .map(PodId)
                .filter(|pod| cluster.store.pod(*pod).state.exists)
                .map(|pod| object(cluster, pod))
                .collect(),
            version: cluster.config().version,
        })
    }
}

/// A pod as an object.
fn object(cluster: &Cluster, id: PodId) -> Pod {
    let state = cluster.store.pod(id).state;
    let owner = state.owner.and_then(|id| cluster.store.replica_set(id));
    let node = cluster.nodes().get(state.node).map(|node| node.name.clone());
    let mut conditions = Vec::new();
    if node.is_none() && !cluster.nodes().is_empty() {
        conditions.push(PodCondition {
            type_: "PodScheduled".into(),
            status: "False".into(),
            reason: "Unschedulable".into(),
            message: cluster.why_pending(id).unwrap_or_default().into(),
            ..PodCondition::default()
        });
    }
    conditions.push(PodCondition {
        type_: "Ready".into(),
        status: if state.ready { "True" } else { "False" }.into(),
        last_transition_time: Some(time(state.ready_s.max(state.created_s))),
        ..PodCondition::default()
    });
    // Containers run from some time after the creation; what they wait for then is the probe.
    let started = cluster.now().since(time(state.created_s)) >= cluster.config().start_delay_ns;
    let (running, last) = if cluster.backs_off(id) {
        let waits = ContainerState::Waiting { reason: "CrashLoopBackOff".into(), message: Str::default() };
        (waits, ContainerState::Terminated { reason: "Error".into(), exit_code: 1 })
    } else if started {
        (ContainerState::Running { started_at: None }, ContainerState::None)
    } else {
        let waits = ContainerState::Waiting { reason: "ContainerCreating".into(), message: Str::default() };
        (waits, ContainerState::None)
    };
    let scheduled = conditions.len() == 1;
    Pod {
        meta: ObjectMeta::of(Identity {
            name: cluster.store.pod_name(id).into(),
            namespace: owner.map_or_else(|| "default".into(), |rs| rs.meta.namespace.clone()),
            uid: format!("u{}", state.uid).into(),
            creation_timestamp: Some(time(state.created_s)),
            deletion_timestamp: state.deleting.then(|| cluster.now()),
            labels: cluster.store.labels()[state.labels.0 as usize].clone(),
            owner_references: owner
                .map(|rs| OwnerReference {
                    api_version: "apps/v1".into(),
                    kind: "ReplicaSet".into(),
                    name: rs.meta.name.clone(),
                    uid: rs.meta.uid.clone(),
                    controller: Some(true),
                    block_owner_deletion: Some(true),
                })
                .into_iter()
                .collect(),
            ..Identity::default()
        }),
        spec: PodSpec { node_name: node.unwrap_or_default(), ..PodSpec::default() },
        status: PodStatus {
            phase: match state.phase {
                Phase::Pending => "Pending",
                Phase::Running => "Running",
                Phase::Succeeded => "Succeeded",
                Phase::Failed => "Failed",
            }
            .into(),
            conditions: conditions.into_iter().collect(),
            container_statuses: scheduled
                .then(|| ContainerStatus {
                    name: "app".into(),
                    ready: state.ready,
                    restart_count: i32::from(state.restarts),
                    state: running,
                    last_state: last,
                })
                .into_iter()
                .collect(),
            ..PodStatus::default()
        },
    }
}
