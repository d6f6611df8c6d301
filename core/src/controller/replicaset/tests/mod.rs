//! Tables over whole passes and over the parts.

mod claim;
mod event;
mod manage;
mod memory;
mod ranking;
mod status;
#[cfg(feature = "zoo")]
mod zoo;

use std::sync::Arc;

use serde_json::{Value, json};

use super::listed::ListedPods;
use super::{Memory, ReplicaSetApi, sync};
use crate::api::{KubernetesVersion, OwnerReference, Pod, ReplicaSet, Time};
use crate::controller::{ApiError, ApiErrorKind, LiveOwner, Requeue, SyncError};

const NOW_S: i64 = 1000;

fn now() -> Time {
    Time::EPOCH.plus_seconds(NOW_S).plus_nanos(500_000_000)
}

/// RFC 3339 of `s` seconds after the epoch.
fn at(s: i64) -> String {
    Time::EPOCH.plus_seconds(s).to_string()
}

/// ReplicaSet `rs` with selector and template `app: web`; `edit` changes its JSON.
fn rs(replicas: i64, edit: impl FnOnce(&mut Value)) -> Arc<ReplicaSet> {
    let mut value = json!({
        "metadata": {"name": "rs", "namespace": "ns", "uid": "u", "generation": 1, "resourceVersion": "41"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c"}]}},
        },
        "status": {"replicas": 0, "observedGeneration": 1, "terminatingReplicas": 0},
    });
    edit(&mut value);
    Arc::new(ReplicaSet::from_value(&value).unwrap())
}

/// Pod `name` of `rs`: running on a node, not ready.
fn pod(name: &str, edit: impl FnOnce(&mut Value)) -> Pod {
    let mut value = json!({
        "metadata": {"name": name, "namespace": "ns", "uid": name, "labels": {"app": "web"}, "creationTimestamp": at(0),
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "u", "controller": true}]},
        "spec": {"nodeName": "node"},
        "status": {"phase": "Running"},
    });
    edit(&mut value);
    Pod::from_value(&value).unwrap()
}

/// The same, ready since `since`.
fn ready(name: &str, since: i64) -> Pod {
    pod(name, |p| {
        p["status"]["conditions"] =
            json!([{"type": "Ready", "status": "True", "lastTransitionTime": at(since)}]);
    })
}

/// An API server that answers as it is told, and keeps a line for each request.
#[derive(Default)]
struct Script {
    /// Answers to creations, in order; after these all succeed.
    creations: Vec<Result<u64, ApiErrorKind>>,
    /// Answer to every deletion, adoption and release.
    deletion: Option<ApiErrorKind>,
    adoption: Option<ApiErrorKind>,
    release: Option<ApiErrorKind>,
    /// Answers to status writes, in order.
    status: Vec<Option<ApiErrorKind>>,
    live: Option<Result<LiveOwner, ApiErrorKind>>,
    calls: Vec<String>,
    created: usize,
    written: Vec<Arc<ReplicaSet>>,
}

fn error(kind: ApiErrorKind) -> ApiError {
    ApiError::new(kind, "refused")
}

impl ReplicaSetApi<usize> for Script {
    fn get_replica_set(&mut self) -> Result<LiveOwner, ApiError> {
        self.calls.push("get".into());
        let same = LiveOwner { uid: "u".into(), deletion_timestamp: None };
        self.live.clone().unwrap_or(Ok(same)).map_err(error)
    }

    fn adopt_pod(&mut self, pod: usize, owner: &OwnerReference) -> Result<u64, ApiError> {
        self.calls.push(format!("adopt {pod} for {}", owner.name));
        self.adoption.map_or(Ok(50), |kind| Err(error(kind)))
    }

    fn release_pod(&mut self, pod: usize, _: &ReplicaSet) -> Result<(), ApiError> {
        self.calls.push(format!("release {pod}"));
        self.release.map_or(Ok(()), |kind| Err(error(kind)))
    }

    fn create_pod(&mut self, _: &Arc<ReplicaSet>) -> Result<u64, ApiError> {
        self.calls.push("create".into());
        let answer = self.creations.get(self.created).copied().unwrap_or(Ok(60));
        self.created += 1;
        answer.map_err(error)
    }

    fn delete_pod(&mut self, pod: usize, _: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        self.calls.push(format!("delete {pod}"));
        self.deletion.map_or(Ok(()), |kind| Err(error(kind)))
    }

    fn update_replica_set_status(
        &mut self,
        rs: ReplicaSet,
        retry: bool,
    ) -> Result<Arc<ReplicaSet>, ApiError> {
        self.calls.push(if retry { "status again".into() } else { "status".into() });
        let attempt = self.written.len();
        let mut stored = rs;
        stored.meta.resource_version = 70;
        let stored = Arc::new(stored);
        self.written.push(Arc::clone(&stored));
        self.status.get(attempt).copied().flatten().map_or(Ok(stored), |kind| Err(error(kind)))
    }
}

/// One pass with fresh memory and nothing expected.
fn pass(
    rs: &Arc<ReplicaSet>,
    pods: &[Pod],
    script: &mut Script,
    memory: &mut Memory<usize>,
) -> Result<Requeue, SyncError> {
    let sets = [Arc::clone(rs)];
    let may_manage = memory.expectations.satisfied(now());
    sync(
        rs,
        may_manage,
        &mut ListedPods::new(pods, &sets),
        now(),
        memory,
        script,
        KubernetesVersion::default(),
    )
}

/// The requests of a pass but for its status write, in one line; `xN` for N in a row.
fn requests(script: &Script) -> String {
    let calls: Vec<&String> = script.calls.iter().filter(|call| !call.starts_with("status")).collect();
    let runs = calls.chunk_by(|a, b| a == b).map(|run| match run.len() {
        1 => run[0].clone(),
        n => format!("{} x{n}", run[0]),
    });
    runs.collect::<Vec<_>>().join(", ")
}
