//! `maxsurge compare`: rollout strategies of one Deployment, side by side.

use std::process::ExitCode;

use super::{Exit, output};

const AFTER_HELP: &str = "\
Examples:
  maxsurge compare
  maxsurge compare -f deployment.yaml";

/// Compare rollout strategies of a Deployment
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub struct Args {}

/// Runs the command.
pub fn main(_args: Args) -> ExitCode {
    output::error("`compare` is not in this build");
    Exit::Limit.into()
}
