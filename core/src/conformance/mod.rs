//! This project's half of the conformance protocol: cases in, verdicts out, one JSON object a line; and the comparison of
//! two verdicts. The other speaker is built from the real Kubernetes controllers (`scripts/upstream`).

mod autoscale;
mod autoscale_case;
mod case;
pub mod compare;
pub mod run;
mod run_fault;
#[cfg(test)]
mod run_tests;
mod sync;
#[cfg(test)]
mod tests;
mod verdict;

pub use self::autoscale::{autoscale, played};
pub use self::autoscale_case::{AutoscaleCase, AutoscaleTick};
pub use self::compare::{Difference, same};
pub use self::run_fault::LOST_MS_MIN;
pub use self::sync::{Prepared, sync, sync_of};
