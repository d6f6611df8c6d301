//! One search of the bug zoo, in a process of its own: `zoo list`, `zoo hunt NAME SEED SECONDS` (NAME `-` = no mutant).
//! Answers in lines of fields between tabs, for `cargo xtask zoo`.

use std::io::Write as _;
use std::process::ExitCode;

use maxsurge_fuzz::zoo;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let text = match words[..] {
        ["list"] => zoo::list(),
        ["hunt", name, seed, seconds] => match zoo::hunt_one(name, seed, seconds) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("error: {error}");
                return ExitCode::from(2);
            }
        },
        _ => {
            eprintln!("usage: zoo list | zoo hunt NAME SEED SECONDS");
            return ExitCode::from(2);
        }
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
