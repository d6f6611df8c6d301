//! Which strategies are compared, and what their limits come to.

use maxsurge_core::api::{Deployment, DeploymentStrategy, IntOrString, RollingUpdate, StrategyType};
use maxsurge_core::controller::deployment::Strategy;

use crate::model::Resolved;

/// One strategy to simulate, with every name under which it was asked for.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What is set in the Deployment.
    pub strategy: DeploymentStrategy,
    /// Names, the first of which is shown.
    pub labels: Vec<String>,
    /// Whether the manifest has it.
    pub is_manifest_own: bool,
    /// Its limits in pods.
    pub resolved: Resolved,
}

/// The strategies of `--strategies` when nothing is said.
pub const DEFAULTS: &str = "Recreate,25%/25%,1/0,0/1,50%/0,100%/0,100%/100%";

/// Reads `Recreate` or `maxSurge/maxUnavailable`, such as `25%/1`.
pub fn parse(text: &str) -> Result<DeploymentStrategy, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("recreate") {
        return Ok(DeploymentStrategy { type_: StrategyType::Recreate, rolling_update: None });
    }
    let help = "write `Recreate` or maxSurge/maxUnavailable, such as `25%/25%` or `1/0`";
    let (surge, unavailable) = text.split_once('/').ok_or_else(|| format!("strategy `{text}`: {help}"))?;
    let limit = |part: &str| -> Result<IntOrString, String> {
        let part = part.trim();
        if let Some(percent) = part.strip_suffix('%') {
            let fits =
                !percent.is_empty() && percent.len() <= 6 && percent.bytes().all(|c| c.is_ascii_digit());
            return if fits {
                Ok(IntOrString::String(part.into()))
            } else {
                Err(format!(
                    "strategy `{text}`: `{part}`: a valid percent string must be a numeric string followed by an \
                     ending '%'; {help}"
                ))
            };
        }
        match part.parse::<i32>() {
            Ok(n) if n >= 0 => Ok(IntOrString::Int(n)),
            Ok(_) => Err(format!("strategy `{text}`: `{part}`: must be greater than or equal to 0")),
            Err(_) => Err(format!("strategy `{text}`: `{part}` is no number of pods; {help}")),
        }
    };
    let (max_surge, max_unavailable) = (limit(surge)?, limit(unavailable)?);
    let zero = |limit: &IntOrString| match limit {
        IntOrString::Int(n) => *n == 0,
        IntOrString::String(text) => text.trim_end_matches('%').bytes().all(|c| c == b'0'),
    };
    if zero(&max_surge) && zero(&max_unavailable) {
        return Err(format!(
            "strategy `{text}`: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: {max_unavailable}: may not \
             be 0 when `maxSurge` is 0"
        ));
    }
    if let IntOrString::String(percent) = &max_unavailable
        && percent.trim_end_matches('%').parse::<i64>().is_ok_and(|n| n > 100)
    {
        return Err(format!(
            "strategy `{text}`: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"{percent}\": must not be \
             greater than 100%"
        ));
    }
    let rolling_update =
        Some(RollingUpdate { max_surge: Some(max_surge), max_unavailable: Some(max_unavailable) });
    Ok(DeploymentStrategy { type_: StrategyType::RollingUpdate, rolling_update })
}

/// The short name of a strategy.
pub fn label(strategy: &DeploymentStrategy) -> String {
    let limit = |value: Option<&IntOrString>| value.map_or_else(|| "0".to_string(), ToString::to_string);
    match (&strategy.type_, &strategy.rolling_update) {
        (StrategyType::Recreate, _) => "Recreate".into(),
        (_, Some(rolling)) => {
            format!("{}/{}", limit(rolling.max_surge.as_ref()), limit(rolling.max_unavailable.as_ref()))
        }
        (other, None) => other.as_str().into(),
    }
}

/// What the limits come to for the Deployment's replicas, and how.
pub fn resolve(strategy: &DeploymentStrategy, d: &Deployment) -> Resolved {
    let replicas = d.replicas().max(0);
    let Some(rolling) = strategy.rolling_update.as_ref().filter(|_| strategy.type_ != StrategyType::Recreate)
    else {
        return Resolved {
            max_surge_pods: 0,
            max_unavailable_pods: replicas as u32,
            rounding: "Recreate removes all pods before it creates new ones".into(),
        };
    };
    let limits = Strategy::of(strategy).fenceposts(replicas);
    let (surge, unavailable) = (limits.max_surge.max(0) as u32, limits.max_unavailable.max(0) as u32);
    let part = |value: Option<&IntOrString>, pods: u32, sign: &str, rounded: &str| match value {
        Some(IntOrString::String(text)) => {
            let percent: f64 = text.trim_end_matches('%').parse().unwrap_or(0.0);
            let exact = percent * f64::from(replicas) / 100.0;
            let how = if exact.fract() == 0.0 {
                String::new()
            } else if sign == "−" && f64::from(pods) > exact {
                " (both came to 0, so one may be missing)".into()
            } else {
                format!(" ({exact:.2} rounded {rounded})")
            };
            format!("{} % of {replicas} → {sign}{pods}{how}", text.trim_end_matches('%'))
        }
        _ => format!("{sign}{pods}"),
    };
    let rounding = format!(
        "{} / {}",
        part(rolling.max_surge.as_ref(), surge, "+", "up"),
        part(rolling.max_unavailable.as_ref(), unavailable, "−", "down"),
    );
    Resolved { max_surge_pods: surge, max_unavailable_pods: unavailable, rounding }
}

/// The manifest's own strategy and those asked for; strategies that come to the same numbers are one.
pub fn candidates(d: &Deployment, asked: &str) -> Result<Vec<Candidate>, String> {
    let mut list: Vec<Candidate> = Vec::new();
    let mut add = |strategy: DeploymentStrategy, own: bool| {
        let resolved = resolve(&strategy, d);
        let name = label(&strategy);
        let same = list.iter_mut().find(|known| {
            known.strategy.type_ == strategy.type_
                && known.resolved.max_surge_pods == resolved.max_surge_pods
                && known.resolved.max_unavailable_pods == resolved.max_unavailable_pods
        });
        match same {
            Some(known) if known.labels.contains(&name) => {}
            Some(known) => known.labels.push(name),
            None => list.push(Candidate { strategy, labels: vec![name], is_manifest_own: own, resolved }),
        }
    };
    add(d.spec.strategy.clone(), true);
    for text in asked.split(',').filter(|text| !text.trim().is_empty()) {
        add(parse(text)?, false);
    }
    Ok(list)
}
