//! What an action leads to.

use std::sync::{Mutex, MutexGuard};

use maxsurge_core::api::{PodTemplate, StrategyType};

use super::Bounds;
use super::actions::{Action, Edit, Kind, Pass, goes_on};
use super::passes::Write;
use super::server::Refusal;
use super::sight::{DeploymentSight, SetSight};
use super::state::{DEPLOYMENT_KEY, PODS, Pod, Row, SETS, SetEvent, State, View};
use super::tables::{Deed, Tables};
use crate::generators::{Limits, Plane, World};

/// Image of the n-th template.
pub fn image_of(template: usize) -> String {
    format!("web:{template}")
}

/// The template with that image.
pub(super) fn slot_of(image: &str) -> usize {
    (0..SETS).find(|at| image_of(*at) == image).expect("there are no other images")
}

/// The small world within its bounds.
pub struct SmallWorld {
    pub(super) bounds: Bounds,
    templates: Vec<PodTemplate>,
    pub(super) is_recreate: bool,
    /// States that cannot be told apart are one (`reduce`).
    pub(super) is_reduced: bool,
    tables: Mutex<Tables>,
    #[cfg(feature = "zoo")]
    mutant: Option<maxsurge_core::zoo::Mutant>,
}

impl SmallWorld {
    /// Within those bounds. A mutant of the zoo that is active on this thread will be on the checker's.
    pub fn new(bounds: Bounds) -> Self {
        let base = Self::world(&bounds).deployment("web").spec.template.clone();
        let templates = (0..SETS).map(|n| base.with_image(None, &image_of(n)).expect("it has a container"));
        SmallWorld {
            templates: templates.collect(),
            is_recreate: bounds.strategy.strategy().type_ == StrategyType::Recreate,
            bounds,
            is_reduced: true,
            tables: Mutex::new(Tables::new()),
            #[cfg(feature = "zoo")]
            mutant: None,
        }
    }

    /// The same with every state for itself, also where no step and no property can tell two apart.
    pub fn unreduced(mut self) -> Self {
        self.is_reduced = false;
        self
    }

    /// The same with a planted bug.
    #[cfg(feature = "zoo")]
    pub fn with_mutant(mut self, mutant: maxsurge_core::zoo::Mutant) -> Self {
        self.mutant = Some(mutant);
        self
    }

    pub(super) fn world(bounds: &Bounds) -> World {
        World {
            plane: Plane::Ideal,
            replicas: bounds.replicas.into(),
            strategy: bounds.strategy,
            min_ready_s: 0,
            progress_deadline_s: None,
            history_limit: Some(10),
            startup_ms: vec![1_000],
            stop_ms: if matches!(bounds.strategy, Limits::Recreate) { 1_000 } else { 0 },
            nodes: 0,
        }
    }

    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        #[cfg(feature = "zoo")]
        if self.mutant.is_some() {
            // Passes run on whatever thread asks for them.
            maxsurge_core::zoo::activate(self.mutant);
        }
        self.tables.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A Deployment that was just created: the beginning of everything.
    pub(super) fn fresh(&self) -> State {
        let mut d = Self::world(&self.bounds).deployment("web");
        d.meta.uid = "u1".into();
        d.meta.generation = 1;
        d.meta.creation_timestamp = Some(maxsurge_core::api::Time::EPOCH);
        let number = self.tables().objects.deployment(d);
        let mut state = State { deployment: number, ..State::default() };
        let fits = state.deployment_events.push(number);
        debug_assert!(fits, "it is the first");
        state
    }

    /// What a pass would do, and which pods of the state it means.
    pub(super) fn deed(
        &self,
        tables: &mut Tables,
        state: &State,
        pass: Pass,
        refused: Option<Refusal>,
    ) -> (Deed, Row<u8, PODS>) {
        match pass {
            Pass::Deployment => {
                let sight = DeploymentSight::of(state, self.is_recreate, refused);
                (tables.deployment(&sight).clone(), Row::default())
            }
            Pass::Set(set, reversed) => {
                let (sight, places) = SetSight::of(state, set, reversed, refused);
                (tables.set(&sight).clone(), places)
            }
        }
    }

    /// The state after an action, judged; `None` if it does not fit.
    pub(super) fn step(&self, tables: &mut Tables, state: &State, action: Action) -> Option<State> {
        let mut next = *state;
        if !self.lead(tables, state, action, &mut next) {
            return None;
        }
        if next.broken == 0 {
            next.broken = self.judge(tables, &next);
        }
        Some(next)
    }

    /// Makes `next` the state after an action, of which only the pass is judged, and not the state; `false` = it does not
    /// fit.
    pub(super) fn lead(&self, tables: &mut Tables, state: &State, action: Action, next: &mut State) -> bool {
        *next = *state;
        if !self.happen(tables, next, action) {
            tables.cut += 1;
            return false;
        }
        if self.bounds.lag == 0 {
            while !next.is_current() {
                for kind in [Kind::Deployment, Kind::ReplicaSet, Kind::Pod] {
                    self.deliver(next, kind);
                }
            }
        }
        if self.is_reduced {
            self.catch_up(tables, next);
        }
        next.make_canonical();
        if self.is_reduced {
            self.forget_idle_keys(tables, state, next);
        }
        true
    }

    fn happen(&self, tables: &mut Tables, next: &mut State, action: Action) -> bool {
        match action {
            Action::Deliver(kind) => self.deliver(next, kind),
            Action::Pass(pass) => return self.pass(tables, next, pass, None, usize::MAX),
            Action::PodGoesOn(at) => {
                let to = goes_on(next.pods[usize::from(at)].stored).expect("it is enabled");
                return say(next, at, to);
            }
            Action::Edit(edit) => return self.edit(tables, next, edit),
            Action::PodFails(at) => {
                next.faults += 1;
                return say(next, at, View::Unready);
            }
            Action::PodEvicted(at) => {
                next.faults += 1;
                return say(next, at, self.stops());
            }
            Action::Restart => {
                next.faults += 1;
                restart(next);
            }
            Action::DiesIn(pass, writes) => {
                next.faults += 1;
                let fits = self.pass(tables, next, pass, None, usize::from(writes));
                restart(next);
                return fits;
            }
            Action::Refused(pass, after, took_effect) => {
                next.faults += 1;
                return self.pass(tables, next, pass, Some(Refusal { after, took_effect }), usize::MAX);
            }
        }
        true
    }

    fn edit(&self, tables: &mut Tables, next: &mut State, edit: Edit) -> bool {
        next.edits += 1;
        next.is_resized |= matches!(edit, Edit::Size(_));
        let mut d = maxsurge_core::api::Deployment::clone(tables.objects.deployments.get(next.deployment));
        match edit {
            Edit::Template(n) => d.spec.template = self.templates[usize::from(n)].clone(),
            Edit::Size(n) => d.spec.replicas = Some(n.into()),
            Edit::Pause(paused) => d.spec.paused = paused,
        }
        d.meta.generation += 1;
        next.deployment = tables.objects.deployment(d);
        next.deployment_events.push(next.deployment)
    }

    /// What becomes of a pod that is asked to stop. Only Recreate waits for the end of a pod; elsewhere it goes at once.
    fn stops(&self) -> View {
        if self.is_recreate { View::Terminating } else { View::Absent }
    }

    /// A pass, of whose writes only the first `most` are made.
    fn pass(
        &self,
        tables: &mut Tables,
        next: &mut State,
        pass: Pass,
        refused: Option<Refusal>,
        most: usize,
    ) -> bool {
        let (Deed { effects, broken, .. }, places) = self.deed(tables, next, pass, refused);
        let key = match pass {
            Pass::Deployment => DEPLOYMENT_KEY,
            Pass::Set(set, _) => 1 << set,
        };
        if effects.forgot {
            // Kubernetes forgets this error: unless something else happens, nobody tries again. Here something does.
            tables.forgot += 1;
        } else if !effects.again {
            next.queued &= !key;
        }
        next.broken = broken;
        if let Pass::Set(set, _) = pass
            && next.may_manage(usize::from(set))
        {
            next.creations[usize::from(set)] = effects.creations;
        }
        let mut fits = true;
        for write in effects.writes.iter().take(most) {
            match *write {
                Write::Deployment(number) => {
                    next.deployment = number;
                    fits &= next.deployment_events.push(number);
                }
                Write::Set(set, version, is_own) => {
                    next.sets[usize::from(set)] = version;
                    fits &= next.set_events.push(SetEvent { set, version, is_own });
                }
                Write::CreatePod(set) => {
                    let at = next.pods.len() as u8;
                    fits &= next.pods.push(Pod { set, stored: View::Pending, ..Pod::default() })
                        && next.pod_events.push((at, View::Pending));
                }
                Write::DeletePod(n) => {
                    let at = places[usize::from(n)];
                    let pod = &mut next.pods[usize::from(at)];
                    pod.doomed = effects.awaits_deletions;
                    if pod.stored != self.stops() {
                        pod.stored = self.stops();
                        fits &= next.pod_events.push((at, pod.stored));
                    }
                }
            }
        }
        fits
    }

    /// What `core/src/cluster/handlers.rs` does.
    pub(super) fn deliver(&self, next: &mut State, kind: Kind) {
        match kind {
            Kind::Deployment if !next.deployment_events.is_empty() => {
                next.cached_deployment = next.deployment_events.remove(0);
                next.queued |= DEPLOYMENT_KEY;
            }
            Kind::ReplicaSet if !next.set_events.is_empty() => {
                let event = next.set_events.remove(0);
                next.cached_sets[usize::from(event.set)] = event.version;
                next.queued |= DEPLOYMENT_KEY | 1 << event.set;
            }
            Kind::Pod if !next.pod_events.is_empty() => {
                let (at, view) = next.pod_events.remove(0);
                let pod = &mut next.pods[usize::from(at)];
                let set = usize::from(pod.set);
                let before = std::mem::replace(&mut pod.cached, view);
                if matches!(view, View::Terminating | View::Absent) {
                    pod.doomed = false;
                    // From 1.37 on every pod that goes wakes a Recreate Deployment.
                    if view == View::Absent && self.is_recreate {
                        next.queued |= DEPLOYMENT_KEY;
                    }
                } else if before == View::Absent {
                    next.creations[set] = next.creations[set].saturating_sub(1);
                }
                if next.cached_sets[set].content != 0 {
                    next.queued |= 1 << set;
                }
            }
            _ => {}
        }
    }
}

/// A pod changes in the store.
fn say(next: &mut State, at: u8, view: View) -> bool {
    next.pods[usize::from(at)].stored = view;
    next.pod_events.push((at, view))
}

/// All memory is gone, everything is listed anew, and every key is queued once.
fn restart(next: &mut State) {
    next.deployment_events.clear();
    next.set_events.clear();
    next.pod_events.clear();
    next.cached_deployment = next.deployment;
    next.cached_sets = next.sets;
    next.creations = [0; SETS];
    next.queued = DEPLOYMENT_KEY;
    for (set, version) in next.sets.iter().enumerate() {
        next.queued |= u8::from(version.content != 0) << set;
    }
    for pod in next.pods.iter_mut() {
        (pod.cached, pod.doomed) = (pod.stored, false);
    }
}
