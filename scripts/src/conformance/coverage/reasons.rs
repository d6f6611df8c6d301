//! Why a line or a branch is not reached: each has to be explained in a file, or the measurement fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::reached::{Branch, Reached};
use crate::conformance::Failure;

/// Least part of the lines, in percent.
const LINES_MIN: f64 = 98.0;
/// The reason of what is not part of the product: it is not counted.
const MUTANT: &str = "Only a mutant of core/src/zoo comes here.";
/// Why the rest is not reached.
const REASONS: &str = "scripts/src/conformance/unreached.txt";

/// Reasons by place: `path: the line, trimmed` or `path: never true: the condition`, one a line; below a group of them,
/// indented, the reason.
fn read(root: &Path) -> Result<BTreeMap<String, String>, Failure> {
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

/// Lines of the sources, read once.
struct Sources<'a> {
    root: &'a Path,
    files: BTreeMap<String, Vec<String>>,
}

impl Sources<'_> {
    fn of(&mut self, file: &str) -> Result<&[String], Failure> {
        if !self.files.contains_key(file) {
            let text = std::fs::read_to_string(self.root.join("core/src/controller").join(file))?;
            self.files.insert(file.to_owned(), text.lines().map(str::to_owned).collect());
        }
        Ok(&self.files[file])
    }

    fn line(&mut self, file: &str, line: u64) -> Result<String, Failure> {
        let text = self.of(file)?.get(line as usize - 1);
        Ok(text.map_or("", |text| text.trim()).to_owned())
    }

    /// The condition in one line.
    fn condition(&mut self, branch: &Branch) -> Result<String, Failure> {
        let (from, to) = (branch.from, branch.to);
        let text = self.of(&branch.file)?;
        let mut words = Vec::new();
        for at in from.0..=to.0 {
            let line = text.get(at as usize - 1).map_or("", String::as_str);
            let end = if at == to.0 { to.1 as usize - 1 } else { line.len() };
            let begin = if at == from.0 { from.1 as usize - 1 } else { 0 };
            words.extend(line.get(begin..end).unwrap_or(line).split_whitespace().map(str::to_owned));
        }
        Ok(words.join(" "))
    }
}

/// What was not reached, told and counted.
#[derive(Default)]
struct Told {
    used: BTreeSet<String>,
    mutants: u64,
    unexplained: u64,
}

impl Told {
    fn tell(&mut self, reasons: &BTreeMap<String, String>, at: &str, place: String, size: u64) {
        match reasons.get(&place) {
            Some(reason) if reason == MUTANT => self.mutants += size,
            Some(reason) => eprintln!("not reached: {at}, {place}: {reason}"),
            None => {
                self.unexplained += 1;
                eprintln!("not reached: {at}, NOT EXPLAINED:\n{place}");
            }
        }
        self.used.insert(place);
    }
}

/// Whether a condition would have that outcome only if a mutant were active.
fn is_switched(condition: &str, outcome: bool) -> bool {
    let switch = |condition: &str| condition.starts_with("active(Mutant::");
    if outcome { switch(condition) } else { condition.strip_prefix('!').is_some_and(switch) }
}

/// Tells what was not reached and why; fails if it is too much, or if something of it is not explained.
pub(super) fn report(root: &Path, reached: &Reached, seed: u64) -> Result<(), Failure> {
    let reasons = read(root)?;
    let mut sources = Sources { root, files: BTreeMap::new() };
    let (mut lines, mut branches) = (Told::default(), Told::default());
    // Lines that follow each other are explained with the first of them.
    for run in reached.lines.missing.chunk_by(|a, b| a.0 == b.0 && a.1 + 1 == b.1) {
        let (file, line) = &run[0];
        let place = format!("{file}: {}", sources.line(file, *line)?);
        lines.tell(&reasons, &format!("{file}:{line}"), place, run.len() as u64);
    }
    let dead: BTreeSet<(&str, u64)> =
        reached.lines.missing.iter().map(|(file, line)| (file.as_str(), *line)).collect();
    for branch in &reached.branches.missing {
        // A condition that is never looked at is explained with its line.
        if dead.contains(&(branch.file.as_str(), branch.from.0)) {
            continue;
        }
        let condition = sources.condition(branch)?;
        // One that nothing came to, though something came to its line: what stands before it is a mutant's switch.
        let other = Branch { outcome: !branch.outcome, ..branch.clone() };
        let is_unasked = reached.branches.missing.binary_search(&other).is_ok();
        if is_switched(&condition, branch.outcome)
            || is_unasked && sources.line(&branch.file, branch.from.0)?.contains("active(Mutant::")
        {
            branches.mutants += 1;
            continue;
        }
        let place = format!("{}: never {}: {condition}", branch.file, branch.outcome);
        branches.tell(&reasons, &format!("{}:{}", branch.file, branch.from.0), place, 1);
    }
    // With few cases more is not reached, but nothing less.
    for place in
        reasons.keys().filter(|place| !lines.used.contains(*place) && !branches.used.contains(*place))
    {
        eprintln!("reached after all, or not there any more ({REASONS}): {place}");
    }
    let counted = |all: u64, covered: u64, told: &Told, what: &str| {
        let all = all - told.mutants;
        let percent = 100.0 * covered as f64 / (all as f64).max(1.0);
        eprintln!(
            "{covered} of {all} {what} ({percent:.1} %) without {} of mutants, seed {seed}; {} places without an explanation in {REASONS}",
            told.mutants, told.unexplained
        );
        percent
    };
    let percent = counted(reached.lines.all, reached.lines.covered(), &lines, "lines");
    counted(reached.branches.all, reached.branches.covered(), &branches, "branches");
    let unexplained = lines.unexplained + branches.unexplained;
    if percent < LINES_MIN || unexplained > 0 { Err(Failure::Different) } else { Ok(()) }
}
