//! What profiles say of `core/src/controller`, tests apart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::run;
use crate::conformance::Failure;

/// The folder that is measured.
const FOLDER: &str = "core/src/controller";

/// LLVM's programs.
pub(super) struct Tools {
    pub(super) profdata: PathBuf,
    pub(super) cov: PathBuf,
}

/// How many of some things there are, and which were not reached.
pub(super) struct Part<T> {
    pub(super) all: u64,
    pub(super) missing: Vec<T>,
}

/// A line: the file, below the folder, and its number.
pub(super) type Line = (String, u64);

/// One outcome of a condition.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Branch {
    /// File, below the folder.
    pub(super) file: String,
    /// First and last line and column of the condition, from 1; the last column is behind it.
    pub(super) from: (u64, u64),
    pub(super) to: (u64, u64),
    /// Which outcome.
    pub(super) outcome: bool,
}

/// What some profiles reach.
pub(super) struct Reached {
    pub(super) lines: Part<Line>,
    pub(super) branches: Part<Branch>,
}

impl<T> Part<T> {
    pub(super) fn covered(&self) -> u64 {
        self.all - self.missing.len() as u64
    }

    pub(super) fn share(&self) -> String {
        format!("{} ({:.1} %)", self.covered(), 100.0 * self.covered() as f64 / (self.all as f64).max(1.0))
    }
}

impl Reached {
    pub(super) fn of(
        root: &Path,
        program: &Path,
        tools: &Tools,
        profiles: &[PathBuf],
    ) -> Result<Self, Failure> {
        let merged = root.join("target/coverage/cases.profdata");
        run(Command::new(&tools.profdata).args(["merge", "--sparse", "-o"]).arg(&merged).args(profiles))?;
        let export = |options: &[&str]| -> Result<String, Failure> {
            let mut command = Command::new(&tools.cov);
            command.arg("export").args(options).arg("--instr-profile").arg(&merged);
            let exported = command.arg(program).arg(root.join(FOLDER)).output()?;
            if !exported.status.success() {
                let why = String::from_utf8_lossy(&exported.stderr).into_owned();
                return Err(Failure::NoOracle(format!("llvm-cov export: {why}")));
            }
            Ok(String::from_utf8_lossy(&exported.stdout).into_owned())
        };
        let below = format!("{}/", root.join(FOLDER).display());
        let lines = lines(&export(&["--format=lcov"])?, &below);
        let branches =
            branches(&export(&["--format=text", "--skip-functions", "--skip-expansions"])?, &below)?;
        if lines.all == 0 || branches.all == 0 {
            let what = format!("llvm-cov told of {} lines and {} branches", lines.all, branches.all);
            return Err(Failure::NoOracle(what));
        }
        Ok(Reached { lines, branches })
    }
}

/// The name below the folder; `None` for tests.
fn measured<'a>(name: &'a str, below: &str) -> Option<&'a str> {
    let file = name.strip_prefix(below)?;
    (!file.contains("tests")).then_some(file)
}

fn lines(lcov: &str, below: &str) -> Part<Line> {
    let mut part = Part { all: 0, missing: Vec::new() };
    let mut file = None;
    for line in lcov.lines() {
        if let Some(name) = line.strip_prefix("SF:") {
            file = measured(name, below);
        } else if let Some(file) = file
            && let Some((at, count)) = line.strip_prefix("DA:").and_then(|line| line.split_once(','))
        {
            part.all += 1;
            if count == "0" {
                part.missing.push((file.to_owned(), at.parse().unwrap_or(0)));
            }
        }
    }
    part
}

/// Both outcomes of each condition; those of one generic function count as one.
fn branches(json: &str, below: &str) -> Result<Part<Branch>, Failure> {
    let wrong = |what: &str| Failure::NoOracle(format!("llvm-cov export: {what}"));
    let exported: Value = serde_json::from_str(json).map_err(|error| wrong(&error.to_string()))?;
    let files = exported["data"][0]["files"].as_array().ok_or_else(|| wrong("no files"))?;
    let mut counts: BTreeMap<Branch, u64> = BTreeMap::new();
    for known in files {
        let Some(file) = known["filename"].as_str().and_then(|name| measured(name, below)) else { continue };
        for branch in known["branches"].as_array().into_iter().flatten() {
            // First line and column, last line and column, how often it was true, and false; and more.
            let n = |at: usize| branch[at].as_u64().ok_or_else(|| wrong(&format!("the branch {branch}")));
            let (from, to) = ((n(0)?, n(1)?), (n(2)?, n(3)?));
            for (outcome, at) in [(true, 4), (false, 5)] {
                *counts.entry(Branch { file: file.to_owned(), from, to, outcome }).or_default() += n(at)?;
            }
        }
    }
    let all = counts.len() as u64;
    Ok(Part { all, missing: counts.into_iter().filter(|(_, n)| *n == 0).map(|(branch, _)| branch).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_of_one_condition_add_up_over_the_instances_of_a_generic_function() {
        let json = r#"{"data":[{"files":[
            {"filename":"/r/core/src/controller/a.rs","branches":[[3,8,3,13,0,2,0,0,4],[3,8,3,13,1,0,0,0,4],[9,1,9,4,0,7,0,0,4]]},
            {"filename":"/r/core/src/controller/tests/b.rs","branches":[[1,1,1,2,0,0,0,0,4]]}]}]}"#;
        let Ok(part) = branches(json, "/r/core/src/controller/") else { panic!("it is read") };
        let never = Branch { file: "a.rs".into(), from: (9, 1), to: (9, 4), outcome: true };
        assert_eq!((part.all, part.missing), (4, vec![never]));
        assert!(branches("{}", "").is_err());
    }

    #[test]
    fn lines_of_tests_do_not_count() {
        let lcov = "SF:/r/c/a.rs\nDA:1,0\nDA:2,5\nend_of_record\nSF:/r/c/tests/a.rs\nDA:1,0\n";
        let part = lines(lcov, "/r/c/");
        assert_eq!((part.all, part.missing), (2, vec![("a.rs".to_owned(), 1)]));
    }
}
