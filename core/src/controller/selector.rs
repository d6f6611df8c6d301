//! Label selectors as the controllers use them.

use smol_str::format_smolstr;

use super::quote::GoQuoted;
use crate::api::{LabelSelector, Operator, Str, StringMap};

/// Whether the API machinery can turn a selector into requirements. One that it cannot is refused by validation, so a
/// controller meets it only in objects from before a stricter rule; it then does nothing rather than guess.
pub(crate) fn check(selector: &LabelSelector) -> Result<(), Str> {
    let check_labels = |labels: &StringMap| {
        labels.iter().try_for_each(|(key, value)| check_key(key).and_then(|()| check_value(value)))
    };
    if let Some(labels) = &selector.match_labels
        && !labels.selects(|labels| check_labels(labels).is_ok())
    {
        check_labels(labels)?;
    }
    for requirement in selector.match_expressions.iter().flatten() {
        check_operator(&requirement.operator, requirement.values.len())?;
        check_key(&requirement.key)?;
        requirement.values.iter().try_for_each(|value| check_value(value))?;
    }
    Ok(())
}

/// Whether a selector takes `labels`; an absent one takes nothing.
pub(crate) fn matches(selector: Option<&LabelSelector>, labels: &StringMap) -> bool {
    selector.is_some_and(|selector| selector.matches(labels))
}

fn check_operator(operator: &Operator, values: usize) -> Result<(), Str> {
    match operator {
        Operator::In | Operator::NotIn if values == 0 => {
            Err("for 'in', 'notin' operators, values set can't be empty".into())
        }
        Operator::Exists | Operator::DoesNotExist if values != 0 => {
            Err("values set must be empty for exists and does not exist".into())
        }
        Operator::Other(name) => {
            Err(format_smolstr!("{} is not a valid label selector operator", GoQuoted(name)))
        }
        _ => Ok(()),
    }
}

/// A qualified name: an optional DNS subdomain and `/`, then a name.
pub(crate) fn check_key(key: &str) -> Result<(), Str> {
    let qualified = || {
        let (prefix, name) = key.split_once('/').unwrap_or(("a", key));
        is_name(name) && !name.is_empty() && is_subdomain(prefix)
    };
    // Most keys have no prefix: looked at once, in every pass.
    let good = (is_name(key) && !key.is_empty()) || qualified();
    if good { Ok(()) } else { Err(format_smolstr!("key: Invalid value: {}", GoQuoted(key))) }
}

pub(crate) fn check_value(value: &str) -> Result<(), Str> {
    if is_name(value) { Ok(()) } else { Err(format_smolstr!("values: Invalid value: {}", GoQuoted(value))) }
}

/// At most 63 of letters, digits, `-`, `_`, `.`, with a letter or digit at both ends; or nothing.
fn is_name(text: &str) -> bool {
    /// 2 = letter or digit, 1 = allowed between them.
    const CLASS: [u8; 256] = {
        let mut class = [0; 256];
        let mut c = 0;
        while c < 256 {
            if (c as u8).is_ascii_alphanumeric() {
                class[c] = 2;
            }
            c += 1;
        }
        (class[b'-' as usize], class[b'_' as usize], class[b'.' as usize]) = (1, 1, 1);
        class
    };
    let class = |c: &u8| CLASS[usize::from(*c)];
    let [first, middle @ ..] = text.as_bytes() else { return true };
    // Every byte is looked at, without a branch each.
    let least = middle.iter().fold(2, |least, c| least.min(class(c)));
    text.len() <= 63 && class(first) == 2 && least > 0 && middle.last().is_none_or(|c| class(c) == 2)
}

pub(crate) fn is_subdomain(text: &str) -> bool {
    let good = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= 253
        && text.split('.').all(|label| {
            let bytes = label.as_bytes();
            bytes.first().is_some_and(good)
                && bytes.last().is_some_and(good)
                && bytes.iter().all(|c| good(c) || *c == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Requirement;

    #[test]
    fn unusable_selectors_are_told_apart() {
        let expression = |key: &str, operator: Operator, values: &[&str]| LabelSelector {
            match_labels: None,
            match_expressions: Some(vec![Requirement {
                key: key.into(),
                operator,
                values: values.iter().copied().map(Str::from).collect(),
            }]),
        };
        let labels = |key: &str, value: &str| LabelSelector::labels([(key, value)].into_iter().collect());
        for (selector, usable) in [
            (LabelSelector::default(), true),
            (labels("app", "web"), true),
            (labels("example.com/app", ""), true),
            (labels("app", "-web"), false),
            (labels("app", "a b"), false),
            (labels("", "web"), false),
            (labels("/app", "web"), false),
            (labels("Example.com/app", "web"), false),
            (labels("a/b/c", "web"), false),
            (labels("-a/b", "web"), false),
            (labels("a-/b", "web"), false),
            (labels("a_a/b", "web"), false),
            (labels("a-a.0/b", "web"), true),
            (labels(&"x".repeat(63), "web"), true),
            (labels(&"x".repeat(64), "web"), false),
            (expression("app", Operator::In, &["a"]), true),
            (expression("app", Operator::In, &[]), false),
            (expression("app", Operator::NotIn, &[]), false),
            (expression("app", Operator::Exists, &[]), true),
            (expression("app", Operator::Exists, &["a"]), false),
            (expression("app", Operator::Other("Near".into()), &["a"]), false),
            (expression("app", Operator::In, &["a!"]), false),
        ] {
            assert_eq!(check(&selector).is_ok(), usable, "{selector:?}");
        }
    }
}
