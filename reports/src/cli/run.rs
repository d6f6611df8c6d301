//! `maxsurge run`: one scenario, as it happens in virtual time.

mod json;
mod print;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use maxsurge_core::cluster::UserError;
use maxsurge_core::scenario::{End, Moment, Observer, Outcome, Scenario, Step, simulate};

use super::version::VersionArg;
use super::{Exit, input, output};

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

/// Reads a scenario; the error is ready to print, several lines for several mistakes.
pub fn load(path: &str) -> Result<Scenario, String> {
    let file = input::read(path)?;
    let folder = Path::new(path).parent().unwrap_or(Path::new("")).to_owned();
    let mut open = |manifest: &str| {
        let place = folder.join(manifest);
        input::read(&place.to_string_lossy()).map(|input| input.text)
    };
    Scenario::parse(&file.text, &mut open).map_err(|errors| {
        let lines = errors.iter().map(|error| match (error.line, error.column) {
            (0, _) => format!("{}: {error}", file.name),
            (line, column) => {
                let path = if error.path.is_empty() { String::new() } else { format!("{}: ", error.path) };
                let excerpt = file.text.lines().nth(line as usize - 1).unwrap_or_default();
                let caret = " ".repeat((column as usize).saturating_sub(1).min(120));
                format!(
                    "{}:{line}:{column}: {path}{}\n  {line:>4} | {excerpt:.120}\n       | {caret}^",
                    file.name, error.message
                )
            }
        });
        lines.collect::<Vec<_>>().join("\nerror: ")
    })
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    let mut scenario = match load(&args.scenario) {
        Ok(scenario) => scenario,
        Err(why) => {
            output::error(why);
            return Exit::BadInput.into();
        }
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
    }
}
