//! Every interleaving of a small world: the controllers' own passes, watch events that come late, kubelets, a user, a
//! fault. What random sequences find by luck is looked for here without it, as far as the bounds reach.
//!
//! | file | what |
//! |---|---|
//! | `bounds` | how far it goes |
//! | `state`, `canonical` | a state: numbers of object contents, pods up to symmetry, watch events under way, keys in queues |
//! | `objects`, `tables` | contents of objects and their numbers; what was learnt on the way |
//! | `sight`, `passes`, `server` | what a pass sees, what `core/src/controller` makes of it, and the API server that answers it |
//! | `actions`, `model` | what can happen next, and what it leads to |
//! | `reduce` | one state for all that no step and no property can tell apart |
//! | `course` | the one course without delays, held against the world of `core/src/cluster` |
//! | `judge` | states, judged by `core/src/oracle` |
//! | `search`, `seen`, `pack` | the search, breadth first, in little memory |
//! | `check` | what a search comes to; the model for stateright, against which the search is held |
//! | `tell` | a counterexample as a story |

mod actions;
mod bounds;
mod canonical;
mod check;
mod course;
mod judge;
mod model;
mod objects;
mod pack;
mod passes;
mod reduce;
mod search;
mod seen;
mod server;
mod sight;
mod state;
mod tables;
mod tell;

pub use actions::{Action, Edit, Kind, Pass};
pub use bounds::{Bounds, FaultKind, worlds};
pub use check::{Found, Outcome, all_broken, check, check_and_tell, check_with_stateright};
pub use model::{SmallWorld, image_of};
pub use search::Progress;
pub use state::State;
