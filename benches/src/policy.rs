//! The policies that are compared.

use serde_json::{Value, json};

/// A policy: its name and `spec.strategy`.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `Recreate`, or `maxSurge/maxUnavailable`.
    pub name: String,
    /// `spec.strategy`.
    pub strategy: Value,
}

/// The values of both limits in the grid.
const LIMITS: [&str; 6] = ["0", "1", "10%", "25%", "50%", "100%"];

/// All old pods first.
pub fn recreate() -> Policy {
    Policy { name: "Recreate".into(), strategy: json!({"type": "Recreate"}) }
}

/// RollingUpdate with these limits.
pub fn rolling(surge: &str, unavailable: &str) -> Policy {
    let limit = |text: &str| text.parse::<i64>().map_or_else(|_| json!(text), |n| json!(n));
    Policy {
        name: format!("{surge}/{unavailable}"),
        strategy: json!({
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": limit(surge), "maxUnavailable": limit(unavailable)},
        }),
    }
}

/// Those that people use: the default, one at a time, twice the pods, in place, and all at once.
pub fn headline() -> Vec<Policy> {
    let pairs = [("25%", "25%"), ("1", "0"), ("0", "1"), ("100%", "0"), ("0", "25%"), ("100%", "100%")];
    std::iter::once(recreate()).chain(pairs.map(|(surge, missing)| rolling(surge, missing))).collect()
}

/// Recreate and maxSurge × maxUnavailable ∈ {0, 1, 10 %, 25 %, 50 %, 100 %}, but for 0/0, which the API refuses.
pub fn grid() -> Vec<Policy> {
    let pairs = LIMITS.iter().flat_map(|surge| LIMITS.iter().map(move |missing| (*surge, *missing)));
    let pairs = pairs.filter(|pair| *pair != ("0", "0"));
    std::iter::once(recreate()).chain(pairs.map(|(surge, missing)| rolling(surge, missing))).collect()
}
