//! `cargo fuzz run -s none autoscaler`; without `--cfg fuzzing` it replays the files that its arguments name.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| maxsurge_fuzz::autoscaler::autoscaler(data));

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    maxsurge_fuzz::replay(maxsurge_fuzz::autoscaler::autoscaler)
}
