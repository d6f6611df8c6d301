//! The one course of a small world without delays, which is held against the world of `core/src/cluster`.

use super::actions::{Action, Edit, Kind, Pass, goes_on};
use super::model::SmallWorld;
use super::state::{DEPLOYMENT_KEY, SETS, State};

impl SmallWorld {
    /// The only course of a state in which every watch event comes at once and the user does nothing.
    pub(super) fn settled(&self, mut state: State) -> State {
        for _ in 0..10_000 {
            let Some(action) = self.first(&state) else { return state };
            let next = self.step(&mut self.tables(), &state, action);
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
            state =
                self.step(&mut self.tables(), &state, Action::Edit(*edit)).expect("a state at rest has room");
            while let Some(action) = self.first(&state) {
                if matches!(action, Action::PodGoesOn(_)) {
                    course.push(self.sizes(&state));
                }
                state = self.step(&mut self.tables(), &state, action).expect("a small world has room");
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
}
