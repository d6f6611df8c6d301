//! What can happen next in the small world.

use super::FaultKind;
use super::model::{SmallWorld, slot_of};
use super::state::{DEPLOYMENT_KEY, Row, SETS, State, View};
use super::tables::Tables;

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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Pass {
    /// Over the Deployment.
    #[default]
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

impl SmallWorld {
    /// All that can happen. States in which something is broken lead nowhere.
    pub(super) fn enabled(&self, tables: &mut Tables, state: &State, actions: &mut Vec<Action>) {
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
        let (mut passes, mut fits) = (Row::<Pass, 8>::default(), true);
        if state.queued & DEPLOYMENT_KEY != 0 && room(events.0) && room(events.1) {
            fits &= passes.push(Pass::Deployment);
        }
        for set in 0..SETS as u8 {
            let at = usize::from(set);
            if state.queued & (1 << set) != 0
                && room(events.1)
                && room(events.2)
                && !state.awaits_own_writes(at)
                && state.cached_sets[at].content != 0
            {
                fits &= passes.push(Pass::Set(set, false));
                // Only where pods that look alike are not can the order of a tie matter.
                let differ =
                    state.pods.iter().filter(|pod| pod.set == set).any(|pod| pod.cached != pod.stored);
                if differ {
                    fits &= passes.push(Pass::Set(set, true));
                }
            }
        }
        debug_assert!(fits, "two for each ReplicaSet");
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
            self.edits(tables, state, actions);
        }
        if state.faults < bounds.faults {
            for kind in &bounds.kinds {
                self.faults(tables, state, *kind, &passes, &distinct, room(events.2), actions);
            }
        }
    }

    fn edits(&self, tables: &Tables, state: &State, actions: &mut Vec<Action>) {
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

    #[allow(clippy::too_many_arguments)]
    fn faults(
        &self,
        tables: &mut Tables,
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
                    let effects = self.deed(tables, state, *pass, None).0.effects;
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
}

/// What comes of a pod by itself.
pub(super) fn goes_on(view: View) -> Option<View> {
    match view {
        View::Pending | View::Unready => Some(View::Ready),
        View::Terminating => Some(View::Absent),
        View::Absent | View::Ready => None,
    }
}
