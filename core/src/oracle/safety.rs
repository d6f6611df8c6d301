//! What must never happen, judged from one settled instant to the next.

use std::collections::BTreeMap;

use super::{Property, Recount, Violation};
use crate::api::annotation;
use crate::cluster::Cluster;
use crate::cluster::pods::{DeploymentId, time};

/// Watches one Deployment. Call [`Safety::after`] when an instant was worked off.
#[derive(Clone, Debug)]
pub struct Safety {
    id: DeploymentId,
    before: Option<Recount>,
}

impl Safety {
    /// For the Deployment `id`.
    pub fn new(id: DeploymentId) -> Self {
        Safety { id, before: None }
    }

    /// Judges the state. `is_theirs` says that nobody edited the Deployment or killed pods since the last call, so that
    /// the controllers answer alone for what happened; `is_calm` that nobody ever laid hands on what is theirs. With
    /// stale caches the real controllers overshoot as well (a ReplicaSet is created on what the cache says of the
    /// others, and no conflict can stop a creation), so then each pass is judged on what it saw, and not their sum.
    pub fn after(&mut self, cluster: &Cluster, is_theirs: bool, is_calm: bool) -> Result<(), Violation> {
        state(cluster, self.id, is_calm)?;
        let is_current = cluster.caches_are_current() && is_calm;
        if is_current {
            revisions(cluster, self.id)?;
        }
        let Some(now) = Recount::of(cluster, self.id) else { return Ok(()) };
        if let Some(before) = self.before.as_ref().filter(|_| is_current && is_theirs) {
            step(before, &now, before.lost_to_others(cluster))?;
        }
        self.before = Some(now);
        Ok(())
    }
}

/// Properties of a step in which only the controllers acted, apart from `lost` available pods that they did not take.
fn step(before: &Recount, now: &Recount, lost: i64) -> Result<(), Violation> {
    let fail = |property, what| Err(Violation { property, at: now.at, what, known: None });
    let limits = now.limits;
    let most = before.size().max(limits.ceiling);
    if now.size() > most {
        return fail(Property::SSurge, format!("sizes add up to {}, {most} at most", now.size()));
    }
    let least = (before.available() - lost).min(limits.floor);
    if now.available() < least {
        return fail(Property::SAvail, format!("{} pods available, {least} at least", now.available()));
    }
    if now.is_recreate && !now.is_paused && now.limits.replicas > 0 {
        let was = before.current().map_or(0, |set| set.size);
        let old: i64 = now.sets.iter().filter(|set| !set.is_current).map(|set| set.running).sum();
        if was == 0 && now.current().is_some_and(|set| set.size > 0) && old > 0 {
            return fail(Property::SRecreate, format!("the new ReplicaSet starts while {old} old pods run"));
        }
    }
    Ok(())
}

/// Properties of a state.
fn state(cluster: &Cluster, id: DeploymentId, is_calm: bool) -> Result<(), Violation> {
    let fail = |property, what| Err(Violation { property, at: cluster.now(), what, known: None });
    let Some(d) = cluster.store.deployment(id) else { return Ok(()) };
    let s = &d.status;
    let counters =
        [s.replicas, s.updated_replicas, s.ready_replicas, s.available_replicas, s.unavailable_replicas];
    if counters.iter().any(|n| *n < 0) {
        return fail(Property::SRange, format!("status of the Deployment: {counters:?}"));
    }
    for (_, rs) in cluster.store.replica_sets() {
        let name = &rs.meta.name;
        let s = &rs.status;
        let counters = [rs.spec.replicas, s.replicas, s.ready_replicas, s.available_replicas];
        if counters.iter().any(|n| *n < 0) {
            return fail(Property::SRange, format!("size and status of {name}: {counters:?}"));
        }
        let owners = rs.meta.owner_references.iter().filter(|owner| owner.controller == Some(true)).count();
        if owners > 1 || (is_calm && owners != 1) {
            return fail(Property::SOwn, format!("{name} has {owners} controllers"));
        }
    }
    pods(cluster, is_calm)
}

/// No revision twice. With stale caches there may be for a while: the next number follows from the ReplicaSets that
/// the cache has, and the Deployment controller remembers none that it created itself.
fn revisions(cluster: &Cluster, id: DeploymentId) -> Result<(), Violation> {
    let mut revisions = BTreeMap::new();
    for (_, rs) in cluster.replica_sets_of(id) {
        let name = &rs.meta.name;
        if let Some(revision) = rs.meta.annotations.get(annotation::REVISION)
            && let Some(other) = revisions.insert(revision.clone(), name.clone())
        {
            let what = format!("{name} and {other} both have revision {revision}");
            return Err(Violation { property: Property::SRev, at: cluster.now(), what, known: None });
        }
    }
    Ok(())
}

/// Properties of all pods.
fn pods(cluster: &Cluster, is_calm: bool) -> Result<(), Violation> {
    let fail = |property, what| Err(Violation { property, at: cluster.now(), what, known: None });
    let (mut alive, mut serving, mut terminating) = (0, 0, 0);
    for pod in cluster.store.pods() {
        let state = &pod.state;
        let has_owner = state.owner.is_none_or(|rs| cluster.store.replica_set(rs).is_some());
        // The garbage collector needs a moment for a pod that was made for a ReplicaSet which had just gone.
        let is_noticed = has_owner || cluster.now() > time(state.created_s).plus_seconds(2);
        if is_calm && state.is_active() && is_noticed && (!has_owner || state.owner.is_none()) {
            return fail(
                Property::SLost,
                format!("pod u{} runs and nobody is responsible for it", state.uid),
            );
        }
        alive += i32::from(state.exists);
        serving += i32::from(state.is_serving());
        terminating += i32::from(state.is_terminating());
    }
    let mut kept = (0, 0, 0);
    for totals in cluster.store.all_totals() {
        kept = (kept.0 + totals.alive, kept.1 + totals.serving, kept.2 + totals.terminating);
    }
    if kept != (alive, serving, terminating) {
        let counted = (alive, serving, terminating);
        return fail(
            Property::SStatus,
            format!("(alive, serving, terminating): kept {kept:?}, counted {counted:?}"),
        );
    }
    Ok(())
}
