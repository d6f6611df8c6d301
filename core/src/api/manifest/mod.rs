//! Manifests: bytes in, objects and diagnostics out.
//!
//! YAML (several documents) and JSON (several values), lists of objects and what `kubectl get -o yaml|json`
//! prints. Objects of the kinds that this program knows are decoded strictly, defaulted and validated as the API
//! server does, in its words; all errors of a file are told at once. Finding and opening files is not done here.

mod check;
mod decode;
mod diagnostic;
mod json;
mod kinds;
mod render;
mod source;
mod split;
mod suggest;
pub mod tree;

use std::sync::Arc;

use super::{
    Deployment, HorizontalPodAutoscaler, ObjectMeta, Pod, PodDisruptionBudget, ReplicaSet, Service, Str, yaml,
};
use tree::{Data, Node, Span};

pub use check::warnings;
pub use diagnostic::{Code, Diagnostic, Severity};
pub use render::{kubectl_text, render};
pub use source::{Source, SourceText};
pub(super) use suggest::nearest as nearest_name;

/// What to do about unknown and repeated fields: kubectl's `--validate`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Validate {
    /// They are errors.
    #[default]
    Strict,
    /// They are warnings.
    Warn,
    /// Nothing.
    Ignore,
}

/// How to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadOptions {
    /// What to do about unknown and repeated fields.
    pub validate: Validate,
    /// Namespace of objects that name none.
    pub namespace: Str,
    /// Largest file, in bytes.
    pub input_bytes_max: usize,
    /// Deepest nesting.
    pub depth_max: u16,
    /// Values that YAML aliases may add to those that are written.
    pub alias_nodes_max: u32,
    /// Largest `spec.replicas`.
    pub replicas_max: i32,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            validate: Validate::Strict,
            namespace: "default".into(),
            input_bytes_max: 32 << 20,
            depth_max: 128,
            alias_nodes_max: 1_000_000,
            replicas_max: 1_000_000,
        }
    }
}

/// An object of a manifest, defaulted.
#[derive(Clone, PartialEq, Debug)]
pub enum Object {
    /// `apps/v1` Deployment.
    Deployment(Box<Deployment>),
    /// `apps/v1` ReplicaSet.
    ReplicaSet(Box<ReplicaSet>),
    /// `v1` Pod.
    Pod(Box<Pod>),
    /// `v1` Service.
    Service(Box<Service>),
    /// HorizontalPodAutoscaler of `autoscaling/v1` or `v2`.
    HorizontalPodAutoscaler(Box<HorizontalPodAutoscaler>),
    /// `policy/v1` PodDisruptionBudget.
    PodDisruptionBudget(Box<PodDisruptionBudget>),
    /// Any other kind, known by name only.
    Other {
        /// For example `v1`.
        api_version: Str,
        /// For example `ConfigMap`.
        kind: Str,
        /// `metadata.name`, or its `generateName`.
        name: Str,
    },
}

impl Object {
    /// Its kind.
    pub fn kind(&self) -> &str {
        match self {
            Object::Deployment(_) => "Deployment",
            Object::ReplicaSet(_) => "ReplicaSet",
            Object::Pod(_) => "Pod",
            Object::Service(_) => "Service",
            Object::HorizontalPodAutoscaler(_) => "HorizontalPodAutoscaler",
            Object::PodDisruptionBudget(_) => "PodDisruptionBudget",
            Object::Other { kind, .. } => kind,
        }
    }

    /// Its metadata, if its kind is known.
    pub fn meta(&self) -> Option<&ObjectMeta> {
        match self {
            Object::Deployment(o) => Some(&o.meta),
            Object::ReplicaSet(o) => Some(&o.meta),
            Object::Pod(o) => Some(&o.meta),
            Object::Service(o) => Some(&o.meta),
            Object::HorizontalPodAutoscaler(o) => Some(&o.meta),
            Object::PodDisruptionBudget(o) => Some(&o.meta),
            Object::Other { .. } => None,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Object::Other { name, .. } => name,
            _ => self.meta().map_or("", |meta| &meta.name),
        }
    }
}

/// An object and where it came from.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The object.
    pub object: T,
    /// Where it was written.
    pub source: Source,
}

/// What reading a file gave.
#[derive(Clone, Debug)]
pub struct Read {
    /// The objects that are without errors, in the order of the file.
    pub objects: Vec<Located<Object>>,
    /// What is wrong, object by object in the order of the file, in the API server's order within an object.
    pub diagnostics: Vec<Diagnostic>,
    /// The text of the file, for excerpts.
    pub text: Arc<SourceText>,
}

impl Read {
    /// Whether there is an error among the diagnostics.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Reads a file. `name` is how diagnostics call it.
pub fn read(name: &str, bytes: &[u8], options: &ReadOptions) -> Read {
    let mut reader = Reader {
        options,
        text: Arc::new(SourceText::new(name, String::new())),
        objects: Vec::new(),
        diagnostics: Vec::new(),
    };
    match split::text_of(bytes, options.input_bytes_max) {
        Ok((text, start)) => {
            reader.text = Arc::new(SourceText::new(name, text));
            let source = reader.text.clone();
            reader.documents(source.text(), start);
        }
        Err((code, message, help)) => {
            let diagnostic = reader.text.diagnostic(Severity::Error, code, None, message, help);
            reader.diagnostics.push(diagnostic);
        }
    }
    Read { objects: reader.objects, diagnostics: reader.diagnostics, text: reader.text }
}

struct Reader<'a> {
    options: &'a ReadOptions,
    text: Arc<SourceText>,
    objects: Vec<Located<Object>>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn documents(&mut self, text: &str, start: usize) {
        let depth_max = self.options.depth_max;
        if text[start..].trim_start().starts_with(['{', '[']) {
            let (nodes, error) = json::values(&text[start..], start as u32, depth_max);
            let Some(error) = error else {
                nodes.iter().for_each(|node| self.document(node));
                return;
            };
            // Flow-style YAML begins alike; if it is neither, it is most likely JSON with a slip.
            let limits = yaml::Limits { depth_max, alias_nodes_max: self.options.alias_nodes_max };
            if let (nodes, None) = yaml::documents(&text[start..], start as u32, limits) {
                nodes.iter().for_each(|node| self.document(node));
            } else {
                nodes.iter().for_each(|node| self.document(node));
                self.syntax_error(error.span, error.message);
            }
            return;
        }
        for chunk in split::chunks(text, start) {
            let limits = yaml::Limits { depth_max, alias_nodes_max: self.options.alias_nodes_max };
            let (nodes, error) = yaml::documents(&text[chunk.clone()], chunk.start as u32, limits);
            nodes.iter().for_each(|node| self.document(node));
            if let Some(error) = error {
                self.syntax_error(error.span, error.message);
            }
        }
    }

    fn syntax_error(&mut self, span: Span, message: String) {
        let help = split::syntax_help(self.text.text(), span, &message);
        let code =
            if message.contains("excessive") || message.contains("max depth") || message.contains("limit") {
                Code::Limit
            } else {
                Code::Syntax
            };
        let diagnostic = self.text.diagnostic(Severity::Error, code, Some(span), message, help);
        self.diagnostics.push(diagnostic);
    }

    fn document(&mut self, node: &Node) {
        match &node.data {
            Data::Map(_) => self.object(node, None),
            Data::Null => {}
            _ => {
                let message = format!(
                    "json: cannot unmarshal {} into Go value of type unstructured.detector",
                    node.type_name()
                );
                let help = "a manifest is a mapping that begins with apiVersion and kind".into();
                let span = Span { start: node.span.start, end: node.span.start };
                let diagnostic =
                    self.text.diagnostic(Severity::Error, Code::Syntax, Some(span), message, help);
                self.diagnostics.push(diagnostic);
            }
        }
    }

    /// `inherited`: apiVersion and kind of items of a typed list, which need not name them.
    fn object(&mut self, node: &Node, inherited: Option<(&str, &str)>) {
        let text = |key: &str| node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        let api_version = text("apiVersion").or(inherited.map(|i| i.0));
        let kind = text("kind").or(inherited.map(|i| i.1));
        let (Some(api_version), Some(kind)) = (api_version, kind) else {
            let missing = if kind.is_none() { "Kind" } else { "apiVersion" };
            let at = if kind.is_none() { node.span_of("kind") } else { node.span_of("apiVersion") };
            let message = format!("Object '{missing}' is missing");
            let help =
                "every manifest names its apiVersion and kind, for example apps/v1 and Deployment".into();
            let span = Span { start: at.start, end: at.start };
            let diagnostic = self.text.diagnostic(Severity::Error, Code::Identity, Some(span), message, help);
            self.diagnostics.push(diagnostic);
            return;
        };
        if let (Some(item_kind), Some(Node { data: Data::List(items), .. })) =
            (kind.strip_suffix("List"), node.get("items"))
        {
            let typed = !item_kind.is_empty();
            for item in items.iter() {
                match &item.data {
                    Data::Map(_) => self.object(item, typed.then_some((api_version, item_kind))),
                    _ => self.document(item),
                }
            }
            return;
        }
        check::object(self, node, api_version, kind);
    }
}
