//! The reconcile core of maxsurge: Kubernetes' Deployment and ReplicaSet controllers as pure functions, and a
//! deterministic world in virtual time to run them in.
//!
//! Everything here is a function of its arguments: no clock, no files, no threads, no randomness of the
//! operating system. `ARCHITECTURE.md` at the root of the repository has the map.

pub mod api;
pub mod cluster;
pub mod conformance;
pub mod controller;
pub mod metrics;
pub mod oracle;
pub mod scenario;
pub mod sim;
pub mod workload;
pub mod zoo;
