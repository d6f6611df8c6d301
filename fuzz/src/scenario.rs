//! A finding as a scenario file that `maxsurge run` plays, and as a script of kubectl commands for a real cluster.

use std::fmt::Write;

use maxsurge_core::api::{Deployment, Time, annotation};
use serde_json::{Value, json};

use crate::generators::{Break, Change, Event, GOOD_IMAGE, Input, Plane, image};
use crate::rollout::{CONVERGES_S, run};

/// One command and when it is given, ms after the start.
struct Step {
    at_ms: i64,
    command: Command,
}

enum Command {
    Kubectl(String),
    Fault(Break),
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
        Break::Lost(of, ms) => format!("watchLost: {{of: {}, for: {ms}ms}}", of.word()),
        Break::NodeDown(n) => format!("nodeDown: {}", node(n)?),
        Break::NodeUp(n) => format!("nodeUp: {}", node(n)?),
        Break::Quota(None) => "quotaPods: none".to_owned(),
        Break::Quota(Some(n)) => format!("quotaPods: {n}"),
    })
}

/// A patch of the Deployment with all these changes, as one update.
fn patch(d: &Deployment, changes: &[Change]) -> Value {
    let mut patch = json!({});
    for change in changes {
        match change {
            Change::Image(n) => {
                patch["spec"]["template"]["spec"]["containers"] =
                    json!([{"name": "web", "image": image(*n)}]);
            }
            Change::Label(n) => {
                let key = format!("extra{n}");
                let there = d.spec.template.labels.contains_key(&key);
                let value = if there { Value::Null } else { "x".into() };
                patch["spec"]["template"]["metadata"]["labels"][key] = value;
            }
            Change::Replicas(n) => patch["spec"]["replicas"] = json!(n),
            Change::Strategy(limits) => {
                let mut with = Deployment::default();
                with.spec.strategy = limits.strategy();
                let mut strategy = with.to_value()["spec"]["strategy"].clone();
                if strategy["rollingUpdate"].is_null() {
                    // Recreate beside the old limits would be refused.
                    strategy["rollingUpdate"] = Value::Null;
                }
                patch["spec"]["strategy"] = strategy;
            }
            Change::Pause(paused) => patch["spec"]["paused"] = json!(paused),
            Change::MinReady(s) => patch["spec"]["minReadySeconds"] = json!(s),
            Change::Deadline(s) => patch["spec"]["progressDeadlineSeconds"] = json!(s),
            Change::History(limit) => patch["spec"]["revisionHistoryLimit"] = json!(limit),
            Change::Cause(n) => {
                patch["metadata"]["annotations"][annotation::CHANGE_CAUSE] = format!("cause {n}").into();
            }
        }
    }
    patch
}

fn command(event: &Event, d: &Deployment) -> Result<Option<Command>, String> {
    let kubectl = |text: String| Ok(Some(Command::Kubectl(format!("kubectl {text}"))));
    match event {
        Event::Wait(_) | Event::Until(..) => Ok(None),
        Event::Edit(changes) => kubectl(format!("patch deployment/web -p '{}'", patch(d, changes))),
        Event::Autoscaled(_) => Err("an autoscaler moves the Deployment".into()),
        Event::Undo(None) => kubectl("rollout undo deployment/web".into()),
        Event::Undo(Some(to)) => kubectl(format!("rollout undo deployment/web --to-revision={to}")),
        Event::RollbackTo(to) => kubectl(format!("annotate deployment/web {}={to}", annotation::ROLLBACK_TO)),
        Event::Restart => kubectl("rollout restart deployment/web".into()),
        Event::Break(fault) => Ok(Some(Command::Fault(*fault))),
        Event::Pod(..)
        | Event::Set(..)
        | Event::Rival(_)
        | Event::Squat(_)
        | Event::Stray(..)
        | Event::Delete => Err(format!("{event:?} cannot be said as a step of a scenario")),
    }
}

/// The commands in time, and when the run ends, ms.
fn steps(input: &Input) -> Result<(Vec<Step>, i64), String> {
    let mut seen: Vec<(i64, Deployment)> = Vec::new();
    let _ = run(input, false, &mut |_, cluster| {
        let d = cluster.store.deployments().next().map(|(_, d)| Deployment::clone(d)).unwrap_or_default();
        seen.push((cluster.now().since(Time::EPOCH) / 1_000_000, d));
    });
    let mut steps = Vec::new();
    // What an event meets is what the one before it left. Events after a violation were never reached.
    for (event, (at_ms, d)) in input.events.iter().zip(&seen) {
        if let Some(command) = command(event, d)? {
            steps.push(Step { at_ms: *at_ms, command });
        }
    }
    let end = seen.last().map_or(0, |(at, _)| *at);
    if seen.len() > input.events.len() {
        let at_ms = seen[input.events.len()].0;
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
    let mut value = input.world.deployment("web").to_value();
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
pub fn file(input: &Input) -> Result<String, String> {
    let world = &input.world;
    let first = world.startup_ms.first().copied().unwrap_or(0);
    if world.startup_ms.iter().any(|ms| *ms != first) {
        return Err("pods start at different speeds".into());
    }
    let (steps, end_ms) = steps(input)?;
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

/// A script for a real cluster: the same commands, with pauses between them.
///
/// # Errors
/// As [`file()`].
pub fn script(input: &Input) -> Result<String, String> {
    let (steps, _) = steps(input)?;
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
        };
    }
    let _ = writeln!(script, "kubectl get deployment,replicaset,pods -l app=web -o wide");
    Ok(script)
}
