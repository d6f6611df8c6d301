//! The harness tests itself: with a bug switched on it must find something within seconds.
//! `cargo run -p maxsurge-fuzz --features zoo --bin canary`; under `cargo fuzz` libFuzzer must crash on it.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(init: maxsurge_fuzz::canary::plant(), |data: &[u8]| {
    maxsurge_fuzz::rollout_bytes(data);
});

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    maxsurge_fuzz::canary::sing()
}
