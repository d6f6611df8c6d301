//! Pods in the controllers' cache, by id. Ids are never used again, so most of them belong to pods that are gone: those cost
//! four bytes each, and only the others a whole entry.

use std::cell::OnceCell;
use std::sync::Arc;

use super::informer::{Cached, grow};
use super::pods::{PodId, PodList};

#[derive(Default, Debug)]
pub(super) struct PodTable {
    /// By pod: one more than its place in `entries`; 0 = it is not in the cache.
    places: Vec<u32>,
    entries: Vec<Cached>,
    /// Places of pods that have gone.
    free: Vec<u32>,
    /// All of them, once somebody has asked, until one changes.
    listed: OnceCell<PodList>,
}

impl PodTable {
    fn place(&self, pod: PodId) -> Option<usize> {
        (*self.places.get(pod.0 as usize)? as usize).checked_sub(1)
    }

    pub(super) fn get(&self, pod: PodId) -> Option<&Cached> {
        self.place(pod).map(|at| &self.entries[at])
    }

    pub(super) fn get_mut(&mut self, pod: PodId) -> Option<&mut Cached> {
        self.place(pod).map(|at| &mut self.entries[at])
    }

    /// All pods, in creation order.
    pub(super) fn list(&self) -> &PodList {
        self.listed.get_or_init(|| {
            let mut pods = Vec::with_capacity(self.entries.len() - self.free.len());
            let known = self.places.iter().enumerate().filter(|(_, place)| **place != 0);
            pods.extend(known.map(|(id, place)| (PodId(id as u32), self.entries[*place as usize - 1].state)));
            Arc::new(pods)
        })
    }

    /// Something changes: one look where nobody ever asks for the list.
    fn forget_list(&mut self) {
        if self.listed.get().is_some() {
            self.listed.take();
        }
    }

    pub(super) fn take(&mut self, pod: PodId) -> Option<Cached> {
        let at = self.place(pod)?;
        self.forget_list();
        self.places[pod.0 as usize] = 0;
        grow(&mut self.free, 1);
        self.free.push(at as u32);
        Some(self.entries[at])
    }

    /// Puts in a pod that is not there.
    pub(super) fn put(&mut self, pod: PodId, entry: Cached) {
        self.forget_list();
        let (id, known) = (pod.0 as usize, self.places.len());
        if known <= id {
            grow(&mut self.places, id + 1 - known);
            self.places.resize(id + 1, 0);
        }
        let at = match self.free.pop() {
            Some(at) => {
                self.entries[at as usize] = entry;
                at
            }
            None => {
                grow(&mut self.entries, 1);
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        self.places[id] = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::pods::{LabelsId, NodeId, Phase, PodState};
    use super::*;

    #[test]
    fn places_are_used_again() {
        let entry = |uid| Cached {
            state: PodState {
                uid,
                owner: None,
                labels: LabelsId(0),
                node: NodeId::NONE,
                created_s: 0,
                ready_s: 0,
                restarts: 0,
                cost: 0,
                phase: Phase::Pending,
                ready: false,
                deleting: false,
                exists: true,
            },
            at: 0,
        };
        let uid = |table: &PodTable, n| table.get(PodId(n)).map(|cached| cached.state.uid);
        let mut table = PodTable::default();
        assert_eq!((uid(&table, 7), table.take(PodId(7)).is_none()), (None, true));
        for n in [0, 1, 5] {
            table.put(PodId(n), entry(n + 10));
        }
        assert_eq!(table.take(PodId(1)).map(|cached| cached.state.uid), Some(11));
        table.put(PodId(9), entry(19));
        let found: Vec<_> = (0..11).map(|n| uid(&table, n)).collect();
        assert_eq!(found, [Some(10), None, None, None, None, Some(15), None, None, None, Some(19), None]);
        assert_eq!(table.entries.len(), 3);
    }
}
