//! The Deployment's status: counters, conditions, the deadline.

use std::sync::Arc;

use super::super::Property;
use super::super::reading::limits;
use super::deployment::Model;
use super::{Step, brief};
use crate::api::{Condition, ConditionStatus, Deployment, DeploymentStatus, ReplicaSet, Time, Words};
use crate::cluster::{Again, Request};

const SECOND: i64 = 1_000_000_000;

impl Model<'_, '_> {
    pub(super) fn deadline(&self) -> Option<i64> {
        self.d.spec.progress_deadline_seconds.filter(|s| *s != i32::MAX).map(i64::from)
    }

    pub(super) fn progressing(&self) -> Option<&Condition> {
        self.d.status.conditions.iter().find(|c| c.type_ == "Progressing")
    }

    /// The working copy as it goes over the wire, where times are whole seconds.
    pub(super) fn sendable(&self) -> Deployment {
        let mut d = self.d.clone();
        let cut = |time: Option<Time>| time.map(Time::whole_second);
        d.status.conditions = d
            .status
            .conditions
            .iter()
            .map(|c| Condition {
                last_update_time: cut(c.last_update_time),
                last_transition_time: cut(c.last_transition_time),
                ..c.clone()
            })
            .collect();
        d
    }

    pub(super) fn send_status(&mut self) -> Step<()> {
        let expected = self.sendable();
        self.tape.write(
            Property::SStatus,
            || brief(&Request::UpdateDeploymentStatus(Box::new(expected.clone()))),
            |request| matches!(request, Request::UpdateDeploymentStatus(sent) if **sent == expected),
        )?;
        Ok(())
    }

    pub(super) fn set_condition(
        &mut self,
        type_: &str,
        status: ConditionStatus,
        reason: &str,
        message: &str,
    ) {
        let new = self.condition(type_, status, reason, message);
        put(&mut self.d.status, new);
    }

    /// A condition of this moment.
    fn condition(&self, type_: &str, status: ConditionStatus, reason: &str, message: &str) -> Condition {
        let now = Some(self.now);
        let words = Words { type_: type_.into(), status, reason: reason.into(), message: message.into() };
        Condition { last_update_time: now, last_transition_time: now, words: words.into() }
    }

    pub(super) fn mark_pause(&mut self) -> Step<()> {
        let reason = self.progressing().map(|c| c.reason.clone()).unwrap_or_default();
        if self.deadline().is_none() || reason == "ProgressDeadlineExceeded" {
            return Ok(());
        }
        match (self.seen.spec.paused, reason == "DeploymentPaused") {
            (true, false) => {
                let (status, why) = (ConditionStatus::Unknown, "DeploymentPaused");
                self.set_condition("Progressing", status, why, "Deployment is paused");
            }
            (false, true) => {
                let (status, why) = (ConditionStatus::Unknown, "DeploymentResumed");
                self.set_condition("Progressing", status, why, "Deployment is resumed");
            }
            _ => return Ok(()),
        }
        self.send_status()
    }

    pub(super) fn is_complete(&self, status: &DeploymentStatus) -> bool {
        let counted = [status.updated_replicas, status.replicas, status.available_replicas];
        counted == [self.d.replicas(); 3] && status.observed_generation >= self.seen.meta.generation
    }

    fn count(&self, new: Option<&Arc<ReplicaSet>>) -> DeploymentStatus {
        let all = self.all(new);
        let sum = |of: fn(&ReplicaSet) -> i32| all.clone().map(|rs| i64::from(of(rs))).sum::<i64>() as i32;
        let available = sum(|rs| rs.status.available_replicas);
        let known = all
            .clone()
            .all(|rs| rs.status.terminating_replicas.is_some() || rs.status.observed_generation == 0);
        let mut status = DeploymentStatus {
            observed_generation: self.seen.meta.generation,
            replicas: sum(|rs| rs.status.replicas),
            updated_replicas: new.map_or(0, |rs| rs.status.replicas),
            ready_replicas: sum(|rs| rs.status.ready_replicas),
            available_replicas: available,
            unavailable_replicas: sum(|rs| rs.spec.replicas).wrapping_sub(available).max(0),
            terminating_replicas: known.then(|| sum(|rs| rs.status.terminating_replicas.unwrap_or(0))),
            ..self.d.status.clone()
        };
        let enough = available >= self.d.replicas().wrapping_sub(limits(&self.d).1);
        let (value, reason, message) = if enough {
            (ConditionStatus::True, "MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            let message = "Deployment does not have minimum availability.";
            (ConditionStatus::False, "MinimumReplicasUnavailable", message)
        };
        if !says(&status, "Available", &value, reason) {
            put(&mut status, self.condition("Available", value, reason, message));
        }
        status
    }

    pub(super) fn sync_status(&mut self, new: Option<&Arc<ReplicaSet>>) -> Step<Again> {
        let status = self.count(new);
        if status != self.d.status {
            self.d.status = status;
            self.send_status()?;
        }
        Ok(Again::No)
    }

    pub(super) fn rollout_status(&mut self, new: Option<&Arc<ReplicaSet>>) -> Step<Again> {
        let mut status = self.count(new);
        let current = self.progressing().cloned();
        match self.deadline() {
            None => status.conditions.retain(|c| c.type_ != "Progressing"),
            Some(deadline) => self.judge_progress(&mut status, current.as_ref(), new, deadline),
        }
        let failure =
            |rs: &ReplicaSet| rs.status.conditions.iter().find(|c| c.type_ == "ReplicaFailure").cloned();
        let failing = new.and_then(|new| failure(new)).or_else(|| self.all(new).find_map(|rs| failure(rs)));
        match failing {
            Some(c) => put(&mut status, Condition { last_update_time: c.last_transition_time, ..c }),
            None => status.conditions.retain(|c| c.type_ != "ReplicaFailure"),
        }
        if status != self.d.status {
            self.d.status = status;
            self.send_status()?;
            return Ok(Again::No);
        }
        let (Some(deadline), Some(current)) = (self.deadline(), current) else { return Ok(Again::No) };
        if self.is_complete(&status) || current.reason == "ProgressDeadlineExceeded" {
            return Ok(Again::No);
        }
        let Some(updated) = current.last_update_time else { return Ok(Again::Soon) };
        let left = updated.plus_seconds(deadline).since(self.now);
        Ok(if left < SECOND { Again::Soon } else { Again::After(left + SECOND) })
    }

    fn judge_progress(
        &self,
        status: &mut DeploymentStatus,
        current: Option<&Condition>,
        new: Option<&Arc<ReplicaSet>>,
        deadline: i64,
    ) {
        let finished = current.is_some_and(|c| c.reason == "NewReplicaSetAvailable");
        if finished && status.replicas == status.updated_replicas {
            return;
        }
        let old = &self.d.status;
        let outdated = |s: &DeploymentStatus| s.replicas.wrapping_sub(s.updated_replicas);
        let condition = |value: ConditionStatus, reason: &str, what: &str| {
            let (kind, name) = match new {
                Some(rs) => ("ReplicaSet", &rs.meta.name),
                None => ("Deployment", &self.seen.meta.name),
            };
            self.condition("Progressing", value, reason, &format!("{kind} {:?} {what}", name.as_str()))
        };
        if self.is_complete(status) {
            let what = "has successfully progressed.";
            put(status, condition(ConditionStatus::True, "NewReplicaSetAvailable", what));
        } else if status.updated_replicas > old.updated_replicas
            || outdated(status) < outdated(old)
            || status.ready_replicas > old.ready_replicas
            || status.available_replicas > old.available_replicas
        {
            let mut fresh = condition(ConditionStatus::True, "ReplicaSetUpdated", "is progressing.");
            if let Some(current) = current.filter(|c| c.status == ConditionStatus::True) {
                fresh.last_transition_time = current.last_transition_time;
            }
            status.conditions.retain(|c| c.type_ != "Progressing");
            status.conditions.push(fresh);
        } else if let Some(current) = current {
            let late =
                current.last_update_time.is_none_or(|updated| updated.plus_seconds(deadline) < self.now);
            if !finished && (current.reason == "ProgressDeadlineExceeded" || late) {
                let what = "has timed out progressing.";
                put(status, condition(ConditionStatus::False, "ProgressDeadlineExceeded", what));
            }
        }
    }
}

/// Whether there is a condition that says that.
fn says(status: &DeploymentStatus, type_: &str, value: &ConditionStatus, reason: &str) -> bool {
    let old = status.conditions.iter().find(|c| c.type_ == type_);
    old.is_some_and(|old| old.status == *value && old.reason == reason)
}

/// One that says the same in status and reason stays as it is; else the new one goes to the end.
fn put(status: &mut DeploymentStatus, mut new: Condition) {
    let old = status.conditions.iter().find(|c| c.type_ == new.type_);
    if let Some(old) = old {
        if old.status == new.status && old.reason == new.reason {
            return;
        }
        if old.status == new.status {
            new.last_transition_time = old.last_transition_time;
        }
    }
    status.conditions.retain(|c| c.type_ != new.type_);
    status.conditions.push(new);
}
