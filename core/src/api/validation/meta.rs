//! `metadata`, labels and annotations.

use serde_json::Value;

use super::formats::{dns1123_label, dns1123_subdomain, label_key, label_value};
use super::{Errors, entries, flag, get, has, int, list, text};

/// Annotations of one object may not be larger, in bytes.
const ANNOTATION_BYTES_MAX: usize = 256 << 10;

const NAME_HELP: &str =
    "use lower case letters, digits, '-' and '.', beginning and ending with a letter or digit";

/// `metadata` of a new object of a namespaced kind whose name is a DNS subdomain.
pub(super) fn object_meta(errors: &mut Errors, meta: &Value) {
    object_meta_named(errors, meta, dns1123_subdomain);
}

/// The same for a kind whose names have another form.
pub(super) fn object_meta_named(errors: &mut Errors, meta: &Value, form: fn(&str) -> Vec<String>) {
    let generate = text(meta, "generateName");
    if !generate.is_empty() {
        // The dash at its end is followed by random letters.
        let masked = match generate.strip_suffix('-') {
            Some(rest) if !rest.is_empty() => {
                let cut = rest.char_indices().next_back().map_or(0, |(at, _)| at);
                format!("{}a", &rest[..cut])
            }
            _ => generate.to_string(),
        };
        errors.invalid_all("metadata.generateName", generate, form(&masked), NAME_HELP);
    }
    let name = text(meta, "name");
    if !name.is_empty() {
        errors.invalid_all("metadata.name", name, form(name), NAME_HELP);
    } else if generate.is_empty() {
        let help = "give the object a name";
        errors.required("metadata.name", "name or generateName is required", help);
    }
    let namespace = text(meta, "namespace");
    if namespace.is_empty() {
        errors.required("metadata.namespace", "", "name the namespace");
    } else {
        errors.invalid_all("metadata.namespace", namespace, dns1123_label(namespace), NAME_HELP);
    }
    errors.nonnegative("metadata.generation", int(meta, "generation").unwrap_or(0));
    common(errors, meta);
    for finalizer in list(meta, "finalizers").iter().filter_map(Value::as_str) {
        let help = "a finalizer is a name with an optional prefix, such as example.com/cleanup";
        errors.invalid_all("metadata.finalizers", finalizer, label_key(finalizer), help);
    }
}

/// `metadata` of an update.
pub(super) fn object_meta_update(errors: &mut Errors, new: &Value, old: &Value) {
    let help = "it cannot change; create another object instead";
    for key in ["name", "namespace", "uid", "creationTimestamp"] {
        if text(new, key) != text(old, key) {
            errors.invalid_text(format!("metadata.{key}"), text(new, key), "field is immutable", help);
        }
    }
    common(errors, new);
}

fn common(errors: &mut Errors, meta: &Value) {
    labels(errors, meta, "labels", "metadata.labels");
    annotations(errors, meta, "metadata.annotations");
    let references = list(meta, "ownerReferences");
    for (index, reference) in references.iter().enumerate() {
        for key in ["apiVersion", "kind", "name", "uid"] {
            if text(reference, key).is_empty() {
                let path = format!("metadata.ownerReferences[{index}].{key}");
                errors.required(
                    path,
                    "must not be empty",
                    "owners are set by controllers: remove ownerReferences",
                );
            }
        }
    }
    let mut controllers = references.iter().filter(|r| flag(r, "controller"));
    if let (Some(first), Some(second)) = (controllers.next(), controllers.next()) {
        let name = |r: &Value| format!("{}/{}", text(r, "kind"), text(r, "name"));
        let detail = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
            name(first),
            name(second)
        );
        let value = get(meta, "ownerReferences").to_string();
        errors.invalid("metadata.ownerReferences", value, &detail, "keep one controller");
    }
}

/// A map of labels.
pub(super) fn labels(errors: &mut Errors, parent: &Value, key: &str, path: &str) {
    for (key, value) in entries(parent, key) {
        label_name(errors, key, path);
        let value = value.as_str().unwrap_or_default();
        let help = "a label's value has at most 63 letters, digits, '-', '_' and '.'";
        errors.invalid_all(path, value, label_value(value), help);
    }
}

/// The key of a label.
pub(super) fn label_name(errors: &mut Errors, key: &str, path: &str) {
    let help = "a label's key is a name of at most 63 letters, digits, '-', '_' and '.', with an optional prefix \
                such as example.com/";
    errors.invalid_all(path, key, label_key(key), help);
}

/// A map of annotations.
pub(super) fn annotations(errors: &mut Errors, parent: &Value, path: &str) {
    if !has(parent, "annotations") {
        return;
    }
    let mut bytes = 0;
    for (key, value) in entries(parent, "annotations") {
        bytes += key.len() + value.as_str().map_or(0, str::len);
        for message in label_key(&key.to_lowercase()) {
            let help = "an annotation's key is a name of letters, digits, '-', '_' and '.', with an optional prefix \
                        such as example.com/";
            errors.invalid_text(path, key, &message, help);
        }
    }
    if bytes > ANNOTATION_BYTES_MAX {
        let body = format!("Too long: may not be more than {ANNOTATION_BYTES_MAX} bytes");
        errors.push(path, body, "move the data to a ConfigMap");
    }
}
