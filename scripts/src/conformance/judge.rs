//! Whether two verdicts agree.

use std::path::Path;

use maxsurge_core::conformance::compare::{self, Difference};
use serde_json::{Value, json};

use super::oracle::Oracle;
use super::{Failure, Source};

/// How often a run is repeated at a time, and how many times, while ours is not among the timelines.
const REPETITIONS: u32 = 10;
const ROUNDS_MAX: u32 = 6;

/// What came of one case.
pub(super) enum Judgement {
    Same,
    Different(Difference),
    /// The case cannot be compared; why.
    LeftOut(&'static str),
}

/// Judges verdicts; asks further where runs race.
pub(super) struct Judge {
    source: Source,
    again: Option<Oracle>,
    rounds: u32,
}

impl Judge {
    pub(super) fn new(source: Source, program: &Path) -> Result<Self, Failure> {
        let again = match source {
            Source::Run => Some(Oracle::start(program, source, REPETITIONS)?),
            _ => None,
        };
        Ok(Judge { source, again, rounds: ROUNDS_MAX })
    }

    /// Asks less often from here on: for a search among many cases, whose result is judged anew.
    pub(super) fn hurry(&mut self) {
        self.rounds = 1;
    }

    /// `theirs` is the first verdict on the case.
    pub(super) fn judge(&mut self, line: &str, ours: &Value, theirs: &Value) -> Result<Judgement, Failure> {
        match self.source {
            Source::Run => Ok(self.run(line, ours, theirs)?.0),
            _ => Ok(sync(line, ours, theirs)),
        }
    }

    /// Ours must be one of their timelines, whole. They race with each other, so they are asked again while it is not;
    /// a case with more than two timelines decides nothing. Answers the timelines, too.
    pub(super) fn run(
        &mut self,
        line: &str,
        ours: &Value,
        theirs: &Value,
    ) -> Result<(Judgement, Vec<Value>), Failure> {
        if theirs.get("panic").is_some() || ours.get("invalid").is_some() != theirs.get("invalid").is_some() {
            let whole = |verdict: &Value| Value::from(verdict.to_string());
            let difference = Difference { path: "verdict".into(), ours: whole(ours), theirs: whole(theirs) };
            return Ok((Judgement::Different(difference), Vec::new()));
        }
        if ours.get("invalid").is_some() {
            return Ok((Judgement::Same, Vec::new()));
        }
        let mut variants: Vec<Value> = timelines(theirs);
        for _ in 0..self.rounds {
            if variants.contains(&ours["views"]) {
                return Ok((Judgement::Same, variants));
            }
            if variants.len() > 2 {
                break;
            }
            if let Some(again) = &mut self.again {
                for views in timelines(&again.ask(line)?) {
                    if !variants.contains(&views) {
                        variants.push(views);
                    }
                }
            }
        }
        let judgement = match nearest(&ours["views"], &variants) {
            None => Judgement::Same,
            Some(_) if variants.len() > 2 => {
                Judgement::LeftOut("more than two timelines of the real controllers")
            }
            Some(difference) => Judgement::Different(difference),
        };
        Ok((judgement, variants))
    }
}

/// Where ours leaves the timeline that it stays with longest; `None` if it is one of them.
fn nearest(ours: &Value, variants: &[Value]) -> Option<Difference> {
    let with = |views: &Value| compare::difference(&json!({"views": ours}), &json!({"views": views}));
    let found: Option<Vec<Difference>> = variants.iter().map(with).collect();
    found?.into_iter().max_by_key(|difference| view_number(&difference.path))
}

fn sync(line: &str, ours: &Value, theirs: &Value) -> Judgement {
    let text = |verdict: &Value| verdict["invalid"].as_str().unwrap_or_default().to_owned();
    if text(ours).contains("spec.replicas is null") {
        return Judgement::LeftOut("spec.replicas is null");
    }
    if text(theirs).contains("youngest ready pod is less than 1 ms old") {
        return Judgement::LeftOut("the real controller divides by zero");
    }
    if theirs.get("panic").is_some()
        && let Some(why) = never_stored(line)
    {
        return Judgement::LeftOut(why);
    }
    let same = if hashes_as_stored(line) { compare::same_with_names } else { compare::same };
    match same(ours, theirs) {
        Ok(()) => Judgement::Same,
        Err(difference) => Judgement::Different(difference),
    }
}

/// What the case has that no API server stores and on which the real controllers crash. Any other crash is a difference.
pub(super) fn never_stored(line: &str) -> Option<&'static str> {
    let case: Value = serde_json::from_str(line).unwrap_or_default();
    let any = |field: &str, odd: fn(&Value) -> bool| {
        case[field].as_array().into_iter().flatten().any(|object| odd(&object["spec"]))
    };
    if any("deployments", |d| {
        d["strategy"]["type"] == "RollingUpdate" && d["strategy"]["rollingUpdate"].is_null()
    }) {
        return Some("the real controller crashes without spec.strategy.rollingUpdate");
    }
    if any("deployments", |d| d["replicas"].is_null()) || any("replicaSets", |rs| rs["replicas"].is_null()) {
        return Some("spec.replicas is null");
    }
    if any("deployments", |d| d["selector"].is_null()) {
        return Some("the real controller crashes without spec.selector");
    }
    if any("deployments", |d| d["revisionHistoryLimit"].as_i64() < Some(0)) {
        return Some("the real controller crashes on a negative spec.revisionHistoryLimit");
    }
    any("replicaSets", |rs| rs["replicas"].as_i64() < Some(0))
        .then_some("the real controller crashes on negative replicas")
}

/// Whether the hash of the Deployment's template can be compared. Ours is that of the template as an API server gives it
/// back: empty lists and maps do not survive storage, quantities come back in their shortest form. A case is taken as it
/// is by the other side.
pub(super) fn hashes_as_stored(line: &str) -> bool {
    fn is_stored(value: &Value) -> bool {
        match value {
            Value::Array(items) => !items.is_empty() && items.iter().all(is_stored),
            Value::Object(map) => {
                !map.is_empty() && !map.contains_key("resources") && map.values().all(is_stored)
            }
            _ => true,
        }
    }
    let case: Value = serde_json::from_str(line).unwrap_or_default();
    case["deployments"].as_array().into_iter().flatten().all(|d| is_stored(&d["spec"]["template"]))
}

fn timelines(verdict: &Value) -> Vec<Value> {
    match verdict["variants"].as_array() {
        Some(variants) => variants.clone(),
        None => vec![verdict["views"].clone()],
    }
}

/// `views[12].ready` → 12.
fn view_number(path: &str) -> u64 {
    let inner = path.strip_prefix("views[").and_then(|rest| rest.split(']').next());
    inner.and_then(|number| number.parse().ok()).unwrap_or(0)
}
