//! Label selectors.

use std::fmt;

use super::{Str, StringMap};

/// How a requirement compares a label.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operator {
    /// The label has one of the values.
    In,
    /// The label is absent or has none of the values.
    NotIn,
    /// The label is present.
    Exists,
    /// The label is absent.
    DoesNotExist,
    /// Not an operator of the API; makes the selector unusable.
    Other(Str),
}

/// One entry of `matchExpressions`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    /// Label key.
    pub key: Str,
    /// Comparison.
    pub operator: Operator,
    /// Operands of `In` and `NotIn`.
    pub values: Vec<Str>,
}

/// Why a selector cannot be used; the text is that of the API machinery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SelectorError(pub Str);

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SelectorError {}

/// A label selector. `None` parts were `null`; that differs from empty in one rule only: a selector of two
/// `null` parts is "the empty selector", which a Deployment refuses to act on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LabelSelector {
    /// `matchLabels`.
    pub match_labels: Option<StringMap>,
    /// `matchExpressions`.
    pub match_expressions: Option<Vec<Requirement>>,
}

impl LabelSelector {
    /// A selector on equality alone.
    pub fn labels(labels: StringMap) -> Self {
        LabelSelector { match_labels: Some(labels), match_expressions: None }
    }

    /// Both parts `null`.
    pub fn is_null(&self) -> bool {
        self.match_labels.is_none() && self.match_expressions.is_none()
    }

    /// Nothing is required, so every object matches.
    pub fn is_empty(&self) -> bool {
        self.match_labels.as_ref().is_none_or(StringMap::is_empty)
            && self.match_expressions.as_ref().is_none_or(Vec::is_empty)
    }

    /// Whether `labels` satisfy every requirement. Meaningful only for a selector that validation accepts.
    pub fn matches(&self, labels: &StringMap) -> bool {
        self.match_labels.as_ref().is_none_or(|wanted| labels.contains_all(wanted))
            && self.match_expressions.iter().flatten().all(|r| {
                let value = labels.get(&r.key);
                match &r.operator {
                    Operator::In => value.is_some_and(|v| r.values.contains(v)),
                    Operator::NotIn => value.is_none_or(|v| !r.values.contains(v)),
                    Operator::Exists => value.is_some(),
                    Operator::DoesNotExist => value.is_none(),
                    Operator::Other(_) => false,
                }
            })
    }
}
