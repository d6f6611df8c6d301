//! Random worlds and what happens in them, from the fuzzer's bytes. Every value that the bytes can name is valid:
//! what the API server would refuse is not generated, so that no input is useless.

mod event;
mod swarm;
mod world;

pub use event::{Beside, Break, Change, Event, Mark, Note, PodFate, SetFate};
pub use swarm::{Kind, Swarm};
pub use world::{GOOD_IMAGE, Limits, Plane, World, image};

pub mod autoscale_case;
pub mod draw;
pub mod run_case;
pub mod sync_state;

use arbitrary::{Arbitrary, Result, Unstructured};

/// Most events of one input.
pub const EVENTS_MAX: usize = 48;

/// One input.
#[derive(Clone, PartialEq, Debug)]
pub struct Input {
    /// The cluster and the Deployment at the beginning.
    pub world: World,
    /// What happens, one after the other.
    pub events: Vec<Event>,
}

impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let swarm = Swarm::arbitrary(u)?;
        let world = World::arbitrary(u)?;
        let mut events = Vec::new();
        while events.len() < EVENTS_MAX && !u.is_empty() {
            events.push(Event::drawn(u, &swarm)?);
        }
        Ok(Input { world, events })
    }
}

/// A small number, often one at which something changes.
pub(crate) fn edgy(u: &mut Unstructured<'_>, most: i32) -> Result<i32> {
    const EDGES: [i32; 8] = [0, 1, 2, 3, 4, 5, 9, 10];
    let n = if u.ratio(2, 3)? { *u.choose(&EDGES)? } else { u.int_in_range(0..=most)? };
    Ok(n.min(most))
}
