//! The canonical form of a JSON value under a schema.

use serde_json::Value;

/// `value`, read as the struct with that index, in a form in which two values are equal iff the API machinery's
/// semantic equality holds for the Go objects that they decode to.
pub fn canonical(_struct_index: usize, value: &Value) -> Value {
    value.clone()
}
