//! Label selectors.

use serde_json::Value;

use super::formats::label_value;
use super::meta::{label_name, labels};
use super::{Errors, entries, has, list, quoted, text};

/// A label selector; tells whether it can be used at all.
pub(super) fn label_selector(errors: &mut Errors, selector: &Value, path: &str) -> bool {
    let before = errors.len();
    labels(errors, selector, "matchLabels", &format!("{path}.matchLabels"));
    for (index, requirement) in list(selector, "matchExpressions").iter().enumerate() {
        let path = format!("{path}.matchExpressions[{index}]");
        let operator = text(requirement, "operator");
        let values = list(requirement, "values");
        match operator {
            "In" | "NotIn" if values.is_empty() => {
                let detail = "must be specified when `operator` is 'In' or 'NotIn'";
                errors.required(format!("{path}.values"), detail, "list the values");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.forbidden(format!("{path}.values"), detail, "remove the values");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => {
                let help = "write In, NotIn, Exists or DoesNotExist";
                errors.invalid_text(
                    format!("{path}.operator"),
                    operator,
                    "not a valid selector operator",
                    help,
                );
            }
        }
        label_name(errors, text(requirement, "key"), &format!("{path}.key"));
        for (index, value) in values.iter().enumerate() {
            let value = value.as_str().unwrap_or_default();
            let help = "a label's value has at most 63 letters, digits, '-', '_' and '.'";
            errors.invalid_all(&format!("{path}.values[{index}]"), value, label_value(value), help);
        }
    }
    errors.len() == before
}

/// Nothing is required.
pub(super) fn is_empty(selector: &Value) -> bool {
    entries(selector, "matchLabels").is_empty() && list(selector, "matchExpressions").is_empty()
}

/// The selector as Go prints it in JSON.
pub(super) fn json(selector: &Value) -> String {
    let mut parts = Vec::new();
    if has(selector, "matchLabels") && !entries(selector, "matchLabels").is_empty() {
        parts.push(format!("\"matchLabels\":{}", string_map(selector, "matchLabels")));
    }
    let expressions: Vec<String> = list(selector, "matchExpressions")
        .iter()
        .map(|requirement| {
            let mut text = format!(
                "{{\"key\":{},\"operator\":{}",
                json_string(super::text(requirement, "key")),
                json_string(super::text(requirement, "operator"))
            );
            let values: Vec<String> = list(requirement, "values")
                .iter()
                .map(|v| json_string(v.as_str().unwrap_or_default()))
                .collect();
            if !values.is_empty() {
                text.push_str(&format!(",\"values\":[{}]", values.join(",")));
            }
            text + "}"
        })
        .collect();
    if !expressions.is_empty() {
        parts.push(format!("\"matchExpressions\":[{}]", expressions.join(",")));
    }
    format!("{{{}}}", parts.join(","))
}

/// A map of texts as Go prints it in JSON: sorted, `null` if there is none.
pub(super) fn string_map(parent: &Value, key: &str) -> String {
    if !has(parent, key) {
        return "null".into();
    }
    let parts: Vec<String> = entries(parent, key)
        .into_iter()
        .map(|(key, value)| {
            format!("{}:{}", json_string(key), json_string(value.as_str().unwrap_or_default()))
        })
        .collect();
    format!("{{{}}}", parts.join(","))
}

/// A text as Go prints it in JSON, which escapes what HTML would read.
fn json_string(text: &str) -> String {
    serde_json::to_string(text)
        .unwrap_or_else(|_| quoted(text))
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}
