//! States, judged by `core/src/oracle` on a world with the same objects. Which world that is depends on few things, so
//! each is built once.

use maxsurge_core::api::{Deployment, ReplicaSet};
use maxsurge_core::cluster::pods::{DeploymentId, PodState};
use maxsurge_core::cluster::{Cluster, ClusterConfig};
use maxsurge_core::oracle::{Property, Recount, Safety, Violation, at_rest};
use maxsurge_core::workload::Workload;

use super::Bounds;
use super::model::{SmallWorld, image_of};
use super::objects::Objects;
use super::passes::{now, pod_state};
use super::sight::{DeploymentSight, SetSight};
use super::state::{DEPLOYMENT_KEY, SETS, SetVersion, State, View};
use super::tables::Tables;

/// All of a state that is true now, and what is asked of it.
#[derive(Clone, Debug)]
pub(super) struct Truth {
    deployment: u16,
    /// Contents: generations are no concern of those who judge.
    sets: [u16; SETS],
    /// Pods by ReplicaSet: pending, ready, unready, terminating.
    pods: [[u8; 4]; SETS],
    /// The caches hold it, too, and whoever is to be asked for it has had the time to see it.
    is_current: bool,
    /// Nothing more is to come.
    is_quiet: bool,
    /// What holds throughout, and not only for each pass on what it saw, is judged, too.
    is_whole: bool,
}

const VIEWS: [View; 4] = [View::Pending, View::Ready, View::Unready, View::Terminating];

impl Truth {
    pub(super) fn of(state: &State, bounds: &Bounds) -> Self {
        let mut pods = [[0; 4]; SETS];
        for pod in state.pods.iter() {
            if let Some(at) = VIEWS.iter().position(|view| *view == pod.stored) {
                pods[usize::from(pod.set)][at] += 1;
            }
        }
        let moves = |pods: &[u8; 4]| pods[0] + pods[2] + pods[3] > 0;
        let is_current = state.is_current();
        // A ReplicaSet that the caches did not show when the next one was created has the same revision as that one, until
        // the next pass over the Deployment. One event under way is not enough for it.
        let is_seen = bounds.lag < 2 || bounds.throughout || state.queued & DEPLOYMENT_KEY == 0;
        Truth {
            deployment: state.deployment,
            sets: state.sets.map(|set| set.content),
            pods,
            is_current: is_current && is_seen,
            is_quiet: is_current && state.queued == 0 && !pods.iter().any(moves),
            is_whole: state.faults == 0 && !state.is_resized && (bounds.throughout || state.edits < 2),
        }
    }

    /// The same in few words: other ones have others.
    fn key(&self) -> [u64; 2] {
        let objects =
            self.sets.iter().fold(u64::from(self.deployment), |all, set| all << 16 | u64::from(*set));
        let pods = self.pods.iter().flatten().fold(0, |all, count| all << 5 | u64::from(*count));
        let flags =
            u64::from(self.is_current) | u64::from(self.is_quiet) << 1 | u64::from(self.is_whole) << 2;
        [objects, pods << 3 | flags]
    }

    /// As much of it as decides about the judgement: of pods, all that is asked otherwise is whose they are, and each has
    /// its ReplicaSet.
    fn asked(mut self) -> Self {
        if !self.is_whole && !self.is_quiet {
            self.pods = Default::default();
        }
        self
    }
}

fn violation(property: Property, what: String) -> Violation {
    Violation { property, at: now(), what, known: None }
}

/// Whoever has something to do and will not be woken for it.
fn asleep(who: &str) -> Violation {
    violation(Property::LWake, format!("nobody will wake {who}, and it has something to do"))
}

/// A world in which that is true. Its caches are empty.
pub(super) fn world(truth: &Truth, objects: &Objects) -> (Cluster, DeploymentId) {
    let mut world = Cluster::new(ClusterConfig::ideal(), Workload::default(), 0);
    let d = objects.deployments.get(truth.deployment);
    let id = world.create(Deployment::clone(d)).expect("the world is empty");
    let mut stored = Deployment::clone(world.store.deployment(id).expect("just created"));
    stored.status = d.status.clone();
    world.store.update_deployment_status(id, stored).expect("it is the newest version");
    // By creation, as a world has them; their numbers are those of the templates.
    let mut sets: Vec<_> = truth
        .sets
        .iter()
        .enumerate()
        .filter(|(_, content)| **content != 0)
        .map(|(at, content)| (at, ReplicaSet::clone(objects.sets.get(*content))))
        .collect();
    sets.sort_by_key(|(_, rs)| rs.meta.creation_timestamp);
    let mut n = 0;
    for (at, rs) in sets {
        let status = rs.status.clone();
        let created = world.store.create_replica_set(rs, world.now());
        let (rs_id, stored) = created.expect("its name is its own");
        let mut stored = ReplicaSet::clone(&stored);
        stored.status = status;
        world.store.update_replica_set_status(stored.clone()).expect("it is the newest version");
        for (view, count) in VIEWS.iter().zip(truth.pods[at]) {
            for _ in 0..count {
                let made = world.store.create_pod(rs_id, &stored, world.now());
                let (pod, _) = made.expect("there is no quota");
                let state = world.store.pod(pod).state;
                let new = pod_state(n, 0, *view);
                n += 1;
                world.store.put_pod(
                    pod,
                    PodState {
                        phase: new.phase,
                        ready: new.ready,
                        deleting: new.deleting,
                        ready_s: 0,
                        ..state
                    },
                );
            }
        }
    }
    (world, id)
}

/// Judges it.
fn truth(truth: &Truth, bounds: &Bounds, objects: &Objects) -> Result<(), Violation> {
    let (world, id) = world(truth, objects);
    // With stale caches two ReplicaSets may have one revision for a while.
    Safety::new(id).after(&world, false, truth.is_current)?;
    let d = objects.deployments.get(truth.deployment);
    if truth.is_quiet && !d.spec.paused {
        at_rest(&world, id).map(|_| ())?;
    }
    let Some(count) = Recount::of(&world, id).filter(|_| truth.is_whole && !bounds.fresh) else {
        return Ok(());
    };
    if count.available() < count.limits.floor.min(bounds.replicas.into()) {
        let what = format!("{} pods available, {} at least", count.available(), count.limits.floor);
        return Err(violation(Property::SAvail, what));
    }
    if count.size() > count.limits.ceiling {
        let what = format!("sizes add up to {}, {} at most", count.size(), count.limits.ceiling);
        return Err(violation(Property::SSurge, what));
    }
    let running = |pods: &&[u8; 4]| pods.iter().any(|count| *count > 0);
    if count.is_recreate && truth.pods.iter().filter(running).count() > 1 {
        let what = format!("pods of several templates run: {:?}", truth.pods);
        return Err(violation(Property::SRecreate, what));
    }
    Ok(())
}

/// S-EXPECT: who may act has seen what it did before; who may not will see it.
pub(super) fn expectations(state: &State) -> Result<(), Violation> {
    for set in 0..SETS {
        let own = || state.pods.iter().filter(|pod| usize::from(pod.set) == set);
        let name = image_of(set);
        if !state.may_manage(set) {
            if state.is_current() {
                let what = format!("{name} waits, and all that it did is in its cache");
                return Err(violation(Property::SExpect, what));
            }
        } else if state.faults == 0 {
            let unseen = own().any(|pod| pod.cached == View::Absent && pod.stored.is_active());
            let unmarked = own()
                .any(|pod| pod.cached.is_active() && matches!(pod.stored, View::Terminating | View::Absent));
            if unseen || unmarked {
                let what = format!("{name} may create and delete, and its cache does not show what it did");
                return Err(violation(Property::SExpect, what));
            }
        }
    }
    Ok(())
}

impl SmallWorld {
    /// Number of what a state breaks; 0 = nothing.
    pub(super) fn judge(&self, tables: &mut Tables, state: &State) -> u16 {
        let known = Truth::of(state, &self.bounds).asked();
        let key = known.key();
        let broken = match tables.truths.get(&key) {
            Some(broken) => *broken,
            None => {
                let judged = truth(&known, &self.bounds, &tables.objects).err();
                let broken = tables.raise(judged);
                tables.truths.insert(key, broken);
                broken
            }
        };
        if broken != 0 {
            return broken;
        }
        if let Err(violation) = expectations(state) {
            return tables.raise(Some(violation));
        }
        if !state.is_current() {
            return 0;
        }
        // Whoever has something to do and no key in a queue sleeps for ever.
        if state.queued & DEPLOYMENT_KEY == 0
            && !tables.deployment(&DeploymentSight::of(state, self.is_recreate, None)).effects.is_nothing()
        {
            return tables.raise(Some(asleep("the Deployment")));
        }
        for set in 0..SETS as u8 {
            let exists = state.cached_sets[usize::from(set)] != SetVersion::default();
            if exists
                && state.queued & (1 << set) == 0
                && !tables.set(&SetSight::of(state, set, false, None).0).effects.is_nothing()
            {
                return tables.raise(Some(asleep(&image_of(set.into()))));
            }
        }
        0
    }
}
