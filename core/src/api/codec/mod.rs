//! Objects from and to `serde_json::Value`: plain Kubernetes JSON.
//!
//! Reading is lenient: what is missing or `null` is zero or `None`, what is unknown is skipped; only a value of
//! the wrong type is an error, with its field path. Nothing is defaulted here and
//! nothing validated, as controllers read what is stored. Writing omits what Go's types omit.

mod deployment;
mod horizontalpodautoscaler;
mod meta;
mod others;
mod pod;
mod replicaset;
mod selector;

use std::fmt;

use serde_json::{Map, Value};

use super::{List, Str, StringMap, Time};

/// A value of the wrong type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValueError {
    /// Where, for example `spec.template.spec.containers[0].name`; empty for the object itself.
    pub path: String,
    /// What is wrong, for example `expected int32, found string`.
    pub message: String,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl std::error::Error for ValueError {}

/// JSON's name of what a value is.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Where the reader is; printed only when something is wrong.
#[derive(Clone, Copy)]
enum Path<'a> {
    Root,
    Field(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Field(Path::Root, name) => f.write_str(name),
            Path::Field(parent, name) => write!(f, "{parent}.{name}"),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// A value that may be absent, and where it was.
#[derive(Clone, Copy)]
struct Node<'a> {
    value: &'a Value,
    path: &'a Path<'a>,
}

type Result<T> = std::result::Result<T, ValueError>;

impl<'a> Node<'a> {
    fn error<T>(self, expected: &str) -> Result<T> {
        Err(ValueError {
            path: self.path.to_string(),
            message: format!("expected {expected}, found {}", type_name(self.value)),
        })
    }

    /// `read` on the field, if it is present and not null.
    fn opt<T>(self, name: &str, read: impl FnOnce(Node<'_>) -> Result<T>) -> Result<Option<T>> {
        match self.value {
            Value::Null => Ok(None),
            Value::Object(map) => match map.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(value) => read(Node { value, path: &Path::Field(self.path, name) }).map(Some),
            },
            _ => self.error("object"),
        }
    }

    fn or_default<T: Default>(self, name: &str, read: impl FnOnce(Node<'_>) -> Result<T>) -> Result<T> {
        Ok(self.opt(name, read)?.unwrap_or_default())
    }

    fn vec<T>(self, read: impl Fn(Node<'_>) -> Result<T>) -> Result<Vec<T>> {
        let Value::Array(items) = self.value else {
            return self.error("array");
        };
        items
            .iter()
            .enumerate()
            .map(|(index, value)| read(Node { value, path: &Path::Index(self.path, index) }))
            .collect()
    }

    fn list<T>(self, read: impl Fn(Node<'_>) -> Result<T>) -> Result<List<T>> {
        Ok(self.vec(read)?.into())
    }
}

// Functions, not methods: as arguments they must hold for every lifetime.

fn read_str(node: Node<'_>) -> Result<Str> {
    match node.value {
        Value::String(text) => Ok(text.into()),
        _ => node.error("string"),
    }
}

fn read_bool(node: Node<'_>) -> Result<bool> {
    node.value.as_bool().map_or_else(|| node.error("bool"), Ok)
}

fn read_i64(node: Node<'_>) -> Result<i64> {
    if let Some(n) = node.value.as_i64() {
        return Ok(n);
    }
    // `3.0` and `1e3` are integers to the API server's decoder.
    match node.value.as_f64() {
        Some(n) if libm::trunc(n) == n && (-9.2e18..9.2e18).contains(&n) => Ok(n as i64),
        _ => node.error("int64"),
    }
}

fn read_i32(node: Node<'_>) -> Result<i32> {
    match read_i64(node).map(i32::try_from) {
        Ok(Ok(n)) => Ok(n),
        _ => node.error("int32"),
    }
}

fn read_time(node: Node<'_>) -> Result<Time> {
    match node.value.as_str().map(Time::parse) {
        Some(Ok(time)) => Ok(time),
        Some(Err(error)) => Err(ValueError { path: node.path.to_string(), message: error.to_string() }),
        None => node.error("RFC 3339 time"),
    }
}

fn read_string_map(node: Node<'_>) -> Result<StringMap> {
    let Value::Object(map) = node.value else {
        return node.error("object");
    };
    map.iter()
        .map(|(key, value)| {
            let entry = Node { value, path: &Path::Field(node.path, key) };
            // Go decodes a null entry to its zero value.
            Ok((key.as_str(), if value.is_null() { Str::default() } else { read_str(entry)? }))
        })
        .collect()
}

/// `read` on a whole object.
fn root<T>(value: &Value, read: impl FnOnce(Node<'_>) -> Result<T>) -> Result<T> {
    let node = Node { value, path: &Path::Root };
    if value.is_object() { read(node) } else { node.error("object") }
}

/// A JSON object under construction. `put` writes whatever it gets, the other methods omit what is empty.
struct Out(Map<String, Value>);

impl Out {
    fn new() -> Self {
        Out(Map::new())
    }

    fn object(api_version: &str, kind: &str) -> Self {
        Out::new().put("apiVersion", api_version).put("kind", kind)
    }

    fn put(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    fn some(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.put(name, value),
            None => self,
        }
    }

    fn str(self, name: &str, text: &str) -> Self {
        if text.is_empty() { self } else { self.put(name, text) }
    }

    fn int(self, name: &str, n: impl Into<i64>) -> Self {
        match n.into() {
            0 => self,
            n => self.put(name, n),
        }
    }

    fn flag(self, name: &str, on: bool) -> Self {
        if on { self.put(name, true) } else { self }
    }

    fn time(self, name: &str, time: Option<Time>) -> Self {
        self.some(name, time.map(|time| time.to_string()))
    }

    fn list<T>(self, name: &str, items: &[T], write: impl Fn(&T) -> Value) -> Self {
        if items.is_empty() { self } else { self.put(name, items.iter().map(write).collect::<Vec<_>>()) }
    }

    fn map(self, name: &str, map: &StringMap) -> Self {
        if map.is_empty() { self } else { self.put(name, string_map(map)) }
    }

    /// A struct that Go omits when it is absent only.
    fn finish(self) -> Value {
        Value::Object(self.0)
    }
}

fn string_map(map: &StringMap) -> Value {
    map.iter()
        .map(|(key, value)| (key.to_string(), Value::from(value.as_str())))
        .collect::<Map<_, _>>()
        .into()
}

#[cfg(test)]
mod tests;
