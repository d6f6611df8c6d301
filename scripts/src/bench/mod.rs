//! `cargo xtask bench`: the bench programs that state figures, and the file that states them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(super) const USAGE: &str = "\
usage: cargo xtask bench COMMAND

  goals [--full]     goals against measured; --full goes up to 1,000,000 pods
  memory [--full]    bytes a pod, allocations
  peers              the event queue's floor, a simulation that counts anew, the real controllers (if they are built:
                     scripts/upstream/build.sh), and the recorded times of a real control plane
  counts [--renew]   instructions of the hot paths against the committed ones, ±1 %
  figures [--quick]  goals, memory and peers in full, counts anew; writes benches/runs/, counts.json, the plot and the
                     tables of benches/PERFORMANCE.md. For a quiet machine: some minutes. --quick tries all of that but counts
                     with few pods, and writes to target/bench-quick/ only";

pub(super) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let (command, rest) = arguments.split_first().ok_or("which one?")?;
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let oracle = oracle(root);
    let with_oracle = |mut list: Vec<String>| {
        if let Some(program) = &oracle {
            list.extend(["--oracle".into(), program.display().to_string()]);
        }
        list
    };
    let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    match (command.as_str(), rest.as_slice()) {
        ("goals" | "memory", [] | ["--full"]) => bench(root, command, &owned(&rest)),
        ("counts", [] | ["--renew"]) => bench(root, command, &owned(&rest)),
        ("peers", []) => {
            let file = file(root, &root.join("benches"), "peers")?;
            bench(root, "peers", &with_oracle(owned(&["--full", "--save", &file])))
        }
        ("figures", []) => {
            figures(root, &root.join("benches"), &["--full"], &with_oracle)?;
            bench(root, "counts", &owned(&["--renew"]))?;
            bench(root, "performance", &owned(&["--renew"]))
        }
        ("figures", ["--quick"]) => {
            let folder = target(root).join("bench-quick");
            std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
            let document = root.join("benches/PERFORMANCE.md");
            std::fs::copy(document, folder.join("PERFORMANCE.md")).map_err(|error| error.to_string())?;
            figures(root, &folder, &[], &with_oracle)?;
            bench(root, "performance", &owned(&["--renew", "--folder", &folder.display().to_string()]))
        }
        _ => Err(format!("`{}` is no command of it", arguments.join(" "))),
    }
}

/// Runs what states figures; raw data go to `runs/` of the folder.
fn figures(
    root: &Path,
    folder: &Path,
    size: &[&str],
    with_oracle: &impl Fn(Vec<String>) -> Vec<String>,
) -> Result<(), String> {
    for what in ["goals", "memory", "peers"] {
        let file = file(root, folder, what)?;
        let list: Vec<String> = size.iter().chain(&["--save", &file]).map(ToString::to_string).collect();
        bench(root, what, &if what == "peers" { with_oracle(list) } else { list })?;
    }
    Ok(())
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// The real controllers in virtual time, if they were built.
fn oracle(root: &Path) -> Option<PathBuf> {
    Some(target(root).join("upstream/oracle")).filter(|program| program.exists())
}

/// Where a run of today is kept.
fn file(root: &Path, folder: &Path, what: &str) -> Result<String, String> {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(root).output();
        let output = output.map_err(|error| format!("{program}: {error}"))?;
        Ok::<_, String>(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let (date, commit) = (said("date", &["-u", "+%F"])?, said("git", &["rev-parse", "--short=12", "HEAD"])?);
    let runs = folder.join("runs");
    std::fs::create_dir_all(&runs).map_err(|error| format!("{}: {error}", runs.display()))?;
    Ok(runs.join(format!("{date}-{commit}-{what}.json")).display().to_string())
}

fn bench(root: &Path, name: &str, arguments: &[String]) -> Result<(), String> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["bench", "--quiet", "--locked", "--package", "maxsurge-benches", "--bench", name, "--"])
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the bench `{name}` failed")) }
}
