//! The grid of policies in *virtual* time: what is measured is the rollout and not the simulator.
//!
//! criterion's confidence intervals, baselines and regressions are then about the policy: its samples are seeds. So
//! `cargo bench --bench policies_virtual -- --save-baseline main`, an edit of the setting, and `-- --baseline main` answer
//! whether the new setting is better. `MAXSURGE_STARTUP` (`p50=8s,p95=25s`), `MAXSURGE_PODS` (20) and
//! `MAXSURGE_PRESET` (`ideal` or `realistic`) are the setting. With `MAXSURGE_MANIFEST` (a file) its first Deployment is
//! measured instead of the grid, under the name `manifest`.
#![allow(missing_docs, reason = "criterion's macros write the entry point")]

#[path = "shared/mod.rs"]
mod shared;

use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter};
use criterion::{Criterion, SamplingMode, Throughput};
use maxsurge_benches::policy::{Policy, grid, headline};
use maxsurge_benches::rollout::{Rollout, Virtual};
use maxsurge_core::api::Deployment;
use maxsurge_core::api::manifest::{Diagnostic, Object, ReadOptions, read};
use maxsurge_core::cluster::ClusterConfig;
use maxsurge_core::sim::Distribution;

/// What of a rollout is measured.
#[derive(Clone, Copy)]
struct Figure {
    name: &'static str,
    unit: &'static str,
    of: fn(&Virtual) -> f64,
}

const FIGURES: [Figure; 3] = [
    Figure { name: "virtual complete", unit: "s", of: |run| run.complete_s },
    Figure { name: "virtual unavailable", unit: "pod·s", of: |run| run.deficit_pod_seconds },
    Figure { name: "virtual peak", unit: "pods", of: |run| f64::from(run.peak_pods) },
];

impl Measurement for Figure {
    type Intermediate = ();
    type Value = f64;
    fn start(&self) {}
    fn end(&self, (): ()) -> f64 {
        unreachable!("rollouts are measured by what they report")
    }
    fn add(&self, a: &f64, b: &f64) -> f64 {
        a + b
    }
    fn zero(&self) -> f64 {
        0.0
    }
    fn to_f64(&self, value: &f64) -> f64 {
        // criterion takes nothing at all for a mistake; no missing pod is a good answer.
        value.max(1e-9)
    }
    fn formatter(&self) -> &dyn ValueFormatter {
        self
    }
}

impl ValueFormatter for Figure {
    fn scale_values(&self, _: f64, _: &mut [f64]) -> &'static str {
        self.unit
    }
    fn scale_throughputs(&self, _: f64, _: &Throughput, _: &mut [f64]) -> &'static str {
        self.unit
    }
    fn scale_for_machines(&self, _: &mut [f64]) -> &'static str {
        self.unit
    }
}

fn setting(policy: &Policy) -> Rollout {
    let text = |name: &str| std::env::var(name).ok();
    let pods = text("MAXSURGE_PODS").map_or(20, |n| n.parse().expect("MAXSURGE_PODS is a number of pods"));
    let startup = text("MAXSURGE_STARTUP").unwrap_or_else(|| "p50=8s,p95=25s".into());
    let startup = Distribution::parse(&startup).unwrap_or_else(|error| panic!("MAXSURGE_STARTUP: {error}"));
    let config = match text("MAXSURGE_PRESET").as_deref() {
        None | Some("ideal") => ClusterConfig::ideal(),
        Some("realistic") => ClusterConfig::realistic(),
        Some(other) => panic!("MAXSURGE_PRESET: `{other}` is neither ideal nor realistic"),
    };
    Rollout { startup, config, ..Rollout::ideal(pods, policy.strategy.clone()) }
}

/// The Deployment of the file that `MAXSURGE_MANIFEST` names; ends the program where there is none.
fn manifest() -> Option<Box<Deployment>> {
    let path = std::env::var("MAXSURGE_MANIFEST").ok()?;
    let stop = |why: String| -> ! {
        eprintln!("error: MAXSURGE_MANIFEST: {why}");
        std::process::exit(2)
    };
    let bytes = std::fs::read(&path).unwrap_or_else(|error| stop(format!("{path}: {error}")));
    let read = read(&path, &bytes, &ReadOptions::default());
    if let Some(error) = read.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        let Diagnostic { file, line, column, message, help, .. } = error;
        stop(format!("{file}:{line}:{column}: {message}\n{help}"));
    }
    let found = read.objects.into_iter().find_map(|located| match located.object {
        Object::Deployment(d) => Some(d),
        _ => None,
    });
    found
        .map(|d| Box::new(Deployment::clone(&d)))
        .or_else(|| stop(format!("{path}: there is no Deployment in it")))
}

fn policies() -> Vec<(String, Rollout)> {
    if let Some(d) = manifest() {
        let pods = d.spec.replicas.unwrap_or(1);
        let rollout = Rollout { pods, manifest: Some(d), ..setting(&headline()[0]) };
        return vec![("manifest".into(), rollout)];
    }
    let policies = if shared::is_test() { headline() } else { grid() };
    policies.iter().map(|policy| (policy.name.replace('/', " "), setting(policy))).collect()
}

fn main() {
    let policies = policies();
    for figure in FIGURES {
        let mut c = Criterion::default().with_measurement(figure).configure_from_args();
        let mut group = c.benchmark_group(figure.name);
        // Of equal length each: a sample is the mean of that many seeds.
        group.sampling_mode(SamplingMode::Flat).sample_size(20);
        group.warm_up_time(Duration::from_millis(20)).measurement_time(Duration::from_millis(200));
        for (name, rollout) in &policies {
            let mut seed = 0;
            group.bench_function(name.as_str(), |b| {
                b.iter_custom(|seeds| {
                    let first = seed;
                    seed += seeds;
                    let runs = (first..seed).map(|seed| Rollout { seed, ..rollout.clone() }.observe());
                    runs.map(|run| (figure.of)(&run)).sum()
                });
            });
        }
        group.finish();
        c.final_summary();
    }
}
