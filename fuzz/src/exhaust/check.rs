//! The model for stateright, and what a search comes to.

use std::time::Instant;

use maxsurge_core::oracle::{Exemption, Violation};
use stateright::{Checker, HasDiscoveries, Model, Property};

use super::actions::Action;
use super::model::SmallWorld;
use super::search::{self, Progress, Way};
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
        self.enabled(&mut self.tables(), state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        // A step that changes nothing is none.
        self.step(&mut self.tables(), last, action).filter(|next| next != last)
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
    /// Steps of the longest of the shortest ways; if not all was seen, steps to which all was.
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

fn outcome(world: &SmallWorld, found: search::Found, start: Instant) -> Outcome {
    let seconds = start.elapsed().as_secs_f64();
    let story = |way: Way| {
        let broken = way.last().expect("a way has an end").0.broken;
        let violation = world.tables().violations[usize::from(broken) - 1].clone();
        let story = tell::story(world, &violation, &way);
        Found { violation, steps: way.len() - 1, story }
    };
    let (progress, is_complete) = (found.progress, found.is_complete);
    let found = found.way.map(story);
    let tables = world.tables();
    Outcome {
        found,
        unique: progress.unique,
        states: progress.states,
        depth: progress.depth,
        sights: tables.sights(),
        met: tables.met.iter().copied().collect(),
        forgot: tables.forgot,
        cut: tables.cut,
        is_complete: is_complete && tables.cut == 0,
        seconds,
    }
}

/// Searches breadth first, on one thread. Gives up after `unique_max` different states: each of them costs 12 to 15 bytes,
/// and those whose successors are still to be seen some 50 more.
pub fn check(world: &SmallWorld, unique_max: usize) -> Outcome {
    check_and_tell(world, unique_max, &mut |_| {})
}

/// The same, and tells now and then how far it has come.
pub fn check_and_tell(world: &SmallWorld, unique_max: usize, tell: &mut dyn FnMut(Progress)) -> Outcome {
    let start = Instant::now();
    let first = world.init_states()[0];
    let found = search::search(world, first, unique_max, true, tell);
    outcome(world, found, start)
}

/// All that is broken within the bounds, but behind what is broken; `None` if there are more states than that.
pub fn all_broken(world: &SmallWorld, unique_max: usize) -> Option<Vec<Violation>> {
    let first = world.init_states()[0];
    let found = search::search(world, first, unique_max, false, &mut |_| {});
    found.is_complete.then(|| world.tables().violations.clone())
}

/// The same by stateright itself, for which the model is written: slower, and with much more memory.
pub fn check_with_stateright(world: SmallWorld, unique_max: usize) -> Outcome {
    let start = Instant::now();
    let checker = world.checker().threads(1).finish_when(HasDiscoveries::Any);
    let checker = checker.target_state_count(unique_max).spawn_bfs().join();
    let progress = Progress {
        unique: checker.unique_state_count(),
        states: checker.state_count(),
        // It counts states on the way, and not steps.
        depth: checker.max_depth() - 1,
    };
    let way = checker.discovery(SOUND).map(stateright::Path::into_vec);
    let is_complete = way.is_none() && checker.state_count() < unique_max;
    outcome(checker.model(), search::Found { progress, way, is_complete }, start)
}
