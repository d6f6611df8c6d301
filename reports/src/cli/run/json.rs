//! A run as JSON: a trace, one change a line, and one document at the end.

use std::io::{self, Write};

use maxsurge_core::cluster::UserError;
use maxsurge_core::scenario::status::{progressing, rollout_status};
use maxsurge_core::scenario::{Moment, Outcome, Scenario, Step};
use serde_json::{Value, json};

use crate::explain::Explanation;

/// Most changes kept for the document; the trace file has no limit.
const TIMELINE_MAX: usize = 200_000;

/// Records what changed.
pub(super) struct Recorder {
    trace: Option<Box<dyn Write>>,
    timeline: Option<Vec<Value>>,
    last: Value,
}

impl Recorder {
    pub(super) fn new(trace: Option<Box<dyn Write>>, keep: bool) -> Self {
        Recorder { trace, timeline: keep.then(Vec::new), last: Value::Null }
    }

    fn record(&mut self, entry: Value) -> io::Result<()> {
        if let Some(trace) = &mut self.trace {
            writeln!(trace, "{entry}")?;
        }
        if let Some(timeline) = self.timeline.as_mut().filter(|timeline| timeline.len() < TIMELINE_MAX) {
            timeline.push(entry);
        }
        Ok(())
    }

    pub(super) fn step(
        &mut self,
        moment: &Moment<'_>,
        step: &Step,
        reply: Result<&str, &UserError>,
    ) -> io::Result<()> {
        let (key, text) = match reply {
            Ok(text) => ("output", text.to_owned()),
            Err(error) => ("refused", error.to_string()),
        };
        self.record(json!({"atMs": at_ms(moment.at_ns()), "step": step.text, "line": step.line, key: text}))
    }

    pub(super) fn told(&mut self, moment: &Moment<'_>, text: &str) -> io::Result<()> {
        self.record(json!({"atMs": at_ms(moment.at_ns()), "told": text}))
    }

    pub(super) fn stalled(&mut self, moment: &Moment<'_>, explanation: &Explanation) -> io::Result<()> {
        let lines =
            explanation.lines.iter().map(|line| json!({"clause": line.clause.as_str(), "text": line.text}));
        self.record(json!({"atMs": at_ms(moment.at_ns()), "stalled": lines.collect::<Vec<_>>()}))
    }

    pub(super) fn instant(&mut self, moment: &Moment<'_>) -> io::Result<()> {
        if self.trace.is_none() && self.timeline.is_none() {
            return Ok(());
        }
        let sets: Vec<Value> = moment
            .replica_sets()
            .iter()
            .filter_map(|id| moment.cluster.store.replica_set(*id).map(|rs| (id, rs)))
            .map(|(id, rs)| {
                json!({
                    "name": rs.meta.name.as_str(),
                    "image": rs.spec.template.image(),
                    "desired": rs.spec.replicas,
                    "current": rs.status.replicas,
                    "ready": rs.status.ready_replicas,
                    "available": rs.status.available_replicas,
                    "terminating": moment.cluster.store.totals(*id).terminating,
                })
            })
            .collect();
        let mut view = json!({"replicaSets": sets});
        let nodes = moment.cluster.nodes();
        if !nodes.is_empty() {
            let list = nodes.iter().map(|(_, node)| {
                json!({"name": node.name.as_str(), "status": node.status(), "pods": node.pods.len()})
            });
            view["nodes"] = list.collect();
            view["pendingPods"] = nodes.pending().count().into();
        }
        if let Some(d) = moment.deployment() {
            view["deployment"] = json!({
                "name": d.meta.name.as_str(),
                "desired": d.replicas(),
                "replicas": d.status.replicas,
                "updated": d.status.updated_replicas,
                "ready": d.status.ready_replicas,
                "available": d.status.available_replicas,
                "unavailable": d.status.unavailable_replicas,
                "progressing": progressing(d),
            });
            view["rolloutStatus"] = rollout_status(d).line().into();
        }
        if view == self.last {
            return Ok(());
        }
        self.last = view.clone();
        view["atMs"] = at_ms(moment.at_ns());
        self.record(view)
    }

    /// Ends the trace, and gives the document.
    pub(super) fn end(
        &mut self,
        scenario: &Scenario,
        seed: u64,
        outcome: &Outcome,
        verdict: &str,
    ) -> io::Result<String> {
        let document = json!({
            "apiVersion": maxsurge_core::scenario::API_VERSION,
            "kind": "Run",
            "scenario": scenario.name,
            "seed": seed,
            "outcome": {
                "finished": outcome.finished(),
                "verdict": verdict,
                "atMs": at_ms(outcome.at_ns),
                "refusedCommands": outcome.refused,
            },
        });
        if let Some(trace) = &mut self.trace {
            writeln!(trace, "{document}")?;
            trace.flush()?;
        }
        let mut document = document;
        document["timeline"] = self.timeline.take().into();
        let mut text = serde_json::to_string_pretty(&document)?;
        text.push('\n');
        Ok(text)
    }
}

/// Milliseconds, with a fraction where there is one.
fn at_ms(ns: i64) -> Value {
    if ns % 1_000_000 == 0 { (ns / 1_000_000).into() } else { (ns as f64 / 1e6).into() }
}
