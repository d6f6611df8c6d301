//! A HorizontalPodAutoscaler that moves the Deployment: one pass of the controller over what the world holds.

use std::sync::LazyLock;

use maxsurge_core::api::{HorizontalPodAutoscaler, Quantity};
use maxsurge_core::cluster::pods::DeploymentId;
use maxsurge_core::cluster::{Cluster, UserAction};
use maxsurge_core::controller::autoscaler::{
    AutoscalerConfig, AutoscalerView, ExternalMetric, Memory, Metrics, Scale, selector_text,
};
use maxsurge_core::controller::decide::{AutoscalerAnswers, decide_autoscaler};
use serde_json::json;

/// Most pods that it asks for.
const PODS_MAX: i32 = 15;

/// One to [`PODS_MAX`] pods, each worth 10 of an external metric.
static AUTOSCALER: LazyLock<HorizontalPodAutoscaler> = LazyLock::new(|| {
    let value = json!({
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 1,
            "maxReplicas": PODS_MAX,
            "metrics": [{
                "type": "External",
                "external": {"metric": {"name": "load"}, "target": {"type": "AverageValue", "averageValue": "10"}},
            }],
        },
    });
    HorizontalPodAutoscaler::from_value(&value).expect("it is well-formed")
});

/// What the autoscaler does at that load, a number of which it wants 10 a pod. It remembers nothing of the passes before, and
/// does not wait before it shrinks; what windows and policies hold back is judged in [`crate::autoscaler`]. Its averages are taken
/// over `status.replicas`, which in a rollout counts old pods and surge, too, and may be late.
pub(crate) fn move_to(cluster: &mut Cluster, id: DeploymentId, load: u8) {
    let Some(d) = cluster.store.deployment(id) else { return };
    let scale = Scale {
        spec_replicas: d.spec.replicas.unwrap_or(1),
        status_replicas: d.status.replicas,
        selector: selector_text(d.spec.selector.as_deref()).unwrap_or_default(),
    };
    let load = ExternalMetric {
        name: "load".into(),
        selector: "".into(),
        values: Ok(vec![Quantity::parse(&load.to_string()).expect("a number")]),
    };
    let metrics = Metrics { external: vec![load], ..Metrics::default() };
    let view = AutoscalerView {
        hpa: &AUTOSCALER,
        pods: &[],
        metrics: &metrics,
        others: &[],
        config: &AutoscalerConfig { downscale_stabilization_s: 0, ..AutoscalerConfig::default() },
    };
    let answers = AutoscalerAnswers::accepting(scale);
    // It has looked before: the size that it meets first is a recommendation, too, and it would not shrink at once.
    let (mut memory, now) = (Memory::default(), cluster.now());
    decide_autoscaler(&view, &mut memory, now.plus_seconds(-1), &answers);
    let decision = decide_autoscaler(&view, &mut memory, now, &answers);
    if let Some(replicas) = decision.rescaled_to {
        let _ = cluster.act(id, &UserAction::Scale(replicas));
    }
}

#[cfg(test)]
mod tests {
    use maxsurge_core::cluster::ClusterConfig;
    use maxsurge_core::workload::Workload;

    use super::*;
    use crate::generators::{Limits, Plane, World};

    #[test]
    fn it_wants_ten_a_pod_within_its_bounds() {
        let world = World {
            plane: Plane::Ideal,
            replicas: 4,
            strategy: Limits::Pods(1, 0),
            min_ready_s: 0,
            progress_deadline_s: None,
            history_limit: None,
            startup_ms: vec![0],
            stop_ms: 0,
            nodes: 0,
        };
        // From 4 pods: about what there is, fewer, more, and no more than twice as many at once.
        for (load, wanted) in [(40, 4), (43, 4), (21, 3), (0, 1), (77, 8), (255, 8)] {
            let mut cluster = Cluster::new(ClusterConfig::ideal(), Workload::default(), 0);
            let id = cluster.create(world.deployment("web")).unwrap();
            cluster.settle().unwrap();
            move_to(&mut cluster, id, load);
            let replicas = cluster.store.deployment(id).and_then(|d| d.spec.replicas);
            assert_eq!(replicas, Some(wanted), "{load}");
        }
    }
}
