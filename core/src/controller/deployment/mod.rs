//! The Deployment controller: one pass over one Deployment.
//!
//! | file | upstream | what |
//! |---|---|---|
//! | `sync` | `deployment_controller.go`, `sync.go` | the order of steps; pause and scaling |
//! | `claim` | `controller_ref_manager.go` | which ReplicaSets belong to it |
//! | `new_replica_set` | `sync.go` | finding, annotating and creating the ReplicaSet of the template |
//! | `annotations` | `util/deployment_util.go` | revisions, their history, remembered sizes |
//! | `strategy` | `util/deployment_util.go` | fenceposts; the closed set of strategies |
//! | `rolling`, `recreate` | the same | one strategy each |
//! | `scale` | `sync.go` | resizing one ReplicaSet; proportional scaling |
//! | `rollback` | `rollback.go` | the rollback annotation |
//! | `history` | `sync.go` | deletion of old ReplicaSets |
//! | `status`, `progress`, `conditions` | `sync.go`, `progress.go` | what is reported |

mod annotations;
mod claim;
mod conditions;
mod event;
mod history;
mod new_replica_set;
mod progress;
mod recreate;
mod rollback;
mod rolling;
mod scale;
mod status;
mod strategy;
mod sync;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use self::annotations::{HISTORY_LIMIT_CHARS, revision};
pub use self::conditions::{AVAILABLE, PROGRESSING, REPLICA_FAILURE, reason};
pub use self::strategy::{Fenceposts, Strategy};
pub use self::sync::sync;
use super::{ApiError, LiveOwner, Requeue, SyncError};
use crate::api::{Deployment, KubernetesVersion, OwnerReference, PodTemplate, ReplicaSet, Str, Time};

/// What the controller's caches hold when a pass begins. A stale cache is an older view.
pub struct DeploymentView<'a> {
    /// The Deployment.
    pub deployment: &'a Arc<Deployment>,
    /// ReplicaSets of its namespace in cache order: at least those that it owns and those without a managing
    /// owner; others are ignored.
    pub replica_sets: &'a [Arc<ReplicaSet>],
    /// What the caches know besides.
    pub lookup: &'a dyn DeploymentLookup,
    /// Whose rules hold.
    pub version: KubernetesVersion,
}

/// Look-ups in the controller's caches that only some passes need.
pub trait DeploymentLookup {
    /// Whether any pod whose managing owner is that ReplicaSet (kind `ReplicaSet`, its name and uid) has a phase
    /// other than `Failed` and `Succeeded`; terminating ones included, labels not consulted.
    ///
    /// Versions that do not find pods by owner ([`KubernetesVersion::finds_pods_by_owner`]) go by the uid and the
    /// selector of the `deployment` whose rollout asks.
    fn runs_pods(
        &self,
        replica_set: &ReplicaSet,
        deployment: &Deployment,
        version: KubernetesVersion,
    ) -> bool;

    /// The ReplicaSet of that name in the namespace, whoever owns it.
    fn replica_set_named(&self, name: &str) -> Option<&Arc<ReplicaSet>>;

    /// The value of the `pod-template-hash` label for a template (which does not have that label yet).
    fn template_hash(
        &self,
        template: &PodTemplate,
        collision_count: Option<i32>,
        version: KubernetesVersion,
    ) -> Str;
}

/// One pass over a Deployment: [`sync`], or what somebody puts in its place.
pub type DeploymentSync = fn(&DeploymentView<'_>, Time, &mut dyn DeploymentApi) -> Result<Requeue, SyncError>;

/// The API server, as one pass of the controller talks to it. Each answer decides what follows.
pub trait DeploymentApi {
    /// Live read of the Deployment before the first adoption of a pass.
    fn get_deployment(&mut self) -> Result<LiveOwner, ApiError>;
    /// Patches `owner` into the references of an orphan.
    fn adopt_replica_set(&mut self, rs: &Arc<ReplicaSet>, owner: &OwnerReference) -> Result<(), ApiError>;
    /// Patches the reference with that uid out.
    fn release_replica_set(&mut self, rs: &Arc<ReplicaSet>, owner_uid: &Str) -> Result<(), ApiError>;
    /// Creates a ReplicaSet; answers the stored one.
    fn create_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError>;
    /// Updates a ReplicaSet (main resource); answers the stored one.
    fn update_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError>;
    /// Deletes a ReplicaSet.
    fn delete_replica_set(&mut self, rs: &Arc<ReplicaSet>) -> Result<(), ApiError>;
    /// Updates the Deployment (main resource).
    fn update_deployment(&mut self, d: Deployment) -> Result<(), ApiError>;
    /// Updates the Deployment's status; the status endpoint takes annotations over, too.
    fn update_deployment_status(&mut self, d: Deployment) -> Result<(), ApiError>;
    /// Records an event on the Deployment.
    fn event(&mut self, event: DeploymentEvent<'_>);
}

/// Events of the Deployment controller. Formatting is left to whoever wants to read them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeploymentEvent<'a> {
    /// `SelectingAll`.
    SelectingAll,
    /// `ScalingReplicaSet`: sizes before and after.
    ScalingReplicaSet {
        /// Name of the ReplicaSet.
        rs: &'a str,
        /// Size before.
        from: i32,
        /// Size after.
        to: i32,
    },
    /// `ReplicaSetCreateError`.
    ReplicaSetCreateError {
        /// Name of the ReplicaSet.
        rs: &'a str,
        /// Text of the error.
        error: &'a str,
    },
    /// `DeploymentRollbackRevisionNotFound` for "the last revision".
    LastRevisionNotFound,
    /// `DeploymentRollbackRevisionNotFound` for a given revision.
    RevisionNotFound,
    /// `DeploymentRollbackTemplateUnchanged`.
    TemplateUnchanged {
        /// Name of the Deployment.
        deployment: &'a str,
    },
    /// `DeploymentRollback`.
    RolledBack {
        /// Name of the Deployment.
        deployment: &'a str,
        /// The revision.
        revision: i64,
    },
}
