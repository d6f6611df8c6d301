//! A run in the words of `kubectl rollout status` and `kubectl get rs`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use maxsurge_core::api::{ReplicaSet, Time};
use maxsurge_core::cluster::UserError;
use maxsurge_core::scenario::status::rollout_status;
use maxsurge_core::scenario::{Action, Moment, Outcome, Step};

use crate::cli::output;
use crate::explain::Explanation;

/// Prints what changed.
pub(super) struct Printer<W> {
    out: W,
    status: String,
    sizes: Vec<(String, i32)>,
    images: BTreeMap<String, u32>,
    nodes: Vec<&'static str>,
    pending: String,
}

/// Width of the column with the time.
const INDENT: &str = "            ";

impl<W: Write> Printer<W> {
    pub(super) fn new(out: W) -> Self {
        Printer {
            out,
            status: String::new(),
            sizes: Vec::new(),
            images: BTreeMap::new(),
            nodes: Vec::new(),
            pending: String::new(),
        }
    }

    fn stamp(moment: &Moment<'_>) -> String {
        format!("{:>9.3}s  ", moment.at_ns() as f64 / 1e9)
    }

    pub(super) fn step(
        &mut self,
        moment: &Moment<'_>,
        step: &Step,
        reply: Result<&str, &UserError>,
    ) -> io::Result<()> {
        let prompt = if matches!(step.action, Action::Run(_)) { "$ " } else { "# " };
        writeln!(self.out, "\n{}{prompt}{}", Self::stamp(moment), step.text)?;
        let reply = match reply {
            Ok(text) => text.to_owned(),
            Err(error) => error.to_string(),
        };
        for line in reply.lines() {
            writeln!(self.out, "{INDENT}{line}")?;
        }
        // After a change, the same line again is news.
        self.status.clear();
        Ok(())
    }

    /// Something that happened by itself.
    pub(super) fn told(&mut self, moment: &Moment<'_>, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}# {text}", Self::stamp(moment))
    }

    pub(super) fn instant(&mut self, moment: &Moment<'_>) -> io::Result<()> {
        self.nodes(moment)?;
        let sets: Vec<&ReplicaSet> = moment
            .replica_sets()
            .iter()
            .filter_map(|id| moment.cluster.store.replica_set(*id))
            .map(|rs| &**rs)
            .collect();
        let sizes: Vec<_> = sets.iter().map(|rs| (rs.meta.name.to_string(), rs.spec.replicas)).collect();
        let mut stamp = Self::stamp(moment);
        if sizes != self.sizes {
            for line in table(&sets, moment.cluster.now()).lines() {
                writeln!(self.out, "{stamp}{line}")?;
                stamp = INDENT.to_owned();
            }
            self.sizes = sizes;
        }
        if let Some(d) = moment.deployment() {
            let status = rollout_status(d).line();
            if status != self.status {
                writeln!(self.out, "{stamp}{status}")?;
                self.status = status;
            }
        } else {
            // Without a Deployment nothing rolls; what there is to see is which pod runs what.
            let mut images = BTreeMap::new();
            for pod in moment.cluster.store.pod_images().filter(|(state, _)| state.is_active()) {
                *images.entry(pod.1.to_string()).or_insert(0) += 1;
            }
            if images != self.images {
                let list: Vec<_> = images.iter().map(|(image, n)| format!("{n} of {image}")).collect();
                writeln!(self.out, "{stamp}Pods: {}", list.join(", "))?;
                self.images = images;
            }
        }
        Ok(())
    }

    /// `kubectl get nodes` when a status has changed, and the pods that wait for room, with the scheduler's reason.
    fn nodes(&mut self, moment: &Moment<'_>) -> io::Result<()> {
        let nodes = moment.cluster.nodes();
        if nodes.is_empty() {
            return Ok(());
        }
        let mut stamp = Self::stamp(moment);
        let statuses: Vec<&'static str> = nodes.iter().map(|(_, node)| node.status()).collect();
        if statuses != self.nodes {
            let at_s = moment.at_ns() / 1_000_000_000;
            let rows = nodes.iter().map(|(_, node)| {
                let room = format!("{}/{}", node.pods.len(), node.capacity.pods);
                [node.name.to_string(), node.status().to_owned(), age(at_s), room].to_vec()
            });
            let head = ["NAME", "STATUS", "AGE", "PODS"].map(str::to_owned).to_vec();
            for line in columns(&[head].into_iter().chain(rows).collect::<Vec<_>>()).lines() {
                writeln!(self.out, "{stamp}{line}")?;
                stamp = INDENT.to_owned();
            }
            self.nodes = statuses;
        }
        let waiting = nodes.pending().count();
        let why = nodes.pending().min().and_then(|pod| moment.cluster.why_pending(pod)).unwrap_or_default();
        let pending = match waiting {
            0 => String::new(),
            1 => format!("1 pod Pending, FailedScheduling: {why}"),
            n => format!("{n} pods Pending, FailedScheduling: {why}"),
        };
        if pending != self.pending {
            let line = if pending.is_empty() { "No pod is Pending for want of a node." } else { &pending };
            writeln!(self.out, "{stamp}{line}")?;
            self.pending = pending;
        }
        Ok(())
    }

    /// Why the rollout does not move, as `maxsurge explain` would say it.
    pub(super) fn stalled(&mut self, moment: &Moment<'_>, explanation: &Explanation) -> io::Result<()> {
        let mut stamp = Self::stamp(moment);
        for line in &explanation.lines {
            let text = output::wrapped(&line.text, "", 66);
            for (at, part) in text.lines().enumerate() {
                writeln!(self.out, "{stamp}{}{part}", if at == 0 { "~ " } else { "  " })?;
                stamp = INDENT.to_owned();
            }
        }
        Ok(())
    }

    pub(super) fn end(&mut self, outcome: &Outcome, verdict: &str) -> io::Result<()> {
        writeln!(self.out, "\n{:>9.3}s  {verdict}", outcome.at_ns as f64 / 1e9)?;
        self.out.flush()
    }
}

/// `kubectl get rs`, and the image, by which a reader tells old from new.
fn table(sets: &[&ReplicaSet], now: Time) -> String {
    let mut rows = vec![["NAME", "DESIRED", "CURRENT", "READY", "AGE", "IMAGE"].map(str::to_owned).to_vec()];
    for rs in sets {
        let created = rs.meta.creation_timestamp.unwrap_or(now);
        rows.push(vec![
            rs.meta.name.to_string(),
            rs.spec.replicas.to_string(),
            rs.status.replicas.to_string(),
            rs.status.ready_replicas.to_string(),
            age(now.since(created) / 1_000_000_000),
            rs.spec.template.image().to_owned(),
        ]);
    }
    columns(&rows)
}

/// Rows of equal length under each other.
fn columns(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let line: String =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}   ")).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// An age as kubectl prints it.
fn age(s: i64) -> String {
    match s {
        ..120 => format!("{s}s"),
        120..600 if s % 60 != 0 => format!("{}m{}s", s / 60, s % 60),
        120..10_800 => format!("{}m", s / 60),
        10_800..28_800 if s % 3600 >= 60 => format!("{}h{}m", s / 3600, s % 3600 / 60),
        10_800..172_800 => format!("{}h", s / 3600),
        _ => format!("{}d", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn ages_are_kubectls() {
        for (s, text) in
            [(0, "0s"), (119, "119s"), (125, "2m5s"), (600, "10m"), (11_000, "3h3m"), (90_000, "25h")]
        {
            assert_eq!(super::age(s), text);
        }
    }
}
