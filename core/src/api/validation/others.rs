//! Service, HorizontalPodAutoscaler and PodDisruptionBudget: what a rollout depends on.

use serde_json::Value;

use super::formats::{port_name, port_number};
use super::meta::object_meta;
use super::strategy::positive_int_or_percent;
use super::{Errors, FieldError, get, has, int, list, quoted, selector, text};

/// A new Service.
pub fn service(object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    object_meta(&mut errors, get(object, "metadata"));
    let spec = get(object, "spec");
    let ports = list(spec, "ports");
    let headless = text(spec, "clusterIP") == "None";
    if ports.is_empty() && !headless && text(spec, "type") != "ExternalName" {
        errors.required("spec.ports", "", "a Service needs at least one port");
    }
    for (index, port) in ports.iter().enumerate() {
        let path = format!("spec.ports[{index}]");
        let name = text(port, "name");
        if name.is_empty() {
            if ports.len() > 1 {
                errors.required(format!("{path}.name"), "", "with several ports each needs a name");
            }
        } else {
            let help = "use lower case letters, digits and '-'";
            errors.invalid_all(&format!("{path}.name"), name, super::dns1123_label(name), help);
            if ports[..index].iter().any(|other| text(other, "name") == name) {
                errors.duplicate(format!("{path}.name"), name, "give each port its own name");
            }
        }
        let number = int(port, "port").unwrap_or(0);
        for message in port_number(number) {
            errors.invalid(format!("{path}.port"), number, &message, "write a port from 1 to 65535");
        }
        let protocol = text(port, "protocol");
        if !matches!(protocol, "TCP" | "UDP" | "SCTP") {
            errors.unsupported(format!("{path}.protocol"), quoted(protocol), &["SCTP", "TCP", "UDP"]);
        }
        match get(port, "targetPort") {
            Value::String(name) => {
                let help = "name a port of the pods, or write its number without quotes";
                errors.invalid_all(&format!("{path}.targetPort"), name, port_name(name), help);
            }
            value => {
                let number = value.as_i64().unwrap_or(0);
                for message in port_number(number) {
                    errors.invalid(
                        format!("{path}.targetPort"),
                        number,
                        &message,
                        "write a port from 1 to 65535",
                    );
                }
            }
        }
    }
    super::meta::labels(&mut errors, spec, "selector", "spec.selector");
    let type_ = text(spec, "type");
    if !matches!(type_, "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName") {
        let supported = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
        errors.unsupported("spec.type", quoted(type_), &supported);
    }
    errors.into_vec()
}

/// A new HorizontalPodAutoscaler.
pub fn horizontal_pod_autoscaler(object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    object_meta(&mut errors, get(object, "metadata"));
    let spec = get(object, "spec");
    let min = int(spec, "minReplicas");
    if let Some(min) = min
        && min < 1
    {
        let help = "an autoscaler keeps at least one pod";
        errors.invalid("spec.minReplicas", min, "must be greater than or equal to 1", help);
    }
    let max = int(spec, "maxReplicas").unwrap_or(0);
    if max < 1 {
        errors.invalid("spec.maxReplicas", max, "must be greater than 0", "say how many pods it may make");
    }
    if min.is_some_and(|min| max < min) {
        let detail = "must be greater than or equal to `minReplicas`";
        errors.invalid("spec.maxReplicas", max, detail, "raise maxReplicas or lower minReplicas");
    }
    let target = get(spec, "scaleTargetRef");
    for key in ["kind", "name"] {
        if text(target, key).is_empty() {
            errors.required(format!("spec.scaleTargetRef.{key}"), "", "say what it scales");
        }
    }
    errors.into_vec()
}

/// A new PodDisruptionBudget.
pub fn pod_disruption_budget(object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    object_meta(&mut errors, get(object, "metadata"));
    let spec = get(object, "spec");
    if has(spec, "minAvailable") && has(spec, "maxUnavailable") {
        let detail = "minAvailable and maxUnavailable cannot be both set";
        errors.invalid("spec", spec, detail, "keep one of the two");
    }
    for key in ["minAvailable", "maxUnavailable"] {
        if has(spec, key) {
            let path = format!("spec.{key}");
            positive_int_or_percent(&mut errors, get(spec, key), &path);
            if let Value::String(share) = get(spec, key)
                && share.strip_suffix('%').and_then(|n| n.parse::<i64>().ok()).is_some_and(|n| n > 100)
            {
                errors.invalid_text(path, share, "must not be greater than 100%", "write 100% or less");
            }
        }
    }
    if has(spec, "selector") {
        selector::label_selector(&mut errors, get(spec, "selector"), "spec.selector");
    }
    errors.into_vec()
}
