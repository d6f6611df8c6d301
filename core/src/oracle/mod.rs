//! What must hold of a rollout, whatever happens. Everything here is counted anew from the objects: nothing is
//! taken from a status, and no code is shared with the controllers, so that this folder can be read alone.
//!
//! A property has a code: S for what must never happen, L for what must happen in the end, D for being the same
//! twice. Where the real controllers break a property too, the exemption is a [`Livelock`] with its reason.

mod recount;
mod rest;
mod safety;
mod trace;

use std::fmt;

use crate::api::Time;

pub use recount::{Limits, Recount, SetCount};
pub use rest::{Livelock, Rest, at_rest};
pub use safety::Safety;
pub use trace::TraceHash;

/// A property.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Property {
    /// No controller takes the available pods below `replicas - maxUnavailable`, or lower if they were below.
    SAvail,
    /// No controller raises the sum of the ReplicaSets' sizes above `replicas + maxSurge`, or higher if it was above.
    SSurge,
    /// Under Recreate, the new ReplicaSet does not start while a pod of another one still runs.
    SRecreate,
    /// Every ReplicaSet has the Deployment as its only controller, and every pod that runs has one that exists.
    SOwn,
    /// No size and no counter is negative.
    SRange,
    /// The counters that the world keeps are those that a recount gives.
    SStatus,
    /// No two ReplicaSets have the same revision, and at rest the current one has the highest.
    SRev,
    /// With good images and nobody interfering, the wanted state is reached.
    LConv,
    /// At rest nothing is written.
    LQuiet,
    /// The same input gives the same trace.
    DDet,
}

impl Property {
    /// Its code, as in reports.
    pub fn code(self) -> &'static str {
        match self {
            Property::SAvail => "S-AVAIL",
            Property::SSurge => "S-SURGE",
            Property::SRecreate => "S-RECREATE",
            Property::SOwn => "S-OWN",
            Property::SRange => "S-RANGE",
            Property::SStatus => "S-STATUS",
            Property::SRev => "S-REV",
            Property::LConv => "L-CONV",
            Property::LQuiet => "L-QUIET",
            Property::DDet => "D-DET",
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
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.property.code(), self.at, self.what)
    }
}

impl std::error::Error for Violation {}
