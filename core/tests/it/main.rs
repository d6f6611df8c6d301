//! The one test binary of the core.
