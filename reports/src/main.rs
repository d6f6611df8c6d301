//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    maxsurge_reports::cli::main()
}
