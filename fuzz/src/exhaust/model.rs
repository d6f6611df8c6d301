//! What can happen next in the small world, and what it leads to.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, MutexGuard};

use maxsurge_core::api::{PodTemplate, StrategyType};
use maxsurge_core::oracle::{Exemption, Violation};

use super::judge::{self, Truth};
use super::objects::Objects;
use super::passes::{DeploymentSight, Effects, SetSight, Write, deployment_pass, set_pass};
use super::server::Refusal;
use super::state::{DEPLOYMENT_KEY, Pod, SETS, SetEvent, SetVersion, State, View};
use super::{Bounds, FaultKind};
use crate::generators::{Limits, Plane, World};

/// Image of the n-th template.
pub fn image_of(template: usize) -> String {
    format!("web:{template}")
}

/// The template with that image.
pub(super) fn slot_of(image: &str) -> usize {
    (0..SETS).find(|at| image_of(*at) == image).expect("there are no other images")
}

/// Kinds of objects, each with its own stream of watch events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Deployments.
    Deployment,
    /// ReplicaSets.
    ReplicaSet,
    /// Pods.
    Pod,
}

/// A pass of one of the controllers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pass {
    /// Over the Deployment.
    Deployment,
    /// Over the ReplicaSet of that template; `true` settles ties among pods the other way round.
    Set(u8, bool),
}

/// What the user writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edit {
    /// The template of that number.
    Template(u8),
    /// `spec.replicas`.
    Size(u8),
    /// `spec.paused`.
    Pause(bool),
}

/// What happens next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// The next watch event of a kind reaches the caches.
    Deliver(Kind),
    /// A controller takes up a key that waits.
    Pass(Pass),
    /// The kubelet makes a pod ready, or takes one that has stopped away; by place in the state.
    PodGoesOn(u8),
    /// The user.
    Edit(Edit),
    /// A pod that served does so no longer, for a while.
    PodFails(u8),
    /// Somebody deletes a pod.
    PodEvicted(u8),
    /// kube-controller-manager dies and starts anew.
    Restart,
    /// It does so in the middle of a pass, after that many writes.
    DiesIn(Pass, u8),
    /// A request of a pass fails, the first after that many; `true` = it took effect, and only its answer is lost.
    Refused(Pass, u8, bool),
}

/// Looked up at each step, by keys that nobody from outside chooses.
type Known<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// A hash that costs little: a few words are mixed by a multiplication each.
#[derive(Clone, Copy, Default)]
struct Quick(u64);

impl Quick {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.mix(n.into());
    }

    fn write_u16(&mut self, n: u16) {
        self.mix(n.into());
    }

    fn write_usize(&mut self, n: usize) {
        self.mix(n as u64);
    }
}

/// What was learnt on the way.
pub(super) struct Tables {
    pub(super) objects: Objects,
    /// What passes come to, and the number of what they break.
    deployment_passes: Known<DeploymentSight, (Arc<Effects>, u16)>,
    set_passes: Known<SetSight, (Arc<Effects>, u16)>,
    /// What states break.
    truths: Known<Truth, u16>,
    /// What is broken, by number from 1.
    pub(super) violations: Vec<Violation>,
    /// Exemptions granted.
    pub(super) met: BTreeSet<Exemption>,
    /// Passes that forgot an error.
    pub(super) forgot: u64,
    /// Steps not followed for want of room in a state.
    pub(super) cut: u64,
}

impl Tables {
    /// Number of a violation; 0 if there is none, or it is one that Kubernetes is known for.
    fn raise(&mut self, violation: Option<Violation>) -> u16 {
        let Some(violation) = violation else { return 0 };
        if let Some(exemption) = violation.known {
            self.met.insert(exemption);
            return 0;
        }
        let same = self.violations.iter().position(|known| *known == violation);
        let at = same.unwrap_or_else(|| {
            self.violations.push(violation);
            self.violations.len() - 1
        });
        u16::try_from(at + 1).unwrap_or(u16::MAX)
    }

    fn deployment(&mut self, sight: DeploymentSight) -> (Arc<Effects>, u16) {
        if let Some(known) = self.deployment_passes.get(&sight) {
            return known.clone();
        }
        let (effects, violation) = deployment_pass(&sight, &mut self.objects);
        let known = (Arc::new(effects), self.raise(violation));
        self.deployment_passes.insert(sight, known.clone());
        known
    }

    fn set(&mut self, sight: SetSight) -> (Arc<Effects>, u16) {
        if let Some(known) = self.set_passes.get(&sight) {
            return known.clone();
        }
        let (effects, violation) = set_pass(&sight, &mut self.objects);
        let known = (Arc::new(effects), self.raise(violation));
        self.set_passes.insert(sight, known.clone());
        known
    }

    /// Distinct sights of which a controller was asked what it does.
    pub(super) fn sights(&self) -> usize {
        self.deployment_passes.len() + self.set_passes.len()
    }
}

/// The small world within its bounds.
pub struct SmallWorld {
    pub(super) bounds: Bounds,
    templates: Vec<PodTemplate>,
    is_recreate: bool,
    tables: Mutex<Tables>,
    #[cfg(feature = "zoo")]
    mutant: Option<maxsurge_core::zoo::Mutant>,
}

/// A state with its pass written in, or `None` if something did not fit.
type Next = Option<State>;

impl SmallWorld {
    /// Within those bounds. A mutant of the zoo that is active on this thread will be on the checker's.
    pub fn new(bounds: Bounds) -> Self {
        let base = Self::world(&bounds).deployment("web").spec.template.clone();
        let templates = (0..SETS).map(|n| base.with_image(None, &image_of(n)).expect("it has a container"));
        SmallWorld {
            templates: templates.collect(),
            is_recreate: bounds.strategy.strategy().type_ == StrategyType::Recreate,
            bounds,
            tables: Mutex::new(Tables {
                objects: Objects::new(),
                deployment_passes: Known::default(),
                set_passes: Known::default(),
                truths: Known::default(),
                violations: Vec::new(),
                met: BTreeSet::new(),
                forgot: 0,
                cut: 0,
            }),
            #[cfg(feature = "zoo")]
            mutant: None,
        }
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

    /// The only course of a state in which every watch event comes at once and the user does nothing.
    pub(super) fn settled(&self, mut state: State) -> State {
        for _ in 0..10_000 {
            let Some(action) = self.first(&state) else { return state };
            let next = self.step(&state, action);
            state = next.filter(|next| *next != state).expect("each of these actions leads on");
        }
        panic!("the small world does not fall quiet by itself");
    }

    /// The sizes of the ReplicaSets, by template, as each of those edits makes them go when every watch event comes at once:
    /// whenever nothing is left to do but for kubelets, and without repetitions.
    pub fn sizes_after(&self, edits: &[Edit]) -> Vec<[i32; SETS]> {
        let mut state = self.settled(self.fresh());
        let mut course = vec![self.sizes(&state)];
        for edit in edits {
            state = self.step(&state, Action::Edit(*edit)).expect("a state at rest has room");
            while let Some(action) = self.first(&state) {
                if matches!(action, Action::PodGoesOn(_)) {
                    course.push(self.sizes(&state));
                }
                state = self.step(&state, action).expect("a small world has room");
            }
            course.push(self.sizes(&state));
        }
        course.dedup();
        course
    }

    fn sizes(&self, state: &State) -> [i32; SETS] {
        let tables = self.tables();
        state.sets.map(|set| match set.content {
            0 => 0,
            content => tables.objects.sets.get(content).spec.replicas,
        })
    }

    /// Watch events before passes, passes before kubelets: as the world of `core/src/cluster` has it without delays.
    pub(super) fn first(&self, state: &State) -> Option<Action> {
        let kinds = [Kind::Deployment, Kind::ReplicaSet, Kind::Pod];
        let waiting =
            [!state.deployment_events.is_empty(), !state.set_events.is_empty(), !state.pod_events.is_empty()];
        if let Some(at) = waiting.iter().position(|waits| *waits) {
            return Some(Action::Deliver(kinds[at]));
        }
        if state.queued & DEPLOYMENT_KEY != 0 {
            return Some(Action::Pass(Pass::Deployment));
        }
        if let Some(set) = (0..SETS as u8).find(|set| state.queued & (1 << set) != 0) {
            return Some(Action::Pass(Pass::Set(set, false)));
        }
        let pod = state.pods.iter().position(|pod| goes_on(pod.stored).is_some())?;
        Some(Action::PodGoesOn(pod as u8))
    }

    /// All that can happen. States in which something is broken lead nowhere.
    pub(super) fn enabled(&self, state: &State, actions: &mut Vec<Action>) {
        if state.broken != 0 {
            return;
        }
        let bounds = &self.bounds;
        let lag = usize::from(bounds.lag.max(1));
        let room = |waiting: usize| waiting < lag;
        let events = (state.deployment_events.len(), state.set_events.len(), state.pod_events.len());
        if events.0 > 0 {
            actions.push(Action::Deliver(Kind::Deployment));
        }
        if events.1 > 0 {
            actions.push(Action::Deliver(Kind::ReplicaSet));
        }
        if events.2 > 0 {
            actions.push(Action::Deliver(Kind::Pod));
        }
        let mut passes = Vec::new();
        if state.queued & DEPLOYMENT_KEY != 0 && room(events.0) && room(events.1) {
            passes.push(Pass::Deployment);
        }
        for set in 0..SETS as u8 {
            let at = usize::from(set);
            if state.queued & (1 << set) != 0
                && room(events.1)
                && room(events.2)
                && !state.awaits_own_writes(at)
                && state.cached_sets[at].content != 0
            {
                passes.push(Pass::Set(set, false));
                // Only where pods that look alike are not can the order of a tie matter.
                let differ =
                    state.pods.iter().filter(|pod| pod.set == set).any(|pod| pod.cached != pod.stored);
                if differ {
                    passes.push(Pass::Set(set, true));
                }
            }
        }
        actions.extend(passes.iter().map(|pass| Action::Pass(*pass)));
        let distinct = |at: usize| {
            let pod = state.pods[at];
            let has_event = state.pod_events.iter().any(|(other, _)| usize::from(*other) == at);
            has_event || at == 0 || state.pods[at - 1] != pod
        };
        if room(events.2) {
            for (at, pod) in state.pods.iter().enumerate() {
                if goes_on(pod.stored).is_some() && distinct(at) {
                    actions.push(Action::PodGoesOn(at as u8));
                }
            }
        }
        if state.edits < bounds.edits && room(events.0) {
            self.edits(state, actions);
        }
        if state.faults < bounds.faults {
            for kind in &bounds.kinds {
                self.faults(state, *kind, &passes, &distinct, room(events.2), actions);
            }
        }
    }

    fn edits(&self, state: &State, actions: &mut Vec<Action>) {
        let tables = self.tables();
        let d = tables.objects.deployments.get(state.deployment);
        let now = slot_of(d.spec.template.image());
        for template in (0..usize::from(self.bounds.revisions)).filter(|template| *template != now) {
            // Numbers mean nothing: a new template is the first that was never used.
            let is_used = |at: usize| state.sets[at].content != 0 || at == now;
            if is_used(template) || (0..template).all(is_used) {
                actions.push(Action::Edit(Edit::Template(template as u8)));
            }
        }
        for size in &self.bounds.sizes {
            if i32::from(*size) != d.replicas() {
                actions.push(Action::Edit(Edit::Size(*size)));
            }
        }
        if self.bounds.pauses {
            actions.push(Action::Edit(Edit::Pause(!d.spec.paused)));
        }
    }

    fn faults(
        &self,
        state: &State,
        kind: FaultKind,
        passes: &[Pass],
        distinct: &dyn Fn(usize) -> bool,
        room: bool,
        actions: &mut Vec<Action>,
    ) {
        let pods = state.pods.iter().enumerate().filter(|(at, _)| room && distinct(*at));
        match kind {
            FaultKind::PodFails => {
                let serving = pods.filter(|(_, pod)| pod.stored == View::Ready);
                actions.extend(serving.map(|(at, _)| Action::PodFails(at as u8)));
            }
            FaultKind::PodEvicted => {
                let running = pods.filter(|(_, pod)| pod.stored.is_active());
                actions.extend(running.map(|(at, _)| Action::PodEvicted(at as u8)));
            }
            FaultKind::Restart => actions.push(Action::Restart),
            FaultKind::DiesInPass | FaultKind::RequestFails => {
                for pass in passes {
                    let effects = self.effects(state, *pass, None).0;
                    if kind == FaultKind::DiesInPass {
                        // After the last write is the same as between two passes.
                        let writes = 1..effects.writes.len();
                        actions.extend(writes.map(|n| Action::DiesIn(*pass, n as u8)));
                    } else {
                        let requests = 0..effects.requests;
                        actions.extend(requests.clone().map(|n| Action::Refused(*pass, n, false)));
                        actions.extend(requests.map(|n| Action::Refused(*pass, n, true)));
                    }
                }
            }
        }
    }

    /// What a pass would do, what is wrong with that, and which pods of the state it means.
    fn effects(
        &self,
        state: &State,
        pass: Pass,
        refused: Option<Refusal>,
    ) -> (Arc<Effects>, u16, super::state::Row<u8, 16>) {
        let mut tables = self.tables();
        match pass {
            Pass::Deployment => {
                let (effects, broken) = tables.deployment(DeploymentSight::of(state, refused));
                (effects, broken, Default::default())
            }
            Pass::Set(set, reversed) => {
                let (sight, places) = SetSight::of(state, set, reversed, refused);
                let (effects, broken) = tables.set(sight);
                (effects, broken, places)
            }
        }
    }

    /// The state after an action; `None` if it does not fit.
    pub(super) fn step(&self, state: &State, action: Action) -> Next {
        let next = self.happen(state, action);
        if next.is_none() {
            self.tables().cut += 1;
        }
        let mut next = next?;
        if self.bounds.lag == 0 {
            while !next.is_current() {
                for kind in [Kind::Deployment, Kind::ReplicaSet, Kind::Pod] {
                    self.deliver(&mut next, kind);
                }
            }
        }
        let mut next = next.canonical();
        if next.broken == 0 {
            next.broken = self.judge(&next);
        }
        Some(next)
    }

    fn happen(&self, state: &State, action: Action) -> Next {
        let mut next = *state;
        match action {
            Action::Deliver(kind) => self.deliver(&mut next, kind),
            Action::Pass(pass) => return self.pass(next, pass, None, usize::MAX),
            Action::PodGoesOn(at) => {
                let to = goes_on(next.pods[usize::from(at)].stored).expect("it is enabled");
                return say(next, at, to);
            }
            Action::Edit(edit) => {
                next.edits += 1;
                next.is_resized |= matches!(edit, Edit::Size(_));
                let mut tables = self.tables();
                let mut d =
                    maxsurge_core::api::Deployment::clone(tables.objects.deployments.get(next.deployment));
                match edit {
                    Edit::Template(n) => d.spec.template = self.templates[usize::from(n)].clone(),
                    Edit::Size(n) => d.spec.replicas = Some(n.into()),
                    Edit::Pause(paused) => d.spec.paused = paused,
                }
                d.meta.generation += 1;
                next.deployment = tables.objects.deployment(d);
                return next.deployment_events.push(next.deployment).then_some(next);
            }
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
                restart(&mut next);
            }
            Action::DiesIn(pass, writes) => {
                next.faults += 1;
                next = self.pass(next, pass, None, usize::from(writes))?;
                restart(&mut next);
            }
            Action::Refused(pass, after, took_effect) => {
                next.faults += 1;
                return self.pass(next, pass, Some(Refusal { after, took_effect }), usize::MAX);
            }
        }
        Some(next)
    }

    /// What becomes of a pod that is asked to stop. Only Recreate waits for the end of a pod; elsewhere it goes at once.
    fn stops(&self) -> View {
        if self.is_recreate { View::Terminating } else { View::Absent }
    }

    /// A pass, of whose writes only the first `most` are made.
    fn pass(&self, mut next: State, pass: Pass, refused: Option<Refusal>, most: usize) -> Next {
        let (effects, broken, places) = self.effects(&next, pass, refused);
        let key = match pass {
            Pass::Deployment => DEPLOYMENT_KEY,
            Pass::Set(set, _) => 1 << set,
        };
        if effects.forgot {
            // Kubernetes forgets this error: unless something else happens, nobody tries again. Here something does.
            self.tables().forgot += 1;
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
        fits.then_some(next)
    }

    /// What `core/src/cluster/handlers.rs` does.
    fn deliver(&self, next: &mut State, kind: Kind) {
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

    fn judge(&self, state: &State) -> u16 {
        let mut tables = self.tables();
        let truth = Truth::of(state, self.bounds.throughout);
        let broken = match tables.truths.get(&truth) {
            Some(broken) => *broken,
            None => {
                let judged = judge::truth(&truth, &self.bounds, &tables.objects).err();
                let broken = tables.raise(judged);
                tables.truths.insert(truth, broken);
                broken
            }
        };
        if broken != 0 {
            return broken;
        }
        if let Err(violation) = judge::expectations(state) {
            return tables.raise(Some(violation));
        }
        if !state.is_current() {
            return 0;
        }
        // Whoever has something to do and no key in a queue sleeps for ever.
        let idle = |effects: &Effects| effects.writes.is_empty() && !effects.again;
        if state.queued & DEPLOYMENT_KEY == 0 && !idle(&tables.deployment(DeploymentSight::of(state, None)).0)
        {
            return tables.raise(Some(judge::asleep("the Deployment")));
        }
        for set in 0..SETS as u8 {
            let exists = state.cached_sets[usize::from(set)] != SetVersion::default();
            if exists
                && state.queued & (1 << set) == 0
                && !idle(&tables.set(SetSight::of(state, set, false, None).0).0)
            {
                return tables.raise(Some(judge::asleep(&image_of(set.into()))));
            }
        }
        0
    }
}

/// What comes of a pod by itself.
fn goes_on(view: View) -> Option<View> {
    match view {
        View::Pending | View::Unready => Some(View::Ready),
        View::Terminating => Some(View::Absent),
        View::Absent | View::Ready => None,
    }
}

/// A pod changes in the store.
fn say(mut next: State, at: u8, view: View) -> Next {
    next.pods[usize::from(at)].stored = view;
    next.pod_events.push((at, view)).then_some(next)
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
