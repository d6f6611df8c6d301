//! The cluster, the application, and the Deployment at the beginning.

use arbitrary::{Arbitrary, Result, Unstructured};
use maxsurge_core::api::{
    Deployment, DeploymentStrategy, IntOrString, RollingUpdate, StrategyType, annotation,
};
use maxsurge_core::cluster::ClusterConfig;
use maxsurge_core::cluster::nodes::{Capacity, NodeConfig};
use maxsurge_core::sim::{Distribution, MS, SECOND};
use maxsurge_core::workload::{Behavior, Workload};
use serde_json::json;

use super::edgy;

/// Image that never gets ready.
const BAD_IMAGE: &str = "web:bad";
/// Image that the last event of every input sets.
pub const GOOD_IMAGE: &str = "web:good";
/// Passes in one instant from which on the controllers are said not to fall quiet: far more than a world of this size
/// ever needs.
const PASSES_MAX: u32 = 1_000;

/// A cluster with one Deployment.
#[derive(Clone, PartialEq, Debug)]
pub struct World {
    /// How fast the control plane is.
    pub plane: Plane,
    /// `spec.replicas`.
    pub replicas: i32,
    /// `spec.strategy`.
    pub strategy: Limits,
    /// `spec.minReadySeconds`.
    pub min_ready_s: i32,
    /// `spec.progressDeadlineSeconds`.
    pub progress_deadline_s: Option<i32>,
    /// `spec.revisionHistoryLimit`.
    pub history_limit: Option<i32>,
    /// Start-up times in order of creation, repeated.
    pub startup_ms: Vec<i64>,
    /// How long pods take to stop.
    pub stop_ms: i64,
    /// Nodes; none = pods are bound to none.
    pub nodes: u8,
}

impl<'a> Arbitrary<'a> for World {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let min_ready_s = if u.ratio(1, 2)? { 0 } else { u.int_in_range(1..=30)? };
        let startups = u.int_in_range(1..=4)?;
        Ok(World {
            plane: Plane::arbitrary(u)?,
            replicas: edgy(u, 12)?,
            strategy: Limits::arbitrary(u)?,
            min_ready_s,
            progress_deadline_s: deadline(u, min_ready_s)?,
            history_limit: if u.ratio(1, 8)? { None } else { Some(u.int_in_range(0..=3)?) },
            startup_ms: (0..startups)
                .map(|_| Ok(if u.ratio(1, 4)? { 0 } else { i64::from(u.arbitrary::<u16>()? % 20_000) }))
                .collect::<Result<_>>()?,
            stop_ms: if u.arbitrary()? { 0 } else { u.int_in_range(0..=30_000)? },
            nodes: if u.ratio(1, 4)? { u.int_in_range(1..=3)? } else { 0 },
        })
    }
}

/// A progress deadline that the API server takes beside that `minReadySeconds`, or none.
pub(super) fn deadline(u: &mut Unstructured<'_>, min_ready_s: i32) -> Result<Option<i32>> {
    Ok(if u.ratio(2, 3)? { Some(u.int_in_range(min_ready_s + 1..=min_ready_s + 90)?) } else { None })
}

/// How fast the control plane is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plane {
    /// No delays.
    Ideal,
    /// Watch events take that many ms, requests none.
    Watch(u8),
    /// As delivered: request budget, latency, watch delay.
    Realistic,
}

impl<'a> Arbitrary<'a> for Plane {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=9_u8)? {
            0..=6 => Plane::Ideal,
            7 | 8 => Plane::Watch(u.arbitrary()?),
            _ => Plane::Realistic,
        })
    }
}

impl Plane {
    fn config(self) -> ClusterConfig {
        let ideal = ClusterConfig { passes_per_instant_max: PASSES_MAX, ..ClusterConfig::ideal() };
        match self {
            Plane::Ideal => ideal,
            Plane::Watch(ms) => ClusterConfig { watch_delay_ns: i64::from(ms) * MS, ..ideal },
            Plane::Realistic => {
                ClusterConfig { passes_per_instant_max: PASSES_MAX, ..ClusterConfig::realistic() }
            }
        }
    }
}

/// A strategy that the API server takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limits {
    /// Recreate.
    Recreate,
    /// RollingUpdate in pods.
    Pods(u8, u8),
    /// RollingUpdate in percent.
    Percent(u8, u8),
}

impl<'a> Arbitrary<'a> for Limits {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        const EDGES: [u8; 9] = [0, 1, 10, 20, 25, 30, 50, 99, 100];
        let kind = u.int_in_range(0..=4)?;
        let mut limit =
            || -> Result<u8> { if kind < 3 { u.int_in_range(0..=4) } else { u.choose(&EDGES).copied() } };
        let (surge, missing) = (limit()?, limit()?);
        // Both zero is refused by the API server.
        let missing = if surge == 0 { missing.max(1) } else { missing };
        Ok(match kind {
            0 => Limits::Recreate,
            1 | 2 => Limits::Pods(surge, missing),
            _ => Limits::Percent(surge, missing),
        })
    }
}

impl Limits {
    /// As `spec.strategy`.
    pub fn strategy(self) -> DeploymentStrategy {
        let (surge, missing) = match self {
            Limits::Recreate => {
                return DeploymentStrategy { type_: StrategyType::Recreate, rolling_update: None };
            }
            Limits::Pods(surge, missing) => {
                (IntOrString::Int(surge.into()), IntOrString::Int(missing.into()))
            }
            Limits::Percent(surge, missing) => {
                let percent = |n: u8| IntOrString::String(format!("{n}%").as_str().into());
                (percent(surge), percent(missing))
            }
        };
        let limits = RollingUpdate { max_unavailable: Some(missing), max_surge: Some(surge) };
        DeploymentStrategy { type_: StrategyType::RollingUpdate, rolling_update: Some(limits) }
    }
}

/// One of a few images; every fourth never gets ready.
pub fn image(n: u8) -> String {
    match n % 16 {
        n if n % 4 == 3 => format!("{BAD_IMAGE}{n}"),
        n => format!("web:{n}"),
    }
}

impl World {
    /// The control plane.
    pub fn config(&self) -> ClusterConfig {
        let nodes = NodeConfig::named(self.nodes.into(), Capacity::default());
        ClusterConfig { nodes, ..self.plane.config() }
    }

    /// The application.
    pub fn workload(&self) -> Workload {
        let bad = Behavior { startup: Distribution::Constant(SECOND), gets_ready: false };
        Workload {
            startup_by_order: self.startup_ms.iter().map(|ms| ms * MS).collect(),
            stop: Distribution::Constant(self.stop_ms * MS),
            images: (0..16)
                .map(image)
                .filter(|image| image.starts_with(BAD_IMAGE))
                .map(|image| (image.as_str().into(), bad.clone()))
                .collect(),
            ..Workload::default()
        }
    }

    /// The Deployment, as the API server would store it.
    pub fn deployment(&self, name: &str) -> Deployment {
        let value = json!({
            "metadata": {
                "name": name,
                "namespace": "default",
                "labels": {"app": "web"},
                // One of those that are not copied to ReplicaSets.
                "annotations": {annotation::LAST_APPLIED: "{}"},
            },
            "spec": {
                "replicas": self.replicas,
                "minReadySeconds": self.min_ready_s,
                "progressDeadlineSeconds": self.progress_deadline_s,
                "revisionHistoryLimit": self.history_limit,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "web", "image": "web:0"}]},
                },
            },
        });
        let mut d = Deployment::from_value(&value).expect("every generated Deployment is well-formed");
        d.spec.strategy = self.strategy.strategy();
        d
    }
}
