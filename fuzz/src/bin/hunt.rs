//! Looks for violations without libFuzzer and prints each kind of finding once, made small.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use maxsurge_fuzz::generators::sync_state::Subject;
use maxsurge_fuzz::hunt::{bytes_of, judge_or_panic};
use maxsurge_fuzz::states::{broken_state, minimize_state};
use maxsurge_fuzz::{Broken, Input, Judgement, case, input_of, meddles, minimize, scenario, speed, story};

/// Looks for violations without libFuzzer and prints each kind of finding once, made small.
///
/// Exit code: 0 = nothing was found, 1 = something was, 2 = the command line or the folder is wrong.
#[derive(Parser, Debug)]
#[command(
    name = "hunt",
    after_help = "Examples:
  hunt --seconds 60                       what is not granted by name
  hunt --strict --out DIR                 what Kubernetes itself breaks, too; each finding as files
  hunt --strict --calm                    of that, what users and time alone bring about
  hunt --strict --states deployment       single passes over hostile states
  hunt --seed 31 --from 54600             goes on with a seed
  hunt --bench                            executions of 32 and more events that one core makes in a second"
)]
struct Options {
    /// Seed of the random inputs
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// First execution
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: u64,
    /// Executions at most
    #[arg(long, value_name = "N", default_value_t = u64::MAX, hide_default_value = true)]
    executions: u64,
    /// Seconds at most
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// Grant nothing: find what Kubernetes itself breaks, too
    #[arg(long)]
    strict: bool,
    /// Leave out all but what users do to the Deployment, and time: findings that need no meddling and no failure
    #[arg(long)]
    calm: bool,
    /// Look at single passes over hostile states instead of rollouts
    #[arg(long, value_name = "CONTROLLER", value_parser = subject())]
    states: Option<Subject>,
    /// Look for nothing: measure how many executions one core makes in a second
    #[arg(long)]
    bench: bool,
    /// Write each finding there: its bytes (for `cargo xtask regress add`), its story, its passes (for
    /// `cargo xtask conformance confirm`), and its scenario, where it has one
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn subject() -> impl TypedValueParser<Value = Subject> {
    let known = [Subject::Deployment, Subject::ReplicaSet];
    PossibleValuesParser::new(known.map(|subject| subject.as_str())).map(move |text| {
        let mut named = known.into_iter().filter(|subject| subject.as_str() == text);
        named.next().expect("the parser lets only these pass")
    })
}

impl Options {
    fn how(&self) -> Judgement {
        Judgement { is_strict: self.strict, ..Judgement::default() }
    }
}

/// What makes two findings the same: the property, and what is said of it but for the numbers.
fn kind(property: &str, what: &str) -> String {
    let words = what.split(' ').map(|word| if word.contains('-') { "…" } else { word });
    let words: String = words.collect::<Vec<_>>().join(" ");
    let words: String = words.chars().filter(|c| !c.is_ascii_digit()).take(60).collect();
    format!("{property} {words}")
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
    if !options.calm {
        // These bytes stand for the events that were left out, too.
        std::fs::write(path("bytes"), bytes)?;
    }
    std::fs::write(path("txt"), format!("{story}\n{input:#?}\n"))?;
    let cases = case::cases(input, broken, options.how());
    std::fs::write(path("jsonl"), cases.iter().map(|case| format!("{case}\n")).collect::<String>())?;
    match scenario::file(input, options.how()) {
        Ok(file) => std::fs::write(path("yaml"), file),
        Err(_) => Ok(()),
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.bench {
        eprintln!("{}", speed::measure(options.seed));
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
    let time = Duration::from_secs(options.seconds);
    let shows = std::io::stderr().is_terminal();
    while n - options.from < options.executions && start.elapsed() < time {
        if shows && n.is_multiple_of(64) {
            let seconds = start.elapsed().as_secs();
            eprint!(
                "\r{} executions, {seconds} of {} s, {} kinds found ",
                n - options.from,
                options.seconds,
                kinds.len()
            );
        }
        let bytes = bytes_of(options.seed, n);
        n += 1;
        let Some((kind, finding)) = look(n - 1, &bytes) else { continue };
        let seen = kinds.entry(kind).or_default();
        *seen += 1;
        if *seen == 1 {
            if shows {
                eprint!("\r\x1b[K");
            }
            tell(n - 1, &bytes, finding)?;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let done = n - options.from;
    if shows {
        eprint!("\r\x1b[K");
    }
    eprintln!("{done} executions in {seconds:.1} s: {:.0}/s", done as f64 / seconds);
    for (kind, count) in &kinds {
        eprintln!("{count:>6} {kind}");
    }
    Ok(kinds)
}

fn hunt_rollouts(options: &Options) -> std::io::Result<BTreeMap<String, u64>> {
    let look = |n: u64, bytes: &[u8]| {
        let how = Judgement { twice: n.is_multiple_of(4), ..options.how() };
        let mut input = input_of(bytes)?;
        if options.calm {
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
        let (input, broken) = minimize::minimize(input, broken, options.how(), 500);
        let story = story::tell(&input, &broken, options.how());
        eprintln!("--- execution {n}\n{story}");
        match &options.out {
            Some(folder) => write(folder, options, n, bytes, &input, &broken, &story),
            None => Ok(()),
        }
    })
}

fn hunt_states(options: &Options, subject: Subject) -> std::io::Result<BTreeMap<String, u64>> {
    let look = |_: u64, bytes: &[u8]| {
        let broken = broken_state(subject, bytes, options.strict)?;
        Some((kind(broken.property.code(), &broken.what), broken))
    };
    search(options, look, |n, bytes, broken| {
        let broken = minimize_state(&broken, options.strict);
        let code = broken.property.code();
        eprintln!("--- execution {n}\n{code}: {}\n{}", broken.what, broken.case);
        let Some(folder) = &options.out else { return Ok(()) };
        let name = format!("{}-{}-{}-{n}", subject.as_str(), code.to_lowercase(), options.seed);
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join(format!("{name}.bytes")), bytes)?;
        std::fs::write(folder.join(format!("{name}.jsonl")), format!("{}\n", broken.case))
    })
}
