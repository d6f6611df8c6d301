//! Single passes over hostile states: what must hold of each, and states of which it does not.

use arbitrary::Unstructured;
use maxsurge_core::conformance;
use maxsurge_core::oracle::Property;
use serde_json::Value;

use crate::generators::sync_state::{Subject, sync_case};
use crate::panics::caught;
use crate::shrink::shrink;

/// Cases that are tried to make one smaller.
const SHRINKS_MAX: u32 = 20_000;

/// What does not hold of a pass over one state.
#[derive(Clone, PartialEq, Debug)]
pub struct BrokenState {
    /// The property.
    pub property: Property,
    /// What breaks it.
    pub what: String,
    /// The state, as a case of the conformance protocol's mode `sync`.
    pub case: Value,
}

/// Judges a pass over a state: D-DET, and S-RANGE, which says that no size is negative. The real controllers reckon with 32 bits,
/// so that products of large numbers wrap around; who is strict takes that for a finding, if an API server could hold the
/// state. A panic (P-PANIC) is not caught here.
///
/// # Errors
/// What does not hold.
pub fn judge_state(case: &Value, is_strict: bool) -> Result<(), (Property, String)> {
    let line = case.to_string();
    let verdict = conformance::sync(&line);
    if verdict != conformance::sync(&line) {
        return Err((Property::DDet, "the same state twice, and not the same verdict".into()));
    }
    let value: Value = serde_json::from_str(&verdict).expect("a verdict is JSON");
    let writes = value.get("writes").and_then(Value::as_array).into_iter().flatten();
    let sizes = writes
        .filter(|write| write["resource"] == "replicasets" && write["subresource"].is_null())
        .filter_map(|write| write.pointer("/object/spec/replicas").and_then(Value::as_i64));
    match sizes.into_iter().find(|size| *size < 0) {
        Some(size) if if is_strict { is_storable(case) } else { !is_wide(case) } => {
            Err((Property::SRange, format!("the pass writes a ReplicaSet of size {size}")))
        }
        _ => Ok(()),
    }
}

/// What does not hold of a state, a panic included.
fn breaks(case: &Value, is_strict: bool) -> Option<(Property, String)> {
    match caught(|| judge_state(case, is_strict)) {
        Ok(judged) => judged.err(),
        Err(panic) => Some((Property::PPanic, panic)),
    }
}

/// The state that bytes stand for, if something does not hold of it.
pub fn broken_state(subject: Subject, data: &[u8], is_strict: bool) -> Option<BrokenState> {
    let case = sync_case("found", subject, &mut Unstructured::new(data));
    let (property, what) = breaks(&case, is_strict)?;
    Some(BrokenState { property, what, case })
}

/// The smallest state found that breaks the same property.
pub fn minimize_state(broken: &BrokenState, is_strict: bool) -> BrokenState {
    let breaks = |case: &Value| breaks(case, is_strict).filter(|(property, _)| *property == broken.property);
    let case = shrink(&broken.case, SHRINKS_MAX, |case| breaks(case).is_some());
    let what = breaks(&case).map_or_else(|| broken.what.clone(), |(_, what)| what);
    BrokenState { property: broken.property, what, case }
}

/// Whether an API server could hold the state, as far as numbers and names go: none is negative, in annotations neither, and no
/// text has control characters.
fn is_storable(value: &Value) -> bool {
    match value {
        Value::Number(n) => n.as_i64().is_some_and(|n| (0..=i64::from(i32::MAX)).contains(&n)),
        Value::String(text) => !text.starts_with('-') && !text.chars().any(char::is_control),
        Value::Array(items) => items.iter().all(is_storable),
        Value::Object(fields) => fields.values().all(is_storable),
        _ => true,
    }
}

/// Whether a number of the state is negative, or so large that a product of two leaves 32 bits.
fn is_wide(value: &Value) -> bool {
    match value {
        Value::Number(n) => n.as_i64().is_none_or(|n| !(0..=46_340).contains(&n)),
        // Sizes are remembered in annotations, and percentages are texts.
        Value::String(text) => {
            let digits = text.trim_end_matches('%').trim_start_matches(['-', '+']);
            text.starts_with('-') || digits.parse::<u64>().is_ok_and(|n| n > 46_340)
        }
        Value::Array(items) => items.iter().any(is_wide),
        Value::Object(fields) => fields.values().any(is_wide),
        _ => false,
    }
}
