//! The course of a rollout: complete, moving, or stuck.

use super::DeploymentApi;
use super::conditions::{self, PROGRESSING, REPLICA_FAILURE, reason};
use super::sync::Pass;
use crate::api::{Condition, ConditionStatus, DeploymentStatus, ReplicaSet, Str, Time};
use crate::controller::{Requeue, SyncError};
use crate::zoo::{Mutant, active};

const SECOND_NS: i64 = 1_000_000_000;

/// What is told of a rollout that moves.
const MOVING: &str = "is progressing.";

impl<A: DeploymentApi + ?Sized> Pass<'_, '_, A> {
    /// The progress deadline in seconds, if one is in force (`i32::MAX` stands for "never").
    pub(super) fn deadline(&self) -> Option<i32> {
        self.d.spec.progress_deadline_seconds.filter(|deadline| *deadline != i32::MAX)
    }

    /// Marks the beginning and the end of a pause in the Progressing condition. Its fresh time is what makes the deadline
    /// start anew after the pause; a rollout that already timed out stays so.
    pub(super) fn check_paused_condition(&mut self) -> Result<(), SyncError> {
        if self.deadline().is_none() {
            return Ok(());
        }
        let why = self.d.condition(PROGRESSING).map_or("", |c| c.reason.as_str());
        let marked = why == reason::PAUSED;
        let (reason, message) = match self.d.spec.paused {
            _ if why == reason::TIMED_OUT => return Ok(()),
            true if !marked => (reason::PAUSED, "Deployment is paused"),
            false if marked => (reason::RESUMED, "Deployment is resumed"),
            _ => return Ok(()),
        };
        let now = self.now;
        let message = || Str::new_static(message);
        let conditions = &mut self.d.to_mut().status.conditions;
        conditions::set(conditions, PROGRESSING, ConditionStatus::Unknown, reason, now, message);
        Ok(self.send_status()?)
    }

    /// All pods are of the template, all available, none too many, and that is known of the present generation.
    pub(super) fn is_complete(&self, status: &DeploymentStatus) -> bool {
        status.updated_replicas == self.replicas
            && (status.replicas == self.replicas || active(Mutant::CompleteWithOldPods))
            && (status.available_replicas == self.replicas
                || active(Mutant::CompleteWithOldPods) && status.available_replicas >= self.replicas)
            && (self.olds.is_empty() || !active(Mutant::DoneNeedsHeldBackSet))
            && (status.observed_generation >= self.d.meta.generation
                || active(Mutant::DoneForOlderGeneration))
    }

    /// The status at the end of a rollout step, and when to look again (upstream: `syncRolloutStatus`).
    pub(super) fn sync_rollout_status(&mut self, new: Option<&ReplicaSet>) -> Result<Requeue, SyncError> {
        let mut status = self.status(new);
        match self.deadline() {
            None => conditions::remove(&mut status.conditions, PROGRESSING),
            Some(deadline) => self.set_progress(&mut status, new, deadline),
        }
        match self.replica_failure(new) {
            Some(failure) => {
                conditions::replace(&mut status.conditions, failure);
            }
            None => conditions::remove(&mut status.conditions, REPLICA_FAILURE),
        }
        if status == self.d.status {
            return Ok(self.requeue_stuck(&status));
        }
        self.send_last_status(status)?;
        Ok(Requeue::None)
    }

    fn set_progress(&self, status: &mut DeploymentStatus, new: Option<&ReplicaSet>, deadline: i32) {
        let old = &self.d.status;
        let current = conditions::find(&old.conditions, PROGRESSING);
        // Once complete, later changes of the counters (a pod that fails, a resize) are no rollout any more.
        if status.replicas == status.updated_replicas && current.is_some_and(|c| c.reason == reason::COMPLETE)
        {
            return;
        }
        if current.is_some_and(|c| c.reason == reason::TIMED_OUT) && active(Mutant::ExpiredNeverCleared) {
            return;
        }
        let now = self.now;
        let new =
            if active(Mutant::RecreateNilNew) { Some(new.expect("there is a new ReplicaSet")) } else { new };
        let rs = new.map(|rs| rs.meta.name.as_str());
        let name = self.d.meta.name.as_str();
        if self.is_complete(status) {
            let message = || conditions::about(rs, name, "has successfully progressed.");
            let list = &mut status.conditions;
            conditions::set(list, PROGRESSING, ConditionStatus::True, reason::COMPLETE, now, message);
        } else if progresses(old, status) {
            // The words of the last step, if they are of the same ReplicaSet: they are not written anew.
            let same = |c: &&Condition| {
                c.status == ConditionStatus::True
                    && c.reason == reason::UPDATED
                    && conditions::is_about(&c.message, rs, name, MOVING)
            };
            let mut fresh = match current.filter(same) {
                Some(known) => Condition {
                    last_update_time: Some(now),
                    last_transition_time: Some(now),
                    words: known.words.clone(),
                },
                None => {
                    let message = conditions::about(rs, name, MOVING);
                    conditions::fresh(PROGRESSING, ConditionStatus::True, reason::UPDATED, now, message)
                }
            };
            if let Some(current) = current.filter(|c| c.status == ConditionStatus::True) {
                fresh.last_transition_time = current.last_transition_time;
            }
            // Even if it says the same: its fresh update time is what the deadline is counted from.
            conditions::append(&mut status.conditions, fresh);
        } else if timed_out(&status.conditions, deadline, now) {
            let message = || conditions::about(rs, name, "has timed out progressing.");
            let list = &mut status.conditions;
            conditions::set(list, PROGRESSING, ConditionStatus::False, reason::TIMED_OUT, now, message);
        }
    }

    /// The failure to report: that of the new ReplicaSet before any of the old ones, as it is the one that the rollout
    /// waits for.
    fn replica_failure(&self, new: Option<&ReplicaSet>) -> Option<Condition> {
        let mut failing = new.into_iter().chain(self.all(new)).flat_map(|rs| rs.status.conditions.iter());
        failing
            .find(|c| c.type_ == REPLICA_FAILURE)
            .map(|c| Condition { last_update_time: c.last_transition_time, ..c.clone() })
    }

    /// No event may come when the deadline passes, so a rollout that stands still asks to be looked at then. (One that
    /// completed long ago and lost a pod since asks at once, again and again: upstream's hot loop.)
    fn requeue_stuck(&self, status: &DeploymentStatus) -> Requeue {
        let (Some(deadline), Some(current)) =
            (self.deadline(), conditions::find(&self.d.status.conditions, PROGRESSING))
        else {
            return Requeue::None;
        };
        let over = current.reason == reason::TIMED_OUT && !active(Mutant::PastDeadlineBusyLoop);
        if self.is_complete(status) || over || active(Mutant::NoWakeForDeadline) {
            return Requeue::None;
        }
        // Without a time it is as if updated in the year 1.
        requeue_for(current.last_update_time.map_or(i64::MIN, |from| due(from, deadline).since(self.now)))
    }
}

/// When to look again, so many ns before the deadline.
fn requeue_for(left_ns: i64) -> Requeue {
    if left_ns < SECOND_NS {
        return Requeue::RateLimited;
    }
    // One second more than needed: times in objects are cut to seconds, and the test is strict.
    Requeue::After(left_ns.saturating_add(SECOND_NS))
}

/// Whether some counter moved the right way.
fn progresses(old: &DeploymentStatus, new: &DeploymentStatus) -> bool {
    let outdated = |s: &DeploymentStatus| s.replicas.wrapping_sub(s.updated_replicas);
    new.updated_replicas > old.updated_replicas
        || outdated(new) < outdated(old)
        || new.ready_replicas > old.ready_replicas
        || new.available_replicas > old.available_replicas
}

/// Whether the deadline has passed since the condition was last written. A rollout that completed cannot time out.
fn timed_out(conditions: &[Condition], deadline: i32, now: Time) -> bool {
    conditions::find(conditions, PROGRESSING).is_some_and(|c| match c.reason.as_str() {
        reason::COMPLETE if !active(Mutant::ExpiredFromLastSuccess) => false,
        reason::TIMED_OUT => true,
        _ => c.last_update_time.is_none_or(|from| due(from, deadline) < now),
    })
}

fn due(from: Time, deadline: i32) -> Time {
    from.plus_seconds(i64::from(deadline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_is_looked_at_a_second_late() {
        for (left_ns, expected) in [
            (i64::MIN, Requeue::RateLimited),
            (SECOND_NS - 1, Requeue::RateLimited),
            (SECOND_NS, Requeue::After(2 * SECOND_NS)),
            (i64::MAX, Requeue::After(i64::MAX)),
        ] {
            assert_eq!(requeue_for(left_ns), expected, "{left_ns}");
        }
    }

    #[test]
    fn the_deadline_is_strict() {
        let condition = |reason: &'static str| {
            conditions::fresh(PROGRESSING, ConditionStatus::True, reason, Time::EPOCH, Str::default())
        };
        for (reason, after_ns, expected) in [
            (reason::UPDATED, 10 * SECOND_NS, false),
            (reason::UPDATED, 10 * SECOND_NS + 1, true),
            (reason::COMPLETE, 100 * SECOND_NS, false),
            (reason::TIMED_OUT, 0, true),
        ] {
            let now = Time::EPOCH.plus_nanos(after_ns);
            assert_eq!(timed_out(&[condition(reason)], 10, now), expected, "{reason} {after_ns}");
        }
    }

    /// Any one counter is enough (deployment.md §15): `[replicas, updated, ready, available]`, and whether a step from the
    /// first to the second moved something.
    #[test]
    fn counters_that_move() {
        let status =
            |[replicas, updated_replicas, ready_replicas, available_replicas]: [i32; 4]| DeploymentStatus {
                replicas,
                updated_replicas,
                ready_replicas,
                available_replicas,
                ..DeploymentStatus::default()
            };
        let old = [5, 2, 3, 2];
        for (new, expected) in [
            (old, false),
            // More of the template, beside as many others.
            ([6, 3, 3, 2], true),
            // Fewer of other templates.
            ([4, 2, 3, 2], true),
            ([5, 2, 4, 2], true),
            ([5, 2, 3, 3], true),
            // The wrong way, each alone and all together.
            ([4, 1, 3, 2], false),
            ([6, 2, 3, 2], false),
            ([5, 2, 2, 2], false),
            ([5, 2, 3, 1], false),
            ([6, 1, 2, 1], false),
            // One is enough, whatever becomes of the others.
            ([7, 3, 2, 1], true),
            ([3, 1, 2, 1], true),
            ([6, 1, 4, 1], true),
            ([6, 1, 2, 3], true),
        ] {
            assert_eq!(progresses(&status(old), &status(new)), expected, "{old:?} {new:?}");
        }
    }
}
