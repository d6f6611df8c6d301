//! From a manifest and flags to what is simulated, with the origin of every value.

use maxsurge_core::api::{Deployment, KubernetesVersion, Tolerated};
use maxsurge_core::cluster::nodes::{Capacity, NODE_MONITOR_GRACE_S, NodeConfig, UNREACHABLE};
use maxsurge_core::cluster::{ClusterConfig, RequestBudget};
use maxsurge_core::sim::Distribution;
use maxsurge_core::workload::ReadinessProbe;
use serde_json::Value;

use super::simulate::Setting;
use crate::model::{Assumption, Origin, SituationId};

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
}

/// Nodes of the situations that need some: the loss of one takes a fifth of the pods.
const ASSUMED_NODES: u32 = 5;
const ASSUMED_STARTUP: &str = "p50=8s,p95=25s";
const ASSUMED_STOP: &str = "p50=1s,p95=5s";

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

/// Every value that the figures rest on.
pub fn assumptions(
    setting: &Setting,
    choices: &Choices,
    seeds: u32,
    replicas_given: bool,
    situations: &[SituationId],
) -> Vec<Assumption> {
    let d = &setting.deployment;
    let mut list = Vec::new();
    let mut add = |name: &str, value: String, origin: Origin, source: &str| {
        list.push(Assumption { name: name.into(), value, origin, source: source.into() });
    };
    if replicas_given {
        add("replicas", d.replicas().to_string(), Origin::Flag, "--replicas");
    } else {
        add("replicas", d.replicas().to_string(), Origin::Manifest, "spec.replicas");
    }
    add("new image", setting.to_image.clone(), from(choices.to_image.is_some()), "--to-image");
    match (&choices.startup, &choices.startup_from) {
        (Some((_, text)), Some(file)) => {
            let source = format!("--startup-from {file}: status.startTime to Ready, whole seconds");
            add("application startup", text.clone(), Origin::Flag, &source);
        }
        (Some((_, text)), None) => add("application startup", text.clone(), Origin::Flag, "--startup"),
        (None, _) => add(
            "application startup",
            ASSUMED_STARTUP.replace(',', ", "),
            Origin::Assumed,
            "a guess: set --startup or --startup-from",
        ),
    }
    match setting.probe {
        None if choices.startup_from.is_some() => {
            add("readiness probe", "in the measured startup".into(), Origin::Flag, "--startup-from");
        }
        Some(probe) => add(
            "readiness probe",
            format!(
                "after {} s, every {} s, {} success(es)",
                probe.initial_delay_s, probe.period_s, probe.successes
            ),
            Origin::Manifest,
            "spec.template.spec.containers[].readinessProbe",
        ),
        None => {
            add("readiness probe", "none: ready when started".into(), Origin::Manifest, "no readinessProbe")
        }
    }
    match &choices.stop {
        Some((_, text)) => add("time to stop", text.clone(), Origin::Flag, "--stop"),
        None => add(
            "time to stop",
            ASSUMED_STOP.replace(',', ", "),
            Origin::Assumed,
            "a guess: set --stop (preStop sleep is added, the grace period is the limit)",
        ),
    }
    add(
        "grace period",
        format!("{} s", d.spec.template.grace_s()),
        Origin::Manifest,
        "spec.template.spec.terminationGracePeriodSeconds",
    );
    add(
        "minReadySeconds",
        format!("{} s", d.spec.min_ready_seconds),
        Origin::Manifest,
        "spec.minReadySeconds",
    );
    add(
        "progress deadline",
        d.spec.progress_deadline_seconds.map_or_else(|| "none".into(), |s| format!("{s} s")),
        Origin::Manifest,
        "spec.progressDeadlineSeconds",
    );
    let preset = |flag: bool| if flag { Origin::Flag } else { Origin::Preset };
    add(
        "API request budget",
        setting.config.budget.map_or_else(
            || "none".into(),
            |budget| format!("{}/s, burst {}, each controller", budget.qps, budget.burst),
        ),
        preset(choices.qps.is_some()),
        "kube-controller-manager --kube-api-qps, --kube-api-burst",
    );
    let ms = |ns: i64| format!("{} ms", ns / maxsurge_core::sim::MS);
    add(
        "API request latency",
        ms(setting.config.request_latency_ns),
        Origin::Preset,
        "control plane at rest",
    );
    add("watch delay", ms(setting.config.watch_delay_ns), Origin::Preset, "control plane at rest");
    add(
        "pod creation to container start",
        ms(setting.config.start_delay_ns),
        Origin::Preset,
        "scheduler, kubelet; image present",
    );
    add(
        "controller workers",
        setting.config.workers.to_string(),
        Origin::Preset,
        "--concurrent-deployment-syncs, --concurrent-replicaset-syncs",
    );
    let kind = match &choices.node_capacity {
        Some((_, text)) => text.replace(',', ", "),
        None => format!("pods={}", setting.capacity.pods),
    };
    match choices.nodes {
        Some(n) => add("nodes", format!("{n} of {kind}"), Origin::Flag, "--nodes, --node-capacity"),
        None => add("nodes", "enough room for every pod".into(), Origin::Assumed, "set --nodes for a limit"),
    }
    if situations.contains(&SituationId::NodeLoss) {
        add(
            "nodes when one is lost",
            format!("{} of {kind}; the fullest stops when half the pods are new", setting.nodes),
            if choices.nodes.is_some() { Origin::Flag } else { Origin::Assumed },
            "--nodes; the node does not come back",
        );
        let stay = match d.spec.template.tolerates(UNREACHABLE) {
            Tolerated::Seconds(s) => format!("its pods go {s} s later"),
            Tolerated::Forever => "its pods are never given up".into(),
        };
        add(
            "loss of a node",
            format!("noticed after {NODE_MONITOR_GRACE_S} s, {stay}"),
            Origin::Preset,
            "kube-controller-manager --node-monitor-grace-period, tolerationSeconds",
        );
    }
    if situations.contains(&SituationId::NoSpareNode) {
        let nodes = setting.exact_nodes();
        add(
            "nodes without spare room",
            format!("{}, together for exactly {} pods", nodes.len(), d.replicas()),
            if choices.nodes.is_some() { Origin::Flag } else { Origin::Assumed },
            "--nodes; room for the declared replicas and nothing else",
        );
    }
    add("seeds", seeds.to_string(), Origin::Flag, "--seeds");
    list
}

fn from(flag: bool) -> Origin {
    if flag { Origin::Flag } else { Origin::Assumed }
}
