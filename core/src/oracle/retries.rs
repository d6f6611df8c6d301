//! What fails is tried again, and ever more rarely while nothing changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Finding, Property};
use crate::api::{Str, Time};
use crate::cluster::pods::{DeploymentId, PodList, RsId};
use crate::cluster::{PassRecord, Seen};

/// Retries in a row that may follow no later than the one before.
const SHORT_MAX: u32 = 30;
/// From this time between two on, they need not become rarer, ns: half of the longest that the work queues wait.
const RARE_ENOUGH: i64 = 500_000_000_000;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Key {
    Deployment(DeploymentId),
    ReplicaSet(RsId),
}

/// The last of some passes in a row that failed alike on the same sight.
#[derive(Debug)]
struct Failure {
    seen: Seen,
    pods: PodList,
    shown: (u64, u64),
    error: Str,
    at: Time,
    /// From the one before, ns.
    gap: i64,
    /// How many in a row came no later than the one before.
    short: u32,
}

impl Failure {
    fn is_like(&self, record: &PassRecord) -> bool {
        let same = match (&self.seen, &record.seen) {
            (
                Seen::Deployment { deployment: a, replica_sets: old, .. },
                Seen::Deployment { deployment: b, replica_sets: new, .. },
            ) => {
                Arc::ptr_eq(a, b)
                    && old.len() == new.len()
                    && old.iter().zip(new).all(|(a, b)| Arc::ptr_eq(a, b))
            }
            (
                Seen::ReplicaSet { rs: a, may_manage: old, .. },
                Seen::ReplicaSet { rs: b, may_manage: new, .. },
            ) => Arc::ptr_eq(a, b) && old == new,
            _ => false,
        };
        // An event in between may be what brought the pass about.
        same && self.shown == record.shown
            && self.pods == record.pods
            && record.end.as_ref() == Err(&self.error)
    }
}

/// The failures of all keys.
#[derive(Default, Debug)]
pub(super) struct Retries(BTreeMap<Key, Failure>);

impl Retries {
    /// Judges the next pass.
    pub(super) fn judge(&mut self, record: &PassRecord) -> Result<(), Finding> {
        let key = match &record.seen {
            Seen::Deployment { id, .. } => Key::Deployment(*id),
            Seen::ReplicaSet { id, .. } => Key::ReplicaSet(*id),
        };
        let before = self.0.remove(&key).filter(|before| before.is_like(record));
        let Err(error) = &record.end else { return Ok(()) };
        let (mut gap, mut short) = (0, 0);
        if let Some(before) = before {
            gap = record.began.since(before.at);
            let grows = gap >= before.gap.max(1) / 2 * 3 || gap >= RARE_ENOUGH;
            short = if grows { 0 } else { before.short + 1 };
        }
        if short > SHORT_MAX {
            let what = format!("{short} retries in a row, none much later than the one before: {error}");
            return Err(Finding { property: Property::LQuiet, what, known: None });
        }
        let (seen, pods, error) = (record.seen.clone(), record.pods.clone(), error.clone());
        let failure = Failure { seen, pods, shown: record.shown, error, at: record.began, gap, short };
        self.0.insert(key, failure);
        Ok(())
    }
}
