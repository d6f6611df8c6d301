//! What each event does to the world.

use std::sync::Arc;

use maxsurge_core::api::{
    Deployment, Identity, KubernetesVersion, LabelSelector, ObjectMeta, OwnerReference, PodTemplate,
    ReplicaSet, ReplicaSetSpec, StringMap, Time, annotation,
};
use maxsurge_core::cluster::pods::{DeploymentId, NodeId, Phase, PodId, PodState, RsId, stamp, time};
use maxsurge_core::cluster::{Cluster, Fault, MapPatch, PodChange, ReplicaSetChange, UserAction, Watched};
use maxsurge_core::sim::{MS, SECOND};

use crate::autoscaled;
use crate::generators::{Beside, Break, Change, Event, Mark, Note, PodFate, SetFate, image};
use crate::templates::with_image;

/// Longest wait for a moment, ns: beyond it nothing new is to be expected.
const FAR: i64 = 700 * 1_000_000_000;

/// Whether an event lays hands on what belongs to the controllers, or breaks something; the others are what users do.
pub fn meddles(event: &Event) -> bool {
    match event {
        Event::Wait(_)
        | Event::Until(..)
        | Event::Edit(_)
        | Event::Autoscaled(_)
        | Event::Undo(_)
        | Event::RollbackTo(_)
        | Event::Restart => false,
        // Nothing of a ReplicaSet changes but its pods, as when a node dies.
        Event::Pod(..)
        | Event::Set(..)
        | Event::Break(_)
        | Event::Rival(_)
        | Event::Squat(_)
        | Event::Stray(..)
        | Event::Delete => true,
    }
}

/// Until when an event lets time go on, if it does.
pub(crate) fn until(cluster: &Cluster, id: DeploymentId, event: &Event) -> Option<Time> {
    let now = cluster.now();
    match event {
        Event::Wait(ms) => Some(now.plus_nanos(i64::from(*ms) * MS)),
        Event::Until(mark, beside) => {
            let at = due(cluster, id, *mark)?.min(now.plus_nanos(FAR));
            Some(
                at.plus_nanos(match beside {
                    Beside::Before => -1,
                    // What happens at a moment is worked off when time has reached the next nanosecond.
                    Beside::At => 1,
                    Beside::After => 2,
                    Beside::Late => 1_000_000_001,
                })
                .max(now),
            )
        }
        _ => None,
    }
}

fn due(cluster: &Cluster, id: DeploymentId, mark: Mark) -> Option<Time> {
    let now = cluster.now();
    match mark {
        Mark::Next => cluster.next_at(),
        Mark::Available => cluster
            .store
            .pods()
            .iter()
            .filter(|pod| pod.state.is_serving())
            .filter_map(|pod| {
                let wait = cluster.store.replica_set(pod.state.owner?)?.spec.min_ready_seconds;
                Some(time(pod.state.ready_s).plus_seconds(i64::from(wait)))
            })
            .filter(|at| *at > now)
            .min(),
        Mark::Deadline => {
            let d = cluster.store.deployment(id)?;
            let from = d.condition("Progressing")?.last_update_time?;
            Some(from.plus_seconds(i64::from(d.spec.progress_deadline_seconds?)))
        }
        Mark::Expectations => Some(now.plus_seconds(300)),
    }
}

/// Makes it happen, at the current instant. What nobody could do there (no such pod, nothing to undo) changes nothing.
pub(crate) fn happen(cluster: &mut Cluster, id: DeploymentId, event: &Event) {
    match event {
        Event::Wait(_) | Event::Until(..) => {}
        Event::Edit(changes) => edit(cluster, id, changes),
        Event::Autoscaled(load) => autoscaled::move_to(cluster, id, *load),
        Event::Undo(to) => {
            let _ = cluster.act(id, &UserAction::Undo(to.map(i64::from)));
        }
        Event::RollbackTo(to) => edit_with(cluster, id, |d| {
            d.meta.annotations.insert(annotation::ROLLBACK_TO, to.to_string());
        }),
        Event::Restart => {
            let _ = cluster.act(id, &UserAction::Restart);
        }
        Event::Pod(n, fate) => pod(cluster, *n, *fate),
        Event::Set(n, fate) => set(cluster, *n, *fate),
        Event::Break(fault) => {
            let _ = cluster.inject(fault_of(*fault));
            if let Break::Fleeting(is_made) = fault {
                fleeting(cluster, id, *is_made);
            }
        }
        Event::Rival(replicas) => rival(cluster, id, i32::from(*replicas)),
        Event::Squat(n) => squat(cluster, id, *n),
        Event::Stray(n, replicas) => stray(cluster, id, *n, i32::from(*replicas)),
        Event::Delete => edit_with(cluster, id, |d| {
            d.meta.finalizers.push("foregroundDeletion".into());
        }),
    }
    if *event == Event::Delete
        && let Some(d) = cluster.store.deployment(id)
    {
        let mut d = Deployment::clone(d);
        d.meta.deletion_timestamp = Some(cluster.now().whole_second());
        let _ = cluster.store.update_deployment(id, d);
    }
}

/// The fault that an event injects.
pub(crate) fn fault_of(fault: Break) -> Fault {
    match fault {
        Break::Kill(n) => Fault::KillPods(n.into()),
        Break::Controllers(after, ms) => {
            Fault::ControllerRestart { after_requests: after.into(), down_ns: i64::from(ms) * MS }
        }
        Break::Api(after, requests, error) => {
            Fault::ApiErrors { of: None, after_requests: after.into(), requests: requests.into(), error }
        }
        Break::Watch(delay, for_ms) => {
            Fault::WatchDelay { of: None, delay_ns: i64::from(delay) * MS, for_ns: i64::from(for_ms) * MS }
        }
        Break::Late(of, delay, for_ms) => Fault::WatchDelay {
            of: Some(of),
            delay_ns: i64::from(delay) * MS,
            for_ns: i64::from(for_ms) * MS,
        },
        Break::Lost(of, ms) => Fault::WatchLost { of, for_ns: i64::from(ms) * MS },
        Break::Fleeting(_) => Fault::WatchLost { of: Watched::Pods, for_ns: SECOND },
        Break::NodeDown(n) => Fault::NodeDown(NodeId(n.into())),
        Break::NodeUp(n) => Fault::NodeUp(NodeId(n.into())),
        Break::Quota(pods) => Fault::Quota(pods.map(u32::from)),
    }
}

fn edit_with(cluster: &mut Cluster, id: DeploymentId, change: impl FnOnce(&mut Deployment)) {
    let Some(d) = cluster.store.deployment(id) else { return };
    let mut d = Deployment::clone(d);
    change(&mut d);
    let _ = cluster.store.update_deployment(id, d);
}

fn edit(cluster: &mut Cluster, id: DeploymentId, changes: &[Change]) {
    edit_with(cluster, id, |d| {
        for change in changes {
            apply(d, change);
        }
    });
}

/// Applies one change, so that the API server would take the result.
pub(crate) fn apply(d: &mut Deployment, change: &Change) {
    let spec = &mut d.spec;
    match change {
        Change::Image(n) => {
            spec.template = with_image(&spec.template, &image(*n));
        }
        Change::Label(n) => {
            let key = extra(*n);
            if !spec.template.labels.remove(&key) {
                spec.template.labels.insert(key, "x");
            }
        }
        Change::Replicas(n) => spec.replicas = Some(*n),
        Change::Strategy(limits) => spec.strategy = limits.strategy(),
        Change::Pause(paused) => spec.paused = *paused,
        Change::MinReady(s) => {
            spec.min_ready_seconds = i32::from(*s);
            let least = spec.min_ready_seconds + 1;
            spec.progress_deadline_seconds = spec.progress_deadline_seconds.map(|s| s.max(least));
        }
        Change::Deadline(s) => {
            let least = spec.min_ready_seconds + 1;
            spec.progress_deadline_seconds = s.map(|s| s.max(least));
        }
        Change::History(limit) => spec.revision_history_limit = limit.map(i32::from),
        Change::Cause(n) => {
            d.meta.annotations.insert(annotation::CHANGE_CAUSE, format!("cause {n}"));
        }
    }
}

fn nth<T: Copy>(list: &[T], n: u8) -> Option<T> {
    if list.is_empty() { None } else { Some(list[usize::from(n) % list.len()]) }
}

/// A label that no selector asks for.
fn extra(n: u8) -> String {
    format!("extra{n}")
}

/// `app` moved out of the selector's reach, or back into it.
fn relabelled(labels: &StringMap) -> MapPatch {
    let away = labels.get("app").is_some_and(|app| app == "web");
    vec![("app".into(), Some(if away { "elsewhere" } else { "web" }.into()))]
}

fn pod(cluster: &mut Cluster, n: u8, fate: PodFate) {
    let pods = cluster.store.pods().iter().enumerate();
    let existing: Vec<PodId> =
        pods.filter(|(_, pod)| pod.state.exists).map(|(at, _)| PodId(at as u32)).collect();
    let Some(id) = nth(&existing, n) else { return };
    let labels = cluster.store.pod(id).state.labels;
    let change = pod_change(fate, &cluster.store.labels()[labels.0 as usize]);
    cluster.change_pod(id, &change);
}

/// While the watch of pods is lost, the youngest goes, which was made in between or has lost its owner in between.
fn fleeting(cluster: &mut Cluster, id: DeploymentId, is_made: bool) {
    if is_made {
        edit_with(cluster, id, |d| d.spec.replicas = Some(d.replicas().saturating_add(1)));
        let _ = cluster.settle();
    }
    let pods = cluster.store.existing_pods();
    let Some((youngest, _)) = pods.last().copied() else { return };
    if !is_made {
        cluster.change_pod(youngest, &PodChange::Orphaned);
    }
    cluster.change_pod(youngest, &PodChange::Removed);
}

/// What happens to a pod with those labels.
pub(crate) fn pod_change(fate: PodFate, labels: &StringMap) -> PodChange {
    match fate {
        PodFate::Unready => PodChange::Unready,
        PodFate::Ready => PodChange::Ready,
        PodFate::Failed => PodChange::Failed,
        PodFate::Succeeded => PodChange::Succeeded,
        PodFate::Deleted => PodChange::Deleted,
        PodFate::Removed => PodChange::Removed,
        PodFate::Relabelled => PodChange::Labels(relabelled(labels)),
        PodFate::Orphaned => PodChange::Orphaned,
        PodFate::Cost(cost) => PodChange::Cost(cost.into()),
        PodFate::Restarted(times) => PodChange::Restarted(times.into()),
        PodFate::Adopted(n) => PodChange::Adopted(usize::from(n % 4)),
        PodFate::Retagged(n) => {
            let key = extra(n % 3);
            let is_there = labels.contains_key(&key);
            PodChange::Labels(vec![(key, (!is_there).then(|| "x".into()))])
        }
    }
}

fn set(cluster: &mut Cluster, n: u8, fate: SetFate) {
    let ids: Vec<RsId> = cluster.store.replica_sets().map(|(id, _)| id).collect();
    let Some(id) = nth(&ids, n) else { return };
    let Some(stored) = cluster.store.replica_set(id).cloned() else { return };
    if let Some(change) = set_change(fate, &stored.meta.labels) {
        cluster.change_replica_set(id, &change);
        return;
    }
    let mut rs = ReplicaSet::clone(&stored);
    match fate {
        SetFate::Doubled => {
            rs.meta.name = format!("{}-twin", rs.meta.name).into();
            rs.spec.replicas = 0;
            let _ = cluster.store.create_replica_set(rs, cluster.now());
        }
        SetFate::Given(n) => {
            let deployments: Vec<&Deployment> = cluster.store.deployments().map(|(_, d)| &**d).collect();
            let Some(owner) = nth(&deployments, n).map(owner_of) else { return };
            let _ = cluster.store.patch_replica_set_owners(id, vec![owner].into());
        }
        _ => {
            rs.spec.template = rs.spec.template.with_annotation("edited", "by the server");
            let _ = cluster.store.update_replica_set(rs);
        }
    }
}

/// The reference by which a Deployment controls its ReplicaSets.
fn owner_of(d: &Deployment) -> OwnerReference {
    OwnerReference {
        api_version: "apps/v1".into(),
        kind: "Deployment".into(),
        name: d.meta.name.clone(),
        uid: d.meta.uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// What happens to a ReplicaSet with those labels; `None` for what only this world knows.
pub(crate) fn set_change(fate: SetFate, labels: &StringMap) -> Option<ReplicaSetChange> {
    Some(match fate {
        SetFate::Deleted => ReplicaSetChange::Deleted,
        SetFate::DeletedOrphaning => ReplicaSetChange::DeletedOrphaning,
        SetFate::Dying => ReplicaSetChange::Dying,
        SetFate::Relabelled => ReplicaSetChange::Labels(relabelled(labels)),
        SetFate::Orphaned => ReplicaSetChange::Orphaned,
        SetFate::Resized(size) => ReplicaSetChange::Resized(i32::from(size % 12)),
        SetFate::NoteRemoved(note) => ReplicaSetChange::Annotations(vec![(key(note).into(), None)]),
        SetFate::NoteChanged(note, n) => {
            const TEXTS: [&str; 10] = ["", "0", "1", "3", "5", "10", "-5", "abc", "+4", "99999999999"];
            let text = TEXTS[usize::from(n) % TEXTS.len()];
            ReplicaSetChange::Annotations(vec![(key(note).into(), Some(text.into()))])
        }
        SetFate::TemplateEdited | SetFate::Doubled | SetFate::Given(_) => return None,
    })
}

fn key(note: Note) -> &'static str {
    match note {
        Note::Revision => annotation::REVISION,
        Note::Desired => annotation::DESIRED_REPLICAS,
        Note::Max => annotation::MAX_REPLICAS,
    }
}

fn rival(cluster: &mut Cluster, id: DeploymentId, replicas: i32) {
    let found = cluster.store.deployments().map(|(other, _)| other).find(|other| *other != id);
    if let Some(other) = found {
        edit(cluster, other, &[Change::Replicas(replicas)]);
        return;
    }
    let Some(d) = cluster.store.deployment(id) else { return };
    let mut d = Deployment::clone(d);
    d.meta = ObjectMeta::of(Identity {
        name: "rival".into(),
        namespace: d.meta.namespace.clone(),
        labels: d.meta.labels.clone(),
        ..Identity::default()
    });
    d.spec.replicas = Some(replicas);
    let _ = cluster.create(d);
}

/// The template of the Deployment with another image.
fn template(cluster: &Cluster, id: DeploymentId, n: u8) -> Option<PodTemplate> {
    Some(with_image(&cluster.store.deployment(id)?.spec.template, &image(n)))
}

fn squat(cluster: &mut Cluster, id: DeploymentId, n: u8) {
    let Some(template) = template(cluster, id, n) else { return };
    let Some(d) = cluster.store.deployment(id).cloned() else { return };
    let hash = template.stable_hash(d.status.collision_count, KubernetesVersion::V1_37);
    let labels: StringMap = [("app", "stranger")].into_iter().collect();
    // Labels that the Deployment's selector takes: were it adopted and returned to, the API server would refuse others.
    let mut own = template.clone();
    own.labels.insert("stranger", "yes");
    let rs = ReplicaSet {
        meta: ObjectMeta::of(Identity {
            name: format!("{}-{hash}", d.meta.name).into(),
            namespace: d.meta.namespace.clone(),
            labels: labels.clone(),
            ..Identity::default()
        }),
        spec: ReplicaSetSpec {
            replicas: 0,
            min_ready_seconds: 0,
            selector: Some(Arc::new(LabelSelector::labels(own.labels.clone()))),
            template: own,
        },
        status: Default::default(),
    };
    let _ = cluster.store.create_replica_set(rs, cluster.now());
}

fn stray(cluster: &mut Cluster, id: DeploymentId, n: u8, replicas: i32) {
    let Some(mut template) = template(cluster, id, n) else { return };
    let Some(d) = cluster.store.deployment(id).cloned() else { return };
    let mut labels = template.labels.clone();
    labels.insert("stray", n.to_string());
    template.labels = labels.clone();
    let rs = ReplicaSet {
        meta: ObjectMeta::of(Identity {
            name: format!("stray-{n}").into(),
            namespace: d.meta.namespace.clone(),
            labels: labels.clone(),
            owner_references: Vec::<OwnerReference>::new().into(),
            ..Identity::default()
        }),
        spec: ReplicaSetSpec {
            replicas,
            min_ready_seconds: 0,
            selector: Some(Arc::new(LabelSelector::labels(labels))),
            template,
        },
        status: Default::default(),
    };
    let _ = cluster.store.create_replica_set(rs, cluster.now());
}

/// Takes away what would keep the Deployment from its wanted state for good: pods that nobody makes ready again, objects
/// that wait for a finalizer, the quota.
pub(crate) fn heal(cluster: &mut Cluster) {
    let _ = cluster.inject(Fault::Quota(None));
    let nodes: Vec<NodeId> = cluster.nodes().iter().map(|(id, _)| id).collect();
    for node in nodes {
        let _ = cluster.inject(Fault::NodeUp(node));
    }
    let dying: Vec<RsId> =
        cluster.store.replica_sets().filter(|(_, rs)| rs.meta.is_deleting()).map(|(id, _)| id).collect();
    for id in dying {
        let _ = cluster.store.delete_replica_set(id);
    }
    let now = stamp(cluster.now());
    for at in 0..cluster.store.pods().len() as u32 {
        let state = cluster.store.pod(PodId(at)).state;
        let was_ready = state.phase == Phase::Running && !state.ready;
        if state.is_active() && was_ready {
            cluster.store.put_pod(PodId(at), PodState { ready: true, ready_s: now, ..state });
        }
        // The collector of finished pods; a failed one that terminates goes with its object.
        if state.exists && state.is_finished() && state.node == NodeId::NONE {
            cluster.store.remove_pod(PodId(at));
        }
    }
}
