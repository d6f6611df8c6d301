//! The canonical form of a JSON value under a schema.

use serde_json::{Map, Number, Value};

use super::{Field, Kind, STRUCTS};
use crate::api::{Quantity, Time};

/// `value`, read as the struct with that index, in a form in which two values are equal iff the API machinery's
/// semantic equality holds for the Go objects that they decode to.
///
/// Empty lists and maps go, as do zeros of fields that are not pointers (absent means the same to Go), and
/// fields that the schema does not know. Zeros of pointer fields, of list elements and of map values stay.
/// Quantities and times are rewritten so that equal values have equal texts. A value of the wrong type, which
/// Go could not decode at all, stays as it is. The result is always an object.
pub fn canonical(struct_index: usize, value: &Value) -> Value {
    let mut out = Map::new();
    if let Value::Object(map) = value {
        add_fields(struct_index, map, &mut out);
    }
    Value::Object(out)
}

fn add_fields(struct_index: usize, map: &Map<String, Value>, out: &mut Map<String, Value>) {
    for field in STRUCTS.get(struct_index).map_or(&[][..], |s| s.fields) {
        if let (true, Kind::Struct(index)) = (field.inline, &field.kind) {
            add_fields(*index, map, out);
        } else if let Some(value) = map.get(field.json).and_then(|value| of_field(field, value)) {
            out.insert(field.json.into(), value);
        }
    }
}

fn of_field(field: &Field, value: &Value) -> Option<Value> {
    if value.is_null() {
        return None;
    }
    let value = of_kind(&field.kind, value);
    let keep = field.pointer || !is_zero(&field.kind, &value);
    keep.then_some(value)
}

/// The form of a list element, map value or field; `null` is the zero value of its kind.
fn of_kind(kind: &Kind, value: &Value) -> Value {
    match (kind, value) {
        (_, Value::Null) => zero(kind),
        (Kind::Struct(index), Value::Object(_)) => canonical(*index, value),
        (Kind::List(item) | Kind::NamedList(_, item), Value::Array(items)) => {
            items.iter().map(|value| of_kind(item, value)).collect::<Vec<_>>().into()
        }
        (Kind::PtrList(item), Value::Array(items)) => items
            .iter()
            .map(|value| if value.is_null() { Value::Null } else { of_kind(item, value) })
            .collect::<Vec<_>>()
            .into(),
        (Kind::Map(item) | Kind::NamedMap(_, item), Value::Object(map)) => {
            // Sorted, should the build have switched serde_json to insertion order.
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|entry| entry.0);
            entries
                .into_iter()
                .map(|(key, value)| (key.clone(), of_kind(item, value)))
                .collect::<Map<_, _>>()
                .into()
        }
        (Kind::Quantity, Value::String(text)) => quantity(text).unwrap_or_else(|| value.clone()),
        (Kind::Quantity, Value::Number(n)) => quantity(&n.to_string()).unwrap_or_else(|| value.clone()),
        (Kind::Time | Kind::MicroTime, Value::String(text)) => match Time::parse(text) {
            Ok(time) => instant(time).into(),
            Err(_) => value.clone(),
        },
        (Kind::Int32 | Kind::Int64 | Kind::IntOrString, Value::Number(n)) => whole(n).into(),
        (Kind::Float64, Value::Number(n)) => match n.as_f64().and_then(Number::from_f64) {
            Some(n) => n.into(),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

fn zero(kind: &Kind) -> Value {
    match kind {
        Kind::Bool => false.into(),
        Kind::Int32 | Kind::Int64 | Kind::IntOrString => 0.into(),
        Kind::Float64 => 0.0.into(),
        Kind::String | Kind::NamedString(_) | Kind::Bytes => "".into(),
        Kind::Quantity => "0".into(),
        Kind::Struct(_) | Kind::Map(_) | Kind::NamedMap(..) => Value::Object(Map::new()),
        Kind::List(_) | Kind::PtrList(_) | Kind::NamedList(..) => Value::Array(Vec::new()),
        Kind::Time | Kind::MicroTime | Kind::Duration | Kind::RawJson => Value::Null,
    }
}

/// Whether a value in canonical form is what Go has when the field is absent.
fn is_zero(kind: &Kind, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Number(n) => n.as_f64() == Some(0.0),
        // The empty text of an IntOrString has another type than the absent one.
        Value::String(text) => match kind {
            Kind::IntOrString => false,
            Kind::Quantity => text == "0",
            Kind::Duration => text == "0s" || text == "0",
            _ => text.is_empty(),
        },
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

fn quantity(text: &str) -> Option<Value> {
    Quantity::parse(text.trim()).ok().map(|q| q.canonical().into())
}

/// RFC 3339 in UTC with nanoseconds, so that texts are equal iff the instants are.
fn instant(time: Time) -> String {
    let whole = time.to_string();
    format!("{}.{:09}Z", whole.trim_end_matches('Z'), time.since(time.whole_second()))
}

/// `3.0` is `3`.
fn whole(n: &Number) -> Number {
    match n.as_f64() {
        Some(f) if n.is_f64() && libm::trunc(f) == f && libm::fabs(f) < 9.0e15 => (f as i64).into(),
        _ => n.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::canonical;
    use crate::api::schema::{POD_TEMPLATE_SPEC, SERVICE};

    fn container(container: Value) -> Value {
        json!({"spec": {"containers": [container]}})
    }

    fn of(value: &Value) -> Value {
        let once = canonical(POD_TEMPLATE_SPEC, value);
        assert_eq!(canonical(POD_TEMPLATE_SPEC, &once), once, "not idempotent: {value}");
        once
    }

    #[test]
    fn these_are_equal() {
        let check = |a: Value, b: Value| assert_eq!(of(&a), of(&b), "{a} {b}");
        check(json!({"spec": {}}), json!({}));
        check(json!({"spec": {"containers": []}, "metadata": {"creationTimestamp": null}}), json!({}));
        check(
            json!({"spec": {"hostNetwork": false, "nodeName": "", "nodeSelector": {}}}),
            json!({"spec": null}),
        );
        check(json!({"metadata": {"annotations": {}}, "unknown": 1}), json!({}));
        check(container(json!({"name": "a", "resources": {}})), container(json!({"name": "a"})));
        check(container(json!({"env": null, "args": []})), container(json!({})));
        let limits = |q: Value| container(json!({"resources": {"limits": {"cpu": q}}}));
        check(limits(json!("1")), limits(json!("1000m")));
        check(limits(json!(1)), limits(json!("1e0")));
        check(limits(json!("1Gi")), limits(json!("1024Mi")));
        check(limits(json!(0.5)), limits(json!("500m")));
        check(limits(json!(null)), limits(json!("0")));
        check(limits(json!("-1")), limits(json!("-1000m")));
        check(
            json!({"metadata": {"creationTimestamp": "2026-11-23T09:30:00Z"}}),
            json!({"metadata": {"creationTimestamp": "2026-11-23T10:30:00+01:00"}}),
        );
        let empty_dir = |v: Value| json!({"spec": {"volumes": [{"name": "v", "emptyDir": v}]}});
        check(empty_dir(json!({"medium": ""})), empty_dir(json!({})));
    }

    #[test]
    fn these_differ() {
        let check = |a: Value, b: Value| assert_ne!(of(&a), of(&b), "{a} {b}");
        check(json!({"spec": {"securityContext": {}}}), json!({"spec": {}}));
        check(json!({"spec": {"terminationGracePeriodSeconds": 0}}), json!({"spec": {}}));
        check(json!({"spec": {"enableServiceLinks": false}}), json!({"spec": {}}));
        check(json!({"metadata": {"annotations": {"a": ""}}}), json!({}));
        check(container(json!({})), json!({}));
        check(container(json!({"args": [""]})), container(json!({})));
        check(container(json!({"resources": {"limits": {"cpu": "0"}}})), container(json!({})));
        let port = |v: Value| container(json!({"readinessProbe": {"httpGet": {"port": v}}}));
        check(port(json!(80)), port(json!("80")));
        check(port(json!("")), port(json!(0)));
        let empty_dir = |v: Value| json!({"spec": {"volumes": [{"name": "v", "emptyDir": v}]}});
        check(empty_dir(json!({"sizeLimit": "0"})), empty_dir(json!({})));
    }

    #[test]
    fn whatever_comes_is_an_object() {
        for value in
            [json!(null), json!([]), json!(1), json!({"spec": []}), json!({"spec": {"containers": 1}})]
        {
            assert!(of(&value).is_object());
        }
        assert_eq!(canonical(usize::MAX, &json!({"a": 1})), json!({}));
        let inline = canonical(SERVICE, &json!({"kind": "Service", "apiVersion": "v1", "x": 1}));
        assert_eq!(inline, json!({"kind": "Service", "apiVersion": "v1"}));
    }
}
