//! `cargo xtask conformance`: our controllers against the real ones.
//!
//! The real ones are the program of `scripts/upstream`; ours are asked through the functions behind
//! `maxsurge conformance sync|run`.

mod bench;
mod confirm;
mod coverage;
mod judge;
mod live;
mod oracle;
mod record;
mod source;
mod translate;

use std::path::PathBuf;
use std::process::ExitCode;

use maxsurge_core::api::KubernetesVersion;

pub(crate) use self::source::Source;

const USAGE: &str = "\
usage: cargo xtask conformance COMMAND

  live [--cases N] [--seed S] [--from I] [--controller deployment|replicaset|autoscaler|run] [--out DIR]
       [--oracle PROGRAM] [--kubernetes-version 1.34|1.37]
        random cases put to both sides, until they differ; the smallest case that still differs is printed and
        written to DIR (target/conformance). Without --controller: deployment and replicaset, N cases each. Case I
        of seed S is the same everywhere; without --seed a fresh one is taken and printed. Ours follows the rules of the
        program's version, or of the one given

  bench [--seconds S] [--oracle PROGRAM]
        decisions and whole rollouts, timed inside of both programs, side by side: S seconds a case (1)
  record [--cases N] [--seed S] [--controller …] [--out DIR] [--oracle PROGRAM]
        renews core/tests/it/testdata/upstream, which `cargo test` replays
  confirm FILE … [--oracle PROGRAM]
        a scenario, or cases as `live` writes them: do the real controllers do the same?
  ours [--cases N] [--seed S] [--from I] [--controller …] [--kubernetes-version …]
        the cases themselves and our verdicts, as JSON Lines
  worlds [--cases N] [--seed S] [--from I]
        plays the inputs of the fuzz target `rollout` and says nothing: for `coverage`, and for profilers
  coverage [--cases N] [--seed S]
        lines of core/src/controller that the generators reach, and why the others are not reached; needs
        rustup component add llvm-tools

The real controllers are target/upstream/oracle, which is built by scripts/upstream/build.sh if it is missing.
Exit codes: 0 no difference, 1 a difference, 2 wrong usage, 3 the real controllers are not to be had";

/// How a command ended, if not well.
pub(crate) enum Failure {
    /// The two sides differ, and it was said where.
    Different,
    /// The command line makes no sense.
    Usage(String),
    /// The real controllers cannot be asked.
    NoOracle(String),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::NoOracle(error.to_string())
    }
}

/// Runs the command that the arguments after `conformance` name.
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let done = match arguments.split_first().map(|(command, rest)| (command.as_str(), rest)) {
        Some(("live", rest)) => Options::read(rest).and_then(|options| live::main(&options)),
        Some(("bench", rest)) => bench::main(rest),
        Some(("record", rest)) => Options::read(rest).and_then(|options| record::main(&options)),
        Some(("confirm", rest)) => Options::read(rest).and_then(|options| confirm::main(&options)),
        Some(("ours", rest)) => Options::read(rest).and_then(|options| coverage::ours(&options)),
        Some(("worlds", rest)) => Options::read(rest).and_then(|options| coverage::worlds(&options)),
        Some(("coverage", rest)) => Options::read(rest).and_then(|options| coverage::main(&options)),
        Some(("help" | "--help" | "-h", _)) => {
            eprintln!("{USAGE}");
            Ok(())
        }
        _ => Err(Failure::Usage("no such command".into())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Different) => ExitCode::from(1),
        Err(Failure::Usage(why)) => {
            eprintln!("error: {why}\n\n{USAGE}");
            ExitCode::from(2)
        }
        Err(Failure::NoOracle(why)) => {
            eprintln!("error: {why}");
            ExitCode::from(3)
        }
    }
}

/// What the flags say.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) cases: u64,
    pub(crate) seed: u64,
    /// Index of the first case.
    pub(crate) from: u64,
    pub(crate) sources: Vec<Source>,
    /// Where to write; `None` = where the command always does.
    pub(crate) out: Option<PathBuf>,
    pub(crate) oracle: Option<PathBuf>,
    /// Whose rules ours follows, if not those of the program.
    pub(crate) version: Option<KubernetesVersion>,
    /// What is no flag.
    pub(crate) files: Vec<PathBuf>,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Options {
            cases: 1_000,
            seed: fresh_seed(),
            from: 0,
            sources: vec![Source::Deployment, Source::ReplicaSet],
            out: None,
            oracle: None,
            version: None,
            files: Vec::new(),
        };
        let mut rest = arguments.iter();
        while let Some(flag) = rest.next() {
            if !flag.starts_with('-') {
                options.files.push(flag.into());
                continue;
            }
            let value = rest.next().ok_or_else(|| Failure::Usage(format!("{flag} needs a value")))?;
            let number =
                || value.parse().map_err(|_| Failure::Usage(format!("{flag}: {value:?} is no number")));
            match flag.as_str() {
                "--cases" => options.cases = number()?,
                "--seed" => options.seed = number()?,
                "--from" => options.from = number()?,
                "--controller" => {
                    let source = Source::named(value).ok_or_else(|| {
                        Failure::Usage(format!(
                            "--controller: {value:?} is not deployment, replicaset, autoscaler or run"
                        ))
                    })?;
                    options.sources = vec![source];
                }
                "--out" => options.out = Some(value.into()),
                "--oracle" => options.oracle = Some(value.into()),
                "--kubernetes-version" => {
                    options.version = Some(KubernetesVersion::parse(value).map_err(Failure::Usage)?);
                }
                _ => return Err(Failure::Usage(format!("unknown flag {flag}"))),
            }
        }
        Ok(options)
    }
}

/// Small enough to be typed.
fn fresh_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(1, |since| since.as_nanos() as u64 % 1_000_000_007)
}
