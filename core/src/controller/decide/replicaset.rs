//! The ReplicaSet controller's half of the recorder.

use std::sync::Arc;

use smol_str::format_smolstr;

use super::{Action, Decision, Journal};
use crate::api::{Identity, KubernetesVersion, OwnerReference, Pod, ReplicaSet, Str, Time};
use crate::controller::quote::GoQuoted;
use crate::controller::replicaset::listed::ListedPods;
use crate::controller::replicaset::{Memory, ReplicaSetApi, ReplicaSetEvent, sync};
use crate::controller::selector::is_subdomain;
use crate::controller::{ApiError, ApiErrorKind, LiveOwner};

/// What the caches hold of one namespace when a pass over one ReplicaSet begins. Nothing is expected.
#[derive(Clone, Copy, Debug)]
pub struct ReplicaSetState<'a> {
    /// The ReplicaSet.
    pub replica_set: &'a Arc<ReplicaSet>,
    /// All ReplicaSets, this one included.
    pub replica_sets: &'a [Arc<ReplicaSet>],
    /// All pods.
    pub pods: &'a [Pod],
    /// This and later creations of pods are refused for want of quota; 0 = none.
    pub fail_create: u64,
    /// Whose rules hold.
    pub version: KubernetesVersion,
}

/// What the ReplicaSet controller would do in one pass.
pub fn decide_replica_set(state: &ReplicaSetState<'_>, now: Time) -> Decision {
    let mut recorder = Recorder { state, creations: 0, journal: Journal::default() };
    let mut pods = ListedPods::new(state.pods, state.replica_sets);
    let mut memory = Memory::default();
    let outcome = sync(state.replica_set, true, &mut pods, now, &mut memory, &mut recorder, state.version);
    recorder.journal.decision(outcome)
}

struct Recorder<'v, 'a> {
    state: &'v ReplicaSetState<'a>,
    creations: u64,
    journal: Journal,
}

impl Recorder<'_, '_> {
    fn event(&mut self, event: ReplicaSetEvent<'_>) {
        self.journal.event(event.event_type(), event.reason(), event);
    }

    fn identity(&self, pod: usize) -> (Str, Str) {
        let meta = &self.state.pods[pod].meta;
        (meta.name.clone(), meta.uid.clone())
    }

    /// Names as the other speaker of the conformance protocol gives them: numbered by the creation asked for.
    fn create(&mut self) -> Result<Str, ApiError> {
        self.creations += 1;
        if self.state.fail_create > 0 && self.creations >= self.state.fail_create {
            return Err(ApiError::new(ApiErrorKind::Forbidden, "pods is forbidden: exceeded quota"));
        }
        let name = format_smolstr!("{}{:05}", name_prefix(&self.state.replica_set.meta.name), self.creations);
        if self.state.pods.iter().any(|pod| pod.meta.name == name) {
            let text = format_smolstr!("pods {} already exists", GoQuoted(&name));
            return Err(ApiError::new(ApiErrorKind::AlreadyExists, text));
        }
        Ok(name)
    }
}

/// `generateName` of the pods of a ReplicaSet: its name and `-`, or the bare name where that would not do as a prefix.
fn name_prefix(rs: &str) -> Str {
    // Validation puts a letter in the place of the dash and the byte before it; what is left of a longer character is none
    // that a name may have.
    let mut masked = rs.to_owned();
    let is_byte = masked.pop().is_some_and(|last| last.is_ascii());
    masked.push('a');
    if is_byte && is_subdomain(&masked) { format_smolstr!("{rs}-") } else { rs.into() }
}

impl ReplicaSetApi<usize> for Recorder<'_, '_> {
    fn get_replica_set(&mut self) -> Result<LiveOwner, ApiError> {
        let Identity { uid, deletion_timestamp, .. } = &*self.state.replica_set.meta.identity;
        Ok(LiveOwner { uid: uid.clone(), deletion_timestamp: *deletion_timestamp })
    }

    fn adopt_pod(&mut self, pod: usize, owner: &OwnerReference) -> Result<u64, ApiError> {
        let (name, uid) = self.identity(pod);
        self.journal.actions.push(Action::AdoptPod { name, uid, owner: owner.clone() });
        Ok(0)
    }

    fn release_pod(&mut self, pod: usize, rs: &ReplicaSet) -> Result<(), ApiError> {
        let (name, uid) = self.identity(pod);
        self.journal.actions.push(Action::ReleasePod { name, uid, owner_uid: rs.meta.uid.clone() });
        Ok(())
    }

    fn create_pod(&mut self, _: &Arc<ReplicaSet>) -> Result<u64, ApiError> {
        let created = self.create();
        match &created {
            Ok(name) => self.event(ReplicaSetEvent::Created(name)),
            Err(error) => self.event(ReplicaSetEvent::CreateFailed(&error.message)),
        }
        self.journal.actions.push(Action::CreatePod { name: created.as_ref().ok().cloned() });
        created.map(|_| 0)
    }

    fn delete_pod(&mut self, pod: usize, _: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        let (name, _) = self.identity(pod);
        self.event(ReplicaSetEvent::Deleted(&name));
        self.journal.actions.push(Action::DeletePod { name });
        Ok(())
    }

    fn update_replica_set_status(&mut self, rs: ReplicaSet, _: bool) -> Result<Arc<ReplicaSet>, ApiError> {
        let sent = Arc::new(rs);
        self.journal.actions.push(Action::UpdateReplicaSetStatus(Arc::clone(&sent)));
        Ok(sent)
    }
}

#[cfg(test)]
mod tests {
    use super::name_prefix;

    #[test]
    fn prefixes_of_pod_names() {
        let long = "x".repeat(253);
        for (rs, prefix) in [("web-1", "web-1-"), ("a", "a-"), ("Web", "Web"), (&long, &format!("{long}-"))] {
            assert_eq!(name_prefix(rs), prefix, "{rs}");
        }
    }
}
