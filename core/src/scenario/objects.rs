//! Manifests of a scenario, read, filled and validated by the one reader of manifests there is; and what the API server does
//! with an object that a person sends.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::manifest::tree::{Data, Entry};
use crate::api::manifest::{self, Code, Diagnostic, Object, Read, ReadOptions, Severity, SourceText};
use crate::api::validation::{self, FieldError};
use crate::api::{Deployment, ReplicaSet, defaults};

/// The manifests of a scenario while they are read.
pub(super) struct Manifests {
    options: ReadOptions,
    /// By the name of their entry, as they were written.
    pub(super) written: BTreeMap<String, Value>,
    pub(super) notes: Vec<String>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The files beside the scenario.
    pub(super) sources: Vec<Arc<SourceText>>,
}

impl Manifests {
    pub(super) fn new(options: &ReadOptions) -> Self {
        Manifests {
            options: ReadOptions { keep_trees: true, ..options.clone() },
            written: BTreeMap::new(),
            notes: Vec::new(),
            diagnostics: Vec::new(),
            sources: Vec::new(),
        }
    }

    /// Takes one entry of `manifests`: an object, a text with one, or the path of a file.
    pub(super) fn take(
        &mut self,
        text: &Arc<SourceText>,
        entry: &Entry,
        open: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    ) {
        let wrong = |message: String, help: &str| {
            let path = format!("manifests[{:?}]", entry.key);
            let found =
                text.diagnostic(Severity::Error, Code::Invalid, Some(entry.key_span), message, help.into());
            Diagnostic { field_path: path, ..found }
        };
        let read = match &entry.value.data {
            Data::Map(_) => manifest::read_node(text, &entry.value, &self.options),
            Data::String(inline) if inline.contains('\n') => {
                let name = format!("{} (manifests[{:?}])", text.name(), entry.key);
                self.file(manifest::read(&name, inline.as_bytes(), &self.options))
            }
            Data::String(path) => match open(path) {
                Ok(bytes) => self.file(manifest::read(path, &bytes, &self.options)),
                Err(why) => {
                    let help = "a path is looked up beside the scenario file";
                    return self.diagnostics.push(wrong(why, help));
                }
            },
            _ => {
                let message = "a manifest is an object, or the path of a file with one".into();
                return self
                    .diagnostics
                    .push(wrong(message, "write the manifest below its name, or its path"));
            }
        };
        let failed = read.has_errors();
        self.diagnostics.extend(read.diagnostics);
        let (mut simulated, mut others) = (Vec::new(), Vec::new());
        for located in &read.objects {
            match located.object {
                Object::Deployment(_) | Object::ReplicaSet(_) => simulated.push(located),
                _ => others.push(located.object.kind()),
            }
        }
        others.sort_unstable();
        others.dedup();
        self.notes.extend(others.iter().map(|kind| format!("{kind} in {} is not simulated", entry.key)));
        match simulated.as_slice() {
            [one] => {
                let mut object = one.source.written().unwrap_or_default();
                // Items of a typed list name neither.
                object["apiVersion"] = "apps/v1".into();
                object["kind"] = one.object.kind().into();
                self.written.insert(entry.key.to_string(), object);
            }
            _ if failed => {}
            [] => {
                let found = if others.is_empty() { "nothing".into() } else { others.join(", ") };
                let message = format!(
                    "{found} in it, and no Deployment or ReplicaSet: those are simulated in a scenario"
                );
                self.diagnostics.push(wrong(message, "write the manifest of a Deployment"));
            }
            [..] => {
                let message = "several Deployments or ReplicaSets in one manifest".into();
                self.diagnostics
                    .push(wrong(message, "give each an entry of its own, and a step that applies it"));
            }
        }
    }

    fn file(&mut self, read: Read) -> Read {
        self.sources.push(read.text.clone());
        read
    }
}

/// What the API server stores of an object that is sent to it. The error is in its words, as kubectl prints them.
pub(super) trait Stored: Sized {
    /// A new object (`old` = none), or one that replaces what is stored.
    fn stored(object: Value, old: Option<&Self>) -> Result<Self, String>;
}

impl Stored for Deployment {
    fn stored(mut object: Value, old: Option<&Self>) -> Result<Self, String> {
        in_a_namespace(&mut object);
        defaults::deployment(&mut object);
        told(match old {
            None => validation::deployment(&object),
            Some(old) => validation::deployment_update(&object, &old.to_value()),
        })?;
        Deployment::from_value(&object).map_err(|error| error.to_string())
    }
}

impl Stored for ReplicaSet {
    fn stored(mut object: Value, old: Option<&Self>) -> Result<Self, String> {
        in_a_namespace(&mut object);
        defaults::replica_set(&mut object);
        told(match old {
            None => validation::replica_set(&object),
            Some(old) => validation::replica_set_update(&object, &old.to_value()),
        })?;
        ReplicaSet::from_value(&object).map_err(|error| error.to_string())
    }
}

/// A namespace is the client's to fill in.
fn in_a_namespace(object: &mut Value) {
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut)
        && meta.get("namespace").and_then(Value::as_str).is_none_or(str::is_empty)
    {
        meta.insert("namespace".into(), json!("default"));
    }
}

fn told(errors: Vec<FieldError>) -> Result<(), String> {
    match errors.as_slice() {
        [] => Ok(()),
        [one] => Err(one.to_string()),
        several => Err(several.iter().map(|error| format!("\n* {error}")).collect()),
    }
}
