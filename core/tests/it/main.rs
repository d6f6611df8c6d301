//! The one test binary of the core.

mod worked_timelines;
