//! A finding, told: what broke, at which step, and a table of what led there.

use std::fmt::Write;

use maxsurge_core::api::Time;
use maxsurge_core::cluster::Cluster;
use maxsurge_core::scenario::status::progressing;

use crate::generators::{Event, Input};
use crate::panics::caught;
use crate::rollout::{Broken, Judgement, run};
use crate::scenario;

/// Steps of the table that are shown before the one that broke it.
const STEPS_MAX: usize = 12;

/// One line of the table: after an event.
fn line(event: Option<&Event>, cluster: &Cluster) -> String {
    let at = cluster.now().since(Time::EPOCH) as f64 / 1e9;
    let event = event.map_or_else(String::new, |event| format!("{event:?}"));
    format!("{at:>10.3}  {event}\n{}", table(cluster))
}

/// ReplicaSets and status, in two lines.
pub(crate) fn table(cluster: &Cluster) -> String {
    let mut sets: Vec<String> = Vec::new();
    for (id, rs) in cluster.store.replica_sets() {
        let totals = cluster.store.totals(id);
        let hash = rs.meta.name.rsplit('-').next().unwrap_or_default();
        let s = &rs.status;
        let pods = if totals.terminating > 0 { format!("-{}", totals.terminating) } else { String::new() };
        sets.push(format!("{hash} {}/{}/{}{pods}", rs.spec.replicas, s.ready_replicas, s.available_replicas));
    }
    let mut status: Vec<String> = Vec::new();
    for (_, d) in cluster.store.deployments() {
        let s = &d.status;
        status.push(format!(
            "{} gen {}/{} {} of {} updated, {} available, {}",
            d.meta.name,
            s.observed_generation,
            d.meta.generation,
            s.updated_replicas,
            s.replicas,
            s.available_replicas,
            match progressing(d) {
                "" => "-",
                reason => reason,
            },
        ));
    }
    format!("            {}\n            {}", sets.join(" · "), status.join(" · "))
}

/// The whole story.
pub fn tell(input: &Input, broken: &Broken, how: Judgement) -> String {
    let mut lines = Vec::new();
    // It broke once; what it says now is the same.
    let _ = caught(|| run(input, how, &mut |event, cluster| lines.push(line(event, cluster))));
    let mut text = String::new();
    let violation = &broken.violation;
    let _ = writeln!(text, "{} broken after event {}: {violation}", violation.property.code(), broken.step);
    let _ = writeln!(text, "{:?}", input.world);
    let _ = writeln!(text, "   time, s  event\n            ReplicaSets: size/ready/available-terminating");
    let skipped = lines.len().saturating_sub(STEPS_MAX);
    if skipped > 0 {
        let _ = writeln!(text, "            … {skipped} steps before");
    }
    for line in lines.iter().skip(skipped) {
        let _ = writeln!(text, "{line}");
    }
    match (scenario::file(input, how), scenario::script(input, how)) {
        (Ok(file), Ok(script)) => {
            let _ = writeln!(text, "Scenario for `maxsurge run`:\n{file}\nOn a real cluster:\n{script}");
        }
        (Err(why), _) | (_, Err(why)) => {
            let _ = writeln!(text, "No scenario file: {why}.");
        }
    }
    text
}
