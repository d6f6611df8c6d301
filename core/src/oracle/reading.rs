//! What small things of the API mean, read a second time: the controllers have their own code for each of these.

use crate::api::{
    Deployment, IntOrString, LabelSelector, Operator, POD_TEMPLATE_HASH, PodTemplate, ReplicaSet,
    StrategyType, StringMap, annotation,
};

/// Whether two templates are the same but for the hash label, label by label from both sides.
pub(super) fn same_template(a: &PodTemplate, b: &PodTemplate) -> bool {
    let covers = |a: &StringMap, b: &StringMap| {
        a.iter().all(|(key, value)| {
            key == POD_TEMPLATE_HASH || b.iter().any(|(other, found)| other == key && found == value)
        })
    };
    a.same_body(b) && covers(&a.labels, &b.labels) && covers(&b.labels, &a.labels)
}

/// Whether a selector takes an object with those labels; none takes nothing.
pub(super) fn selects(selector: Option<&LabelSelector>, labels: &StringMap) -> bool {
    let Some(selector) = selector else { return false };
    let value = |key: &str| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| value);
    if let Some(exact) = &selector.match_labels
        && exact.iter().any(|(key, wanted)| value(key) != Some(wanted))
    {
        return false;
    }
    let Some(rest) = &selector.match_expressions else { return true };
    rest.iter().all(|wanted| match (&wanted.operator, value(&wanted.key)) {
        (Operator::In, Some(found)) => wanted.values.contains(found),
        (Operator::NotIn, Some(found)) => !wanted.values.contains(found),
        (Operator::Exists, found) => found.is_some(),
        (Operator::DoesNotExist, found) => found.is_none(),
        (Operator::In | Operator::Other(_), _) => false,
        (Operator::NotIn, None) => true,
    })
}

/// A limit in pods; `None` = it means nothing. Percentages by whole numbers.
pub(super) fn pods_of(limit: &IntOrString, replicas: i32, up: bool) -> Option<i64> {
    match limit {
        IntOrString::Int(n) => Some(i64::from(*n)),
        IntOrString::String(text) => {
            let percent: i64 = text.strip_suffix('%')?.parse().ok()?;
            let hundredfold = i128::from(percent) * i128::from(replicas);
            let whole = if up { -(-hundredfold).div_euclid(100) } else { hundredfold.div_euclid(100) };
            Some(whole as i64)
        }
    }
}

/// Pods that may be too many, and pods that may be missing, as the rollout counts with them.
pub(super) fn limits(d: &Deployment) -> (i32, i32) {
    let (StrategyType::RollingUpdate, Some(given)) =
        (&d.spec.strategy.type_, &d.spec.strategy.rolling_update)
    else {
        // Without limits both are zero; of a RollingUpdate one may then be missing.
        let may_miss = i32::from(d.spec.strategy.type_ == StrategyType::RollingUpdate && d.replicas() != 0);
        return (0, may_miss.min(d.replicas()));
    };
    let number = |limit: &Option<IntOrString>, up| match limit {
        None => Some(0),
        Some(limit) => pods_of(limit, d.replicas(), up),
    };
    let (Some(surge), Some(missing)) =
        (number(&given.max_surge, true), number(&given.max_unavailable, false))
    else {
        return (0, 0);
    };
    let missing = if surge == 0 && missing == 0 { 1 } else { missing as i32 };
    (surge as i32, if d.replicas() == 0 { 0 } else { missing.min(d.replicas()) })
}

/// The revision of an object: 0 without one, `None` if it cannot be read.
pub(super) fn revision(annotations: &StringMap) -> Option<i64> {
    match annotations.get(annotation::REVISION) {
        None => Some(0),
        Some(text) => text.parse().ok(),
    }
}

/// A size that an annotation remembers: digits only, at most `i32::MAX`.
pub(super) fn remembered(rs: &ReplicaSet, key: &str) -> Option<i32> {
    let text = rs.meta.annotations.get(key)?;
    if text.is_empty() || text.chars().any(|c| !c.is_ascii_digit()) { None } else { text.parse().ok() }
}

/// Whether an active one of these remembers another `spec.replicas` than the Deployment has.
pub(super) fn is_resize<'a>(d: &Deployment, mut sets: impl Iterator<Item = &'a ReplicaSet>) -> bool {
    sets.any(|rs| {
        rs.spec.replicas > 0
            && remembered(rs, annotation::DESIRED_REPLICAS).is_some_and(|desired| desired != d.replicas())
    })
}
