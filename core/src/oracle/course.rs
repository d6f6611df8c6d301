//! The oracle that follows one run: every pass, every settled instant, and what only shows in their sequence.

use std::collections::{BTreeMap, BTreeSet};

use super::outlooks::Outlooks;
use super::retries::Retries;
use super::{Exemption, Finding, Property, Safety, Violation, caches, pass, wake};
use crate::api::Time;
use crate::cluster::pods::{DeploymentId, PodId, PodState, RsId, time};
use crate::cluster::{Again, Answer, Cluster, PassRecord, Request, Seen, Sent};

/// Age from which the expectations of a ReplicaSet bind it no longer, s.
const EXPECTATIONS_S: i64 = 300;
/// Failures in a row after which a Deployment is not tried again.
const FAILURES_MAX: u32 = 16;

/// Passes in a row that may ask for nothing but to be repeated at once: in the last second before a deadline there are
/// some ten of them.
const IDLE_MAX: u32 = 120;

/// Whether the pass that saw this is one of the real controllers.
fn is_of_kubernetes(cluster: &Cluster, seen: &Seen) -> bool {
    match seen {
        Seen::Deployment { .. } => cluster.controllers().deployment.is_none(),
        Seen::ReplicaSet { .. } => cluster.controllers().replica_set.is_none(),
    }
}

/// How a size went since somebody last interfered: up or down at last, and how often it turned.
#[derive(Clone, Copy, Default, Debug)]
struct Course {
    up: Option<bool>,
    turns: u32,
}

/// Judges a run while it goes. The world must keep its journal ([`Cluster::keep_journal`]).
///
/// Passes of other controllers ([`Cluster::plug_in`]) are not compared with the second computation, which is that of Kubernetes: of
/// them MODEL is not asked, nor, of what a pass would do, L-WAKE and S-STATUS.
#[derive(Debug)]
pub struct Oracle {
    is_strict: bool,
    is_calm: bool,
    is_undisturbed: bool,
    read: usize,
    safety: BTreeMap<DeploymentId, Safety>,
    failures: BTreeMap<DeploymentId, u32>,
    /// Deployments whose last pass ended well although the update of a ReplicaSet had been refused.
    forgetful: BTreeSet<DeploymentId>,
    /// Deployments whose last pass asked to be repeated at once.
    wants_again: BTreeSet<DeploymentId>,
    /// Passes in a row that asked for nothing but to be repeated at once.
    idle: BTreeMap<DeploymentId, u32>,
    courses: BTreeMap<RsId, Course>,
    /// Pods that a ReplicaSet made and removed since somebody last interfered.
    flow: BTreeMap<RsId, (u32, u32)>,
    retries: Retries,
    /// Versions of the last of its writes to pods and to itself that a ReplicaSet has to see before its next pass.
    wrote: BTreeMap<RsId, (u64, u64)>,
    /// ReplicaSets that have deleted pods since they last created one.
    removing: BTreeSet<RsId>,
    /// When which ReplicaSet deleted which pod, at last.
    deleted: BTreeMap<(RsId, PodId), Time>,
    /// When a ReplicaSet last created or deleted something.
    managed: BTreeMap<RsId, Time>,
    /// When the controllers last lost their memory, or an answer was lost.
    forgot: Option<Time>,
    /// ReplicaSets that may have seen more creations than they expect: a creation failed and perhaps took place all the same, or
    /// they went on although one of theirs had not been seen yet, or somebody gave them a pod that no cache has.
    unsure: BTreeSet<RsId>,
    /// Pods that no cache has, and their owners.
    unseen: BTreeMap<PodId, Option<RsId>>,
    /// Pods that their ReplicaSet once did not select.
    strangers: BTreeSet<PodId>,
    /// Version of the pods that were last looked at for them.
    strangers_at: Option<u64>,
    met: BTreeSet<Exemption>,
    outlooks: Outlooks,
}

impl Oracle {
    /// `is_strict` grants no exemption.
    pub fn new(is_strict: bool) -> Self {
        Oracle {
            is_strict,
            is_calm: true,
            is_undisturbed: false,
            read: 0,
            safety: BTreeMap::new(),
            failures: BTreeMap::new(),
            forgetful: BTreeSet::new(),
            wants_again: BTreeSet::new(),
            idle: BTreeMap::new(),
            courses: BTreeMap::new(),
            flow: BTreeMap::new(),
            retries: Retries::default(),
            wrote: BTreeMap::new(),
            removing: BTreeSet::new(),
            deleted: BTreeMap::new(),
            managed: BTreeMap::new(),
            forgot: None,
            unsure: BTreeSet::new(),
            unseen: BTreeMap::new(),
            strangers: BTreeSet::new(),
            strangers_at: None,
            met: BTreeSet::new(),
            outlooks: Outlooks::default(),
        }
    }

    /// Somebody changed what is wanted.
    pub fn disturbed(&mut self) {
        self.is_undisturbed = false;
        self.courses.clear();
        self.flow.clear();
    }

    /// Something broke, or somebody laid hands on what belongs to the controllers. From here on only each pass is judged,
    /// and no longer the sum of what the passes of an instant did.
    pub fn meddled(&mut self, now: Time) {
        self.disturbed();
        self.is_calm = false;
        self.forgot = Some(now);
    }

    /// The journal was taken away.
    pub fn journal_taken(&mut self) {
        self.read = 0;
    }

    /// Why a Deployment whose passes have failed is not tried again before something happens to it.
    pub fn gave_up(&self, id: DeploymentId) -> Option<Exemption> {
        if self.failures.get(&id).is_some_and(|failures| *failures >= FAILURES_MAX) {
            return Some(Exemption::RetriesExhausted);
        }
        self.forgetful.contains(&id).then_some(Exemption::ForgottenError)
    }

    /// Exemptions that were granted.
    pub fn met(&self) -> &BTreeSet<Exemption> {
        &self.met
    }

    /// Grants the exemption, or says that the property does not hold.
    pub fn raise(&mut self, violation: Violation) -> Result<(), Violation> {
        match violation.known {
            Some(exemption) if !self.is_strict => {
                self.met.insert(exemption);
                Ok(())
            }
            _ => Err(violation),
        }
    }

    fn find(&mut self, at: Time, finding: Result<(), Finding>) -> Result<(), Violation> {
        match finding {
            Ok(()) => Ok(()),
            Err(Finding { property, what, known }) => self.raise(Violation { property, at, what, known }),
        }
    }

    /// Judges a settled instant and the passes since the last call.
    pub fn after(&mut self, cluster: &Cluster) -> Result<(), Violation> {
        let passes = cluster.journal().get(self.read..).unwrap_or_default();
        self.read = cluster.journal().len();
        for record in passes {
            let judged = pass::judge(record);
            self.find(record.began, judged)?;
            if record.began == record.ended && is_of_kubernetes(cluster, &record.seen) {
                let computed = self.outlooks.check(record, cluster.store.labels());
                let computed = computed.map_err(|(property, what)| Finding { property, what, known: None });
                self.find(record.began, computed)?;
            }
            let retried = self.retries.judge(record);
            self.find(record.began, retried)?;
            if is_of_kubernetes(cluster, &record.seen) {
                self.find(record.began, pass::tells(record))?;
                let shown = self.sees_own_writes(record);
                self.find(record.began, shown)?;
            }
            let expected = self.expectations(record);
            self.find(record.began, expected)?;
            let steady = self.follow(record, self.is_calm && cluster.caches_are_current());
            self.find(record.began, steady)?;
        }
        let now = cluster.now();
        for (id, _) in cluster.store.deployments() {
            let safety = self.safety.entry(id).or_insert_with(|| Safety::new(id));
            let judged = safety.after(cluster, self.is_calm && self.is_undisturbed, self.is_calm);
            if let Err(violation) = judged {
                self.raise(violation)?;
            }
        }
        self.is_undisturbed = true;
        if !self.is_calm {
            let version = Some(cluster.store.pods_version());
            if self.strangers_at != version {
                self.strangers_at = version;
                self.strangers.extend(wake::strangers(cluster));
            }
            self.follow_unseen(cluster);
        }
        if !cluster.has_open_passes() {
            let awaited = self.awaits_rightly(cluster);
            self.find(now, awaited)?;
        }
        if cluster.is_quiet() {
            self.find(now, caches::judge(cluster))?;
            let expected = self.counts_rightly(cluster);
            self.find(now, expected)?;
            let judged = self.sleep(cluster);
            self.find(now, judged)?;
        }
        Ok(())
    }

    /// A pod that changes its owner before any cache has it is news to the new one, like a pod of its own making.
    fn follow_unseen(&mut self, cluster: &Cluster) {
        let unseen = caches::unseen(cluster);
        for (pod, owner) in &unseen {
            if self.unseen.get(pod).is_some_and(|before| before != owner) {
                self.unsure.extend(*owner);
            }
        }
        self.unseen = unseen;
    }

    /// Whoever has something to do is going to be woken.
    fn sleep(&mut self, cluster: &Cluster) -> Result<(), Finding> {
        let mut outlooks = std::mem::take(&mut self.outlooks);
        let judged = wake::judge(
            cluster,
            &mut outlooks,
            &self.strangers,
            |id| self.gave_up(id),
            |id| self.wants_again.contains(&id),
        );
        self.outlooks = outlooks;
        judged
    }

    /// From 1.37 on no pass over a ReplicaSet begins before the caches show what the one before wrote.
    fn sees_own_writes(&mut self, record: &PassRecord) -> Result<(), Finding> {
        let Seen::ReplicaSet { id, rs, .. } = &record.seen else { return Ok(()) };
        let (pods, itself) = self.wrote.remove(id).unwrap_or_default();
        let (shown_pods, shown_sets) = record.shown;
        // Before anything has come nobody can tell.
        if (shown_pods != 0 && pods > shown_pods) || (shown_sets != 0 && itself > shown_sets) {
            let what = format!("{} goes on before its caches show what it wrote", rs.meta.name);
            return Err(Finding { property: Property::SExpect, what, known: None });
        }
        let (mut pods, mut itself) = (0, 0);
        for sent in &record.sent {
            match (&sent.request, &sent.answer) {
                (Request::CreatePod(_) | Request::AdoptPod(..), Answer::Version(Ok(version))) => {
                    pods = pods.max(*version);
                }
                (Request::UpdateSetStatus(..), Answer::Set(Ok(stored))) => {
                    itself = itself.max(stored.meta.resource_version);
                }
                _ => {}
            }
        }
        self.wrote.insert(*id, (pods, itself));
        Ok(())
    }

    /// Only the end of what was deleted is waited for: not of what was gone before, nor of what could not be deleted.
    fn awaits_rightly(&self, cluster: &Cluster) -> Result<(), Finding> {
        for (id, rs) in cluster.store.replica_sets() {
            let was_deleted = |pod: &&PodId| self.deleted.contains_key(&(id, **pod));
            if let Some(pod) = cluster.awaited_deletions(id).iter().find(|pod| !was_deleted(pod)) {
                let name = &rs.meta.name;
                let what = format!("{name} waits for the end of pod {}, which it did not delete", pod.0);
                return Err(Finding { property: Property::SExpect, what, known: None });
            }
        }
        Ok(())
    }

    /// Nothing but a creation counts as one.
    fn counts_rightly(&mut self, cluster: &Cluster) -> Result<(), Finding> {
        for (id, rs) in cluster.store.replica_sets() {
            let (creations, _) = cluster.outstanding(id);
            if creations == 0 {
                // All that it made has been seen by now.
                self.unsure.remove(&id);
            }
            let name = &rs.meta.name;
            if creations > 0 && self.removing.contains(&id) {
                let what = format!("{name} waits for {creations} creations, and has deleted pods since");
                return Err(Finding { property: Property::SExpect, what, known: None });
            }
            if creations < 0 && !self.unsure.contains(&id) {
                let what = format!("{name} has seen {} more creations than it made", -creations);
                return Err(Finding { property: Property::SExpect, what, known: None });
            }
        }
        Ok(())
    }

    /// A ReplicaSet must see its own earlier creations and deletions before it creates or deletes again.
    fn expectations(&mut self, record: &PassRecord) -> Result<(), Finding> {
        let Seen::ReplicaSet { id, rs, may_manage, .. } = &record.seen else { return Ok(()) };
        let now = record.began;
        let name = &rs.meta.name;
        let fail = |what| Err(Finding { property: Property::SExpect, what, known: None });
        let binds = |since: Time| {
            now <= since.plus_seconds(EXPECTATIONS_S) && self.forgot.is_none_or(|forgot| forgot < since)
        };
        let cached = |pod: PodId| record.cached_pod(pod);
        let is_unseen = |(pod, state): &(PodId, PodState)| state.owner == Some(*id) && cached(*pod).is_none();
        let is_sure = !self.unsure.contains(id);
        if *may_manage && record.truth.iter().any(is_unseen) {
            self.unsure.insert(*id);
        }
        if *may_manage {
            // The event of a creation that failed and took place all the same counts for another.
            let unseen = record.truth.iter().find(|unseen| {
                let (_, state) = unseen;
                is_sure && is_unseen(unseen) && !state.deleting && binds(time(state.created_s))
            });
            if let Some((pod, _)) = unseen {
                return fail(format!("{name} may create and delete, but pod {} is not in its cache", pod.0));
            }
            let mut deleted = self.deleted.range((*id, PodId(0))..=(*id, PodId(u32::MAX)));
            let unmarked = deleted.find(|((_, pod), since)| {
                cached(*pod).is_some_and(|state| state.is_active() && state.owner == Some(*id))
                    && binds(**since)
            });
            if let Some(((_, pod), _)) = unmarked {
                return fail(format!("{name} may delete, but in its cache pod {} still runs", pod.0));
            }
        } else {
            let since = self.managed.get(id).copied();
            if since.is_none_or(|since| now > since.plus_seconds(EXPECTATIONS_S)) {
                return fail(format!("{name} waits for what it did at {since:?}"));
            }
            if self.is_calm && record.was_current && record.truth == record.pods {
                return fail(format!("{name} waits, and all that it did is in its cache"));
            }
        }
        for sent in &record.sent {
            match &sent.request {
                Request::CreatePod(_) => {
                    self.managed.insert(*id, now);
                    self.removing.remove(id);
                    if !sent.answer.is_ok() {
                        // Perhaps it was created all the same.
                        self.forgot = Some(record.ended);
                        self.unsure.insert(*id);
                    }
                }
                Request::DeletePod(pod, _) => {
                    self.managed.insert(*id, now);
                    self.removing.insert(*id);
                    if sent.answer.is_ok() {
                        self.deleted.insert((*id, *pod), now);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Nothing grows, shrinks and grows again by itself.
    fn follow(&mut self, record: &PassRecord, is_judged: bool) -> Result<(), Finding> {
        let fail = |what| Err(Finding { property: Property::LOsc, what, known: None });
        match &record.seen {
            Seen::Deployment { id, deployment, cached, .. } => {
                if record.end == Ok(Again::Soon) {
                    self.wants_again.insert(*id);
                } else {
                    self.wants_again.remove(id);
                }
                let idle = self.idle.entry(*id).or_default();
                *idle = if record.sent.is_empty() && record.end == Ok(Again::Soon) { *idle + 1 } else { 0 };
                if *idle > IDLE_MAX {
                    let c = deployment.condition("Progressing");
                    let completed = c.is_some_and(|c| c.reason == "NewReplicaSetAvailable");
                    return Err(Finding {
                        property: Property::LQuiet,
                        what: format!("{idle} passes in a row asked for nothing but to be repeated at once"),
                        known: completed.then_some(Exemption::HotLoop),
                    });
                }
                let failures = self.failures.entry(*id).or_default();
                *failures = if record.end.is_err() { *failures + 1 } else { 0 };
                let refused = |sent: &Sent| {
                    matches!(sent.request, Request::UpdateSet(_)) && sent.answer.refusal().is_some()
                };
                if record.end.is_ok() && record.sent.iter().any(refused) {
                    self.forgetful.insert(*id);
                } else {
                    self.forgetful.remove(id);
                }
                for sent in record.sent.iter().filter(|sent| sent.answer.is_ok()) {
                    let Request::UpdateSet(rs) = &sent.request else { continue };
                    let Some((rs_id, old)) = cached.iter().find(|(_, old)| old.meta.uid == rs.meta.uid)
                    else {
                        continue;
                    };
                    if old.spec.replicas == rs.spec.replicas {
                        continue;
                    }
                    let up = rs.spec.replicas > old.spec.replicas;
                    let course = self.courses.entry(*rs_id).or_default();
                    course.turns += u32::from(course.up.is_some_and(|before| before != up));
                    course.up = Some(up);
                    if is_judged && course.turns > 1 {
                        return fail(format!("{} turned {} times", rs.meta.name, course.turns));
                    }
                    self.flow.remove(rs_id);
                }
            }
            Seen::ReplicaSet { id, rs, .. } => {
                let flow = self.flow.entry(*id).or_default();
                for sent in record.sent.iter().filter(|sent| sent.answer.is_ok()) {
                    flow.0 += u32::from(matches!(sent.request, Request::CreatePod(_)));
                    flow.1 += u32::from(matches!(sent.request, Request::DeletePod(..)));
                }
                if is_judged && flow.0 > 0 && flow.1 > 0 {
                    let what = format!("{} made {} pods and removed {}", rs.meta.name, flow.0, flow.1);
                    return fail(what);
                }
            }
        }
        Ok(())
    }
}
