//! Validation as the API server does it: its rules, its order, its words.
//!
//! Everything works on defaulted JSON that fits the schema (the reader of manifests makes such). Rules about
//! rare parts of a pod that change nothing here, such as sysctls, Windows, DNS options or odd volumes, are left out, and of
//! Services those about IP addresses.

mod autoscaling;
mod container;
mod formats;
mod meta;
mod others;
mod pod;
mod resources;
mod scheduling;
mod security;
mod selector;
mod strategy;
mod volume;
mod workload;

use std::fmt;

use serde_json::Value;

pub use autoscaling::horizontal_pod_autoscaler;
pub use formats::dns1123_label;
pub use others::{pod_disruption_budget, service};
pub use pod::pod;
pub use workload::{deployment, deployment_update, replica_set, replica_set_update};

/// One refused field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    /// Field path, for example `spec.template.spec.containers[0].image`.
    pub path: String,
    /// The API server's words after the path, for example `Required value`.
    pub body: String,
    /// What to do about it.
    pub help: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.body)
    }
}

/// The errors of one object in the order in which the API server finds them.
#[derive(Default)]
pub(super) struct Errors(Vec<FieldError>);

impl Errors {
    fn push(&mut self, path: impl Into<String>, body: String, help: impl Into<String>) {
        let error = FieldError { path: path.into(), body, help: help.into() };
        // The client shows equal causes once.
        if !self.0.contains(&error) {
            self.0.push(error);
        }
    }

    fn with_detail(kind: &str, detail: &str) -> String {
        if detail.is_empty() { kind.into() } else { format!("{kind}: {detail}") }
    }

    fn required(&mut self, path: impl Into<String>, detail: &str, help: impl Into<String>) {
        self.push(path, Self::with_detail("Required value", detail), help);
    }

    fn forbidden(&mut self, path: impl Into<String>, detail: &str, help: impl Into<String>) {
        self.push(path, Self::with_detail("Forbidden", detail), help);
    }

    /// `value` is a text that the server would quote.
    fn invalid_text(&mut self, path: impl Into<String>, value: &str, detail: &str, help: impl Into<String>) {
        self.invalid(path, quoted(value), detail, help);
    }

    /// `value` is printed as it is.
    fn invalid(
        &mut self,
        path: impl Into<String>,
        value: impl fmt::Display,
        detail: &str,
        help: impl Into<String>,
    ) {
        self.push(path, Self::with_detail(&format!("Invalid value: {value}"), detail), help);
    }

    fn unsupported(&mut self, path: impl Into<String>, value: impl fmt::Display, supported: &[&str]) {
        let list: Vec<String> = supported.iter().map(|value| quoted(value)).collect();
        let body = format!("Unsupported value: {value}: supported values: {}", list.join(", "));
        self.push(path, body, format!("write one of {}", supported.join(", ")));
    }

    fn duplicate(&mut self, path: impl Into<String>, value: &str, help: impl Into<String>) {
        self.push(path, format!("Duplicate value: {}", quoted(value)), help);
    }

    fn not_found(&mut self, path: impl Into<String>, value: &str, help: impl Into<String>) {
        self.push(path, format!("Not found: {}", quoted(value)), help);
    }

    /// Numbers that must not be below 0.
    fn nonnegative(&mut self, path: impl Into<String>, value: i64) {
        if value < 0 {
            self.invalid(path, value, "must be greater than or equal to 0", "write 0 or more");
        }
    }

    /// All of `messages` about one text.
    fn invalid_all(&mut self, path: &str, value: &str, messages: Vec<String>, help: &str) {
        for message in messages {
            self.invalid_text(path, value, &message, help);
        }
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn into_vec(self) -> Vec<FieldError> {
        self.0
    }
}

/// A text as Go's `%q` prints it.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

// Reading the JSON: what is absent, null or of another type is the zero value, as Go has decoded it.

fn get<'a>(object: &'a Value, key: &str) -> &'a Value {
    object.get(key).unwrap_or(&Value::Null)
}

fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    get(object, key).as_str().unwrap_or_default()
}

fn int(object: &Value, key: &str) -> Option<i64> {
    get(object, key).as_i64()
}

fn flag(object: &Value, key: &str) -> bool {
    get(object, key).as_bool().unwrap_or_default()
}

fn list<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    get(object, key).as_array().map_or(&[], Vec::as_slice)
}

/// Entries sorted by key: Go's order is random, ours is not.
fn entries<'a>(object: &'a Value, key: &str) -> Vec<(&'a str, &'a Value)> {
    let mut entries: Vec<(&str, &Value)> = get(object, key)
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    entries.sort_by_key(|entry| entry.0);
    entries
}

/// Whether a pointer field is set.
fn has(object: &Value, key: &str) -> bool {
    !get(object, key).is_null()
}
