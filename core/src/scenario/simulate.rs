//! Plays a scenario.

use super::command::Verb;
use super::perform::{Person, visible};
use super::status::{RolloutStatus, progressing, rollout_status};
use super::{Action, Condition, Count, Scenario, Step};
use crate::api::{Deployment, Time};
use crate::cluster::pods::{DeploymentId, RsId};
use crate::cluster::{Cluster, Stuck, UserError};

/// The world at one moment, as an observer sees it.
pub struct Moment<'a> {
    /// The world.
    pub cluster: &'a Cluster,
    /// The Deployment that the scenario touched last.
    pub deployment: Option<DeploymentId>,
}

impl Moment<'_> {
    /// That Deployment as it is stored.
    pub fn deployment(&self) -> Option<&Deployment> {
        self.cluster.store.deployment(self.deployment?).map(|d| &**d)
    }

    /// The ReplicaSets that exist, oldest first.
    pub fn replica_sets(&self) -> Vec<RsId> {
        visible(self.cluster)
    }

    /// ns since the start.
    pub fn at_ns(&self) -> i64 {
        self.cluster.now().since(Time::EPOCH)
    }
}

/// Watches a run.
pub trait Observer {
    /// A step was taken; what kubectl printed, or why it refused.
    fn step(&mut self, moment: &Moment<'_>, step: &Step, reply: Result<&str, &UserError>);
    /// An instant was worked off.
    fn instant(&mut self, moment: &Moment<'_>);
    /// Something happened by itself (a fault of the list), or a command that waits says more.
    fn told(&mut self, _moment: &Moment<'_>, _text: &str) {}
}

impl Observer for () {
    fn step(&mut self, _: &Moment<'_>, _: &Step, _: Result<&str, &UserError>) {}
    fn instant(&mut self, _: &Moment<'_>) {}
}

/// How a run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// The last rollout is complete.
    Complete,
    /// The last rollout exceeded its progress deadline.
    DeadlineExceeded,
    /// The Deployment is paused.
    Paused,
    /// Nothing more would happen, and the rollout is not complete.
    Standstill,
    /// The horizon was reached before the rollout was complete.
    Horizon,
    /// An `await` (its step's number, from 0) was not satisfied in time.
    NotAwaited(usize),
    /// No Deployment was touched.
    NoDeployment,
}

/// What came out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// When, ns since the start.
    pub at_ns: i64,
    /// Commands that kubectl refused.
    pub refused: u32,
}

impl Outcome {
    /// Whether the rollout asked about finished.
    pub fn finished(&self) -> bool {
        matches!(self.end, End::Complete | End::NoDeployment)
    }
}

struct Play<'a, O> {
    scenario: &'a Scenario,
    cluster: Cluster,
    person: Person,
    observer: &'a mut O,
    horizon: Time,
    /// The next of the scenario's faults.
    next_fault: usize,
}

/// Plays a scenario with a seed.
pub fn simulate(scenario: &Scenario, seed: u64, observer: &mut impl Observer) -> Result<Outcome, Stuck> {
    let cluster = Cluster::new(scenario.cluster.clone(), scenario.workload.clone(), seed);
    let horizon = Time::EPOCH.plus_nanos(scenario.horizon_ns);
    let mut play = Play { scenario, cluster, person: Person::default(), observer, horizon, next_fault: 0 };
    let mut refused = 0;
    for (number, step) in scenario.steps.iter().enumerate() {
        let due = match step.when {
            super::When::At(ns) => Time::EPOCH.plus_nanos(ns),
            super::When::After(ns) => play.cluster.now().plus_nanos(ns),
        };
        if !play.run_to(due)? {
            return Ok(play.outcome(End::Horizon, refused));
        }
        match play.take(step)? {
            Taken::Done => {}
            Taken::Refused => refused += 1,
            Taken::NotAwaited => return Ok(play.outcome(End::NotAwaited(number), refused)),
        }
    }
    let end = play.finish()?;
    Ok(play.outcome(end, refused))
}

enum Taken {
    Done,
    Refused,
    NotAwaited,
}

impl<O: Observer> Play<'_, O> {
    fn outcome(&self, end: End, refused: u32) -> Outcome {
        Outcome { end, at_ns: self.cluster.now().since(Time::EPOCH), refused }
    }

    fn deployment(&self) -> Option<&Deployment> {
        self.cluster.store.deployment(self.person.deployment?).map(|d| &**d)
    }

    fn tell(&mut self, text: &str) {
        let moment = Moment { cluster: &self.cluster, deployment: self.person.deployment };
        self.observer.told(&moment, text);
    }

    fn observe(&mut self) {
        self.observer.instant(&Moment { cluster: &self.cluster, deployment: self.person.deployment });
    }

    /// Works off the next instant before `limit` (its own included); `false` = there is none.
    fn next_instant(&mut self, limit: Time) -> Result<bool, Stuck> {
        let event = self.cluster.next_at().filter(|at| *at <= limit);
        let fault = self.scenario.faults.get(self.next_fault);
        let fault_at = fault.map(|fault| Time::EPOCH.plus_nanos(fault.at_ns)).filter(|at| *at <= limit);
        let next = [event, fault_at].into_iter().flatten().min();
        let Some(at) = next else { return Ok(false) };
        let at = at.max(self.cluster.now());
        self.cluster.run_before(at, &mut |_| ())?;
        if let (Some(fault), true) = (fault, fault_at == next) {
            self.next_fault += 1;
            let injected = self.cluster.inject(fault.fault);
            let refused = injected.err().map(|why| format!(": {why}")).unwrap_or_default();
            self.tell(&format!("{}{refused}", fault.text));
        }
        self.cluster.settle()?;
        self.observe();
        Ok(true)
    }

    /// Goes to an instant; `false` = the horizon came first.
    fn run_to(&mut self, due: Time) -> Result<bool, Stuck> {
        let limit = due.min(self.horizon);
        while self.next_instant(limit)? {}
        self.cluster.run_before(limit, &mut |_| ())?;
        Ok(due <= self.horizon)
    }

    /// Goes on until `done` holds; `false` = the limit came first.
    fn run_until(&mut self, limit: Time, done: impl Fn(Option<&Deployment>) -> bool) -> Result<bool, Stuck> {
        let limit = limit.min(self.horizon);
        loop {
            if done(self.deployment()) {
                return Ok(true);
            }
            if !self.next_instant(limit)? {
                self.cluster.run_before(limit, &mut |_| ())?;
                return Ok(false);
            }
        }
    }

    fn take(&mut self, step: &Step) -> Result<Taken, Stuck> {
        let reply = match &step.action {
            Action::Run(command) => self.person.perform(self.scenario, command, &mut self.cluster),
            Action::Await { .. } => Ok(String::new()),
            Action::Fault(fault) => self.cluster.inject(*fault).map(|()| String::new()),
            Action::Meddling(meddling) => match meddling.apply(&mut self.cluster) {
                true => Ok(String::new()),
                false => Err(UserError(format!("there is no {} {}", meddling.field(), meddling.nth))),
            },
        };
        let moment = Moment { cluster: &self.cluster, deployment: self.person.deployment };
        self.observer.step(&moment, step, reply.as_deref());
        if reply.is_err() {
            return Ok(Taken::Refused);
        }
        self.cluster.settle()?;
        self.observe();
        let now = self.cluster.now();
        let horizon = self.horizon;
        let until = |ns: Option<i64>| ns.map_or(horizon, |ns| now.plus_nanos(ns));
        match &step.action {
            Action::Await { condition, within_ns } => {
                let held = self.run_until(until(*within_ns), |d| d.is_some_and(|d| holds(*condition, d)))?;
                Ok(if held { Taken::Done } else { Taken::NotAwaited })
            }
            Action::Run(command) => {
                if let Verb::Status(_, timeout) = &command.verb {
                    let over = self.run_until(until(*timeout), |d| {
                        d.is_none_or(|d| !matches!(rollout_status(d), RolloutStatus::Waiting(_)))
                    })?;
                    if !over && timeout.is_some() {
                        self.tell("error: timed out waiting for the condition");
                    }
                }
                if let Verb::Drain { node, timeout, .. } = &command.verb {
                    let limit = until(*timeout).min(horizon);
                    while !self.is_drained() && self.next_instant(limit)? {}
                    if self.is_drained() {
                        self.tell(&format!("node/{node} drained"));
                    } else {
                        self.cluster.run_before(limit, &mut |_| ())?;
                        self.tell(&format!(
                            "error: unable to drain node \"{node}\": timed out waiting for pods to end"
                        ));
                    }
                }
                Ok(Taken::Done)
            }
            Action::Fault(_) | Action::Meddling(_) => Ok(Taken::Done),
        }
    }

    /// Whether the rollout is over and the last terminating pod gone, as the status has it. Counted on the pods where the
    /// status has no such number.
    fn is_over(&self) -> bool {
        let (Some(id), Some(d)) = (self.person.deployment, self.deployment()) else { return true };
        let terminating = || match d.status.terminating_replicas {
            Some(count) => count > 0,
            None => {
                self.cluster.replica_sets_of(id).any(|(rs, _)| self.cluster.store.totals(rs).terminating > 0)
            }
        };
        !matches!(rollout_status(d), RolloutStatus::Waiting(_)) && !unobserved(d) && !terminating()
    }

    /// Whether the pods that `kubectl drain` evicted are gone.
    fn is_drained(&self) -> bool {
        self.person.drained.iter().all(|pod| !self.cluster.store.pod(*pod).state.exists)
    }

    /// After the last step: until the rollout is over and the last pod gone.
    fn finish(&mut self) -> Result<End, Stuck> {
        // What is still to break belongs to the scenario.
        while self.next_fault < self.scenario.faults.len() && self.next_instant(self.horizon)? {}
        if self.person.deployment.is_none() {
            let limit = self.horizon;
            while self.next_instant(limit)? {}
            return Ok(End::NoDeployment);
        }
        while !self.is_over() && self.next_instant(self.horizon)? {}
        if !self.is_over() {
            self.cluster.run_before(self.horizon, &mut |_| ())?;
        }
        let Some(d) = self.deployment() else { return Ok(End::NoDeployment) };
        Ok(match rollout_status(d) {
            RolloutStatus::Done(_) => End::Complete,
            RolloutStatus::Failed(_) => End::DeadlineExceeded,
            RolloutStatus::Waiting(_) if d.spec.paused => End::Paused,
            RolloutStatus::Waiting(_) if self.cluster.next_at().is_none() => End::Standstill,
            RolloutStatus::Waiting(_) => End::Horizon,
        })
    }
}

fn unobserved(d: &Deployment) -> bool {
    d.meta.generation > d.status.observed_generation
}

/// Whether a condition holds.
fn holds(condition: Condition, d: &Deployment) -> bool {
    let status = &d.status;
    let number = |count| match count {
        Count::Replicas => status.replicas,
        Count::Updated => status.updated_replicas,
        Count::Ready => status.ready_replicas,
        Count::Available => status.available_replicas,
        Count::Unavailable => status.unavailable_replicas,
        Count::Terminating => status.terminating_replicas.unwrap_or(0),
    };
    if unobserved(d) {
        return false;
    }
    match condition {
        // The reason alone may be that of the rollout before, as long as a Recreate rollout waits for old pods.
        Condition::Complete => {
            progressing(d) == "NewReplicaSetAvailable" && matches!(rollout_status(d), RolloutStatus::Done(_))
        }
        Condition::Deadline => progressing(d) == "ProgressDeadlineExceeded",
        Condition::AtLeast(count, n) => number(count) >= n,
        Condition::AtMost(count, n) => number(count) <= n,
    }
}
