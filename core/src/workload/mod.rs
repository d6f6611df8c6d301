//! How pods behave: how long they take to start and to stop, and which images never get ready.

use std::collections::BTreeMap;

use crate::api::Str;
use crate::sim::{Distribution, Rng, SECOND};

/// What becomes of a pod after it was created.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Startup {
    /// Ready that many nanoseconds after its start.
    Ready(i64),
    /// Never ready.
    Never,
}

/// Behaviour of one image.
#[derive(Clone, PartialEq, Debug)]
pub struct Behavior {
    /// From start to Ready.
    pub startup: Distribution,
    /// Whether it ever gets ready.
    pub gets_ready: bool,
}

/// How the containers of an image end by themselves.
#[derive(Clone, PartialEq, Debug)]
pub struct Crash {
    /// How many of a million runs end so.
    pub per_million: u32,
    /// From the start of the containers to the end.
    pub after: Distribution,
}

impl Crash {
    /// Draws whether and when (ns after its start) one run ends. Takes two random numbers.
    pub fn draw(&self, rng: &mut Rng) -> Option<i64> {
        let crashes = rng.below(1_000_000) < u64::from(self.per_million);
        let after = self.after.sample(rng);
        crashes.then_some(after.max(0))
    }
}

/// When the kubelet looks whether a container is ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadinessProbe {
    /// `initialDelaySeconds`.
    pub initial_delay_s: i64,
    /// `periodSeconds`.
    pub period_s: i64,
    /// `successThreshold`.
    pub successes: i64,
}

impl ReadinessProbe {
    /// When a container that works from `ns` on is found ready: at the first probe after that, and as many
    /// further ones as must succeed.
    fn seen_ready(&self, ns: i64) -> i64 {
        let (delay, period) = (self.initial_delay_s * SECOND, self.period_s.max(1) * SECOND);
        let waits = (ns - delay).max(0);
        let probes = (waits + period - 1) / period + (self.successes - 1).max(0);
        delay + probes * period
    }
}

/// The workload: the user's application, not Kubernetes.
#[derive(Clone, PartialEq, Debug)]
pub struct Workload {
    /// What an image does that `images` does not name.
    pub default: Behavior,
    /// What other images do.
    pub images: BTreeMap<Str, Behavior>,
    /// Which images crash; the others never do.
    pub crashes: BTreeMap<Str, Crash>,
    /// Fixed start-up times by pod in creation order, repeated (ns; negative = never); overrides distributions.
    pub startup_by_order: Vec<i64>,
    /// Readiness probe of the pods; `None` = ready as soon as they work.
    pub probe: Option<ReadinessProbe>,
    /// From the request to stop to the end of the pod.
    pub stop: Distribution,
    /// Grace period of every pod, s; `None` = that of its template.
    pub grace_s: Option<i64>,
}

impl Default for Workload {
    fn default() -> Self {
        Workload {
            default: Behavior { startup: Distribution::Constant(0), gets_ready: true },
            images: BTreeMap::new(),
            crashes: BTreeMap::new(),
            startup_by_order: Vec::new(),
            probe: None,
            stop: Distribution::Constant(0),
            grace_s: None,
        }
    }
}

impl Workload {
    fn behavior(&self, image: &str) -> &Behavior {
        self.images.get(image).unwrap_or(&self.default)
    }

    /// How an image crashes.
    pub fn crash(&self, image: &str) -> Option<&Crash> {
        self.crashes.get(image)
    }

    /// Draws what becomes of the `order`-th pod. Takes the same number of random numbers whatever the image, so
    /// that runs with other images stay paired.
    pub fn startup(&self, order: u32, image: &str, rng: &mut Rng) -> Startup {
        let behavior = self.behavior(image);
        let drawn = behavior.startup.sample(rng);
        let ns = match self.startup_by_order.len() {
            0 => self.probe.map_or(drawn, |probe| probe.seen_ready(drawn)),
            len => self.startup_by_order[order as usize % len],
        };
        if behavior.gets_ready && ns >= 0 { Startup::Ready(ns) } else { Startup::Never }
    }

    /// Draws how long a pod takes to stop; never longer than its grace period allows.
    pub fn stop(&self, template_grace_s: i64, rng: &mut Rng) -> i64 {
        let grace_s = self.grace_s.unwrap_or(template_grace_s);
        self.stop.sample(rng).min(grace_s.saturating_mul(SECOND)).max(0)
    }
}
