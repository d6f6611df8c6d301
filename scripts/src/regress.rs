//! `cargo xtask regress add`: a crash becomes a committed file that every `cargo test` replays.

use std::path::Path;

pub(crate) const USAGE: &str = "\
usage: cargo xtask regress add CRASH NAME [TARGET]

  Copies the file CRASH, as libFuzzer or the harness wrote it, to fuzz/regressions/TARGET/NAME (default: rollout), where
  `cargo test -p maxsurge-fuzz` replays it. NAME tells what it is about, in small letters, digits and dashes.";

/// Runs the command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (crash, name, target) = match arguments[..] {
        ["add", crash, name] => (crash, name, "rollout"),
        ["add", crash, name, target] => (crash, name, target),
        _ => return Err("one crash and its name are needed".into()),
    };
    let plain = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-_".contains(&c))
    };
    if !plain(name) || !plain(target) {
        return Err(format!("{name:?} and {target:?} must be small letters, digits and dashes"));
    }
    if !root.join("fuzz/fuzz_targets").join(format!("{target}.rs")).is_file() {
        return Err(format!("no target is called {target:?}"));
    }
    let data = std::fs::read(crash).map_err(|error| format!("{crash}: {error}"))?;
    let folder = root.join("fuzz/regressions").join(target);
    let path = folder.join(name);
    if path.exists() {
        return Err(format!("fuzz/regressions/{target}/{name} exists already"));
    }
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let unfinished = folder.join(format!(".{name}.part"));
    std::fs::write(&unfinished, data).map_err(|error| format!("{}: {error}", unfinished.display()))?;
    std::fs::rename(&unfinished, &path).map_err(|error| format!("{}: {error}", path.display()))?;
    eprintln!("fuzz/regressions/{target}/{name}: commit it together with what it found");
    Ok(())
}
