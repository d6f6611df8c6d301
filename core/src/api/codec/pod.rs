//! `core/v1` Pod.

use serde_json::Value;

use super::{Node, Out, Result, ValueError, read_bool, read_i32, read_i64, read_str, read_time};
use crate::api::{ContainerState, ContainerStatus, ObjectMeta, Pod, PodCondition, PodSpec, PodStatus, Str};

impl PodCondition {
    fn read(node: Node<'_>) -> Result<Self> {
        Ok(PodCondition {
            type_: node.or_default("type", read_str)?,
            status: node.or_default("status", read_str)?,
            last_transition_time: node.opt("lastTransitionTime", read_time)?,
            reason: node.or_default("reason", read_str)?,
            message: node.or_default("message", read_str)?,
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        Out::new()
            .put("type", self.type_.as_str())
            .put("status", self.status.as_str())
            .time("lastTransitionTime", self.last_transition_time)
            .str("reason", &self.reason)
            .str("message", &self.message)
            .finish()
    }
}

impl ContainerState {
    fn read(node: Node<'_>) -> Result<Self> {
        if let Some(state) = node
            .opt("running", |n| Ok(ContainerState::Running { started_at: n.opt("startedAt", read_time)? }))?
        {
            return Ok(state);
        }
        if let Some(state) = node.opt("terminated", |n| {
            Ok(ContainerState::Terminated {
                reason: n.or_default("reason", read_str)?,
                exit_code: n.or_default("exitCode", read_i32)?,
            })
        })? {
            return Ok(state);
        }
        node.or_default("waiting", |n| {
            Ok(ContainerState::Waiting {
                reason: n.or_default("reason", read_str)?,
                message: n.or_default("message", read_str)?,
            })
        })
    }

    /// As plain Kubernetes JSON; an unreported state is `{}`.
    pub fn to_value(&self) -> Value {
        match self {
            ContainerState::None => Out::new(),
            ContainerState::Waiting { reason, message } => {
                Out::new().put("waiting", Out::new().str("reason", reason).str("message", message).finish())
            }
            ContainerState::Running { started_at } => {
                Out::new().put("running", Out::new().time("startedAt", *started_at).finish())
            }
            ContainerState::Terminated { reason, exit_code } => Out::new()
                .put("terminated", Out::new().put("exitCode", *exit_code).str("reason", reason).finish()),
        }
        .finish()
    }
}

impl ContainerStatus {
    fn read(node: Node<'_>) -> Result<Self> {
        Ok(ContainerStatus {
            name: node.or_default("name", read_str)?,
            ready: node.or_default("ready", read_bool)?,
            restart_count: node.or_default("restartCount", read_i32)?,
            state: node.or_default("state", ContainerState::read)?,
            last_state: node.or_default("lastState", ContainerState::read)?,
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        Out::new()
            .put("name", self.name.as_str())
            .put("ready", self.ready)
            .put("restartCount", self.restart_count)
            .put("state", self.state.to_value())
            .put("lastState", self.last_state.to_value())
            .finish()
    }
}

impl PodSpec {
    fn read(node: Node<'_>) -> Result<Self> {
        let sidecars: Vec<Option<Str>> = node.or_default("initContainers", |n| {
            n.vec(|n| {
                let always = n.or_default("restartPolicy", read_str)? == "Always";
                let name = n.or_default("name", read_str)?;
                Ok(always.then_some(name))
            })
        })?;
        Ok(PodSpec {
            node_name: node.or_default("nodeName", read_str)?,
            sidecars: sidecars.into_iter().flatten().collect(),
            termination_grace_period_seconds: node.opt("terminationGracePeriodSeconds", read_i64)?,
        })
    }

    /// The parts that are kept, as plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        Out::new()
            .str("nodeName", &self.node_name)
            .list("initContainers", &self.sidecars, |name| {
                Out::new().put("name", name.as_str()).put("restartPolicy", "Always").finish()
            })
            .some("terminationGracePeriodSeconds", self.termination_grace_period_seconds)
            .finish()
    }
}

impl PodStatus {
    fn read(node: Node<'_>) -> Result<Self> {
        Ok(PodStatus {
            phase: node.or_default("phase", read_str)?.as_str().into(),
            reason: node.or_default("reason", read_str)?,
            start_time: node.opt("startTime", read_time)?,
            conditions: node.or_default("conditions", |n| n.list(PodCondition::read))?,
            container_statuses: node.or_default("containerStatuses", |n| n.list(ContainerStatus::read))?,
            init_container_statuses: node
                .or_default("initContainerStatuses", |n| n.list(ContainerStatus::read))?,
        })
    }

    /// As plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        Out::new()
            .str("phase", self.phase.as_str())
            .str("reason", &self.reason)
            .time("startTime", self.start_time)
            .list("conditions", &self.conditions, PodCondition::to_value)
            .list("containerStatuses", &self.container_statuses, ContainerStatus::to_value)
            .list("initContainerStatuses", &self.init_container_statuses, ContainerStatus::to_value)
            .finish()
    }
}

impl Pod {
    /// From plain Kubernetes JSON.
    pub fn from_value(value: &Value) -> std::result::Result<Self, ValueError> {
        super::root(value, |node| {
            Ok(Pod {
                meta: node.or_default("metadata", ObjectMeta::read)?,
                spec: node.or_default("spec", PodSpec::read)?,
                status: node.or_default("status", PodStatus::read)?,
            })
        })
    }

    /// The parts that are kept, as plain Kubernetes JSON.
    pub fn to_value(&self) -> Value {
        Out::object("v1", "Pod")
            .put("metadata", self.meta.to_value())
            .put("spec", self.spec.to_value())
            .put("status", self.status.to_value())
            .finish()
    }
}
