//! One pass of each controller as the simulation runs it: counts kept up to date, an API that accepts everything.

use std::sync::Arc;

use maxsurge_core::api::{Deployment, KubernetesVersion, OwnerReference, PodTemplate, ReplicaSet, Str, Time};
use maxsurge_core::controller::deployment::{
    DeploymentApi, DeploymentEvent, DeploymentLookup, DeploymentView,
};
use maxsurge_core::controller::{ApiError, LiveOwner, Requeue, SyncError, deployment};

use crate::rollout::{Rollout, change};

/// What a Deployment's pass sees.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The Deployment.
    pub deployment: Arc<Deployment>,
    /// Its ReplicaSets, the old one first.
    pub replica_sets: Vec<Arc<ReplicaSet>>,
    /// When.
    pub now: Time,
}

/// Nothing but the ReplicaSets of the sight.
struct Nothing;

impl DeploymentLookup for Nothing {
    fn runs_pods(&self, _: &ReplicaSet, _: &Deployment, _: KubernetesVersion) -> bool {
        false
    }
    fn replica_set_named(&self, _: &str) -> Option<&Arc<ReplicaSet>> {
        None
    }
    fn template_hash(&self, template: &PodTemplate, count: Option<i32>, version: KubernetesVersion) -> Str {
        template.stable_hash(count, version)
    }
}

/// Accepts every write, answers with what it was given before, and counts.
struct Accepting<'a> {
    answer: &'a Arc<ReplicaSet>,
    writes: usize,
}

impl DeploymentApi for Accepting<'_> {
    fn get_deployment(&mut self) -> Result<LiveOwner, ApiError> {
        unreachable!("nothing is adopted")
    }
    fn adopt_replica_set(&mut self, _: &Arc<ReplicaSet>, _: &OwnerReference) -> Result<(), ApiError> {
        unreachable!("there are no orphans")
    }
    fn release_replica_set(&mut self, _: &Arc<ReplicaSet>, _: &Str) -> Result<(), ApiError> {
        unreachable!("all match")
    }
    fn create_replica_set(&mut self, _: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        unreachable!("there is one of the template")
    }
    fn update_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        self.writes += 1;
        std::hint::black_box(&rs);
        Ok(Arc::clone(self.answer))
    }
    fn delete_replica_set(&mut self, _: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        self.writes += 1;
        Ok(())
    }
    fn update_deployment(&mut self, d: Deployment) -> Result<(), ApiError> {
        self.writes += 1;
        std::hint::black_box(&d);
        Ok(())
    }
    fn update_deployment_status(&mut self, d: Deployment) -> Result<(), ApiError> {
        self.writes += 1;
        std::hint::black_box(&d);
        Ok(())
    }
    fn event(&mut self, event: DeploymentEvent<'_>) {
        std::hint::black_box(&event);
    }
}

impl Sight {
    /// A Deployment of `pods` pods, 25 %/25 %, at rest: the pass finds nothing to do.
    pub fn at_rest(pods: i32) -> Self {
        let policy = crate::policy::rolling("25%", "25%");
        let (cluster, id) = Rollout::ideal(pods, policy.strategy).at_rest();
        let replica_sets = cluster.replica_sets_of(id).map(|(_, rs)| rs.clone()).collect();
        Sight {
            deployment: cluster.store.deployment(id).expect("it exists").clone(),
            replica_sets,
            now: cluster.now(),
        }
    }

    /// The same in mid-rollout, when one more new pod has become available: the pass shrinks the old ReplicaSet and writes
    /// the status. What the simulation does once per pod.
    pub fn in_mid_rollout(pods: i32) -> Self {
        let policy = crate::policy::rolling("25%", "25%");
        let (mut cluster, id) = Rollout::ideal(pods, policy.strategy).at_rest();
        change(&mut cluster, id);
        // The first pods get ready after 5 s, the last after 20 s.
        cluster.run_before(cluster.now().plus_seconds(8), &mut |_| ()).expect("it settles");
        let mut replica_sets: Vec<_> = cluster.replica_sets_of(id).map(|(_, rs)| rs.clone()).collect();
        let new = Arc::make_mut(&mut replica_sets[1]);
        new.status.ready_replicas += 1;
        new.status.available_replicas += 1;
        Sight {
            deployment: cluster.store.deployment(id).expect("it exists").clone(),
            replica_sets,
            now: cluster.now(),
        }
    }

    /// Runs the pass; answers how it ended and how many writes it sent.
    pub fn pass(&self) -> (Result<Requeue, SyncError>, usize) {
        let view = DeploymentView {
            deployment: &self.deployment,
            replica_sets: &self.replica_sets,
            lookup: &Nothing,
            version: KubernetesVersion::default(),
        };
        let mut api = Accepting { answer: &self.replica_sets[0], writes: 0 };
        let result = deployment::sync(&view, self.now, &mut api);
        (result, api.writes)
    }
}
