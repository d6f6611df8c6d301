//! From a manifest and flags to what is simulated.

use maxsurge_core::api::{Deployment, KubernetesVersion};
use maxsurge_core::cluster::nodes::{Capacity, NodeConfig};
use maxsurge_core::cluster::{ClusterConfig, RequestBudget};
use maxsurge_core::sim::Distribution;
use maxsurge_core::workload::ReadinessProbe;
use serde_json::Value;

use super::simulate::Setting;

/// What the user said on the command line; `None` = nothing.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// `--to-image`.
    pub to_image: Option<String>,
    /// `--startup` or `--startup-from`, with the text to show.
    pub startup: Option<(Distribution, String)>,
    /// It was measured on pods: the file. The probe, and what came before it, are in the times.
    pub startup_from: Option<String>,
    /// `--stop`, with the text to show.
    pub stop: Option<(Distribution, String)>,
    /// `--qps`: requests per second, 0 = no limit.
    pub qps: Option<u32>,
    /// `--preset ideal`.
    pub ideal: bool,
    /// `--horizon`, s.
    pub horizon_s: Option<i64>,
    /// `--nodes`.
    pub nodes: Option<u32>,
    /// `--node-capacity`, with the text to show.
    pub node_capacity: Option<(Capacity, String)>,
    /// `--kubernetes-version`.
    pub version: KubernetesVersion,
    /// `--replicas` was given.
    pub replicas: bool,
    /// `--seeds` was given.
    pub seeds: bool,
    /// What the manifest says itself.
    pub written: Written,
}

/// Which fields the manifest says itself; the others are the API server's defaults.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// `spec.replicas`.
    pub replicas: bool,
    /// `spec.minReadySeconds`.
    pub min_ready_seconds: bool,
    /// `spec.progressDeadlineSeconds`.
    pub progress_deadline: bool,
    /// `spec.template.spec.terminationGracePeriodSeconds`.
    pub grace_period: bool,
}

impl Written {
    /// Of a manifest as it was written, before defaults.
    #[must_use]
    pub fn of(manifest: &Value) -> Self {
        let has = |pointer: &str| manifest.pointer(pointer).is_some_and(|value| !value.is_null());
        Written {
            replicas: has("/spec/replicas"),
            min_ready_seconds: has("/spec/minReadySeconds"),
            progress_deadline: has("/spec/progressDeadlineSeconds"),
            grace_period: has("/spec/template/spec/terminationGracePeriodSeconds"),
        }
    }
}

/// Nodes of the situations that need some: the loss of one takes a fifth of the pods.
const ASSUMED_NODES: u32 = 5;
pub(super) const ASSUMED_STARTUP: &str = "p50=8s,p95=25s";
pub(super) const ASSUMED_STOP: &str = "p50=1s,p95=5s";

fn probe_of(container: &Value) -> Option<ReadinessProbe> {
    let probe = container.get("readinessProbe")?;
    let field = |name: &str, default: i64| probe.get(name).and_then(Value::as_i64).unwrap_or(default);
    Some(ReadinessProbe {
        initial_delay_s: field("initialDelaySeconds", 0),
        period_s: field("periodSeconds", 10),
        successes: field("successThreshold", 1),
    })
}

/// Seconds that a preStop hook sleeps, where it says so.
fn pre_stop_s(container: &Value) -> i64 {
    container.pointer("/lifecycle/preStop/sleep/seconds").and_then(Value::as_i64).unwrap_or(0)
}

/// The common setting of all runs.
///
/// # Errors
/// If an assumed text cannot be read, which would be a mistake of this program.
pub fn setting(d: &Deployment, choices: &Choices) -> Result<Setting, String> {
    let distribution = |chosen: &Option<(Distribution, String)>, assumed: &str| match chosen {
        Some((distribution, _)) => Ok(distribution.clone()),
        None => Distribution::parse(assumed).map_err(|error| error.to_string()),
    };
    let mut config = if choices.ideal { ClusterConfig::ideal() } else { ClusterConfig::realistic() };
    config.version = choices.version;
    if let Some(qps) = choices.qps {
        config.budget = (qps > 0).then(|| RequestBudget { qps, burst: qps + qps / 2 });
    }
    let capacity = choices.node_capacity.as_ref().map_or_else(Capacity::default, |(capacity, _)| *capacity);
    if let Some(n) = choices.nodes {
        let replicas = d.replicas().max(0) as u64;
        let fits = u64::from(n) * pods_on(capacity, d);
        if fits < replicas {
            return Err(format!(
                "--nodes: {n} nodes of this capacity take {fits} pods, and there are {replicas} replicas; give more nodes \
                 or a greater --node-capacity"
            ));
        }
        config.nodes = NodeConfig::named(n, capacity);
    }
    let slowest =
        d.spec.template.containers().filter_map(probe_of).max_by_key(|p| (p.initial_delay_s, p.period_s));
    let sleep_s = d.spec.template.containers().map(pre_stop_s).max().unwrap_or(0);
    let stop = match distribution(&choices.stop, ASSUMED_STOP)? {
        stop if sleep_s == 0 => stop,
        stop => stop.later(sleep_s * maxsurge_core::sim::SECOND),
    };
    Ok(Setting {
        deployment: d.clone(),
        to_image: choices.to_image.clone().unwrap_or_else(|| next_image(d.spec.template.image())),
        config,
        startup: distribution(&choices.startup, ASSUMED_STARTUP)?,
        stop,
        probe: slowest.filter(|_| choices.startup_from.is_none()),
        horizon_s: choices.horizon_s.unwrap_or(7200),
        nodes: choices.nodes.unwrap_or(ASSUMED_NODES),
        capacity,
    })
}

/// How many pods of the Deployment an empty node takes.
fn pods_on(capacity: Capacity, d: &Deployment) -> u64 {
    let demand = d.spec.template.demand();
    let share = |limit: Option<i64>, asked: i64| match limit {
        Some(limit) if asked > 0 => (limit / asked).max(0) as u64,
        _ => u64::MAX,
    };
    u64::from(capacity.pods)
        .min(share(capacity.cpu_milli, demand.cpu_milli))
        .min(share(capacity.memory_bytes, demand.memory_bytes))
}

/// A name for the new image that cannot be mistaken for a real one.
fn next_image(image: &str) -> String {
    let name = image.split('@').next().unwrap_or_default();
    let name = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    };
    format!("{name}:next")
}
