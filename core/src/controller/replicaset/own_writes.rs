//! The own-write check (1.36 and later): a pass does not begin before the caches have shown what the controller itself
//! wrote for this ReplicaSet.

use smol_str::format_smolstr;

use crate::api::{KubernetesVersion, Str};
use crate::controller::SyncError;

/// The highest versions that the API answered to writes for one ReplicaSet name. 0 = none, or one that cannot be read;
/// it never blocks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OwnWrites {
    uid: Str,
    pods: u64,
    replica_sets: u64,
}

impl OwnWrites {
    /// Remembers the version that a pod creation or adoption answered. (Not a deletion, which needs no guard beyond its
    /// expectation, nor a release: the pod has no owner any more.)
    pub fn wrote_pod(&mut self, rs_uid: &Str, version: u64) {
        self.take_over(rs_uid);
        self.pods = self.pods.max(version);
    }

    /// Remembers the version that the status write answered.
    pub fn wrote_replica_set(&mut self, rs_uid: &Str, version: u64) {
        self.take_over(rs_uid);
        self.replica_sets = self.replica_sets.max(version);
    }

    /// A write for another uid means that the ReplicaSet was replaced under its name.
    fn take_over(&mut self, rs_uid: &Str) {
        if self.uid != *rs_uid {
            *self = OwnWrites { uid: rs_uid.clone(), ..OwnWrites::default() };
        }
    }

    /// The first action of a pass: compares with the versions of the last events that the two caches have applied (of
    /// any object). Asked by name alone, so a record left by an earlier ReplicaSet of that name blocks, too. If the
    /// check passes the record is dropped.
    /// Versions without the check let every pass begin.
    pub fn check(
        &mut self,
        applied_pods: u64,
        applied_replica_sets: u64,
        version: KubernetesVersion,
    ) -> Result<(), SyncError> {
        if !version.checks_own_writes() {
            self.clear();
            return Ok(());
        }
        for (resource, applied, written) in
            [("pods", applied_pods, self.pods), ("replicasets.apps", applied_replica_sets, self.replica_sets)]
        {
            if written > applied && applied != 0 {
                return Err(SyncError::new(format_smolstr!(
                    "read version: {applied} is not as new as written version: {written} for group resource {resource}"
                )));
            }
        }
        self.clear();
        Ok(())
    }

    /// Forgets everything: the ReplicaSet of that uid was deleted, or the cache has none of that name.
    pub fn clear(&mut self) {
        *self = OwnWrites::default();
    }

    /// Uid of the ReplicaSet for which something is remembered; empty if nothing is.
    #[cfg(test)]
    pub fn uid(&self) -> &Str {
        &self.uid
    }
}
