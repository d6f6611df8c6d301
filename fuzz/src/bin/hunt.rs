//! Looks for violations without libFuzzer and prints each kind of finding once, made small.
//!
//! `cargo run -p maxsurge-fuzz --bin hunt -- [--seed N] [--from N] [--executions N] [--seconds N] [--strict] [--calm]
//! [--states deployment|replicaset] [--bench] [--out DIR]`
//!
//! | option | what it does |
//! |---|---|
//! | `--strict` | grants nothing: finds what Kubernetes itself breaks, too |
//! | `--calm` | leaves out all but what users do to the Deployment, and time: findings that need no meddling and no failure |
//! | `--states` | looks at single passes over hostile states instead of rollouts |
//! | `--bench` | looks for nothing: tells how many executions of 32 and more events one core makes in a second |
//!
//! With `--out`, each finding is written there: its bytes (`….bytes`, for `cargo xtask regress add`), its story (`….txt`),
//! its passes for `cargo xtask conformance confirm` (`….jsonl`), and its scenario, where it has one (`….yaml`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use maxsurge_fuzz::generators::sync_state::Subject;
use maxsurge_fuzz::hunt::{bytes_of, judge_or_panic};
use maxsurge_fuzz::states::{broken_state, minimize_state};
use maxsurge_fuzz::{Broken, Input, Judgement, case, input_of, meddles, minimize, scenario, story, unjudged};

struct Options {
    seed: u64,
    from: u64,
    executions: u64,
    time: Duration,
    is_strict: bool,
    is_calm: bool,
    states: Option<Subject>,
    is_bench: bool,
    out: Option<PathBuf>,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        seed: 1,
        from: 0,
        executions: 20_000,
        time: Duration::from_secs(60),
        is_strict: false,
        is_calm: false,
        states: None,
        is_bench: false,
        out: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--strict" => options.is_strict = true,
            "--calm" => options.is_calm = true,
            "--bench" => options.is_bench = true,
            "--out" => options.out = Some(arguments.next().ok_or("--out needs a folder")?.into()),
            "--states" => {
                let subject = arguments.next();
                let is = |known: &&Subject| subject.as_deref() == Some(known.as_str());
                let known = [Subject::Deployment, Subject::ReplicaSet];
                let found = known.iter().find(is).ok_or("--states needs deployment or replicaset")?;
                options.states = Some(*found);
            }
            _ => number(&mut options, &name, arguments.next())?,
        }
    }
    Ok(options)
}

/// An option whose value is a number.
fn number(options: &mut Options, name: &str, text: Option<String>) -> Result<(), String> {
    let value = text.and_then(|text| text.parse::<u64>().ok());
    let value = value.ok_or_else(|| format!("{name} needs a number"))?;
    match name {
        "--seed" => options.seed = value,
        "--from" => options.from = value,
        "--executions" => options.executions = value,
        "--seconds" => options.time = Duration::from_secs(value),
        _ => return Err(format!("{name} is not an option")),
    }
    Ok(())
}

/// What makes two findings the same: the property, and what is said of it but for the numbers.
fn kind(property: &str, what: &str) -> String {
    let words = what.split(' ').map(|word| if word.contains('-') { "…" } else { word });
    let words: String = words.collect::<Vec<_>>().join(" ");
    let words: String = words.chars().filter(|c| !c.is_ascii_digit()).take(60).collect();
    format!("{property} {words}")
}

/// Inputs of [`bench`].
const BENCHED: usize = 200;

/// Executions in a second, as the hunt makes them and of the world alone.
fn bench(seed: u64) {
    let inputs = (0..).filter_map(|n| input_of(&bytes_of(seed, n))).filter(|input| input.events.len() >= 32);
    let inputs: Vec<_> = inputs.take(BENCHED).collect();
    let events: usize = inputs.iter().map(|input| input.events.len()).sum();
    let rate = |run: &dyn Fn(usize)| {
        let start = Instant::now();
        (0..BENCHED).for_each(run);
        BENCHED as f64 / start.elapsed().as_secs_f64()
    };
    let judged = rate(&|n| {
        let how = Judgement { is_strict: false, twice: n.is_multiple_of(4) };
        judge_or_panic(&inputs[n], how);
    });
    let (mut passes, mut requests) = (0, 0);
    for input in &inputs {
        if let Ok(done) = unjudged(input, Default::default()) {
            passes += done.deployment_passes + done.replica_set_passes;
            requests += done.requests;
        }
    }
    let alone = rate(&|n| {
        let _ = unjudged(&inputs[n], Default::default());
    });
    let per = |n: u64| n as f64 / BENCHED as f64;
    eprintln!("{BENCHED} inputs of {:.0} events: {judged:.0} executions/s, judged", per(events as u64));
    eprintln!(
        "the world alone: {alone:.0}/s, {:.0} passes and {:.0} requests each",
        per(passes),
        per(requests)
    );
}

/// Writes all that there is to say of a finding.
fn write(
    folder: &Path,
    options: &Options,
    execution: u64,
    bytes: &[u8],
    input: &Input,
    broken: &Broken,
    story: &str,
) -> std::io::Result<()> {
    let name = format!("{}-{}-{execution}", broken.violation.property.code().to_lowercase(), options.seed);
    let path = |ending: &str| folder.join(format!("{name}.{ending}"));
    std::fs::create_dir_all(folder)?;
    if !options.is_calm {
        // These bytes stand for the events that were left out, too.
        std::fs::write(path("bytes"), bytes)?;
    }
    std::fs::write(path("txt"), format!("{story}\n{input:#?}\n"))?;
    let cases = case::cases(input, broken, options.is_strict);
    std::fs::write(path("jsonl"), cases.iter().map(|case| format!("{case}\n")).collect::<String>())?;
    match scenario::file(input) {
        Ok(file) => std::fs::write(path("yaml"), file),
        Err(_) => Ok(()),
    }
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("error: {why}");
            return ExitCode::from(2);
        }
    };
    if options.is_bench {
        bench(options.seed);
        return ExitCode::SUCCESS;
    }
    let outcome = match options.states {
        Some(subject) => hunt_states(&options, subject),
        None => hunt_rollouts(&options),
    };
    match outcome {
        Ok(kinds) if kinds.is_empty() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}: {error}", options.out.unwrap_or_default().display());
            ExitCode::from(2)
        }
    }
}

/// Calls `look` for each execution; it answers with the kind of a finding, and `tell` is called for the first of each kind.
fn search<T>(
    options: &Options,
    look: impl Fn(u64, &[u8]) -> Option<(String, T)>,
    mut tell: impl FnMut(u64, &[u8], T) -> std::io::Result<()>,
) -> std::io::Result<BTreeMap<String, u64>> {
    let start = Instant::now();
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    let mut n = options.from;
    while n < options.from + options.executions && start.elapsed() < options.time {
        let bytes = bytes_of(options.seed, n);
        n += 1;
        let Some((kind, finding)) = look(n - 1, &bytes) else { continue };
        let seen = kinds.entry(kind).or_default();
        *seen += 1;
        if *seen == 1 {
            tell(n - 1, &bytes, finding)?;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let done = n - options.from;
    eprintln!("{done} executions in {seconds:.1} s: {:.0}/s", done as f64 / seconds);
    for (kind, count) in &kinds {
        eprintln!("{count:>6} {kind}");
    }
    Ok(kinds)
}

fn hunt_rollouts(options: &Options) -> std::io::Result<BTreeMap<String, u64>> {
    let look = |n: u64, bytes: &[u8]| {
        let how = Judgement { is_strict: options.is_strict, twice: n.is_multiple_of(4) };
        let mut input = input_of(bytes)?;
        if options.is_calm {
            input.events.retain(|event| !meddles(event));
        }
        let broken = judge_or_panic(&input, how)?;
        let kind = match broken.violation.known {
            Some(known) => format!("{} {known:?}", broken.violation.property.code()),
            None => kind(broken.violation.property.code(), &broken.violation.what),
        };
        Some((kind, (input, broken)))
    };
    search(options, look, |n, bytes, (input, broken)| {
        let (input, broken) = minimize::minimize(input, broken, options.is_strict, 500);
        let story = story::tell(&input, &broken, options.is_strict);
        eprintln!("--- execution {n}\n{story}");
        match &options.out {
            Some(folder) => write(folder, options, n, bytes, &input, &broken, &story),
            None => Ok(()),
        }
    })
}

fn hunt_states(options: &Options, subject: Subject) -> std::io::Result<BTreeMap<String, u64>> {
    let look = |_: u64, bytes: &[u8]| {
        let broken = broken_state(subject, bytes, options.is_strict)?;
        Some((kind(broken.property.code(), &broken.what), broken))
    };
    search(options, look, |n, bytes, broken| {
        let broken = minimize_state(&broken, options.is_strict);
        let code = broken.property.code();
        eprintln!("--- execution {n}\n{code}: {}\n{}", broken.what, broken.case);
        let Some(folder) = &options.out else { return Ok(()) };
        let name = format!("{}-{}-{}-{n}", subject.as_str(), code.to_lowercase(), options.seed);
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join(format!("{name}.bytes")), bytes)?;
        std::fs::write(folder.join(format!("{name}.jsonl")), format!("{}\n", broken.case))
    })
}
