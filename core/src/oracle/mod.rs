//! What must hold of a rollout, whatever happens. Everything here is counted anew from the objects: nothing is
//! taken from a status, and no code is shared with the controllers, so that this folder can be read alone.
//!
//! A property has a code: S for what must never happen, L for what must happen in the end, D for being the same
//! twice, P for not falling over, M for relations between runs. Where the real controllers break a property too, the
//! exemption is an [`Exemption`] with its reason.

mod caches;
mod course;
mod exemption;
mod model;
mod outlooks;
mod pass;
mod reading;
mod recount;
mod rest;
mod retries;
mod safety;
mod trace;
mod wake;

use std::fmt;

use crate::api::{StringMap, Time};
use crate::cluster::PassRecord;

pub use course::Oracle;
pub use exemption::Exemption;
pub use recount::{Limits, Recount, SetCount};
pub use rest::{Rest, at_rest};
pub use safety::Safety;
pub use trace::TraceHash;

/// A property. The sources are those of `bug-zoo`: bugs of the past that broke it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Property {
    /// No pass takes the available pods below `replicas - maxUnavailable`, or lower if they were below; a ReplicaSet
    /// deletes no more than its surplus. (kubernetes/kubernetes#21922, #26834)
    SAvail,
    /// No pass raises the sum of the ReplicaSets' sizes above `replicas + maxSurge`, or higher if it was above; a
    /// ReplicaSet creates no more than it lacks. (kubernetes/kubernetes#21810, #22719)
    SSurge,
    /// Under Recreate, the new ReplicaSet does not start while a pod of another one still runs.
    /// (kubernetes/kubernetes#27362)
    SRecreate,
    /// One owner per child; nobody writes or deletes what is not its own, and nobody adopts while it is being deleted.
    /// (kubernetes/kubernetes#24152, #42639)
    SOwn,
    /// Victims: never a pod while a worse one stays; every pod that runs has a ReplicaSet that exists, or was given up.
    /// (kubernetes/kubernetes#3948)
    SLost,
    /// No two ReplicaSets have the same revision, revisions never fall, and at rest the current one has the highest.
    /// (kubernetes/kubernetes#49355, #22326)
    SRev,
    /// Of the idle ReplicaSets the last `revisionHistoryLimit` revisions are kept, and no others at rest; none with pods
    /// is deleted, nor the current one. (kubernetes/kubernetes#40068, #82570)
    SHist,
    /// Counters equal a recount, conditions and `observedGeneration` tell the truth, and so does `rollout status`.
    /// (kubernetes/kubernetes#40207, #103450)
    SStatus,
    /// No size and no counter is negative. (kubernetes/kubernetes#39741)
    SRange,
    /// A ReplicaSet creates and deletes only when its own earlier creations and deletions are in its cache, or five
    /// minutes have passed; when all are in, it does not wait. (kubernetes/kubernetes#8138, #67662)
    SExpect,
    /// With good images and nobody interfering, the wanted state is reached. (kubernetes/kubernetes#18530, #102551)
    LConv,
    /// At rest nothing is written, and retries are spaced. (kubernetes/kubernetes#30626)
    LQuiet,
    /// While nobody interferes, nothing grows, shrinks and grows again. (kubernetes/kubernetes#24152)
    LOsc,
    /// Whenever time or an event would change the decision, a wake-up is pending no later than that.
    /// (kubernetes/kubernetes#41641, #32829)
    LWake,
    /// The same input gives the same trace, in whatever order lists come; what a pass sees is left as it was.
    /// (kubernetes/kubernetes#40415, #29960)
    DDet,
    /// No panic, overflow or division by zero. (kubernetes/kubernetes#36488, #128535)
    PPanic,
    /// Relations between runs: undo restores, a change of size alone makes no revision, a pause holds rollouts back, …
    /// (kubernetes/kubernetes#23087, #61639)
    MMeta,
    /// A pass asks for what a second, plain computation of the same numbers asks for.
    Model,
}

impl Property {
    /// Its code, as in reports.
    pub fn code(self) -> &'static str {
        match self {
            Property::SAvail => "S-AVAIL",
            Property::SSurge => "S-SURGE",
            Property::SRecreate => "S-RECREATE",
            Property::SOwn => "S-OWN",
            Property::SLost => "S-LOST",
            Property::SRev => "S-REV",
            Property::SHist => "S-HIST",
            Property::SStatus => "S-STATUS",
            Property::SRange => "S-RANGE",
            Property::SExpect => "S-EXPECT",
            Property::LConv => "L-CONV",
            Property::LQuiet => "L-QUIET",
            Property::LOsc => "L-OSC",
            Property::LWake => "L-WAKE",
            Property::DDet => "D-DET",
            Property::PPanic => "P-PANIC",
            Property::MMeta => "M-META",
            Property::Model => "MODEL",
        }
    }
}

/// A property that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Which.
    pub property: Property,
    /// When it was seen.
    pub at: Time,
    /// What was counted.
    pub what: String,
    /// The known way in which Kubernetes does the same; such violations are only told by a strict oracle.
    pub known: Option<Exemption>,
}

/// Judges one pass that took no time by itself: what it asked for, on what it saw, and whether a second computation asks
/// for the same. `labels` are the label sets to which the pods' [`crate::cluster::pods::LabelsId`] point.
pub fn judge_pass(record: &PassRecord, labels: &[StringMap]) -> Result<(), Violation> {
    let tell = |Finding { property, what, known }| Violation { property, at: record.began, what, known };
    pass::judge(record).map_err(tell)?;
    let computed = model::check(record, labels);
    computed.map_err(|(property, what)| tell(Finding { property, what, known: None }))
}

/// A violation before anybody knows when it was.
pub(crate) struct Finding {
    property: Property,
    what: String,
    known: Option<Exemption>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.property.code(), self.at, self.what)
    }
}

impl std::error::Error for Violation {}
