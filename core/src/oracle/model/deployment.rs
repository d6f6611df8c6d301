//! The order of a Deployment's pass, its ReplicaSet of the template, and the history.

use std::sync::Arc;

use super::super::Property;
use super::super::reading::{is_resize, limits, revision, same_template, selects};
use super::{Step, Stop, Tape};
use crate::api::{
    ConditionStatus, Deployment, Identity, KubernetesVersion, LabelSelector, ObjectMeta, OwnerReference,
    ReplicaSet, ReplicaSetSpec, StrategyType, StringMap, Time, annotation,
};
use crate::cluster::pods::{PodId, PodState, RsId};
use crate::cluster::{Again, Refusal, Request};

/// Keys that describe one object alone and are not copied between a Deployment and its ReplicaSets.
const OWN: [&str; 6] = [
    annotation::LAST_APPLIED,
    annotation::REVISION,
    annotation::REVISION_HISTORY,
    annotation::DESIRED_REPLICAS,
    annotation::MAX_REPLICAS,
    annotation::ROLLBACK_TO,
];

pub(super) struct Model<'a, 't> {
    pub(super) tape: &'t mut Tape<'a>,
    pub(super) now: Time,
    /// As it was in the cache.
    pub(super) seen: &'t Deployment,
    /// The working copy.
    pub(super) d: Deployment,
    cached: &'t [(RsId, Arc<ReplicaSet>)],
    pub(super) pods: &'t [(PodId, PodState)],
    pub(super) olds: Vec<Arc<ReplicaSet>>,
    existing: Option<Arc<ReplicaSet>>,
}

pub(super) fn pass<'a, 't>(
    seen: &'t Deployment,
    candidates: &'t [Arc<ReplicaSet>],
    cached: &'t [(RsId, Arc<ReplicaSet>)],
    pods: &'t [(PodId, PodState)],
    now: Time,
    tape: &'t mut Tape<'a>,
) -> Step<Again> {
    let mut model =
        Model { tape, now, seen, d: seen.clone(), cached, pods, olds: Vec::new(), existing: None };
    model.run(candidates)
}

fn born(rs: &ReplicaSet) -> (Option<Time>, &str) {
    (rs.meta.creation_timestamp, &rs.meta.name)
}

impl Model<'_, '_> {
    fn run(&mut self, candidates: &[Arc<ReplicaSet>]) -> Step<Again> {
        let selector = self.seen.spec.selector.as_deref();
        if selector.is_some_and(|s| s.match_labels.is_none() && s.match_expressions.is_none()) {
            if self.d.status.observed_generation < self.d.meta.generation {
                self.d.status.observed_generation = self.d.meta.generation;
                forgiven(self.send_status())?;
            }
            return Ok(Again::No);
        }
        let mut claimed = self.claim(candidates)?;
        claimed.sort_by(|a, b| born(a).cmp(&born(b)));
        let template = &self.seen.spec.template;
        self.existing = claimed.iter().find(|rs| same_template(&rs.spec.template, template)).cloned();
        let new_uid = self.existing.as_ref().map(|rs| rs.meta.uid.clone());
        self.olds = claimed.into_iter().filter(|rs| Some(&rs.meta.uid) != new_uid.as_ref()).collect();

        if self.seen.meta.deletion_timestamp.is_some() {
            let new = self.sync_new(false)?;
            return self.sync_status(new.as_ref());
        }
        self.mark_pause()?;
        let rollback = self.rollback_to();
        if !self.seen.spec.paused
            && let Some(to) = rollback
        {
            return self.roll_back(to);
        }
        if !self.seen.spec.paused {
            let new = self.sync_new(false)?;
            if !is_resize(&self.d, self.all(new.as_ref()).map(|rs| &**rs)) {
                return match self.seen.spec.strategy.type_ {
                    StrategyType::RollingUpdate => self.rolling(),
                    StrategyType::Recreate => self.recreate(),
                    StrategyType::Other(_) => Err(Stop::Failed),
                };
            }
        }
        let new = self.sync_new(false)?;
        self.scale(new.as_ref())?;
        if self.seen.spec.paused && rollback.is_none() {
            self.prune(true)?;
        }
        self.sync_status(new.as_ref())
    }

    /// Old ReplicaSets by creation, then the new one.
    pub(super) fn all<'s>(
        &'s self,
        new: Option<&'s Arc<ReplicaSet>>,
    ) -> impl Iterator<Item = &'s Arc<ReplicaSet>> + Clone {
        self.olds.iter().chain(new)
    }

    fn claim(&mut self, candidates: &[Arc<ReplicaSet>]) -> Step<Vec<Arc<ReplicaSet>>> {
        let d = &self.seen.meta;
        let (mut mine, mut failed, mut may_adopt) = (Vec::new(), false, None);
        for rs in candidates {
            let fits = selects(self.seen.spec.selector.as_deref(), &rs.meta.labels);
            let owner = rs.meta.owner_references.iter().find(|owner| owner.controller == Some(true));
            let name = &rs.meta.name;
            match owner {
                Some(owner) if owner.uid != d.uid => {}
                Some(_) if fits => mine.push(rs.clone()),
                Some(_) => {
                    if d.deletion_timestamp.is_some() {
                        continue;
                    }
                    let answer = self.tape.next(Property::SOwn, || format!("releasing {name}"), |request| {
                        matches!(request, Request::ReleaseSet(r, uid) if r.meta.uid == rs.meta.uid && *uid == d.uid)
                    })?;
                    let gone = [Refusal::NotFound, Refusal::Invalid];
                    failed |= answer.refusal().is_some_and(|(why, _)| !gone.contains(&why));
                }
                None if !fits || d.deletion_timestamp.is_some() || rs.meta.deletion_timestamp.is_some() => {}
                None => {
                    if may_adopt.is_none() {
                        let wanted = || "a live read of the Deployment before adopting".to_owned();
                        let is_read = |r: &Request| matches!(r, Request::GetDeployment);
                        let live = self.tape.next(Property::SOwn, wanted, is_read)?;
                        may_adopt = Some(live.owner().is_some_and(|(uid, dying)| *uid == d.uid && !dying));
                    }
                    if may_adopt == Some(false) {
                        failed = true;
                        continue;
                    }
                    let reference = self.reference();
                    let answer = self.tape.next(Property::SOwn, || format!("adopting {name}"), |request| {
                        matches!(request, Request::AdoptSet(r, o) if r.meta.uid == rs.meta.uid && *o == reference)
                    })?;
                    match answer.refusal() {
                        None => mine.push(rs.clone()),
                        Some((Refusal::NotFound, _)) => {}
                        Some(_) => failed = true,
                    }
                }
            }
        }
        if failed { Err(Stop::Failed) } else { Ok(mine) }
    }

    fn reference(&self) -> OwnerReference {
        OwnerReference {
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            name: self.seen.meta.name.clone(),
            uid: self.seen.meta.uid.clone(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        }
    }

    fn new_revision(&self) -> i64 {
        let known = self.olds.iter().filter_map(|rs| revision(&rs.meta.annotations));
        known.max().unwrap_or(0).max(0).wrapping_add(1)
    }

    /// Copies annotations and raises the revision; `true` = they are to be written.
    fn annotate(&self, onto: &mut StringMap) -> bool {
        let mut changed = false;
        for (key, value) in self.d.meta.annotations.iter().filter(|(key, _)| !OWN.contains(&key.as_str())) {
            changed |= onto.get(key) != Some(value);
            onto.insert(key.clone(), value.clone());
        }
        let had = onto.get(annotation::REVISION).cloned();
        let number = match had.as_deref() {
            None | Some("") => 0,
            Some(text) => match text.parse::<i64>() {
                Ok(number) => number,
                Err(_) => return false,
            },
        };
        let new = self.new_revision();
        if number < new {
            onto.insert(annotation::REVISION, new.to_string());
            if let Some(had) = had {
                self.remember(onto, &had);
            }
            changed = true;
        }
        changed
    }

    fn remember(&self, onto: &mut StringMap, had: &str) {
        let history = onto.get(annotation::REVISION_HISTORY).cloned().unwrap_or_default();
        let mut entries: Vec<&str> = history.split(',').collect();
        if entries[0].is_empty() {
            onto.insert(annotation::REVISION_HISTORY, had);
            return;
        }
        let mut length = history.len() + 1 + had.len();
        while length > 2000 && !entries.is_empty() {
            length -= entries.remove(0).len() + 1;
        }
        if length <= 2000 {
            entries.push(had);
            onto.insert(annotation::REVISION_HISTORY, entries.join(","));
        }
    }

    /// The ReplicaSet of the template, brought up to date; created if there is none and `create`.
    pub(super) fn sync_new(&mut self, create: bool) -> Step<Option<Arc<ReplicaSet>>> {
        let Some(existing) = self.existing.clone() else {
            return if create { self.create_new().map(Some) } else { Ok(None) };
        };
        let mut copy = (*existing).clone();
        let changed = self.annotate(&mut copy.meta.annotations);
        if changed || copy.spec.min_ready_seconds != self.d.spec.min_ready_seconds {
            copy.spec.min_ready_seconds = self.d.spec.min_ready_seconds;
            return self.write_set(Property::SRev, &copy).map(Some);
        }
        let revision = copy.meta.annotations.get(annotation::REVISION).cloned().unwrap_or_default();
        let shown = self.d.meta.annotations.get(annotation::REVISION).cloned().unwrap_or_default();
        let mut write = shown != revision;
        if write {
            self.d.meta.annotations.insert(annotation::REVISION, revision);
        }
        if self.deadline().is_some() && self.progressing().is_none() {
            let message = format!("Found new replica set {:?}", copy.meta.name.as_str());
            self.set_condition("Progressing", ConditionStatus::True, "FoundNewReplicaSet", &message);
            write = true;
        }
        if write {
            self.send_status()?;
        }
        Ok(Some(Arc::new(copy)))
    }

    fn create_new(&mut self) -> Step<Arc<ReplicaSet>> {
        let d = &self.d;
        let hash = d.spec.template.stable_hash(d.status.collision_count, KubernetesVersion::V1_37);
        let template = d.spec.template.with_hash(&hash);
        let mut name = d.meta.name.to_string();
        name.truncate(253 - 1 - hash.len());
        let name = format!("{name}-{hash}");
        let mut annotations = StringMap::new();
        self.annotate(&mut annotations);
        annotations.insert(annotation::DESIRED_REPLICAS, d.replicas().to_string());
        annotations.insert(annotation::MAX_REPLICAS, d.replicas().wrapping_add(limits(d).0).to_string());
        let mut selector = d.spec.selector.as_deref().cloned().unwrap_or_default();
        selector.match_labels.get_or_insert_default().insert(crate::api::POD_TEMPLATE_HASH, hash);
        let size = self.room_for(0, &self.olds)?;
        let rs = ReplicaSet {
            meta: ObjectMeta {
                annotations,
                identity: Identity {
                    name: name.as_str().into(),
                    namespace: d.meta.namespace.clone(),
                    labels: template.labels.clone(),
                    owner_references: vec![self.reference()].into(),
                    ..Identity::default()
                }
                .into(),
                ..ObjectMeta::default()
            },
            spec: ReplicaSetSpec {
                replicas: size,
                min_ready_seconds: d.spec.min_ready_seconds,
                selector: Some(Arc::<LabelSelector>::new(selector)),
                template,
            },
            status: Default::default(),
        };
        let answer = self.tape.next(
            Property::Model,
            || super::brief(&Request::CreateSet(Box::new(rs.clone()))),
            |request| matches!(request, Request::CreateSet(sent) if **sent == rs),
        )?;
        let (created, existed) = match answer.refusal() {
            None => (answer.stored().cloned().expect("a creation answers what is stored"), false),
            Some((Refusal::AlreadyExists, _)) => {
                let found = self.cached.iter().rev().find(|(_, other)| other.meta.name == name);
                let Some((_, found)) = found else { return Err(Stop::Failed) };
                let uid = found.meta.owner_references.iter().find(|o| o.controller == Some(true));
                let ours = uid.is_some_and(|owner| owner.uid == self.seen.meta.uid);
                if !(ours && same_template(&found.spec.template, &self.d.spec.template)) {
                    let count = self.d.status.collision_count.map_or(0, |count| count).wrapping_add(1);
                    self.d.status.collision_count = Some(count);
                    forgiven(self.send_status())?;
                    return Err(Stop::Failed);
                }
                (found.clone(), true)
            }
            Some((Refusal::NamespaceTerminating, _)) => return Err(Stop::Failed),
            Some((_, text)) => {
                if self.deadline().is_some() {
                    let message = format!("Failed to create new replica set {name:?}: {text}");
                    self.set_condition(
                        "Progressing",
                        ConditionStatus::False,
                        "ReplicaSetCreateError",
                        &message,
                    );
                    forgiven(self.send_status())?;
                }
                return Err(Stop::Failed);
            }
        };
        let revision = self.new_revision().to_string();
        let shown = self.d.meta.annotations.get(annotation::REVISION).map_or("", |text| text.as_str());
        let mut write = shown != revision;
        self.d.meta.annotations.insert(annotation::REVISION, revision);
        if !existed && self.deadline().is_some() {
            let message = format!("Created new replica set {:?}", created.meta.name.as_str());
            self.set_condition("Progressing", ConditionStatus::True, "NewReplicaSetCreated", &message);
            write = true;
        }
        if write {
            self.send_status()?;
        }
        Ok(created)
    }

    pub(super) fn write_set(&mut self, property: Property, rs: &ReplicaSet) -> Step<Arc<ReplicaSet>> {
        let answer = self.tape.write(
            property,
            || super::brief(&Request::UpdateSet(Box::new(rs.clone()))),
            |request| matches!(request, Request::UpdateSet(sent) if **sent == *rs),
        )?;
        Ok(answer.stored().cloned().expect("an update answers what is stored"))
    }

    fn rollback_to(&self) -> Option<i64> {
        self.d.meta.annotations.get(annotation::ROLLBACK_TO)?.parse().ok()
    }

    fn roll_back(&mut self, to: i64) -> Step<Again> {
        let new = self.sync_new(true)?;
        let all: Vec<_> = self.all(new.as_ref()).cloned().collect();
        let mut target = to;
        if target == 0 {
            let (mut max, mut second) = (0, 0);
            for revision in all.iter().filter_map(|rs| revision(&rs.meta.annotations)) {
                if revision >= max {
                    (second, max) = (max, revision);
                } else if revision > second {
                    second = revision;
                }
            }
            target = second;
        }
        let has_target = |rs: &&Arc<ReplicaSet>| revision(&rs.meta.annotations) == Some(target);
        // Asked for the one before, and there is none.
        let found = if target == 0 { None } else { all.iter().find(has_target) };
        if let Some(rs) = found
            && !same_template(&rs.spec.template, &self.d.spec.template)
        {
            self.d.spec.template = rs.spec.template.without_hash();
            let own = self.d.meta.annotations.iter().filter(|(key, _)| OWN.contains(&key.as_str()));
            let theirs = rs.meta.annotations.iter().filter(|(key, _)| !OWN.contains(&key.as_str()));
            self.d.meta.annotations =
                own.chain(theirs).map(|(key, value)| (key.clone(), value.clone())).collect();
        }
        self.d.meta.annotations.remove(annotation::ROLLBACK_TO);
        let expected = self.sendable();
        self.tape.write(
            Property::MMeta,
            || super::brief(&Request::UpdateDeployment(Box::new(expected.clone()))),
            |request| matches!(request, Request::UpdateDeployment(sent) if **sent == expected),
        )?;
        Ok(Again::No)
    }

    pub(super) fn prune(&mut self, newest_first: bool) -> Step<()> {
        let Some(limit) = self.d.spec.revision_history_limit.filter(|limit| *limit != i32::MAX) else {
            return Ok(());
        };
        let mut kept: Vec<Arc<ReplicaSet>> =
            self.olds.iter().filter(|rs| rs.meta.deletion_timestamp.is_none()).cloned().collect();
        let excess = kept.len() as i64 - i64::from(limit);
        if newest_first {
            kept.reverse();
        }
        let before = |a: &ReplicaSet, b: &ReplicaSet| match (
            revision(&a.meta.annotations),
            revision(&b.meta.annotations),
        ) {
            (Some(a), Some(b)) if a != b => a < b,
            _ => born(a) < born(b),
        };
        for i in 1..kept.len() {
            let mut at = i;
            while at > 0 && before(&kept[at], &kept[at - 1]) {
                kept.swap(at, at - 1);
                at -= 1;
            }
        }
        let excess = excess.max(0) as usize;
        // Unreadable revisions make the order turn in circles. Up to twelve are sorted as above all the same; which of more
        // come first hangs on the inside of Go's sort, so any of them will do.
        let readable = |rs: &Arc<ReplicaSet>| revision(&rs.meta.annotations).is_some();
        if kept.len() > 12 && !kept.iter().all(readable) && self.tape.sent.is_some() {
            let mut chosen = Vec::new();
            while let Some(Request::DeleteSet(next)) = self.tape.peek(chosen.len()) {
                chosen.push(next.meta.uid.clone());
            }
            let place = |rs: &Arc<ReplicaSet>| chosen.iter().position(|uid| *uid == rs.meta.uid);
            kept.sort_by_key(|rs| place(rs).unwrap_or(usize::MAX));
            kept.truncate(chosen.len().min(excess));
        }
        for rs in kept.iter().take(excess) {
            let seen = rs.status.observed_generation >= rs.meta.generation;
            if rs.status.replicas != 0 || rs.spec.replicas != 0 || !seen {
                continue;
            }
            let answer = self.tape.next(
                Property::SHist,
                || format!("deleting {}", rs.meta.name),
                |request| matches!(request, Request::DeleteSet(sent) if sent.meta.uid == rs.meta.uid),
            )?;
            if answer.refusal().is_some_and(|(why, _)| why != Refusal::NotFound) {
                return Err(Stop::Failed);
            }
        }
        Ok(())
    }
}

impl Model<'_, '_> {
    /// Uid of a ReplicaSet in the cache; empty if there is none.
    pub(super) fn uid_of(&self, id: RsId) -> &str {
        self.cached.iter().find(|(known, _)| *known == id).map_or("", |(_, rs)| rs.meta.uid.as_str())
    }
}

/// A refusal that the pass does not care about.
pub(super) fn forgiven(step: Step<()>) -> Step<()> {
    match step {
        Err(Stop::Failed) => Ok(()),
        other => other,
    }
}
