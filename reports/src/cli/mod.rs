//! The command line: one module a command, and what they share (exit codes, output that may be cut short).

pub mod compare;
pub mod conformance;
pub mod explain;
pub mod generate;
pub mod init;
pub mod input;
pub mod manifests;
pub mod output;
pub mod run;
pub mod version;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// What a command ends with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Done.
    Done,
    /// The rollout asked about did not finish, or a gate failed.
    Unfinished,
    /// Bad input.
    BadInput,
    /// A limit of the program was reached.
    Limit,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Unfinished => 1,
            Exit::BadInput => 2,
            Exit::Limit => 3,
        })
    }
}

/// Why a command ended early.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// With which exit code.
    pub exit: Exit,
    /// Why, and what to do.
    pub message: String,
}

impl Failure {
    /// Bad input or usage.
    pub fn input(message: impl Into<String>) -> Self {
        Failure { exit: Exit::BadInput, message: message.into() }
    }

    /// A limit of this program.
    pub fn limit(message: impl Into<String>) -> Self {
        Failure { exit: Exit::Limit, message: message.into() }
    }

    /// Tells it on standard error.
    pub fn report(&self) -> ExitCode {
        output::error(&self.message);
        self.exit.into()
    }
}

/// Whether standard output may be coloured: a terminal, and `NO_COLOR` is not set.
pub fn colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && std::io::stdout().is_terminal()
}

const AFTER_HELP: &str = "\
Exit codes: 0 done · 1 the rollout asked about did not finish, or a gate failed · 2 bad input · 3 a limit was reached

Examples:
  maxsurge compare -f deployment.yaml
  maxsurge run scenario.yaml
  kubectl get deploy,rs,pods -o yaml | maxsurge explain -f -
  maxsurge conformance run < cases.jsonl > verdicts.jsonl";

/// Shows what a Kubernetes rollout will do before it does it: the Deployment and ReplicaSet controllers of
/// v1.37.2, in virtual time.
#[derive(Parser, Debug)]
#[command(name = "maxsurge", version, about, after_help = AFTER_HELP, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Compare(Box<compare::Args>),
    Run(run::Args),
    Explain(explain::Args),
    Init(init::InitArgs),
    Schema(init::SchemaArgs),
    Conformance(conformance::Args),
    Completions(generate::CompletionsArgs),
    Man(generate::ManArgs),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Compare(args) => compare::main(&args),
        Command::Run(args) => run::main(&args),
        Command::Explain(args) => explain::main(&args),
        Command::Init(args) => init::init(&args),
        Command::Schema(args) => init::schema(&args),
        Command::Conformance(args) => conformance::main(&args),
        Command::Completions(args) => generate::completions(&args, &mut Cli::command()),
        Command::Man(args) => generate::man(&args, &Cli::command()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples() {
        fn check(command: &clap::Command) {
            if command.has_subcommands() && command.get_name() != "maxsurge" {
                return command.get_subcommands().for_each(check);
            }
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Examples:"), "{} --help shows no examples", command.get_name());
            command.get_subcommands().for_each(check);
        }
        check(&super::Cli::command());
    }
}
