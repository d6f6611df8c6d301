//! The smallest case of the conformance protocol that still shows something.

use serde_json::Value;

/// One way to make a value smaller.
enum Cut {
    /// Takes `n` elements from `at` out of a list.
    Elements { at: usize, n: usize },
    /// Takes a field out of an object.
    Field(String),
    /// Puts something simpler in its place.
    Replace(Value),
}

/// Makes the case smaller (fewer objects, fewer fields, smaller numbers) as long as `still` holds of it, trying so many at
/// most.
pub fn shrink(case: &Value, tries_max: u32, mut still: impl FnMut(&Value) -> bool) -> Value {
    let (mut best, mut tries) = (case.clone(), 0);
    loop {
        let mut any = false;
        let mut places = Vec::new();
        pointers(&best, String::new(), &mut places);
        for place in places {
            // A cut higher up may have taken the place away, or made room for another cut here.
            while let Some(smaller) = best.pointer(&place).and_then(|value| {
                cuts(&place, value).into_iter().find_map(|cut| {
                    tries += 1;
                    let smaller = apply(&best, &place, &cut);
                    (tries <= tries_max && still(&smaller)).then_some(smaller)
                })
            }) {
                best = smaller;
                any = true;
            }
        }
        if !any || tries > tries_max {
            return best;
        }
    }
}

/// Pointers to all values, the outer ones first.
fn pointers(value: &Value, at: String, into: &mut Vec<String>) {
    into.push(at.clone());
    match value {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                pointers(item, format!("{at}/{i}"), into);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                pointers(item, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), into);
            }
        }
        _ => {}
    }
}

fn cuts(place: &str, value: &Value) -> Vec<Cut> {
    // Who is asked, and for what.
    if ["/id", "/controller", "/key"].contains(&place) {
        return Vec::new();
    }
    match value {
        Value::Array(items) => {
            let (mut cuts, mut n) = (Vec::new(), items.len());
            while n > 0 {
                cuts.extend((0..items.len()).step_by(n).map(|at| Cut::Elements { at, n }));
                n /= 2;
            }
            cuts
        }
        Value::Object(map) => map
            .keys()
            .filter(|key| !(place.is_empty() && ["id", "controller", "key", "now"].contains(&key.as_str())))
            .map(|key| Cut::Field(key.clone()))
            .collect(),
        Value::Number(number) => match number.as_i64() {
            Some(n) => [0, 1, n / 2, n - n.signum()]
                .into_iter()
                .filter(|m| m.unsigned_abs() < n.unsigned_abs())
                .map(|m| Cut::Replace(m.into()))
                .collect(),
            None => Vec::new(),
        },
        Value::String(text) if text.len() > 30 && text.is_ascii() && place != "/now" => {
            vec![Cut::Replace(text[..text.len() / 2].into())]
        }
        Value::Bool(true) => vec![Cut::Replace(false.into())],
        _ => Vec::new(),
    }
}

fn apply(case: &Value, place: &str, cut: &Cut) -> Value {
    let mut smaller = case.clone();
    let value = smaller.pointer_mut(place).expect("the place was just found");
    match (cut, value) {
        (Cut::Elements { at, n }, Value::Array(items)) => {
            let end = (at + n).min(items.len());
            items.drain(at..&end);
        }
        (Cut::Field(key), Value::Object(map)) => {
            map.remove(key);
        }
        (Cut::Replace(with), value) => *value = with.clone(),
        _ => unreachable!("cuts fit their values"),
    }
    smaller
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keeps_what_matters_and_nothing_else() {
        let case = json!({"id": "x", "pods": [{"a": 7, "b": 1}, {"a": 100, "c/d": [1, 2, 3]}, {"a": 3}], "now": "t"});
        let small = shrink(&case, 1_000, |case| {
            case["pods"].as_array().is_some_and(|pods| pods.iter().any(|pod| pod["a"].as_i64() > Some(41)))
        });
        assert_eq!(small, json!({"id": "x", "pods": [{"a": 42}], "now": "t"}));
    }
}
