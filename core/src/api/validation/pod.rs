//! Pods and the pod part of templates.

use serde_json::Value;

use super::container::{containers, ephemeral_containers, init_containers};
use super::formats::dns1123_subdomain;
use super::meta::{labels, object_meta};
use super::volume::volumes;
use super::{
    Errors, FieldError, dns1123_label, flag, get, has, int, list, quoted, scheduling, security, text,
};

/// A new Pod.
pub fn pod(object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    object_meta(&mut errors, get(object, "metadata"));
    pod_spec(&mut errors, get(object, "spec"), "spec");
    errors.into_vec()
}

/// The spec of a pod.
pub(super) fn pod_spec(errors: &mut Errors, spec: &Value, path: &str) {
    let grace = int(spec, "terminationGracePeriodSeconds");
    let volumes = volumes(errors, list(spec, "volumes"), &format!("{path}.volumes"));
    containers(errors, list(spec, "containers"), &volumes, grace, &format!("{path}.containers"));
    init_containers(errors, spec, &volumes, grace, &format!("{path}.initContainers"));
    ephemeral_containers(errors, spec, &volumes, &format!("{path}.ephemeralContainers"));
    if flag(spec, "hostNetwork") {
        host_network(errors, spec, path);
    }
    let policy = text(spec, "restartPolicy");
    if !matches!(policy, "Always" | "OnFailure" | "Never") {
        let supported = ["Always", "OnFailure", "Never"];
        errors.unsupported(format!("{path}.restartPolicy"), quoted(policy), &supported);
    }
    let policy = text(spec, "dnsPolicy");
    if !matches!(policy, "ClusterFirstWithHostNet" | "ClusterFirst" | "Default" | "None") {
        let supported = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
        errors.unsupported(format!("{path}.dnsPolicy"), quoted(policy), &supported);
    }
    labels(errors, spec, "nodeSelector", &format!("{path}.nodeSelector"));
    security::pod(errors, get(spec, "securityContext"), &format!("{path}.securityContext"));
    if flag(spec, "shareProcessNamespace") && flag(spec, "hostPID") {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.invalid(format!("{path}.shareProcessNamespace"), true, detail, "keep one of the two");
    }
    scheduling::affinity(errors, get(spec, "affinity"), &format!("{path}.affinity"));
    for (index, gate) in list(spec, "readinessGates").iter().enumerate() {
        let condition = text(gate, "conditionType");
        let path = format!("{path}.readinessGates[{index}].conditionType");
        let help = "name a condition, such as example.com/feature-1";
        errors.invalid_all(&path, condition, super::formats::label_key(condition), help);
    }
    let gates: Vec<&str> = list(spec, "schedulingGates").iter().map(|gate| text(gate, "name")).collect();
    for (index, gate) in gates.iter().enumerate() {
        let path = format!("{path}.schedulingGates[{index}]");
        let help = "name a gate, such as example.com/wait";
        errors.invalid_all(&path, gate, super::formats::label_key(gate), help);
        if gates[..index].contains(gate) {
            errors.duplicate(path, gate, "name each gate once");
        }
    }
    let constraints = list(spec, "topologySpreadConstraints");
    scheduling::topology_spread(errors, constraints, &format!("{path}.topologySpreadConstraints"));
    let names: [(&str, Form); 5] = [
        ("serviceAccountName", dns1123_subdomain),
        ("nodeName", dns1123_subdomain),
        ("hostname", dns1123_label),
        ("subdomain", dns1123_label),
        ("priorityClassName", dns1123_subdomain),
    ];
    for (key, form) in &names[..2] {
        name(errors, spec, key, *form, path);
    }
    if let Some(deadline) = int(spec, "activeDeadlineSeconds")
        && !(1..=i64::from(i32::MAX)).contains(&deadline)
    {
        let detail = "must be between 1 and 2147483647, inclusive";
        errors.invalid(format!("{path}.activeDeadlineSeconds"), deadline, detail, "write 1 or more");
    }
    for (key, form) in &names[2..4] {
        name(errors, spec, key, *form, path);
    }
    tolerations(errors, spec, path);
    name(errors, spec, names[4].0, names[4].1, path);
    if has(spec, "runtimeClassName") {
        name(errors, spec, "runtimeClassName", dns1123_subdomain, path);
    }
    let preemption = text(spec, "preemptionPolicy");
    if has(spec, "preemptionPolicy") && !matches!(preemption, "PreemptLowerPriority" | "Never") {
        let supported = ["PreemptLowerPriority", "Never"];
        errors.unsupported(format!("{path}.preemptionPolicy"), quoted(preemption), &supported);
    }
}

/// A check of a text; gives messages.
type Form = fn(&str) -> Vec<String>;

fn name(errors: &mut Errors, spec: &Value, key: &str, form: Form, path: &str) {
    let value = text(spec, key);
    if !value.is_empty() {
        let help = "use lower case letters, digits and '-'";
        errors.invalid_all(&format!("{path}.{key}"), value, form(value), help);
    }
}

fn host_network(errors: &mut Errors, spec: &Value, path: &str) {
    for (i, container) in list(spec, "containers").iter().enumerate() {
        for (j, port) in list(container, "ports").iter().enumerate() {
            let host = int(port, "hostPort").unwrap_or(0);
            if host != 0 && host != int(port, "containerPort").unwrap_or(0) {
                errors.invalid(
                    format!("{path}.containers[{i}].ports[{j}].hostPort"),
                    host,
                    "must match `containerPort` when `hostNetwork` is true",
                    "remove hostPort: with hostNetwork the container's port is the host's",
                );
            }
        }
    }
}

fn tolerations(errors: &mut Errors, spec: &Value, path: &str) {
    for (index, toleration) in list(spec, "tolerations").iter().enumerate() {
        let path = format!("{path}.tolerations[{index}]");
        let (key, operator, effect) =
            (text(toleration, "key"), text(toleration, "operator"), text(toleration, "effect"));
        if !key.is_empty() {
            super::meta::label_name(errors, key, &format!("{path}.key"));
        } else if operator != "Exists" {
            let detail =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid_text(
                format!("{path}.operator"),
                operator,
                detail,
                "name the key, or write operator: Exists",
            );
        }
        if has(toleration, "tolerationSeconds") && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid_text(format!("{path}.effect"), effect, detail, "write effect: NoExecute");
        }
        match operator {
            "Exists" if !text(toleration, "value").is_empty() => {
                let detail = "value must be empty when `operator` is 'Exists'";
                let help = "remove the value, or write operator: Equal";
                errors.invalid_text(format!("{path}.operator"), text(toleration, "value"), detail, help);
            }
            "Equal" | "" => {
                let value = text(toleration, "value");
                let messages = super::formats::label_value(value);
                if !messages.is_empty() {
                    let help = "a taint's value has at most 63 letters, digits, '-', '_' and '.'";
                    errors.invalid_text(format!("{path}.operator"), value, &messages.join(";"), help);
                }
            }
            "Exists" | "Lt" | "Gt" => {}
            _ => errors.unsupported(format!("{path}.operator"), quoted(operator), &["Equal", "Exists"]),
        }
        if !matches!(effect, "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            let supported = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            errors.unsupported(format!("{path}.effect"), quoted(effect), &supported);
        }
    }
}
