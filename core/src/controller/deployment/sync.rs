//! The order of steps of one pass.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use smallvec::SmallVec;
use smol_str::format_smolstr;

use super::annotations;
use super::conditions;
use super::history::Order;
use super::strategy::{Fenceposts, Strategy};
use super::{DeploymentApi, DeploymentEvent, DeploymentView};
use crate::api::{Deployment, DeploymentStatus, PodTemplate, ReplicaSet, Time};
use crate::controller::selector;
use crate::controller::{ApiError, Requeue, SyncError};
use crate::zoo::{self, Mutant, active};

/// ReplicaSets as the cache holds them. A Deployment keeps 10 old ones by default, so 12 need no allocation.
pub(super) type Cached<'a> = SmallVec<[&'a Arc<ReplicaSet>; 12]>;

/// The ReplicaSet of the template: as the cache holds it, or as the API answered a write of this pass.
#[derive(Clone, Debug)]
pub(super) enum NewReplicaSet<'a> {
    /// Untouched.
    Cached(&'a Arc<ReplicaSet>),
    /// Written, or a working copy that is not written yet.
    Written(Arc<ReplicaSet>),
}

impl Deref for NewReplicaSet<'_> {
    type Target = ReplicaSet;
    fn deref(&self) -> &ReplicaSet {
        match self {
            NewReplicaSet::Cached(rs) => rs,
            NewReplicaSet::Written(rs) => rs,
        }
    }
}

/// One pass: what it observed, and its working copy of the Deployment.
pub(super) struct Pass<'v, 'a, A: ?Sized> {
    pub(super) view: &'v DeploymentView<'a>,
    pub(super) now: Time,
    pub(super) api: &'v mut A,
    /// The working copy. It becomes a copy with its first change; later steps of the pass see the changes. Its
    /// resourceVersion stays that of the cache: a second write of a pass conflicts, as upstream.
    pub(super) d: Cow<'a, Deployment>,
    /// `spec.replicas`.
    pub(super) replicas: i32,
    pub(super) strategy: Strategy<'a>,
    pub(super) fenceposts: Fenceposts,
    /// The claimed ReplicaSet that has the template, if there is one.
    pub(super) existing_new: Option<&'a Arc<ReplicaSet>>,
    /// What became of it in the first of up to three looks of a pass, unless that was a write: another look at the same
    /// cached objects would find the same.
    pub(super) settled_new: Option<NewReplicaSet<'a>>,
    /// The other claimed ReplicaSets by creation. They are never replaced by what a write answered: the status of
    /// a pass shows the sizes from before its writes.
    pub(super) olds: Cached<'a>,
    /// One more than the greatest revision among `olds`.
    pub(super) new_revision: i64,
}

/// One pass of the controller over one Deployment (upstream: `syncDeployment`).
///
/// Emits the whole intended sequence of writes and stops at the first that the API refuses; whether a second write
/// of the same object is refused is the implementation's business. Errors are repeated by the work queue.
pub fn sync(
    view: &DeploymentView<'_>,
    now: Time,
    api: &mut (impl DeploymentApi + ?Sized),
) -> Result<Requeue, SyncError> {
    let cached: &Deployment = view.deployment;
    let replicas = cached.replicas();
    let strategy = Strategy::of(&cached.spec.strategy);
    let mut pass = Pass {
        view,
        now,
        api,
        d: Cow::Borrowed(cached),
        replicas,
        strategy,
        fenceposts: strategy.fenceposts(replicas),
        existing_new: None,
        settled_new: None,
        olds: Cached::new(),
        new_revision: 1,
    };
    pass.run()
}

impl<'a, A: DeploymentApi + ?Sized> Pass<'_, 'a, A> {
    fn run(&mut self) -> Result<Requeue, SyncError> {
        let cached: &Deployment = self.view.deployment;
        if cached.spec.selector.as_ref().is_some_and(|selector| selector.is_null()) {
            self.refuse_to_select_all();
            return Ok(Requeue::None);
        }
        if let Some(Err(error)) = cached.spec.selector.as_deref().map(selector::check) {
            let (ns, name) = (&cached.meta.namespace, &cached.meta.name);
            let text = format_smolstr!("deployment {ns}/{name} has invalid label selector: {error}");
            return Err(SyncError::new(text));
        }
        // Claiming goes first: every later step counts what is claimed, and would count wrongly after an error.
        if active(Mutant::SObservedTooEarly) && self.d.status.observed_generation < self.d.meta.generation {
            self.d.to_mut().status.observed_generation = cached.meta.generation;
            self.send_status()?;
        }
        if active(Mutant::SkipMeansNoStatus) && self.overlaps() {
            return Ok(Requeue::None);
        }
        let claimed = self.claim()?;
        self.identify(claimed);

        if cached.meta.is_deleting() {
            // Nothing may grow any more, but whoever waits for the end wants to see the numbers fall.
            let new = self.sync_new_replica_set(false)?;
            self.sync_status(new.as_deref())?;
            return Ok(Requeue::None);
        }
        // The progress deadline must not run out while a person holds the rollout back.
        self.check_paused_condition()?;
        if cached.spec.paused {
            return self.scale_only();
        }
        // A rollback edits the template, so it goes before any work towards the present one.
        if let Some(revision) = self.rollback_to() {
            self.rollback(revision)?;
            return Ok(Requeue::None);
        }
        // A change of `replicas` is shared out before the rollout goes on, so that one pass never mixes the two.
        if self.is_scaling_event()? {
            return self.scale_only();
        }
        self.strategy.rollout(self)
    }

    /// The empty selector would take every pod of the namespace; that is never what was meant.
    fn refuse_to_select_all(&mut self) {
        self.api.event(DeploymentEvent::SelectingAll);
        if self.d.status.observed_generation < self.d.meta.generation {
            let generation = self.d.meta.generation;
            self.d.to_mut().status.observed_generation = generation;
            // Upstream ignores the answer: nothing of this pass depends on it.
            let _ = self.send_status();
        }
    }

    /// Pause or scaling event: sizes follow `replicas`, but no pod changes its template (upstream: `sync`).
    fn scale_only(&mut self) -> Result<Requeue, SyncError> {
        let new = self.sync_new_replica_set(self.d.spec.paused && active(Mutant::PausedStillSurges))?;
        self.scale_all(new.as_deref())?;
        if active(Mutant::AbortedSetRevived)
            && let (Some(new), Some(abandoned)) = (self.existing_new, self.olds.last().copied())
            && abandoned.spec.replicas == 0
        {
            self.resize(abandoned, self.replicas.wrapping_sub(new.status.available_replicas).max(0))?;
        }
        if self.d.spec.paused
            && active(Mutant::SPauseHalf)
            && let Some(new) = new.as_deref()
        {
            self.shrink_olds(new);
        }
        if self.d.spec.paused && self.rollback_to().is_none() {
            self.clean_history(Order::NewestFirst)?;
        }
        self.sync_status(new.as_deref())?;
        Ok(Requeue::None)
    }

    fn is_of_template(&self, rs: &ReplicaSet, template: &PodTemplate) -> bool {
        if active(Mutant::OneWayLabelCompare) {
            let same_body = template.body_fingerprint() == rs.spec.template.body_fingerprint();
            return same_body && template.labels.contains_all(&rs.spec.template.without_hash().labels);
        }
        let other_size =
            active(Mutant::ResizeLooksLikeRelease) && annotations::is_of_other_size(rs, self.replicas);
        rs.spec.template.equal_ignoring_hash(template) && !other_size
    }

    /// Whether another owner has a ReplicaSet that this one's selector takes.
    fn overlaps(&self) -> bool {
        let owner = &self.view.deployment.meta.uid;
        let selector = self.view.deployment.spec.selector.as_deref();
        let others = |rs: &&Arc<ReplicaSet>| rs.meta.controller().is_some_and(|other| other.uid != *owner);
        self.view.replica_sets.iter().filter(others).any(|rs| selector::matches(selector, &rs.meta.labels))
    }

    /// Splits what was claimed into the ReplicaSet of the template and the others. Of several that have the template
    /// the oldest is taken, so that every pass takes the same one; the rest are old.
    fn identify(&mut self, mut claimed: Cached<'a>) {
        if !active(Mutant::TwoTwins) {
            claimed.sort_unstable_by(|a, b| by_creation(a, b));
        }
        let template = &self.d.spec.template;
        let new = claimed.iter().copied().find(|rs| self.is_of_template(rs, template));
        if let Some(new) = new {
            claimed.retain(|rs| rs.meta.uid != new.meta.uid);
        }
        self.existing_new = new;
        self.new_revision = annotations::max_revision(claimed.iter().map(|rs| &***rs)).wrapping_add(1);
        zoo::any_order(&mut claimed);
        self.olds = claimed;
    }

    /// Old ReplicaSets by creation, then the one of the template.
    pub(super) fn all<'s>(
        &'s self,
        new: Option<&'s ReplicaSet>,
    ) -> impl Iterator<Item = &'s ReplicaSet> + Clone {
        self.olds.iter().map(|rs| &***rs).chain(new)
    }

    /// Sends the working copy's status (and annotations: the status endpoint takes them over).
    pub(super) fn send_status(&mut self) -> Result<(), ApiError> {
        let mut d = Deployment::clone(&self.d);
        conditions::round_times(&mut d.status.conditions);
        self.api.update_deployment_status(d)
    }

    /// Sends `status` as the last write of a pass: nobody looks at the working copy any more, so it need not hold it.
    pub(super) fn send_last_status(&mut self, mut status: DeploymentStatus) -> Result<(), ApiError> {
        conditions::round_times(&mut status.conditions);
        let Deployment { meta, spec, .. } = &*self.d;
        let d = Deployment { meta: meta.clone(), spec: spec.clone(), status };
        self.api.update_deployment_status(d)
    }
}

/// Oldest first; creation times are whole seconds, so the name decides often.
pub(super) fn by_creation(a: &ReplicaSet, b: &ReplicaSet) -> std::cmp::Ordering {
    let key = |rs: &ReplicaSet| rs.meta.creation_timestamp;
    key(a).cmp(&key(b)).then_with(|| a.meta.name.cmp(&b.meta.name))
}
