//! Random worlds and what happens in them, from the fuzzer's bytes. Every value that the bytes can name is valid:
//! what the API server would refuse is not generated.

pub mod draw;
pub mod run_case;
pub mod sync_state;

use arbitrary::{Arbitrary, Result, Unstructured};
use maxsurge_core::api::{Deployment, DeploymentStrategy, IntOrString, RollingUpdate, StrategyType};
use maxsurge_core::cluster::{ClusterConfig, UserAction};
use maxsurge_core::sim::{Distribution, MS, SECOND};
use maxsurge_core::workload::{Behavior, Workload};
use serde_json::json;

/// Most events of one input.
const EVENTS_MAX: usize = 40;
/// Image that never gets ready.
const BAD_IMAGE: &str = "web:bad";
/// Image that the last event of every input sets.
pub const GOOD_IMAGE: &str = "web:good";

/// One input.
#[derive(Clone, PartialEq, Debug)]
pub struct Input {
    /// The cluster and the Deployment at the beginning.
    pub world: World,
    /// What happens, one after the other.
    pub events: Vec<Event>,
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let world = World::arbitrary(u)?;
        let mut events = Vec::new();
        while events.len() < EVENTS_MAX && !u.is_empty() {
            events.push(Event::arbitrary(u)?);
        }
        Ok(Input { world, events })
    }
}

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
    pub history_limit: i32,
    /// Start-up times in order of creation, repeated.
    pub startup_ms: Vec<i64>,
    /// How long pods take to stop.
    pub stop_ms: i64,
}

impl<'a> Arbitrary<'a> for World {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let min_ready_s = if u.ratio(1, 2)? { 0 } else { u.int_in_range(1..=15)? };
        let startups = u.int_in_range(1..=4)?;
        Ok(World {
            plane: Plane::arbitrary(u)?,
            replicas: u.int_in_range(0..=12)?,
            strategy: Limits::arbitrary(u)?,
            min_ready_s,
            progress_deadline_s: if u.arbitrary()? {
                Some(u.int_in_range(min_ready_s + 1..=120)?)
            } else {
                None
            },
            history_limit: u.int_in_range(0..=3)?,
            startup_ms: (0..startups)
                .map(|_| Ok(i64::from(u.arbitrary::<u16>()? % 20_000)))
                .collect::<Result<_>>()?,
            stop_ms: if u.arbitrary()? { 0 } else { u.int_in_range(0..=30_000)? },
        })
    }
}

/// How fast the control plane is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Arbitrary)]
pub enum Plane {
    /// No delays.
    Ideal,
    /// Watch events take that many ms, requests none.
    Watch(u8),
    /// As delivered: request budget, latency, watch delay.
    Realistic,
}

impl Plane {
    fn config(self) -> ClusterConfig {
        match self {
            Plane::Ideal => ClusterConfig::ideal(),
            Plane::Watch(ms) => {
                ClusterConfig { watch_delay_ns: i64::from(ms) * MS, ..ClusterConfig::ideal() }
            }
            Plane::Realistic => ClusterConfig::realistic(),
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
        let kind = u.int_in_range(0..=4)?;
        let most = if kind < 3 { 4 } else { 100 };
        let (surge, missing) = (u.int_in_range(0..=most)?, u.int_in_range(0..=most)?);
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

/// What happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Arbitrary)]
pub enum Event {
    /// Time goes on by that many ms.
    Wait(u16),
    /// Another image, one of a few; the last never gets ready.
    SetImage(u8),
    /// Another size.
    Scale(u8),
    /// Paused or resumed.
    Pause(bool),
    /// Another strategy.
    Strategy(Limits),
    /// Back to the revision before, or to one of the first few.
    Undo(Option<u8>),
    /// Restarted.
    Restart,
    /// The oldest ready pods are deleted.
    Kill(u8),
}

impl Event {
    /// The user's action, unless time goes on.
    pub fn action(self) -> Option<UserAction> {
        Some(match self {
            Event::Wait(_) => return None,
            Event::SetImage(n) => UserAction::SetImage { container: None, image: image(n) },
            Event::Scale(n) => UserAction::Scale(i32::from(n % 16)),
            Event::Pause(paused) => UserAction::Pause(paused),
            Event::Strategy(limits) => UserAction::Strategy(limits.strategy()),
            Event::Undo(to) => UserAction::Undo(to.map(|n| i64::from(n % 6))),
            Event::Restart => UserAction::Restart,
            Event::Kill(n) => UserAction::KillPods(u32::from(n % 4) + 1),
        })
    }
}

fn image(n: u8) -> String {
    match n % 4 {
        3 => BAD_IMAGE.into(),
        n => format!("web:{n}"),
    }
}

impl World {
    /// The control plane.
    pub fn config(&self) -> ClusterConfig {
        self.plane.config()
    }

    /// The application.
    pub fn workload(&self) -> Workload {
        let bad = Behavior { startup: Distribution::Constant(SECOND), gets_ready: false };
        Workload {
            startup_by_order: self.startup_ms.iter().map(|ms| ms * MS).collect(),
            stop: Distribution::Constant(self.stop_ms * MS),
            images: [(BAD_IMAGE.into(), bad)].into_iter().collect(),
            ..Workload::default()
        }
    }

    /// The Deployment, as the API server would store it.
    pub fn deployment(&self) -> Deployment {
        let value = json!({
            "metadata": {"name": "web", "namespace": "default"},
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
