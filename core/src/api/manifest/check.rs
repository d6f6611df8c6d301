//! One object: decoded, filled, validated, typed; and what several objects say together.

use serde_json::Value;

use super::diagnostic::{Code, Diagnostic, Severity};
use super::source::Source;
use super::tree::Node;
use super::{Located, Object, Reader, Validate, decode, kinds};
use crate::api::{Str, validation};

/// Reads one object of a document.
pub(super) fn object(reader: &mut Reader<'_>, node: &Node, api_version: &str, kind: &str) {
    let meta = |key: &str| node.get("metadata").and_then(|meta| meta.get(key)).and_then(Node::as_str);
    let name = meta("name").filter(|name| !name.is_empty()).or(meta("generateName")).unwrap_or_default();
    let mut source = Source {
        text: reader.text.clone(),
        tree: Some(node.clone()),
        span: node.span,
        object: format!("{kind} {name:?}").into(),
    };
    let known = match kinds::known(api_version, kind) {
        Ok(Some(known)) => known,
        Ok(None) => {
            source.tree = None;
            let object =
                Object::Other { api_version: api_version.into(), kind: kind.into(), name: name.into() };
            reader.objects.push(Located { object, source });
            return;
        }
        Err(version) => {
            let message = format!("no matches for kind {kind:?} in version {api_version:?}");
            let help = format!("Kubernetes 1.37 serves it as {version}: write `apiVersion: {version}`");
            let diagnostic =
                source.diagnostic(Severity::Error, Code::UnknownVersion, "apiVersion", message, help);
            reader.diagnostics.push(diagnostic);
            return;
        }
    };

    let (mut value, findings) = decode::decode(known.struct_index(), node);
    let first = reader.diagnostics.len();
    let mut wrong: Vec<String> = Vec::new();
    for finding in findings {
        let strict = finding.code != Code::WrongType;
        if strict && reader.options.stored {
            continue;
        }
        let severity = match (strict, reader.options.validate) {
            (false, _) | (true, Validate::Strict) => Severity::Error,
            (true, Validate::Warn) => Severity::Warning,
            (true, Validate::Ignore) => continue,
        };
        if !strict {
            wrong.push(finding.path.clone());
        }
        let message = if strict && severity == Severity::Error {
            format!("strict decoding error: {}", finding.message)
        } else {
            finding.message
        };
        let (line, column) = reader.text.position(finding.span.start);
        reader.diagnostics.push(Diagnostic {
            line,
            column,
            span: finding.span,
            ..source.diagnostic(severity, finding.code, &finding.path, message, finding.help)
        });
    }

    if let Value::Object(map) = &mut value {
        // Items of a typed list name neither.
        map.insert("apiVersion".into(), api_version.into());
        map.insert("kind".into(), kind.into());
        if let Some(Value::Object(meta)) = map.get_mut("metadata")
            && meta.get("namespace").and_then(Value::as_str).unwrap_or_default().is_empty()
        {
            meta.insert("namespace".into(), reader.options.namespace.as_str().into());
        }
    }
    known.fill(&mut value);
    if !reader.options.stored {
        validate(reader, &source, known, &value, &wrong);
    }

    match known.typed(&value) {
        Ok(object) if !reader.diagnostics[first..].iter().any(Diagnostic::is_error) => {
            if !known.keeps_tree() && !reader.options.keep_trees {
                source.tree = None;
            }
            reader.objects.push(Located { object, source });
        }
        Ok(_) => {}
        Err(error) => {
            // What has the wrong type has been told already; this is what only the typed form refuses.
            if !reader.diagnostics[first..].iter().any(Diagnostic::is_error) {
                let help = "this program cannot hold the value, although the API might";
                let diagnostic =
                    source.diagnostic(Severity::Error, Code::WrongType, &error.path, error.message, help);
                reader.diagnostics.push(diagnostic);
            }
        }
    }
}

/// The API server's validation, and what this program adds to it.
fn validate(reader: &mut Reader<'_>, source: &Source, known: kinds::Known, value: &Value, wrong: &[String]) {
    let meta = |key: &str| value.pointer("/metadata").and_then(|meta| meta.get(key)).and_then(Value::as_str);
    if meta("name").unwrap_or_default().is_empty() && meta("generateName").unwrap_or_default().is_empty() {
        let message = "resource name may not be empty";
        let help = "give the object a name: metadata.name";
        let diagnostic = source.diagnostic(Severity::Error, Code::Identity, "metadata.name", message, help);
        reader.diagnostics.push(diagnostic);
    }
    for error in known.validate(value) {
        // Told above, in kubectl's words.
        let nameless = error.path == "metadata.name" && error.body.starts_with("Required");
        // What had the wrong type was left out; that it is missing now is no news.
        let known_wrong = wrong.iter().any(|path| {
            let within = |a: &str, b: &str| {
                a.strip_prefix(b).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            within(&error.path, path) || within(path, &error.path)
        });
        if nameless || known_wrong {
            continue;
        }
        let message = error.to_string();
        let mut diagnostic =
            source.diagnostic(Severity::Error, Code::Invalid, &error.path, message, error.help);
        // A template's metadata is missing from the server's paths of its labels and annotations.
        for key in ["labels", "annotations"] {
            if error.path == format!("spec.template.{key}") {
                let at = source.diagnostic(
                    Severity::Error,
                    Code::Invalid,
                    &format!("spec.template.metadata.{key}"),
                    "",
                    "",
                );
                (diagnostic.line, diagnostic.column, diagnostic.span) = (at.line, at.column, at.span);
            }
        }
        reader.diagnostics.push(diagnostic);
    }
    let replicas = value.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(0);
    let max = i64::from(reader.options.replicas_max);
    if matches!(known, kinds::Known::Deployment | kinds::Known::ReplicaSet) && replicas > max {
        let message = format!("{replicas} replicas are more than this program simulates ({max})");
        let help = "the API server would accept it; write fewer, or raise the limit of replicas";
        let diagnostic = source.diagnostic(Severity::Error, Code::Limit, "spec.replicas", message, help);
        reader.diagnostics.push(diagnostic);
    }
    let name = meta("name").unwrap_or_default();
    let labels = validation::dns1123_label(name);
    if known == kinds::Known::Deployment && !name.is_empty() && !labels.is_empty() {
        let message = format!(
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS \
             label is recommended: [{}]",
            labels.join(" ")
        );
        let help = "use at most 63 lower case letters, digits and '-'";
        let diagnostic =
            source.diagnostic(Severity::Warning, Code::ServerWarning, "metadata.name", message, help);
        reader.diagnostics.push(diagnostic);
    }
}

/// What objects say together, of all files that were read: Deployments and ReplicaSets whose selectors claim the
/// same pods, and autoscalers whose target also sets its `replicas`.
pub fn warnings(objects: &[Located<Object>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let deployments: Vec<_> = objects
        .iter()
        .filter_map(|located| match &located.object {
            Object::Deployment(deployment) => Some((deployment, &located.source)),
            _ => None,
        })
        .collect();
    for (i, (a, a_source)) in deployments.iter().enumerate() {
        for (b, b_source) in &deployments[..i] {
            if a.meta.namespace != b.meta.namespace {
                continue;
            }
            let claims = |x: &crate::api::Deployment, y: &crate::api::Deployment| {
                x.spec.selector.as_ref().is_some_and(|s| !s.is_empty() && s.matches(&y.spec.template.labels))
            };
            if a.meta.name == b.meta.name {
                let message = format!("Deployment {:?} is there twice", a.meta.name);
                let help = format!(
                    "the other one is at {}:{}; applied one after the other, this one would replace it",
                    b_source.file(),
                    b_source.line()
                );
                found.push(a_source.diagnostic(
                    Severity::Warning,
                    Code::SelectorOverlap,
                    "metadata.name",
                    message,
                    help,
                ));
            } else if claims(a, b) || claims(b, a) {
                let message = format!(
                    "selectors of Deployments {:?} and {:?} overlap: each would claim the other's ReplicaSets \
                     and pods",
                    b.meta.name, a.meta.name
                );
                let help = format!(
                    "give each its own label in selector and template (the other one is at {}:{})",
                    b_source.file(),
                    b_source.line()
                );
                found.push(a_source.diagnostic(
                    Severity::Warning,
                    Code::SelectorOverlap,
                    "spec.selector",
                    message,
                    help,
                ));
            }
        }
    }
    for located in objects {
        let Object::HorizontalPodAutoscaler(hpa) = &located.object else { continue };
        for (deployment, source) in &deployments {
            let name: &Str = &deployment.meta.name;
            // Only a manifest that writes the field fights with the autoscaler.
            let written = source
                .tree
                .as_ref()
                .is_some_and(|tree| tree.get("spec").and_then(|spec| spec.get("replicas")).is_some());
            // What `kubectl get` printed has the field because the autoscaler set it.
            let live = !deployment.meta.uid.is_empty();
            if written && !live && hpa.targets_deployment(&deployment.meta.namespace, name) {
                let message = format!(
                    "HorizontalPodAutoscaler {:?} scales Deployment {name:?}, whose manifest sets replicas: every \
                     `kubectl apply` would undo the autoscaler's work",
                    hpa.meta.name
                );
                let help = "remove spec.replicas from the manifest";
                found.push(source.diagnostic(
                    Severity::Warning,
                    Code::ReplicasOwnedTwice,
                    "spec.replicas",
                    message,
                    help,
                ));
            }
        }
    }
    found
}
