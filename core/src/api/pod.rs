//! `core/v1` Pod, as far as controllers look at it.

use super::{List, ObjectMeta, Str, Time};

/// `status.phase`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum PodPhase {
    /// Not set.
    #[default]
    Empty,
    /// Accepted, not running yet.
    Pending,
    /// At least one container was started.
    Running,
    /// All containers ended well.
    Succeeded,
    /// All containers ended, at least one badly; or evicted.
    Failed,
    /// The node could not be asked.
    Unknown,
    /// Not a phase of the API.
    Other(Str),
}

impl PodPhase {
    /// The text of the API.
    pub fn as_str(&self) -> &str {
        match self {
            PodPhase::Empty => "",
            PodPhase::Pending => "Pending",
            PodPhase::Running => "Running",
            PodPhase::Succeeded => "Succeeded",
            PodPhase::Failed => "Failed",
            PodPhase::Unknown => "Unknown",
            PodPhase::Other(text) => text,
        }
    }

    /// `Succeeded` or `Failed`: the pod will never run again.
    pub fn is_finished(&self) -> bool {
        matches!(self, PodPhase::Succeeded | PodPhase::Failed)
    }
}

impl From<&str> for PodPhase {
    fn from(text: &str) -> Self {
        match text {
            "" => PodPhase::Empty,
            "Pending" => PodPhase::Pending,
            "Running" => PodPhase::Running,
            "Succeeded" => PodPhase::Succeeded,
            "Failed" => PodPhase::Failed,
            "Unknown" => PodPhase::Unknown,
            other => PodPhase::Other(other.into()),
        }
    }
}

/// One entry of `status.conditions`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PodCondition {
    /// For example `Ready`.
    pub type_: Str,
    /// `True`, `False` or `Unknown`.
    pub status: Str,
    /// When the value last changed.
    pub last_transition_time: Option<Time>,
    /// One word.
    pub reason: Str,
    /// A sentence.
    pub message: Str,
}

/// What a container is doing; for people, no controller decides by it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ContainerState {
    /// Not reported.
    #[default]
    None,
    /// Not started yet or between restarts.
    Waiting {
        /// For example `CrashLoopBackOff`.
        reason: Str,
        /// A sentence.
        message: Str,
    },
    /// Running since.
    Running {
        /// Start of this run.
        started_at: Option<Time>,
    },
    /// Ended.
    Terminated {
        /// For example `OOMKilled`.
        reason: Str,
        /// Exit code.
        exit_code: i32,
    },
}

/// One entry of `status.containerStatuses` or `status.initContainerStatuses`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContainerStatus {
    /// Container name.
    pub name: Str,
    /// Whether it passed its readiness probe.
    pub ready: bool,
    /// Restarts so far.
    pub restart_count: i32,
    /// What it does now.
    pub state: ContainerState,
    /// How its last run ended.
    pub last_state: ContainerState,
}

/// The parts of `spec` that decide something.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PodSpec {
    /// Node that it is bound to; empty = none yet.
    pub node_name: Str,
    /// Names of the init containers with `restartPolicy: Always` (sidecars).
    pub sidecars: List<Str>,
    /// Seconds between the request to stop and the kill; `None` = 30.
    pub termination_grace_period_seconds: Option<i64>,
}

/// `status` of a Pod.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PodStatus {
    /// Phase.
    pub phase: PodPhase,
    /// Reason for a failed phase, for example `Evicted`.
    pub reason: Str,
    /// When the kubelet took the pod up, before any image was pulled.
    pub start_time: Option<Time>,
    /// Conditions.
    pub conditions: List<PodCondition>,
    /// Regular containers.
    pub container_statuses: List<ContainerStatus>,
    /// Init containers and sidecars.
    pub init_container_statuses: List<ContainerStatus>,
}

/// A Pod.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pod {
    /// `metadata`.
    pub meta: ObjectMeta,
    /// `spec`.
    pub spec: PodSpec,
    /// `status`.
    pub status: PodStatus,
}

impl Pod {
    /// The first condition of type `Ready`, if its status is `True`.
    pub fn ready_condition(&self) -> Option<&PodCondition> {
        self.status.conditions.iter().find(|c| c.type_ == "Ready").filter(|c| c.status == "True")
    }

    /// Counts as a replica: not finished and not terminating.
    pub fn is_active(&self) -> bool {
        !self.status.phase.is_finished() && !self.meta.is_deleting()
    }

    /// Deletion was asked for and it has not finished.
    pub fn is_terminating(&self) -> bool {
        self.meta.is_deleting() && !self.status.phase.is_finished()
    }
}
