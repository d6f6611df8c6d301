//! Where pods may run: affinity and spreading.

use serde_json::Value;

use super::dns1123_label;
use super::formats::label_value;
use super::meta::label_name;
use super::selector::label_selector;
use super::{Errors, get, has, int, list, quoted, text};

const RANGE: &str = "must be in the range 1-100";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// `affinity` of a pod.
pub(super) fn affinity(errors: &mut Errors, affinity: &Value, path: &str) {
    let node = get(affinity, "nodeAffinity");
    let node_path = format!("{path}.nodeAffinity");
    if has(node, REQUIRED) {
        let path = format!("{node_path}.{REQUIRED}.nodeSelectorTerms");
        let terms = list(get(node, REQUIRED), "nodeSelectorTerms");
        if terms.is_empty() {
            let help = "say which nodes: nodeSelectorTerms with matchExpressions";
            errors.required(&path, "must have at least one node selector term", help);
        }
        for (index, term) in terms.iter().enumerate() {
            node_selector_term(errors, term, true, &format!("{path}[{index}]"));
        }
    }
    for (index, preferred) in list(node, PREFERRED).iter().enumerate() {
        let path = format!("{node_path}.{PREFERRED}[{index}]");
        weight(errors, preferred, &path);
        // A value that is no label value cannot match, which a preference may.
        node_selector_term(errors, get(preferred, "preference"), false, &format!("{path}.preference"));
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let terms = get(affinity, kind);
        for (index, term) in list(terms, REQUIRED).iter().enumerate() {
            pod_affinity_term(errors, term, &format!("{path}.{kind}.{REQUIRED}[{index}]"));
        }
        for (index, weighted) in list(terms, PREFERRED).iter().enumerate() {
            let path = format!("{path}.{kind}.{PREFERRED}[{index}]");
            weight(errors, weighted, &path);
            pod_affinity_term(errors, get(weighted, "podAffinityTerm"), &format!("{path}.podAffinityTerm"));
        }
    }
}

fn weight(errors: &mut Errors, term: &Value, path: &str) {
    let weight = int(term, "weight").unwrap_or(0);
    if !(1..=100).contains(&weight) {
        errors.invalid(format!("{path}.weight"), weight, RANGE, "write a weight from 1 to 100");
    }
}

fn node_selector_term(errors: &mut Errors, term: &Value, check_values: bool, path: &str) {
    for (index, requirement) in list(term, "matchExpressions").iter().enumerate() {
        let path = format!("{path}.matchExpressions[{index}]");
        let operator = text(requirement, "operator");
        let values = list(requirement, "values");
        let at = format!("{path}.values");
        match operator {
            "In" | "NotIn" if values.is_empty() => {
                errors.required(
                    at,
                    "must be specified when `operator` is 'In' or 'NotIn'",
                    "list the values",
                );
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.forbidden(at, detail, "remove the values");
            }
            "Gt" | "Lt" if values.len() != 1 => {
                let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
                errors.required(at, detail, "write one number, as a text");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            _ => {
                let help = "write In, NotIn, Exists, DoesNotExist, Gt or Lt";
                errors.invalid_text(
                    format!("{path}.operator"),
                    operator,
                    "not a valid selector operator",
                    help,
                );
            }
        }
        label_name(errors, text(requirement, "key"), &format!("{path}.key"));
        if check_values {
            for (index, value) in values.iter().enumerate() {
                let value = value.as_str().unwrap_or_default();
                let help = "a label's value has at most 63 letters, digits, '-', '_' and '.'";
                errors.invalid_all(&format!("{path}.values[{index}]"), value, label_value(value), help);
            }
        }
    }
    for (index, requirement) in list(term, "matchFields").iter().enumerate() {
        let path = format!("{path}.matchFields[{index}]");
        let (operator, key) = (text(requirement, "operator"), text(requirement, "key"));
        let values = list(requirement, "values");
        match operator {
            "In" | "NotIn" => {
                if values.len() != 1 {
                    let detail =
                        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
                    errors.required(format!("{path}.values"), detail, "write one node's name");
                }
            }
            _ => {
                let help = "write In or NotIn";
                errors.invalid_text(
                    format!("{path}.operator"),
                    operator,
                    "not a valid selector operator",
                    help,
                );
            }
        }
        if key == "metadata.name" {
            for (index, value) in values.iter().enumerate() {
                let value = value.as_str().unwrap_or_default();
                let messages = super::formats::dns1123_subdomain(value);
                errors.invalid_all(
                    &format!("{path}.values[{index}]"),
                    value,
                    messages,
                    "write a node's name",
                );
            }
        } else {
            let help = "metadata.name is the only field";
            errors.invalid_text(format!("{path}.key"), key, "not a valid field selector key", help);
        }
    }
}

fn pod_affinity_term(errors: &mut Errors, term: &Value, path: &str) {
    for key in ["labelSelector", "namespaceSelector"] {
        label_selector(errors, get(term, key), &format!("{path}.{key}"));
    }
    for namespace in list(term, "namespaces") {
        let name = namespace.as_str().unwrap_or_default();
        // The path is upstream's, without the last letter and the index.
        errors.invalid_all(
            &format!("{path}.namespace"),
            name,
            dns1123_label(name),
            "write a namespace's name",
        );
    }
    label_keys(errors, term, path);
    topology_key(errors, term, path);
    label_name(errors, text(term, "topologyKey"), &format!("{path}.topologyKey"));
}

fn topology_key(errors: &mut Errors, term: &Value, path: &str) {
    if text(term, "topologyKey").is_empty() {
        let help = "name a label of nodes, for example topology.kubernetes.io/zone";
        errors.required(format!("{path}.topologyKey"), "can not be empty", help);
    }
}

/// `matchLabelKeys` and `mismatchLabelKeys`.
fn label_keys(errors: &mut Errors, term: &Value, path: &str) {
    let selector = get(term, "labelSelector");
    let of = |key: &str| -> Vec<&str> {
        list(term, key).iter().map(|key| key.as_str().unwrap_or_default()).collect()
    };
    let (matching, mismatching) = (of("matchLabelKeys"), of("mismatchLabelKeys"));
    for (name, keys) in [("matchLabelKeys", &matching), ("mismatchLabelKeys", &mismatching)] {
        let path = format!("{path}.{name}");
        if !keys.is_empty() && selector.is_null() {
            errors.forbidden(
                &path,
                "must not be specified when labelSelector is not set",
                "add a labelSelector",
            );
            continue;
        }
        for (index, key) in keys.iter().enumerate() {
            label_name(errors, key, &format!("{path}[{index}]"));
        }
    }
    let mut seen: Vec<&str> =
        super::entries(selector, "matchLabels").into_iter().map(|(key, _)| key).collect();
    for expression in list(selector, "matchExpressions") {
        let key = text(expression, "key");
        if let Some(index) = matching.iter().rposition(|other| *other == key)
            && seen.contains(&key)
        {
            let detail = "exists in both matchLabelKeys and labelSelector";
            errors.invalid_text(format!("{path}[{index}]"), key, detail, "keep one of the two");
        }
        seen.push(key);
    }
    for (index, key) in matching.iter().enumerate() {
        if mismatching.contains(key) {
            let detail = "exists in both matchLabelKeys and mismatchLabelKeys";
            errors.invalid_text(
                format!("{path}.matchLabelKeys[{index}]"),
                key,
                detail,
                "keep one of the two",
            );
        }
    }
}

/// `topologySpreadConstraints` of a pod.
pub(super) fn topology_spread(errors: &mut Errors, constraints: &[Value], path: &str) {
    for (index, constraint) in constraints.iter().enumerate() {
        let path = format!("{path}[{index}]");
        positive(errors, int(constraint, "maxSkew").unwrap_or(0), &format!("{path}.maxSkew"));
        topology_key(errors, constraint, &path);
        let action = text(constraint, "whenUnsatisfiable");
        if !matches!(action, "DoNotSchedule" | "ScheduleAnyway") {
            let at = format!("{path}.whenUnsatisfiable");
            errors.unsupported(at, quoted(action), &["DoNotSchedule", "ScheduleAnyway"]);
        }
        let same = |other: &&Value| {
            ["topologyKey", "whenUnsatisfiable"].iter().all(|key| text(other, key) == text(constraint, key))
        };
        if constraints[index + 1..].iter().any(|other| same(&other)) {
            let at = format!("{path}.{{topologyKey, whenUnsatisfiable}}");
            let value = format!("{{{}, {action}}}", text(constraint, "topologyKey"));
            errors.duplicate(at, &value, "one constraint for each pair of the two");
        }
        if let Some(least) = int(constraint, "minDomains") {
            let at = format!("{path}.minDomains");
            positive(errors, least, &at);
            if action != "DoNotSchedule" {
                let detail =
                    format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                errors.invalid(
                    at,
                    least,
                    &detail,
                    "remove minDomains, or write whenUnsatisfiable: DoNotSchedule",
                );
            }
        }
        for key in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            let policy = text(constraint, key);
            if has(constraint, key) && !matches!(policy, "Honor" | "Ignore") {
                errors.unsupported(format!("{path}.{key}"), quoted(policy), &["Honor", "Ignore"]);
            }
        }
        label_keys(errors, constraint, &path);
        label_selector(errors, get(constraint, "labelSelector"), &format!("{path}.labelSelector"));
    }
}

fn positive(errors: &mut Errors, value: i64, path: &str) {
    if value <= 0 {
        errors.invalid(path, value, "must be greater than zero", "write 1 or more");
    }
}
