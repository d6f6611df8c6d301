//! The search.

use std::time::Instant;

use maxsurge_core::oracle::{Exemption, Violation};
use stateright::{Checker, HasDiscoveries, Model, Property};

use super::model::{Action, SmallWorld};
use super::state::State;
use super::tell;

/// Name of the one property that stateright is asked for: that no pass and no state breaks any.
const SOUND: &str = "sound";

impl Model for SmallWorld {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let fresh = self.fresh();
        vec![if self.bounds.fresh { fresh } else { self.settled(fresh) }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.enabled(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        // A step that changes nothing is none.
        self.step(last, action).filter(|next| next != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(SOUND, |_, state: &State| state.broken == 0)]
    }
}

/// A violation and the way to it.
#[derive(Clone, Debug)]
pub struct Found {
    /// What.
    pub violation: Violation,
    /// Steps to it.
    pub steps: usize,
    /// The story.
    pub story: String,
}

/// What a search came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The first violation, by a shortest way.
    pub found: Option<Found>,
    /// Different states.
    pub unique: usize,
    /// States reached, each as often as a step leads to it.
    pub states: usize,
    /// Steps of the longest of the shortest ways.
    pub depth: usize,
    /// Different things that a controller saw: so often was one called.
    pub sights: usize,
    /// Steps in which the Deployment controller forgot an error, as Kubernetes does.
    pub forgot: u64,
    /// Exemptions granted.
    pub met: Vec<Exemption>,
    /// Steps not followed for want of room in a state.
    pub cut: u64,
    /// Whether all states within the bounds were seen.
    pub is_complete: bool,
    /// How long it took, s.
    pub seconds: f64,
}

/// Searches breadth first, on one thread. Gives up after `states_max` states: each of them costs some 30 bytes, and
/// those whose successors are still to be seen a kilobyte.
pub fn check(world: SmallWorld, states_max: usize) -> Outcome {
    let start = Instant::now();
    let checker = world.checker().threads(1).finish_when(HasDiscoveries::Any).target_state_count(states_max);
    let checker = checker.spawn_bfs().join();
    let seconds = start.elapsed().as_secs_f64();
    let path = checker.discovery(SOUND);
    let world = checker.model();
    let found = path.map(|path| {
        let steps: Vec<(State, Option<Action>)> = path.into_vec();
        let broken = steps.last().expect("a way has an end").0.broken;
        let violation = world.tables().violations[usize::from(broken) - 1].clone();
        let story = tell::story(world, &violation, &steps);
        Found { violation, steps: steps.len() - 1, story }
    });
    let tables = world.tables();
    Outcome {
        unique: checker.unique_state_count(),
        states: checker.state_count(),
        depth: checker.max_depth(),
        sights: tables.sights(),
        met: tables.met.iter().copied().collect(),
        forgot: tables.forgot,
        cut: tables.cut,
        is_complete: found.is_none() && checker.state_count() < states_max && tables.cut == 0,
        found,
        seconds,
    }
}
