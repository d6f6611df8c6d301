//! `maxsurge explain`: what the controllers would do next with a real cluster's objects, or what holds them.

mod causes;
mod clause;
mod dump;

use std::process::ExitCode;

use maxsurge_core::api::Time;
use maxsurge_core::scenario::status::{RolloutStatus, rollout_status};
use serde_json::json;

use super::run::Format;
use super::version::VersionArg;
use super::{Exit, input, output};

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

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    let result = input::read(&args.filename).and_then(|file| dump::Dump::read(&file));
    let dump = match result {
        Ok(dump) => dump,
        Err(why) => {
            output::error(why);
            return Exit::BadInput.into();
        }
    };
    let (now, why_now) = match (args.now, args.filename.as_str(), dump.newest) {
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
        if !matches!(status, RolloutStatus::Done(_)) {
            exit = Exit::Unfinished;
        }
        let lines = clause::explain(&dump, d, now, args.version.kubernetes_version);
        text += &format!("\ndeployment/{} in {}\n  {}\n", d.meta.name, d.meta.namespace, status.line());
        for line in &lines {
            text += &format!("  {line}\n");
        }
        found.push(json!({
            "name": d.meta.name.as_str(), "namespace": d.meta.namespace.as_str(),
            "rolloutStatus": status.line(), "finished": matches!(status, RolloutStatus::Done(_)), "lines": lines,
        }));
    }
    if found.is_empty() {
        let names: Vec<&str> = dump.deployments.iter().map(|d| d.meta.name.as_str()).collect();
        output::error(format_args!(
            "no such Deployment in {}: there are {names:?}; `kubectl get deploy,rs,pods -o yaml` gives what is needed",
            args.filename
        ));
        return Exit::BadInput.into();
    }
    if args.output == Format::Json {
        text = format!("{:#}\n", json!({"now": now.to_string(), "nowIs": why_now, "deployments": found}));
    }
    output::finish(output::print(&text).map(|()| exit))
}
