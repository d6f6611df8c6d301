//! Where cases come from.

use arbitrary::Unstructured;
use maxsurge_core::api::KubernetesVersion;
use maxsurge_core::conformance;
use maxsurge_fuzz::generators::autoscale_case::autoscale_case;
use maxsurge_fuzz::generators::draw::expand;
use maxsurge_fuzz::generators::run_case::run_case;
use maxsurge_fuzz::generators::sync_state::{Subject, sync_case};
use serde_json::Value;

/// What is asked of both sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// One pass of the Deployment controller.
    Deployment,
    /// One pass of the ReplicaSet controller.
    ReplicaSet,
    /// Passes of the HorizontalPodAutoscaler controller in a row.
    Autoscaler,
    /// Whole rollouts.
    Run,
}

impl Source {
    pub(crate) const ALL: [Source; 4] =
        [Source::Deployment, Source::ReplicaSet, Source::Autoscaler, Source::Run];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Source::Deployment => "deployment",
            Source::ReplicaSet => "replicaset",
            Source::Autoscaler => "autoscaler",
            Source::Run => "run",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|source| source.as_str() == name)
    }

    /// Mode of the protocol.
    pub(crate) fn mode(self) -> &'static str {
        match self {
            Source::Deployment | Source::ReplicaSet => "sync",
            Source::Autoscaler => "autoscale",
            Source::Run => "run",
        }
    }

    /// What a case asks for.
    pub(crate) fn of(case: &Value) -> Option<Source> {
        match case.get("controller").and_then(Value::as_str) {
            Some(name) => Source::named(name),
            None => case.get("deployment").is_some().then_some(Source::Run),
        }
    }

    /// The `index`-th case of a seed.
    pub(crate) fn case(self, seed: u64, index: u64) -> Value {
        let id = format!("{}-{seed}-{index}", self.as_str());
        let bytes = expand(seed, index);
        let mut u = Unstructured::new(&bytes);
        match self {
            Source::Deployment => sync_case(&id, Subject::Deployment, &mut u),
            Source::ReplicaSet => sync_case(&id, Subject::ReplicaSet, &mut u),
            Source::Autoscaler => autoscale_case(&id, &mut u),
            Source::Run => run_case(&id, &mut u),
        }
    }

    /// Our verdict on a case, through the entry point of `maxsurge conformance --kubernetes-version`. The autoscaler is
    /// that of the newest version.
    pub(crate) fn ours(self, line: &str, version: KubernetesVersion) -> Value {
        match self {
            Source::Autoscaler => conformance::autoscale(line),
            Source::Run => conformance::run::run_of(line, version),
            _ => serde_json::from_str(&conformance::sync_of(line, version)).expect("a verdict is JSON"),
        }
    }
}
