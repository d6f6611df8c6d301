//! One input: the events one after the other, each step judged, then the end.

use maxsurge_core::cluster::pods::DeploymentId;
use maxsurge_core::cluster::{Cluster, UserAction};
use maxsurge_core::oracle::{Property, Rest, Safety, TraceHash, Violation, at_rest};
use maxsurge_core::sim::MS;

use crate::generators::{Event, GOOD_IMAGE, Input};

/// How long a rollout may take when nobody interferes, s: a dozen pods one after the other, each with its start,
/// `minReadySeconds` and its predecessor's end, and the same again for pods of earlier rollouts.
const CONVERGES_S: i64 = 3_600;
/// How long it must stay quiet, s.
const QUIET_S: i64 = 3_600;

/// What a run without a violation came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// How it ended.
    pub rest: Rest,
    /// Hash of all that happened.
    pub trace: TraceHash,
}

/// Runs the input twice.
pub fn rollout(input: &Input) -> Result<Verdict, Violation> {
    let (first, second) = (run(input)?, run(input)?);
    if first == second {
        return Ok(first);
    }
    let what = format!("first {first:?}, then {second:?}");
    Err(Violation { property: Property::DDet, at: maxsurge_core::api::Time::EPOCH, what })
}

struct Run {
    cluster: Cluster,
    id: DeploymentId,
    safety: Safety,
    trace: TraceHash,
}

fn run(input: &Input) -> Result<Verdict, Violation> {
    let config = input.world.config();
    let caches_current = config.is_instant();
    let mut cluster = Cluster::new(config, input.world.workload(), 0);
    let id = cluster.create(input.world.deployment()).expect("the world is empty");
    let mut run = Run { cluster, id, safety: Safety::new(id, caches_current), trace: TraceHash::default() };
    run.settle()?;
    for event in &input.events {
        match (event, event.action()) {
            (Event::Wait(ms), _) => run.wait(i64::from(*ms) * MS)?,
            (_, Some(action)) => run.act(&action)?,
            (_, None) => {}
        }
    }
    // Nobody interferes any more, and the image is good.
    run.act(&UserAction::Pause(false))?;
    run.act(&UserAction::SetImage { container: None, image: GOOD_IMAGE.into() })?;
    run.wait(CONVERGES_S * 1_000 * MS)?;
    let rest = at_rest(&run.cluster, id)?;
    let version = run.cluster.store.version();
    run.wait(QUIET_S * 1_000 * MS)?;
    let writes = run.cluster.store.version() - version;
    if writes > 0 {
        return Err(run.violation(Property::LQuiet, format!("{writes} writes in {QUIET_S} s at rest")));
    }
    Ok(Verdict { rest, trace: run.trace })
}

impl Run {
    fn violation(&self, property: Property, what: String) -> Violation {
        Violation { property, at: self.cluster.now(), what }
    }

    fn act(&mut self, action: &UserAction) -> Result<(), Violation> {
        // What kubectl refuses (nothing to undo, not paused, …) changes nothing.
        let _ = self.cluster.act(self.id, action);
        self.settle()
    }

    fn settle(&mut self) -> Result<(), Violation> {
        self.cluster.settle().map_err(|stuck| self.violation(Property::LQuiet, stuck.to_string()))?;
        self.safety.after(&self.cluster, true)?;
        self.trace.add(&self.cluster);
        Ok(())
    }

    fn wait(&mut self, ns: i64) -> Result<(), Violation> {
        let mut first = Ok(());
        let (safety, trace) = (&mut self.safety, &mut self.trace);
        let until = self.cluster.now().plus_nanos(ns);
        let ran = self.cluster.run_before(until, &mut |cluster: &Cluster| {
            trace.add(cluster);
            if first.is_ok() {
                first = safety.after(cluster, false);
            }
        });
        first?;
        ran.map_err(|stuck| self.violation(Property::LQuiet, stuck.to_string()))
    }
}
