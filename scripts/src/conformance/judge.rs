//! Whether two verdicts agree.

use std::path::Path;

use maxsurge_core::conformance::compare::{self, Difference};
use maxsurge_fuzz::agreement::{self, Agreement};
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
    match agreement::sync(line, ours, theirs) {
        Agreement::Same => Judgement::Same,
        Agreement::LeftOut(why) => Judgement::LeftOut(why),
        Agreement::Different(difference) => Judgement::Different(difference),
    }
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
