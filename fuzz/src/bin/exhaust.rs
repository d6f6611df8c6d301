//! Every interleaving of small worlds: `cargo xtask exhaust`.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use maxsurge_fuzz::exhaust::{Bounds, FaultKind, Outcome, SmallWorld, check_and_tell, worlds};
use maxsurge_fuzz::generators::Limits;

/// Searches every interleaving of small worlds: a list of them, or with --strategy the one that is described.
///
/// Exit code: 0 = every property holds, 1 = one does not, 2 = the command line is wrong.
#[derive(Parser, Debug)]
#[command(
    name = "exhaust",
    after_help = "Examples:
  exhaust --short                                         a list of worlds in some 20 s
  exhaust --strategy 1/0 --edits 2 --fault any --lag 1    one world
  exhaust --strategy recreate --replicas 4 --revisions 3 --edits 2 --lag 2 --states-max 600000000"
)]
struct Options {
    /// Only the worlds of the list that take seconds
    #[arg(long, conflicts_with = "strategy")]
    short: bool,
    /// Put each known bug into the worlds, and tell which are found
    #[cfg(feature = "zoo")]
    #[arg(long)]
    mutants: bool,
    /// Different states that are searched at most; 400 million take 6 GB
    #[arg(long, value_name = "N", default_value_t = 400_000_000)]
    states_max: usize,
    /// Keep states apart that no step and no property can tell apart
    #[arg(long)]
    unreduced: bool,
    #[command(flatten)]
    world: World,
}

/// One world.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "One world")]
struct World {
    /// recreate, or maxSurge/maxUnavailable in pods
    #[arg(long, value_name = "STRATEGY", value_parser = strategy)]
    strategy: Option<Limits>,
    /// Pods that are wanted, at most 4 [default: 2]
    #[arg(long, value_name = "N", requires = "strategy", value_parser = clap::value_parser!(u8).range(0..=4))]
    replicas: Option<u8>,
    /// Templates to choose from, at most 3 [default: 3]
    #[arg(long, value_name = "N", requires = "strategy", value_parser = clap::value_parser!(u8).range(1..=3))]
    revisions: Option<u8>,
    /// Edits of the user [default: 0]
    #[arg(long, value_name = "N", requires = "strategy")]
    edits: Option<u8>,
    /// Undelivered watch events of a kind from which on nobody writes that kind [default: 0]
    #[arg(long, value_name = "N", requires = "strategy")]
    lag: Option<u8>,
    /// Sizes that an edit may ask for
    #[arg(long, value_name = "N,N…", requires = "strategy", value_delimiter = ',')]
    sizes: Vec<u8>,
    /// One fault: pod-fails, pod-evicted, restart, dies-in-pass, request-fails or any
    #[arg(long, value_name = "KIND", requires = "strategy", value_parser = fault)]
    fault: Option<Fault>,
    /// Edits may pause
    #[arg(long, requires = "strategy")]
    pauses: bool,
    /// Begin with the creation of the Deployment, and not when it is complete
    #[arg(long, requires = "strategy")]
    fresh: bool,
    /// Judge also after a second edit whether the limits hold in every state, which Kubernetes does not keep
    #[arg(long, requires = "strategy")]
    throughout: bool,
}

/// Kinds of faults of which one happens.
#[derive(Clone, Debug)]
struct Fault(Vec<FaultKind>);

impl Options {
    fn world(&self, bounds: Bounds) -> SmallWorld {
        let world = SmallWorld::new(bounds);
        if self.unreduced { world.unreduced() } else { world }
    }

    fn worlds(&self) -> Vec<Bounds> {
        let world = &self.world;
        let Some(strategy) = world.strategy else { return worlds(self.short) };
        let mut bounds = Bounds::new(strategy, 2);
        let set = |place: &mut u8, value: Option<u8>| *place = value.unwrap_or(*place);
        set(&mut bounds.replicas, world.replicas);
        set(&mut bounds.revisions, world.revisions);
        set(&mut bounds.edits, world.edits);
        set(&mut bounds.lag, world.lag);
        if !world.sizes.is_empty() {
            bounds.sizes.clone_from(&world.sizes);
        }
        if let Some(Fault(kinds)) = &world.fault {
            (bounds.faults, bounds.kinds) = (1, kinds.clone());
        }
        (bounds.pauses, bounds.fresh, bounds.throughout) = (world.pauses, world.fresh, world.throughout);
        vec![bounds]
    }
}

fn strategy(text: &str) -> Result<Limits, String> {
    let limits = || {
        let (surge, missing) = text.split_once('/')?;
        Some(Limits::Pods(surge.parse().ok()?, missing.parse().ok()?))
    };
    match text {
        "recreate" => Ok(Limits::Recreate),
        "0/0" => Err("maxUnavailable may not be 0 when maxSurge is 0".into()),
        _ => limits().ok_or_else(|| "recreate, or maxSurge/maxUnavailable like 1/0".into()),
    }
}

fn fault(text: &str) -> Result<Fault, String> {
    Ok(Fault(vec![match text {
        "pod-fails" => FaultKind::PodFails,
        "pod-evicted" => FaultKind::PodEvicted,
        "restart" => FaultKind::Restart,
        "dies-in-pass" => FaultKind::DiesInPass,
        "request-fails" => FaultKind::RequestFails,
        "any" => return Ok(Fault(FaultKind::ALL.to_vec())),
        _ => return Err("pod-fails, pod-evicted, restart, dies-in-pass, request-fails or any".into()),
    }]))
}

/// Puts each known bug into each of the worlds, until it is found.
#[cfg(feature = "zoo")]
fn mutants(worlds: &[Bounds], options: &Options) -> ExitCode {
    let (mut caught, mut escaped) = (0, Vec::new());
    for entry in maxsurge_core::zoo::ENTRIES {
        let mut found = None;
        for bounds in worlds {
            let world = options.world(bounds.clone()).with_mutant(entry.mutant);
            let outcome = maxsurge_fuzz::exhaust::check(&world, options.states_max);
            if let Some(story) = outcome.found {
                found = Some((story, outcome.unique, bounds.to_string()));
                break;
            }
        }
        let Some((found, unique, title)) = found else {
            escaped.push(entry.name);
            continue;
        };
        caught += 1;
        let (property, steps) = (found.violation.property.code(), found.steps);
        eprintln!("{:<28} {property:<10} {steps:>3} steps, {unique:>8} states  {title}", entry.name);
    }
    eprintln!("{caught} found; not found: {}", escaped.join(", "));
    ExitCode::SUCCESS
}

/// Searches a world, and shows on a terminal how far it has come.
fn search(world: &SmallWorld, states_max: usize) -> Outcome {
    let (start, mut told) = (Instant::now(), Instant::now());
    let is_terminal = std::io::stderr().is_terminal();
    let outcome = check_and_tell(world, states_max, &mut |progress| {
        if is_terminal && told.elapsed() > Duration::from_millis(500) {
            told = Instant::now();
            let rate = |n: usize| n as f64 / start.elapsed().as_secs_f64();
            let (unique, states) = (progress.unique, progress.states);
            let (new, all) = (rate(unique), rate(states));
            eprint!("\r{unique:>10} {states:>11} {new:>9.0} {all:>9.0} {:>6}", progress.depth);
        }
    });
    if is_terminal {
        eprint!("\r");
    }
    outcome
}

fn tell(outcome: &Outcome, title: &str) {
    let rate = outcome.unique as f64 / outcome.seconds;
    let all_rate = outcome.states as f64 / outcome.seconds;
    let end = match (&outcome.found, outcome.is_complete) {
        (Some(_), _) => "BROKEN".to_owned(),
        (None, true) => "all".to_owned(),
        (None, false) => format!("all to depth {}", outcome.depth),
    };
    let met: Vec<String> = outcome.met.iter().map(|exemption| format!(", {exemption:?}")).collect();
    let (depth, sights, met) = (outcome.depth, outcome.sights, met.concat());
    eprintln!(
        "{:>10} {:>11} {rate:>9.0} {all_rate:>9.0} {depth:>6} {sights:>8}  {end}: {title}{met}",
        outcome.unique, outcome.states
    );
    if outcome.forgot > 0 {
        eprintln!("{} steps forgot that an old ReplicaSet could not be made smaller", outcome.forgot);
    }
    if outcome.cut > 0 {
        eprintln!("{} steps were not followed: the state has no room for them", outcome.cut);
    }
    if let Some(found) = &outcome.found {
        eprintln!("{}", found.story);
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let worlds = options.worlds();
    #[cfg(feature = "zoo")]
    if options.mutants {
        return mutants(&worlds, &options);
    }
    let (mut code, mut unique, mut states, mut seconds) = (ExitCode::SUCCESS, 0, 0, 0.0);
    eprintln!("    unique      states  unique/s  states/s  depth   sights");
    for bounds in worlds {
        let title = bounds.to_string();
        let outcome = search(&options.world(bounds), options.states_max);
        tell(&outcome, &title);
        if outcome.found.is_some() {
            code = ExitCode::FAILURE;
        }
        (unique, states) = (unique + outcome.unique, states + outcome.states);
        seconds += outcome.seconds;
    }
    let (rate, all_rate) = (unique as f64 / seconds, states as f64 / seconds);
    eprintln!("{unique:>10} {states:>11} {rate:>9.0} {all_rate:>9.0}  in {seconds:.1} s");
    code
}
