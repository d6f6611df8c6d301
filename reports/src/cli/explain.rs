//! `maxsurge explain`: what the controllers would do next with a real cluster's objects, or what holds them.

use std::process::ExitCode;
use std::sync::Arc;

use maxsurge_core::api::manifest::{self, Object, ReadOptions};
use maxsurge_core::api::{ContainerState, Deployment, Pod, ReplicaSet, Time};
use maxsurge_core::scenario::status::{RolloutStatus, rollout_status};
use serde_json::json;

use super::run::Format;
use super::version::VersionArg;
use super::{Exit, Failure, input, output};
use crate::explain::{Explanation, Objects, explain};

const AFTER_HELP: &str = "\
The exit code is 1 if a Deployment's rollout is not finished.

Examples:
  kubectl get deploy,rs,pods -o yaml | maxsurge explain -f -
  maxsurge explain -f dump.yaml --now 2026-11-23T06:54:20Z
  maxsurge explain -f dump.json --deployment web -o json";

/// Explain where a rollout stands: what the controllers do next, or what holds them, and the cause in the pods
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Output of `kubectl get deploy,rs,pods -o yaml` (or json), `-` for standard input
    #[arg(short, long, value_name = "FILE")]
    filename: String,
    /// Only this Deployment
    #[arg(long, value_name = "NAME")]
    deployment: Option<String>,
    /// When: RFC 3339 [default: the clock for standard input, the newest time in a file]
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Time>,
    #[command(flatten)]
    limit: input::Limit,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
    #[command(flatten)]
    version: VersionArg,
}

fn time(text: &str) -> Result<Time, String> {
    Time::parse(text).map_err(|_| "write it as 2026-11-23T06:54:20Z".to_owned())
}

/// The clock of this machine.
fn clock() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time::parse("1970-01-01T00:00:00Z")
        .unwrap_or(Time::EPOCH)
        .plus_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// What a dump holds.
#[derive(Default)]
struct Dump {
    deployments: Vec<Arc<Deployment>>,
    replica_sets: Vec<Arc<ReplicaSet>>,
    pods: Vec<Pod>,
}

impl Dump {
    fn read(args: &Args) -> Result<Self, Failure> {
        let input = input::bytes(&args.filename, args.limit.bytes())?;
        let options =
            ReadOptions { stored: true, input_bytes_max: args.limit.bytes(), ..ReadOptions::default() };
        let read = manifest::read(&input.name, &input.bytes, &options);
        input::tell(&read.diagnostics, std::slice::from_ref(&read.text))?;
        let mut dump = Dump::default();
        for located in read.objects {
            match located.object {
                Object::Deployment(d) => dump.deployments.push(Arc::new(*d)),
                Object::ReplicaSet(rs) => dump.replica_sets.push(Arc::new(*rs)),
                Object::Pod(pod) => dump.pods.push(*pod),
                _ => {}
            }
        }
        Ok(dump)
    }

    /// The newest time of anything that has happened; deadlines lie in the future and do not count.
    fn newest(&self) -> Option<Time> {
        let conditions = |conditions: &[maxsurge_core::api::Condition]| {
            conditions.iter().map(|c| c.last_update_time.max(c.last_transition_time)).max().flatten()
        };
        let containers = |pod: &Pod| {
            let started = |state: &ContainerState| match state {
                ContainerState::Running { started_at } => *started_at,
                _ => None,
            };
            pod.status.container_statuses.iter().map(|status| started(&status.state)).max().flatten()
        };
        let deployments =
            self.deployments.iter().map(|d| d.meta.creation_timestamp.max(conditions(&d.status.conditions)));
        let sets = self
            .replica_sets
            .iter()
            .map(|rs| rs.meta.creation_timestamp.max(conditions(&rs.status.conditions)));
        let pods = self.pods.iter().map(|pod| {
            let of_conditions = pod.status.conditions.iter().map(|c| c.last_transition_time).max().flatten();
            pod.meta.creation_timestamp.max(pod.status.start_time).max(of_conditions).max(containers(pod))
        });
        deployments.chain(sets).chain(pods).max().flatten()
    }
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    match explained(args) {
        Ok((text, exit)) => output::finish(output::print(&text).map(|()| exit)),
        Err(failure) => failure.report(),
    }
}

fn explained(args: &Args) -> Result<(String, Exit), Failure> {
    let dump = Dump::read(args)?;
    let (now, why_now) = match (args.now, args.filename.as_str(), dump.newest()) {
        (Some(now), ..) => (now, "as given"),
        (None, "-", _) | (None, _, None) => (clock(), "the clock"),
        (None, _, Some(newest)) => (newest, "the newest time in the file; --now sets another"),
    };
    let (mut text, mut found) = (format!("At {now} ({why_now})\n"), Vec::new());
    let mut exit = Exit::Done;
    for d in
        dump.deployments.iter().filter(|d| args.deployment.as_ref().is_none_or(|name| d.meta.name == *name))
    {
        let status = rollout_status(d);
        let finished = matches!(status, RolloutStatus::Done(_));
        if !finished {
            exit = Exit::Unfinished;
        }
        let objects = Objects {
            deployment: d,
            replica_sets: &dump.replica_sets,
            pods: &dump.pods,
            version: args.version.kubernetes_version,
        };
        let explanation = explain(objects, now, &|time| time.to_string());
        text += &format!("\ndeployment/{} in {}\n  {}\n", d.meta.name, d.meta.namespace, status.line());
        text += &paragraph(&explanation);
        let lines = explanation
            .lines
            .iter()
            .map(|line| json!({"clause": line.clause.as_str(), "text": line.text, "command": line.command}));
        found.push(json!({
            "name": d.meta.name.as_str(), "namespace": d.meta.namespace.as_str(), "rolloutStatus": status.line(),
            "finished": finished, "next": explanation.next, "lines": lines.collect::<Vec<_>>(),
        }));
    }
    if found.is_empty() {
        let names: Vec<&str> = dump.deployments.iter().map(|d| d.meta.name.as_str()).collect();
        let there =
            if names.is_empty() { "there is none".into() } else { format!("there are {}", names.join(", ")) };
        return Err(Failure::input(format!(
            "no such Deployment in {}: {there}; `kubectl get deploy,rs,pods -o yaml` gives what is needed",
            args.filename
        )));
    }
    if args.output == Format::Json {
        text = format!("{:#}\n", json!({"now": now.to_string(), "nowIs": why_now, "deployments": found}));
    }
    Ok((text, exit))
}

/// An explanation as it is printed: two columns in, at most 80 wide but for commands, which are to be copied.
pub(super) fn paragraph(explanation: &Explanation) -> String {
    let mut text = String::new();
    if !explanation.next.is_empty() {
        text += "  Next the controllers would:\n";
        for action in &explanation.next {
            text += &format!("    {action}\n");
        }
    }
    for line in &explanation.lines {
        text += &output::wrapped(&line.text, "  ", 78);
        if let Some(command) = &line.command {
            text += &format!("      {command}\n");
        }
    }
    text
}
