//! A scenario as a case of the protocol's mode `run`, which knows one Deployment, five changes and no clockwork but
//! that of the pods.

use std::collections::BTreeMap;

use maxsurge_core::api::{Deployment, Time};
use maxsurge_core::cluster::pods::PodId;
use maxsurge_core::cluster::{Fault, UserError, Watched};
use maxsurge_core::conformance::LOST_MS_MIN;
use maxsurge_core::scenario::{Action, Moment, Observer, Scenario, Step, simulate};
use serde_json::{Value, json};

const MS: i64 = 1_000_000;
/// How long the run goes on after the end of the scenario, ms.
const AFTERWARDS_MS: i64 = 5_000;

/// Plays the scenario and writes down what the person did and how long each pod took. The error says what cannot be
/// put to the real controllers.
pub(super) fn case(scenario: &Scenario, id: &str) -> Result<Value, String> {
    if !scenario.cluster.is_instant() || scenario.cluster.quota_pods.is_some() {
        return Err(
            "its control plane has delays, limits or a quota; the real controllers run without".into()
        );
    }
    let mut notes = Notes::default();
    let outcome = simulate(scenario, scenario.seed, &mut notes).map_err(|stuck| stuck.to_string())?;
    if let Some(why) = notes.problem {
        return Err(why);
    }
    let first = notes.first.ok_or("it creates no Deployment")?;
    let startup_ms: Vec<i64> =
        notes.pods.values().map(|pod| pod.startup_ns.map_or(-1, |ns| ns / MS)).collect();
    let mut stops: Vec<i64> = notes.pods.values().filter_map(|pod| pod.stop_ns).collect();
    stops.sort_unstable();
    stops.dedup();
    if stops.len() > 1 {
        return Err("its pods take different times to stop; a case has one for all".into());
    }
    let until_ms = outcome.at_ns / MS - notes.origin_ns / MS + AFTERWARDS_MS;
    // Changes happen at the beginning of a tick.
    let tick_ms = notes.steps.iter().filter_map(|step| step["atMs"].as_i64()).fold(100, gcd);
    Ok(json!({
        "id": id, "deployment": first.to_value(), "steps": notes.steps, "badImages": [],
        "startupMs": if startup_ms.is_empty() { vec![-1] } else { startup_ms },
        "terminationMs": stops.first().map_or(0, |ns| ns / MS), "untilMs": until_ms, "tickMs": tick_ms,
    }))
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[derive(Default)]
struct Pod {
    seen_ns: i64,
    startup_ns: Option<i64>,
    deleting_ns: Option<i64>,
    stop_ns: Option<i64>,
}

#[derive(Default)]
struct Notes {
    /// The Deployment as it was created, and when.
    first: Option<Deployment>,
    origin_ns: i64,
    before: Option<Deployment>,
    steps: Vec<Value>,
    pods: BTreeMap<PodId, Pod>,
    problem: Option<String>,
}

impl Observer for Notes {
    fn step(&mut self, moment: &Moment<'_>, step: &Step, reply: Result<&str, &UserError>) {
        // What was refused changed nothing, and waiting does not either.
        if reply.is_err() || matches!(step.action, Action::Await { .. }) {
            return;
        }
        if let Action::Fault(fault) = &step.action {
            match fault {
                Fault::KillPods(n) => self.change(moment, json!({"killPods": n})),
                Fault::ApiErrors { of: Some(of), after_requests, requests, error } => {
                    let errors = json!({
                        "of": of.word(), "afterRequests": after_requests, "requests": requests, "error": error.word(),
                    });
                    self.change(moment, json!({"apiErrors": errors}));
                }
                Fault::WatchDelay { of, delay_ns, for_ns } if (delay_ns % MS, for_ns % MS) == (0, 0) => {
                    // A case names each kind.
                    for of in Watched::ALL.iter().filter(|kind| of.is_none_or(|of| of == **kind)) {
                        let delay = json!({"of": of.word(), "delayMs": delay_ns / MS, "forMs": for_ns / MS});
                        self.change(moment, json!({"watchDelay": delay}));
                    }
                }
                Fault::WatchLost { of, for_ns } if for_ns % MS == 0 && for_ns / MS >= LOST_MS_MIN.into() => {
                    self.change(moment, json!({"watchLost": {"of": of.word(), "forMs": for_ns / MS}}));
                }
                _ => self.problem = Some(format!("`{}` cannot be put to the real controllers", step.text)),
            }
            return;
        }
        if let Action::Meddling(meddling) = &step.action {
            match meddling.beyond_protocol() {
                None => self.change(moment, json!({meddling.field(): meddling.to_value()})),
                Some(word) => self.problem = Some(format!("`{word}` cannot be put to the real controllers")),
            }
            return;
        }
        let Some(after) = moment.deployment().cloned() else { return };
        match self.before.replace(after.clone()) {
            None => {
                (self.origin_ns, self.first) = (moment.at_ns(), Some(after));
            }
            Some(before) => match changes(&before, &after) {
                Some(Value::Null) => {}
                Some(change) => self.change(moment, change),
                None => {
                    self.problem = Some(format!("`{}` changes what no step of a case can change", step.text))
                }
            },
        }
    }

    fn instant(&mut self, moment: &Moment<'_>) {
        let now = moment.at_ns();
        for (at, record) in moment.cluster.store.pods().iter().enumerate() {
            let (state, pod) = (record.state, self.pods.entry(PodId(at as u32)).or_default());
            if pod.seen_ns == 0 {
                pod.seen_ns = now.max(1);
            }
            if state.ready && pod.startup_ns.is_none() {
                pod.startup_ns = Some(now - (pod.seen_ns - i64::from(pod.seen_ns == 1)));
            }
            if (state.deleting || !state.exists) && pod.deleting_ns.is_none() {
                pod.deleting_ns = Some(now);
            }
            if let (false, None, Some(from)) = (state.exists, pod.stop_ns, pod.deleting_ns) {
                pod.stop_ns = Some(now - from);
            }
        }
    }
}

impl Notes {
    fn change(&mut self, moment: &Moment<'_>, mut change: Value) {
        let at_ns = moment.at_ns() - self.origin_ns;
        if at_ns % MS != 0 {
            self.problem = Some(format!(
                "something happens at {}, which is no whole millisecond",
                Time::EPOCH.plus_nanos(at_ns)
            ));
        }
        change["atMs"] = (at_ns / MS).into();
        self.steps.push(change);
    }
}

/// The change as fields of a step; null if there is none, `None` if a step cannot say it.
fn changes(before: &Deployment, after: &Deployment) -> Option<Value> {
    let mut change = Value::Null;
    let mut same = before.clone();
    if before.spec.template.image() != after.spec.template.image() {
        change["image"] = after.spec.template.image().into();
        same.spec.template = same.spec.template.with_image(None, after.spec.template.image())?;
    }
    if before.spec.replicas != after.spec.replicas {
        change["replicas"] = after.spec.replicas.into();
        same.spec.replicas = after.spec.replicas;
    }
    if before.spec.paused != after.spec.paused {
        change["paused"] = after.spec.paused.into();
        same.spec.paused = after.spec.paused;
    }
    if before.spec.strategy != after.spec.strategy {
        change["strategy"] = after.spec.strategy.to_value();
        same.spec.strategy = after.spec.strategy.clone();
    }
    (same.spec == after.spec).then_some(change)
}
