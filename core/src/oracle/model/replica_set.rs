//! A ReplicaSet's pass, with its pods counted one by one.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::Property;
use super::super::reading::selects;
use super::{Step, Stop, Tape, brief};
use crate::api::{Condition, ConditionStatus, OwnerReference, ReplicaSet, Str, StringMap, Time, Words};
use crate::cluster::pods::{NodeId, Phase, PodId, PodState, RsId, time};
use crate::cluster::{Again, Refusal, Request};

/// Most pods that one pass creates or deletes.
const BURST: usize = 500;

pub(super) struct View<'t> {
    pub(super) id: RsId,
    pub(super) rs: &'t Arc<ReplicaSet>,
    pub(super) may_manage: bool,
    pub(super) cached: &'t [(RsId, Arc<ReplicaSet>)],
    pub(super) pods: &'t [(PodId, PodState)],
    pub(super) labels: &'t [StringMap],
    pub(super) now: Time,
}

impl View<'_> {
    fn fits(&self, pod: &PodState) -> bool {
        selects(self.rs.spec.selector.as_deref(), &self.labels[pod.labels.0 as usize])
    }

    fn available_at(&self, pod: &PodState) -> Option<Time> {
        if !pod.ready {
            return None;
        }
        let wait = self.rs.spec.min_ready_seconds;
        Some(if wait <= 0 {
            Time::from_nanos(i64::MIN)
        } else {
            time(pod.ready_s).plus_seconds(i64::from(wait))
        })
    }
}

pub(super) fn pass(view: &View<'_>, tape: &mut Tape<'_>) -> Step<Again> {
    let claimed = claim(view, tape)?;
    let dying = view.rs.meta.deletion_timestamp.is_some();
    let excess = claimed.len() as i64 - i64::from(view.rs.spec.replicas);
    let managed = if !view.may_manage || dying || excess == 0 {
        Ok(())
    } else if excess < 0 {
        create(view, tape, (-excess).min(BURST as i64) as usize)?
    } else {
        delete(view, tape, &claimed, (excess as usize).min(BURST))?
    };
    let (ready, available, next) = write_status(view, tape, &claimed, excess, managed.as_ref().err())?;
    if managed.is_err() {
        return Err(Stop::Failed);
    }
    let wait = view.rs.spec.min_ready_seconds;
    if wait <= 0 || ready == available {
        return Ok(Again::No);
    }
    Ok(Again::After(next.map_or(i64::from(wait) * 1_000_000_000, |at: Time| at.since(view.now).max(0))))
}

fn claim(view: &View<'_>, tape: &mut Tape<'_>) -> Step<Vec<(PodId, PodState)>> {
    let dying = view.rs.meta.deletion_timestamp.is_some();
    let (mut mine, mut failed, mut may_adopt) = (Vec::new(), false, None);
    for (pod, state) in view.pods.iter().filter(|(_, state)| state.is_active()) {
        if state.owner.is_some_and(|owner| owner != view.id) {
            continue;
        }
        match (state.owner, view.fits(state)) {
            (Some(owner), true) if owner == view.id => mine.push((*pod, *state)),
            (Some(owner), false) if owner == view.id && !dying => {
                let answer = tape.next(
                    Property::SOwn,
                    || format!("releasing pod {}", pod.0),
                    |request| matches!(request, Request::ReleasePod(p, _) if p == pod),
                )?;
                let gone = [Refusal::NotFound, Refusal::Invalid];
                failed |= answer.refusal().is_some_and(|(why, _)| !gone.contains(&why));
            }
            (None, true) if !dying => {
                if may_adopt.is_none() {
                    let wanted = || "a live read of the ReplicaSet before adopting".to_owned();
                    let live = tape.next(Property::SOwn, wanted, |r| matches!(r, Request::GetSet))?;
                    let alive = |(uid, dying): (&Str, bool)| *uid == view.rs.meta.uid && !dying;
                    may_adopt = Some(live.owner().is_some_and(alive));
                }
                if may_adopt == Some(false) {
                    failed = true;
                    continue;
                }
                let reference = OwnerReference {
                    api_version: "apps/v1".into(),
                    kind: "ReplicaSet".into(),
                    name: view.rs.meta.name.clone(),
                    uid: view.rs.meta.uid.clone(),
                    controller: Some(true),
                    block_owner_deletion: Some(true),
                };
                let answer = tape.next(
                    Property::SOwn,
                    || format!("adopting pod {}", pod.0),
                    |request| matches!(request, Request::AdoptPod(p, o) if p == pod && *o == reference),
                )?;
                match answer.refusal() {
                    None => mine.push((*pod, *state)),
                    Some((Refusal::NotFound, _)) => {}
                    Some(_) => failed = true,
                }
            }
            _ => {}
        }
    }
    if failed { Err(Stop::Failed) } else { Ok(mine) }
}

/// In batches of 1, 2, 4, …; a batch with a failure is the last.
fn create(view: &View<'_>, tape: &mut Tape<'_>, n: usize) -> Step<Result<(), Str>> {
    let (mut left, mut batch) = (n, 1);
    while left > 0 {
        let mut failed = None;
        batch = batch.min(left);
        for _ in 0..batch {
            if view.rs.spec.template.labels.is_empty() {
                failed = Some("unable to create pods, no labels".into());
                continue;
            }
            let wanted = || format!("creating a pod of {}", view.rs.meta.name);
            let is_creation =
                |r: &Request| matches!(r, Request::CreatePod(rs) if rs.meta.uid == view.rs.meta.uid);
            let answer = tape.next(Property::Model, wanted, is_creation)?;
            match answer.refusal() {
                None | Some((Refusal::NamespaceTerminating, _)) => {}
                Some((_, text)) => failed = failed.or(Some(text.clone())),
            }
        }
        if let Some(text) = failed {
            return Ok(Err(text));
        }
        left -= batch;
        batch *= 2;
    }
    Ok(Ok(()))
}

/// Rules 1 to 4: what makes a pod less worth keeping, whatever its age. Smaller goes first.
pub(in super::super) fn worth(pod: &PodState) -> (bool, u8, bool, i32) {
    let phase = if pod.phase == Phase::Running { 2 } else { 0 };
    (pod.node != NodeId::NONE, phase, pod.ready, pod.cost)
}

/// Whether `a` goes before `b`. Not transitive; see the specification of the ReplicaSet controller.
fn goes_first(a: &PodState, b: &PodState, crowd: &BTreeMap<NodeId, u32>, now: Time) -> Ordering {
    let rank = |pod: &PodState| crowd.get(&pod.node).copied().unwrap_or(0);
    let uid = |pod: &PodState| format!("u{}", pod.uid);
    // The order of magnitude of an age.
    let magnitude = |stamp: u32| {
        let age = now.since(time(stamp));
        if age <= 0 { -1 } else { i64::from(63 - age.leading_zeros()) }
    };
    let by_age = |x: u32, y: u32| magnitude(x).cmp(&magnitude(y)).then_with(|| uid(a).cmp(&uid(b)));
    let first = worth(a).cmp(&worth(b)).then(rank(b).cmp(&rank(a)));
    if first != Ordering::Equal {
        return first;
    }
    if a.ready && b.ready && a.ready_s != b.ready_s {
        return by_age(a.ready_s, b.ready_s);
    }
    let by_restarts = b.restarts.cmp(&a.restarts);
    if by_restarts != Ordering::Equal || a.created_s == b.created_s {
        return by_restarts;
    }
    by_age(a.created_s, b.created_s)
}

/// Active pods that stand for this ReplicaSet or for others of the same owner, by node, whoever owns them.
fn crowd(view: &View<'_>) -> BTreeMap<NodeId, u32> {
    let owner = |rs: &ReplicaSet| {
        rs.meta.owner_references.iter().find(|o| o.controller == Some(true)).map(|o| o.uid.clone())
    };
    let mut count = BTreeMap::new();
    let Some(mine) = owner(view.rs) else { return count };
    let siblings: Vec<_> = view.cached.iter().filter(|(_, rs)| owner(rs).as_ref() == Some(&mine)).collect();
    for (_, pod) in view.pods.iter().filter(|(_, pod)| pod.is_active()) {
        let labels = &view.labels[pod.labels.0 as usize];
        if siblings.iter().any(|(_, rs)| selects(rs.spec.selector.as_deref(), labels)) {
            *count.entry(pod.node).or_default() += 1;
        }
    }
    count
}

fn delete(
    view: &View<'_>,
    tape: &mut Tape<'_>,
    claimed: &[(PodId, PodState)],
    n: usize,
) -> Step<Result<(), Str>> {
    let crowd = crowd(view);
    let mut order: Vec<(PodId, PodState)> = claimed.to_vec();
    order.sort_by_cached_key(|(_, pod)| format!("u{}", pod.uid));
    for i in 1..order.len() {
        let mut at = i;
        while at > 0 && goes_first(&order[at].1, &order[at - 1].1, &crowd, view.now) == Ordering::Less {
            order.swap(at, at - 1);
            at -= 1;
        }
    }
    let (go, stay) = order.split_at(n);
    // A cycle across the cut leaves it open who goes: then any choice that no rule forbids in between will do.
    let forbids =
        |gone: &PodState, kept: &PodState| goes_first(kept, gone, &crowd, view.now) == Ordering::Less;
    let is_open = go.iter().any(|(_, gone)| stay.iter().any(|(_, kept)| forbids(gone, kept)))
        || go.iter().any(|(_, gone)| {
            stay.iter().any(|(_, kept)| goes_first(gone, kept, &crowd, view.now) == Ordering::Equal)
        });
    let mut gone: Vec<PodId> = Vec::new();
    let mut failed: Option<Str> = None;
    for _ in 0..n {
        let wanted = || {
            let left: Vec<u32> =
                go.iter().map(|(pod, _)| pod.0).filter(|pod| !gone.contains(&PodId(*pod))).collect();
            format!("deleting one of the pods {left:?}")
        };
        let may_go = |pod: &PodId| {
            !gone.contains(pod)
                && if is_open {
                    claimed.iter().any(|(own, state)| {
                        own == pod
                            && stay.iter().all(|(_, kept)| worth(state) <= worth(kept) || n == claimed.len())
                    })
                } else {
                    go.iter().any(|(own, _)| own == pod)
                }
        };
        let fits = |request: &Request| matches!(request, Request::DeletePod(pod, _) if may_go(pod));
        let answer = tape.next(Property::SLost, wanted, fits)?;
        gone.extend(tape.last_deleted());
        if let Some((why, text)) = answer.refusal()
            && why != Refusal::NotFound
        {
            failed = failed.or(Some(format!("unable to delete pods: {text}").into()));
        }
    }
    Ok(failed.map_or(Ok(()), Err))
}

type Counted = (i32, i32, Option<Time>);

fn write_status(
    view: &View<'_>,
    tape: &mut Tape<'_>,
    claimed: &[(PodId, PodState)],
    excess: i64,
    error: Option<&Str>,
) -> Step<Counted> {
    let count =
        |counts: &dyn Fn(&PodState) -> bool| claimed.iter().filter(|(_, pod)| counts(pod)).count() as i32;
    let template = &view.rs.spec.template.labels;
    let full = |pod: &PodState| {
        let labels = &view.labels[pod.labels.0 as usize];
        template.iter().all(|(key, value)| labels.iter().any(|(k, v)| k == key && v == value))
    };
    let ready = count(&|pod| pod.ready);
    let available = count(&|pod| view.available_at(pod).is_some_and(|at| at <= view.now));
    let next = claimed.iter().filter_map(|(_, pod)| view.available_at(pod)).filter(|at| *at > view.now).min();
    let terminating =
        |(_, pod): &&(PodId, PodState)| pod.is_terminating() && pod.owner == Some(view.id) && view.fits(pod);
    let mut copy = (**view.rs).clone();
    let status = &mut copy.status;
    status.replicas = claimed.len() as i32;
    status.fully_labeled_replicas = count(&full);
    status.ready_replicas = ready;
    status.available_replicas = available;
    status.terminating_replicas = Some(view.pods.iter().filter(terminating).count() as i32);
    status.observed_generation = view.rs.meta.generation;
    let failing = status.conditions.iter().any(|c| c.type_ == "ReplicaFailure");
    match error {
        None => status.conditions.retain(|c| c.type_ != "ReplicaFailure"),
        Some(text) if !failing => status.conditions.push(Condition {
            last_update_time: None,
            last_transition_time: Some(view.now.whole_second()),
            words: Words {
                type_: "ReplicaFailure".into(),
                status: ConditionStatus::True,
                reason: if excess < 0 { "FailedCreate" } else { "FailedDelete" }.into(),
                message: text.clone(),
            }
            .into(),
        }),
        Some(_) => {}
    }
    if copy.status == view.rs.status {
        return Ok((ready, available, next));
    }
    let wanted = || brief(&Request::UpdateSetStatus(Box::new(copy.clone()), false));
    let fits = |second: bool| {
        let copy = &copy;
        move |request: &Request| matches!(request, Request::UpdateSetStatus(sent, again) if **sent == *copy && *again == second)
    };
    if !tape.next(Property::SStatus, wanted, fits(false))?.is_ok() {
        let again = || "a live read before the second try".to_owned();
        tape.write(Property::SStatus, again, |r| matches!(r, Request::GetSet))?;
        tape.write(Property::SStatus, wanted, fits(true))?;
    }
    Ok((ready, available, next))
}
