//! Whoever has something to do must be going to be woken, no later than the moment from which there is something to do.

use std::collections::BTreeSet;

use super::model::Outlook;
use super::outlooks::{BEFORE_DUE, Outlooks};
use super::reading::selects;
use super::{Exemption, Finding, Property};
use crate::api::{ReplicaSet, StrategyType, Time};
use crate::cluster::pods::{DeploymentId, PodId, PodState, RsId};
use crate::cluster::{Again, Cluster, Wake};

/// The work queues repeat what failed after this time, ns, then after twice that time and so on.
const FIRST_RETRY: i64 = 5_000_000;
/// But never later than that.
const LAST_RETRY: i64 = 1_000_000_000_000;
/// What the bucket that all keys share may add: 100 ms for each of 200 that wait, ns.
const BUCKET: i64 = 20_000_000_000;

/// What would be done that nobody is going to be woken for.
type Missed = Option<(Property, String)>;

/// Judges a settled instant in which no watch event is on its way: who was due has been looked at. `gave_up` = why the Deployment is not tried again although
/// its last passes failed; `wants_again` = whether its last pass asked to be repeated at once; `strangers` = pods that their ReplicaSet once did not select.
pub(super) fn judge(
    cluster: &Cluster,
    outlooks: &mut Outlooks,
    strangers: &BTreeSet<PodId>,
    gave_up: impl Fn(DeploymentId) -> Option<Exemption>,
    wants_again: impl Fn(DeploymentId) -> bool,
) -> Result<(), Finding> {
    let (pods, labels, now) = (cluster.cached_pods(), cluster.store.labels(), cluster.now());
    // What others would do is not known.
    let others = cluster.controllers();
    let (deployments, sets) = (others.deployment.is_none(), others.replica_set.is_none());
    for (id, d) in cluster.store.deployments().filter(|_| deployments) {
        let mut wake = cluster.deployment_wake(id);
        // It is repeated at once like one that failed.
        wake.failures += u32::from(wants_again(id));
        if wake.by(now) {
            let what = format!("{} is to be looked at now, and nobody does", d.meta.name);
            return Err(Finding { property: Property::LWake, what, known: None });
        }
        let Some(seen) = cluster.sight_of_deployment(id) else { continue };
        let outlook = outlooks.of(&seen, pods, labels, now);
        let missed = missed(&outlook, wake, now);
        if let Some((property, what)) = missed {
            let known = if let Some(exemption) = gave_up(id) {
                Some(exemption)
            } else if left_pod_ended(cluster, id, pods, strangers) {
                Some(Exemption::LeftPodEnds)
            } else {
                terminating_pod_left(cluster, id, pods).then_some(Exemption::TerminatingPodLeaves)
            };
            return Err(Finding { property, what: format!("Deployment {}: {what}", d.meta.name), known });
        }
    }
    for (id, rs) in cluster.store.replica_sets().filter(|_| sets) {
        let wake = cluster.replica_set_wake(id);
        if wake.by(now) {
            let what = format!("{} is to be looked at now, and nobody does", rs.meta.name);
            return Err(Finding { property: Property::LWake, what, known: None });
        }
        let Some(seen) = cluster.sight_of_replica_set(id) else { continue };
        let outlook = outlooks.of(&seen, pods, labels, now);
        if let Some((property, what)) = missed(&outlook, wake, now) {
            let known = match property {
                Property::SStatus if only_terminating_differs(cluster, rs, id, pods) => {
                    Some(Exemption::TerminatingPodLeaves)
                }
                Property::SStatus | Property::LWake => waits_in_vain(cluster, id),
                _ => None,
            };
            return Err(Finding { property, what: format!("ReplicaSet {}: {what}", rs.meta.name), known });
        }
    }
    Ok(())
}

/// Pods that their ReplicaSet does not select.
pub(super) fn strangers(cluster: &Cluster) -> impl Iterator<Item = PodId> + '_ {
    let strange = cluster.store.existing_pods().iter().filter(|(_, pod)| {
        let owner = pod.owner.and_then(|owner| cluster.store.replica_set(owner));
        let labels = &cluster.store.labels()[pod.labels.0 as usize];
        owner.is_some_and(|rs| !selects(rs.spec.selector.as_deref(), labels))
    });
    strange.map(|(pod, _)| *pod)
}

/// Why a ReplicaSet waits to see what it will never see: a pod that it deletes is no longer its own, or what it made or adopted
/// came and went while nobody watched.
pub(super) fn waits_in_vain(cluster: &Cluster, id: RsId) -> Option<Exemption> {
    let pods = cluster.store.pods();
    // One whose deletion found nothing is not waited for.
    let left = |pod: &PodId| {
        let state = pods[pod.0 as usize].state;
        state.owner != Some(id) && state.deleting
    };
    if cluster.awaited_deletions(id).iter().any(left) {
        return Some(Exemption::VictimOrphaned);
    }
    let (creations, _) = cluster.outstanding(id);
    let unseen = cluster.unseen_pods();
    let is_made = creations > 0 && unseen.iter().any(|pod| pods[pod.0 as usize].origin == id);
    let is_gone = cluster.awaited_deletions(id).iter().any(|pod| unseen.contains(pod));
    (is_made || is_gone).then_some(Exemption::UnseenPod)
}

/// Whether the Deployment is one with Recreate, and a pod that its ReplicaSet no longer selects has gone: one that has ended and
/// was not released, or one that lost its owner reference.
fn left_pod_ended(
    cluster: &Cluster,
    id: DeploymentId,
    pods: &[(PodId, PodState)],
    strangers: &BTreeSet<PodId>,
) -> bool {
    let labels = cluster.store.labels();
    cluster.store.deployment(id).is_some_and(|d| d.spec.strategy.type_ == StrategyType::Recreate)
        && cluster.replica_sets_of(id).any(|(rs_id, rs)| {
            let strange =
                |pod: &PodState| !selects(rs.spec.selector.as_deref(), &labels[pod.labels.0 as usize]);
            // One that terminates is not released, nor is any by a ReplicaSet that is being deleted.
            let is_kept = |pod: &PodState| pod.deleting || rs.meta.is_deleting();
            let ended =
                |pod: &PodState| pod.owner == Some(rs_id) && pod.exists && is_kept(pod) && pod.is_finished();
            // Made by it, or adopted from one that is gone.
            let was_of = |origin: RsId| origin == rs_id || cluster.store.replica_set(origin).is_none();
            pods.iter().any(|(pod, state)| ended(state) && strangers.contains(pod))
                || cluster
                    .store
                    .pods()
                    .iter()
                    .any(|pod| was_of(pod.origin) && pod.state.owner.is_none() && strange(&pod.state))
        })
}

/// Whether the Deployment is one with Recreate, and a terminating pod has left one of its ReplicaSets: the write of the
/// corrected counter is what would wake the Deployment.
fn terminating_pod_left(cluster: &Cluster, id: DeploymentId, pods: &[(PodId, PodState)]) -> bool {
    cluster.store.deployment(id).is_some_and(|d| d.spec.strategy.type_ == StrategyType::Recreate)
        && cluster.replica_sets_of(id).any(|(rs_id, rs)| only_terminating_differs(cluster, rs, rs_id, pods))
}

/// Whether the counters of pods that are not terminating are right, and that of terminating ones is too high.
fn only_terminating_differs(
    cluster: &Cluster,
    rs: &ReplicaSet,
    id: RsId,
    pods: &[(PodId, PodState)],
) -> bool {
    let labels = cluster.store.labels();
    let own = |counts: fn(&PodState) -> bool| {
        let selected = pods.iter().filter(|(_, pod)| {
            pod.owner == Some(id) && selects(rs.spec.selector.as_deref(), &labels[pod.labels.0 as usize])
        });
        selected.filter(|(_, pod)| counts(pod)).count() as i32
    };
    let s = &rs.status;
    s.replicas == own(PodState::is_active)
        && s.ready_replicas == own(PodState::is_serving)
        && s.terminating_replicas.is_some_and(|n| n > 0)
        && s.observed_generation == rs.meta.generation
}

fn missed(outlook: &Outlook, wake: Wake, now: Time) -> Missed {
    // A timer that is due later than the retry of what failed is for something else.
    let back_off = match wake.failures {
        0 => 0,
        n => (FIRST_RETRY << (n - 1).min(40)).min(LAST_RETRY) + BUCKET,
    };
    let asleep = !wake.by(now.plus_nanos(back_off.max(BEFORE_DUE)));
    match outlook {
        Outlook::Acts(property, what) if asleep => {
            // A status that would be corrected, and that nobody corrects, is first of all wrong.
            let property = if *property == Property::SStatus { *property } else { Property::LWake };
            Some((property, format!("nobody will wake it for {what}")))
        }
        Outlook::Fails if asleep => Some((Property::LWake, "it would fail, and nobody tries again".into())),
        // It may have succeeded after many failures, and then has their timer.
        Outlook::Idle(Again::Soon) if wake.timer.is_none() => {
            Some((Property::LWake, "it wants to be looked at again".into()))
        }
        // Of what has failed and would no longer, the retry may be what comes first.
        Outlook::Idle(Again::After(ns)) if !wake.by(now.plus_nanos((*ns).max(back_off))) => Some((
            Property::LWake,
            format!(
                "something will be due in {ns} ns, and it is woken {:?}",
                wake.timer.map(|at| at.since(now))
            ),
        )),
        _ => None,
    }
}
