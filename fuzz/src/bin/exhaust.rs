//! Every interleaving of small worlds: `cargo xtask exhaust`.
//!
//! Without options a list of worlds one after the other; with any, the one that they describe.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use maxsurge_fuzz::exhaust::{Bounds, FaultKind, Outcome, SmallWorld, check_and_tell, worlds};
use maxsurge_fuzz::generators::Limits;

const USAGE: &str = "\
usage: exhaust [--short] [--states-max N] [--unreduced] [--mutants (feature zoo)]
       exhaust --strategy recreate|SURGE/UNAVAILABLE [--replicas N] [--revisions N] [--edits N] [--sizes N,N…]
               [--pauses] [--fault pod-fails|pod-evicted|restart|dies-in-pass|request-fails|any] [--lag N] [--fresh]
               [--throughout] [--states-max N] [--unreduced]

Different states are searched up to --states-max (400 million, which take 6 GB). States that no step and no property can
tell apart are one, but with --unreduced.";

struct Options {
    short: bool,
    #[cfg(feature = "zoo")]
    mutants: bool,
    states_max: usize,
    unreduced: bool,
    bounds: Option<Bounds>,
}

impl Options {
    fn world(&self, bounds: Bounds) -> SmallWorld {
        let world = SmallWorld::new(bounds);
        if self.unreduced { world.unreduced() } else { world }
    }
}

fn strategy(text: &str) -> Option<Limits> {
    if text == "recreate" {
        return Some(Limits::Recreate);
    }
    let (surge, missing) = text.split_once('/')?;
    Some(Limits::Pods(surge.parse().ok()?, missing.parse().ok()?))
}

fn fault(text: &str) -> Option<Vec<FaultKind>> {
    Some(vec![match text {
        "pod-fails" => FaultKind::PodFails,
        "pod-evicted" => FaultKind::PodEvicted,
        "restart" => FaultKind::Restart,
        "dies-in-pass" => FaultKind::DiesInPass,
        "request-fails" => FaultKind::RequestFails,
        "any" => return Some(FaultKind::ALL.to_vec()),
        _ => return None,
    }])
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        short: false,
        #[cfg(feature = "zoo")]
        mutants: false,
        states_max: 400_000_000,
        unreduced: false,
        bounds: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{name} needs a value"));
        let wrong = |text: &str| format!("{name}: {text:?} is not a value of it");
        let number = |text: String| text.parse::<u8>().map_err(|_| wrong(&text));
        let bounds = options.bounds.as_mut();
        let bounds = || bounds.ok_or_else(|| "--strategy comes first".to_owned());
        match name.as_str() {
            "--short" => options.short = true,
            "--unreduced" => options.unreduced = true,
            #[cfg(feature = "zoo")]
            "--mutants" => options.mutants = true,
            "--states-max" => {
                let text = value()?;
                options.states_max = text.parse().map_err(|_| wrong(&text))?;
            }
            "--strategy" => {
                let text = value()?;
                options.bounds = Some(Bounds::new(strategy(&text).ok_or_else(|| wrong(&text))?, 2));
            }
            "--replicas" => bounds()?.replicas = number(value()?)?,
            "--revisions" => bounds()?.revisions = number(value()?)?,
            "--edits" => bounds()?.edits = number(value()?)?,
            "--lag" => bounds()?.lag = number(value()?)?,
            "--sizes" => {
                let sizes: Result<Vec<u8>, String> =
                    value()?.split(',').map(|text| number(text.to_owned())).collect();
                bounds()?.sizes = sizes?;
            }
            "--fault" => {
                let text = value()?;
                let kinds = fault(&text).ok_or_else(|| wrong(&text))?;
                let bounds = bounds()?;
                (bounds.faults, bounds.kinds) = (1, kinds);
            }
            "--pauses" => bounds()?.pauses = true,
            "--fresh" => bounds()?.fresh = true,
            "--throughout" => bounds()?.throughout = true,
            _ => return Err(format!("{name} is not an option")),
        }
    }
    let small = |bounds: &Bounds| bounds.replicas <= 4 && (1..=3).contains(&bounds.revisions);
    if options.bounds.as_ref().is_some_and(|bounds| !small(bounds)) {
        return Err("at most 4 replicas and 3 revisions".into());
    }
    Ok(options)
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
            let rate = progress.unique as f64 / start.elapsed().as_secs_f64();
            eprint!("\r{:>10} {:>11} {rate:>10.0} {:>6}", progress.unique, progress.states, progress.depth);
        }
    });
    if is_terminal {
        eprint!("\r");
    }
    outcome
}

fn tell(outcome: &Outcome, title: &str) {
    let rate = outcome.unique as f64 / outcome.seconds;
    let end = match (&outcome.found, outcome.is_complete) {
        (Some(_), _) => "BROKEN".to_owned(),
        (None, true) => "all".to_owned(),
        (None, false) => format!("all to depth {}", outcome.depth),
    };
    let met: Vec<String> = outcome.met.iter().map(|exemption| format!(", {exemption:?}")).collect();
    let (depth, sights, met) = (outcome.depth, outcome.sights, met.concat());
    eprintln!(
        "{:>10} {:>11} {rate:>10.0} {depth:>6} {sights:>8}  {end}: {title}{met}",
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
    let options = match options() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("error: {why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let worlds = match &options.bounds {
        Some(bounds) => vec![bounds.clone()],
        None => worlds(options.short),
    };
    #[cfg(feature = "zoo")]
    if options.mutants {
        return mutants(&worlds, &options);
    }
    let (mut code, mut unique, mut states, mut seconds) = (ExitCode::SUCCESS, 0, 0, 0.0);
    eprintln!("    unique      states   unique/s  depth   sights");
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
    eprintln!("{unique:>10} {states:>11} {:>10.0}  in {seconds:.1} s", unique as f64 / seconds);
    code
}
