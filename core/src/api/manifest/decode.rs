//! From a tree to JSON that fits the schema, as the API server's strict decoder does it: unknown and repeated
//! fields and values of the wrong type are told, in its words and its order, and left out.

use serde_json::{Map, Value};

use super::diagnostic::Code;
use super::suggest;
use super::tree::{Data, Entry, Node, Span};
use crate::api::schema::{Field, Kind, STRUCTS, type_name};
use crate::api::{Quantity, Time};

/// One thing that the decoder did not like.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) code: Code,
    pub(super) span: Span,
    pub(super) path: String,
    pub(super) message: String,
    pub(super) help: String,
}

/// The API server stops counting here.
const FINDINGS_MAX: usize = 100;

/// Reads `node` as the struct with that index.
pub(super) fn decode(struct_index: usize, node: &Node) -> (Value, Vec<Finding>) {
    let mut decoder =
        Decoder { path: String::new(), go_fields: Vec::new(), go_struct: "", findings: Vec::new() };
    let value = decoder.structure(struct_index, node);
    (value.unwrap_or_else(|| Value::Object(Map::new())), decoder.findings)
}

struct Decoder {
    /// Path in the words of strict errors, list indices included.
    path: String,
    /// Path in the words of type errors, which leave list indices and map keys out.
    go_fields: Vec<&'static str>,
    go_struct: &'static str,
    findings: Vec<Finding>,
}

impl Decoder {
    fn find(&mut self, code: Code, span: Span, path: String, message: String, help: String) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { code, span, path, message, help });
        }
    }

    fn child_path(&self, key: &str) -> String {
        if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) }
    }

    /// Runs `read` one step further down the path.
    fn within<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let len = self.path.len();
        if !step.starts_with('[') && len > 0 {
            self.path.push('.');
        }
        self.path.push_str(step);
        let result = read(self);
        self.path.truncate(len);
        result
    }

    fn wrong_type(&mut self, node: &Node, go_type: &str, help: &str) -> Option<Value> {
        let found = match &node.data {
            // Go tells the digits where the type is a number that they do not fit.
            Data::Number(n) if go_type.starts_with("int") || go_type.starts_with("float") => {
                format!("number {n}")
            }
            _ => node.type_name().to_string(),
        };
        let message = if self.go_struct.is_empty() {
            format!("json: cannot unmarshal {found} into Go value of type {go_type}")
        } else {
            let fields = self.go_fields.join(".");
            format!(
                "json: cannot unmarshal {found} into Go struct field {}.{fields} of type {go_type}",
                self.go_struct
            )
        };
        self.find(Code::WrongType, node.span, self.path.clone(), message, help.into());
        None
    }

    /// Entries in the order in which the server sees them (kubectl sorts), repeated ones told.
    fn sorted<'n>(&mut self, entries: &'n [Entry]) -> Vec<&'n Entry> {
        let mut sorted: Vec<&Entry> = entries.iter().collect();
        sorted.sort_by(|a, b| a.key.cmp(&b.key));
        for pair in sorted.windows(2) {
            if pair[0].shadowed && pair[0].key == pair[1].key {
                let path = self.child_path(&pair[1].key);
                let message = format!("duplicate field {path:?}");
                let help = "keep one of the two; the later one would count".into();
                self.find(Code::DuplicateField, pair[1].key_span, path, message, help);
            }
        }
        sorted.retain(|entry| !entry.shadowed);
        sorted
    }

    fn structure(&mut self, struct_index: usize, node: &Node) -> Option<Value> {
        let structure = STRUCTS.get(struct_index)?;
        let Data::Map(entries) = &node.data else {
            return self.wrong_type(node, structure.go, "a mapping (`key: value` lines) belongs here");
        };
        let mut out = Map::new();
        for entry in self.sorted(entries) {
            let Some((field, inlined)) = field_of(struct_index, &entry.key) else {
                self.unknown(struct_index, entry);
                continue;
            };
            let outer = std::mem::replace(&mut self.go_struct, short(structure.go));
            let depth = self.go_fields.len();
            // Go's messages name them, although JSON does not.
            self.go_fields.extend(inlined);
            self.go_fields.push(field.json);
            let value = self.within(field.json, |d| d.value(&field.kind, &entry.value));
            self.go_fields.truncate(depth);
            self.go_struct = outer;
            if let Some(value) = value {
                out.insert(field.json.into(), value);
            }
        }
        Some(out.into())
    }

    fn unknown(&mut self, struct_index: usize, entry: &Entry) {
        let path = self.child_path(&entry.key);
        let names = suggest::field_names(struct_index);
        let help = if let Some(name) = suggest::nearest(&entry.key, names.iter().copied()) {
            format!("did you mean {}?", self.child_path(name))
        } else if let Some(parent) = suggest::elsewhere(struct_index, &entry.key) {
            format!("did you mean {}.{}? (check the indentation)", self.child_path(parent), entry.key)
        } else {
            let kind = STRUCTS.get(struct_index).map_or("object", |s| short(s.go));
            format!("{kind} has no such field; remove it or check the indentation")
        };
        self.find(Code::UnknownField, entry.key_span, path.clone(), format!("unknown field {path:?}"), help);
    }

    /// `None` where the value does not fit, which has been told.
    fn value(&mut self, kind: &Kind, node: &Node) -> Option<Value> {
        if matches!(node.data, Data::Null) {
            return Some(Value::Null);
        }
        match kind {
            Kind::Struct(index) => self.structure(*index, node),
            Kind::List(item) | Kind::PtrList(item) | Kind::NamedList(_, item) => {
                let Data::List(items) = &node.data else {
                    return self.wrong_type(node, &go_type(kind), "a list (`- item` lines) belongs here");
                };
                let mut out = Vec::with_capacity(items.len());
                for (index, node) in items.iter().enumerate() {
                    // A hole would move the later items and so falsify their paths.
                    let value = self.within(&format!("[{index}]"), |d| d.value(item, node));
                    out.push(value.unwrap_or(Value::Null));
                }
                Some(out.into())
            }
            Kind::Map(item) | Kind::NamedMap(_, item) => {
                let Data::Map(entries) = &node.data else {
                    return self.wrong_type(
                        node,
                        &go_type(kind),
                        "a mapping (`key: value` lines) belongs here",
                    );
                };
                let mut out = Map::new();
                for entry in self.sorted(entries) {
                    if let Some(value) = self.within(&entry.key, |d| d.value(item, &entry.value)) {
                        out.insert(entry.key.to_string(), value);
                    }
                }
                Some(out.into())
            }
            Kind::RawJson => Some(node.to_value()),
            Kind::Quantity => self.quantity(node),
            Kind::Time | Kind::MicroTime => self.time(node),
            Kind::Bool => match &node.data {
                Data::Bool(_) => Some(node.to_value()),
                _ => self.wrong_type(node, "bool", "write true or false, without quotes"),
            },
            Kind::String | Kind::NamedString(_) | Kind::Bytes | Kind::Duration => match &node.data {
                Data::String(_) => Some(node.to_value()),
                _ => self.wrong_type(node, &go_type(kind), "put the value in quotes"),
            },
            Kind::Int32 => self.integer(node, "int32", i64::from(i32::MIN), i64::from(i32::MAX)),
            Kind::Int64 => self.integer(node, "int64", i64::MIN, i64::MAX),
            Kind::Float64 => match &node.data {
                Data::Number(_) => Some(node.to_value()),
                _ => self.wrong_type(node, "float64", "write a number, without quotes"),
            },
            Kind::IntOrString => match &node.data {
                Data::String(_) => Some(node.to_value()),
                _ => self.integer(node, "int32", i64::from(i32::MIN), i64::from(i32::MAX)),
            },
        }
    }

    fn integer(&mut self, node: &Node, go_type: &str, min: i64, max: i64) -> Option<Value> {
        match &node.data {
            Data::Number(n) => match n.as_i64() {
                Some(n) if (min..=max).contains(&n) => Some(n.into()),
                _ => self.wrong_type(node, go_type, &format!("write a whole number from {min} to {max}")),
            },
            _ => self.wrong_type(node, go_type, "write a whole number, without quotes"),
        }
    }

    fn quantity(&mut self, node: &Node) -> Option<Value> {
        let text = match &node.data {
            Data::String(text) => text.to_string(),
            Data::Number(n) => n.to_string(),
            _ => node.type_name().to_string(),
        };
        match Quantity::parse(text.trim()) {
            Ok(_) => Some(node.to_value()),
            Err(error) => {
                let help = "write an amount such as 250m, 2, 512Mi or 1Gi".into();
                self.find(Code::WrongType, node.span, self.path.clone(), error.to_string(), help);
                None
            }
        }
    }

    fn time(&mut self, node: &Node) -> Option<Value> {
        let Data::String(text) = &node.data else {
            return self.wrong_type(
                node,
                "string",
                "write a time such as \"2026-11-23T09:30:00Z\", in quotes",
            );
        };
        if Time::parse(text).is_ok() {
            return Some(node.to_value());
        }
        let message =
            format!("parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?}");
        let help = "write a time such as 2026-11-23T09:30:00Z".into();
        self.find(Code::WrongType, node.span, self.path.clone(), message, help);
        None
    }
}

/// The field of that name, and the Go names of the inlined structs on the way to it.
fn field_of(struct_index: usize, key: &str) -> Option<(&'static Field, Vec<&'static str>)> {
    STRUCTS.get(struct_index)?.fields.iter().find_map(|field| match &field.kind {
        Kind::Struct(index) if field.inline => {
            let (found, mut inlined) = field_of(*index, key)?;
            inlined.insert(0, field.go);
            Some((found, inlined))
        }
        _ => (field.json == key).then_some((field, Vec::new())),
    })
}

/// `v1.PodSpec` without its package.
fn short(go: &'static str) -> &'static str {
    go.rsplit('.').next().unwrap_or(go)
}

/// How Go prints the type that a decoder fills.
fn go_type(kind: &Kind) -> String {
    match kind {
        // These decode themselves, by way of a simpler type.
        Kind::IntOrString => "int32".into(),
        Kind::Time | Kind::MicroTime | Kind::Duration => "string".into(),
        _ => type_name(kind),
    }
}
