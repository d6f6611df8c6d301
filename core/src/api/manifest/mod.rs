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
pub(crate) use suggest::nearest as nearest_name;

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
    /// The objects come from a cluster: what the API server has stored is not validated once more, and fields of a
    /// newer version are no slip of the finger.
    pub stored: bool,
    /// Keep the places of single fields of ReplicaSets and pods, too.
    pub keep_trees: bool,
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
            stored: false,
            keep_trees: false,
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
    let (text, documents) = trees(name, bytes, options);
    let mut reader = Reader { options, text, objects: Vec::new(), diagnostics: Vec::new() };
    for document in documents {
        match document {
            Ok(node) => reader.document(&node),
            Err(diagnostic) => reader.diagnostics.push(*diagnostic),
        }
    }
    Read { objects: reader.objects, diagnostics: reader.diagnostics, text: reader.text }
}

/// Reads one document that is a tree already, such as a manifest within another file.
pub fn read_node(text: &Arc<SourceText>, node: &Node, options: &ReadOptions) -> Read {
    let mut reader = Reader { options, text: text.clone(), objects: Vec::new(), diagnostics: Vec::new() };
    reader.document(node);
    Read { objects: reader.objects, diagnostics: reader.diagnostics, text: reader.text }
}

/// The documents of a file as trees, whatever they mean, or why one of them cannot be read.
pub fn trees(
    name: &str,
    bytes: &[u8],
    options: &ReadOptions,
) -> (Arc<SourceText>, Vec<Result<Node, Box<Diagnostic>>>) {
    match split::text_of(bytes, options.input_bytes_max) {
        Ok((text, start)) => {
            let text = Arc::new(SourceText::new(name, text));
            let found = documents(text.text(), start, options);
            let told = |(span, message)| Box::new(syntax_error(&text, span, message));
            let found = found.into_iter().map(|document| document.map_err(told)).collect();
            (text, found)
        }
        Err((code, message, help)) => {
            let text = Arc::new(SourceText::new(name, String::new()));
            let diagnostic = text.diagnostic(Severity::Error, code, None, message, help);
            (text, vec![Err(Box::new(diagnostic))])
        }
    }
}

/// The documents of a text in their order; a chunk that cannot be read leaves the others readable.
fn documents(text: &str, start: usize, options: &ReadOptions) -> Vec<Result<Node, (Span, String)>> {
    let depth_max = options.depth_max;
    let limits = yaml::Limits { depth_max, alias_nodes_max: options.alias_nodes_max };
    if text[start..].trim_start().starts_with(['{', '[']) {
        let (nodes, error) = json::values(&text[start..], start as u32, depth_max);
        let Some(error) = error else { return nodes.into_iter().map(Ok).collect() };
        // Flow-style YAML begins alike; if it is neither, it is most likely JSON with a slip.
        if let (nodes, None) = yaml::documents(&text[start..], start as u32, limits) {
            return nodes.into_iter().map(Ok).collect();
        }
        return nodes.into_iter().map(Ok).chain([Err((error.span, error.message))]).collect();
    }
    let mut found = Vec::new();
    for chunk in split::chunks(text, start) {
        let (nodes, error) = yaml::documents(&text[chunk.clone()], chunk.start as u32, limits);
        found.extend(nodes.into_iter().map(Ok));
        found.extend(error.map(|error| Err((error.span, error.message))));
    }
    found
}

fn syntax_error(text: &SourceText, span: Span, message: String) -> Diagnostic {
    let help = split::syntax_help(text.text(), span, &message);
    let limit = message.contains("excessive") || message.contains("max depth") || message.contains("limit");
    let code = if limit { Code::Limit } else { Code::Syntax };
    text.diagnostic(Severity::Error, code, Some(span), message, help)
}

struct Reader<'a> {
    options: &'a ReadOptions,
    text: Arc<SourceText>,
    objects: Vec<Located<Object>>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
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
