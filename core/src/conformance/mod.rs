//! The conformance protocol: JSON Lines in, verdicts out, the same as the real controllers speak it.

pub mod run;
