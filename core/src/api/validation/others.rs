//! Services and PodDisruptionBudgets.

use serde_json::Value;

use super::formats::{label_key, port_name, port_number};
use super::meta::{object_meta, object_meta_named};
use super::strategy::positive_int_or_percent;
use super::{Errors, FieldError, get, has, int, list, quoted, selector, text};

/// A new Service.
pub fn service(object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    object_meta_named(&mut errors, get(object, "metadata"), super::dns1123_label);
    let spec = get(object, "spec");
    let ports = list(spec, "ports");
    let headless = text(spec, "clusterIP") == "None";
    if ports.is_empty() && !headless && text(spec, "type") != "ExternalName" {
        errors.required("spec.ports", "", "a Service needs at least one port");
    }
    service_type(&mut errors, spec, headless);
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
        if has(port, "appProtocol") {
            let protocol = text(port, "appProtocol");
            let help = "write a protocol's name, such as http or kubernetes.io/h2c";
            errors.invalid_all(&format!("{path}.appProtocol"), protocol, label_key(protocol), help);
        }
    }
    super::meta::labels(&mut errors, spec, "selector", "spec.selector");
    session_affinity(&mut errors, spec);
    let type_ = text(spec, "type");
    if !matches!(type_, "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName") {
        let supported = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
        errors.unsupported("spec.type", quoted(type_), &supported);
    }
    ports_together(&mut errors, ports, type_);
    traffic(&mut errors, spec);
    errors.into_vec()
}

/// What a type of Service asks for.
fn service_type(errors: &mut Errors, spec: &Value, headless: bool) {
    match text(spec, "type") {
        type_ @ ("LoadBalancer" | "NodePort") if headless => {
            let detail = format!("may not be set to 'None' for {type_} services");
            errors.invalid_text(
                "spec.clusterIPs[0]",
                "None",
                &detail,
                "remove clusterIP: None, or change the type",
            );
        }
        "ExternalName" => {
            if !list(spec, "clusterIPs").is_empty() || !text(spec, "clusterIP").is_empty() {
                let detail = "may not be set for ExternalName services";
                errors.forbidden("spec.clusterIPs", detail, "remove clusterIP");
            }
            let name = text(spec, "externalName");
            let name = name.strip_suffix('.').unwrap_or(name);
            if name.is_empty() {
                errors.required("spec.externalName", "", "say which name it stands for");
            } else {
                let help = "write a DNS name";
                errors.invalid_all("spec.externalName", name, super::formats::dns1123_subdomain(name), help);
            }
        }
        _ => {}
    }
}

fn session_affinity(errors: &mut Errors, spec: &Value) {
    let affinity = text(spec, "sessionAffinity");
    match affinity {
        "ClientIP" => {
            let path = "spec.sessionAffinityConfig.clientIP.timeoutSeconds";
            let timeout =
                spec.pointer("/sessionAffinityConfig/clientIP/timeoutSeconds").and_then(Value::as_i64);
            if let Some(timeout) = timeout.filter(|timeout| !(1..=86_400).contains(timeout)) {
                let detail = "must be greater than 0 and less than 86400";
                errors.invalid(path, timeout, detail, "write 1 to 86400 seconds");
            }
        }
        "None" => {
            if has(spec, "sessionAffinityConfig") {
                let detail = "must not be set when session affinity is None";
                errors.forbidden("spec.sessionAffinityConfig", detail, "remove it, or write ClientIP");
            }
        }
        "" => errors.required("spec.sessionAffinity", "", "write None or ClientIP"),
        _ => errors.unsupported("spec.sessionAffinity", quoted(affinity), &["ClientIP", "None"]),
    }
}

/// Ports that exclude each other.
fn ports_together(errors: &mut Errors, ports: &[Value], type_: &str) {
    let number = |port: &Value, key: &str| int(port, key).unwrap_or(0);
    for (index, port) in ports.iter().enumerate() {
        if type_ == "ClusterIP" && number(port, "nodePort") != 0 {
            let detail = "may not be used when `type` is 'ClusterIP'";
            errors.forbidden(format!("spec.ports[{index}].nodePort"), detail, "write type: NodePort");
        }
    }
    let same = |a: &Value, b: &Value, key: &str| {
        text(a, "protocol") == text(b, "protocol") && number(a, key) == number(b, key)
    };
    for (index, port) in ports.iter().enumerate() {
        let node = number(port, "nodePort");
        if node != 0 && ports[..index].iter().any(|other| same(other, port, "nodePort")) {
            let at = format!("spec.ports[{index}].nodePort");
            errors.push(at, format!("Duplicate value: {node}"), "a node has each port only once");
        }
    }
    for (index, port) in ports.iter().enumerate() {
        if ports[..index].iter().any(|other| same(other, port, "port")) {
            // The internal type, which has no JSON names.
            let value = format!(
                "{{\"Name\":\"\",\"Protocol\":{},\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}",
                quoted(text(port, "protocol")),
                number(port, "port")
            );
            let at = format!("spec.ports[{index}]");
            errors.push(at, format!("Duplicate value: {value}"), "give each port its own number");
        }
    }
}

fn traffic(errors: &mut Errors, spec: &Value) {
    let type_ = text(spec, "type");
    let external = text(spec, "externalTrafficPolicy");
    let at = "spec.externalTrafficPolicy";
    if has(spec, "allocateLoadBalancerNodePorts") && type_ != "LoadBalancer" {
        let detail = "may only be used when `type` is 'LoadBalancer'";
        errors.forbidden("spec.allocateLoadBalancerNodePorts", detail, "remove it");
    }
    let outside = matches!(type_, "LoadBalancer" | "NodePort")
        || type_ == "ClusterIP" && !list(spec, "externalIPs").is_empty();
    if !outside && !external.is_empty() {
        let detail = "may only be set for externally-accessible services";
        errors.invalid_text(at, external, detail, "remove it, or change the type");
    } else if outside && !matches!(external, "Cluster" | "Local") {
        errors.unsupported(at, quoted(external), &["Cluster", "Local"]);
    }
    let internal = text(spec, "internalTrafficPolicy");
    if has(spec, "internalTrafficPolicy") && !matches!(internal, "Cluster" | "Local") {
        errors.unsupported("spec.internalTrafficPolicy", quoted(internal), &["Cluster", "Local"]);
    }
    let near = text(spec, "trafficDistribution");
    let supported = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if has(spec, "trafficDistribution") && !supported.contains(&near) {
        errors.unsupported("spec.trafficDistribution", quoted(near), &supported);
    }
}

/// A new PodDisruptionBudget.
pub fn pod_disruption_budget(object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    object_meta(&mut errors, get(object, "metadata"));
    let spec = get(object, "spec");
    if has(spec, "minAvailable") && has(spec, "maxUnavailable") {
        let detail = "minAvailable and maxUnavailable cannot be both set";
        // The internal type, which has no JSON names.
        let selector = get(spec, "selector");
        let selector = if selector.is_null() { "null".into() } else { selector::json(selector) };
        let value = format!(
            "{{\"MinAvailable\":{},\"Selector\":{selector},\"MaxUnavailable\":{},\"UnhealthyPodEvictionPolicy\":{}}}",
            get(spec, "minAvailable"),
            get(spec, "maxUnavailable"),
            get(spec, "unhealthyPodEvictionPolicy"),
        );
        errors.invalid("spec", value, detail, "keep one of the two");
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
    selector::label_selector(&mut errors, get(spec, "selector"), "spec.selector");
    let policy = text(spec, "unhealthyPodEvictionPolicy");
    if has(spec, "unhealthyPodEvictionPolicy") && !matches!(policy, "AlwaysAllow" | "IfHealthyBudget") {
        let at = "spec.unhealthyPodEvictionPolicy";
        errors.unsupported(at, quoted(policy), &["AlwaysAllow", "IfHealthyBudget"]);
    }
    errors.into_vec()
}
