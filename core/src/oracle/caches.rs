//! Once nothing is under way, the caches of the controllers hold what is stored, and nobody waits for more.

use std::collections::BTreeMap;

use super::{Finding, Property};
use crate::cluster::Cluster;
use crate::cluster::pods::{PodId, RsId};

/// Pods that are stored and in no cache, and their owners.
pub(super) fn unseen(cluster: &Cluster) -> BTreeMap<PodId, Option<RsId>> {
    if !cluster.is_in_flight() {
        return BTreeMap::new();
    }
    let unseen = cluster.store.existing_pods().iter().map(|(pod, state)| (*pod, state.owner));
    unseen.filter(|(pod, _)| cluster.cached_pod(*pod).is_none()).collect()
}

/// Judges an instant in which nothing is under way ([`Cluster::is_quiet`]).
pub(super) fn judge(cluster: &Cluster) -> Result<(), Finding> {
    let fail = |property, what| Err(Finding { property, what, known: None });
    let mut stored = cluster.store.existing_pods().iter();
    for cached in cluster.cached_pods().iter() {
        let stored = stored.next();
        if stored != Some(cached) {
            return fail(Property::SStatus, format!("a cache has the pod {cached:?}, stored is {stored:?}"));
        }
    }
    if let Some(stored) = stored.next() {
        return fail(Property::SStatus, format!("no cache has the pod {stored:?}"));
    }
    let mut stored = cluster.store.replica_sets();
    for (id, cached) in cluster.cached_sets().iter() {
        let stored = stored.next();
        let has = cached.meta.resource_version;
        if stored.is_none_or(|(of, rs)| of != *id || rs.meta.resource_version != has) {
            let name = &cached.meta.name;
            return fail(
                Property::SStatus,
                format!("a cache has the ReplicaSet {name} otherwise than it is stored"),
            );
        }
        if cluster.waits_for_own_writes(*id) {
            let name = &cached.meta.name;
            return fail(Property::SExpect, format!("{name} waits for writes, and all are in the caches"));
        }
    }
    if let Some((_, rs)) = stored.next() {
        return fail(Property::SStatus, format!("no cache has the ReplicaSet {}", rs.meta.name));
    }
    for (id, d) in cluster.store.deployments() {
        let cached = cluster.cached_deployment(id).map(|cached| cached.meta.resource_version);
        if cached != Some(d.meta.resource_version) {
            let name = &d.meta.name;
            return fail(
                Property::SStatus,
                format!("a cache has the Deployment {name} otherwise than it is stored"),
            );
        }
    }
    Ok(())
}
