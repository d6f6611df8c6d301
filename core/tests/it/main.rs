//! The one test binary of the core.

mod timed;
mod worked_timelines;
