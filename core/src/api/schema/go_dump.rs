//! How Go's `spew` prints an object with `%#v`, as Kubernetes does it to hash a pod template.

use std::fmt::{self, Write};

use serde_json::Value;

use super::{Field, Kind, STRUCTS, Struct};
use crate::api::{KubernetesVersion, Quantity, QuantityFormat};

/// Why there is no text: the object has a part whose memory layout is not reproduced here (times, managed
/// fields, quantities beyond 18 digits), or a value of the wrong type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotReproduced;

impl From<fmt::Error> for NotReproduced {
    fn from(_: fmt::Error) -> Self {
        NotReproduced
    }
}

/// Writes `value`, read as the struct with that index, as `k8s.io/utils/dump.ForHash` prints the Go value that
/// a controller of that version would hold.
pub fn go_dump(
    out: &mut impl Write,
    struct_index: usize,
    value: &Value,
    version: KubernetesVersion,
) -> Result<(), NotReproduced> {
    let structure = STRUCTS.get(struct_index).ok_or(NotReproduced)?;
    write!(out, "({})", structure.go)?;
    dump_struct(out, struct_index, value, version)
}

/// Fields of a pod template that came after v1.34: struct and JSON name. None went, and none changed its place or type;
/// found by writing the tables for `k8s.io/api` v0.34.4 (`scripts/upstream/schema`) and comparing.
const SINCE_1_34: &[(&str, &str)] = &[
    ("v1.ClusterTrustBundleProjection", "user"),
    ("v1.ConfigMapVolumeSource", "defaultUser"),
    ("v1.DownwardAPIVolumeFile", "user"),
    ("v1.DownwardAPIVolumeSource", "defaultUser"),
    ("v1.EmptyDirVolumeSource", "mode"),
    ("v1.GRPCAction", "mode"),
    ("v1.HTTPGetAction", "protocol"),
    ("v1.KeyToPath", "user"),
    ("v1.PodCertificateProjection", "userAnnotations"),
    ("v1.PodCertificateProjection", "user"),
    ("v1.PodSpec", "schedulingGroup"),
    ("v1.PodSpec", "evictionResponders"),
    ("v1.ProjectedVolumeSource", "defaultUser"),
    ("v1.SecretVolumeSource", "defaultUser"),
    ("v1.ServiceAccountTokenProjection", "user"),
    ("v1.VolumeMount", "bindMountOptions"),
];

/// The fields that a struct has in that version.
fn fields(structure: &'static Struct, version: KubernetesVersion) -> impl Iterator<Item = &'static Field> {
    structure.fields.iter().filter(move |field| match version {
        KubernetesVersion::V1_34 => !SINCE_1_34.contains(&(structure.go, field.json)),
        KubernetesVersion::V1_37 => true,
    })
}

fn dump_struct(
    out: &mut impl Write,
    struct_index: usize,
    value: &Value,
    version: KubernetesVersion,
) -> Result<(), NotReproduced> {
    let structure = STRUCTS.get(struct_index).ok_or(NotReproduced)?;
    if !matches!(value, Value::Object(_) | Value::Null) {
        return Err(NotReproduced);
    }
    out.write_char('{')?;
    for (index, field) in fields(structure, version).enumerate() {
        if index > 0 {
            out.write_char(' ')?;
        }
        dump_field(out, field, value, version)?;
    }
    out.write_char('}')?;
    Ok(())
}

fn dump_field(
    out: &mut impl Write,
    field: &Field,
    parent: &Value,
    version: KubernetesVersion,
) -> Result<(), NotReproduced> {
    // The fields of an inlined struct stand in the parent's JSON.
    let value = if field.inline { parent } else { parent.get(field.json).unwrap_or(&Value::Null) };
    let pointer = if field.pointer { "*" } else { "" };
    write!(out, "{}:({pointer}{})", field.go, type_name(&field.kind))?;
    if field.pointer && value.is_null() {
        out.write_str("<nil>")?;
        return Ok(());
    }
    dump_value(out, &field.kind, value, version)
}

/// The value without its type, as it also stands in lists and maps. Null is the zero value.
fn dump_value(
    out: &mut impl Write,
    kind: &Kind,
    value: &Value,
    version: KubernetesVersion,
) -> Result<(), NotReproduced> {
    match (kind, value) {
        (Kind::Bool, Value::Null) => out.write_str("false")?,
        (Kind::Bool, Value::Bool(on)) => write!(out, "{on}")?,
        (Kind::Int32 | Kind::Int64, Value::Null) => out.write_char('0')?,
        (Kind::Int32 | Kind::Int64, Value::Number(n)) => write!(out, "{}", n.as_i64().ok_or(NotReproduced)?)?,
        (Kind::String | Kind::NamedString(_), Value::Null) => {}
        (Kind::String | Kind::NamedString(_), Value::String(text)) => out.write_str(text)?,
        (Kind::Struct(index), _) => dump_struct(out, *index, value, version)?,
        (Kind::Time, Value::Null) => {
            out.write_str("{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}")?;
        }
        (Kind::IntOrString, Value::Null) => dump_int_or_string(out, 0, 0, "")?,
        (Kind::IntOrString, Value::String(text)) => dump_int_or_string(out, 1, 0, text)?,
        (Kind::IntOrString, Value::Number(n)) => {
            dump_int_or_string(out, 0, n.as_i64().ok_or(NotReproduced)?, "")?;
        }
        (Kind::Quantity, Value::Null) => dump_quantity(out, "0")?,
        (Kind::Quantity, Value::String(text)) => dump_quantity(out, text)?,
        (Kind::Quantity, Value::Number(n)) => dump_quantity(out, &n.to_string())?,
        (Kind::List(_) | Kind::PtrList(_) | Kind::NamedList(..), Value::Null) => out.write_str("<nil>")?,
        (Kind::Map(_) | Kind::NamedMap(..), Value::Null) => out.write_str("<nil>")?,
        (Kind::List(item) | Kind::NamedList(_, item), Value::Array(items)) => {
            // Empty ones do not survive storage.
            if items.is_empty() {
                out.write_str("<nil>")?;
                return Ok(());
            }
            out.write_char('[')?;
            for (index, value) in items.iter().enumerate() {
                if index > 0 {
                    out.write_char(' ')?;
                }
                dump_value(out, item, value, version)?;
            }
            out.write_char(']')?;
        }
        (Kind::Map(item) | Kind::NamedMap(_, item), Value::Object(map)) => {
            if map.is_empty() {
                out.write_str("<nil>")?;
                return Ok(());
            }
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|entry| entry.0);
            out.write_str("map[")?;
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.write_char(' ')?;
                }
                write!(out, "{key}:")?;
                dump_value(out, item, value, version)?;
            }
            out.write_char(']')?;
        }
        _ => return Err(NotReproduced),
    }
    Ok(())
}

fn dump_int_or_string(out: &mut impl Write, kind: u8, int: i64, text: &str) -> fmt::Result {
    write!(out, "{{Type:(intstr.Type){kind} IntVal:(int32){int} StrVal:(string){text}}}")
}

fn dump_quantity(out: &mut impl Write, text: &str) -> Result<(), NotReproduced> {
    // What is stored is the printed form; a controller parses that.
    let stored = Quantity::parse(text.trim()).map_err(|_| NotReproduced)?.to_string();
    let quantity = Quantity::parse(&stored).map_err(|_| NotReproduced)?;
    let (value, scale, cached) = quantity.short_form().ok_or(NotReproduced)?;
    let format = match quantity.format() {
        QuantityFormat::BinarySi => "BinarySI",
        QuantityFormat::DecimalSi => "DecimalSI",
        QuantityFormat::DecimalExponent => "DecimalExponent",
    };
    write!(
        out,
        "{{i:(resource.int64Amount){{value:(int64){value} scale:(resource.Scale){scale}}} \
         d:(resource.infDecAmount){{Dec:(*inf.Dec)<nil>}} s:(string){cached} Format:(resource.Format){format}}}"
    )?;
    Ok(())
}

/// How Go names the type.
pub(in crate::api) fn type_name(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "bool".into(),
        Kind::Int32 => "int32".into(),
        Kind::Int64 => "int64".into(),
        Kind::Float64 => "float64".into(),
        Kind::String => "string".into(),
        Kind::NamedString(name) | Kind::NamedMap(name, _) | Kind::NamedList(name, _) => (*name).into(),
        Kind::Bytes => "[]uint8".into(),
        Kind::Quantity => "resource.Quantity".into(),
        Kind::Time => "v1.Time".into(),
        Kind::MicroTime => "v1.MicroTime".into(),
        Kind::Duration => "v1.Duration".into(),
        Kind::IntOrString => "intstr.IntOrString".into(),
        Kind::RawJson => "v1.FieldsV1".into(),
        Kind::Struct(index) => STRUCTS.get(*index).map_or("struct", |s| s.go).into(),
        Kind::List(item) => format!("[]{}", type_name(item)),
        Kind::PtrList(item) => format!("[]*{}", type_name(item)),
        Kind::Map(item) => format!("map[string]{}", type_name(item)),
    }
}
