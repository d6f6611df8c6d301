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

/// Fields of which the manifest's keys are the only ones that stay (`patchStrategy: retainKeys`): the parts of a union.
fn retains_keys(field: &str) -> bool {
    field == "strategy"
}

/// What `kubectl apply` does to a live object: what the manifest that was applied last set and this one does not is removed,
/// then this one is merged in; what neither names stays as it is.
pub(super) fn apply(live: &mut Value, last: Option<&Value>, new: &Value) {
    if let Some(last) = last {
        remove_absent(live, last, new);
    }
    retain_keys(live, new);
    merge(live, new, true);
}

fn remove_absent(live: &mut Value, last: &Value, new: &Value) {
    let (Some(live), Some(last)) = (live.as_object_mut(), last.as_object()) else { return };
    for (key, last) in last {
        let Some(new) = new.get(key).filter(|new| !new.is_null()) else {
            live.remove(key);
            continue;
        };
        let Some(live) = live.get_mut(key) else { continue };
        match (live, last, new, merge_key(key)) {
            (Value::Array(live), Value::Array(last), Value::Array(new), Some(by)) => {
                let same = |a: &Value, b: &Value| a.get(by).is_some() && a.get(by) == b.get(by);
                let gone = |item: &Value| {
                    last.iter().any(|last| same(last, item)) && !new.iter().any(|new| same(new, item))
                };
                live.retain(|item| !gone(item));
                for item in live {
                    let find = |list: &[Value]| list.iter().find(|other| same(other, item)).cloned();
                    if let (Some(last), Some(new)) = (find(last), find(new)) {
                        remove_absent(item, &last, &new);
                    }
                }
            }
            (live, ..) => remove_absent(live, last, new),
        }
    }
}

fn retain_keys(live: &mut Value, new: &Value) {
    let (Some(live), Some(new)) = (live.as_object_mut(), new.as_object()) else { return };
    for (key, new) in new {
        let Some(live) = live.get_mut(key) else { continue };
        if retains_keys(key)
            && let (Some(live), Some(new)) = (live.as_object_mut(), new.as_object())
        {
            live.retain(|key, _| new.contains_key(key));
        }
        retain_keys(live, new);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::apply;

    fn check(live: Value, last: Value, new: Value, expected: Value) {
        let mut live = live;
        apply(&mut live, Some(&last), &new);
        assert_eq!(live, expected);
    }

    #[test]
    fn applied_as_kubectl_applies() {
        // Scaled by hand and not in the manifest: stays. In it: goes back.
        check(
            json!({"spec": {"replicas": 5, "paused": true}}),
            json!({"spec": {}}),
            json!({"spec": {"minReadySeconds": 3}}),
            json!({"spec": {"replicas": 5, "paused": true, "minReadySeconds": 3}}),
        );
        check(
            json!({"spec": {"replicas": 5}}),
            json!({"spec": {"replicas": 3}}),
            json!({"spec": {"replicas": 3}}),
            json!({"spec": {"replicas": 3}}),
        );
        // Removed from the manifest: removed.
        check(
            json!({"metadata": {"labels": {"a": "1", "b": "2"}, "annotations": {"x": "y"}}}),
            json!({"metadata": {"labels": {"a": "1"}}}),
            json!({"metadata": {"labels": {"c": "3"}}}),
            json!({"metadata": {"labels": {"b": "2", "c": "3"}, "annotations": {"x": "y"}}}),
        );
        // A sidecar that something else put there stays, one that was applied goes.
        check(
            json!({"containers": [{"name": "app", "image": "v1", "tty": true}, {"name": "mesh"}, {"name": "log"}]}),
            json!({"containers": [{"name": "app", "image": "v1"}, {"name": "log"}]}),
            json!({"containers": [{"name": "app", "image": "v2"}]}),
            json!({"containers": [{"name": "app", "image": "v2", "tty": true}, {"name": "mesh"}]}),
        );
        // The limits of RollingUpdate were defaulted, and go with it.
        check(
            json!({"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}}),
            json!({}),
            json!({"strategy": {"type": "Recreate"}}),
            json!({"strategy": {"type": "Recreate"}}),
        );
    }
}
