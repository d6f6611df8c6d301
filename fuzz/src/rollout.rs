//! One input: the events one after the other, each step judged, then the end.

use std::collections::BTreeSet;

use maxsurge_core::api::{Deployment, KubernetesVersion, PodTemplate, annotation};
use maxsurge_core::cluster::pods::DeploymentId;
use maxsurge_core::cluster::{Cluster, ClusterConfig, Controllers, Statistics, Stuck};
use maxsurge_core::oracle::{Exemption, Oracle, Property, Recount, Rest, TraceHash, Violation, at_rest};
use maxsurge_core::scenario::status::{RolloutStatus, rollout_status};
use maxsurge_core::sim::{MS, SECOND};

use crate::generators::{Change, Event, GOOD_IMAGE, Input};
use crate::happen::{happen, heal, meddles, until};
use crate::order;
use crate::templates::with_image;

/// How long a rollout may take when nobody interferes, s: two dozen pods one after the other, each with its start,
/// `minReadySeconds` and its predecessor's end; expectations that have to expire; and the retries of what failed.
pub(crate) const CONVERGES_S: i64 = 24 * (20 + 30 + 30) + 300 + 170;
/// How long a key may wait at most after a pass that failed, s.
const RETRY_S: i64 = 1_000;
/// How long it must stay quiet, s.
const QUIET_S: i64 = 1_800;

/// How an input is judged.
#[derive(Clone, Copy, Debug)]
pub struct Judgement {
    /// Grants no exemption: for those who look for bugs of Kubernetes.
    pub is_strict: bool,
    /// Judges D-DET: decides each settled state again with the ReplicaSets in other orders, runs it all twice, and compares.
    pub twice: bool,
    /// Whose passes run.
    pub controllers: Controllers,
}

impl Default for Judgement {
    fn default() -> Self {
        Judgement { is_strict: false, twice: true, controllers: Controllers::default() }
    }
}

impl Judgement {
    /// The controllers of Kubernetes, judged without running twice.
    pub fn once(is_strict: bool) -> Self {
        Judgement { is_strict, twice: false, controllers: Controllers::default() }
    }
}

/// What a run without a violation came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// How it ended; `None` if the Deployment was being deleted.
    pub rest: Option<Rest>,
    /// Hash of all that happened; `None` if there is no other run to compare it with.
    pub trace: Option<TraceHash>,
    /// Exemptions that were granted on the way.
    pub met: BTreeSet<Exemption>,
    /// Events that changed nothing and let no time go on.
    pub idle: usize,
}

/// A violation, and where it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// What.
    pub violation: Violation,
    /// After which event; the number of events for what shows at the end.
    pub step: usize,
}

/// Runs the input twice, with the exemptions.
pub fn rollout(input: &Input) -> Result<Verdict, Broken> {
    judge(input, Judgement::default())
}

/// Runs the input.
pub fn judge(input: &Input, how: Judgement) -> Result<Verdict, Broken> {
    let first = play(input, how, how.twice, &mut |_, _| {})?;
    if how.twice {
        let second = play(input, Judgement { twice: false, ..how }, true, &mut |_, _| {})?;
        if first != second {
            let what = format!("first {first:?}, then {second:?}");
            let at = maxsurge_core::api::Time::EPOCH;
            let violation = Violation { property: Property::DDet, at, what, known: None };
            return Err(Broken { violation, step: input.events.len() });
        }
    }
    Ok(first)
}

/// Runs the input once; `watch` sees the world after each event.
pub fn run(
    input: &Input,
    how: Judgement,
    watch: &mut dyn FnMut(Option<&Event>, &Cluster),
) -> Result<Verdict, Broken> {
    play(input, Judgement { twice: true, ..how }, true, watch)
}

/// One run; `twice` says whether orders are tried, and `is_traced` whether all that happens is hashed.
fn play(
    input: &Input,
    how: Judgement,
    is_traced: bool,
    watch: &mut dyn FnMut(Option<&Event>, &Cluster),
) -> Result<Verdict, Broken> {
    let mut cluster = Cluster::new(input.world.config(), input.world.workload(), 0);
    cluster.plug_in(how.controllers);
    cluster.keep_journal();
    let id = cluster.create(input.world.deployment("web")).expect("the world is empty");
    let mut run = Run {
        cluster,
        id,
        oracle: Oracle::new(how.is_strict),
        tries_orders: how.twice,
        trace: is_traced.then(TraceHash::default),
        idle: 0,
        is_calm: true,
        told_of: 0,
    };
    let broken = |step| move |violation| Broken { violation, step };
    run.settle().map_err(broken(0))?;
    watch(None, &run.cluster);
    for (step, event) in input.events.iter().enumerate() {
        let result = run.event(event);
        watch(Some(event), &run.cluster);
        result.map_err(broken(step))?;
    }
    let rest = run.end();
    watch(None, &run.cluster);
    let rest = rest.map_err(broken(input.events.len()))?;
    Ok(Verdict { rest, trace: run.trace, met: run.oracle.met().clone(), idle: run.idle })
}

/// The world alone, without anybody who writes down or judges what happens: what an execution costs at least. Answers
/// what the controllers and the world did.
pub fn unjudged(input: &Input, version: KubernetesVersion) -> Result<Statistics, Stuck> {
    let config = ClusterConfig { version, ..input.world.config() };
    let mut cluster = Cluster::new(config, input.world.workload(), 0);
    let id = cluster.create(input.world.deployment("web")).expect("the world is empty");
    cluster.settle()?;
    for event in &input.events {
        match until(&cluster, id, event) {
            Some(until) => cluster.run_before(until, &mut |_| {})?,
            None => {
                happen(&mut cluster, id, event);
                cluster.settle()?;
            }
        }
    }
    heal(&mut cluster);
    cluster.settle()?;
    let end = cluster.now().plus_seconds(CONVERGES_S + QUIET_S);
    cluster.run_before(end, &mut |_| {})?;
    Ok(cluster.statistics())
}

struct Run {
    cluster: Cluster,
    id: DeploymentId,
    oracle: Oracle,
    trace: Option<TraceHash>,
    idle: usize,
    /// Nobody has meddled so far.
    is_calm: bool,
    /// The version of the Deployment of which `kubectl rollout status` was last asked.
    told_of: u64,
    /// Whether each settled state is decided in other orders, too.
    tries_orders: bool,
}

/// What a change of size must leave alone.
struct Releases {
    current: Option<String>,
    sets: BTreeSet<String>,
}

impl Run {
    fn violation(&self, property: Property, what: String) -> Violation {
        Violation { property, at: self.cluster.now(), what, known: None }
    }

    fn stored(&self) -> Option<&Deployment> {
        self.cluster.store.deployment(self.id).map(|d| &**d)
    }

    fn event(&mut self, event: &Event) -> Result<(), Violation> {
        if let Some(until) = until(&self.cluster, self.id, event) {
            self.idle += usize::from(until <= self.cluster.now());
            return self.wait(until.since(self.cluster.now()));
        }
        if meddles(event) {
            self.oracle.meddled(self.cluster.now());
            self.is_calm = false;
        } else {
            self.oracle.disturbed();
        }
        let version = self.cluster.store.version();
        let undone = self.undo_target(event);
        let releases = self.is_change_of_size(event).then(|| self.releases());
        happen(&mut self.cluster, self.id, event);
        let is_fault = matches!(event, Event::Break(_));
        self.idle += usize::from(version == self.cluster.store.version() && !is_fault);
        if let Some((template, cause)) = undone {
            self.is_restored(&template, cause.as_deref())?;
        }
        self.settle()?;
        if let Some(releases) = releases
            && self.cluster.caches_are_current()
        {
            self.has_released_nothing(&releases)?;
        }
        Ok(())
    }

    /// Whether nothing but the size changes, and nobody has ever meddled.
    fn is_change_of_size(&self, event: &Event) -> bool {
        let is_size = |change: &Change| matches!(change, Change::Replicas(_));
        self.is_calm
            && match event {
                Event::Autoscaled(_) => true,
                Event::Edit(changes) => changes.iter().all(is_size),
                _ => false,
            }
    }

    /// What an undo to the revision before must bring back: looked up here and not by the code under test.
    fn undo_target(&self, event: &Event) -> Option<(PodTemplate, Option<String>)> {
        let d = self.stored()?;
        let Event::Undo(None) = event else { return None };
        if d.spec.paused {
            return None;
        }
        let mut revisions: Vec<(i64, _)> = Vec::new();
        for (_, rs) in self.cluster.replica_sets_of(self.id) {
            let text = rs.meta.annotations.get(annotation::REVISION);
            revisions.push((text.map_or(Ok(0), |text| text.parse()).ok()?, rs));
        }
        revisions.sort_by_key(|(revision, _)| *revision);
        // A revision that appears twice leaves it open which is meant.
        revisions.dedup_by_key(|(revision, _)| *revision);
        let unique = revisions.len() == self.cluster.replica_sets_of(self.id).count();
        let [.., (before, rs), (last, _)] = revisions.as_slice() else { return None };
        let cause = rs.meta.annotations.get(annotation::CHANGE_CAUSE).map(|text| text.to_string());
        let differs = rs.spec.template.without_hash() != d.spec.template.without_hash();
        // kubectl begins its search at -1, so that a negative revision is never the one before.
        (unique && *before >= 0 && before < last && differs).then(|| (rs.spec.template.without_hash(), cause))
    }

    fn is_restored(&self, template: &PodTemplate, cause: Option<&str>) -> Result<(), Violation> {
        let Some(d) = self.stored() else { return Ok(()) };
        let shown = d.meta.annotations.get(annotation::CHANGE_CAUSE).map(|text| text.as_str());
        if d.spec.template.to_value() != template.to_value() || shown != cause {
            let what = format!("undo shows the cause {shown:?}, {cause:?} was that of the revision");
            return Err(self.violation(Property::MMeta, what));
        }
        Ok(())
    }

    fn releases(&self) -> Releases {
        let sets = self.cluster.replica_sets_of(self.id);
        let count = Recount::of(&self.cluster, self.id);
        let current = count.and_then(|count| {
            Some(self.cluster.store.replica_set(count.current()?.id)?.meta.uid.to_string())
        });
        Releases { current, sets: sets.map(|(_, rs)| rs.meta.uid.to_string()).collect() }
    }

    /// A change of size alone makes no revision, if the present template had its ReplicaSet.
    fn has_released_nothing(&self, before: &Releases) -> Result<(), Violation> {
        let after = self.releases();
        if before.current.is_none() || before.current == after.current && after.sets.is_subset(&before.sets) {
            return Ok(());
        }
        let what = format!("a change of size alone: ReplicaSets {:?}, before {:?}", after.sets, before.sets);
        Err(self.violation(Property::MMeta, what))
    }

    fn settle(&mut self) -> Result<(), Violation> {
        if let Err(stuck) = self.cluster.settle() {
            return Err(self.cause_of(stuck));
        }
        self.look()?;
        self.in_any_order()
    }

    /// The first thing that is wrong in an instant of which the passes find no end.
    fn cause_of(&mut self, stuck: Stuck) -> Violation {
        let endless = self.violation(Property::LQuiet, stuck.to_string());
        self.look().err().unwrap_or(endless)
    }

    fn look(&mut self) -> Result<(), Violation> {
        if let Some(trace) = &mut self.trace {
            trace.add(&self.cluster);
        }
        self.oracle.after(&self.cluster)?;
        self.cluster.take_journal();
        self.oracle.journal_taken();
        self.is_told_truly()
    }

    /// `kubectl rollout status` says that it is done only if it is, and that the controller has seen the last edit.
    fn is_told_truly(&mut self) -> Result<(), Violation> {
        let Some(d) = self.cluster.store.deployment(self.id) else { return Ok(()) };
        if std::mem::replace(&mut self.told_of, d.meta.resource_version) == d.meta.resource_version {
            return Ok(());
        }
        if let RolloutStatus::Done(line) = rollout_status(d) {
            let (s, wanted) = (&d.status, d.replicas());
            let done = s.observed_generation >= d.meta.generation
                && s.updated_replicas >= wanted
                && s.replicas <= s.updated_replicas
                && s.available_replicas >= s.updated_replicas;
            if !done {
                let what =
                    format!("says {line:?} at {s:?}, generation {}, {wanted} wanted", d.meta.generation);
                return Err(self.violation(Property::SStatus, what));
            }
        }
        Ok(())
    }

    fn in_any_order(&self) -> Result<(), Violation> {
        if !self.tries_orders {
            return Ok(());
        }
        order::any(&self.cluster, self.id).map_err(|what| self.violation(Property::DDet, what))
    }

    fn wait(&mut self, ns: i64) -> Result<(), Violation> {
        let until = self.cluster.now().plus_nanos(ns);
        loop {
            match self.cluster.step(until) {
                Ok(true) => self.look()?,
                Ok(false) => return self.in_any_order(),
                Err(stuck) => return Err(self.cause_of(stuck)),
            }
        }
    }

    /// Nobody interferes any more, and the image is good: the wanted state comes, and then quiet.
    fn end(&mut self) -> Result<Option<Rest>, Violation> {
        self.oracle.meddled(self.cluster.now());
        heal(&mut self.cluster);
        if let Some(d) = self.stored() {
            let mut d = d.clone();
            d.spec.paused = false;
            d.meta.annotations.remove(annotation::ROLLBACK_TO);
            d.spec.template = with_image(&d.spec.template, GOOD_IMAGE);
            let _ = self.cluster.store.update_deployment(self.id, d);
        }
        self.settle()?;
        // What fails from here on was broken before, and may befall a key that has failed often.
        let retries_s = RETRY_S * i64::from(self.cluster.requests_to_fail());
        self.wait((CONVERGES_S + retries_s) * SECOND)?;
        let given_up = [Exemption::RetriesExhausted, Exemption::ForgottenError, Exemption::LeftPodEnds];
        let gave_up = given_up.iter().any(|exemption| self.oracle.met().contains(exemption))
            || self.oracle.gave_up(self.id).is_some();
        if gave_up || at_rest(&self.cluster, self.id).is_err() {
            heal(&mut self.cluster);
            if gave_up {
                // Something has to happen to it before it is tried again.
                // One of the two may be what it says already.
                for cause in [0, 1] {
                    happen(&mut self.cluster, self.id, &Event::Edit(vec![Change::Cause(cause)]));
                }
            }
            self.settle()?;
            self.wait(CONVERGES_S * SECOND)?;
        }
        if self.stored().is_none_or(|d| d.meta.is_deleting()) {
            return Ok(None);
        }
        let rest = match at_rest(&self.cluster, self.id) {
            Ok(Rest::Livelocked(exemption)) => {
                let mut violation = self.violation(Property::LConv, format!("livelocked: {exemption:?}"));
                violation.known = Some(exemption);
                self.oracle.raise(violation)?;
                Rest::Livelocked(exemption)
            }
            Ok(rest) => rest,
            Err(violation) => {
                let known = violation.known;
                self.oracle.raise(violation)?;
                Rest::Livelocked(known.expect("only what is known is granted"))
            }
        };
        let version = self.cluster.store.version();
        self.wait(QUIET_S * 1_000 * MS)?;
        let writes = self.cluster.store.version() - version;
        if writes > 0 {
            let what = format!("{writes} writes in {QUIET_S} s at rest");
            return Err(self.violation(Property::LQuiet, what));
        }
        Ok(Some(rest))
    }
}
