//! The shape of the API's objects: which fields exist, what they hold, and which of them distinguish "absent"
//! from "zero". The tables are generated from the Go types (see `scripts/upstream/schema`).

mod canonical;
mod go_dump;
#[allow(missing_docs)]
mod tables;

pub use canonical::canonical;
pub(super) use go_dump::type_name;
pub use go_dump::{NotReproduced, go_dump};
pub use tables::*;

/// A Go struct of the API.
#[derive(Debug)]
pub struct Struct {
    /// Its type as Go prints it, for example `v1.PodSpec`.
    pub go: &'static str,
    /// Group and version, for example `core/v1`.
    pub pkg: &'static str,
    /// Its fields in the order of the Go source.
    pub fields: &'static [Field],
}

/// One field of a struct.
#[derive(Debug)]
pub struct Field {
    /// Name in JSON; empty if the struct is inlined.
    pub json: &'static str,
    /// Name in Go.
    pub go: &'static str,
    /// Whether it is a Go pointer, so that absent differs from zero.
    pub pointer: bool,
    /// Whether Go omits it from JSON when it is empty.
    pub omitempty: bool,
    /// Whether its fields appear in the parent's JSON object.
    pub inline: bool,
    /// Key by which a strategic merge patch tells list elements apart; empty if there is none.
    pub merge_key: &'static str,
    /// `merge`, `replace`, `retainKeys`, …; empty if there is none.
    pub patch_strategy: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// What a field holds.
#[derive(Debug)]
pub enum Kind {
    /// `bool`.
    Bool,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
    /// `float64`.
    Float64,
    /// `string`.
    String,
    /// A named string type.
    NamedString(&'static str),
    /// `[]byte`.
    Bytes,
    /// `resource.Quantity`.
    Quantity,
    /// `metav1.Time`.
    Time,
    /// `metav1.MicroTime`.
    MicroTime,
    /// `metav1.Duration`.
    Duration,
    /// `intstr.IntOrString`.
    IntOrString,
    /// Free-form JSON.
    RawJson,
    /// A struct: index into [`STRUCTS`].
    Struct(usize),
    /// A slice.
    List(&'static Kind),
    /// A slice of pointers.
    PtrList(&'static Kind),
    /// A map with string keys.
    Map(&'static Kind),
    /// A named map type.
    NamedMap(&'static str, &'static Kind),
    /// A named slice type.
    NamedList(&'static str, &'static Kind),
}
