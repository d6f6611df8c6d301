//! Patches: JSON merge patch, and the strategic kind that merges lists by key.

use serde_json::{Map, Value};

/// The key by which the entries of a list are merged; `None` = the list is replaced.
fn merge_key(field: &str) -> Option<&'static str> {
    match field {
        "containers" | "initContainers" | "ephemeralContainers" | "env" | "volumes" | "imagePullSecrets" => {
            Some("name")
        }
        "ports" => Some("containerPort"),
        "volumeMounts" => Some("mountPath"),
        "hostAliases" => Some("ip"),
        _ => None,
    }
}

/// Applies a patch: what is `null` goes, objects are merged, everything else is replaced; with `strategic`, the
/// lists that have a merge key are merged by it.
pub(super) fn merge(into: &mut Value, patch: &Value, strategic: bool) {
    let Value::Object(patch) = patch else {
        *into = patch.clone();
        return;
    };
    if strategic && patch.get("$patch").and_then(Value::as_str) == Some("replace") {
        let rest = patch.iter().filter(|(key, _)| *key != "$patch").map(|(k, v)| (k.clone(), v.clone()));
        *into = Value::Object(rest.collect());
        return;
    }
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Some(object) = into.as_object_mut() else { return };
    for (key, value) in patch {
        match (value, merge_key(key).filter(|_| strategic)) {
            (Value::Null, _) => {
                object.remove(key);
            }
            (Value::Array(items), Some(by)) => {
                let list = object.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new()));
                if !list.is_array() {
                    *list = Value::Array(Vec::new());
                }
                if let Some(list) = list.as_array_mut() {
                    merge_list(list, items, by);
                }
            }
            _ => merge(object.entry(key.clone()).or_insert(Value::Null), value, strategic),
        }
    }
}

fn merge_list(list: &mut Vec<Value>, items: &[Value], by: &str) {
    for item in items {
        let at = list.iter().position(|old| old.get(by).is_some() && old.get(by) == item.get(by));
        let deleted = item.get("$patch").and_then(Value::as_str) == Some("delete");
        match at {
            Some(at) if deleted => {
                list.remove(at);
            }
            Some(at) => merge(&mut list[at], item, true),
            None if deleted => {}
            None => list.push(item.clone()),
        }
    }
}
