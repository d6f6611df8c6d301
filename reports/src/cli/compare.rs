//! `maxsurge compare`: what each strategy would do to the Deployment of a manifest.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::version::VersionArg;
use super::{Exit, Failure, input, manifests, output};
use crate::compare::{self, Choices, Setting};
use crate::export::{self, table};
use crate::model::{Assumption, Comparison, Origin, SCHEMA, Situation, SituationId};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use maxsurge_core::api::manifest::{self, Object, ReadOptions};
use maxsurge_core::api::{Deployment, Pod};
use maxsurge_core::sim::Distribution;

/// Compare rollout strategies of a Deployment: availability, duration, peak pods, as a table and plotted
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maxsurge compare                                   the embedded example
  maxsurge compare -f deploy.yaml --to-image app:v2
  helm template . | maxsurge compare -f - --startup p50=8s,p95=25s
  maxsurge compare -f deploy.yaml --nodes 4 --node-capacity pods=20,cpu=4 --situation no-spare-node
  maxsurge compare -f deploy.yaml --min-available 90% --max-duration 5m   a gate for CI: exit 1 if missed
  kubectl get deploy web -o yaml | maxsurge compare -f - --strategies Recreate,1/0 -o json")]
pub struct Args {
    #[command(flatten)]
    input: manifests::ManifestArgs,
    /// Image to roll out [default: the manifest's with the tag `next`]
    #[arg(long, value_name = "IMAGE")]
    to_image: Option<String>,
    /// Strategies besides the manifest's own: `Recreate` or maxSurge/maxUnavailable, comma separated
    #[arg(long, value_name = "LIST", default_value = compare::DEFAULTS)]
    strategies: String,
    /// Runs per strategy and situation [default: 200]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    seeds: Option<u32>,
    /// Control plane to simulate
    #[arg(long, value_enum, default_value_t = Preset::Realistic)]
    preset: Preset,
    /// From container start until the application works: `8s`, `5s..20s` or `p50=8s,p95=25s`
    #[arg(long, value_name = "DURATION")]
    startup: Option<String>,
    /// The same from real pods, each as likely as seen: the output of `kubectl get pods -o json|yaml`
    #[arg(long, value_name = "FILE", conflicts_with = "startup")]
    startup_from: Option<String>,
    /// From SIGTERM until the container ends (same forms)
    #[arg(long, value_name = "DURATION")]
    stop: Option<String>,
    /// Requests per second of each controller's client; 0 = no limit
    #[arg(long, value_name = "N")]
    qps: Option<u32>,
    /// Nodes of the cluster [default: pods find room without any]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=5_000))]
    nodes: Option<u32>,
    /// What fits on each node, such as `pods=20,cpu=3920m,memory=14Gi` [default: 110 pods]
    #[arg(long, value_name = "LIST")]
    node_capacity: Option<String>,
    /// A further situation besides the good and the bad image (may be repeated)
    #[arg(long, value_enum, value_name = "NAME")]
    situation: Vec<Further>,
    /// Longest rollout that is waited for
    #[arg(long, value_name = "DURATION", default_value = "2h")]
    horizon: String,
    /// Fail (exit 1) if the manifest's own strategy leaves fewer pods available: a number or a percentage
    #[arg(long, value_name = "PODS")]
    min_available: Option<String>,
    /// Fail (exit 1) if the manifest's own strategy takes longer (95th percentile)
    #[arg(long, value_name = "DURATION")]
    max_duration: Option<String>,
    /// Folder for report.html, plots, summary.md, summary.csv and results.json
    #[arg(long, value_name = "DIR", default_value = "maxsurge-report")]
    out: PathBuf,
    /// What to print
    #[arg(short = 'o', long = "output", value_enum, default_value_t = Output::Text)]
    output: Output,
    #[command(flatten)]
    version: VersionArg,
}

impl Args {
    fn seeds(&self) -> u32 {
        self.seeds.unwrap_or(200)
    }
}

/// What to print.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Output {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Situations on request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Further {
    /// A node fails when half of the pods are updated, and does not come back
    NodeLoss,
    /// The nodes have room for the declared replicas and nothing else
    NoSpareNode,
}

impl Further {
    fn id(self) -> SituationId {
        match self {
            Further::NodeLoss => SituationId::NodeLoss,
            Further::NoSpareNode => SituationId::NoSpareNode,
        }
    }
}

/// Preset of the control plane.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Preset {
    /// No delays and no limits
    Ideal,
    /// Stock request limits, watch delay, five workers
    Realistic,
}

fn distribution(flag: &str, text: Option<&String>) -> Result<Option<(Distribution, String)>, Failure> {
    text.map(|text| match Distribution::parse(text) {
        Ok(distribution) => Ok((distribution, text.clone())),
        Err(error) => Err(Failure::input(format!("{flag}: {error}"))),
    })
    .transpose()
}

fn seconds(flag: &str, text: &str) -> Result<f64, Failure> {
    match Distribution::parse(text) {
        Ok(Distribution::Constant(ns)) if ns > 0 => Ok(ns as f64 / 1e9),
        _ => Err(Failure::input(format!("{flag}: `{text}` is no duration; write `90s`, `5m` or `1h30m`"))),
    }
}

fn pods(text: &str, replicas: u32) -> Result<u32, Failure> {
    let bad =
        || Failure::input(format!("--min-available: `{text}` is neither a number of pods nor a percentage"));
    match text.strip_suffix('%') {
        Some(percent) => {
            let percent: u32 = percent.parse().ok().filter(|percent| *percent <= 100).ok_or_else(bad)?;
            Ok((u64::from(percent) * u64::from(replicas)).div_ceil(100) as u32)
        }
        None => text.parse().map_err(|_| bad()),
    }
}

/// Seeds that are enough to see whether the ranking changes with the assumed startup.
const SENSITIVITY_SEEDS: u32 = 20;

struct Job<'a> {
    args: &'a Args,
    setting: Setting,
    choices: Choices,
    candidates: Vec<compare::Candidate>,
    stop: Arc<AtomicBool>,
    bar: ProgressBar,
}

impl Job<'_> {
    fn situation(&self, setting: &Setting, id: SituationId, seeds: u32) -> Result<Situation, Failure> {
        compare::situation(setting, &self.candidates, id, seeds, &self.stop, &|| self.bar.inc(1))
            .map_err(Failure::limit)
    }

    /// Whether the advice depends on the startup that was assumed.
    fn ranking_note(&self, advised: Option<&str>) -> Result<String, Failure> {
        if self.choices.startup.is_some() {
            return Ok("Startup was given, so the ranking does not rest on an assumed one.".into());
        }
        let mut other = Vec::new();
        for (factor, words) in [(0.5, "halved"), (4.0, "four times as long")] {
            let setting = Setting { startup: self.setting.startup.scaled(factor), ..self.setting.clone() };
            let found =
                self.situation(&setting, SituationId::GoodImage, self.args.seeds().min(SENSITIVITY_SEEDS))?;
            let best = compare::best(&found).map(|best| best.label.clone());
            if best.as_deref() != advised {
                other.push(format!(
                    "with the assumed startup {words} {} is ahead",
                    best.unwrap_or("none".into())
                ));
            }
        }
        Ok(if other.is_empty() {
            "The same strategy is ahead when the assumed startup is halved or four times as long.".into()
        } else {
            format!(
                "The ranking rests on the assumed startup: {}. Measure it and set --startup.",
                other.join("; ")
            )
        })
    }
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    match compare_all(args) {
        Ok(exit) => exit,
        Err(failure) => failure.report(),
    }
}

fn compare_all(args: &Args) -> Result<ExitCode, Failure> {
    let all = manifests::load(&args.input)?;
    let several = all.len() > 1;
    let mut worst = Exit::Done;
    for loaded in all {
        let out =
            if several { args.out.join(loaded.deployment.meta.name.as_str()) } else { args.out.clone() };
        let comparison = one(args, loaded)?;
        export::write_report(&comparison, &out, export::Choice::default())
            .map_err(|error| Failure::input(error.to_string()))?;
        let text = match args.output {
            Output::Json => export::json::results(&comparison),
            Output::Text => format!(
                "{}\nReport: {} (plots, summary.md, summary.csv and results.json beside it)\n",
                table::summary(&comparison, table::Style { colour: super::colour() }),
                out.join("report.html").display()
            ),
        };
        if comparison.gate.as_ref().is_some_and(|gate| !gate.passed) {
            worst = Exit::Unfinished;
        }
        if let Err(error) = output::print(&text) {
            return Ok(output::finish(Err(error)));
        }
    }
    Ok(worst.into())
}

/// The command line as it was typed, for "run this to get the same".
fn typed() -> String {
    let quote = |arg: String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=%,@+".contains(c);
        if !arg.is_empty() && arg.chars().all(plain) {
            arg
        } else {
            format!("'{}'", arg.replace('\'', r"'\''"))
        }
    };
    let args = std::env::args_os().skip(1).map(|arg| quote(arg.to_string_lossy().into_owned()));
    ["maxsurge".to_string()].into_iter().chain(args).collect::<Vec<_>>().join(" ")
}

/// Start-up times of the pods in a file.
fn startup_from(path: &str, args: &Args, d: &Deployment) -> Result<(Distribution, String), Failure> {
    let bytes_max = args.input.limit().bytes();
    let file = input::bytes(path, bytes_max)?;
    let options = ReadOptions { stored: true, input_bytes_max: bytes_max, ..ReadOptions::default() };
    let read = manifest::read(&file.name, &file.bytes, &options);
    input::tell(&read.diagnostics, std::slice::from_ref(&read.text))?;
    let pods: Vec<Pod> = read
        .objects
        .into_iter()
        .filter_map(|located| if let Object::Pod(pod) = located.object { Some(*pod) } else { None })
        .collect();
    let selector = d.spec.selector.as_deref().cloned().unwrap_or_default();
    let measured = compare::measured(&pods, &selector)
        .map_err(|why| Failure::input(format!("--startup-from {path}: {why}")))?;
    Ok((measured.distribution, measured.summary))
}

fn one(args: &Args, loaded: manifests::Loaded) -> Result<Comparison, Failure> {
    let d: &Deployment = &loaded.deployment;
    let replicas = d.replicas().max(0) as u32;
    let min_available = args.min_available.as_ref().map(|text| pods(text, replicas)).transpose()?;
    let max_duration_s =
        args.max_duration.as_ref().map(|text| seconds("--max-duration", text)).transpose()?;
    let capacity = |text: &String| {
        let capacity = maxsurge_core::scenario::node_capacity(text);
        let capacity = capacity.map_err(|why| Failure::input(format!("--node-capacity: {why}")))?;
        Ok::<_, Failure>((capacity, text.clone()))
    };
    let measured = args.startup_from.as_ref().map(|path| startup_from(path, args, d)).transpose()?;
    let choices = Choices {
        nodes: args.nodes,
        node_capacity: args.node_capacity.as_ref().map(capacity).transpose()?,
        to_image: args.to_image.clone(),
        startup: measured.or(distribution("--startup", args.startup.as_ref())?),
        startup_from: args.startup_from.clone(),
        stop: distribution("--stop", args.stop.as_ref())?,
        qps: args.qps,
        ideal: args.preset == Preset::Ideal,
        version: args.version.kubernetes_version,
        horizon_s: Some(seconds("--horizon", &args.horizon)? as i64),
        replicas: loaded.replicas_given,
        seeds: args.seeds.is_some(),
        written: loaded.written,
    };
    let setting = compare::setting(d, &choices).map_err(Failure::input)?;
    let candidates = compare::candidates(d, &args.strategies).map_err(Failure::input)?;
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    // A second Ctrl-C ends the program the usual way: the handler is there for a first, orderly stop.
    let _ = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    let mut further: Vec<SituationId> = Vec::new();
    for asked in &args.situation {
        if !further.contains(&asked.id()) {
            further.push(asked.id());
        }
    }
    let runs = u64::from(args.seeds()) * (2 + further.len() as u64)
        + if choices.startup.is_none() { u64::from(args.seeds().min(SENSITIVITY_SEEDS)) * 2 } else { 0 };
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(runs * candidates.len() as u64).with_style(
            ProgressStyle::with_template("{bar:40} {pos}/{len} rollouts, {eta} left")
                .unwrap_or(ProgressStyle::default_bar()),
        )
    } else {
        ProgressBar::hidden()
    };
    let job = Job { args, setting, choices, candidates, stop, bar };
    let good = job.situation(&job.setting, SituationId::GoodImage, args.seeds())?;
    let advised =
        compare::best(&good).map(|best| (best.id.clone(), best.label.clone(), best.is_manifest_own));
    let bad = job.situation(&job.setting, SituationId::BadImage, args.seeds())?;
    let mut situations = vec![good, bad];
    for id in &further {
        situations.push(job.situation(&job.setting, *id, args.seeds())?);
    }
    let good = &situations[0];
    let ranking_note = job.ranking_note(advised.as_ref().map(|(_, label, _)| label.as_str()))?;
    job.bar.finish_and_clear();
    let seeds = good.strategies.first().map_or(0, |s| s.finished.total_runs);
    let mut assumptions = compare::assumptions(&job.setting, &job.choices, seeds, &further);
    // Named once as warnings, and again among what the figures rest on.
    assumptions.extend(loaded.warnings.iter().map(|warning| {
        let (kind, why) = warning.split_once(' ').unwrap_or((warning, ""));
        Assumption {
            name: kind.into(),
            value: "left out".into(),
            origin: Origin::Manifest,
            source: why.into(),
        }
    }));
    let mut warnings = loaded.warnings;
    if seeds == 0 {
        return Err(Failure::limit("interrupted before the first seed was through; nothing was written"));
    }
    if seeds < args.seeds() {
        warnings.push(format!("interrupted: {seeds} of {} seeds", args.seeds()));
    }
    let namespace = if d.meta.namespace.is_empty() { "default" } else { d.meta.namespace.as_str() };
    let patch = advised.as_ref().filter(|(_, _, own)| !own).and_then(|(_, label, _)| {
        let candidate = job.candidates.iter().find(|candidate| candidate.labels[0] == *label)?;
        Some(compare::patch(&d.meta.name, namespace, candidate))
    });
    Ok(Comparison {
        schema: SCHEMA.into(),
        tool_version: env!("CARGO_PKG_VERSION").into(),
        title: format!("Rollout strategies for {}", d.meta.name),
        deployment: d.meta.name.to_string(),
        namespace: namespace.into(),
        replicas,
        preset: if args.preset == Preset::Ideal { "ideal" } else { "realistic" }.into(),
        seeds,
        horizon_s: job.setting.horizon_s as f64,
        reproduce: typed(),
        verdict: situations
            .iter()
            .map(|situation| compare::sentence_more(situation, replicas))
            .fold(compare::sentence(good, replicas), |verdict, more| verdict + &more),
        recommended: advised.map(|(id, ..)| id),
        gate: compare::gate(good, min_available, max_duration_s),
        assumptions,
        situations,
        ranking_note,
        notes: [format!(
            "Decisions are those of the Deployment and ReplicaSet controllers of Kubernetes {}.",
            job.setting.config.version
        )]
        .into_iter()
        .chain(further.contains(&SituationId::NodeLoss).then(|| {
            "Pods of a lost node count as available until the control plane notices the loss, as in the API; \
             their requests fail from the start. The rollout with a lost node counts as complete when its \
             pods are replaced, too."
                .to_owned()
        }))
        .collect(),
        patch,
        warnings,
    })
}
