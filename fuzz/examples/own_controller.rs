//! Another Deployment controller, put to the harness: `cargo run --release -p maxsurge-fuzz --example own_controller`.
//!
//! It switches over in one pass: the ReplicaSet of the present template gets all pods, all others none. What is wrong with
//! that is told as a story. Replace [`switch_over`] by a pass of your own; `Controllers::replica_set` takes the other controller.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use maxsurge_core::api::{
    Identity, ObjectMeta, OwnerReference, POD_TEMPLATE_HASH, ReplicaSet, ReplicaSetSpec, Time, annotation,
};
use maxsurge_core::cluster::Controllers;
use maxsurge_core::controller::deployment::{DeploymentApi, DeploymentView};
use maxsurge_core::controller::{Requeue, SyncError};
use maxsurge_fuzz::{Budget, Judgement, hunt, story};

/// One pass over a Deployment.
pub(crate) fn switch_over(
    view: &DeploymentView<'_>,
    _now: Time,
    api: &mut dyn DeploymentApi,
) -> Result<Requeue, SyncError> {
    let d = view.deployment;
    let is_own = |rs: &&Arc<ReplicaSet>| rs.meta.controller().is_some_and(|owner| owner.uid == d.meta.uid);
    let own: Vec<_> = view.replica_sets.iter().filter(is_own).collect();
    let wanted = d.spec.template.without_hash();
    let is_current = |rs: &ReplicaSet| rs.spec.template.without_hash() == wanted;
    for rs in &own {
        let replicas = if is_current(rs) { d.replicas() } else { 0 };
        if rs.spec.replicas != replicas {
            let mut rs = ReplicaSet::clone(rs);
            rs.spec.replicas = replicas;
            api.update_replica_set(rs)?;
        }
    }
    if !own.iter().any(|rs| is_current(rs)) && !d.spec.paused && !d.meta.is_deleting() {
        api.create_replica_set(draft(view, own.len() + 1))?;
    }
    let mut d = d.as_ref().clone();
    let counted = |count: fn(&ReplicaSet) -> i32| own.iter().map(|rs| count(rs)).sum();
    d.status.observed_generation = d.meta.generation;
    d.status.replicas = counted(|rs| rs.status.replicas);
    d.status.ready_replicas = counted(|rs| rs.status.ready_replicas);
    d.status.available_replicas = counted(|rs| rs.status.available_replicas);
    d.status.unavailable_replicas = (d.replicas() - d.status.available_replicas).max(0);
    if let Some(current) = own.iter().find(|rs| is_current(rs)) {
        d.status.updated_replicas = current.status.replicas;
        if let Some(revision) = current.meta.annotations.get(annotation::REVISION) {
            d.meta.annotations.insert(annotation::REVISION, revision.clone());
        }
    }
    if d != **view.deployment {
        api.update_deployment_status(d)?;
    }
    Ok(Requeue::None)
}

/// The ReplicaSet of the present template.
fn draft(view: &DeploymentView<'_>, revision: usize) -> ReplicaSet {
    let d = view.deployment;
    let hash = view.lookup.template_hash(&d.spec.template, d.status.collision_count, view.version);
    let template = d.spec.template.with_hash(&hash);
    let mut selector = d.spec.selector.as_deref().cloned().unwrap_or_default();
    selector.match_labels.get_or_insert_default().insert(POD_TEMPLATE_HASH, hash.clone());
    let owner = OwnerReference {
        api_version: "apps/v1".into(),
        kind: "Deployment".into(),
        name: d.meta.name.clone(),
        uid: d.meta.uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    };
    let identity = Identity {
        name: format!("{}-{hash}", d.meta.name).into(),
        namespace: d.meta.namespace.clone(),
        labels: template.labels.clone(),
        owner_references: vec![owner].into(),
        ..Identity::default()
    };
    let mut meta = ObjectMeta { identity: identity.into(), ..ObjectMeta::default() };
    meta.annotations.insert(annotation::REVISION, revision.to_string());
    ReplicaSet {
        meta,
        spec: ReplicaSetSpec {
            replicas: d.replicas(),
            min_ready_seconds: d.spec.min_ready_seconds,
            selector: Some(Arc::new(selector)),
            template,
        },
        status: Default::default(),
    }
}

fn main() -> ExitCode {
    let how = Judgement {
        controllers: Controllers { deployment: Some(switch_over), ..Controllers::default() },
        ..Judgement::default()
    };
    let budget = Budget { executions: None, time: Some(Duration::from_secs(60)), minimize: 2_000 };
    let hunt = hunt(1, budget, how);
    let Some(found) = hunt.found else {
        eprintln!("{} executions in {:.1} s: nothing found", hunt.executions, hunt.seconds);
        return ExitCode::SUCCESS;
    };
    eprintln!("Found by execution {}, after {:.2} s.", found.executions, found.seconds);
    eprintln!("{}", story::tell(&found.input, &found.broken, how));
    ExitCode::FAILURE
}
