//! `cargo xtask exhaust`: every interleaving of small worlds, in a release build.

use std::path::Path;
use std::process::{Command, ExitCode};

/// Runs the program of the fuzzing harness with these arguments.
pub(crate) fn run(root: &Path, arguments: &[String]) -> ExitCode {
    let features: &[&str] =
        if arguments.iter().any(|name| name == "--mutants") { &["--features", "zoo"] } else { &[] };
    let mut cargo = Command::new("cargo");
    cargo.args(["run", "--release", "--quiet", "--locked", "--package", "maxsurge-fuzz", "--bin", "exhaust"]);
    cargo.args(features).arg("--").args(arguments).current_dir(root);
    crate::run(&mut cargo)
}
