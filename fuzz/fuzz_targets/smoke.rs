//! Every target briefly, with random inputs from a seed: `cargo run -p maxsurge-fuzz --bin smoke [SECONDS]`.
//!
//! Under `cargo fuzz run -s none smoke` the first byte chooses the target.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((first, rest)) = data.split_first() {
        maxsurge_fuzz::targets::ALL[usize::from(*first) % maxsurge_fuzz::targets::ALL.len()].1(rest);
    }
});

#[cfg(not(fuzzing))]
fn main() {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(5);
    for (name, target) in maxsurge_fuzz::targets::ALL {
        let start = std::time::Instant::now();
        let mut n = 0;
        while start.elapsed().as_secs() < seconds {
            target(&maxsurge_fuzz::hunt::bytes_of(1, n));
            n += 1;
        }
        eprintln!("{name:>16}: {n} inputs, {:.0}/s", n as f64 / start.elapsed().as_secs_f64());
    }
}
