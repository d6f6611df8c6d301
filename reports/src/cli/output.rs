//! Output that may be cut short: a reader that goes away (`| head`) ends the program quietly.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use super::Exit;

/// What a shell reports of a program that a closed pipe ended: 128 + SIGPIPE.
const CLOSED_PIPE: u8 = 141;

/// Prints `error: …` to standard error.
pub fn error(message: impl Display) {
    let _ = writeln!(io::stderr().lock(), "error: {message}");
}

/// Prints a text to standard error as it is.
pub fn note(text: impl Display) {
    let _ = write!(io::stderr().lock(), "{text}");
}

/// Prints `warning: …` to standard error.
pub fn warning(message: impl Display) {
    let _ = writeln!(io::stderr().lock(), "warning: {message}");
}

/// The exit code after writing to standard output: quiet about a closed pipe, loud about a full disk.
pub fn finish(result: io::Result<Exit>) -> ExitCode {
    match result {
        Ok(exit) => exit.into(),
        Err(closed) if closed.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(CLOSED_PIPE),
        Err(other) => {
            error(format_args!("cannot write the output: {other}"));
            Exit::Limit.into()
        }
    }
}

/// Writes one text to standard output.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
