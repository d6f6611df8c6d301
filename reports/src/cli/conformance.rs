//! `maxsurge conformance sync|run`: cases in, verdicts out, as JSON Lines.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use clap::Subcommand;
use maxsurge_core::conformance;

use super::version::VersionArg;
use super::{Exit, output};

/// Answer conformance cases: JSON Lines on standard input, one verdict a line on standard output
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    mode: Mode,
}

/// Arguments of both modes.
#[derive(clap::Args, Clone, Copy, Debug)]
struct ModeArgs {
    #[command(flatten)]
    version: VersionArg,
}

const SYNC_HELP: &str = "\
A line that is no valid case is answered with {\"id\":…,\"invalid\":\"why\"}; the stream goes on.

Examples:
  maxsurge conformance sync < cases.jsonl > verdicts.jsonl
  maxsurge conformance sync --kubernetes-version 1.34 < cases.jsonl > verdicts.jsonl";

const RUN_HELP: &str = "\
A line that is no valid case is answered with {\"id\":…,\"invalid\":\"why\"}; the stream goes on.

Examples:
  maxsurge conformance run < cases.jsonl > verdicts.jsonl";

#[derive(Subcommand, Clone, Copy, Debug)]
enum Mode {
    /// One pass of one controller over a given state
    #[command(after_help = SYNC_HELP)]
    Sync(ModeArgs),
    /// A whole rollout in virtual time
    #[command(after_help = RUN_HELP)]
    Run(ModeArgs),
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    output::finish(answer(args.mode, io::stdin().lock(), io::stdout().lock()).map(|()| Exit::Done))
}

fn answer(mode: Mode, mut input: impl BufRead, mut out: impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let case = String::from_utf8_lossy(&line);
        let case = case.trim_end_matches(['\n', '\r']);
        let verdict = match mode {
            Mode::Sync(args) => conformance::sync_of(case, args.version.kubernetes_version),
            Mode::Run(args) => conformance::run::run_of(case, args.version.kubernetes_version).to_string(),
        };
        writeln!(out, "{verdict}")?;
        // A person or a program at the other end may wait for this verdict before it sends the next case.
        out.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use super::{Mode, ModeArgs, VersionArg, answer};
    use maxsurge_core::api::KubernetesVersion;

    #[test]
    fn one_verdict_a_line() {
        let args = ModeArgs { version: VersionArg { kubernetes_version: KubernetesVersion::default() } };
        for mode in [Mode::Sync(args), Mode::Run(args)] {
            let mut out = Vec::new();
            answer(mode, &b"{}\n\n\xff\nnull"[..], &mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            assert_eq!(out.lines().count(), 4);
            assert!(out.lines().all(|line| line.contains("\"invalid\"")), "{out}");
        }
    }
}
