//! Whose passes run: those of `core/src/controller`, or functions put in their place by somebody who has another controller.

use std::sync::Arc;

use super::Cluster;
use super::pods::PodId;
use crate::api::{KubernetesVersion, ReplicaSet, Time};
use crate::controller::deployment::{self, DeploymentApi, DeploymentSync, DeploymentView};
use crate::controller::replicaset::{self, Memory, PodsView, ReplicaSetApi, ReplicaSetSync};
use crate::controller::{Requeue, SyncError};

/// Other controllers in the place of those of Kubernetes; `None` = those of Kubernetes.
///
/// Only the pass is replaced. Informers, event handlers, work queues with their back-off, and what is remembered of
/// expectations and own writes, are as in Kubernetes. A pass must be a function of what it is given: it may run several
/// times over the same view before its first request is sent, and what it keeps elsewhere would make runs differ.
#[derive(Clone, Copy, Default, Debug)]
pub struct Controllers {
    /// A pass over a Deployment.
    pub deployment: Option<DeploymentSync>,
    /// A pass over a ReplicaSet.
    pub replica_set: Option<ReplicaSetSync<PodId>>,
}

impl Controllers {
    pub(super) fn sync_deployment(
        self,
        view: &DeploymentView<'_>,
        now: Time,
        api: &mut impl DeploymentApi,
    ) -> Result<Requeue, SyncError> {
        match self.deployment {
            None => deployment::sync(view, now, api),
            Some(sync) => sync(view, now, api),
        }
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn sync_replica_set(
        self,
        rs: &Arc<ReplicaSet>,
        may_manage: bool,
        pods: &mut impl PodsView<Pod = PodId>,
        now: Time,
        memory: &mut Memory<PodId>,
        api: &mut impl ReplicaSetApi<PodId>,
        version: KubernetesVersion,
    ) -> Result<Requeue, SyncError> {
        match self.replica_set {
            None => replicaset::sync(rs, may_manage, pods, now, memory, api, version),
            Some(sync) => sync(rs, may_manage, pods, now, memory, api, version),
        }
    }
}

impl Cluster {
    /// Puts other controllers in the place of those of Kubernetes.
    pub fn plug_in(&mut self, controllers: Controllers) {
        self.controllers = controllers;
    }

    /// Whose passes run.
    pub fn controllers(&self) -> Controllers {
        self.controllers
    }
}
