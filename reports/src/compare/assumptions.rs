//! What the figures rest on: each value, where it comes from, and its source.

use maxsurge_core::api::Tolerated;
use maxsurge_core::cluster::nodes::{NODE_MONITOR_GRACE_S, UNREACHABLE};

use super::setting::{ASSUMED_STARTUP, ASSUMED_STOP, Choices};
use super::simulate::Setting;
use crate::model::{Assumption, Origin, SituationId};

/// Every value that the figures rest on.
pub fn assumptions(
    setting: &Setting,
    choices: &Choices,
    seeds: u32,
    situations: &[SituationId],
) -> Vec<Assumption> {
    let d = &setting.deployment;
    let mut list = Vec::new();
    let mut add = |name: &str, value: String, origin: Origin, source: &str| {
        list.push(Assumption { name: name.into(), value, origin, source: source.into() });
    };
    let manifest = |written: bool| if written { Origin::Manifest } else { Origin::Default };
    if choices.replicas {
        add("replicas", d.replicas().to_string(), Origin::Flag, "--replicas");
    } else {
        add("replicas", d.replicas().to_string(), manifest(choices.written.replicas), "spec.replicas");
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
        manifest(choices.written.grace_period),
        "spec.template.spec.terminationGracePeriodSeconds",
    );
    add(
        "minReadySeconds",
        format!("{} s", d.spec.min_ready_seconds),
        manifest(choices.written.min_ready_seconds),
        "spec.minReadySeconds",
    );
    add(
        "progress deadline",
        d.spec.progress_deadline_seconds.map_or_else(|| "none".into(), |s| format!("{s} s")),
        manifest(choices.written.progress_deadline),
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
        "with the other: median of 45 recorded on a real control plane",
    );
    add(
        "watch delay",
        ms(setting.config.watch_delay_ns),
        Origin::Preset,
        "with the other: median of 45 recorded on a real control plane",
    );
    add(
        "pod creation to container start",
        ms(setting.config.start_delay_ns),
        Origin::Preset,
        "median of Kubernetes' scalability tests, 100 nodes, image present",
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
    add("seeds", seeds.to_string(), if choices.seeds { Origin::Flag } else { Origin::Default }, "--seeds");
    list
}

fn from(flag: bool) -> Origin {
    if flag { Origin::Flag } else { Origin::Assumed }
}
