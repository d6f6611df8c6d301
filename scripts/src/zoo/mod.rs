//! `cargo xtask zoo`: the harness against each known bug, one process a bug, and `fuzz/BUG-ZOO.md`.

mod report;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) const USAGE: &str = "\
usage: cargo xtask zoo [--only NAME,…] [--difficulty N,…] [--budget SECONDS] [--jobs N] [--seed N]

Searches for each mutant of core/src/zoo from an empty corpus, after a search without any. Budgets are processor time:
10 s at difficulty 1 and 2, 60 s at 3, 600 s at 4, unless --budget says otherwise. A search for all writes
fuzz/BUG-ZOO.md; one for some only prints.";

/// What was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Wanted {
    only: Vec<String>,
    difficulties: Vec<u8>,
    budget_s: Option<u64>,
    jobs: usize,
    seed: u64,
}

impl Wanted {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut wanted = Wanted { only: vec![], difficulties: vec![], budget_s: None, jobs: 1, seed: 0 };
        let mut rest = arguments.iter();
        while let Some(flag) = rest.next() {
            let (flag, value) = match flag.split_once('=') {
                Some((flag, value)) => (flag, Some(value.to_owned())),
                None => (flag.as_str(), rest.next().cloned()),
            };
            let value = value.ok_or_else(|| format!("{flag} needs a value"))?;
            let number =
                |text: &str| text.parse::<u64>().map_err(|_| format!("{flag}: {text:?} is no number"));
            match flag {
                "--only" => wanted.only.extend(value.split(',').map(str::to_owned)),
                "--difficulty" => {
                    for part in value.split(',') {
                        wanted.difficulties.push(number(part)? as u8);
                    }
                }
                "--budget" => wanted.budget_s = Some(number(&value)?),
                "--jobs" => wanted.jobs = (number(&value)? as usize).max(1),
                "--seed" => wanted.seed = number(&value)?,
                _ => return Err(format!("unknown option {flag}")),
            }
        }
        Ok(wanted)
    }

    fn takes(&self, entry: &Entry) -> bool {
        (self.only.is_empty() || self.only.contains(&entry.name))
            && (self.difficulties.is_empty() || self.difficulties.contains(&entry.difficulty))
    }

    fn is_all(&self) -> bool {
        self.only.is_empty() && self.difficulties.is_empty()
    }

    fn budget_s(&self, difficulty: u8) -> u64 {
        self.budget_s.unwrap_or(match difficulty {
            1 | 2 => 10,
            3 => 60,
            _ => 600,
        })
    }
}

/// An entry of the catalogue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    is_mutant: bool,
    name: String,
    kind: String,
    difficulty: u8,
    sources: String,
    expected: String,
    what: String,
}

fn catalogue(text: &str) -> Result<Vec<Entry>, String> {
    let entry = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [sort, name, kind, difficulty, sources, expected, what] = fields[..] else { return None };
        Some(Entry {
            is_mutant: sort == "mutant",
            name: name.into(),
            kind: kind.into(),
            difficulty: difficulty.parse().ok()?,
            sources: sources.into(),
            expected: expected.into(),
            what: what.into(),
        })
    };
    text.lines().map(|line| entry(line).ok_or_else(|| format!("unreadable line: {line}"))).collect()
}

/// What one search came to.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Outcome {
    found: bool,
    property: String,
    executions: u64,
    seconds: f64,
    steps: String,
    what: String,
    budget_s: u64,
}

impl Outcome {
    fn parse(text: &str, budget_s: u64) -> Option<Self> {
        let fields: Vec<&str> = text.trim_end_matches('\n').split('\t').collect();
        let [verdict, property, executions, seconds, steps, what] = fields[..] else { return None };
        Some(Outcome {
            found: verdict == "found",
            property: property.into(),
            executions: executions.parse().ok()?,
            seconds: seconds.parse().ok()?,
            steps: steps.into(),
            what: what.into(),
            budget_s,
        })
    }
}

/// Does it; the lines are for standard error.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let wanted = Wanted::parse(arguments)?;
    let worker = build(root)?;
    let entries = catalogue(&output(&worker, &["list".into()])?)?;
    for name in &wanted.only {
        if !entries.iter().any(|entry| entry.is_mutant && entry.name == *name) {
            return Err(format!("no mutant is called {name:?}"));
        }
    }
    let chosen: Vec<&Entry> = entries.iter().filter(|e| e.is_mutant && wanted.takes(e)).collect();
    let most = chosen.iter().map(|entry| wanted.budget_s(entry.difficulty)).max().unwrap_or(0);
    let baseline = hunt(&worker, "-", &wanted, most)?;
    if baseline.found {
        return Err(format!(
            "without a mutant {} fails after {} executions: {}",
            baseline.property, baseline.executions, baseline.what
        ));
    }
    eprintln!("{:<32} passes, {} executions in {:.1} s", "no mutant", baseline.executions, baseline.seconds);
    let outcomes = hunt_all(&worker, &wanted, &chosen)?;
    eprint!("{}", report::summary(&chosen, &outcomes));
    if wanted.is_all() {
        let path = root.join("fuzz/BUG-ZOO.md");
        let text = report::document(&head(root), &entries, &chosen, &outcomes, &baseline);
        let fresh = path.with_extension("md.new");
        let written = std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, &path));
        written.map_err(|error| format!("{}: {error}", path.display()))?;
        eprintln!("{} is written", path.display());
    }
    Ok(())
}

fn hunt_all(worker: &Path, wanted: &Wanted, chosen: &[&Entry]) -> Result<Vec<Outcome>, String> {
    let next = AtomicUsize::new(0);
    let outcomes: Mutex<Vec<Option<Result<Outcome, String>>>> = Mutex::new(vec![None; chosen.len()]);
    std::thread::scope(|scope| {
        for _ in 0..wanted.jobs {
            scope.spawn(|| {
                while let Some((at, entry)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    chosen.get(at).map(|entry| (at, entry))
                } {
                    let outcome = hunt(worker, &entry.name, wanted, wanted.budget_s(entry.difficulty));
                    if let Ok(outcome) = &outcome {
                        eprintln!("{}", report::line(entry, outcome));
                    }
                    outcomes.lock().expect("no search panics")[at] = Some(outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().expect("no search panics");
    outcomes.into_iter().map(|outcome| outcome.expect("each was searched for")).collect()
}

fn hunt(worker: &Path, name: &str, wanted: &Wanted, budget_s: u64) -> Result<Outcome, String> {
    let arguments = ["hunt".into(), name.to_owned(), wanted.seed.to_string(), budget_s.to_string()];
    let text = output(worker, &arguments)?;
    Outcome::parse(&text, budget_s).ok_or_else(|| format!("{name}: unreadable answer: {text}"))
}

fn build(root: &Path) -> Result<PathBuf, String> {
    let status = Command::new("cargo")
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            "maxsurge-fuzz",
            "--features",
            "zoo",
            "--bin",
            "zoo",
        ])
        .current_dir(root)
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err("the searcher does not build".into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(root.join(target).join("release").join(format!("zoo{}", std::env::consts::EXE_SUFFIX)))
}

fn output(program: &Path, arguments: &[String]) -> Result<String, String> {
    let name = program.display();
    let output =
        Command::new(program).args(arguments).output().map_err(|error| format!("{name}: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name} {}: {}: {text}", arguments.join(" "), output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{name}: the answer is no text"))
}

/// Commit and its date.
fn head(root: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(root).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["log", "-1", "--format=%h of %cs"]).unwrap_or_else(|| "an unknown commit".into());
    match git(&["status", "--porcelain", "--untracked-files=no"]).as_deref() {
        Some("") => commit,
        _ => format!("{commit}, edited"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Wanted, catalogue};

    fn wanted(text: &str) -> Result<Wanted, String> {
        Wanted::parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options() {
        let some = wanted("--only a,b --difficulty 1,3 --budget=5 --jobs 2 --seed 9").unwrap();
        assert_eq!((some.only.len(), &some.difficulties[..], some.budget_s(4)), (2, &[1, 3][..], 5));
        assert_eq!((some.jobs, some.seed, some.is_all()), (2, 9, false));
        let all = wanted("").unwrap();
        assert!(all.is_all());
        assert_eq!([1, 2, 3, 4].map(|difficulty| all.budget_s(difficulty)), [10, 10, 60, 600]);
        assert!(wanted("--budget soon").unwrap_err().contains("no number"));
        assert!(wanted("--budget").unwrap_err().contains("needs a value"));
        assert!(wanted("--fast 1").unwrap_err().contains("unknown"));
    }

    #[test]
    fn answers_of_the_searcher() {
        let found = Outcome::parse("found\tS-AVAIL\t12\t0.500\t3\ttwo pods\n", 10).unwrap();
        assert_eq!((found.found, found.executions, found.seconds, &*found.steps), (true, 12, 0.5, "3"));
        assert!(!Outcome::parse("missed\t\t9\t1.000\t\t\n", 10).unwrap().found);
        assert_eq!(Outcome::parse("what\n", 10), None);
        let entries =
            catalogue("mutant\tx\tbudget\t2\tk8s 1\tS-AVAIL\tdoes\nunseeded\ty\tcache\t4\t\t\twhy\n");
        let entries = entries.unwrap();
        assert_eq!((entries[0].is_mutant, entries[0].difficulty, entries[1].is_mutant), (true, 2, false));
        assert!(catalogue("x").is_err());
    }
}
