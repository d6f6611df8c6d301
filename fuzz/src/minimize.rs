//! Making a finding smaller: fewer events, then simpler values, as long as the same property breaks.

use crate::generators::{Break, Change, Event, Input, Limits, Plane};
use crate::hunt::judge_or_panic;
use crate::rollout::{Broken, Judgement};

struct Search {
    best: (Input, Broken),
    how: Judgement,
    left: u32,
}

/// The smallest input found with that many executions which breaks the same property.
pub fn minimize(input: Input, broken: Broken, how: Judgement, executions: u32) -> (Input, Broken) {
    let twice = broken.violation.property == maxsurge_core::oracle::Property::DDet;
    let mut search = Search { best: (input, broken), how: Judgement { twice, ..how }, left: executions };
    // What comes after the violation has no part in it.
    let step = search.best.1.step;
    let mut cut = search.best.0.clone();
    cut.events.truncate(step + 1);
    search.try_one(cut);
    loop {
        let size = weight(&search.best.0);
        search.drop_events();
        search.simplify_world();
        search.simplify_events();
        if search.left == 0 || weight(&search.best.0) == size {
            return search.best;
        }
    }
}

/// Events, and how complicated they are.
fn weight(input: &Input) -> (usize, usize) {
    (input.events.len(), format!("{input:?}").len())
}

impl Search {
    /// Takes the candidate over if it breaks the same property.
    fn try_one(&mut self, candidate: Input) -> bool {
        if self.left == 0 || candidate == self.best.0 {
            return false;
        }
        self.left -= 1;
        match judge_or_panic(&candidate, self.how) {
            Some(broken)
                if broken.violation.property == self.best.1.violation.property
                    // What is known must not turn into something else that is known.
                    && broken.violation.known == self.best.1.violation.known =>
            {
                self.best = (candidate, broken);
                true
            }
            _ => false,
        }
    }

    /// Delta debugging: halves, quarters, …, single events.
    fn drop_events(&mut self) {
        let mut chunk = self.best.0.events.len().div_ceil(2);
        while chunk > 0 && self.left > 0 {
            let mut at = 0;
            while at < self.best.0.events.len() && self.left > 0 {
                let mut candidate = self.best.0.clone();
                let end = (at + chunk).min(candidate.events.len());
                candidate.events.drain(at..end);
                if !self.try_one(candidate) {
                    at += chunk;
                }
            }
            chunk /= 2;
        }
    }

    fn simplify_world(&mut self) {
        let with = |input: &Input, change: &dyn Fn(&mut Input)| {
            let mut copy = input.clone();
            change(&mut copy);
            copy
        };
        let changes: [&dyn Fn(&mut Input); 11] = [
            &|input| input.world.nodes = 0,
            &|input| input.world.plane = Plane::Ideal,
            &|input| input.world.startup_ms = vec![0],
            &|input| input.world.startup_ms = vec![1_000],
            &|input| input.world.stop_ms = 0,
            &|input| input.world.min_ready_s = 0,
            &|input| input.world.progress_deadline_s = None,
            &|input| input.world.history_limit = Some(10),
            &|input| input.world.strategy = Limits::Pods(1, 0),
            &|input| input.world.replicas = 1,
            &|input| input.world.replicas = (input.world.replicas - 1).max(0),
        ];
        for change in changes {
            let candidate = with(&self.best.0, change);
            self.try_one(candidate);
        }
    }

    fn simplify_events(&mut self) {
        for at in 0..self.best.0.events.len() {
            for simpler in simpler(&self.best.0.events[at].clone()) {
                if at >= self.best.0.events.len() {
                    return;
                }
                let mut candidate = self.best.0.clone();
                candidate.events[at] = simpler;
                if self.try_one(candidate) {
                    break;
                }
            }
        }
    }
}

/// Simpler events that may do as well, the simplest first.
fn simpler(event: &Event) -> Vec<Event> {
    match event {
        Event::Wait(ms) => [0, 1_000, 10_000, 60_000, 600_000, ms / 1_000 * 1_000]
            .into_iter()
            .filter(|simpler| simpler < ms)
            .map(Event::Wait)
            .collect(),
        Event::Until(..) => vec![Event::Wait(1_000), Event::Wait(60_000)],
        Event::Edit(changes) => {
            let fewer = (0..changes.len()).filter(|_| changes.len() > 1).map(|at| {
                let mut fewer = changes.clone();
                fewer.remove(at);
                Event::Edit(fewer)
            });
            let values = changes.iter().enumerate().flat_map(|(at, change)| {
                simpler_change(change).into_iter().map(move |simpler| (at, simpler))
            });
            let values = values.map(|(at, simpler)| {
                let mut changed = changes.clone();
                changed[at] = simpler;
                Event::Edit(changed)
            });
            fewer.chain(values).collect()
        }
        Event::Autoscaled(load) => (0..=15)
            .map(|n| Event::Edit(vec![Change::Replicas(n)]))
            .chain(load.checked_sub(1).map(Event::Autoscaled))
            .collect(),
        Event::Undo(Some(_)) => vec![Event::Undo(None)],
        Event::RollbackTo(n) if *n > 0 => vec![Event::RollbackTo(0)],
        Event::Pod(n, fate) if *n > 0 => vec![Event::Pod(0, *fate), Event::Pod(n / 2, *fate)],
        Event::Set(n, fate) if *n > 0 => vec![Event::Set(0, *fate), Event::Set(n / 2, *fate)],
        Event::Break(fault) => simpler_fault(*fault).into_iter().map(Event::Break).collect(),
        Event::Stray(n, replicas) if *replicas > 0 => {
            vec![Event::Stray(*n, 0), Event::Stray(*n, replicas - 1)]
        }
        Event::Rival(n) if *n > 0 => vec![Event::Rival(n - 1)],
        _ => Vec::new(),
    }
}

fn simpler_change(change: &Change) -> Vec<Change> {
    match change {
        Change::Image(n) if *n > 1 => vec![Change::Image(1), Change::Image(2), Change::Image(3)],
        Change::Replicas(n) if *n > 0 => vec![Change::Replicas(1), Change::Replicas(n - 1)],
        Change::Strategy(_) => vec![Change::Strategy(Limits::Recreate), Change::Strategy(Limits::Pods(1, 0))],
        Change::MinReady(n) if *n > 1 => vec![Change::MinReady(1)],
        _ => Vec::new(),
    }
}

fn simpler_fault(fault: Break) -> Vec<Break> {
    match fault {
        Break::Kill(n) if n > 1 => vec![Break::Kill(1)],
        Break::Controllers(after, ms) if after > 0 || ms > 0 => {
            vec![Break::Controllers(0, 0), Break::Controllers(after, 0), Break::Controllers(after / 2, ms)]
        }
        Break::Api(after, requests, error) => {
            vec![Break::Api(0, requests, error), Break::Api(after, 1, error)]
        }
        Break::Lost(of, ms) => {
            vec![Break::Lost(of, 1), Break::Lost(of, 1_000), Break::Lost(of, ms / 1_000 * 1_000)]
        }
        Break::Late(of, delay, for_ms) => {
            vec![Break::Watch(delay, for_ms), Break::Late(of, 1_000, for_ms), Break::Late(of, delay, 10_000)]
        }
        Break::Watch(delay, for_ms) => vec![Break::Watch(1_000, for_ms), Break::Watch(delay, 10_000)],
        _ => Vec::new(),
    }
}
