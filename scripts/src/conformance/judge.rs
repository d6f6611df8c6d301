//! Whether two verdicts agree.

use maxsurge_core::conformance::compare::{self, Difference};
use maxsurge_fuzz::agreement::{self, Agreement, divides_by_zero};
use serde_json::{Value, json};

use super::Source;

/// What came of one case.
pub(super) enum Judgement {
    Same,
    Different(Difference),
    /// The case cannot be compared; why.
    LeftOut(&'static str),
}

/// Compares the verdicts on one case.
pub(super) fn judge(source: Source, line: &str, ours: &Value, theirs: &Value) -> Judgement {
    match source {
        Source::Run => run(ours, theirs),
        Source::Autoscaler => autoscale(ours, theirs),
        _ => sync(line, ours, theirs),
    }
}

/// Theirs was played in lockstep, which is the one order that ours knows: every view must be the same.
fn run(ours: &Value, theirs: &Value) -> Judgement {
    if let Some(why) = divides_by_zero(theirs) {
        return Judgement::LeftOut(why);
    }
    if theirs.get("panic").is_some() || ours.get("invalid").is_some() != theirs.get("invalid").is_some() {
        let whole = |verdict: &Value| Value::from(verdict.to_string());
        let difference = Difference { path: "verdict".into(), ours: whole(ours), theirs: whole(theirs) };
        return Judgement::Different(difference);
    }
    let views = |verdict: &Value| json!({"views": verdict["views"]});
    match compare::difference(&views(ours), &views(theirs)) {
        Some(difference) => Judgement::Different(difference),
        None => Judgement::Same,
    }
}

/// Every field of every pass, the texts of errors and what is remembered among them.
fn autoscale(ours: &Value, theirs: &Value) -> Judgement {
    match compare::difference_of_autoscalers(ours, theirs) {
        None => Judgement::Same,
        Some(difference) => Judgement::Different(difference),
    }
}

fn sync(line: &str, ours: &Value, theirs: &Value) -> Judgement {
    match agreement::sync(line, ours, theirs) {
        Agreement::Same => Judgement::Same,
        Agreement::LeftOut(why) => Judgement::LeftOut(why),
        Agreement::Different(difference) => Judgement::Different(difference),
    }
}
