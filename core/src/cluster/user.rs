//! What a person does: the writes behind the kubectl verbs.

use std::fmt;

use super::Cluster;
use super::pods::DeploymentId;
use crate::api::{Deployment, DeploymentStrategy, PodTemplate, annotation};
use crate::controller::ApiError;
use crate::controller::deployment::revision;
use crate::zoo::{Mutant, active};

/// One change.
#[derive(Clone, PartialEq, Debug)]
pub enum UserAction {
    /// `kubectl set image`: container (`None` = the first) and image.
    SetImage {
        /// Container name.
        container: Option<String>,
        /// New image.
        image: String,
    },
    /// `kubectl scale --replicas`.
    Scale(i32),
    /// `kubectl rollout pause` (true) or `resume`.
    Pause(bool),
    /// Replaces the pod template.
    Template(PodTemplate),
    /// Replaces `spec.strategy`.
    Strategy(DeploymentStrategy),
    /// `kubectl rollout undo`; `None` = to the second highest revision.
    Undo(Option<i64>),
    /// `kubectl rollout restart`.
    Restart,
    /// Replaces spec, labels and annotations (`kubectl apply`, `edit`, `patch`).
    Apply(Box<Deployment>),
    /// Deletes the n oldest ready pods.
    KillPods(u32),
}

/// Why kubectl would refuse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserError(pub String);

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UserError {}

impl From<ApiError> for UserError {
    fn from(error: ApiError) -> Self {
        UserError(error.to_string())
    }
}

impl Cluster {
    /// Creates a Deployment (already defaulted and validated).
    pub fn create(&mut self, d: Deployment) -> Result<DeploymentId, UserError> {
        Ok(self.store.create_deployment(d, self.now)?)
    }

    /// Does what a person asks for, at the current instant.
    pub fn act(&mut self, id: DeploymentId, action: &UserAction) -> Result<(), UserError> {
        let Some(stored) = self.store.deployment(id).cloned() else {
            return Err(UserError("Error from server (NotFound): the Deployment does not exist".into()));
        };
        let mut d = (*stored).clone();
        let name = d.meta.name.clone();
        match action {
            UserAction::SetImage { container, image } => {
                let template = d.spec.template.with_image(container.as_deref(), image);
                d.spec.template = template.ok_or_else(|| {
                    let wanted = container.as_deref().unwrap_or_default();
                    UserError(format!("error: unable to find container named {wanted:?}"))
                })?;
            }
            UserAction::Scale(replicas) => d.spec.replicas = Some(*replicas),
            UserAction::Pause(paused) => {
                if d.spec.paused == *paused {
                    let what = if *paused { "is already paused" } else { "is not paused" };
                    return Err(UserError(format!("error: deployments.apps \"{name}\" {what}")));
                }
                d.spec.paused = *paused;
            }
            UserAction::Template(template) => d.spec.template = template.clone(),
            UserAction::Strategy(strategy) => d.spec.strategy = strategy.clone(),
            UserAction::Undo(to) => {
                let (template, annotations) = self.undo_target(id, &d, *to)?;
                if template.equal_ignoring_hash(&d.spec.template) {
                    return Ok(());
                }
                d.spec.template = template;
                if !active(Mutant::RollbackKeepsWrongNote) {
                    d.meta.annotations = annotations;
                }
            }
            UserAction::Restart => {
                if d.spec.paused {
                    return Err(UserError(format!(
                        "error: deployments.apps \"{name}\" can't restart paused deployment (run rollout resume first)"
                    )));
                }
                d.spec.template =
                    d.spec.template.with_annotation(annotation::RESTARTED_AT, &self.now.to_string());
            }
            UserAction::Apply(new) => {
                d.spec = new.spec.clone();
                d.meta.labels = new.meta.labels.clone();
                for (key, value) in new.meta.annotations.iter() {
                    d.meta.annotations.insert(key.clone(), value.clone());
                }
            }
            UserAction::KillPods(n) => {
                self.kill_pods(*n);
                return Ok(());
            }
        }
        Ok(self.store.update_deployment(id, d)?)
    }

    fn undo_target(
        &self,
        id: DeploymentId,
        d: &Deployment,
        to: Option<i64>,
    ) -> Result<(PodTemplate, crate::api::StringMap), UserError> {
        if d.spec.paused {
            return Err(UserError(
                "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and \
                 try again"
                    .into(),
            ));
        }
        let sets: Vec<_> = self
            .replica_sets_of(id)
            .filter_map(|(_, rs)| Some((revision(&rs.meta.annotations)?, rs)))
            .collect();
        let wanted = match to {
            Some(wanted) if wanted > 0 => wanted,
            Some(wanted) if wanted < 0 => {
                return Err(UserError(format!(
                    "error: unable to find specified revision {wanted} in history"
                )));
            }
            _ => {
                let (mut latest, mut previous) = (-1, -1);
                for (revision, _) in &sets {
                    if *revision > latest {
                        (latest, previous) = (*revision, latest);
                    } else if *revision > previous {
                        previous = *revision;
                    }
                }
                if previous < 0 {
                    let name = &d.meta.name;
                    return Err(UserError(format!(
                        "error: no rollout history found for deployment {name:?}"
                    )));
                }
                if active(Mutant::SUndoToSelf) { latest } else { previous }
            }
        };
        let Some((_, rs)) = sets.iter().find(|(revision, _)| *revision == wanted) else {
            return Err(UserError(format!("error: unable to find specified revision {wanted} in history")));
        };
        const KEPT: [&str; 6] = [
            annotation::LAST_APPLIED,
            annotation::REVISION,
            annotation::REVISION_HISTORY,
            annotation::DESIRED_REPLICAS,
            annotation::MAX_REPLICAS,
            annotation::ROLLBACK_TO,
        ];
        let own = d.meta.annotations.iter().filter(|(key, _)| KEPT.contains(&key.as_str()));
        let theirs = rs.meta.annotations.iter().filter(|(key, _)| !KEPT.contains(&key.as_str()));
        let annotations = own.chain(theirs).map(|(k, v)| (k.clone(), v.clone())).collect();
        Ok((rs.spec.template.without_hash(), annotations))
    }
}
