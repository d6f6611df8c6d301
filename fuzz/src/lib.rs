//! Random rollouts, judged by `maxsurge_core::oracle`. Fuzz targets and tests are glue around this library.

pub mod agreement;
mod autoscaled;
pub mod autoscaler;
#[cfg(feature = "zoo")]
pub mod canary;
pub mod case;
pub mod exhaust;
pub mod generators;
mod happen;
pub mod hunt;
pub mod minimize;
mod order;
pub mod panics;
mod rollout;
pub mod scenario;
#[cfg(feature = "zoo")]
mod search;
pub mod shrink;
pub mod speed;
pub mod states;
pub mod story;
pub mod targets;
mod templates;
#[cfg(feature = "zoo")]
pub mod zoo;

use std::process::ExitCode;

use arbitrary::{Arbitrary, Unstructured};

pub use generators::{Event, Input, World};
pub use happen::meddles;
pub use hunt::{Budget, Found, hunt};
pub use rollout::{Broken, Judgement, Verdict, judge, rollout, run, unjudged};

/// The input that bytes stand for.
pub fn input_of(data: &[u8]) -> Option<Input> {
    Input::arbitrary_take_rest(Unstructured::new(data)).ok()
}

/// One input of the fuzzer, as bytes. Panics, printing the input, if a property does not hold.
pub fn rollout_bytes(data: &[u8]) {
    let Some(input) = input_of(data) else { return };
    if let Err(broken) = rollout(&input) {
        panic!("{}\n{input:#?}", story::tell(&input, &broken, Judgement::default()));
    }
}

/// What a target does without libFuzzer: replays the files that the command line names.
pub fn replay(target: fn(&[u8])) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for path in std::env::args_os().skip(1) {
        match std::fs::read(&path) {
            Ok(data) => target(&data),
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                code = ExitCode::from(2);
            }
        }
    }
    code
}
