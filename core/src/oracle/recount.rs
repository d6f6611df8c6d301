//! One state, counted from its objects.

use super::reading::{pods_of, same_template};
use crate::api::{IntOrString, StrategyType, Time};
use crate::cluster::Cluster;
use crate::cluster::pods::{DeploymentId, PodId, RsId, time};

/// The limits of a Deployment as numbers of pods, from its spec alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Wanted pods.
    pub replicas: i64,
    /// Most pods that ReplicaSets may ask for together.
    pub ceiling: i64,
    /// Least pods to keep available.
    pub floor: i64,
}

/// What is counted of one ReplicaSet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SetCount {
    /// Which.
    pub id: RsId,
    /// Its template is the Deployment's.
    pub is_current: bool,
    /// `spec.replicas`.
    pub size: i64,
    /// Pods that exist and have not finished, terminating ones included.
    pub running: i64,
    /// Pods that are neither finished nor terminating.
    pub active: i64,
    /// Active pods that have been Ready for `minReadySeconds`.
    pub available: i64,
}

/// A state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recount {
    /// When.
    pub at: Time,
    /// What the spec allows.
    pub limits: Limits,
    /// Whether old pods are all removed before new ones come.
    pub is_recreate: bool,
    /// Whether rollouts are held back.
    pub is_paused: bool,
    /// ReplicaSets that exist, oldest first.
    pub sets: Vec<SetCount>,
    /// The available pods, oldest first.
    pub available_pods: Vec<PodId>,
}

impl Recount {
    /// Counts. `None` if there is no such Deployment, or its limits mean nothing.
    pub fn of(cluster: &Cluster, id: DeploymentId) -> Option<Self> {
        let d = cluster.store.deployment(id)?;
        let replicas = i64::from(d.spec.replicas?);
        let limits = match d.spec.strategy.type_ {
            StrategyType::RollingUpdate => {
                let given = d.spec.strategy.rolling_update.as_ref()?;
                let number = |limit: &Option<IntOrString>, up| match limit {
                    None => Some(0),
                    Some(limit) => pods_of(limit, d.replicas(), up),
                };
                let surge = number(&given.max_surge, true)?;
                let mut missing = number(&given.max_unavailable, false)?;
                if surge == 0 && missing == 0 {
                    // With neither limit no rollout could ever begin.
                    missing = 1;
                }
                Limits { replicas, ceiling: replicas + surge, floor: (replicas - missing).max(0) }
            }
            _ => Limits { replicas, ceiling: replicas, floor: 0 },
        };
        let mut sets: Vec<SetCount> = Vec::new();
        let mut has_current = false;
        for (rs_id, rs) in cluster.replica_sets_of(id) {
            // Of several equal ones the oldest is the current one.
            let is_current = !has_current && same_template(&rs.spec.template, &d.spec.template);
            has_current |= is_current;
            let size = i64::from(rs.spec.replicas);
            sets.push(SetCount { id: rs_id, is_current, size, running: 0, active: 0, available: 0 });
        }
        let existing = cluster.store.existing_pods();
        let mut available_pods = Vec::with_capacity(existing.len());
        for (pod, state) in existing.iter() {
            let Some(at) = sets.iter().position(|set| Some(set.id) == state.owner) else { continue };
            let Some(rs) = cluster.store.replica_set(sets[at].id) else { continue };
            let set = &mut sets[at];
            if !state.is_finished() {
                set.running += 1;
            }
            if state.is_active() {
                set.active += 1;
                let since = time(state.ready_s).plus_seconds(i64::from(rs.spec.min_ready_seconds));
                if state.ready && since <= cluster.now() {
                    set.available += 1;
                    available_pods.push(*pod);
                }
            }
        }
        Some(Recount {
            at: cluster.now(),
            limits,
            is_recreate: d.spec.strategy.type_ == StrategyType::Recreate,
            is_paused: d.spec.paused,
            sets,
            available_pods,
        })
    }

    /// Pods that were available in this state and are no more, although no controller took them: they crashed, their
    /// node was lost or drained, or somebody deleted them.
    pub fn lost_to_others(&self, cluster: &Cluster) -> i64 {
        let gone = self.available_pods.iter().filter(|pod| {
            let pod = cluster.store.pod(**pod);
            if pod.state.is_active() { !pod.state.ready } else { pod.evicted || pod.state.is_finished() }
        });
        gone.count() as i64
    }

    /// Sum of all sizes.
    pub fn size(&self) -> i64 {
        self.sets.iter().map(|set| set.size).sum()
    }

    /// Available pods of all ReplicaSets.
    pub fn available(&self) -> i64 {
        self.sets.iter().map(|set| set.available).sum()
    }

    /// The ReplicaSet of the Deployment's template.
    pub fn current(&self) -> Option<&SetCount> {
        self.sets.iter().find(|set| set.is_current)
    }
}
