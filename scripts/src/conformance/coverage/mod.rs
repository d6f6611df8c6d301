//! `coverage`: which lines and branches of our controllers the generators reach.

mod reached;
mod reasons;

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use maxsurge_fuzz::hunt::{bytes_of, judge_or_panic};
use maxsurge_fuzz::{Judgement, input_of, unjudged};
use serde_json::json;

use super::{Failure, Options};
use reached::{Reached, Tools};

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
                let _ = judge_or_panic(&input, Judgement::once(false));
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
    let tools = Tools { profdata: tool("llvm-profdata")?, cov: tool("llvm-cov")? };
    let target = root.join("target/coverage");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo)
        .current_dir(&root)
        .args(["build", "--package", "xtask", "--target-dir"])
        .arg(&target)
        // Branches are counted by an option that is not stable yet; the build is for this measurement alone.
        .env("RUSTFLAGS", "-C instrument-coverage -Z coverage-options=branch")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("LLVM_PROFILE_FILE", target.join("build-%p.profraw")))?;
    let program = target.join("debug/xtask");
    let mut profiles = Vec::new();
    eprintln!("{:<30} {:>8} {:>16} {:>16}", "core/src/controller", "cases", "lines", "branches");
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
        eprintln!(
            "{:<30} {cases:>8} {:>16} {:>16}",
            family.name,
            reached.lines.share(),
            reached.branches.share()
        );
        profiles.push(raw);
    }
    let reached = Reached::of(&root, &program, &tools, &profiles)?;
    eprintln!(
        "{:<30} {:>8} {:>16} {:>16}",
        "all of them",
        "",
        reached.lines.share(),
        reached.branches.share()
    );
    reasons::report(&root, &reached, options.seed)
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
