//! Label selectors and `IntOrString`.

use serde_json::Value;

use super::{Node, Out, Result, ValueError, read_i32, read_str, read_string_map};
use crate::api::{IntOrString, LabelSelector, Operator, Requirement};

impl Operator {
    /// The text of the API.
    pub fn as_str(&self) -> &str {
        match self {
            Operator::In => "In",
            Operator::NotIn => "NotIn",
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
            Operator::Other(text) => text,
        }
    }
}

impl From<&str> for Operator {
    fn from(text: &str) -> Self {
        match text {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            other => Operator::Other(other.into()),
        }
    }
}

impl LabelSelector {
    /// From the JSON form of a `LabelSelector`.
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        super::root(value, Self::read)
    }

    pub(super) fn read(node: Node<'_>) -> Result<Self> {
        Ok(LabelSelector {
            match_labels: node.opt("matchLabels", read_string_map)?,
            match_expressions: node.opt("matchExpressions", |n| {
                n.vec(|n| {
                    Ok(Requirement {
                        key: n.or_default("key", read_str)?,
                        operator: n.or_default("operator", read_str)?.as_str().into(),
                        values: n.or_default("values", |n| n.vec(read_str))?,
                    })
                })
            })?,
        })
    }

    /// As plain Kubernetes JSON. Parts that are empty but not `null` are written, which Go does not, so that
    /// reading the text again gives the same selector.
    pub fn to_value(&self) -> Value {
        let requirement = |r: &Requirement| {
            Out::new()
                .put("key", r.key.as_str())
                .put("operator", r.operator.as_str())
                .list("values", &r.values, |text| text.as_str().into())
                .finish()
        };
        Out::new()
            .some("matchLabels", self.match_labels.as_ref().map(super::string_map))
            .some(
                "matchExpressions",
                self.match_expressions.as_ref().map(|all| all.iter().map(requirement).collect::<Vec<_>>()),
            )
            .finish()
    }
}

impl IntOrString {
    /// From a JSON number or string.
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        Self::read(Node { value, path: &super::Path::Root })
    }

    pub(super) fn read(node: Node<'_>) -> Result<Self> {
        match node.value {
            Value::String(text) => Ok(IntOrString::String(text.into())),
            Value::Number(_) => Ok(IntOrString::Int(read_i32(node)?)),
            _ => node.error("int32 or string"),
        }
    }

    /// As a JSON number or string.
    pub fn to_value(&self) -> Value {
        match self {
            IntOrString::Int(n) => (*n).into(),
            IntOrString::String(text) => text.as_str().into(),
        }
    }
}
