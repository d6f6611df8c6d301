//! What a comparison of rollout strategies found, as it is written to `results.json`.
//!
//! This is the only thing that tables, plots and pages are drawn from. It is a versioned format ([`SCHEMA`]): fields are added, never
//! renamed or given another meaning, within a version. It has no place for anything of a pod template (environment, arguments,
//! commands, annotations), so that no output can leak them.
//!
//! Units: times are seconds of virtual time since the rollout began (`_s`); counts are pods (`_pods`). Pod quantiles are nearest-rank,
//! that is, always a number of pods that occurred in a run.

use serde::{Deserialize, Serialize};

/// Name and version of the format.
pub const SCHEMA: &str = "maxsurge.dev/comparison/v1";

/// One Deployment, several strategies, in one or more situations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the program that produced it.
    pub tool_version: String,
    /// Heading, such as `Rollout strategies for web`.
    pub title: String,
    /// `metadata.name` of the Deployment.
    pub deployment: String,
    /// `metadata.namespace`, `default` where the manifest has none.
    pub namespace: String,
    /// `spec.replicas` that the comparison ran with.
    pub replicas: u32,
    /// Preset of the simulated cluster: `ideal` or `realistic`.
    pub preset: String,
    /// Runs per strategy and situation; the same seeds for each strategy, so that differences are paired.
    pub seeds: u32,
    /// Virtual time after which a run is cut off.
    pub horizon_s: f64,
    /// The whole command line that gives this comparison again.
    pub reproduce: String,
    /// The result in one sentence.
    pub verdict: String,
    /// `id` of the strategy that the verdict advises, if there is one.
    pub recommended: Option<String>,
    /// Limits the user asked for, if any, and whether they held.
    pub gate: Option<Gate>,
    /// The situations, the most important first. Each has the same strategies in the same order.
    pub situations: Vec<Situation>,
    /// Everything that the numbers rest on and where it came from.
    pub assumptions: Vec<Assumption>,
    /// Whether the ranking changes when assumed startup is halved or four times as long.
    pub ranking_note: String,
    /// What a reader should know to read the numbers rightly.
    pub notes: Vec<String>,
    /// The change that would apply the advised strategy; none if the manifest has it already.
    pub patch: Option<Patch>,
    /// What looked wrong in the input or in the runs.
    pub warnings: Vec<String>,
}

/// The limits of `--min-available` and `--max-duration`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// Whether every check held.
    pub passed: bool,
    /// One sentence a check, such as `25%/25% keeps 8 of 10 pods available (limit 9): failed`.
    pub checks: Vec<String>,
}

/// One thing that may happen during a rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Situation {
    /// Which of the known situations it is.
    pub id: SituationId,
    /// Heading, such as `The new image works`.
    pub title: String,
    /// One result a strategy.
    pub strategies: Vec<StrategyResult>,
}

/// The situations that are simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SituationId {
    /// The new image gets ready.
    GoodImage,
    /// The new image never gets ready.
    BadImage,
    /// A node fails in mid-rollout.
    NodeLoss,
    /// The cluster has no room for a surge.
    NoSpareNode,
}

impl SituationId {
    /// The name in files and flags.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GoodImage => "good-image",
            Self::BadImage => "bad-image",
            Self::NodeLoss => "node-loss",
            Self::NoSpareNode => "no-spare-node",
        }
    }
}

/// What one strategy did in one situation, over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StrategyResult {
    /// Stable key, unique within a situation and the same in all of them, such as `25%-25%`.
    pub id: String,
    /// Name to show, such as `25%/25%` or `Recreate`.
    pub label: String,
    /// Other names for strategies that resolve to the same numbers and were merged into this one.
    pub merged_labels: Vec<String>,
    /// Whether this is (also) what the manifest says.
    pub is_manifest_own: bool,
    /// What the limits come to for this number of replicas.
    pub resolved: Resolved,
    /// Pods that the strategy promises to keep available: replicas − maxUnavailable, 0 for Recreate.
    pub promised_floor_pods: u32,
    /// The lowest number of available pods in a run.
    pub min_available_pods: LowSide<u32>,
    /// ∫ max(0, replicas − available) dt of a run.
    pub deficit_pod_seconds: HighSide<f64>,
    /// Time until the rollout was complete, of the runs that completed; none if none did.
    pub duration_s: Option<HighSide<f64>>,
    /// How many runs completed, and why the others did not.
    pub finished: Finished,
    /// The most pods at one time in any run, terminating ones included.
    pub peak_pods: u32,
    /// Requests of the controllers to the API server, median run.
    pub api_requests_p50: u64,
    /// What is left while the new image does not get ready; only in [`SituationId::BadImage`].
    pub bad_image: Option<BadImage>,
    /// Available pods over time, over all runs.
    pub availability: Band,
    /// The pods of one typical run over time.
    pub pods: PodsOverTime,
    /// Moments worth marking in the plots of this strategy.
    pub markers: Vec<Marker>,
}

/// `maxSurge` and `maxUnavailable` in pods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolved {
    /// Pods above `replicas` that may exist; 0 for Recreate.
    pub max_surge_pods: u32,
    /// Pods below `replicas` that may be missing; `replicas` for Recreate.
    pub max_unavailable_pods: u32,
    /// How the numbers came about: `25 % of 3 → +1 (0.75 rounded up) / −0 (0.75 rounded down)`.
    pub rounding: String,
}

/// Quantiles of something that is worse when it is low.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LowSide<T> {
    /// Only one run in twenty was lower.
    pub p5: T,
    /// The median.
    pub p50: T,
}

/// Quantiles of something that is worse when it is high.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HighSide<T> {
    /// The median.
    pub p50: T,
    /// Only one run in twenty was higher.
    pub p95: T,
}

/// How the runs ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finished {
    /// Runs that completed.
    pub completed_runs: u32,
    /// All runs.
    pub total_runs: u32,
    /// Why the others did not, the most frequent reason first.
    pub why_not: Vec<WhyNot>,
}

/// A reason for not completing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhyNot {
    /// Such as `ProgressDeadlineExceeded: new pods never became ready`.
    pub reason: String,
    /// Runs it ended.
    pub runs: u32,
}

/// What a strategy leaves standing when the new image never gets ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BadImage {
    /// Available pods once nothing moves any more, median run.
    pub capacity_left_pods: u32,
    /// Time until the condition `Progressing` turns to `ProgressDeadlineExceeded`; none if it does not within the horizon.
    pub deadline_exceeded_after_s: Option<f64>,
    /// Whether `kubectl rollout undo` brought all replicas back; none if it was not tried.
    pub recovered_by_undo: Option<bool>,
    /// Time from the undo until all replicas were available again.
    pub recovery_s: Option<f64>,
}

/// Quantiles over runs of a step function: value `i` holds from `times_s[i]` until `times_s[i + 1]`, the last one for ever.
/// All four have the same length, at least 1; times ascend.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Band {
    /// When the values change.
    pub times_s: Vec<f64>,
    /// 5th percentile.
    pub p5: Vec<u32>,
    /// Median.
    pub p50: Vec<u32>,
    /// 95th percentile.
    pub p95: Vec<u32>,
}

/// Pods of one run by what they are, as step functions on common times. The four groups are disjoint; their sum is all pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodsOverTime {
    /// Seed of the run: the one whose deficit is the median.
    pub seed: u64,
    /// When the values change.
    pub times_s: Vec<f64>,
    /// Pods of old ReplicaSets that are not being deleted.
    pub old: Vec<u32>,
    /// Pods of the new ReplicaSet that are ready.
    pub new_ready: Vec<u32>,
    /// Pods of the new ReplicaSet that are not ready (pending, starting, crashing).
    pub new_not_ready: Vec<u32>,
    /// Pods that are being deleted and still run.
    pub terminating: Vec<u32>,
}

/// A moment in the typical run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Marker {
    /// When.
    pub time_s: f64,
    /// Two or three words, such as `deadline` or `undo`.
    pub label: String,
}

/// Something that the numbers rest on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assumption {
    /// What, such as `startup until ready`.
    pub name: String,
    /// The value with its unit, such as `p50 8 s, p95 25 s`.
    pub value: String,
    /// Who said so.
    pub origin: Origin,
    /// Where exactly: a field path, a flag, a document.
    pub source: String,
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The user's manifest.
    Manifest,
    /// A flag on the command line.
    Flag,
    /// What holds where nobody said anything: the API server's default, or this program's.
    Default,
    /// A guess of this program: worth checking.
    Assumed,
    /// The preset of the simulated cluster.
    Preset,
}

impl Origin {
    /// The word for it in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Flag => "flag",
            Self::Default => "default",
            Self::Assumed => "assumed",
            Self::Preset => "preset",
        }
    }
}

/// A change of the Deployment's strategy, in two forms that say the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Patch {
    /// `label` of the strategy that it applies.
    pub strategy_label: String,
    /// A strategic merge patch in YAML, as one would commit it.
    pub yaml: String,
    /// One line for a shell.
    pub kubectl: String,
}

impl Comparison {
    /// The situation with this id.
    #[must_use]
    pub fn situation(&self, id: SituationId) -> Option<&Situation> {
        self.situations.iter().find(|situation| situation.id == id)
    }

    /// Whether the strategy with this id is the advised one.
    #[must_use]
    pub fn is_recommended(&self, strategy: &StrategyResult) -> bool {
        self.recommended.as_deref() == Some(strategy.id.as_str())
    }
}

impl Finished {
    /// Whether every run completed.
    #[must_use]
    pub fn all(&self) -> bool {
        self.completed_runs == self.total_runs
    }
}
