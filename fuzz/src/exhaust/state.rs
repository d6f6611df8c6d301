//! A state of the small world, packed so that millions of them can be told apart: contents of objects are numbers of
//! [`super::objects::Objects`], pods are a sorted list of what the API server and the cache say of each.

use std::hash::{Hash, Hasher};

/// Templates, and so ReplicaSets, at most.
pub(crate) const SETS: usize = 3;
/// Pods at most, terminating ones and those that the caches have not lost yet included.
pub(crate) const PODS: usize = 16;
/// Undelivered watch events of one kind at most.
const EVENTS: usize = 16;

/// A few small values in place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<T, const N: usize> {
    items: [T; N],
    len: u8,
}

impl<T: Copy + Default, const N: usize> Default for Row<T, N> {
    fn default() -> Self {
        Row { items: [T::default(); N], len: 0 }
    }
}

impl<T: Copy, const N: usize> Row<T, N> {
    /// `false` = there is no room.
    #[must_use]
    pub(crate) fn push(&mut self, item: T) -> bool {
        let room = usize::from(self.len) < N;
        if room {
            self.items[usize::from(self.len)] = item;
            self.len += 1;
        }
        room
    }

    pub(crate) fn remove(&mut self, at: usize) -> T {
        let item = self[at];
        self.items.copy_within(at + 1..usize::from(self.len), at);
        self.len -= 1;
        item
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }
}

impl<T, const N: usize> std::ops::Deref for Row<T, N> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.items[..usize::from(self.len)]
    }
}

impl<T, const N: usize> std::ops::DerefMut for Row<T, N> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items[..usize::from(self.len)]
    }
}

impl<T: PartialEq, const N: usize> PartialEq for Row<T, N> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq, const N: usize> Eq for Row<T, N> {}

impl<T: Hash, const N: usize> Hash for Row<T, N> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (**self).hash(hasher);
    }
}

/// What is said of a pod.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) enum View {
    /// It does not exist: not yet, or no more.
    #[default]
    Absent,
    /// It starts.
    Pending,
    /// It serves.
    Ready,
    /// It runs and does not serve.
    Unready,
    /// It was asked to stop.
    Terminating,
}

impl View {
    /// Counts as a replica.
    pub(crate) fn is_active(self) -> bool {
        matches!(self, View::Pending | View::Ready | View::Unready)
    }
}

/// A pod.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Pod {
    /// Its ReplicaSet.
    pub(crate) set: u8,
    /// In the controllers' caches.
    pub(crate) cached: View,
    /// In the store.
    pub(crate) stored: View,
    /// The ReplicaSet controller waits to see its deletion.
    pub(crate) doomed: bool,
}

/// One version of a ReplicaSet. Generations are counted from the smallest that anybody still holds, since only their
/// order decides something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct SetVersion {
    /// What it says but for generations and versions; 0 = it does not exist.
    pub(crate) content: u16,
    /// `metadata.generation`.
    pub(crate) generation: u8,
    /// `status.observedGeneration`.
    pub(crate) observed: u8,
}

/// A ReplicaSet on its way to the caches.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct SetEvent {
    /// Which.
    pub(crate) set: u8,
    /// What they will hold.
    pub(crate) version: SetVersion,
    /// Written by the ReplicaSet controller, which waits to see it.
    pub(crate) is_own: bool,
}

/// Key of the Deployment in [`State::queued`]; that of ReplicaSet n is `1 << n`.
pub(crate) const DEPLOYMENT_KEY: u8 = 1 << SETS;

/// A state. Time has no place in it: pods need as long as it takes, and nothing waits for a clock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct State {
    /// The Deployment in the store.
    pub(crate) deployment: u16,
    /// In the caches.
    pub(crate) cached_deployment: u16,
    /// ReplicaSets in the store, by template.
    pub(crate) sets: [SetVersion; SETS],
    /// In the caches.
    pub(crate) cached_sets: [SetVersion; SETS],
    /// Pods, sorted; equal ones stand for each other.
    pub(crate) pods: Row<Pod, PODS>,
    /// Versions of the Deployment that the caches do not have yet.
    pub(crate) deployment_events: Row<u16, EVENTS>,
    /// The same of ReplicaSets.
    pub(crate) set_events: Row<SetEvent, EVENTS>,
    /// The same of pods: place among `pods`, and what will be said.
    pub(crate) pod_events: Row<(u8, View), EVENTS>,
    /// Creations that each ReplicaSet waits to see.
    pub(crate) creations: [u8; SETS],
    /// Keys that wait for a worker.
    pub(crate) queued: u8,
    /// Edits of the user so far.
    pub(crate) edits: u8,
    /// Faults so far.
    pub(crate) faults: u8,
    /// The size was edited, so that the limits of the beginning do not hold throughout.
    pub(crate) is_resized: bool,
    /// Number of the violation that led here; 0 = none.
    pub(crate) broken: u16,
}

impl State {
    /// Whether the caches hold what is true.
    pub(crate) fn is_current(&self) -> bool {
        self.deployment_events.is_empty() && self.set_events.is_empty() && self.pod_events.is_empty()
    }

    /// Whether the cached version of a ReplicaSet is not the stored one: a write against it is a conflict.
    pub(crate) fn is_stale(&self, set: usize) -> bool {
        self.set_events.iter().any(|event| usize::from(event.set) == set)
    }

    /// Whether the ReplicaSet controller has not seen all that it wrote itself for this ReplicaSet.
    pub(crate) fn awaits_own_writes(&self, set: usize) -> bool {
        let own_status = self.set_events.iter().any(|event| event.is_own && usize::from(event.set) == set);
        own_status
            || self.pod_events.iter().any(|(pod, view)| {
                let pod = &self.pods[usize::from(*pod)];
                usize::from(pod.set) == set && pod.cached == View::Absent && *view == View::Pending
            })
    }

    /// Whether a ReplicaSet may create and delete pods.
    pub(crate) fn may_manage(&self, set: usize) -> bool {
        self.creations[set] == 0 && !self.pods.iter().any(|pod| pod.doomed && usize::from(pod.set) == set)
    }

    /// Stored pods of a ReplicaSet for which that holds.
    pub(crate) fn count(&self, set: usize, counts: impl Fn(&Pod) -> bool) -> u8 {
        self.pods.iter().filter(|pod| usize::from(pod.set) == set && counts(pod)).count() as u8
    }
}
