//! Contents of objects as numbers: equal contents have one number, whatever way led to them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use maxsurge_core::api::{Deployment, ReplicaSet, Str, annotation};

use super::state::SetVersion;

/// Contents by number. 0 stands for an object that does not exist.
#[derive(Debug)]
pub(crate) struct Numbered<T, K> {
    items: Vec<Arc<T>>,
    found: HashMap<K, Vec<u16>>,
}

impl<T: PartialEq, K: Hash + Eq> Numbered<T, K> {
    fn new() -> Self {
        Numbered { items: Vec::new(), found: HashMap::new() }
    }

    /// `key` tells most contents apart; equal ones must have equal keys.
    fn number(&mut self, key: K, item: T) -> u16 {
        let same = self.found.entry(key).or_default();
        if let Some(known) = same.iter().find(|known| *self.items[usize::from(**known) - 1] == item) {
            return *known;
        }
        self.items.push(Arc::new(item));
        let number = u16::try_from(self.items.len()).expect("fewer than 65,536 contents of one kind");
        same.push(number);
        number
    }

    pub(crate) fn get(&self, number: u16) -> &Arc<T> {
        &self.items[usize::from(number) - 1]
    }
}

type SetKey = (Str, i32, [i32; 5], Option<Str>);
type DeploymentKey = (i64, i64, [i32; 5], Option<Str>);

/// All contents met so far.
#[derive(Debug)]
pub(crate) struct Objects {
    pub(crate) deployments: Numbered<Deployment, DeploymentKey>,
    pub(crate) sets: Numbered<ReplicaSet, SetKey>,
}

impl Objects {
    pub(crate) fn new() -> Self {
        Objects { deployments: Numbered::new(), sets: Numbered::new() }
    }

    /// Number of a Deployment but for its resourceVersion.
    pub(crate) fn deployment(&mut self, mut d: Deployment) -> u16 {
        d.meta.resource_version = 0;
        let s = &d.status;
        let counters =
            [s.replicas, s.updated_replicas, s.ready_replicas, s.available_replicas, s.unavailable_replicas];
        let revision = d.meta.annotations.get(annotation::REVISION).cloned();
        self.deployments.number((d.meta.generation, s.observed_generation, counters, revision), d)
    }

    /// Number of a ReplicaSet but for its resourceVersion and generations.
    pub(crate) fn set(&mut self, mut rs: ReplicaSet) -> u16 {
        rs.meta.resource_version = 0;
        rs.meta.generation = 0;
        rs.status.observed_generation = 0;
        let s = &rs.status;
        let counters = [
            s.replicas,
            s.fully_labeled_replicas,
            s.ready_replicas,
            s.available_replicas,
            s.terminating_replicas.unwrap_or(-1),
        ];
        let revision = rs.meta.annotations.get(annotation::REVISION).cloned();
        self.sets.number((rs.meta.uid.clone(), rs.spec.replicas, counters, revision), rs)
    }

    /// A version of a ReplicaSet as an object; `None` = it does not exist.
    pub(crate) fn materialise(&self, version: SetVersion, resource_version: u64) -> Option<ReplicaSet> {
        if version.content == 0 {
            return None;
        }
        let mut rs = ReplicaSet::clone(self.sets.get(version.content));
        rs.meta.resource_version = resource_version;
        // From 1, as generations of stored objects are.
        rs.meta.generation = i64::from(version.generation) + 1;
        rs.status.observed_generation = i64::from(version.observed) + 1;
        Some(rs)
    }
}
