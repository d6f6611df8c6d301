//! HorizontalPodAutoscalers.

use serde_json::Value;

use super::meta::object_meta;
use super::resources::amount;
use super::{Errors, FieldError, dns1123_label, get, has, int, list, quoted, text};
use crate::api::Quantity;

/// A new HorizontalPodAutoscaler, as `autoscaling/v2` has it.
pub fn horizontal_pod_autoscaler(object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    object_meta(&mut errors, get(object, "metadata"));
    let spec = get(object, "spec");
    let min = int(spec, "minReplicas");
    if let Some(min) = min.filter(|min| *min < 1) {
        let help = "an autoscaler keeps at least one pod";
        errors.invalid("spec.minReplicas", min, "must be greater than or equal to 1", help);
    }
    let max = int(spec, "maxReplicas").unwrap_or(0);
    let help = "say how many pods it may make";
    match max {
        0 => errors.required("spec.maxReplicas", "must be set and greater than 0", help),
        ..0 => errors.invalid("spec.maxReplicas", max, "must be greater than or equal to 1", help),
        _ => {}
    }
    if min.is_some_and(|min| max < min) {
        let detail = "must be greater than or equal to `minReplicas`";
        errors.invalid("spec.maxReplicas", max, detail, "raise maxReplicas or lower minReplicas");
    }
    reference(&mut errors, get(spec, "scaleTargetRef"), "spec.scaleTargetRef");
    for (index, metric) in list(spec, "metrics").iter().enumerate() {
        metric_spec(&mut errors, metric, &format!("spec.metrics[{index}]"));
    }
    let metrics = list(spec, "metrics");
    if min == Some(0) && !metrics.iter().any(|m| matches!(text(m, "type"), "Object" | "External")) {
        let detail =
            "must specify at least one Object or External metric to support scaling to zero replicas";
        errors.forbidden("spec.metrics", detail, "write minReplicas: 1");
    }
    for key in ["scaleUp", "scaleDown"] {
        scaling_rules(&mut errors, get(get(spec, "behavior"), key), &format!("spec.behavior.{key}"));
    }
    errors.into_vec()
}

fn reference(errors: &mut Errors, reference: &Value, path: &str) {
    for key in ["kind", "name"] {
        let (value, at) = (text(reference, key), format!("{path}.{key}"));
        if value.is_empty() {
            errors.required(at, "", "say what it scales");
        } else {
            path_segment(errors, value, &at);
        }
    }
    let version = text(reference, "apiVersion");
    let at = format!("{path}.apiVersion");
    let help = "write the group and version, for example apps/v1";
    match version.split('/').collect::<Vec<_>>().as_slice() {
        [_, _, _, ..] => {
            let detail = format!("unexpected GroupVersion string: {version}");
            errors.invalid_text(at, version, &detail, help);
        }
        ["", _] | [_] => errors.invalid_text(at, version, "apiVersion must specify API group", help),
        _ => {}
    }
}

/// Names that become a part of a path.
fn path_segment(errors: &mut Errors, value: &str, path: &str) {
    let help = "names have neither '/' nor '%'";
    if value == "." || value == ".." {
        return errors.invalid_text(path, value, &format!("may not be '{value}'"), help);
    }
    for illegal in ["/", "%"] {
        if value.contains(illegal) {
            errors.invalid_text(path, value, &format!("may not contain '{illegal}'"), help);
        }
    }
}

const SOURCES: [(&str, &str); 5] = [
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];
const TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];

fn metric_spec(errors: &mut Errors, metric: &Value, path: &str) {
    let type_ = text(metric, "type");
    if type_.is_empty() {
        errors.required(format!("{path}.type"), "must specify a metric source type", "write type: Resource");
    }
    let known = SOURCES.iter().find(|(name, _)| *name == type_);
    if known.is_none() {
        errors.unsupported(format!("{path}.type"), quoted(type_), &TYPES);
    }
    let present: Vec<&str> = SOURCES.iter().map(|(_, key)| *key).filter(|key| has(metric, key)).collect();
    if let Some(first) = present.first() {
        source(errors, get(metric, first), first, &format!("{path}.{first}"));
    }
    if let Some((_, key)) = known.filter(|(_, key)| !present.contains(key)) {
        let detail = "must populate information for the given metric source";
        errors.required(format!("{path}.{key}"), detail, "describe the metric there");
    }
    if present.len() != 1 {
        // Go's order is random, ours is that of the type.
        for key in present.iter().filter(|key| known.is_none_or(|(_, own)| own != *key)) {
            let detail = "must populate the given metric source only";
            errors.forbidden(format!("{path}.{key}"), detail, "remove it, or change the type");
        }
    }
}

fn source(errors: &mut Errors, source: &Value, kind: &str, path: &str) {
    let target = get(source, "target");
    let at = format!("{path}.target");
    let resource = matches!(kind, "resource" | "containerResource");
    if kind == "object" {
        reference(errors, get(source, "describedObject"), &format!("{path}.describedObject"));
    }
    if resource {
        let name = text(source, "name");
        if name.is_empty() {
            errors.required(format!("{path}.name"), "must specify a resource name", "write name: cpu");
        } else if kind == "containerResource" {
            super::resources::resource_name(errors, name, &format!("{path}.name"));
        }
        if kind == "containerResource" {
            let (container, at) = (text(source, "container"), format!("{path}.container"));
            if container.is_empty() {
                errors.required(at, "must specify a container", "name a container of the pods");
            } else {
                errors.invalid_all(&at, container, dns1123_label(container), "name a container of the pods");
            }
        }
    } else {
        let (name, at) = (text(get(source, "metric"), "name"), format!("{path}.metric.name"));
        if name.is_empty() {
            errors.required(at, "must specify a metric name", "name the metric");
        } else {
            path_segment(errors, name, &at);
        }
    }
    metric_target(errors, target, &at);
    let (value, average) = (has(target, "value"), has(target, "averageValue"));
    let utilization = has(target, "averageUtilization");
    let help = "say which value it aims at";
    match kind {
        "object" if !value && !average => {
            let detail = "must set either a target value or averageValue";
            errors.required(format!("{at}.averageValue"), detail, help);
        }
        "external" if !value && !average => {
            let detail = "must set either a target value for metric or a per-pod target";
            errors.required(format!("{at}.averageValue"), detail, help);
        }
        "external" if value && average => {
            let detail = "may not set both a target value for metric and a per-pod target";
            errors.forbidden(format!("{at}.value"), detail, "keep one of the two");
        }
        "pods" if !average => {
            errors.required(
                format!("{at}.averageValue"),
                "must specify a positive target averageValue",
                help,
            );
        }
        _ if resource && !utilization && !average => {
            let detail = "must set either a target raw value or a target utilization";
            errors.required(format!("{at}.averageUtilization"), detail, help);
        }
        _ if resource && utilization && average => {
            let detail = "may not set both a target raw value and a target utilization";
            errors.forbidden(format!("{at}.averageValue"), detail, "keep one of the two");
        }
        _ => {}
    }
}

fn metric_target(errors: &mut Errors, target: &Value, path: &str) {
    let type_ = text(target, "type");
    let at = format!("{path}.type");
    if type_.is_empty() {
        errors.required(&at, "must specify a metric target type", "write Utilization, Value or AverageValue");
    }
    if !matches!(type_, "Utilization" | "Value" | "AverageValue") {
        let detail = "must be either Utilization, Value, or AverageValue";
        errors.invalid_text(at, type_, detail, "upper and lower case matter");
    }
    for key in ["value", "averageValue"] {
        let found = amount(get(target, key));
        if let Some(found) = found.filter(|found| found.is_zero() || found.is_negative()) {
            errors.invalid_text(
                format!("{path}.{key}"),
                &found.to_string(),
                "must be positive",
                "write more than 0",
            );
        }
    }
    if let Some(share) = int(target, "averageUtilization").filter(|share| *share < 1) {
        let at = format!("{path}.averageUtilization");
        errors.invalid(at, share, "must be greater than 0", "write a percentage from 1");
    }
}

fn scaling_rules(errors: &mut Errors, rules: &Value, path: &str) {
    if rules.is_null() {
        return;
    }
    if let Some(window) = int(rules, "stabilizationWindowSeconds") {
        let at = format!("{path}.stabilizationWindowSeconds");
        if window < 0 {
            errors.invalid(&at, window, "must be greater than or equal to zero", "write 0 to 3600");
        }
        if window > 3600 {
            errors.invalid(&at, window, "must be less than or equal to 3600", "write 0 to 3600");
        }
    }
    let select = text(rules, "selectPolicy");
    if has(rules, "selectPolicy") && !matches!(select, "Disabled" | "Max" | "Min") {
        errors.unsupported(format!("{path}.selectPolicy"), quoted(select), &["Disabled", "Max", "Min"]);
    }
    let policies = list(rules, "policies");
    if policies.is_empty() {
        errors.required(
            format!("{path}.policies"),
            "must specify at least one Policy",
            "say how fast it may scale",
        );
    }
    for (index, policy) in policies.iter().enumerate() {
        let path = format!("{path}.policies[{index}]");
        let type_ = text(policy, "type");
        if !matches!(type_, "Percent" | "Pods") {
            errors.unsupported(format!("{path}.type"), quoted(type_), &["Percent", "Pods"]);
        }
        let value = int(policy, "value").unwrap_or(0);
        if value <= 0 {
            errors.invalid(format!("{path}.value"), value, "must be greater than zero", "write 1 or more");
        }
        let (period, at) = (int(policy, "periodSeconds").unwrap_or(0), format!("{path}.periodSeconds"));
        if period <= 0 {
            errors.invalid(&at, period, "must be greater than zero", "write 1 to 1800");
        }
        if period > 1800 {
            errors.invalid(&at, period, "must be less than or equal to 1800", "write 1 to 1800");
        }
    }
    if let Some(tolerance) = amount(get(rules, "tolerance")).filter(Quantity::is_negative) {
        let at = format!("{path}.tolerance");
        errors.invalid_text(
            at,
            &tolerance.to_string(),
            "must be greater than or equal to 0",
            "write 0 or more",
        );
    }
}
