//! What must have happened when nothing more is to come.

use super::wake::waits_in_vain;
use super::{Exemption, Property, Recount, Violation};
use crate::api::annotation;
use crate::cluster::Cluster;
use crate::cluster::pods::DeploymentId;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// The wanted state is there.
    Converged,
    /// It is not, and with the real controllers it would not be either.
    Livelocked(Exemption),
}

/// Judges a state in which images were good and nobody interfered for long enough: L-CONV, and S-REV at rest.
pub fn at_rest(cluster: &Cluster, id: DeploymentId) -> Result<Rest, Violation> {
    let fail = |property, what| Err(Violation { property, at: cluster.now(), what, known: None });
    let Some(count) = Recount::of(cluster, id) else { return Ok(Rest::Converged) };
    let wanted = count.limits.replicas;
    let reached = count.current().is_some_and(|set| {
        (set.size, set.active, set.running, set.available) == (wanted, wanted, wanted, wanted)
    });
    let others_gone = count.sets.iter().all(|set| set.is_current || (set.size, set.running) == (0, 0));
    if !reached || !others_gone {
        return match livelock(cluster, &count) {
            Some(livelock) => Ok(Rest::Livelocked(livelock)),
            None => fail(Property::LConv, format!("{wanted} pods wanted; counted {:?}", count.sets)),
        };
    }
    let revision_of = |annotations: &crate::api::StringMap| -> i64 {
        annotations.get(annotation::REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
    };
    let highest = cluster.replica_sets_of(id).map(|(_, rs)| revision_of(&rs.meta.annotations)).max();
    let current = count.current().and_then(|set| cluster.store.replica_set(set.id));
    let current = current.map(|rs| revision_of(&rs.meta.annotations));
    let shown = cluster.store.deployment(id).map(|d| revision_of(&d.meta.annotations));
    if current != highest || shown != highest {
        let what = format!("revisions: highest {highest:?}, current {current:?}, the Deployment's {shown:?}");
        return fail(Property::SRev, what);
    }
    Ok(Rest::Converged)
}

fn livelock(cluster: &Cluster, count: &Recount) -> Option<Exemption> {
    let waiting = count.sets.iter().filter(|set| set.running != set.size);
    if let Some(exemption) = waiting.filter_map(|set| waits_in_vain(cluster, set.id)).next() {
        return Some(exemption);
    }
    let active: Vec<_> = count.sets.iter().filter(|set| set.size > 0).collect();
    let stale = active.iter().any(|set| {
        let rs = cluster.store.replica_set(set.id);
        let noted = rs.and_then(|rs| rs.meta.annotations.get(annotation::DESIRED_REPLICAS));
        noted.and_then(|text| text.parse::<i64>().ok()).is_some_and(|noted| noted != count.limits.replicas)
    });
    match active.as_slice() {
        [only] if stale && only.size == count.limits.replicas => Some(Exemption::StaleSizeAnnotation),
        [_, _, ..] if stale && count.is_recreate => Some(Exemption::RecreateScaling),
        _ => None,
    }
}
