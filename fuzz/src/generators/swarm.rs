//! Swarm testing: each input has its own idea of what happens often and what never. (Groce et al., 2012.)

use arbitrary::{Arbitrary, Result, Unstructured};

/// Kinds of events, for their weights.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Time goes on.
    Wait,
    /// To a moment at which something is due, or just beside it.
    Until,
    /// Another template.
    Template,
    /// Another size.
    Scale,
    /// Other settings, and several at once.
    Settings,
    /// Paused, resumed.
    Pause,
    /// Undone, restarted, rolled back.
    Undo,
    /// Something happens to a pod.
    Pod,
    /// Somebody meddles with a ReplicaSet.
    Set,
    /// Something breaks.
    Break,
    /// Others come into the namespace.
    Others,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 11] = [
        Kind::Wait,
        Kind::Until,
        Kind::Template,
        Kind::Scale,
        Kind::Settings,
        Kind::Pause,
        Kind::Undo,
        Kind::Pod,
        Kind::Set,
        Kind::Break,
        Kind::Others,
    ];
}

/// The weights of one input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Swarm {
    weights: [u8; Kind::ALL.len()],
}

impl<'a> Arbitrary<'a> for Swarm {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut weights = [0; Kind::ALL.len()];
        for (at, weight) in weights.iter_mut().enumerate() {
            // What breaks or meddles is absent from half of the inputs: the strictest properties hold only there.
            let never: u8 = if at >= Kind::Pod as usize { 5 } else { 2 };
            *weight = match u.int_in_range(0..=9_u8)? {
                n if n < never => 0,
                n if n < 8 => 2,
                _ => 9,
            };
        }
        weights[Kind::Wait as usize] = weights[Kind::Wait as usize].max(1);
        weights[Kind::Template as usize] = weights[Kind::Template as usize].max(1);
        Ok(Swarm { weights })
    }
}

impl Swarm {
    /// Draws a kind.
    pub fn draw(&self, u: &mut Unstructured<'_>) -> Result<Kind> {
        let sum: u32 = self.weights.iter().map(|weight| u32::from(*weight)).sum();
        let mut drawn = u.int_in_range(0..=sum - 1)?;
        for (kind, weight) in Kind::ALL.iter().zip(self.weights) {
            if drawn < u32::from(weight) {
                return Ok(*kind);
            }
            drawn -= u32::from(weight);
        }
        Ok(Kind::Wait)
    }
}
