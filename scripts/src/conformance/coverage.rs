//! `coverage`: which lines of our controllers the generators reach.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use maxsurge_fuzz::hunt::{bytes_of, judge_or_panic};
use maxsurge_fuzz::{Judgement, input_of, unjudged};
use serde_json::json;

use super::{Failure, Options};

/// Least part of the lines, in percent.
const LINES_MIN: f64 = 98.0;
/// The reason of lines that are not part of the product: they are not counted.
const MUTANT: &str = "Only a mutant of core/src/zoo comes here.";
/// Why the rest is not reached.
const REASONS: &str = "scripts/src/conformance/unreached.txt";

/// Prints cases and our verdicts as JSON Lines; with it a run can be measured, or looked into.
pub(super) fn ours(options: &Options) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for source in &options.sources {
        for index in options.from..options.from + options.cases {
            let case = source.case(options.seed, index);
            let ours = source.ours(&case.to_string(), options.version.unwrap_or_default());
            writeln!(out, "{}", json!({"case": case, "ours": ours}))?;
        }
    }
    Ok(())
}

/// Plays random worlds of the fuzz target `rollout` and prints nothing: refused and lost requests, restarts and late caches, which no
/// case of the protocol has.
pub(super) fn worlds(options: &Options) -> Result<(), Failure> {
    for index in options.from..options.from + options.cases {
        if let Some(input) = input_of(&bytes_of(options.seed, index)) {
            // Some get stuck or are broken; the fuzz target judges that. A few are judged here as well, since who judges asks
            // the controllers for more.
            let _ = unjudged(&input, options.version.unwrap_or_default());
            if index.is_multiple_of(20) {
                let _ = judge_or_panic(&input, Judgement { is_strict: false, twice: false });
            }
        }
    }
    Ok(())
}

/// A kind of cases, and how many of them there are for each 1,000 that are asked for.
struct Family {
    name: &'static str,
    command: &'static [&'static str],
    share: u64,
}

const FAMILIES: [Family; 8] = [
    Family {
        name: "single passes, Deployment",
        command: &["ours", "--controller", "deployment"],
        share: 1_000,
    },
    Family {
        name: "single passes, ReplicaSet",
        command: &["ours", "--controller", "replicaset"],
        share: 1_000,
    },
    Family {
        name: "the same by 1.34, Deployment",
        command: &["ours", "--kubernetes-version", "1.34", "--controller", "deployment"],
        share: 1_000,
    },
    Family {
        name: "the same by 1.34, ReplicaSet",
        command: &["ours", "--kubernetes-version", "1.34", "--controller", "replicaset"],
        share: 100,
    },
    Family { name: "autoscalers", command: &["ours", "--controller", "autoscaler"], share: 500 },
    Family { name: "whole rollouts", command: &["ours", "--controller", "run"], share: 20 },
    Family { name: "worlds of the fuzzer", command: &["worlds"], share: 500 },
    Family { name: "the same by 1.34", command: &["worlds", "--kubernetes-version", "1.34"], share: 50 },
];

/// Builds this program anew with counters, runs each family and sums up.
pub(super) fn main(options: &Options) -> Result<(), Failure> {
    let root = crate::root();
    let tools = (tool("llvm-profdata")?, tool("llvm-cov")?);
    let target = root.join("target/coverage");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo)
        .current_dir(&root)
        .args(["build", "--package", "xtask", "--target-dir"])
        .arg(&target)
        .env("RUSTFLAGS", "-C instrument-coverage")
        .env("LLVM_PROFILE_FILE", target.join("build-%p.profraw")))?;
    let program = target.join("debug/xtask");
    let mut profiles = Vec::new();
    eprintln!("{:<32} {:>8} {:>14}", "lines of core/src/controller", "cases", "reached");
    for (at, family) in FAMILIES.iter().enumerate() {
        let cases = options.cases * family.share / 1_000;
        let raw = target.join(format!("family-{at}.profraw"));
        run(Command::new(&program)
            .arg("conformance")
            .args(family.command)
            .args(["--cases", &cases.to_string(), "--seed", &options.seed.to_string()])
            .stdout(std::process::Stdio::null())
            .env("LLVM_PROFILE_FILE", &raw))?;
        let reached = Reached::of(&root, &program, &tools, std::slice::from_ref(&raw))?;
        eprintln!("{:<32} {:>8} {:>14}", family.name, cases, reached.share());
        profiles.push(raw);
    }
    let reached = Reached::of(&root, &program, &tools, &profiles)?;
    eprintln!("{:<32} {:>8} {:>14}", "all of them", "", reached.share());
    report(&root, &reached, options)
}

/// What some profiles reach of `core/src/controller`.
struct Reached {
    lines: u64,
    covered: u64,
    /// File, line.
    missing: Vec<(String, u64)>,
}

impl Reached {
    fn of(
        root: &Path,
        program: &Path,
        (profdata, cov): &(PathBuf, PathBuf),
        profiles: &[PathBuf],
    ) -> Result<Self, Failure> {
        let merged = root.join("target/coverage/cases.profdata");
        run(Command::new(profdata).args(["merge", "--sparse", "-o"]).arg(&merged).args(profiles))?;
        let exported = Command::new(cov)
            .args(["export", "--format=lcov", "--instr-profile"])
            .arg(&merged)
            .arg(program)
            .arg(root.join("core/src/controller"))
            .output()?;
        let mut reached = Reached { lines: 0, covered: 0, missing: Vec::new() };
        let mut file = String::new();
        for line in String::from_utf8_lossy(&exported.stdout).lines() {
            if let Some(name) = line.strip_prefix("SF:") {
                file = name.strip_prefix(&format!("{}/", root.display())).unwrap_or(name).to_owned();
            } else if let Some((at, count)) = line.strip_prefix("DA:").and_then(|line| line.split_once(','))
                && !file.contains("/tests/")
            {
                reached.lines += 1;
                if count == "0" {
                    reached.missing.push((file.clone(), at.parse().unwrap_or(0)));
                } else {
                    reached.covered += 1;
                }
            }
        }
        if reached.lines == 0 {
            let why = String::from_utf8_lossy(&exported.stderr).into_owned();
            return Err(Failure::NoOracle(format!("llvm-cov printed no lines: {why}")));
        }
        Ok(reached)
    }

    fn percent(&self) -> f64 {
        100.0 * self.covered as f64 / (self.lines as f64).max(1.0)
    }

    fn share(&self) -> String {
        format!("{} ({:.1} %)", self.covered, self.percent())
    }
}

/// Why a line is not reached, by the file that says so: `path: the line, trimmed`, and below it, indented, the reason.
fn reasons(root: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let text = std::fs::read_to_string(root.join(REASONS))?;
    let mut reasons = BTreeMap::new();
    let mut waiting: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        match line.strip_prefix("    ") {
            Some(reason) => reasons.extend(waiting.drain(..).map(|place| (place, reason.to_owned()))),
            None => waiting.push(line.to_owned()),
        }
    }
    Ok(reasons)
}

fn report(root: &Path, reached: &Reached, options: &Options) -> Result<(), Failure> {
    let reasons = reasons(root)?;
    let mut used = BTreeSet::new();
    let (mut mutants, mut unexplained) = (0, 0);
    let mut texts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    // Lines that follow each other are explained with the first of them.
    for run in reached.missing.chunk_by(|a, b| a.0 == b.0 && a.1 + 1 == b.1) {
        let (file, line) = &run[0];
        if !texts.contains_key(file.as_str()) {
            let text = std::fs::read_to_string(root.join(file))?;
            texts.insert(file, text.lines().map(|line| line.trim().to_owned()).collect());
        }
        let text = texts[file.as_str()].get(*line as usize - 1).cloned().unwrap_or_default();
        let place = format!("{}: {text}", file.trim_start_matches("core/src/controller/"));
        match reasons.get(&place) {
            Some(reason) if reason == MUTANT => mutants += run.len() as u64,
            Some(reason) => eprintln!("not reached: {file}:{line}, {}: {reason}", run.len()),
            None => {
                unexplained += 1;
                eprintln!("not reached: {file}:{line}, {}: NOT EXPLAINED\n    {text}", run.len());
            }
        }
        used.insert(place);
    }
    // With few cases more is not reached, but nothing less.
    for place in reasons.keys().filter(|place| !used.contains(*place)) {
        eprintln!("reached after all, or not there any more ({REASONS}): {place}");
    }
    let lines = reached.lines - mutants;
    let percent = 100.0 * reached.covered as f64 / (lines as f64).max(1.0);
    eprintln!(
        "{} of {lines} lines ({percent:.1} %) without {mutants} of mutants, seed {}; {unexplained} places without an explanation in {REASONS}",
        reached.covered, options.seed
    );
    if percent < LINES_MIN || unexplained > 0 { Err(Failure::Different) } else { Ok(()) }
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
