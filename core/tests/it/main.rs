//! The one test binary of the core.

mod faults;
mod hostile;
mod manifests;
mod nodes;
mod pinned;
mod recorded;
mod timed;
mod upstream;
mod versions;
mod worked_timelines;
