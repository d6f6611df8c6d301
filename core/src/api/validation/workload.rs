//! Deployments and ReplicaSets.

use serde_json::Value;

use super::meta::{annotations, labels, object_meta, object_meta_update};
use super::pod::pod_spec;
use super::selector::{self, label_selector};
use super::strategy::strategy;
use super::{Errors, FieldError, get, has, int, list, quoted, text};
use crate::api::{LabelSelector, StringMap};

/// A new Deployment.
pub fn deployment(object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    object_meta(&mut errors, get(object, "metadata"));
    deployment_spec(&mut errors, get(object, "spec"));
    errors.into_vec()
}

/// A Deployment that replaces a stored one.
pub fn deployment_update(new: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    object_meta_update(&mut errors, get(new, "metadata"), get(old, "metadata"));
    deployment_spec(&mut errors, get(new, "spec"));
    immutable_selector(&mut errors, new, old);
    errors.into_vec()
}

/// A new ReplicaSet.
pub fn replica_set(object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    object_meta(&mut errors, get(object, "metadata"));
    replica_set_spec(&mut errors, get(object, "spec"));
    errors.into_vec()
}

/// A ReplicaSet that replaces a stored one.
pub fn replica_set_update(new: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    object_meta_update(&mut errors, get(new, "metadata"), get(old, "metadata"));
    replica_set_spec(&mut errors, get(new, "spec"));
    immutable_selector(&mut errors, new, old);
    errors.into_vec()
}

fn immutable_selector(errors: &mut Errors, new: &Value, old: &Value) {
    let (new, old) = (get(get(new, "spec"), "selector"), get(get(old, "spec"), "selector"));
    if selector::json(new) != selector::json(old) {
        errors.invalid(
            "spec.selector",
            selector::json(new),
            "field is immutable",
            "keep the selector, or delete the object and create it anew",
        );
    }
}

fn deployment_spec(errors: &mut Errors, spec: &Value) {
    errors.nonnegative("spec.replicas", int(spec, "replicas").unwrap_or(0));
    selector_and_template(errors, spec);
    strategy(errors, get(spec, "strategy"), "spec.strategy");
    let min_ready = int(spec, "minReadySeconds").unwrap_or(0);
    errors.nonnegative("spec.minReadySeconds", min_ready);
    if let Some(limit) = int(spec, "revisionHistoryLimit") {
        errors.nonnegative("spec.revisionHistoryLimit", limit);
    }
    if let Some(deadline) = int(spec, "progressDeadlineSeconds") {
        errors.nonnegative("spec.progressDeadlineSeconds", deadline);
        if deadline <= min_ready {
            let help = format!(
                "a pod counts as available after minReadySeconds ({min_ready}), so the deadline (600 where it is not \
                 set) must be longer: raise progressDeadlineSeconds or lower minReadySeconds"
            );
            errors.invalid(
                "spec.progressDeadlineSeconds",
                deadline,
                "must be greater than minReadySeconds",
                help,
            );
        }
    }
}

fn replica_set_spec(errors: &mut Errors, spec: &Value) {
    errors.nonnegative("spec.replicas", int(spec, "replicas").unwrap_or(0));
    errors.nonnegative("spec.minReadySeconds", int(spec, "minReadySeconds").unwrap_or(0));
    selector_and_template(errors, spec);
}

fn selector_and_template(errors: &mut Errors, spec: &Value) {
    let selector = get(spec, "selector");
    let mut usable = true;
    if selector.is_null() {
        let help = "say which pods belong to it: selector.matchLabels with the template's labels";
        errors.required("spec.selector", "", help);
    } else {
        usable = label_selector(errors, selector, "spec.selector");
        if selector::is_empty(selector) {
            let help = "an empty selector means every pod: repeat the template's labels in matchLabels";
            let detail = "empty selector is invalid for deployment";
            errors.invalid("spec.selector", selector::json(selector), detail, help);
        }
    }
    if !usable {
        let help = "mend the selector first: the template is checked after that";
        errors.invalid("spec.selector", selector::json(selector), "invalid label selector", help);
        return;
    }
    let template = get(spec, "template");
    let meta = get(template, "metadata");
    if selector.is_null() || !selector::is_empty(selector) && !matches(selector, meta) {
        let help =
            "the template's labels must have everything that the selector asks for: repeat them in both";
        errors.invalid(
            "spec.template.metadata.labels",
            selector::string_map(meta, "labels"),
            "`selector` does not match template `labels`",
            help,
        );
    }
    pod_template(errors, template, "spec.template");
    let pod = get(template, "spec");
    let policy = text(pod, "restartPolicy");
    if policy != "Always" {
        errors.unsupported("spec.template.spec.restartPolicy", quoted(policy), &["Always"]);
        if let Some(error) = errors.0.last_mut() {
            error.help = "remove restartPolicy; for pods that end by themselves use a Job".into();
        }
    }
    if has(pod, "activeDeadlineSeconds") {
        errors.forbidden(
            "spec.template.spec.activeDeadlineSeconds",
            "activeDeadlineSeconds in ReplicaSet is not Supported",
            "remove it; for pods that end by themselves use a Job",
        );
    }
}

fn matches(selector: &Value, meta: &Value) -> bool {
    let labels: StringMap = super::entries(meta, "labels")
        .into_iter()
        .map(|(key, value)| (key, value.as_str().unwrap_or_default()))
        .collect();
    LabelSelector::from_value(selector).is_ok_and(|selector| selector.matches(&labels))
}

fn pod_template(errors: &mut Errors, template: &Value, path: &str) {
    let meta = get(template, "metadata");
    labels(errors, meta, "labels", &format!("{path}.labels"));
    annotations(errors, meta, &format!("{path}.annotations"));
    pod_spec(errors, get(template, "spec"), &format!("{path}.spec"));
    if !list(get(template, "spec"), "ephemeralContainers").is_empty() {
        let detail = "ephemeral containers not allowed in pod template";
        errors.forbidden(format!("{path}.spec.ephemeralContainers"), detail, "remove them");
    }
}
