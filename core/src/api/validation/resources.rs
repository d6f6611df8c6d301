//! Requests and limits of containers.

use serde_json::Value;

use super::formats::label_key;
use super::{Errors, entries, get};
use crate::api::Quantity;

/// `resources` of a container.
pub(super) fn resources(errors: &mut Errors, resources: &Value, path: &str) {
    let limits = entries(resources, "limits");
    let requests = entries(resources, "requests");
    let (limits_path, requests_path) = (format!("{path}.limits"), format!("{path}.requests"));
    for (name, value) in &limits {
        let path = format!("{limits_path}[{name}]");
        resource_name(errors, name, &path);
        if let Some(quantity) = amount(value) {
            quantity_value(errors, name, &quantity, &path);
            whole_pages(errors, name, &quantity, &path);
        }
    }
    for (name, value) in &requests {
        let path = format!("{requests_path}[{name}]");
        resource_name(errors, name, &path);
        let Some(quantity) = amount(value) else { continue };
        quantity_value(errors, name, &quantity, &path);
        let shown = quantity.to_string();
        match amount(get(get(resources, "limits"), name)) {
            // What cannot be shared by more than there is must be limited to what is asked for.
            Some(limit) if quantity != limit && !overcommit_allowed(name) => {
                let detail = format!("must be equal to {name} limit of {limit}");
                errors.invalid_text(&requests_path, &shown, &detail, "make both the same");
            }
            Some(limit) if quantity > limit => {
                let detail = format!("must be less than or equal to {name} limit of {limit}");
                let help = format!("lower requests.{name} or raise limits.{name}");
                errors.invalid_text(&requests_path, &shown, &detail, help);
            }
            None if !overcommit_allowed(name) => {
                let detail = "Limit must be set for non overcommitable resources";
                errors.required(&limits_path, detail, format!("add limits.{name}"));
            }
            _ => {}
        }
        whole_pages(errors, name, &quantity, &path);
    }
    let mut names = limits.iter().chain(&requests).map(|entry| entry.0);
    if names.clone().any(huge_pages) && !names.any(|name| matches!(name, "cpu" | "memory")) {
        errors.forbidden(path, "HugePages require cpu or memory", "ask for cpu or memory too");
    }
}

/// A quantity as it was written; `None` = none, or no quantity.
pub(super) fn amount(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::parse(text.trim()).ok(),
        Value::Number(n) => Quantity::parse(&n.to_string()).ok(),
        _ => None,
    }
}

fn huge_pages(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Of Kubernetes itself: no domain, or its own.
fn native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn overcommit_allowed(name: &str) -> bool {
    native(name) && !huge_pages(name)
}

/// Of somebody else, such as `example.com/gpu`.
fn extended(name: &str) -> bool {
    // It must also be a label key with "requests." before it, as a quota has it.
    !native(name) && !name.starts_with("requests.") && label_key(&format!("requests.{name}")).is_empty()
}

/// What a quota counts; no container can ask for it.
const COUNTED: &[&str] = &[
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
    "services.nodeports",
    "services.loadbalancers",
];

/// The name of something that containers can ask for.
pub(super) fn resource_name(errors: &mut Errors, name: &str, path: &str) {
    let help = "resources are cpu, memory, ephemeral-storage, hugepages-2Mi or a name with a domain, such as \
                example.com/gpu";
    let messages = label_key(name);
    let malformed = !messages.is_empty();
    errors.invalid_all(path, name, messages, help);
    let of_containers = matches!(name, "cpu" | "memory" | "ephemeral-storage") || huge_pages(name);
    if !name.contains('/') {
        let standard = name != "hugepages-" && of_containers
            || COUNTED.contains(&name)
            || name.starts_with("requests.hugepages-");
        if !malformed && !standard {
            errors.invalid_text(path, name, "must be a standard resource type or fully qualified", help);
        }
        if !of_containers {
            errors.invalid_text(path, name, "must be a standard resource for containers", help);
        }
    } else if name.split('/').count() > 1 && !native(name) && !extended(name) {
        errors.invalid_text(path, name, "doesn't follow extended resource name standard", help);
    }
}

fn quantity_value(errors: &mut Errors, name: &str, quantity: &Quantity, path: &str) {
    if quantity.is_negative() {
        let detail = "must be greater than or equal to 0";
        errors.invalid_text(path, &quantity.to_string(), detail, "write 0 or more");
    }
    if (extended(name) || COUNTED.contains(&name) && !name.contains('.')) && quantity.is_fraction() {
        errors.invalid_text(path, &quantity.to_string(), "must be an integer", "write a whole number");
    }
}

fn whole_pages(errors: &mut Errors, name: &str, quantity: &Quantity, path: &str) {
    let Some(size) = name.strip_prefix("hugepages-") else { return };
    let size = Quantity::parse(size).ok().filter(|size| !size.is_fraction()).map_or(0, |size| size.value());
    if size <= 0 || quantity.value() % size != 0 {
        let detail = format!("{quantity} is not positive integer multiple of {name}");
        errors.invalid_text(path, &quantity.to_string(), &detail, "ask for whole pages");
    }
}
