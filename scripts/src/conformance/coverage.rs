//! `coverage`: which lines of our controllers the generators reach.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{Failure, Options, Source};

/// Least part of the lines, in percent.
const LINES_MIN: f64 = 98.0;

/// Prints cases and our verdicts as JSON Lines; with it a run can be measured, or looked into.
pub(super) fn ours(options: &Options) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for source in &options.sources {
        for index in options.from..options.from + options.cases {
            let case = source.case(options.seed, index);
            let ours = source.ours(&case.to_string(), Default::default());
            writeln!(out, "{}", json!({"case": case, "ours": ours}))?;
        }
    }
    Ok(())
}

/// Builds this program anew with counters, runs [`ours`] and sums up per file.
pub(super) fn main(options: &Options) -> Result<(), Failure> {
    let root = crate::root();
    let (profdata, cov) = (tool("llvm-profdata")?, tool("llvm-cov")?);
    let target = root.join("target/coverage");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo)
        .current_dir(&root)
        .args(["build", "--package", "xtask", "--target-dir"])
        .arg(&target)
        .env("RUSTFLAGS", "-C instrument-coverage")
        .env("LLVM_PROFILE_FILE", target.join("build-%p.profraw")))?;
    let (program, raw) = (target.join("debug/xtask"), target.join("cases.profraw"));
    for source in Source::ALL {
        let cases = if source == Source::Run { options.cases / 50 } else { options.cases };
        let raw = raw.with_extension(format!("{}.profraw", source.as_str()));
        run(Command::new(&program)
            .args(["conformance", "ours", "--controller", source.as_str(), "--cases", &cases.to_string()])
            .args(["--seed", &options.seed.to_string()])
            .stdout(std::process::Stdio::null())
            .env("LLVM_PROFILE_FILE", &raw))?;
    }
    let profiles = Source::ALL.map(|source| raw.with_extension(format!("{}.profraw", source.as_str())));
    let merged = target.join("cases.profdata");
    run(Command::new(&profdata).args(["merge", "--sparse", "-o"]).arg(&merged).args(profiles))?;
    let folder = root.join("core/src/controller");
    let exported = Command::new(&cov)
        .args(["export", "--format=text", "--skip-functions", "--instr-profile"])
        .arg(&merged)
        .arg(&program)
        .arg(&folder)
        .output()?;
    let exported: Value = serde_json::from_slice(&exported.stdout)
        .map_err(|error| Failure::NoOracle(format!("llvm-cov printed no JSON: {error}")))?;
    report(&root, &exported, options)
}

fn report(root: &Path, exported: &Value, options: &Options) -> Result<(), Failure> {
    let (mut lines, mut covered, mut missing) = (0, 0, Vec::new());
    for file in exported["data"][0]["files"].as_array().into_iter().flatten() {
        let name = file["filename"].as_str().unwrap_or_default();
        let name = name.strip_prefix(&format!("{}/", root.display())).unwrap_or(name);
        if name.contains("/tests/") {
            continue;
        }
        let summary = &file["summary"]["lines"];
        lines += summary["count"].as_u64().unwrap_or(0);
        covered += summary["covered"].as_u64().unwrap_or(0);
        // A segment: line, column, count, has a count, begins a region, is a gap.
        for segment in file["segments"].as_array().into_iter().flatten() {
            if segment[2] == 0 && segment[3] == true && segment[4] == true && segment[5] != true {
                missing.push(format!("{name}:{}", segment[0]));
            }
        }
    }
    let percent = 100.0 * covered as f64 / (lines as f64).max(1.0);
    missing.dedup();
    for place in &missing {
        eprintln!("not reached: {place}");
    }
    eprintln!(
        "core/src/controller: {covered} of {lines} lines ({percent:.1} %) by {} states per controller and {} rollouts, seed {}",
        options.cases,
        options.cases / 50,
        options.seed
    );
    if percent < LINES_MIN { Err(Failure::Different) } else { Ok(()) }
}

/// One of LLVM's programs: that of the toolchain (`rustup component add llvm-tools`), or one on PATH.
fn tool(name: &str) -> Result<PathBuf, Failure> {
    let printed = Command::new("rustc").args(["--print", "target-libdir"]).output()?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&printed.stdout).trim());
    let beside = libraries.parent().unwrap_or(&libraries).join("bin").join(name);
    if beside.exists() {
        return Ok(beside);
    }
    if Command::new(name).arg("--version").output().is_ok_and(|said| said.status.success()) {
        return Ok(name.into());
    }
    Err(Failure::NoOracle(format!("{name} is missing: rustup component add llvm-tools")))
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status()?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::NoOracle(format!("{} ended with {status}", command.get_program().display())))
}
