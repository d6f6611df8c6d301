//! The kubelets: they start containers, report readiness, restart what crashes, and end what is to stop.

use super::pods::{NodeId, Phase, PodId, PodState, stamp};
use super::{Cluster, Event};
use crate::api::Time;
use crate::sim::SECOND;
use crate::workload::Startup;

/// What a kubelet is doing with a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Stage {
    /// Nobody has taken it up yet.
    #[default]
    New,
    /// Its containers are to start.
    Starting,
    /// Its containers run.
    Running,
    /// Its container has ended and waits to be started again, or its machine has stopped.
    Dead,
    /// It is to stop.
    Stopping,
}

/// A pod as its kubelet knows it.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Run {
    /// Which life of its containers this is: events of an earlier one are void.
    life: u32,
    pub(super) stage: Stage,
}

/// Restarts of a container that crashes again and again.
#[derive(Clone, Copy, Debug)]
pub(super) struct BackOff {
    exits: u32,
    started: Time,
}

/// First wait of a container that has crashed twice, s; it doubles. (`pkg/kubelet`: `backOffPeriod`.)
const BACK_OFF_S: i64 = 10;
/// Longest wait, s. (`pkg/kubelet`: `MaxCrashLoopBackOff`; a node may be configured to a lower one.)
const BACK_OFF_MAX_S: i64 = 300;
/// A container that ran for longer than this, s, starts over with the first wait: twice the longest wait.
const BACK_OFF_RESET_S: i64 = 600;

/// Wait between the `exits`-th end of a container (from 1) and its next start, s: at once after the first.
fn back_off_s(exits: u32) -> i64 {
    match exits {
        0 | 1 => 0,
        n => (BACK_OFF_S << (n - 2).min(16)).min(BACK_OFF_MAX_S),
    }
}

impl Cluster {
    fn run(&mut self, pod: PodId) -> &mut Run {
        let at = pod.0 as usize;
        let known = self.runs.len();
        if known <= at {
            super::informer::grow(&mut self.runs, at + 1 - known);
            self.runs.resize(at + 1, Run::default());
        }
        &mut self.runs[at]
    }

    fn is_life(&self, pod: PodId, life: u32) -> bool {
        self.runs.get(pod.0 as usize).is_some_and(|run| run.life == life)
    }

    /// Begins another life in that stage; what was planned for the one before is void.
    fn next_life(&mut self, pod: PodId, stage: Stage) -> u32 {
        let run = self.run(pod);
        run.life += 1;
        run.stage = stage;
        run.life
    }

    /// Whether phases are those of real pods: Running from the start of the containers on, not only when ready.
    fn has_phases(&self, pod: PodId) -> bool {
        !self.nodes.is_empty() || self.workload.crash(self.store.image(pod)).is_some()
    }

    /// A pod was created, changed or removed.
    pub(super) fn pod_changed(&mut self, pod: PodId) {
        let state = self.store.pod(pod).state;
        let stage = self.run(pod).stage;
        if !state.exists {
            self.next_life(pod, Stage::Stopping);
            self.back_offs.remove(&pod);
            if !self.nodes.is_empty() {
                self.release(pod);
            }
        } else if state.deleting {
            if stage != Stage::Stopping {
                self.stop(pod, &state, stage);
            }
        } else if stage == Stage::New {
            self.run(pod).stage = Stage::Starting;
            let image = self.store.image(pod).clone();
            let startup = self.workload.startup(pod.0, &image, &mut self.startup_rng);
            if self.nodes.is_empty() {
                self.start(pod, self.config.start_delay_ns, startup);
            } else {
                self.schedule(pod, startup);
            }
        }
    }

    fn stop(&mut self, pod: PodId, state: &PodState, stage: Stage) {
        let life = self.next_life(pod, Stage::Stopping);
        let mut ns = self.workload.stop(self.store.shape(pod).grace_s, &mut self.stop_rng);
        if self.has_phases(pod) && stage != Stage::Running {
            // No container runs, so nothing takes its time to stop.
            ns = 0;
        }
        if self.nodes.get(state.node).is_some_and(|node| node.down) {
            // Nobody is there to stop it.
        } else if ns == 0 {
            self.store.remove_pod(pod);
        } else {
            self.events.push(self.now.plus_nanos(ns), Event::PodGone(pod, life));
        }
    }

    /// The scheduler has bound a pod.
    pub(super) fn bound(&mut self, pod: PodId, node: NodeId, startup: Startup) {
        if self.nodes.get(node).is_some_and(|node| !node.down) {
            self.start(pod, self.config.start_delay_ns, startup);
        }
    }

    /// Starts the containers of a pod after `delay_ns`.
    fn start(&mut self, pod: PodId, delay_ns: i64, startup: Startup) {
        let at = self.now.plus_nanos(delay_ns);
        let phases = self.has_phases(pod);
        let life = self.run(pod).life;
        if phases {
            self.events.push(at, Event::PodStarted(pod, life));
        }
        let crash_ns = {
            let image = self.store.image(pod);
            self.workload.crash(image).and_then(|crash| crash.draw(&mut self.crash_rng))
        };
        if let Startup::Ready(ns) = startup
            && crash_ns.is_none_or(|crash| ns < crash)
        {
            self.events.push(at.plus_nanos(ns), Event::PodReady(pod, life));
        }
        if let Some(ns) = crash_ns {
            self.events.push(at.plus_nanos(ns), Event::PodCrashed(pod, life));
        }
    }

    /// Its containers run.
    pub(super) fn pod_started(&mut self, pod: PodId, life: u32) {
        // A pod that has finished stays so.
        if !self.is_life(pod, life) || self.store.pod(pod).state.is_finished() {
            return;
        }
        self.run(pod).stage = Stage::Running;
        if let Some(back_off) = self.back_offs.get_mut(&pod) {
            back_off.started = self.now;
        }
        let state = self.store.pod(pod).state;
        self.store.put_pod(pod, PodState { phase: Phase::Running, ..state });
    }

    /// It passes its readiness probe.
    pub(super) fn pod_ready(&mut self, pod: PodId, life: u32) {
        let state = self.store.pod(pod).state;
        if self.is_life(pod, life) && state.is_active() && !state.ready {
            let ready_s = stamp(self.now);
            self.store.put_pod(pod, PodState { ready: true, phase: Phase::Running, ready_s, ..state });
        }
    }

    /// Its container ends by itself.
    pub(super) fn pod_crashed(&mut self, pod: PodId, life: u32) {
        if !self.is_life(pod, life) || self.store.pod(pod).state.is_finished() {
            return;
        }
        let life = self.next_life(pod, Stage::Dead);
        let now = self.now;
        let back_off = self.back_offs.entry(pod).or_insert(BackOff { exits: 0, started: now });
        if now.since(back_off.started) > BACK_OFF_RESET_S * SECOND {
            back_off.exits = 0;
        }
        back_off.exits += 1;
        let wait_s = back_off_s(back_off.exits);
        self.not_ready(pod);
        self.events.push(now.plus_seconds(wait_s), Event::PodRestarts(pod, life));
    }

    /// Whether its container keeps ending and waits for its next start (`CrashLoopBackOff`).
    pub fn backs_off(&self, pod: PodId) -> bool {
        let dead = self.runs.get(pod.0 as usize).is_some_and(|run| run.stage == Stage::Dead);
        dead && self.back_offs.get(&pod).is_some_and(|back_off| back_off.exits > 1)
    }

    /// Its container is started again.
    pub(super) fn pod_restarts(&mut self, pod: PodId, life: u32) {
        if self.is_life(pod, life) && !self.store.pod(pod).state.is_finished() {
            self.restart(pod);
        }
    }

    fn restart(&mut self, pod: PodId) {
        self.next_life(pod, Stage::Starting);
        let state = self.store.pod(pod).state;
        self.store.put_pod(pod, PodState { restarts: state.restarts.saturating_add(1), ..state });
        let image = self.store.image(pod).clone();
        // From another stream than the first starts, which stay paired between runs.
        let startup = self.workload.startup(pod.0, &image, &mut self.crash_rng);
        self.start(pod, 0, startup);
    }

    fn not_ready(&mut self, pod: PodId) {
        let state = self.store.pod(pod).state;
        if state.ready {
            self.store.put_pod(pod, PodState { ready: false, ready_s: stamp(self.now), ..state });
        }
    }

    /// It has stopped, and its object goes.
    pub(super) fn pod_gone(&mut self, pod: PodId, life: u32) {
        if self.is_life(pod, life) {
            self.store.remove_pod(pod);
        }
    }

    /// The machine under a pod has stopped; nobody is told.
    pub(super) fn containers_die(&mut self, pod: PodId) {
        let stage = match self.run(pod).stage {
            // It has not begun to start, or is to stop: so it stays.
            stage @ (Stage::New | Stage::Starting | Stage::Stopping) => stage,
            Stage::Running | Stage::Dead => Stage::Dead,
        };
        self.next_life(pod, stage);
    }

    /// The machine under a pod runs again.
    pub(super) fn machine_is_back(&mut self, pod: PodId) {
        match self.run(pod).stage {
            Stage::Stopping => self.store.remove_pod(pod),
            Stage::New | Stage::Starting => {
                let image = self.store.image(pod).clone();
                let startup = self.workload.startup(pod.0, &image, &mut self.crash_rng);
                self.start(pod, self.config.start_delay_ns, startup);
            }
            Stage::Running | Stage::Dead => {
                self.not_ready(pod);
                self.restart(pod);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn waits_between_restarts() {
        let waits: Vec<i64> = (1..=9).map(super::back_off_s).collect();
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300, 300]);
    }
}
