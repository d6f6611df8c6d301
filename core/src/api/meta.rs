//! `metadata`: what every object has.

use std::ops::{Deref, DerefMut};

use super::{List, Shared, StringMap, Time};

/// A string that is cheap to copy (short ones inline, long ones shared).
pub type Str = smol_str::SmolStr;

/// Annotation keys that decide something.
pub mod annotation {
    /// Revision number of a Deployment or ReplicaSet.
    pub const REVISION: &str = "deployment.kubernetes.io/revision";
    /// Earlier revision numbers of a re-used ReplicaSet, comma separated.
    pub const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
    /// `spec.replicas` of the Deployment when the ReplicaSet was last sized.
    pub const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
    /// `spec.replicas` plus surge of the Deployment at that same moment.
    pub const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
    /// Controller-side rollback request (deprecated, still honoured).
    pub const ROLLBACK_TO: &str = "deprecated.deployment.rollback.to";
    /// What `kubectl apply` remembers.
    pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
    /// The cause shown by `kubectl rollout history`.
    pub const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
    /// Set in the template by `kubectl rollout restart`.
    pub const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";
    /// Price of deleting a pod when its ReplicaSet shrinks (int32, default 0).
    pub const POD_DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
}

/// One entry of `metadata.ownerReferences`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OwnerReference {
    /// For example `apps/v1`.
    pub api_version: Str,
    /// For example `ReplicaSet`.
    pub kind: Str,
    /// Name of the owner, in the same namespace.
    pub name: Str,
    /// Uid of the owner: its identity.
    pub uid: Str,
    /// Whether this owner manages the object; at most one does.
    pub controller: Option<bool>,
    /// Whether foreground deletion of the owner waits for this object.
    pub block_owner_deletion: Option<bool>,
}

/// `metadata` of an object: what its writes change, and the rest, which copies share.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ObjectMeta {
    /// Version of the store at the last write of this object; 0 = unknown.
    pub resource_version: u64,
    /// Counts changes of what is desired.
    pub generation: i64,
    /// Annotations.
    pub annotations: StringMap,
    /// All else; its fields can be named as if they were this struct's own.
    pub identity: Shared<Identity>,
}

/// The part of `metadata` that hardly ever changes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Identity {
    /// Name, unique in the namespace for one kind.
    pub name: Str,
    /// Prefix from which the API server makes a name.
    pub generate_name: Str,
    /// Namespace; never empty once stored.
    pub namespace: Str,
    /// Identity; empty until stored.
    pub uid: Str,
    /// When it was stored, in whole seconds.
    pub creation_timestamp: Option<Time>,
    /// When it is (or was) to be gone; set = terminating.
    pub deletion_timestamp: Option<Time>,
    /// Labels.
    pub labels: StringMap,
    /// Owners.
    pub owner_references: List<OwnerReference>,
    /// Finalizers: the object stays until they are gone.
    pub finalizers: List<Str>,
}

impl Deref for ObjectMeta {
    type Target = Identity;
    fn deref(&self) -> &Identity {
        &self.identity
    }
}

impl DerefMut for ObjectMeta {
    fn deref_mut(&mut self) -> &mut Identity {
        &mut self.identity
    }
}

impl ObjectMeta {
    /// That of a new object.
    pub fn of(identity: Identity) -> Self {
        ObjectMeta { identity: identity.into(), ..ObjectMeta::default() }
    }

    /// The managing owner: the first reference whose `controller` is true.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller == Some(true))
    }

    /// Whether both agree in everything but annotations.
    pub fn equal_but_annotations(&self, other: &Self) -> bool {
        // Taken apart whole, so that a new field is not forgotten here.
        let ObjectMeta { resource_version, generation, annotations: _, identity } = self;
        (resource_version, generation) == (&other.resource_version, &other.generation)
            && identity == &other.identity
    }

    /// Whether deletion has been asked for.
    pub fn is_deleting(&self) -> bool {
        self.deletion_timestamp.is_some()
    }
}
