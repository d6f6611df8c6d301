//! One scenario whose trace is pinned: the same scenario and seed give the same bytes on every machine.

use super::simulate::{Moment, Observer, simulate};
use super::{Scenario, Step};
use crate::cluster::{Stuck, UserError};
use crate::oracle::TraceHash;

/// A scenario with delays, a request budget, random start-up and stop times, a change in mid-rollout and lost pods.
pub const PINNED: &str = "\
apiVersion: maxsurge.dev/v1alpha1
kind: Scenario
metadata: {name: pinned}
manifests:
  web.yaml:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 12
      minReadySeconds: 2
      selector: {matchLabels: {app: web}}
      strategy: {rollingUpdate: {maxSurge: 3, maxUnavailable: 25%}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: app, image: 'example.com/web:v1'}]}
steps:
- run: kubectl apply -f web.yaml
- await: complete
- after: 7s
  run: kubectl set image deployment/web app=example.com/web:v2
- await: updated>=6
- run: kubectl scale deployment/web --replicas=15
- after: 3s
  fault: {killPods: 2}
- after: 1s
  run: kubectl set image deployment/web app=example.com/web:v3
- run: kubectl rollout status deployment/web
workload: {readyAfter: 'p50=4s,p95=11s', terminateAfter: 500ms..3s}
# The numbers of the preset may be measured anew; the trace is of these.
cluster: {preset: realistic, requestLatency: 4ms, watchDelay: 5ms, startDelay: 500ms}
";
/// The seed that goes with it.
pub const PINNED_SEED: u64 = 2026;
/// The hash of its trace. It changes when the simulated world changes, and then once, here, on purpose.
pub const PINNED_TRACE_HASH: u64 = 0x2319_532c_d3bc_b7d6;

/// The hash of everything that happens in a scenario.
///
/// # Errors
/// A limit of the simulation was reached.
pub fn trace_hash(scenario: &Scenario, seed: u64) -> Result<u64, Stuck> {
    let mut hash = Hash(TraceHash::default());
    simulate(scenario, seed, &mut hash)?;
    Ok(hash.0.value())
}

struct Hash(TraceHash);

impl Observer for Hash {
    fn step(&mut self, _: &Moment<'_>, _: &Step, _: Result<&str, &UserError>) {}

    fn instant(&mut self, moment: &Moment<'_>) {
        self.0.add(moment.cluster);
    }
}
