//! Mode `run`: a whole rollout in virtual time, one case to one verdict.

use serde_json::{Value, json};

use super::run_fault;
use crate::api::{
    Deployment, DeploymentStrategy, IntOrString, KubernetesVersion, LabelSelector, PodTemplate,
    RollingUpdate, StrategyType, Time, defaults,
};
use crate::cluster::pods::DeploymentId;
use crate::cluster::{Cluster, ClusterConfig, Fault, UserAction};
use crate::controller::deployment::revision;
use crate::scenario::Meddling;
use crate::sim::{Distribution, MS};
use crate::workload::{Behavior, Workload};

/// Longest run, ms of virtual time.
const UNTIL_MS_MAX: i64 = 7 * 86_400_000;

/// The verdict on one line of input, of the newest version. A line that is no case gets `{"id":…,"invalid":"why"}`.
pub fn run(line: &str) -> Value {
    run_of(line, KubernetesVersion::default())
}

/// The verdict of that version.
pub fn run_of(line: &str, version: KubernetesVersion) -> Value {
    let case: Value = match serde_json::from_str(line) {
        Ok(case) => case,
        Err(error) => return json!({"id": null, "invalid": error.to_string()}),
    };
    let id = case.get("id").cloned().unwrap_or(Value::Null);
    match verdict(&case, version) {
        Ok(views) => json!({"id": id, "views": views}),
        Err(why) => json!({"id": id, "invalid": why}),
    }
}

fn integer(case: &Value, field: &str, default: i64) -> Result<i64, String> {
    match case.get(field) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => value.as_i64().ok_or_else(|| format!("{field}: an integer is needed")),
    }
}

fn list<'a>(case: &'a Value, field: &str) -> Result<&'a [Value], String> {
    match case.get(field) {
        None | Some(Value::Null) => Ok(&[]),
        Some(value) => {
            value.as_array().map(Vec::as_slice).ok_or_else(|| format!("{field}: a list is needed"))
        }
    }
}

/// What happens at one moment: something breaks, then one update of the Deployment, then deletions of pods, then what
/// befalls one pod and one ReplicaSet.
#[derive(Default)]
struct Step {
    at_ms: i64,
    image: Option<String>,
    replicas: Option<i32>,
    paused: Option<bool>,
    strategy: Option<DeploymentStrategy>,
    undo: bool,
    kill_pods: u32,
    pod: Option<Meddling>,
    replica_set: Option<Meddling>,
    faults: Vec<Fault>,
}

impl Step {
    /// Nothing that the API would refuse is an error here: a step that changes nothing changes nothing.
    fn apply(&self, cluster: &mut Cluster, id: DeploymentId) {
        if !self.faults.is_empty() {
            // What came before at this instant has had its effects.
            cluster.take_effects();
        }
        for fault in &self.faults {
            // Neither kind of them can be refused.
            let _ = cluster.inject(*fault);
        }
        let Some(stored) = cluster.store.deployment(id) else { return };
        let mut d = Deployment::clone(stored);
        if let Some(template) = self.image.as_ref().and_then(|image| d.spec.template.with_image(None, image))
        {
            d.spec.template = template;
        }
        d.spec.replicas = self.replicas.or(d.spec.replicas);
        d.spec.paused = self.paused.unwrap_or(d.spec.paused);
        if let Some(strategy) = &self.strategy {
            d.spec.strategy = strategy.clone();
            let mut value = d.to_value();
            defaults::deployment(&mut value);
            d = Deployment::from_value(&value).unwrap_or(d);
        }
        if let Some(template) = self.undo.then(|| previous(cluster)).flatten() {
            d.spec.template = template;
        }
        let _ = cluster.act(id, &UserAction::Apply(Box::new(d)));
        if self.kill_pods > 0 {
            let _ = cluster.act(id, &UserAction::KillPods(self.kill_pods));
        }
        for meddling in self.pod.iter().chain(&self.replica_set) {
            meddling.apply(cluster);
        }
    }
}

/// What the protocol's undo sets, which is not kubectl's: the template of the second highest revision of all
/// ReplicaSets, whether the Deployment is paused or not, and nothing else.
fn previous(cluster: &Cluster) -> Option<PodTemplate> {
    let mut sets: Vec<_> = cluster.store.replica_sets().map(|(_, rs)| rs).collect();
    sets.sort_by_key(|rs| revision(&rs.meta.annotations).unwrap_or(0));
    Some(sets.iter().rev().nth(1)?.spec.template.without_hash())
}

/// What befalls a pod or ReplicaSet, if the protocol has words for it.
fn meddling(read: Result<Meddling, String>) -> Result<Meddling, String> {
    let read = read?;
    match read.beyond_protocol() {
        Some(word) => Err(format!("{word} is no part of the protocol")),
        None => Ok(read),
    }
}

fn steps(case: &Value) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for value in list(case, "steps")? {
        let mut step = Step { at_ms: integer(value, "atMs", 0)?, ..Step::default() };
        for (key, value) in value.as_object().ok_or("steps: objects are needed")? {
            let bad = || format!("steps: {key}: {value} does not fit");
            let within = |why: String| format!("steps: {key}: {why}");
            match key.as_str() {
                "atMs" => {}
                "image" => step.image = Some(value.as_str().ok_or_else(bad)?.into()),
                "replicas" => {
                    let n = value.as_i64().and_then(|n| i32::try_from(n).ok()).filter(|n| *n >= 0);
                    step.replicas = Some(n.ok_or_else(bad)?);
                }
                "paused" => step.paused = Some(value.as_bool().ok_or_else(bad)?),
                "strategy" => step.strategy = Some(strategy(value)?),
                "undo" => step.undo = value.as_bool().ok_or_else(bad)?,
                "killPods" => {
                    step.kill_pods = value.as_u64().and_then(|n| u32::try_from(n).ok()).ok_or_else(bad)?;
                }
                "pod" => step.pod = Some(meddling(Meddling::pod(value)).map_err(within)?),
                "replicaSet" => {
                    step.replica_set = Some(meddling(Meddling::replica_set(value)).map_err(within)?);
                }
                "apiErrors" => step.faults.push(run_fault::api_errors(value).map_err(within)?),
                "watchDelay" => step.faults.push(run_fault::watch_delay(value).map_err(within)?),
                "watchLost" => step.faults.push(run_fault::watch_lost(value).map_err(within)?),
                _ => return Err(format!("steps: unknown field {key:?}")),
            }
        }
        steps.push(step);
    }
    if steps.windows(2).any(|pair| pair[0].at_ms > pair[1].at_ms) {
        return Err("steps: they must be in order of time".into());
    }
    let lost = steps.iter().flat_map(|step| &step.faults).filter_map(|fault| match fault {
        Fault::WatchLost { of, .. } => Some(*of),
        _ => None,
    });
    let lost: Vec<_> = lost.collect();
    if lost.iter().enumerate().any(|(at, of)| lost[..at].contains(of)) {
        return Err("steps: the watch of a kind is lost more than once".into());
    }
    Ok(steps)
}

fn strategy(value: &Value) -> Result<DeploymentStrategy, String> {
    let limit = |field: &str| -> Result<Option<IntOrString>, String> {
        match value.pointer(&format!("/rollingUpdate/{field}")) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(IntOrString::String(text.as_str().into()))),
            Some(number) => {
                let number = number.as_i64().and_then(|n| i32::try_from(n).ok());
                Ok(Some(IntOrString::Int(number.ok_or("strategy: a number or text is needed")?)))
            }
        }
    };
    let rolling_update = match value.get("rollingUpdate") {
        None | Some(Value::Null) => None,
        Some(_) => {
            Some(RollingUpdate { max_unavailable: limit("maxUnavailable")?, max_surge: limit("maxSurge")? })
        }
    };
    Ok(DeploymentStrategy {
        type_: StrategyType::from(value.get("type").and_then(Value::as_str).unwrap_or_default()),
        rolling_update,
    })
}

/// Refuses what could not be stored in any cluster, and would have pods made without end.
fn check(d: &Deployment) -> Result<(), String> {
    let template = d.spec.template.to_value();
    if d.meta.name.is_empty() {
        return Err("no deployment, or one without a name".into());
    }
    if template.pointer("/spec/containers/0").is_none() {
        return Err("the template has no container".into());
    }
    if d.spec.replicas.is_some_and(|n| n < 0) {
        return Err("negative replicas".into());
    }
    let matches =
        |selector: &LabelSelector| !selector.is_empty() && selector.matches(&d.spec.template.labels);
    if !d.spec.selector.as_deref().is_some_and(matches) {
        return Err("the selector is empty or does not match the template".into());
    }
    Ok(())
}

fn verdict(case: &Value, version: KubernetesVersion) -> Result<Vec<Value>, String> {
    let mut deployment = case.get("deployment").ok_or("deployment: missing")?.clone();
    // The API server stores it so; the names of the ReplicaSets, which decide ties, are hashes of all of it.
    defaults::deployment(&mut deployment);
    let mut d = Deployment::from_value(&deployment).map_err(|error| error.to_string())?;
    d.meta.uid = Default::default();
    d.meta.resource_version = 0;
    check(&d)?;
    let steps = steps(case)?;
    let until_ms = integer(case, "untilMs", 0)?;
    let tick_ms = integer(case, "tickMs", 100)?;
    if !(1..=3_600_000).contains(&tick_ms) || !(0..=UNTIL_MS_MAX).contains(&until_ms) {
        return Err(format!("untilMs or tickMs out of range (0..={UNTIL_MS_MAX}, 1..=3600000)"));
    }
    let startup: Vec<i64> = list(case, "startupMs")?
        .iter()
        .map(|ms| {
            ms.as_i64().map(|ms| if ms < 0 { -1 } else { ms * MS }).ok_or("startupMs: integers are needed")
        })
        .collect::<Result<_, _>>()?;
    let bad = Behavior { startup: Distribution::Constant(0), gets_ready: false };
    let workload = Workload {
        startup_by_order: startup,
        stop: Distribution::Constant(integer(case, "terminationMs", 0)?.max(0) * MS),
        images: list(case, "badImages")?
            .iter()
            .filter_map(|image| Some((image.as_str()?.into(), bad.clone())))
            .collect(),
        // The protocol's times are the case's own; no grace period shortens them.
        grace_s: Some(i64::MAX / 1_000_000_000),
        ..Workload::default()
    };
    let mut cluster = Cluster::new(ClusterConfig { version, ..ClusterConfig::ideal() }, workload, 0);
    let mut recorder = Recorder { id: DeploymentId(0), views: Vec::new() };
    let mut next_step = 0;
    let ticks = (until_ms + tick_ms - 1) / tick_ms;
    let at = |ms: i64| Time::EPOCH.plus_nanos(ms * MS);
    let mut tick = 0;
    while tick < ticks {
        let start_ms = tick * tick_ms;
        cluster.run_before(at(start_ms), &mut |_| ()).map_err(|error| error.to_string())?;
        let mut acted = false;
        if tick == 0 {
            recorder.id = cluster.create(d.clone()).map_err(|error| error.to_string())?;
            acted = true;
        }
        while let Some(step) = steps.get(next_step).filter(|step| step.at_ms <= start_ms) {
            cluster.timers_go_off();
            step.apply(&mut cluster, recorder.id);
            next_step += 1;
            acted = true;
        }
        if acted {
            cluster.settle().map_err(|error| error.to_string())?;
        }
        // The view of a tick is taken just before the next one starts.
        cluster.run_before(at(start_ms + tick_ms), &mut |_| ()).map_err(|error| error.to_string())?;
        recorder.view(&cluster, start_ms);
        tick += 1;
        // Ticks in which nothing can happen are skipped.
        let next_event = cluster.next_at().map_or(ticks, |next| next.since(Time::EPOCH) / MS / tick_ms);
        let next_action = steps.get(next_step).map_or(ticks, |step| (step.at_ms + tick_ms - 1) / tick_ms);
        tick = tick.max(next_event.min(next_action));
    }
    Ok(recorder.views)
}

struct Recorder {
    id: DeploymentId,
    views: Vec<Value>,
}

impl Recorder {
    fn view(&mut self, cluster: &Cluster, at_ms: i64) {
        let Some(d) = cluster.store.deployment(self.id) else { return };
        let status = &d.status;
        let mut conditions: Vec<String> = status
            .conditions
            .iter()
            .map(|c| format!("{}={}/{}", c.type_, c.status.as_str(), c.reason))
            .collect();
        conditions.sort();
        let (mut alive, mut serving) = (0, 0);
        let mut sets: Vec<(i64, Value)> = Vec::new();
        for (_, rs) in cluster.store.replica_sets() {
            let revision = revision(&rs.meta.annotations).unwrap_or(0);
            sets.push((
                revision,
                json!({
                    "revision": revision,
                    "image": rs.spec.template.image(),
                    "spec": rs.spec.replicas,
                    "replicas": rs.status.replicas,
                    "ready": rs.status.ready_replicas,
                    "available": rs.status.available_replicas,
                    "terminating": rs.status.terminating_replicas,
                }),
            ));
        }
        sets.sort_by_key(|(revision, _)| *revision);
        for totals in cluster.store.all_totals() {
            alive += totals.alive;
            serving += totals.serving;
        }
        let mut view = json!({
            "replicas": status.replicas,
            "updated": status.updated_replicas,
            "ready": status.ready_replicas,
            "available": status.available_replicas,
            "unavailable": status.unavailable_replicas,
            "terminating": status.terminating_replicas,
            "generation": d.meta.generation,
            "observed": status.observed_generation,
            "conditions": conditions,
            "podsAlive": alive,
            "podsReady": serving,
            "replicaSets": sets.into_iter().map(|(_, set)| set).collect::<Vec<_>>(),
        });
        let same = self.views.last().is_some_and(|last: &Value| {
            let mut last = last.clone();
            last.as_object_mut().is_some_and(|last| last.remove("atMs").is_some()) && last == view
        });
        if !same {
            view["atMs"] = at_ms.into();
            self.views.push(view);
        }
    }
}
