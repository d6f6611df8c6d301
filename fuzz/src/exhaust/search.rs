//! A search of one's own over the same model: breadth first, with 12 to 15 bytes for each state that was seen.
//!
//! stateright keeps the way to each state in its queue, and states as large as they are. Here states that wait are packed;
//! what is kept of others is a fingerprint, which of its parent's steps led to it, and how many states it led to first.
//! Since states are numbered in the order in which they were found, and taken up in that order, this tells its parent.

use std::ops::Range;

use super::actions::Action;
use super::model::SmallWorld;
use super::pack::{Unpack, fingerprint};
use super::seen::Seen;
use super::state::State;
use super::tables::Tables;

/// How far a search has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Different states.
    pub unique: usize,
    /// States reached, each as often as a step leads to it.
    pub states: usize,
    /// Steps to which all states were seen.
    pub depth: usize,
}

/// Bytes of packed states that are given back at once.
const CHUNK: usize = 1 << 20;

/// Packed states that wait, in order.
#[derive(Default)]
struct Waiting {
    chunks: Vec<Vec<u8>>,
}

impl Waiting {
    fn push(&mut self, packed: &[u8]) {
        match self.chunks.last_mut().filter(|chunk| chunk.len() + packed.len() <= CHUNK) {
            Some(chunk) => chunk.extend_from_slice(packed),
            None => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.extend_from_slice(packed);
                self.chunks.push(chunk);
            }
        }
    }
}

/// How each state was found.
#[derive(Default)]
struct Ways {
    /// Of each state but the first: which of its parent's steps led to it.
    steps: Vec<u8>,
    /// Of each state that was taken up: how many it led to first.
    children: Vec<u8>,
}

impl Ways {
    /// The steps to the state that was found last.
    fn to_last(&self) -> Vec<u8> {
        let mut wanted = self.steps.len();
        let (mut way, mut first) = (Vec::new(), self.steps.len() + 1);
        // Parents are taken up before their children, so that one walk to the left meets all of them.
        for (parent, children) in self.children.iter().enumerate().rev() {
            first -= usize::from(*children);
            if wanted >= first {
                way.push(self.steps[wanted - 1]);
                wanted = parent;
            }
            if wanted == 0 {
                break;
            }
        }
        way.reverse();
        way
    }
}

/// A way: states, and the action that leads on from each.
pub(super) type Way = Vec<(State, Option<Action>)>;

/// What a search came to.
pub(super) struct Found {
    pub(super) progress: Progress,
    /// A shortest way to a state in which something is broken.
    pub(super) way: Option<Way>,
    /// All states within the bounds were seen.
    pub(super) is_complete: bool,
}

/// A state to which the present one leads.
struct Successor {
    /// Which of its steps does.
    step: u8,
    fingerprint: u64,
    /// Place in [`Search::packed`].
    packed: Range<usize>,
    state: State,
}

struct Search<'a> {
    world: &'a SmallWorld,
    /// Goes on behind what is broken, which itself leads nowhere.
    goes_on: bool,
    tables: &'a mut Tables,
    progress: Progress,
    seen: Seen,
    ways: Ways,
    next: Waiting,
    actions: Vec<Action>,
    scratch: State,
    successors: Vec<Successor>,
    packed: Vec<u8>,
}

impl Search<'_> {
    /// Takes up a state; answers whether all is well with those to which it leads.
    fn take_up(&mut self, state: &State) -> bool {
        self.look_ahead(state);
        self.seen.call(self.successors.iter().map(|next| next.fingerprint));
        let before = self.ways.steps.len();
        let mut is_well = true;
        for next in &self.successors {
            if !self.seen.insert(next.fingerprint) {
                continue;
            }
            self.ways.steps.push(next.step);
            if next.state.broken == 0 && self.world.judge(self.tables, &next.state) == 0 {
                self.next.push(&self.packed[next.packed.clone()]);
            } else if !self.goes_on {
                is_well = false;
                break;
            }
        }
        self.ways.children.push((self.ways.steps.len() - before) as u8);
        is_well
    }

    /// The states to which a state leads.
    fn look_ahead(&mut self, state: &State) {
        self.actions.clear();
        self.successors.clear();
        self.packed.clear();
        self.world.enabled(self.tables, state, &mut self.actions);
        for (step, action) in self.actions.iter().enumerate() {
            let next = &mut self.scratch;
            // A step that changes nothing is none.
            if !self.world.lead(self.tables, state, *action, next) || next == state {
                continue;
            }
            self.progress.states += 1;
            let begin = self.packed.len();
            next.pack(&mut self.packed);
            let packed = begin..self.packed.len();
            self.successors.push(Successor {
                step: u8::try_from(step).expect("fewer than 256 things can happen next"),
                fingerprint: fingerprint(&self.packed[packed.clone()]),
                packed,
                state: *next,
            });
        }
    }

    /// Goes the way to the state that was found last.
    fn way(&mut self, first: State) -> Way {
        let (mut way, mut state) = (Vec::new(), first);
        for step in self.ways.to_last() {
            let mut actions = Vec::new();
            self.world.enabled(self.tables, &state, &mut actions);
            let action = actions[usize::from(step)];
            way.push((state, Some(action)));
            state = self.world.step(self.tables, &state, action).expect("it went this way before");
        }
        way.push((state, None));
        way
    }
}

/// Searches breadth first, until something is broken (if it is to stop there), all was seen, or there are `unique_max`
/// different states.
pub(super) fn search(
    world: &SmallWorld,
    first: State,
    unique_max: usize,
    stops: bool,
    tell: &mut dyn FnMut(Progress),
) -> Found {
    let mut search = Search {
        world,
        goes_on: !stops,
        tables: &mut world.tables(),
        progress: Progress { unique: 1, states: 1, depth: 0 },
        seen: Seen::new(),
        ways: Ways::default(),
        next: Waiting::default(),
        actions: Vec::new(),
        scratch: first,
        successors: Vec::new(),
        packed: Vec::new(),
    };
    first.pack(&mut search.packed);
    search.seen.insert(fingerprint(&search.packed));
    if first.broken != 0 {
        return Found { progress: search.progress, way: Some(vec![(first, None)]), is_complete: false };
    }
    search.next.push(&search.packed);
    loop {
        for chunk in std::mem::take(&mut search.next).chunks {
            for state in Unpack::new(&chunk) {
                let is_well = search.take_up(&state);
                search.progress.unique = search.seen.len();
                if !is_well {
                    let way = Some(search.way(first));
                    return Found { progress: search.progress, way, is_complete: false };
                }
                if search.progress.unique >= unique_max {
                    return Found { progress: search.progress, way: None, is_complete: false };
                }
            }
            tell(search.progress);
        }
        if search.next.chunks.is_empty() {
            return Found { progress: search.progress, way: None, is_complete: true };
        }
        search.progress.depth += 1;
    }
}
