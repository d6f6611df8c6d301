//! A finding as a scenario file that `maxsurge run` plays, and as a script of kubectl commands for a real cluster.

use std::fmt::Write;

use maxsurge_core::api::{Deployment, StringMap, Time, annotation};
use maxsurge_core::cluster::{Cluster, MapPatch, PodChange, ReplicaSetChange};
use maxsurge_core::scenario::{Meddled, Meddling};
use serde_json::{Value, json};

use crate::generators::{Break, Change, Event, GOOD_IMAGE, Input, Plane, image};
use crate::happen::{apply, pod_change, set_change};
use crate::panics::caught;
use crate::rollout::{CONVERGES_S, Judgement, run};

/// One command and when it is given, ms after the start.
struct Step {
    at_ms: i64,
    command: Command,
}

enum Command {
    Kubectl(String),
    Fault(Break),
    Meddling(Meddling),
}

/// What an event meets.
struct Before {
    at_ms: i64,
    deployment: Deployment,
    /// Labels of the pods that exist, and of the ReplicaSets, by creation.
    pods: Vec<StringMap>,
    replica_sets: Vec<StringMap>,
}

impl Before {
    fn of(cluster: &Cluster) -> Self {
        let store = &cluster.store;
        let first = store.deployments().next();
        let pods = store.pods().iter().filter(|pod| pod.state.exists);
        Before {
            at_ms: cluster.now().since(Time::EPOCH) / 1_000_000,
            deployment: first.map(|(_, d)| Deployment::clone(d)).unwrap_or_default(),
            pods: pods.map(|pod| store.labels()[pod.state.labels.0 as usize].clone()).collect(),
            replica_sets: store.replica_sets().map(|(_, rs)| rs.meta.labels.clone()).collect(),
        }
    }
}

/// A fault in the words of a scenario file; `None` if the world does not have that node.
fn fault(fault: Break, nodes: u8) -> Option<String> {
    let node = |n: u8| (n < nodes).then(|| format!("node-{}", n + 1));
    Some(match fault {
        Break::Kill(n) => format!("killPods: {n}"),
        Break::Controllers(after, ms) => {
            format!("controllerRestart: {{afterRequests: {after}, downFor: {ms}ms}}")
        }
        Break::Api(after, requests, error) => {
            format!("apiErrors: {{afterRequests: {after}, requests: {requests}, error: {}}}", error.word())
        }
        Break::Watch(delay, for_ms) => format!("watchDelay: {{delay: {delay}ms, for: {for_ms}ms}}"),
        Break::Late(of, delay, for_ms) => {
            format!("watchDelay: {{of: {}, delay: {delay}ms, for: {for_ms}ms}}", of.word())
        }
        // Not one step, and refused before.
        Break::Fleeting(_) => return None,
        Break::Lost(of, ms) => format!("watchLost: {{of: {}, for: {ms}ms}}", of.word()),
        Break::NodeDown(n) => format!("nodeDown: {}", node(n)?),
        Break::NodeUp(n) => format!("nodeUp: {}", node(n)?),
        Break::Quota(None) => "quotaPods: none".to_owned(),
        Break::Quota(Some(n)) => format!("quotaPods: {n}"),
    })
}

/// The Deployment with words for what an API server would give a default: no deadline, and no limit to the history.
fn in_words(mut d: Deployment) -> Value {
    d.spec.progress_deadline_seconds.get_or_insert(i32::MAX);
    d.spec.revision_history_limit.get_or_insert(i32::MAX);
    d.to_value()
}

/// What makes `new` of `old`, as a merge patch; lists are given whole.
fn difference(old: &Value, new: &Value) -> Value {
    let (Some(olds), Some(news)) = (old.as_object(), new.as_object()) else { return new.clone() };
    let gone = olds.keys().filter(|key| !news.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    let changed = news.iter().filter(|(key, new)| olds.get(*key) != Some(new)).map(|(key, new)| {
        let change = olds.get(key).map_or_else(|| new.clone(), |old| difference(old, new));
        (key.clone(), change)
    });
    Value::Object(gone.chain(changed).collect())
}

/// A patch of the Deployment with all these changes, as one update.
fn patch(d: &Deployment, changes: &[Change]) -> Value {
    let mut new = d.clone();
    changes.iter().for_each(|change| apply(&mut new, change));
    difference(&in_words(d.clone()), &in_words(new))
}

/// What the event is as a command; `after` is what it left.
fn command(event: &Event, before: &Before, after: Option<&Before>) -> Result<Option<Command>, String> {
    let d = &before.deployment;
    let kubectl = |text: String| Ok(Some(Command::Kubectl(format!("kubectl {text}"))));
    match event {
        Event::Wait(_) | Event::Until(..) => Ok(None),
        Event::Edit(changes) => match patch(d, changes) {
            Value::Object(patch) if patch.is_empty() => Ok(None),
            patch => kubectl(format!("patch deployment/web -p '{patch}'")),
        },
        // Its write is that of `kubectl scale`.
        Event::Autoscaled(_) => match after.and_then(|after| after.deployment.spec.replicas) {
            Some(n) if d.spec.replicas != Some(n) => kubectl(format!("scale deployment/web --replicas={n}")),
            _ => Ok(None),
        },
        Event::Undo(None) => kubectl("rollout undo deployment/web".into()),
        Event::Undo(Some(to)) => kubectl(format!("rollout undo deployment/web --to-revision={to}")),
        Event::RollbackTo(to) => kubectl(format!("annotate deployment/web {}={to}", annotation::ROLLBACK_TO)),
        Event::Restart => kubectl("rollout restart deployment/web".into()),
        Event::Break(Break::Fleeting(_)) => Err(format!("{event:?} cannot be said as a step of a scenario")),
        Event::Break(fault) => Ok(Some(Command::Fault(*fault))),
        Event::Pod(n, fate) => {
            let Some(nth) = usize::from(*n).checked_rem(before.pods.len()) else { return Ok(None) };
            let changes = vec![pod_change(*fate, &before.pods[nth])];
            let with = Meddled::Pod { terminating: None, changes };
            Ok(Some(Command::Meddling(Meddling { nth, with })))
        }
        Event::Set(n, fate) => {
            let Some(nth) = usize::from(*n).checked_rem(before.replica_sets.len()) else { return Ok(None) };
            let change = set_change(*fate, &before.replica_sets[nth]);
            let change = change.ok_or_else(|| format!("{event:?} cannot be said as a step of a scenario"))?;
            let with = Meddled::ReplicaSet(vec![change]);
            Ok(Some(Command::Meddling(Meddling { nth, with })))
        }
        Event::Rival(_) | Event::Squat(_) | Event::Stray(..) | Event::Delete => {
            Err(format!("{event:?} cannot be said as a step of a scenario"))
        }
    }
}

/// The commands in time, and when the run ends, ms.
fn steps(input: &Input, how: Judgement) -> Result<(Vec<Step>, i64), String> {
    let mut seen: Vec<Before> = Vec::new();
    let _ = caught(|| run(input, how, &mut |_, cluster| seen.push(Before::of(cluster))));
    let mut steps = Vec::new();
    // What an event meets is what the one before it left. Events after a violation were never reached.
    for (at, (event, before)) in input.events.iter().zip(&seen).enumerate() {
        if let Some(command) = command(event, before, seen.get(at + 1))? {
            steps.push(Step { at_ms: before.at_ms, command });
        }
    }
    let end = seen.last().map_or(0, |last| last.at_ms);
    if seen.len() > input.events.len() {
        let at_ms = seen[input.events.len()].at_ms;
        let good = json!([{"name": "web", "image": GOOD_IMAGE}]);
        let patch = json!({"spec": {"paused": false, "template": {"spec": {"containers": good}}}});
        let command = Command::Kubectl(format!("kubectl patch deployment/web -p '{patch}'"));
        steps.push(Step { at_ms, command });
        return Ok((steps, at_ms + CONVERGES_S * 1_000));
    }
    Ok((steps, end + 1_000))
}

/// The Deployment of the input as a manifest.
fn web(input: &Input) -> Value {
    let mut value = in_words(input.world.deployment("web"));
    if let Some(root) = value.as_object_mut() {
        root.remove("status");
        root.insert("apiVersion".into(), "apps/v1".into());
        root.insert("kind".into(), "Deployment".into());
    }
    value
}

/// A scenario file.
///
/// # Errors
/// Says what of the input has no words in a scenario.
pub fn file(input: &Input, how: Judgement) -> Result<String, String> {
    let world = &input.world;
    let first = world.startup_ms.first().copied().unwrap_or(0);
    if world.startup_ms.iter().any(|ms| *ms != first) {
        return Err("pods start at different speeds".into());
    }
    let (steps, end_ms) = steps(input, how)?;
    let mut file =
        String::from("apiVersion: maxsurge.dev/v1alpha1\nkind: Scenario\nmetadata:\n  name: finding\n");
    let _ = writeln!(file, "manifests:\n  web.yaml: {}", web(input));
    let _ = writeln!(file, "steps:\n- at: 0s\n  run: kubectl apply -f web.yaml");
    for step in &steps {
        let action = match &step.command {
            Command::Kubectl(line) => format!("run: {}", Value::from(line.as_str())),
            Command::Fault(broken) => match fault(*broken, world.nodes) {
                Some(words) => format!("fault: {{{words}}}"),
                None => continue,
            },
            Command::Meddling(meddling) => format!("{}: {}", meddling.field(), meddling.to_value()),
        };
        let _ = writeln!(file, "- at: {}ms\n  {action}", step.at_ms);
    }
    let images: Vec<String> = (0..16).map(image).filter(|image| image.contains("bad")).collect();
    let never: Vec<String> =
        images.iter().map(|image| format!("    {image:?}: {{neverReady: true}}")).collect();
    let _ = writeln!(
        file,
        "workload:\n  readyAfter: {first}ms\n  terminateAfter: {}ms\n  images:\n{}",
        world.stop_ms,
        never.join("\n")
    );
    let cluster = match world.plane {
        Plane::Ideal => "{preset: ideal}".to_owned(),
        Plane::Watch(ms) => format!("{{preset: ideal, watchDelay: {ms}ms}}"),
        Plane::Realistic => "{preset: realistic}".to_owned(),
    };
    let cluster = match world.nodes {
        0 => cluster,
        nodes => cluster.replace('}', &format!(", nodes: {nodes}}}")),
    };
    let _ = writeln!(file, "cluster: {cluster}\nhorizon: {}s", end_ms / 1_000 + 1);
    Ok(file)
}

/// The same as commands of kubectl. What a kubelet reports is written in its place, until it reports again.
fn by_kubectl(Meddling { nth, with }: &Meddling) -> String {
    let kind = if matches!(with, Meddled::Pod { .. }) { "pods" } else { "replicasets" };
    let of = format!(
        "\"$(kubectl get {kind} --sort-by=.metadata.creationTimestamp -o name | sed -n {}p)\"",
        nth + 1
    );
    let patch = |verb: &str, map: &MapPatch| {
        let words = map.iter().map(|(key, value)| match value {
            Some(value) => format!(" '{key}={value}'"),
            None => format!(" '{key}-'"),
        });
        format!("kubectl {verb} {of} --overwrite{}", words.collect::<String>())
    };
    let status =
        |status: Value| format!("kubectl patch {of} --subresource=status -p '{}'", json!({"status": status}));
    let ready = |value: &str| status(json!({"conditions": [{"type": "Ready", "status": value}]}));
    let orphan =
        format!("kubectl patch {of} --type=merge -p '{{\"metadata\":{{\"ownerReferences\":null}}}}'");
    let pod = |change: &PodChange| match change {
        PodChange::Unready => ready("False"),
        PodChange::Ready => ready("True"),
        PodChange::Failed => status(json!({"phase": "Failed"})),
        PodChange::Succeeded => status(json!({"phase": "Succeeded"})),
        PodChange::Deleted => format!("kubectl delete {of} --wait=false"),
        PodChange::Removed => format!("kubectl delete {of} --grace-period=0 --force"),
        PodChange::Labels(map) => patch("label", map),
        PodChange::Orphaned => orphan.clone(),
        PodChange::Adopted(n) => format!(
            "rs=$(kubectl get replicasets --sort-by=.metadata.creationTimestamp -o name | sed -n {}p)\n\
             kubectl patch {of} --type=merge -p \"{{\\\"metadata\\\":{{\\\"ownerReferences\\\":[{{\\\"apiVersion\\\":\\\"apps/v1\\\",\
             \\\"kind\\\":\\\"ReplicaSet\\\",\\\"controller\\\":true,\\\"name\\\":\\\"${{rs##*/}}\\\",\
             \\\"uid\\\":\\\"$(kubectl get $rs -o jsonpath={{.metadata.uid}})\\\"}}]}}}}\"",
            n + 1
        ),
        PodChange::Cost(cost) => {
            let key = "controller.kubernetes.io/pod-deletion-cost";
            patch("annotate", &vec![(key.into(), Some(cost.to_string()))])
        }
        PodChange::Restarted(times) => format!("# kubectl has no words for this: {times} restarts of {of}"),
    };
    let set = |change: &ReplicaSetChange| match change {
        ReplicaSetChange::Deleted => format!("kubectl delete {of} --wait=false"),
        ReplicaSetChange::DeletedOrphaning => format!("kubectl delete {of} --cascade=orphan"),
        ReplicaSetChange::Dying => format!("kubectl delete {of} --cascade=foreground --wait=false"),
        ReplicaSetChange::Labels(map) => patch("label", map),
        ReplicaSetChange::Annotations(map) => patch("annotate", map),
        ReplicaSetChange::Orphaned => orphan.clone(),
        ReplicaSetChange::Resized(replicas) => format!("kubectl scale {of} --replicas={replicas}"),
    };
    let lines: Vec<String> = match with {
        Meddled::Pod { changes, .. } => changes.iter().map(pod).collect(),
        Meddled::ReplicaSet(changes) => changes.iter().map(set).collect(),
    };
    lines.join("\n")
}

/// A script for a real cluster: the same commands, with pauses between them.
///
/// # Errors
/// As [`file()`].
pub fn script(input: &Input, how: Judgement) -> Result<String, String> {
    let (steps, _) = steps(input, how)?;
    let mut script = String::from("#!/bin/sh -e\n");
    let _ = writeln!(script, "kubectl apply -f - <<'EOF'\n{}\nEOF", web(input));
    let mut at = 0;
    for step in &steps {
        if step.at_ms > at {
            let _ = writeln!(script, "sleep {}", (step.at_ms - at) as f64 / 1_000.0);
            at = step.at_ms;
        }
        let _ = match &step.command {
            Command::Kubectl(line) => writeln!(script, "{line}"),
            Command::Fault(Break::Kill(n)) => writeln!(
                script,
                "kubectl get pods -l app=web --sort-by=.metadata.creationTimestamp -o name | head -{n} | \
                 xargs kubectl delete --wait=false"
            ),
            Command::Fault(fault) => writeln!(script, "# kubectl has no words for this fault: {fault:?}"),
            Command::Meddling(meddling) => writeln!(script, "{}", by_kubectl(meddling)),
        };
    }
    let _ = writeln!(script, "kubectl get deployment,replicaset,pods -l app=web -o wide");
    Ok(script)
}
