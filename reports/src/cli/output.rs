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

/// A sentence in lines of at most `width` columns, each behind `indent`; further lines are indented two more.
pub fn wrapped(text: &str, indent: &str, width: usize) -> String {
    let (mut out, mut line) = (String::new(), indent.to_owned());
    let mut fresh = true;
    for word in text.split_whitespace() {
        if !fresh && line.chars().count() + 1 + word.chars().count() > width {
            out.push_str(&line);
            out.push('\n');
            line = format!("{indent}  ");
            fresh = true;
        }
        if !fresh {
            line.push(' ');
        }
        line.push_str(word);
        fresh = false;
    }
    out + &line + "\n"
}

#[cfg(test)]
mod tests {
    #[test]
    fn sentences_are_wrapped() {
        assert_eq!(super::wrapped("one two three", "  ", 10), "  one two\n    three\n");
        assert_eq!(super::wrapped("averyverylongword x", "  ", 10), "  averyverylongword\n    x\n");
        assert_eq!(super::wrapped("", "", 10), "\n");
    }
}
