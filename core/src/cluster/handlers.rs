//! What a watch event does: it changes the controllers' caches and wakes keys in their work queues.

use std::sync::Arc;

use super::pods::{DeploymentId, PodId, PodState, RsId};
use super::store::Change;
use super::{Cluster, Controller};
use crate::api::{Deployment, ReplicaSet};
use crate::controller::replicaset::Memory;
use crate::zoo::{Mutant, active};

impl Cluster {
    pub(super) fn deliver(&mut self, version: u64, change: Change) {
        self.statistics.deliveries += 1;
        match change {
            Change::Deployment(id, object) => {
                let at = id.0 as usize;
                if self.deployments.len() <= at {
                    self.deployments.resize(at + 1, None);
                    self.children.resize(at + 1, Vec::new());
                }
                self.deployments[at] = object;
                self.deployment_queue.add(id.0);
            }
            Change::ReplicaSet(id, object) => {
                self.applied_sets = version;
                self.deliver_replica_set(id, object);
            }
            Change::Pod(id, state) => {
                self.applied_pods = version;
                self.deliver_pod(id, &state);
            }
        }
    }

    fn deliver_replica_set(&mut self, id: RsId, object: Option<Arc<ReplicaSet>>) {
        let at = id.0 as usize;
        if self.sets.len() <= at {
            self.sets.resize(at + 1, None);
            self.owner_of.resize(at + 1, None);
            self.memory.resize_with(at + 1, Memory::default);
        }
        let old_owner = self.owner_of[at];
        let same_owners = match (&self.sets[at], &object) {
            (Some(old), Some(new)) => old.meta.owner_references.ptr_eq(&new.meta.owner_references),
            _ => false,
        };
        let new_owner = match old_owner {
            // Nothing to look for: the usual case, a change of size or status.
            Some(d) if same_owners && self.deployments[d.0 as usize].is_some() => old_owner,
            _ => object.as_ref().and_then(|rs| self.resolve_deployment(rs)),
        };
        let labels_changed = match (&self.sets[at], &object) {
            (Some(old), Some(new)) => old.meta.labels != new.meta.labels,
            _ => true,
        };
        let had_controller = self.sets[at].as_ref().is_some_and(|rs| rs.meta.controller().is_some());
        match &object {
            Some(rs) => self.pods.add_set(id, rs),
            None => {
                self.pods.remove_set(id);
                let memory = self.memory_of(id);
                memory.expectations.clear();
                memory.own_writes.clear();
            }
        }
        if old_owner != new_owner {
            if let Some(old) = old_owner {
                self.children[old.0 as usize].retain(|rs| *rs != id);
                if object.is_some() || !active(Mutant::LostActiveNotReplaced) {
                    self.deployment_queue.add(old.0);
                }
            }
            if let Some(new) = new_owner {
                let children = &mut self.children[new.0 as usize];
                children.insert(children.partition_point(|elder| *elder < id), id);
            }
            self.owner_of[at] = new_owner;
        }
        match (&object, new_owner) {
            (_, Some(owner)) => self.deployment_queue.add(owner.0),
            (Some(rs), None) if rs.meta.controller().is_none() && (labels_changed || had_controller) => {
                // An orphan wakes every Deployment that might adopt it.
                for (key, d) in self.deployments.iter().enumerate() {
                    let matches = d.as_ref().and_then(|d| d.spec.selector.as_ref()).is_some_and(|selector| {
                        !selector.is_empty()
                            && !rs.meta.labels.is_empty()
                            && selector.matches(&rs.meta.labels)
                    });
                    if matches {
                        self.deployment_queue.add(key as u32);
                    }
                }
            }
            _ => {}
        }
        if object.is_some() && new_owner.is_none() {
            self.unowned.insert(id);
        } else {
            self.unowned.remove(&id);
        }
        match (&self.sets[at], &object) {
            (None, Some(new)) => {
                let name = (new.meta.namespace.clone(), new.meta.name.clone());
                self.set_keys.added(id, &name);
                self.set_names.insert(name, id);
            }
            (Some(old), None) => {
                let name = (old.meta.namespace.clone(), old.meta.name.clone());
                // Another one may have the name by now.
                if self.set_names.get(&name) == Some(&id) {
                    self.set_names.remove(&name);
                }
                self.set_keys.removed(id, name);
            }
            _ => {}
        }
        self.sets[at] = object;
        self.listed_sets.take();
        self.wake_set(id);
    }

    pub(super) fn wake_set(&mut self, id: RsId) {
        self.set_queue.add(self.set_keys.key(id));
    }

    /// Whose record of expectations and own writes stands for a ReplicaSet.
    pub(super) fn memory_at(&self, id: RsId) -> usize {
        let owner = self.owner_of[id.0 as usize].filter(|_| active(Mutant::SSharedExpectation));
        let eldest = owner.and_then(|owner| self.children[owner.0 as usize].iter().min());
        eldest.unwrap_or(&id).0 as usize
    }

    pub(super) fn memory_of(&mut self, id: RsId) -> &mut Memory<PodId> {
        let at = self.memory_at(id);
        &mut self.memory[at]
    }

    fn resolve_deployment(&self, rs: &ReplicaSet) -> Option<DeploymentId> {
        let owner = rs.meta.controller().filter(|owner| owner.kind == "Deployment")?;
        let id = self.store.deployment_of_uid(&owner.uid)?;
        let cached = self.deployments.get(id.0 as usize)?.as_deref()?;
        (cached.meta.name == owner.name).then_some(id)
    }

    /// Whether the pod cache has none of a Deployment's pods any more: found by its selector, in its ReplicaSets as the
    /// *store* has them (upstream asks the API server; that request is not charged to the client's budget here).
    fn has_no_pods(&self, d: &Deployment) -> bool {
        let selector = d.spec.selector.as_deref();
        let mut own = self.store.replica_sets_owned_by(&d.meta.uid);
        own.all(|(id, rs)| {
            let listed = selector.is_some_and(|selector| selector.matches(&rs.meta.labels));
            !listed || self.pods.selected(id, selector).next().is_none()
        })
    }

    fn deliver_pod(&mut self, id: PodId, new: &PodState) {
        let old = self.pods.apply(id, new, self.store.labels(), self.now);
        let resolved = |owner: Option<RsId>| {
            owner.filter(|rs| self.sets.get(rs.0 as usize).is_some_and(Option::is_some))
        };
        let new_owner = resolved(new.owner);
        if !new.exists || new.deleting {
            // Being marked counts as deleted, so that the removal later is no news to the expectations.
            if let Some(rs) = new_owner {
                self.memory_of(rs).expectations.deletion_observed(id);
                self.wake_set(rs);
            }
            if !new.exists
                && let Some(d) = new_owner.and_then(|rs| self.owner_of[rs.0 as usize])
                && let Some(object) = &self.deployments[d.0 as usize]
                && object.spec.strategy.type_ == crate::api::StrategyType::Recreate
                && (self.config.version.wakes_for_every_pod() || self.has_no_pods(object))
            {
                // A Recreate rollout waits for the last old pod.
                self.deployment_queue.add(d.0);
            }
            return;
        }
        let Some(old) = old else {
            match new_owner {
                Some(rs) => {
                    self.memory_of(rs).expectations.creation_observed();
                    self.wake_set(rs);
                }
                None if new.owner.is_none() => self.wake_adopters(new),
                None => {}
            }
            return;
        };
        let orphaned = new.owner.is_none() && active(Mutant::OrphaningNotNoticed);
        if old.owner != new.owner
            && !orphaned
            && let Some(rs) = resolved(old.owner)
        {
            self.wake_set(rs);
        }
        if let Some(rs) = new_owner {
            self.wake_set(rs);
            let min_ready_s = self.sets[rs.0 as usize].as_ref().map_or(0, |rs| rs.spec.min_ready_seconds);
            if !old.ready && new.ready && min_ready_s > 0 && !active(Mutant::NoWakeForMinready) {
                self.add_at(Controller::ReplicaSet, rs.0, self.now.plus_seconds(i64::from(min_ready_s)));
            }
        } else if new.owner.is_none() && (old.labels != new.labels || (old.owner.is_some() && !orphaned)) {
            self.wake_adopters(new);
        }
    }

    fn wake_adopters(&mut self, pod: &PodState) {
        let labels = &self.store.labels()[pod.labels.0 as usize];
        if labels.is_empty() {
            return;
        }
        for (key, rs) in self.sets.iter().enumerate() {
            let selector = rs.as_ref().and_then(|rs| rs.spec.selector.as_ref());
            if selector.is_some_and(|selector| !selector.is_empty() && selector.matches(labels)) {
                self.set_queue.add(self.set_keys.key(RsId(key as u32)));
            }
        }
    }
}
