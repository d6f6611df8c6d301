//! `maxsurge run`: one scenario, as it happens in virtual time.

mod json;
mod print;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use maxsurge_core::api::Time;
use maxsurge_core::api::manifest::ReadOptions;
use maxsurge_core::cluster::UserError;
use maxsurge_core::scenario::status::{RolloutStatus, rollout_status};
use maxsurge_core::scenario::{End, Moment, Observer, Outcome, Scenario, Snapshot, Step, simulate};
use maxsurge_core::sim::SECOND;

use super::version::VersionArg;
use super::{Exit, Failure, input, output};
use crate::explain::{Explanation, Objects, explain};

const AFTER_HELP: &str = "\
The exit code is 1 if the last rollout did not finish.

Examples:
  maxsurge init -f deployment.yaml > scenario.yaml && maxsurge run scenario.yaml
  maxsurge run scenario.yaml --seed 7 --trace trace.jsonl
  maxsurge run scenario.yaml -o json | jq .outcome";

/// Play a scenario and print it as it happens, in the words of kubectl
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Scenario file, `-` for standard input
    scenario: String,
    /// Seed of the random numbers, instead of the scenario's own
    #[arg(long)]
    seed: Option<u64>,
    /// Write every change as one JSON object a line
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    #[command(flatten)]
    limit: input::Limit,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
    #[command(flatten)]
    version: VersionArg,
}

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// Reads a scenario; tells what is wrong with it on standard error.
///
/// # Errors
/// It cannot be read, or something is wrong with it.
pub fn load(path: &str, limit: &input::Limit) -> Result<Scenario, Failure> {
    let file = input::bytes(path, limit.bytes())?;
    let folder = Path::new(path).parent().unwrap_or(Path::new("")).to_owned();
    let mut open = |manifest: &str| {
        let place = folder.join(manifest);
        input::bytes(&place.to_string_lossy(), limit.bytes())
            .map(|input| input.bytes)
            .map_err(|why| why.message)
    };
    let options = ReadOptions { input_bytes_max: limit.bytes(), ..ReadOptions::default() };
    match Scenario::read(&file.name, &file.bytes, &options, &mut open) {
        Ok(scenario) => {
            scenario.notes.iter().for_each(output::warning);
            Ok(scenario)
        }
        Err(wrong) => {
            input::tell(&wrong.diagnostics, &wrong.sources)?;
            Err(Failure::input("the scenario cannot be read"))
        }
    }
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    let mut scenario = match load(&args.scenario, &args.limit) {
        Ok(scenario) => scenario,
        Err(failure) => return failure.report(),
    };
    scenario.cluster.version = args.version.kubernetes_version;
    let trace: Option<Box<dyn Write>> = match &args.trace {
        None => None,
        Some(path) => match File::create(path) {
            Ok(file) => Some(Box::new(BufWriter::new(file))),
            Err(error) => {
                output::error(format_args!("cannot write {}: {error}", path.display()));
                return Exit::BadInput.into();
            }
        },
    };
    let seed = args.seed.unwrap_or(scenario.seed);
    output::finish(play(&scenario, seed, args.output, trace, io::stdout().lock()))
}

fn play(
    scenario: &Scenario,
    seed: u64,
    format: Format,
    trace: Option<Box<dyn Write>>,
    out: impl Write,
) -> io::Result<Exit> {
    let mut watch = Watch {
        text: (format == Format::Text).then(|| print::Printer::new(out)),
        recorder: json::Recorder::new(trace, format == Format::Json),
        error: None,
        stall: Stall::default(),
    };
    let outcome = simulate(scenario, seed, &mut watch);
    if let Some(error) = watch.error {
        return Err(error);
    }
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(stuck) => {
            output::error(stuck);
            return Ok(Exit::Limit);
        }
    };
    if let Some(printer) = &mut watch.text {
        printer.end(&outcome, &verdict(scenario, &outcome))?;
    }
    let document = watch.recorder.end(scenario, seed, &outcome, &verdict(scenario, &outcome))?;
    if format == Format::Json {
        output::print(&document)?;
    }
    Ok(if outcome.finished() { Exit::Done } else { Exit::Unfinished })
}

/// The end in a sentence.
fn verdict(scenario: &Scenario, outcome: &Outcome) -> String {
    match outcome.end {
        End::Complete => "the rollout is complete".into(),
        End::DeadlineExceeded => "the rollout exceeded its progress deadline".into(),
        End::Paused => "the Deployment is paused: nothing rolls until `kubectl rollout resume`".into(),
        End::Standstill => "nothing more happens, and the rollout is not complete".into(),
        End::Horizon => "the horizon of the scenario was reached before the rollout was complete".into(),
        End::NotAwaited(step) => match scenario.steps.get(step) {
            Some(step) => format!("line {}: `{}` did not come true in time", step.line, step.text),
            None => "an await did not come true in time".into(),
        },
        End::NoDeployment => "nothing is left to happen".into(),
    }
}

/// Hands what happens to the printer and the recorder, and remembers the first failure to write.
struct Watch<W: Write> {
    text: Option<print::Printer<W>>,
    recorder: json::Recorder,
    error: Option<io::Error>,
    stall: Stall,
}

/// Quiet time after which a rollout counts as stalled, and between two looks at one that does not move, ns.
const STALL_NS: i64 = 2 * SECOND;
const LOOK_NS: i64 = 10 * SECOND;

/// Watches for a rollout that does not move.
#[derive(Default)]
struct Stall {
    /// What was told last, until something changes.
    told: Vec<String>,
    sizes: Vec<(String, i32, i32)>,
    /// When the sizes changed or were looked at last, ns.
    since_ns: i64,
}

impl Stall {
    /// The explanation, if the rollout stalls and there is something new to say.
    fn look(&mut self, moment: &Moment<'_>) -> Option<Explanation> {
        let d = moment.deployment()?;
        if matches!(rollout_status(d), RolloutStatus::Done(_)) {
            self.told.clear();
            return None;
        }
        let sets = moment.replica_sets().into_iter().filter_map(|id| moment.cluster.store.replica_set(id));
        let sizes: Vec<_> = sets
            .map(|rs| (rs.meta.name.to_string(), rs.spec.replicas, rs.status.available_replicas))
            .collect();
        if sizes != self.sizes {
            (self.sizes, self.since_ns) = (sizes, moment.at_ns());
        }
        let next_ns = moment.cluster.next_at().map(|at| at.since(Time::EPOCH));
        let quiet = next_ns.is_none_or(|next| next - moment.at_ns() >= STALL_NS);
        if !quiet && moment.at_ns() - self.since_ns < LOOK_NS {
            return None;
        }
        self.since_ns = moment.at_ns();
        let world = Snapshot::of(moment)?;
        let since_start = |time: Time| format!("{:.3} s", time.since(Time::EPOCH) as f64 / 1e9);
        let explanation = explain(Objects::from(&world), moment.cluster.now(), &since_start);
        // What happens next is printed when it happens.
        let lines: Vec<String> = explanation.lines.iter().map(|line| line.text.clone()).collect();
        if explanation.next.is_empty() && !lines.is_empty() && lines != self.told {
            self.told = lines;
            return Some(explanation);
        }
        None
    }
}

impl<W: Write> Watch<W> {
    fn keep(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }
}

impl<W: Write> Observer for Watch<W> {
    fn step(&mut self, moment: &Moment<'_>, step: &Step, reply: Result<&str, &UserError>) {
        if self.error.is_some() {
            return;
        }
        if let Some(printer) = &mut self.text {
            let printed = printer.step(moment, step, reply);
            self.keep(printed);
        }
        let recorded = self.recorder.step(moment, step, reply);
        self.keep(recorded);
        // After a change, the same line again is news.
        self.stall.told.clear();
    }

    fn told(&mut self, moment: &Moment<'_>, text: &str) {
        if self.error.is_some() {
            return;
        }
        if let Some(printer) = &mut self.text {
            let printed = printer.told(moment, text);
            self.keep(printed);
        }
        let recorded = self.recorder.told(moment, text);
        self.keep(recorded);
    }

    fn instant(&mut self, moment: &Moment<'_>) {
        if self.error.is_some() {
            return;
        }
        if let Some(printer) = &mut self.text {
            let printed = printer.instant(moment);
            self.keep(printed);
        }
        let recorded = self.recorder.instant(moment);
        self.keep(recorded);
        if let Some(explanation) = self.stall.look(moment) {
            if let Some(printer) = &mut self.text {
                let printed = printer.stalled(moment, &explanation);
                self.keep(printed);
            }
            let recorded = self.recorder.stalled(moment, &explanation);
            self.keep(recorded);
        }
    }
}
