//! Virtual time: the event queue, random numbers and distributions. Knows nothing of Kubernetes.

mod distribution;
mod queue;
mod rng;

pub(crate) use distribution::parse_duration;
pub use distribution::{Distribution, DistributionError};
pub use queue::Queue;
pub use rng::Rng;

/// Nanoseconds in a millisecond.
pub const MS: i64 = 1_000_000;
/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;
