//! What a search of the zoo came to, as lines and as a document.

use std::fmt::Write as _;

use super::{Entry, Outcome};

/// One line of progress.
pub(super) fn line(entry: &Entry, outcome: &Outcome) -> String {
    let Outcome { executions, seconds, property, steps, .. } = outcome;
    let verdict = if outcome.found { format!("{property}, {steps} steps") } else { "MISSED".into() };
    format!("{:<32} {} {verdict}, {executions} executions in {seconds:.2} s", entry.name, entry.difficulty)
}

struct Share {
    difficulty: u8,
    found: usize,
    all: usize,
    slowest_s: f64,
}

fn shares(chosen: &[&Entry], outcomes: &[Outcome]) -> Vec<Share> {
    (1..=4)
        .map(|difficulty| {
            let pairs = chosen.iter().zip(outcomes).filter(|(entry, _)| entry.difficulty == difficulty);
            let found = pairs.clone().filter(|(_, outcome)| outcome.found);
            Share {
                difficulty,
                found: found.clone().count(),
                all: pairs.count(),
                slowest_s: found.map(|(_, outcome)| outcome.seconds).fold(0.0, f64::max),
            }
        })
        .filter(|share| share.all > 0)
        .collect()
}

/// Shares by difficulty, and what was missed.
pub(super) fn summary(chosen: &[&Entry], outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for Share { difficulty, found, all, slowest_s } in shares(chosen, outcomes) {
        let _ = writeln!(
            text,
            "difficulty {difficulty}: {found} of {all} found, the slowest in {slowest_s:.1} s"
        );
    }
    let missed: Vec<&str> = chosen
        .iter()
        .zip(outcomes)
        .filter(|(_, outcome)| !outcome.found)
        .map(|(entry, _)| entry.name.as_str())
        .collect();
    if !missed.is_empty() {
        let _ = writeln!(text, "missed: {}", missed.join(" "));
    }
    text
}

const HEAD: &str = "\
# Bug zoo

Bugs that rollout controllers had or could have, each a change of one to three lines in `core/` that is built in only
with the feature `zoo` (`core/src/zoo/`: the catalogue, and at each place where a bug is seeded a line that asks whether
it is active). The harness searches for one at a time, from an empty corpus, in one process on one core; the properties
that it judges by (`core/src/oracle`) cannot see which bug is active. This page is written by

```sh
cargo xtask zoo             # all; --only NAME,… --difficulty N,… --budget SECONDS --jobs N --seed N
```

Seconds are processor time of the search, without the time to make the finding small. Steps are the events that are left
of it then. Difficulty: 1 = any rollout shows it, 2 = one setting or event, 3 = an order of events, lag or a clock,
4 = stale reads, conflicts, extreme values.
";

/// `fuzz/BUG-ZOO.md`.
pub(super) fn document(
    head: &str,
    entries: &[Entry],
    chosen: &[&Entry],
    outcomes: &[Outcome],
    baseline: &Outcome,
) -> String {
    let mut text = HEAD.to_owned();
    let _ = writeln!(
        text,
        "\nMeasured on 2 cores (x86-64) at commit {head}. Without a mutant: no property failed in {} executions\n\
         ({:.0} s).\n",
        baseline.executions, baseline.seconds
    );
    text.push_str("| difficulty | found | of | share | budget | slowest |\n|---|---|---|---|---|---|\n");
    for Share { difficulty, found, all, slowest_s } in shares(chosen, outcomes) {
        let budget = chosen.iter().zip(outcomes).find(|(entry, _)| entry.difficulty == difficulty);
        let budget_s = budget.map_or(0, |(_, outcome)| outcome.budget_s);
        let percent = 100 * found / all;
        let _ = writeln!(
            text,
            "| {difficulty} | {found} | {all} | {percent} % | {budget_s} s | {slowest_s:.1} s |"
        );
    }
    text.push_str("\n## Mutants\n\n| mutant | kind | d | found by | expected | executions | seconds | steps | what it does wrong |\n");
    text.push_str("|---|---|---|---|---|---|---|---|---|\n");
    for (entry, outcome) in chosen.iter().zip(outcomes) {
        let Entry { name, kind, difficulty, expected, what, .. } = entry;
        let by = if outcome.found { &outcome.property } else { "**missed**" };
        let Outcome { executions, seconds, steps, .. } = outcome;
        let _ = writeln!(
            text,
            "| `{name}` | {kind} | {difficulty} | {by} | {expected} | {executions} | {seconds:.2} | {steps} | {what} |"
        );
    }
    text.push_str("\n## What is no mutant here\n\n| bug | kind | d | why |\n|---|---|---|---|\n");
    for entry in entries.iter().filter(|entry| !entry.is_mutant) {
        let Entry { name, kind, difficulty, what, .. } = entry;
        let _ = writeln!(text, "| `{name}` | {kind} | {difficulty} | {what} |");
    }
    text.push_str(
        "\n## Sources\n\nNumbers of issues and pull requests; names that begin with `s-` are invented.\n\n",
    );
    for entry in entries.iter().filter(|entry| !entry.sources.is_empty()) {
        let _ = writeln!(text, "- `{}`: {}", entry.name, entry.sources);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_tells_what_was_missed() {
        let entry = |name: &str, is_mutant| Entry {
            is_mutant,
            name: name.into(),
            kind: "cache".into(),
            difficulty: 3,
            sources: "k8s 1".into(),
            expected: "L-CONV".into(),
            what: "does".into(),
        };
        let outcome = |found, seconds| Outcome {
            found,
            property: if found { "L-CONV".into() } else { String::new() },
            executions: 7,
            seconds,
            steps: "2".into(),
            what: String::new(),
            budget_s: 60,
        };
        let entries = [entry("a", true), entry("b", true), entry("c", false)];
        let (chosen, outcomes) = ([&entries[0], &entries[1]], [outcome(true, 1.5), outcome(false, 60.0)]);
        let summary = summary(&chosen, &outcomes);
        assert_eq!(summary, "difficulty 3: 1 of 2 found, the slowest in 1.5 s\nmissed: b\n");
        let document = document("abc", &entries, &chosen, &outcomes, &outcome(false, 60.0));
        assert!(document.contains("| 3 | 1 | 2 | 50 % | 60 s | 1.5 s |"), "{document}");
        assert!(document.contains("| `a` | cache | 3 | L-CONV | L-CONV | 7 | 1.50 | 2 | does |"));
        assert!(
            document.contains("| `b` | cache | 3 | **missed** |") && document.contains("| `c` | cache |")
        );
        assert!(line(chosen[1], &outcomes[1]).contains("MISSED"));
    }
}
