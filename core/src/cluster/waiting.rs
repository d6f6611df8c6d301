//! Keys of a work queue that wait for their time, in the order in which Go's `container/heap` hands them out.
//!
//! client-go's delaying queue compares times only. Which of two keys of one instant comes out first is then decided by
//! where they happen to lie in the heap, so the heap's moves are part of the behaviour
//! (`k8s.io/client-go/util/workqueue/delaying_queue.go`, `container/heap`).

use crate::api::Time;

/// Not in the heap.
const NOWHERE: u32 = u32::MAX;

/// A heap by time with the place of each key.
#[derive(Default, Debug)]
pub(super) struct Waiting {
    heap: Vec<(Time, u32)>,
    /// Where each key lies in the heap.
    places: Vec<u32>,
}

impl Waiting {
    /// Lets the key wait until `at`; one that waits already only ever gets earlier.
    pub(super) fn insert(&mut self, key: u32, at: Time) {
        if self.places.len() <= key as usize {
            self.places.resize(key as usize + 1, NOWHERE);
        }
        let place = self.places[key as usize] as usize;
        match self.heap.get_mut(place) {
            None => {
                self.places[key as usize] = u32::try_from(self.heap.len()).expect("keys are u32");
                self.heap.push((at, key));
                self.up(self.heap.len() - 1);
            }
            Some((earliest, _)) if *earliest > at => {
                *earliest = at;
                // heap.Fix: what got earlier never moves down.
                self.up(place);
            }
            Some(_) => {}
        }
    }

    /// When the first key is due.
    pub(super) fn next_at(&self) -> Option<Time> {
        self.heap.first().map(|(at, _)| *at)
    }

    /// Until when a key waits.
    pub(super) fn until(&self, key: u32) -> Option<Time> {
        let place = *self.places.get(key as usize)?;
        self.heap.get(place as usize).map(|(at, _)| *at)
    }

    /// Takes out the first key if it is due at `now` or before.
    pub(super) fn pop_due(&mut self, now: Time) -> Option<u32> {
        if self.next_at()? > now {
            return None;
        }
        let last = self.heap.len() - 1;
        self.swap(0, last);
        let (_, key) = self.heap.pop().expect("it was not empty");
        self.places[key as usize] = NOWHERE;
        self.down(0);
        Some(key)
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        for place in [a, b] {
            let (_, key) = self.heap[place];
            self.places[key as usize] = u32::try_from(place).expect("keys are u32");
        }
    }

    fn up(&mut self, mut place: usize) {
        while place > 0 {
            let parent = (place - 1) / 2;
            if self.heap[place].0 >= self.heap[parent].0 {
                break;
            }
            self.swap(parent, place);
            place = parent;
        }
    }

    fn down(&mut self, mut place: usize) {
        loop {
            let mut child = 2 * place + 1;
            if child >= self.heap.len() {
                break;
            }
            if child + 1 < self.heap.len() && self.heap[child + 1].0 < self.heap[child].0 {
                child += 1;
            }
            if self.heap[child].0 >= self.heap[place].0 {
                break;
            }
            self.swap(place, child);
            place = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Waiting;
    use crate::api::Time;

    type Inserted = &'static [(u32, i64)];

    /// `(key, seconds)` inserted one after the other, then all popped.
    fn order(inserted: &[(u32, i64)]) -> Vec<u32> {
        let mut waiting = Waiting::default();
        for (key, seconds) in inserted {
            waiting.insert(*key, Time::from_seconds(*seconds));
        }
        std::iter::from_fn(|| waiting.pop_due(Time::from_seconds(100))).collect()
    }

    #[test]
    fn ties_come_out_as_gos_heap_has_them() {
        // Printed by a Go program with container/heap and the queue's insert.
        let cases: [(Inserted, &[u32]); 6] = [
            (&[(0, 5), (1, 5)], &[0, 1]),
            (&[(0, 5), (1, 5), (2, 5)], &[0, 2, 1]),
            (&[(0, 5), (1, 5), (2, 5), (3, 5), (4, 5)], &[0, 4, 3, 2, 1]),
            (&[(0, 9), (1, 5), (2, 5), (3, 7), (4, 5)], &[1, 4, 2, 3, 0]),
            (&[(0, 9), (1, 8), (2, 7), (0, 7), (1, 7)], &[2, 1, 0]),
            (&[(0, 5), (0, 9), (1, 3), (2, 5), (3, 5), (1, 1)], &[1, 3, 2, 0]),
        ];
        for (inserted, wanted) in cases {
            assert_eq!(order(inserted), wanted, "{inserted:?}");
        }
    }

    #[test]
    fn a_key_waits_for_its_earliest_time_only() {
        let mut waiting = Waiting::default();
        for seconds in [5, 9, 3, 4] {
            waiting.insert(7, Time::from_seconds(seconds));
        }
        assert_eq!(waiting.until(7), Some(Time::from_seconds(3)));
        assert_eq!(waiting.pop_due(Time::from_seconds(2)), None);
        assert_eq!(waiting.pop_due(Time::from_seconds(3)), Some(7));
        assert_eq!((waiting.until(7), waiting.next_at()), (None, None));
    }
}
