//! One pass of a controller over the small world: the very functions of `core/src/controller`, called once for each
//! thing that they can see. A pass is a pure function of its sight, so what it asks for is remembered.

use std::sync::Arc;

use maxsurge_core::api::{KubernetesVersion, ReplicaSet, StringMap, Time};
use maxsurge_core::cluster::pods::{DeploymentId, LabelsId, NodeId, Phase, PodId, PodState, RsId};
use maxsurge_core::cluster::{Again, PassRecord, Request, Seen, Sent};
use maxsurge_core::controller::deployment::DeploymentView;
use maxsurge_core::controller::replicaset::Memory;
use maxsurge_core::controller::{Requeue, SyncError, deployment, replicaset};
use maxsurge_core::oracle::{Property, Violation, judge_pass};

use super::objects::Objects;
use super::server::{CachedSets, Server, SmallPods};
use super::sight::{DeploymentSight, SetSight};
use super::state::{SETS, SetVersion, View};
use crate::panics;

/// Whose rules hold.
const VERSION: KubernetesVersion = KubernetesVersion::V1_37;

/// The time of every pass: nothing here waits for a clock.
pub(crate) fn now() -> Time {
    Time::EPOCH.plus_seconds(1_000)
}

/// A write that took effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Write {
    /// The Deployment has that content now.
    Deployment(u16),
    /// A ReplicaSet has that version now; `true` = written by the ReplicaSet controller.
    Set(u8, SetVersion, bool),
    /// A pod of that ReplicaSet.
    CreatePod(u8),
    /// The pod at that place of [`SetSight::pods`].
    DeletePod(u8),
}

/// What a pass came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Effects {
    /// Its writes, in order.
    pub(crate) writes: Vec<Write>,
    /// Requests to the API server, reads and refused ones included.
    pub(crate) requests: u8,
    /// A request failed, to make an old ReplicaSet smaller, and the pass ended as if it had not been sent.
    pub(crate) forgot: bool,
    /// It ended with an error, or wants to be repeated at once.
    pub(crate) again: bool,
    /// Creations that it waits to see.
    pub(crate) creations: u8,
    /// Whether it waits to see its deletions.
    pub(crate) awaits_deletions: bool,
}

impl Effects {
    /// Nothing is written, and nothing more is to be done.
    pub(crate) fn is_nothing(&self) -> bool {
        self.writes.is_empty() && !self.again
    }

    /// Nor is anything asked, or remembered.
    pub(crate) fn leaves_no_trace(&self) -> bool {
        self.is_nothing() && self.requests == 0 && self.creations == 0
    }
}

/// What a pod's view is to those who judge.
pub(crate) fn pod_state(n: usize, set: u8, view: View) -> PodState {
    PodState {
        uid: 100 + n as u32,
        owner: Some(RsId(set.into())),
        labels: LabelsId(set.into()),
        node: NodeId::NONE,
        created_s: 10,
        ready_s: 20,
        restarts: 0,
        cost: 0,
        phase: if view == View::Pending { Phase::Pending } else { Phase::Running },
        // A pod that is to stop serves until it has stopped; it counts nowhere.
        ready: matches!(view, View::Ready | View::Terminating),
        deleting: view == View::Terminating,
        exists: view != View::Absent,
    }
}

fn end(result: &Result<Requeue, SyncError>) -> Result<Again, maxsurge_core::api::Str> {
    match result {
        Ok(Requeue::None) => Ok(Again::No),
        Ok(Requeue::RateLimited) => Ok(Again::Soon),
        Ok(Requeue::After(ns)) => Ok(Again::After(*ns)),
        Err(error) => Err(error.message.clone()),
    }
}

fn labels(sets: &[SetVersion; SETS], objects: &Objects) -> Vec<StringMap> {
    let of = |set: &SetVersion| match set.content {
        0 => StringMap::default(),
        content => objects.sets.get(content).spec.template.labels.clone(),
    };
    sets.iter().map(of).collect()
}

type Judged = (Effects, Option<Violation>);

/// A pass, or the panic in which it ended.
fn caught(pass: impl FnOnce() -> Judged) -> Judged {
    panics::caught(pass).unwrap_or_else(|what| {
        (Effects::default(), Some(Violation { property: Property::PPanic, at: now(), what, known: None }))
    })
}

/// A pass over the Deployment.
pub(crate) fn deployment_pass(sight: &DeploymentSight, objects: &mut Objects) -> Judged {
    caught(|| {
        let (effects, record) = deployment_once(sight, objects, false);
        let (other, _) = deployment_once(sight, objects, true);
        if other != effects {
            let what = format!("the ReplicaSets in another order: {other:?}, before {effects:?}");
            return (effects, Some(Violation { property: Property::DDet, at: now(), what, known: None }));
        }
        let labels = labels(&std::array::from_fn(|at| sight.sets[at].cached), objects);
        let judged = judge_pass(&record, &labels).err();
        if judged.as_ref().is_some_and(|violation| violation.known.is_some()) {
            // What is known of Kubernetes must not hide what is not, and some is known of current caches alone.
            let other = judge_pass(&PassRecord { was_current: false, ..record }, &labels).err();
            return (effects, other.filter(|violation| violation.known.is_none()).or(judged));
        }
        (effects, judged)
    })
}

fn deployment_once(sight: &DeploymentSight, objects: &mut Objects, reversed: bool) -> (Effects, PassRecord) {
    let mut d = maxsurge_core::api::Deployment::clone(objects.deployments.get(sight.cached));
    d.meta.resource_version = 1;
    let d = Arc::new(d);
    let mut cached = Vec::new();
    let (mut pods, mut truth) = (Vec::new(), Vec::new());
    for (at, set) in sight.sets.iter().enumerate() {
        let id = RsId(at as u32);
        if let Some(rs) = objects.materialise(set.cached, 1) {
            cached.push((id, Arc::new(rs)));
        }
        if set.runs {
            pods.push((PodId(pods.len() as u32), pod_state(pods.len(), at as u8, View::Ready)));
        }
        for n in 0..set.running {
            let view = if n < set.serving { View::Ready } else { View::Terminating };
            truth.push((PodId(truth.len() as u32), pod_state(truth.len(), at as u8, view)));
        }
    }
    let mut replica_sets: Vec<Arc<ReplicaSet>> = cached.iter().map(|(_, rs)| rs.clone()).collect();
    if reversed {
        replica_sets.reverse();
    }
    let stored = std::array::from_fn(|at| {
        let set = &sight.sets[at];
        let version = SetVersion { content: set.cached.content * u16::from(set.exists), ..set.cached };
        objects.materialise(version, if set.is_stale { 2 } else { 1 }).map(Arc::new)
    });
    let hidden = std::array::from_fn(|at| sight.sets[at].exists && sight.sets[at].cached.content == 0);
    let lookup = CachedSets { running: std::array::from_fn(|at| sight.sets[at].runs), cached: &cached };
    let view =
        DeploymentView { deployment: &d, replica_sets: &replica_sets, lookup: &lookup, version: VERSION };
    let mut server = Server::new(objects, sight.refused);
    server.sees_deployment(d.clone(), if sight.is_stale { 2 } else { 1 });
    server.sees_sets(stored, hidden);
    let result = deployment::sync(&view, now(), &mut server);
    let (writes, sent) = server.into_parts();
    let shrinks_old = |sent: &&Sent| match &sent.request {
        Request::UpdateSet(rs) => {
            let old = cached.iter().find(|(_, old)| old.meta.uid == rs.meta.uid);
            rs.spec.template.image() != d.spec.template.image()
                && old.is_some_and(|(_, old)| rs.spec.replicas < old.spec.replicas)
        }
        _ => false,
    };
    let failed = sight.refused.and_then(|refusal| sent.get(usize::from(refusal.after)));
    let effects = Effects {
        writes,
        requests: sent.len() as u8,
        forgot: result.is_ok() && failed.filter(shrinks_old).is_some(),
        again: !matches!(result, Ok(Requeue::None | Requeue::After(_))),
        ..Effects::default()
    };
    let record = PassRecord {
        began: now(),
        ended: now(),
        was_current: sight.is_current,
        seen: Seen::Deployment { id: DeploymentId(0), deployment: d, replica_sets, cached: Arc::new(cached) },
        pods: pods.into(),
        truth: truth.into(),
        shown: (0, 0),
        sent,
        told: None,
        end: end(&result),
    };
    (effects, record)
}

/// A pass over a ReplicaSet that the cache has.
pub(crate) fn set_pass(sight: &SetSight, objects: &mut Objects) -> Judged {
    caught(|| {
        let at = usize::from(sight.set);
        let rs = objects.materialise(sight.cached, 1).expect("a pass is over what the cache has");
        let rs = Arc::new(rs);
        let mut view = SmallPods::new(&rs, &sight.pods);
        let mut stored = [const { None }; SETS];
        stored[at] = objects.materialise(sight.stored, if sight.is_stale { 2 } else { 1 }).map(Arc::new);
        let mut sets = [SetVersion::default(); SETS];
        sets[at] = sight.cached;
        let labels = labels(&sets, objects);
        let mut server = Server::new(objects, sight.refused);
        server.sees_sets(stored, [false; SETS]);
        server.sees_pods(sight.set, sight.pods.iter().map(|(_, is_gone)| *is_gone));
        let mut memory = Memory::default();
        let result =
            replicaset::sync(&rs, sight.may_manage, &mut view, now(), &mut memory, &mut server, VERSION);
        let (writes, sent) = server.into_parts();
        let (creations, deletions) = memory.expectations.outstanding();
        let effects = Effects {
            writes,
            requests: sent.len() as u8,
            forgot: false,
            again: !matches!(result, Ok(Requeue::None | Requeue::After(_))),
            creations: creations.max(0) as u8,
            awaits_deletions: deletions > 0,
        };
        let states = sight.pods.iter().enumerate();
        let pods: Vec<_> =
            states.map(|(n, (cached, _))| (PodId(n as u32), pod_state(n, sight.set, *cached))).collect();
        let record = PassRecord {
            began: now(),
            ended: now(),
            // Those who judge a pass over a ReplicaSet ask for nothing but what it saw.
            was_current: false,
            seen: Seen::ReplicaSet {
                id: RsId(sight.set.into()),
                rs: rs.clone(),
                may_manage: sight.may_manage,
                cached: Arc::new(vec![(RsId(sight.set.into()), rs)]),
            },
            truth: Default::default(),
            pods: pods.into(),
            shown: (0, 0),
            sent,
            told: None,
            end: end(&result),
        };
        let judged = judge_pass(&record, &labels).err();
        (effects, judged)
    })
}
