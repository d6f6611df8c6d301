//! `cargo fuzz run -s none conformance`: ours against the real controllers, where they are built.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| maxsurge_fuzz::agreement::conformance(data));

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    maxsurge_fuzz::replay(maxsurge_fuzz::agreement::conformance)
}
