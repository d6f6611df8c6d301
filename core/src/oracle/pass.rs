//! What must hold of each pass, judged on what it saw: whole, and after each of its requests, since it may be the last
//! one before a crash.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::worth;
use super::reading::{is_resize, limits, revision, same_template};
use super::{Exemption, Finding, Property};
use crate::api::{Deployment, ReplicaSet, Str, StrategyType, Time, annotation};
use crate::cluster::pods::{PodId, PodState, RsId, time};
use crate::cluster::{PassRecord, Refusal, Request, Seen};

type Judged = Result<(), Finding>;

fn fail(property: Property, what: String) -> Judged {
    Err(Finding { property, what, known: None })
}

/// Judges one pass.
pub(super) fn judge(record: &PassRecord) -> Judged {
    if let Seen::Deployment { deployment, replica_sets, cached, .. } = &record.seen {
        looks_at_all(deployment, replica_sets, cached)?;
    }
    if record.sent.is_empty() {
        return Ok(());
    }
    match &record.seen {
        Seen::Deployment { deployment, replica_sets, cached, .. } => {
            DeploymentPass::new(record, deployment, replica_sets, cached).judge()
        }
        Seen::ReplicaSet { id, rs, .. } => replica_set(record, *id, rs),
    }
}

pub(super) fn owned_by(rs: &ReplicaSet, d: &Deployment) -> bool {
    let mut owners = rs.meta.owner_references.iter().filter(|owner| owner.controller == Some(true));
    owners.next().is_some_and(|owner| owner.uid == d.meta.uid)
}

/// A pass goes by all ReplicaSets in the cache that are the Deployment's own or nobody's, in the order of their creation.
fn looks_at_all(d: &Deployment, found: &[Arc<ReplicaSet>], cached: &[(RsId, Arc<ReplicaSet>)]) -> Judged {
    let concerns = |rs: &&Arc<ReplicaSet>| {
        let owner = rs.meta.owner_references.iter().find(|owner| owner.controller == Some(true));
        owner.is_none_or(|owner| owner.uid == d.meta.uid)
    };
    let wanted = cached.iter().map(|(_, rs)| rs).filter(concerns);
    let uids = wanted.clone().map(|rs| &rs.meta.uid);
    if uids.eq(found.iter().map(|rs| &rs.meta.uid)) {
        return Ok(());
    }
    let names = |sets: Vec<&Arc<ReplicaSet>>| sets.iter().map(|rs| rs.meta.name.clone()).collect::<Vec<_>>();
    let (found, wanted) = (names(found.iter().collect()), names(wanted.collect()));
    fail(Property::SOwn, format!("looks at {found:?}, its cache has {wanted:?}"))
}

/// Judges what a pass of Kubernetes tells: each change of a size in one event, and nothing else.
pub(super) fn tells(record: &PassRecord) -> Judged {
    let (Some(told), Seen::Deployment { replica_sets, .. }) = (&record.told, &record.seen) else {
        return Ok(());
    };
    if told.is_empty() && record.sent.is_empty() {
        return Ok(());
    }
    let mut sizes: BTreeMap<&str, i32> =
        replica_sets.iter().map(|rs| (&*rs.meta.uid, rs.spec.replicas)).collect();
    let mut done = Vec::new();
    for sent in &record.sent {
        let Some(stored) = sent.answer.stored() else { continue };
        let from = match &sent.request {
            Request::CreateSet(_) => 0,
            Request::UpdateSet(rs) => sizes.get(&*rs.meta.uid).copied().unwrap_or(0),
            _ => continue,
        };
        let to = stored.spec.replicas;
        sizes.insert(&stored.meta.uid, to);
        let word = if from < to { "up" } else { "down" };
        if from != to {
            done.push(format!("Scaled {word} replica set {} from {from} to {to}", stored.meta.name));
        }
    }
    if *told == done {
        return Ok(());
    }
    fail(Property::SStatus, format!("tells {told:?}, did {done:?}"))
}

/// Available pods of a ReplicaSet, by the pods.
pub(super) fn available(pods: &[(PodId, PodState)], id: RsId, rs: &ReplicaSet, now: Time) -> i64 {
    let counts = |pod: &PodState| {
        let since = time(pod.ready_s).plus_seconds(i64::from(rs.spec.min_ready_seconds));
        pod.owner == Some(id) && pod.is_active() && pod.ready && since <= now
    };
    pods.iter().filter(|(_, pod)| counts(pod)).count() as i64
}

struct DeploymentPass<'a> {
    record: &'a PassRecord,
    d: &'a Deployment,
    cached: &'a [(RsId, Arc<ReplicaSet>)],
    owned: Vec<&'a Arc<ReplicaSet>>,
    current: Option<&'a Arc<ReplicaSet>>,
    /// Sizes by uid, as the requests so far leave them.
    sizes: BTreeMap<&'a str, i64>,
    /// Pods that the caches know to be available, by uid.
    available: BTreeMap<&'a str, i64>,
    ceiling: i64,
    floor: i64,
    /// Sizes of ReplicaSets that this pass gave up: their pods go on running.
    released: i64,
    is_resize: bool,
    /// Whether all counters that it goes by are true.
    is_informed: bool,
}

impl<'a> DeploymentPass<'a> {
    fn new(
        record: &'a PassRecord,
        d: &'a Deployment,
        replica_sets: &'a [Arc<ReplicaSet>],
        cached: &'a [(RsId, Arc<ReplicaSet>)],
    ) -> Self {
        let adopted = |rs: &ReplicaSet| {
            record.sent.iter().any(|sent| {
                matches!(&sent.request, Request::AdoptSet(other, _) if other.meta.uid == rs.meta.uid)
                    && sent.answer.is_ok()
            })
        };
        let mut owned: Vec<_> = replica_sets.iter().filter(|rs| owned_by(rs, d) || adopted(rs)).collect();
        owned.sort_by_key(|rs| (rs.meta.creation_timestamp, rs.meta.name.clone()));
        let current = owned.iter().copied().find(|rs| same_template(&rs.spec.template, &d.spec.template));
        let (surge, missing) = limits(d);
        let replicas = i64::from(d.replicas());
        let rolling = d.spec.strategy.type_ == StrategyType::RollingUpdate;
        let id = |uid: &str| cached.iter().find(|(_, rs)| rs.meta.uid == uid).map(|(id, _)| *id);
        let counted: BTreeMap<&str, i64> = owned
            .iter()
            .filter_map(|rs| {
                Some((&*rs.meta.uid, available(&record.truth, id(&rs.meta.uid)?, rs, record.began)))
            })
            .collect();
        let is_informed = record.was_current
            && owned.iter().all(|rs| {
                counted.get(&*rs.meta.uid) == Some(&i64::from(rs.status.available_replicas))
                    && rs.status.observed_generation >= rs.meta.generation
                    && rs.status.replicas <= rs.spec.replicas
                    && !rs.meta.is_deleting()
            });
        DeploymentPass {
            record,
            d,
            cached,
            sizes: owned.iter().map(|rs| (&*rs.meta.uid, i64::from(rs.spec.replicas))).collect(),
            available: counted,
            released: 0,
            is_resize: is_resize(d, owned.iter().map(|rs| &***rs)),
            owned,
            current,
            ceiling: replicas + i64::from(surge),
            floor: if rolling { replicas - i64::from(missing) } else { 0 },
            is_informed,
        }
    }

    fn size(&self) -> i64 {
        self.sizes.values().sum()
    }

    /// Available pods that are sure to stay: of each ReplicaSet no more than its size.
    fn kept(&self) -> i64 {
        self.sizes.iter().map(|(uid, size)| self.available.get(uid).copied().unwrap_or(0).min(*size)).sum()
    }

    fn judge(mut self) -> Judged {
        let (size_before, mut kept_before) = (self.size(), self.kept());
        for sent in &self.record.sent {
            if let Request::ReleaseSet(rs, _) = &sent.request
                && matches!(sent.answer.refusal(), Some((Refusal::NotFound | Refusal::Invalid, _)))
            {
                // It is gone, or was released by somebody else: its pods are not the Deployment's either way.
                self.sizes.remove(&*rs.meta.uid);
                kept_before = self.kept();
            }
            if !sent.answer.is_ok() {
                continue;
            }
            match &sent.request {
                Request::CreateSet(rs) => {
                    if self.d.spec.paused {
                        return fail(Property::MMeta, format!("{} is created although paused", rs.meta.name));
                    }
                    self.grows(rs, 0, size_before)?;
                }
                Request::UpdateSet(rs) => self.update(rs, size_before)?,
                Request::DeleteSet(rs) => self.prune(rs)?,
                Request::ReleaseSet(rs, _) => {
                    self.released += self.sizes.remove(&*rs.meta.uid).unwrap_or(0);
                    // Its pods serve on, but no longer for this Deployment.
                    kept_before = self.kept();
                }
                Request::UpdateDeploymentStatus(d) => {
                    let s = &d.status;
                    let counters = [
                        s.replicas,
                        s.updated_replicas,
                        s.ready_replicas,
                        s.available_replicas,
                        s.unavailable_replicas,
                    ];
                    if counters.iter().any(|n| *n < 0) {
                        return fail(Property::SRange, format!("writes the counters {counters:?}"));
                    }
                }
                _ => {}
            }
            let least = kept_before.min(self.floor);
            if self.is_informed && self.kept() < least {
                let scaling = self.is_resize || self.d.spec.paused;
                return Err(Finding {
                    property: Property::SAvail,
                    what: format!("leaves {} available pods, {least} at least", self.kept()),
                    known: if scaling {
                        Some(Exemption::ScalingIgnoresAvailability)
                    } else {
                        self.takes_back().then_some(Exemption::ReleasedSetTaken)
                    },
                });
            }
        }
        Ok(())
    }

    fn update(&mut self, rs: &'a ReplicaSet, size_before: i64) -> Judged {
        let Some(old) = self.owned.iter().copied().find(|old| old.meta.uid == rs.meta.uid) else {
            return fail(Property::SOwn, format!("writes {}, which is not its own", rs.meta.name));
        };
        if let (Some(from), Some(to)) = (revision(&old.meta.annotations), revision(&rs.meta.annotations))
            && to < from
        {
            return fail(
                Property::SRev,
                format!("lowers the revision of {} from {from} to {to}", rs.meta.name),
            );
        }
        let from = self.sizes.get(&*rs.meta.uid).copied().unwrap_or(0);
        self.grows(rs, from, size_before)
    }

    /// A ReplicaSet is given a size.
    fn grows(&mut self, rs: &'a ReplicaSet, from: i64, size_before: i64) -> Judged {
        let to = i64::from(rs.spec.replicas);
        let name = &rs.meta.name;
        if to < 0 {
            return fail(Property::SRange, format!("gives {name} the size {to}"));
        }
        let is_new = same_template(&rs.spec.template, &self.d.spec.template)
            && self.current.is_none_or(|current| current.meta.uid == rs.meta.uid);
        if to > from && from == 0 && is_new && self.d.spec.strategy.type_ == StrategyType::Recreate {
            let old = self.old_pods(rs);
            if self.record.was_current && old > 0 {
                return Err(Finding {
                    property: Property::SRecreate,
                    what: format!("starts {name} while {old} old pods run"),
                    known: if self.rolls_back() {
                        Some(Exemption::RollbackCreates)
                    } else if self.d.spec.paused {
                        Some(Exemption::PausedRecreate)
                    } else {
                        (self.released > 0 || self.has_released()).then_some(Exemption::ReleasedSetRuns)
                    },
                });
            }
        }
        // Not yet stored objects have no uid; one such at most is made in a pass.
        self.sizes.insert(&rs.meta.uid, to);
        let most = size_before.max(self.ceiling);
        if to > from && self.size() > most {
            let known = if self.is_resize || self.d.spec.paused {
                Some(Exemption::ScalingGrowsFirst)
            } else {
                let recreate = self.d.spec.strategy.type_ == StrategyType::Recreate;
                (recreate && self.rolls_back()).then_some(Exemption::RollbackCreates)
            };
            let what = format!("{name} from {from} to {to}: sizes add up to {}, {most} at most", self.size());
            return Err(Finding { property: Property::SSurge, what, known });
        }
        if to > from && self.released > 0 && self.size() + self.released > most {
            return Err(Finding {
                property: Property::SSurge,
                what: format!("{name} from {from} to {to} beside {} of what it gave up", self.released),
                known: Some(Exemption::ReleasedSetRuns),
            });
        }
        Ok(())
    }

    fn rolls_back(&self) -> bool {
        self.d.meta.annotations.contains_key(annotation::ROLLBACK_TO)
    }

    fn has_released(&self) -> bool {
        self.record.sent.iter().any(|sent| matches!(sent.request, Request::ReleaseSet(..)))
    }

    /// Whether it gave up the ReplicaSet that has the name of the one that it could not make.
    fn takes_back(&self) -> bool {
        let released = |name: &Str| {
            self.record.sent.iter().any(
                |sent| matches!(&sent.request, Request::ReleaseSet(rs, _) if rs.meta.name == *name && sent.answer.is_ok()),
            )
        };
        self.record.sent.iter().any(|sent| {
            let is_taken = matches!(sent.answer.refusal(), Some((Refusal::AlreadyExists, _)));
            matches!(&sent.request, Request::CreateSet(rs) if is_taken && released(&rs.meta.name))
        })
    }

    /// Pods of other ReplicaSets of the Deployment that have not ended.
    fn old_pods(&self, new: &ReplicaSet) -> usize {
        let olds: Vec<RsId> = self
            .cached
            .iter()
            .filter(|(_, rs)| rs.meta.uid != new.meta.uid && owned_by(rs, self.d))
            .map(|(id, _)| *id)
            .collect();
        let runs =
            |pod: &PodState| !pod.is_finished() && pod.owner.is_some_and(|owner| olds.contains(&owner));
        self.record.truth.iter().filter(|(_, pod)| runs(pod)).count()
    }

    fn prune(&mut self, rs: &'a ReplicaSet) -> Judged {
        let name = &rs.meta.name;
        let Some(own) = self.owned.iter().copied().find(|own| own.meta.uid == rs.meta.uid) else {
            return fail(Property::SOwn, format!("deletes {name}, which is not its own"));
        };
        if own.spec.replicas != 0 || own.status.replicas != 0 {
            return fail(Property::SHist, format!("deletes {name}, which is to have pods"));
        }
        if self.current.is_some_and(|current| current.meta.uid == own.meta.uid) {
            return fail(Property::SHist, format!("deletes {name}, which has the present template"));
        }
        let number = |rs: &ReplicaSet| revision(&rs.meta.annotations);
        // With unreadable ones the order is that of the algorithm, which the second computation follows.
        let Some(revision) = number(own).filter(|_| self.owned.iter().all(|rs| number(rs).is_some())) else {
            return Ok(());
        };
        let limit = self.d.spec.revision_history_limit.map_or(usize::MAX, |limit| limit.max(0) as usize);
        let later = |old: &&&Arc<ReplicaSet>| {
            old.meta.uid != own.meta.uid
                && self.current.is_none_or(|current| current.meta.uid != old.meta.uid)
                && old.meta.deletion_timestamp.is_none()
                && number(old).is_none_or(|number| number >= revision)
        };
        let later = self.owned.iter().filter(later).count();
        if later < limit {
            return fail(
                Property::SHist,
                format!("deletes {name} (revision {revision}), one of the last {limit}: {later} are later"),
            );
        }
        self.sizes.remove(&*own.meta.uid);
        Ok(())
    }
}

fn replica_set(record: &PassRecord, id: RsId, rs: &ReplicaSet) -> Judged {
    let state = |pod: PodId| record.cached_pod(pod).copied();
    let (mut created, mut deleted, mut adopted, mut released) = (0_i64, Vec::new(), Vec::new(), Vec::new());
    for sent in &record.sent {
        match &sent.request {
            Request::AdoptPod(pod, _) if sent.answer.is_ok() => adopted.push(*pod),
            // Its labels no longer fit, so it does not count, whatever was answered.
            Request::ReleasePod(pod, _) => released.push(*pod),
            Request::CreatePod(_) if sent.answer.is_ok() => created += 1,
            Request::DeletePod(pod, _) => {
                let Some(seen) = state(*pod) else {
                    return fail(Property::SOwn, format!("deletes pod {} unseen", pod.0));
                };
                if seen.owner != Some(id) && !adopted.contains(pod) {
                    return fail(Property::SOwn, format!("deletes pod {}, which is not its own", pod.0));
                }
                if !seen.is_active() {
                    return fail(Property::SLost, format!("deletes pod {}, which goes anyway", pod.0));
                }
                deleted.push(*pod);
            }
            _ => {}
        }
    }
    let claimed: Vec<_> = record
        .pods
        .iter()
        .filter(|(pod, state)| state.is_active() && (state.owner == Some(id) || adopted.contains(pod)))
        .filter(|(pod, _)| !released.contains(pod))
        .collect();
    let worst_kept =
        claimed.iter().filter(|(pod, _)| !deleted.contains(pod)).min_by_key(|(_, state)| worth(state));
    let best_gone =
        claimed.iter().filter(|(pod, _)| deleted.contains(pod)).max_by_key(|(_, state)| worth(state));
    if let (Some((kept, worst)), Some((gone, best))) = (worst_kept, best_gone)
        && worth(worst) < worth(best)
    {
        return fail(Property::SLost, format!("deletes pod {} and keeps the worse pod {}", gone.0, kept.0));
    }
    if created > 0 && !deleted.is_empty() {
        return fail(Property::LOsc, "creates and deletes pods in one pass".into());
    }
    let size = i64::from(rs.spec.replicas);
    let left = claimed.len() as i64 - deleted.len() as i64;
    if created > 0 && left + created > size {
        return fail(Property::SSurge, format!("creates {created} pods beside {left}, {size} wanted"));
    }
    if !deleted.is_empty() && left < size {
        return fail(Property::SAvail, format!("leaves {left} pods, {size} wanted"));
    }
    Ok(())
}
