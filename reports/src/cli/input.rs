//! What a command is given: files or standard input, as bytes; and what is wrong with it, told once.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::sync::Arc;

use maxsurge_core::api::Quantity;
use maxsurge_core::api::manifest::{self, Diagnostic, ReadOptions, SourceText};

use super::{Failure, output};

/// The flag with which the limit of a file's size is raised.
#[derive(clap::Args, Clone, Debug)]
pub struct Limit {
    /// Largest file that is read, bytes (`64Mi`, `1G`)
    #[arg(long, value_name = "SIZE", default_value = "32Mi", value_parser = size)]
    input_limit: usize,
}

impl Limit {
    /// In bytes.
    pub fn bytes(&self) -> usize {
        self.input_limit
    }
}

impl Default for Limit {
    fn default() -> Self {
        Limit { input_limit: ReadOptions::default().input_bytes_max }
    }
}

fn size(text: &str) -> Result<usize, String> {
    let quantity = Quantity::parse(text).ok().map(|quantity| quantity.value());
    let bytes = quantity.and_then(|bytes| usize::try_from(bytes).ok()).filter(|bytes| *bytes > 0);
    // Places in a file are counted in 32 bits.
    bytes
        .filter(|bytes| *bytes < 1 << 32)
        .ok_or_else(|| "write it as 64Mi, 1G or a number of bytes, below 4Gi".into())
}

/// Bytes and how messages name where they came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// The path as given, or `standard input`.
    pub name: String,
    /// The content, at most one byte more than the limit: enough for the reader to see that it is too much.
    pub bytes: Vec<u8>,
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// It cannot be read.
pub fn bytes(path: &str, bytes_max: usize) -> Result<Input, Failure> {
    let name = if path == "-" { "standard input" } else { path }.to_owned();
    let mut bytes = Vec::new();
    let limit = bytes_max as u64 + 1;
    let result = if path == "-" {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    result.map_err(|error| Failure::input(format!("cannot read {name}: {error}")))?;
    Ok(Input { name, bytes })
}

/// Tells all findings on standard error.
///
/// # Errors
/// There is an error among them.
pub fn tell(diagnostics: &[Diagnostic], sources: &[Arc<SourceText>]) -> Result<(), Failure> {
    let colour =
        std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && io::stderr().is_terminal();
    if !diagnostics.is_empty() {
        let text = manifest::render(diagnostics, sources, colour);
        output::note(
            text.replace("raise the limit of input bytes", "raise the limit with --input-limit")
                .replace("raise the limit of replicas", "raise the limit with --replicas-max"),
        );
    }
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    match errors {
        0 => Ok(()),
        1 => Err(Failure::input("the input has an error; nothing was written")),
        n => Err(Failure::input(format!("the input has {n} errors; nothing was written"))),
    }
}
