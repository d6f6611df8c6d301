//! States that no step and no property can tell apart, made one: what is searched shrinks, and what is found does not.
//!
//! Both parts are held by `tests/it/exhaust.rs`: with and without them the same is found, mutants included.

use super::actions::Kind;
use super::judge;
use super::model::SmallWorld;
use super::sight::{DeploymentSight, SetSight};
use super::state::{DEPLOYMENT_KEY, SETS, State, View};
use super::tables::Tables;

impl SmallWorld {
    /// Delivers watch events that might as well have come at once.
    ///
    /// From `lag` undelivered events of a kind on, whoever writes that kind waits. If nobody else reads its cache either,
    /// then whatever happens before the next of them is delivered neither sees what it changes nor changes what it sees,
    /// stays possible after it, and leads to the same state in either order (or starts the controllers anew, and lists
    /// everything again in either order). So of all orders the one in which the event comes at once stands for all.
    ///
    /// - ReplicaSets are read by all passes, and written by all: with `lag` events of theirs under way there are none.
    /// - The Deployment is read by its own passes alone, and written by them and the user.
    /// - Pods are read by passes over ReplicaSets, which write them, and by Recreate, which asks of each ReplicaSet whether
    ///   it has any, and is woken by each that goes: there, an event comes at once only if it changes neither.
    ///
    /// Nothing is overlooked in the states between. An event that is delivered changes the caches alone. What is asked of
    /// the store is asked after it, too, and more is asked if the caches are current then; so it is with a pass over the
    /// Deployment, and a pass over a ReplicaSet is judged on what it saw. S-EXPECT alone looks at pods in the cache, and is
    /// asked here before each of them changes; nobody else changes them, or what is expected, until it is delivered.
    pub(super) fn catch_up(&self, tables: &mut Tables, next: &mut State) {
        let lag = usize::from(self.bounds.lag.max(1));
        while next.broken == 0 {
            if next.set_events.len() >= lag {
                self.deliver(next, Kind::ReplicaSet);
            } else if next.deployment_events.len() >= lag {
                self.deliver(next, Kind::Deployment);
            } else if next.pod_events.len() >= lag && !self.wakes_recreate(next) {
                if let Err(violation) = judge::expectations(next) {
                    next.broken = tables.raise(Some(violation));
                    return;
                }
                self.deliver(next, Kind::Pod);
            } else {
                return;
            }
        }
    }

    /// Whether the next event of a pod is one that a pass over a Recreate Deployment may ask for.
    fn wakes_recreate(&self, state: &State) -> bool {
        let (at, view) = state.pod_events[0];
        let pod = state.pods[usize::from(at)];
        // The first of its ReplicaSet appears, or any goes.
        self.is_recreate
            && (view == View::Absent
                || (pod.cached == View::Absent
                    && state.count(pod.set.into(), |other| other.cached != View::Absent) == 0))
    }

    /// Takes keys out of the queue whose pass would do nothing: it asks the API server for nothing, breaks nothing and is
    /// not to be repeated, whichever of two pods that look alike it takes first.
    ///
    /// Such a pass depends on the caches alone, and so does the judgement of it: one without requests can break nothing but
    /// MODEL and D-DET. Whatever changes in the caches what it sees queues the key again, but for pods that appear, for
    /// which Recreate asks; so there it must do nothing with any of them, either. Until then it would still do nothing, no
    /// fault can befall a request or a write of it, and it remembers nothing. So a state with the key and the one without
    /// lead to the same states but for the key; L-WAKE asks of a key that is not queued just whether its pass does
    /// nothing; and what is asked when nothing is left in the queues is asked at once instead of after that pass.
    ///
    /// `before` is the state that led here: of keys that it has, and whose pass saw the same there, the answer is known.
    pub(super) fn forget_idle_keys(&self, tables: &mut Tables, before: &State, next: &mut State) {
        if next.broken != 0 {
            return;
        }
        let same_pods = before.pods == next.pods && before.creations == next.creations;
        let keeps = |key: u8| before.queued & key != 0;
        if next.queued & DEPLOYMENT_KEY != 0 {
            let same = keeps(DEPLOYMENT_KEY)
                && before.cached_deployment == next.cached_deployment
                && before.cached_sets == next.cached_sets
                && (same_pods || !self.is_recreate);
            if !same && self.is_idle_deployment(tables, next) {
                next.queued &= !DEPLOYMENT_KEY;
            }
        }
        for set in 0..SETS as u8 {
            let (at, key) = (usize::from(set), 1 << set);
            if next.queued & key == 0 || next.cached_sets[at].content == 0 {
                continue;
            }
            let same = keeps(key) && same_pods && before.cached_sets[at] == next.cached_sets[at];
            let mut is_idle = |reversed| tables.is_idle_set(&SetSight::of(next, set, reversed, None).0);
            if !same && is_idle(false) && is_idle(true) {
                next.queued &= !key;
            }
        }
    }

    fn is_idle_deployment(&self, tables: &mut Tables, state: &State) -> bool {
        let sight = DeploymentSight::of(state, self.is_recreate, None);
        tables.is_idle_deployment(&sight)
            && (!self.is_recreate || sight.with_more_running().all(|more| tables.is_idle_deployment(&more)))
    }
}
