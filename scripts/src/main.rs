//! Developer commands: `cargo xtask tidy`, `cargo xtask bench`, `cargo xtask conformance`, `cargo xtask zoo`,
//! `cargo xtask exhaust`, `cargo xtask gallery`, `cargo xtask ci`.

mod bench;
mod conformance;
mod exhaust;
mod gallery;
mod regress;
mod tidy;
mod zoo;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  tidy          house rules that no compiler checks: arrows between modules, long files, unfinished marks, impure
                words in the core, machine paths, and whether the documents tell of what is there
  conformance …  ours against the real controllers: cargo xtask conformance help
  zoo [OPTION …]
                searches with the fuzzing harness for each known bug of core/src/zoo, and writes fuzz/BUG-ZOO.md
  exhaust [OPTION …]
                every interleaving of small worlds: all of a list, or one that the options describe (--help)
  regress add CRASH NAME [TARGET]
                commits a finding of the fuzzer, so that every `cargo test` replays it
  bench COMMAND figures of PERFORMANCE.md, instruction counts, peers (`cargo xtask bench` lists them)
  gallery       renews reports/gallery, the report that README shows
  ci [STEP …]   everything that must hold before a change is taken (.ci/run)";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("tidy") => report(&tidy::check(&root())),
        Some("zoo") => match zoo::run(&root(), &arguments.collect::<Vec<_>>()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => say(&format!("error: {error}\n\n{}", zoo::USAGE), ExitCode::FAILURE),
        },
        Some("exhaust") => exhaust::run(&root(), &arguments.collect::<Vec<_>>()),
        Some("regress") => match regress::run(&root(), &arguments.collect::<Vec<_>>()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => say(&format!("error: {error}\n\n{}", regress::USAGE), ExitCode::FAILURE),
        },
        Some("bench") => match bench::run(&root(), &arguments.collect::<Vec<_>>()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => say(&format!("error: {error}\n\n{}", bench::USAGE), ExitCode::FAILURE),
        },
        Some("gallery") => match gallery::run(&root()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => say(&format!("error: {error}"), ExitCode::FAILURE),
        },
        Some("ci") => run(Command::new(root().join(".ci/run")).args(arguments)),
        Some("conformance") => conformance::main(&arguments.collect::<Vec<_>>()),
        Some("help" | "--help" | "-h") => say(USAGE, ExitCode::SUCCESS),
        _ => say(USAGE, ExitCode::from(2)),
    }
}

/// The root of the workspace: the parent of this package's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package lies in a folder of the workspace")
        .into()
}

fn say(text: &str, code: ExitCode) -> ExitCode {
    eprintln!("{text}");
    code
}

fn report(findings: &[String]) -> ExitCode {
    for finding in findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => say("tidy: nothing found", ExitCode::SUCCESS),
        n => say(&format!("tidy: {n} findings"), ExitCode::FAILURE),
    }
}

fn run(command: &mut Command) -> ExitCode {
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => say(&format!("{}: {error}", command.get_program().display()), ExitCode::FAILURE),
    }
}
