//! States as controllers meet them: what the caches held when some pass of a simulated rollout began.

use maxsurge_core::api::{Deployment, PodPhase};
use maxsurge_core::cluster::pods::{NodeId, Phase, PodId, PodState, time};
use maxsurge_core::cluster::{Cluster, ClusterConfig, PassRecord, Seen, UserAction};
use maxsurge_core::sim::{Distribution, MS, SECOND};
use maxsurge_core::workload::{Behavior, Workload};
use serde_json::{Value, json};

use super::Subject;
use super::parts::{NAMESPACE, rfc3339};
use crate::generators::draw::Draw;

const BAD_IMAGE: &str = "web:bad";

/// What one pass of the subject's controller saw; `None` if it never began one (a watch that is late, a short run).
pub(super) fn state(subject: Subject, draw: &mut Draw<'_, '_>) -> Option<Value> {
    let mut cluster = Cluster::new(plane(draw), workload(draw), draw.range(0, i64::from(u32::MAX)) as u64);
    cluster.keep_journal();
    let deployment =
        Deployment::from_value(&deployment(draw)).expect("a generated Deployment is well-formed");
    let id = cluster.create(deployment).expect("the world is empty");
    let mut passes: Vec<PassRecord> = Vec::new();
    let mut go_on = |cluster: &mut Cluster, ns: i64| {
        let until = cluster.now().plus_nanos(ns);
        // A rollout that does not fall quiet is the property tests' business; its passes are states all the same.
        let _ = cluster.settle();
        let _ = cluster.run_before(until, &mut |_| ());
        passes.extend(cluster.take_journal());
    };
    for _ in 0..draw.range(1, 6) {
        let wait = if draw.one_in(3) { draw.range(0, 200) } else { draw.range(200, 15_000) };
        go_on(&mut cluster, wait * MS);
        // What kubectl refuses changes nothing.
        let _ = cluster.act(id, &action(draw));
    }
    go_on(&mut cluster, draw.range(0, 20_000) * MS);
    let passes: Vec<&PassRecord> = passes
        .iter()
        .filter(|pass| matches!(pass.seen, Seen::Deployment { .. }) == (subject == Subject::Deployment))
        .collect();
    if passes.is_empty() {
        return None;
    }
    Some(case(&cluster, passes[draw.below(passes.len())]))
}

fn plane(draw: &mut Draw<'_, '_>) -> ClusterConfig {
    match draw.range(0, 3) {
        0 => ClusterConfig::ideal(),
        1 => ClusterConfig::realistic(),
        _ => ClusterConfig {
            watch_delay_ns: draw.range(0, 3_000) * MS,
            request_latency_ns: draw.range(0, 50) * MS,
            quota_pods: if draw.one_in(4) { Some(draw.range(0, 12) as u32) } else { None },
            workers: draw.range(1, 3) as u32,
            ..ClusterConfig::ideal()
        },
    }
}

fn workload(draw: &mut Draw<'_, '_>) -> Workload {
    let bad = Behavior { startup: Distribution::Constant(SECOND), gets_ready: false };
    Workload {
        startup_by_order: (0..draw.range(1, 5)).map(|_| draw.range(-1, 9_000) * MS).collect(),
        stop: Distribution::Constant(draw.of(&[0, 500, 5_000, 30_000]) * MS),
        images: [(BAD_IMAGE.into(), bad)].into_iter().collect(),
        ..Workload::default()
    }
}

fn limits(draw: &mut Draw<'_, '_>) -> Value {
    let mut limit = |least: i64| -> Value {
        if draw.one_in(2) {
            format!("{}%", draw.range(least, 100)).into()
        } else {
            draw.range(least, 4).into()
        }
    };
    let surge = limit(0);
    // Both zero is refused by the API server.
    let missing = limit(1);
    json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": missing}})
}

fn strategy(draw: &mut Draw<'_, '_>) -> Value {
    if draw.range(0, 4) == 4 { json!({"type": "Recreate"}) } else { limits(draw) }
}

fn deployment(draw: &mut Draw<'_, '_>) -> Value {
    json!({
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {
            "replicas": draw.range(0, 14),
            "minReadySeconds": draw.of(&[0, 0, 5, 10]),
            "progressDeadlineSeconds": draw.of(&[json!(600), json!(15), json!(30), Value::Null]),
            "revisionHistoryLimit": draw.of(&[10, 2, 1, 0]),
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": strategy(draw),
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:0"}]}},
        },
    })
}

fn action(draw: &mut Draw<'_, '_>) -> UserAction {
    match draw.range(0, 11) {
        0..=4 => {
            let image = draw.of(&["web:1", "web:2", "web:3", "web:0", BAD_IMAGE]).to_owned();
            UserAction::SetImage { container: None, image }
        }
        5 | 6 => UserAction::Scale(draw.range(0, 18) as i32),
        7 => UserAction::Pause(draw.one_in(2)),
        8 => {
            let strategy = maxsurge_core::api::DeploymentStrategy::from_value(&strategy(draw));
            UserAction::Strategy(strategy.expect("a generated strategy is well-formed"))
        }
        9 => UserAction::Undo(if draw.one_in(2) { Some(draw.range(1, 3)) } else { None }),
        10 => UserAction::Restart,
        _ => UserAction::KillPods(draw.range(1, 3) as u32),
    }
}

/// What a pass saw, as a case without id and controller.
pub(crate) fn case(cluster: &Cluster, pass: &PassRecord) -> Value {
    let (name, deployments, sets) = match &pass.seen {
        Seen::Deployment { deployment, cached, .. } => (
            &deployment.meta.name,
            vec![deployment.to_value()],
            cached.iter().map(|(_, rs)| rs.to_value()).collect(),
        ),
        Seen::ReplicaSet { rs, cached, .. } => {
            (&rs.meta.name, Vec::new(), cached.iter().map(|(_, rs)| rs.to_value()).collect())
        }
    };
    let pods = pass.pods.iter().map(|(id, state)| pod(cluster, *id, state)).collect();
    super::case(&format!("{NAMESPACE}/{name}"), rfc3339(pass.began), deployments, sets, pods)
}

/// A pod as the API shows it.
fn pod(cluster: &Cluster, id: PodId, state: &PodState) -> Value {
    let store = &cluster.store;
    let labels = &store.labels()[state.labels.0 as usize];
    let labels: serde_json::Map<String, Value> =
        labels.iter().map(|(key, value)| (key.to_string(), Value::from(value.as_str()))).collect();
    let phase = match state.phase {
        Phase::Pending => PodPhase::Pending,
        Phase::Running => PodPhase::Running,
        Phase::Succeeded => PodPhase::Succeeded,
        Phase::Failed => PodPhase::Failed,
    };
    let mut pod = json!({
        "metadata": {
            // Not the name that the n-th creation of a pass is given by both speakers: it must not be taken.
            "name": format!("{}x", store.pod_name(id)), "namespace": NAMESPACE, "uid": format!("u{}", state.uid), "labels": labels,
            "creationTimestamp": time(state.created_s).to_string(),
        },
        "spec": {"containers": [{"name": "web", "image": store.image(id).as_str()}]},
        "status": {"phase": phase.as_str()},
    });
    // An owner that is gone from the store has no uid to be found there any more; to a controller such a pod is the
    // pod of somebody else.
    if let Some(owner) = state.owner {
        let uid = store.replica_set(owner).map_or_else(|| "gone".into(), |rs| rs.meta.uid.clone());
        pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": true,
            "blockOwnerDeletion": true, "name": store.replica_set_name(owner).as_str(), "uid": uid.as_str()}]);
    }
    if state.deleting {
        pod["metadata"]["deletionTimestamp"] = time(state.created_s).to_string().into();
    }
    if state.node != NodeId::NONE {
        pod["spec"]["nodeName"] = format!("n{}", state.node.0).into();
    }
    if state.ready {
        pod["status"]["conditions"] = json!([{"type": "Ready", "status": "True",
            "lastTransitionTime": time(state.ready_s).to_string()}]);
    }
    pod
}
