//! Containers: names, images, ports, environment, resources, probes, hooks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::formats::{config_map_key, dns1123_subdomain, env_name, http_header, port_name, port_number};
use super::resources::resources;
use super::volume::mounts;
use super::{Errors, dns1123_label, get, has, int, list, quoted, text};

type Names<'a> = BTreeSet<&'a str>;

/// The containers of a pod.
pub(super) fn containers(
    errors: &mut Errors,
    all: &[Value],
    volumes: &Names<'_>,
    grace: Option<i64>,
    path: &str,
) {
    if all.is_empty() {
        errors.required(path, "", "a pod needs at least one container, with a name and an image");
        return;
    }
    let mut names = BTreeSet::new();
    for (index, container) in all.iter().enumerate() {
        let path = format!("{path}[{index}]");
        common(errors, container, volumes, &path);
        let name = text(container, "name");
        if !names.insert(name) {
            errors.duplicate(format!("{path}.name"), name, "give each container its own name");
        }
        hooks_and_probes(errors, container, grace, &path);
        let policy = text(container, "restartPolicy");
        if has(container, "restartPolicy") && !matches!(policy, "Always" | "Never" | "OnFailure") {
            let supported = ["Always", "Never", "OnFailure"];
            errors.unsupported(format!("{path}.restartPolicy"), quoted(policy), &supported);
        }
    }
    host_ports(errors, all, path);
}

/// The init containers of a pod, sidecars among them.
pub(super) fn init_containers(
    errors: &mut Errors,
    spec: &Value,
    volumes: &Names<'_>,
    grace: Option<i64>,
    path: &str,
) {
    let list_path = path;
    let mut names: Names<'_> = list(spec, "containers").iter().map(|c| text(c, "name")).collect();
    for (index, container) in list(spec, "initContainers").iter().enumerate() {
        let path = format!("{path}[{index}]");
        common(errors, container, volumes, &path);
        let policy = text(container, "restartPolicy");
        if has(container, "restartPolicy") && !matches!(policy, "Always" | "Never" | "OnFailure") {
            let supported = ["Always", "Never", "OnFailure"];
            errors.unsupported(format!("{path}.restartPolicy"), quoted(policy), &supported);
        }
        let name = text(container, "name");
        if names.contains(name) {
            errors.duplicate(format!("{path}.name"), name, "give each container its own name");
        } else if !name.is_empty() {
            names.insert(name);
        }
        host_ports(errors, std::slice::from_ref(container), list_path);
        if policy == "Always" {
            hooks_and_probes(errors, container, grace, &path);
            continue;
        }
        for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            if has(container, key) {
                errors.forbidden(
                    format!("{path}.{key}"),
                    "may not be set for init containers without restartPolicy=Always",
                    "remove it, or make the container a sidecar with restartPolicy: Always",
                );
            }
        }
    }
}

/// Ephemeral containers, which only running pods may get.
pub(super) fn ephemeral_containers(errors: &mut Errors, spec: &Value, volumes: &Names<'_>, path: &str) {
    let mut names: Names<'_> = ["containers", "initContainers"]
        .iter()
        .flat_map(|key| list(spec, key))
        .map(|container| text(container, "name"))
        .collect();
    for (index, container) in list(spec, "ephemeralContainers").iter().enumerate() {
        let path = format!("{path}[{index}]");
        common(errors, container, volumes, &path);
        let name = text(container, "name");
        if !names.insert(name) {
            errors.duplicate(format!("{path}.name"), name, "give each container its own name");
        }
    }
}

fn common(errors: &mut Errors, container: &Value, volumes: &Names<'_>, path: &str) {
    let name = text(container, "name");
    if name.is_empty() {
        errors.required(format!("{path}.name"), "", "name the container");
    } else {
        let help = "use lower case letters, digits and '-'";
        errors.invalid_all(&format!("{path}.name"), name, dns1123_label(name), help);
    }
    if text(container, "image").is_empty() {
        errors.required(
            format!("{path}.image"),
            "",
            "say which image to run, for example example.com/app:v1",
        );
    }
    let policy = text(container, "terminationMessagePolicy");
    if !matches!(policy, "File" | "FallbackToLogsOnError") {
        let supported = ["File", "FallbackToLogsOnError"];
        errors.unsupported(format!("{path}.terminationMessagePolicy"), quoted(policy), &supported);
    }
    ports(errors, container, path);
    environment(errors, container, path);
    mounts(errors, container, volumes, path);
    let policy = text(container, "imagePullPolicy");
    if !matches!(policy, "Always" | "IfNotPresent" | "Never") {
        let supported = ["Always", "IfNotPresent", "Never"];
        errors.unsupported(format!("{path}.imagePullPolicy"), quoted(policy), &supported);
    }
    resources(errors, get(container, "resources"), &format!("{path}.resources"));
    super::security::container(errors, get(container, "securityContext"), &format!("{path}.securityContext"));
}

fn ports(errors: &mut Errors, container: &Value, path: &str) {
    let mut names = BTreeSet::new();
    for (index, port) in list(container, "ports").iter().enumerate() {
        let path = format!("{path}.ports[{index}]");
        let name = text(port, "name");
        if !name.is_empty() {
            let messages = port_name(name);
            if !messages.is_empty() {
                let help = "a port's name has at most 15 lower case letters, digits and '-'";
                errors.invalid_all(&format!("{path}.name"), name, messages, help);
            } else if !names.insert(name) {
                errors.duplicate(format!("{path}.name"), name, "give each port its own name");
            }
        }
        let help = "write a port from 1 to 65535";
        match int(port, "containerPort").unwrap_or(0) {
            0 => errors.required(format!("{path}.containerPort"), "", help),
            number => {
                for message in port_number(number) {
                    errors.invalid(format!("{path}.containerPort"), number, &message, help);
                }
            }
        }
        let host = int(port, "hostPort").unwrap_or(0);
        if host != 0 {
            for message in port_number(host) {
                errors.invalid(format!("{path}.hostPort"), host, &message, help);
            }
        }
        let protocol = text(port, "protocol");
        if !matches!(protocol, "TCP" | "UDP" | "SCTP") {
            errors.unsupported(format!("{path}.protocol"), quoted(protocol), &["SCTP", "TCP", "UDP"]);
        }
    }
}

fn host_ports(errors: &mut Errors, containers: &[Value], path: &str) {
    let mut seen = BTreeSet::new();
    for (i, container) in containers.iter().enumerate() {
        for (j, port) in list(container, "ports").iter().enumerate() {
            let host = int(port, "hostPort").unwrap_or(0);
            let key = format!("{}/{}/{host}", text(port, "protocol"), text(port, "hostIP"));
            if host != 0 && !seen.insert(key.clone()) {
                let path = format!("{path}[{i}].ports[{j}].hostPort");
                errors.duplicate(path, &key, "a host has each port only once");
            }
        }
    }
}

fn environment(errors: &mut Errors, container: &Value, path: &str) {
    for (index, variable) in list(container, "env").iter().enumerate() {
        let path = format!("{path}.env[{index}]");
        let name = text(variable, "name");
        if name.is_empty() {
            errors.required(format!("{path}.name"), "", "name the variable");
        } else {
            let help = "use printable ASCII characters other than '='";
            errors.invalid_all(&format!("{path}.name"), name, env_name(name), help);
        }
        if has(variable, "valueFrom") {
            value_from(errors, variable, &format!("{path}.valueFrom"));
        }
    }
    let list_path = format!("{path}.envFrom");
    for (index, from) in list(container, "envFrom").iter().enumerate() {
        let prefix = text(from, "prefix");
        let path = format!("{list_path}[{index}]");
        if !prefix.is_empty() {
            let help = "use printable ASCII characters other than '='";
            errors.invalid_all(&format!("{path}.prefix"), prefix, env_name(prefix), help);
        }
        let sources: Vec<&str> =
            ["configMapRef", "secretRef"].into_iter().filter(|key| has(from, key)).collect();
        for key in &sources {
            reference_name(errors, get(from, key), &format!("{path}.{key}"));
        }
        let help = "name one configMapRef or secretRef";
        match sources.len() {
            0 => {
                let detail = "must specify one of: `configMapRef` or `secretRef`";
                errors.invalid_text(&list_path, "", detail, help);
            }
            1 => {}
            _ => {
                let detail = "may not have more than one field specified at a time";
                errors.invalid_text(&list_path, "", detail, help);
            }
        }
    }
}

fn reference_name(errors: &mut Errors, reference: &Value, path: &str) {
    let name = text(reference, "name");
    errors.invalid_all(
        &format!("{path}.name"),
        name,
        dns1123_subdomain(name),
        "name the object to read from",
    );
}

fn value_from(errors: &mut Errors, variable: &Value, path: &str) {
    let from = get(variable, "valueFrom");
    const SOURCES: &[&str] =
        &["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
    let sources: Vec<&str> = SOURCES.iter().copied().filter(|key| has(from, key)).collect();
    for key in &sources {
        let source = get(from, key);
        let path = format!("{path}.{key}");
        match *key {
            "fieldRef" if text(source, "fieldPath").is_empty() => {
                errors.required(
                    format!("{path}.fieldPath"),
                    "",
                    "say which field, for example metadata.name",
                );
            }
            "resourceFieldRef" if text(source, "resource").is_empty() => {
                errors.required(format!("{path}.resource"), "", "say which resource, for example limits.cpu");
            }
            "configMapKeyRef" | "secretKeyRef" => {
                reference_name(errors, source, &path);
                let entry = text(source, "key");
                if entry.is_empty() {
                    errors.required(format!("{path}.key"), "", "say which key to read");
                } else {
                    let help = "use letters, digits, '-', '_' and '.'";
                    errors.invalid_all(&format!("{path}.key"), entry, config_map_key(entry), help);
                }
            }
            _ => {}
        }
    }
    let help = "give a value or one source of it";
    if sources.is_empty() {
        let detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or \
                      `fileKeyRef`";
        errors.invalid_text(path, "", detail, help);
    } else if !text(variable, "value").is_empty() {
        errors.invalid_text(path, "", "may not be specified when `value` is not empty", help);
    } else if sources.len() > 1 {
        errors.invalid_text(path, "", "may not have more than one field specified at a time", help);
    }
}

fn hooks_and_probes(errors: &mut Errors, container: &Value, grace: Option<i64>, path: &str) {
    let lifecycle = get(container, "lifecycle");
    for key in ["postStart", "preStop"] {
        if has(lifecycle, key) {
            handler(errors, get(lifecycle, key), grace, &format!("{path}.lifecycle.{key}"));
        }
    }
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if has(container, key) {
            probe(errors, get(container, key), key, grace, &format!("{path}.{key}"));
        }
    }
}

fn probe(errors: &mut Errors, probe: &Value, kind: &str, grace: Option<i64>, path: &str) {
    handler(errors, probe, grace, path);
    for key in
        ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
    {
        errors.nonnegative(format!("{path}.{key}"), int(probe, key).unwrap_or(0));
    }
    let own_grace = int(probe, "terminationGracePeriodSeconds");
    if let Some(seconds) = own_grace
        && seconds <= 0
    {
        let path = format!("{path}.terminationGracePeriodSeconds");
        errors.invalid(path, seconds, "must be greater than 0", "write 1 or more, or remove it");
    }
    if kind == "readinessProbe" {
        if let Some(seconds) = own_grace {
            let path = format!("{path}.terminationGracePeriodSeconds");
            errors.invalid(path, seconds, "must not be set for readinessProbes", "remove it");
        }
    } else if int(probe, "successThreshold") != Some(1) {
        let value = int(probe, "successThreshold").unwrap_or(0);
        errors.invalid(format!("{path}.successThreshold"), value, "must be 1", "remove successThreshold");
    }
}

fn handler(errors: &mut Errors, handler: &Value, grace: Option<i64>, path: &str) {
    const KINDS: &[&str] = &["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
    let mut found = 0;
    for kind in KINDS.iter().filter(|kind| has(handler, kind)) {
        let action = get(handler, kind);
        let path = format!("{path}.{kind}");
        found += 1;
        if found > 1 {
            errors.forbidden(&path, "may not specify more than 1 handler type", "keep one of them");
            continue;
        }
        match *kind {
            "exec" if list(action, "command").is_empty() => {
                errors.required(format!("{path}.command"), "", "say what to run");
            }
            "httpGet" => {
                if text(action, "path").is_empty() {
                    errors.required(format!("{path}.path"), "", "say which path to ask for");
                }
                port(errors, get(action, "port"), &format!("{path}.port"));
                let scheme = text(action, "scheme");
                if !matches!(scheme, "HTTP" | "HTTPS") {
                    errors.unsupported(format!("{path}.scheme"), quoted(scheme), &["HTTP", "HTTPS"]);
                }
                for header in list(action, "httpHeaders") {
                    let name = text(header, "name");
                    let path = format!("{path}.httpHeaders");
                    errors.invalid_all(&path, name, http_header(name), "use letters, digits and '-'");
                }
            }
            "tcpSocket" | "grpc" => port(errors, get(action, "port"), &format!("{path}.port")),
            "sleep" => {
                let seconds = int(action, "seconds").unwrap_or(0);
                if let Some(grace) = grace
                    && !(0..=grace).contains(&seconds)
                {
                    let detail =
                        format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                    errors.invalid(
                        &path,
                        seconds,
                        &detail,
                        "sleep for less, or raise terminationGracePeriodSeconds",
                    );
                }
            }
            _ => {}
        }
    }
    if found == 0 {
        let help = "say what to do: httpGet, tcpSocket, grpc or exec";
        errors.required(path, "must specify a handler type", help);
    }
}

fn port(errors: &mut Errors, port: &Value, path: &str) {
    match port {
        Value::String(name) => {
            let help = "name a port of the container, or write its number without quotes";
            errors.invalid_all(path, name, port_name(name), help);
        }
        _ => {
            let number = port.as_i64().unwrap_or(0);
            for message in port_number(number) {
                errors.invalid(path, number, &message, "write a port from 1 to 65535, or a port's name");
            }
        }
    }
}
