//! Which mutant is active on this thread, and the two things that a core without hash maps and clocks lacks for some.

use std::cell::Cell;

use super::Mutant;
use crate::api::Time;

std::thread_local! {
    static ACTIVE: Cell<Option<Mutant>> = const { Cell::new(None) };
    /// Goes on with each use and never comes back: what a process-wide random seed or a clock is to a real controller.
    static UNREPEATABLE: Cell<u64> = const { Cell::new(0) };
}

/// Makes that mutant the one of this thread, or none.
pub fn activate(mutant: Option<Mutant>) {
    ACTIVE.set(mutant);
}

/// Whether the code is to have that bug.
#[inline]
pub fn active(mutant: Mutant) -> bool {
    ACTIVE.get() == Some(mutant)
}

fn next() -> u64 {
    let n = UNREPEATABLE.get().wrapping_add(1);
    UNREPEATABLE.set(n);
    n
}

/// Another order at each call, as a hash map with a random seed gives.
pub(crate) fn any_order<T>(items: &mut [T]) {
    if active(Mutant::SMapOrder) && items.len() > 1 {
        let n = next() as usize;
        items.rotate_left(n % items.len());
        if n.is_multiple_of(2) {
            items.reverse();
        }
    }
}

/// A clock that knows nothing of the time given and never shows the same twice.
pub(crate) fn wall_clock(now: Time) -> Time {
    if active(Mutant::SWallClock) { Time::EPOCH.plus_seconds(next() as i64) } else { now }
}
