//! Texts that a command is given: files or standard input.

use std::fs::File;
use std::io::{self, Read};

/// Largest input read, bytes.
pub const INPUT_BYTES_MAX: u64 = 64 << 20;

/// A text and how messages name where it came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// The path as given, or `standard input`.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Reads a file, or standard input for `-`. The error is a whole sentence.
pub fn read(path: &str) -> Result<Input, String> {
    let name = if path == "-" { "standard input" } else { path }.to_owned();
    let mut bytes = Vec::new();
    let limit = INPUT_BYTES_MAX + 1;
    let result = if path == "-" {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    result.map_err(|error| format!("cannot read {name}: {error}"))?;
    if bytes.len() as u64 > INPUT_BYTES_MAX {
        return Err(format!("{name} is larger than {} MiB", INPUT_BYTES_MAX >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        format!("{name} is no text: byte {} is not UTF-8", error.utf8_error().valid_up_to())
    })?;
    if text.trim().is_empty() {
        return Err(format!("{name} is empty"));
    }
    Ok(Input { name, text })
}
