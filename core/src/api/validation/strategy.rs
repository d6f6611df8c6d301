//! `spec.strategy` of a Deployment.

use serde_json::Value;

use super::formats::percent;
use super::{Errors, get, has, quoted, text};

/// The strategy.
pub(super) fn strategy(errors: &mut Errors, strategy: &Value, path: &str) {
    let type_ = text(strategy, "type");
    match type_ {
        "Recreate" => {
            if has(strategy, "rollingUpdate") {
                errors.forbidden(
                    format!("{path}.rollingUpdate"),
                    "may not be specified when strategy `type` is 'Recreate'",
                    "remove rollingUpdate, or set type to RollingUpdate",
                );
            }
        }
        "RollingUpdate" => {
            let rolling = get(strategy, "rollingUpdate");
            if rolling.is_null() {
                let detail = "this should be defaulted and never be nil";
                errors.required(format!("{path}.rollingUpdate"), detail, "add rollingUpdate: {}");
            } else {
                rolling_update(errors, rolling, &format!("{path}.rollingUpdate"));
            }
        }
        _ => {
            let rolling = get(strategy, "rollingUpdate");
            // The internal type, which has no JSON names.
            let rolling = if rolling.is_null() {
                "null".to_string()
            } else {
                format!(
                    "{{\"MaxUnavailable\":{},\"MaxSurge\":{}}}",
                    shown(get(rolling, "maxUnavailable")),
                    shown(get(rolling, "maxSurge"))
                )
            };
            let value = format!("{{\"Type\":{},\"RollingUpdate\":{rolling}}}", quoted(type_));
            errors.unsupported(path, value, &["Recreate", "RollingUpdate"]);
            if let Some(error) = errors.0.last_mut() {
                error.help =
                    "write type: RollingUpdate or type: Recreate (upper and lower case matter)".into();
            }
        }
    }
}

fn rolling_update(errors: &mut Errors, rolling: &Value, path: &str) {
    let (unavailable, surge) = (get(rolling, "maxUnavailable"), get(rolling, "maxSurge"));
    let unavailable_path = format!("{path}.maxUnavailable");
    positive_int_or_percent(errors, unavailable, &unavailable_path);
    positive_int_or_percent(errors, surge, &format!("{path}.maxSurge"));
    if number(unavailable) == 0 && number(surge) == 0 {
        errors.invalid(
            &unavailable_path,
            shown(unavailable),
            "may not be 0 when `maxSurge` is 0",
            "with neither a spare pod nor a missing one nothing can be replaced: set maxSurge or maxUnavailable to \
             1 or more",
        );
    }
    if let Value::String(text) = unavailable
        && percent(text).is_empty()
        && number(unavailable) > 100
    {
        errors.invalid(
            &unavailable_path,
            shown(unavailable),
            "must not be greater than 100%",
            "write 100% or less",
        );
    }
}

/// An integer of at least 0 or a percentage.
pub(super) fn positive_int_or_percent(errors: &mut Errors, value: &Value, path: &str) {
    match value {
        Value::String(text) => {
            let help = match text.parse::<i64>() {
                Ok(n) => format!("write {n} without quotes for a number of pods, or \"{n}%\" for a share"),
                Err(_) => "write a whole number, or a whole percentage such as \"25%\"".to_string(),
            };
            errors.invalid_all(path, text, percent(text), &help);
        }
        _ => errors.nonnegative(path, value.as_i64().unwrap_or(0)),
    }
}

/// The number or the number before the `%`; a text that is no percentage counts as the integer it spells, else 0.
fn number(value: &Value) -> i64 {
    match value {
        Value::String(text) if percent(text).is_empty() => {
            // More digits than fit are certainly not 0; Go's Atoi gives the largest number.
            text.trim_end_matches('%').parse().unwrap_or(i64::MAX)
        }
        Value::String(text) => text.parse().unwrap_or(0),
        _ => value.as_i64().unwrap_or(0),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Null => "0".into(),
        _ => value.to_string(),
    }
}
