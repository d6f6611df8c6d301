//! `maxsurge completions` and `maxsurge man`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Command;

use super::{Exit, output};

const COMPLETIONS_HELP: &str = "\
Examples:
  maxsurge completions bash > ~/.local/share/bash-completion/completions/maxsurge
  maxsurge completions zsh > ~/.zfunc/_maxsurge";

/// Print shell completions
#[derive(clap::Args, Debug)]
#[command(after_help = COMPLETIONS_HELP)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

/// Prints the completions of a shell.
pub(super) fn completions(args: &CompletionsArgs, command: &mut Command) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, command, "maxsurge", &mut text);
    output::finish(output::print(&String::from_utf8_lossy(&text)).map(|()| Exit::Done))
}

const MAN_HELP: &str = "\
Examples:
  maxsurge man | man -l -
  maxsurge man --out ~/.local/share/man/man1";

/// Print the manual page, or write one per command into a folder
#[derive(clap::Args, Debug)]
#[command(after_help = MAN_HELP)]
pub(super) struct ManArgs {
    /// Folder for a page of each command; it must exist
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints or writes the manual pages.
pub(super) fn man(args: &ManArgs, command: &Command) -> ExitCode {
    match &args.out {
        Some(folder) => match clap_mangen::generate_to(command.clone(), folder) {
            Ok(()) => Exit::Done.into(),
            Err(error) => {
                output::error(format_args!("cannot write to {}: {error}", folder.display()));
                Exit::BadInput.into()
            }
        },
        None => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(command.clone()).render(&mut page);
            let printed = rendered.and_then(|()| output::print(&String::from_utf8_lossy(&page)));
            output::finish(printed.map(|()| Exit::Done))
        }
    }
}
