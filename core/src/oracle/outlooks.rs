//! What passes over each key would do, remembered while nothing that they go by changes: most passes find nothing to do, and are
//! followed by an instant in which this is asked again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Property;
use super::model::{self, Outlook};
use crate::api::{ReplicaSet, StrategyType, StringMap, Time};
use crate::cluster::pods::{DeploymentId, PodId, PodState, RsId};
use crate::cluster::{Again, PassRecord, Seen};

/// So long before it is due, a pass that asks to be repeated may answer otherwise, ns: in the last second before a deadline it wants
/// to be repeated at once, and what it asks for is a second longer than what is left.
pub(super) const BEFORE_DUE: i64 = 2_000_000_000;

/// The outlooks of all keys.
#[derive(Default, Debug)]
pub(super) struct Outlooks {
    deployments: BTreeMap<DeploymentId, Remembered>,
    replica_sets: BTreeMap<RsId, Remembered>,
}

/// A pass that would do nothing, what it goes by, and when that was.
#[derive(Debug)]
struct Remembered {
    seen: Seen,
    pods: Vec<(PodId, PodState)>,
    again: Again,
    at: Time,
}

impl Outlooks {
    /// What a pass that sees this would do now: as [`model::outlook`] tells it.
    pub(super) fn of(
        &mut self,
        seen: &Seen,
        pods: &[(PodId, PodState)],
        labels: &[StringMap],
        now: Time,
    ) -> Outlook {
        let known = match seen {
            Seen::Deployment { id, .. } => self.deployments.get(id),
            Seen::ReplicaSet { id, .. } => self.replica_sets.get(id),
        };
        if let Some(outlook) = known.and_then(|known| known.outlook(seen, pods, now)) {
            debug_assert_eq!(outlook, model::outlook(seen, pods, labels, now));
            return outlook;
        }
        let outlook = model::outlook(seen, pods, labels, now);
        if let Outlook::Idle(again) = outlook {
            let pods = pods.iter().filter(|(_, pod)| is_gone_by(seen, pod)).copied().collect();
            let known = Remembered { seen: seen.clone(), pods, again, at: now };
            match seen {
                Seen::Deployment { id, .. } => self.deployments.insert(*id, known),
                Seen::ReplicaSet { id, .. } => self.replica_sets.insert(*id, known),
            };
        }
        outlook
    }

    /// Compares a pass with the second computation, as [`model::check`] does.
    pub(super) fn check(
        &mut self,
        record: &PassRecord,
        labels: &[StringMap],
    ) -> Result<(), (Property, String)> {
        if !record.sent.is_empty() {
            return model::check(record, labels);
        }
        match (self.of(&record.seen, &record.pods, labels, record.began), &record.end) {
            (Outlook::Idle(expected), Ok(found)) if expected == *found => Ok(()),
            (Outlook::Fails, Err(_)) => Ok(()),
            // It tells how they differ.
            _ => model::check(record, labels),
        }
    }
}

impl Remembered {
    /// The outlook, if nothing that the pass goes by has changed and nothing is due.
    fn outlook(&self, seen: &Seen, pods: &[(PodId, PodState)], now: Time) -> Option<Outlook> {
        let again = match self.again {
            Again::No => Again::No,
            Again::Soon => return None,
            Again::After(ns) => {
                let left = self.at.plus_nanos(ns).since(now);
                (left > BEFORE_DUE).then_some(Again::After(left))?
            }
        };
        let is_same = match (&self.seen, seen) {
            (
                Seen::Deployment { deployment: a, replica_sets: old, .. },
                Seen::Deployment { deployment: b, replica_sets: new, .. },
            ) => Arc::ptr_eq(a, b) && are_same(old, new),
            (
                Seen::ReplicaSet { rs: a, may_manage: old, .. },
                Seen::ReplicaSet { rs: b, may_manage: new, .. },
            ) => Arc::ptr_eq(a, b) && old == new,
            _ => false,
        };
        let mut pods = pods.iter().filter(|(_, pod)| is_gone_by(seen, pod));
        let is_same =
            is_same && self.pods.iter().all(|pod| pods.next() == Some(pod)) && pods.next().is_none();
        is_same.then_some(Outlook::Idle(again))
    }
}

fn are_same(old: &[Arc<ReplicaSet>], new: &[Arc<ReplicaSet>]) -> bool {
    old.len() == new.len() && old.iter().zip(new).all(|(a, b)| Arc::ptr_eq(a, b))
}

/// Whether a pass goes by that pod while it finds nothing to do: of a Deployment only one with Recreate, of a ReplicaSet by its own
/// and by orphans.
fn is_gone_by(seen: &Seen, pod: &PodState) -> bool {
    match seen {
        Seen::Deployment { deployment, .. } => deployment.spec.strategy.type_ == StrategyType::Recreate,
        Seen::ReplicaSet { id, .. } => pod.owner.is_none_or(|owner| owner == *id),
    }
}
