//! Random rollouts, judged by `maxsurge_core::oracle`. Fuzz targets and tests are glue around this library.

pub mod generators;
mod rollout;
#[cfg(feature = "zoo")]
mod search;
#[cfg(feature = "zoo")]
pub mod zoo;

use std::ffi::OsString;
use std::process::ExitCode;

use arbitrary::{Arbitrary, Unstructured};

pub use generators::{Event, Input, World};
pub use rollout::{Verdict, rollout};

/// One input of the fuzzer, as bytes. Panics, printing the input, if a property does not hold.
pub fn rollout_bytes(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    if let Err(violation) = rollout(&input) {
        panic!("{violation}\n{input:#?}");
    }
}

/// Replays inputs from files.
pub fn replay(paths: impl Iterator<Item = OsString>) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for path in paths {
        match std::fs::read(&path) {
            Ok(data) => rollout_bytes(&data),
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                code = ExitCode::from(2);
            }
        }
    }
    code
}
