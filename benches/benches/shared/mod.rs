//! What the bench programs share besides the library: it may depend on the plots, which the library does not.
#![allow(dead_code, reason = "each bench uses its part")]

pub(crate) mod loglog;
pub(crate) mod plots;
pub(crate) mod seeds;

/// Whether `cargo test --benches` runs this, to see that it works and not to measure.
pub(crate) fn is_test() -> bool {
    std::env::args().any(|argument| argument == "--test" || argument == "--list")
}

/// Whether only some of the benches are asked for.
pub(crate) fn is_filtered() -> bool {
    std::env::args().skip(1).any(|argument| !argument.starts_with('-') || argument == "--list")
}

/// Writes a run as JSON: to a temporary file that then gets the name.
pub(crate) fn save(file: &std::path::Path, run: &serde_json::Value) {
    let text = serde_json::to_string_pretty(run).expect("it is plain data") + "\n";
    let temporary = file.with_extension("json.tmp");
    let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, file));
    written.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    eprintln!("saved {}", file.display());
}
