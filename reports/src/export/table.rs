//! Tables for a terminal of 80 columns.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

use crate::format;
use crate::model::{Assumption, Comparison, Situation, SituationId, StrategyResult};

/// Widest line that is written, in columns.
pub const WIDTH_COLUMNS: u16 = 80;

/// What the reader's terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colour and bold. The caller looks at `NO_COLOR` and whether output is a terminal.
    pub colour: bool,
}

/// Verdict, one table for each situation, how limits were rounded, assumptions, patch and the command: what `compare` prints.
#[must_use]
pub fn summary(comparison: &Comparison, style: Style) -> String {
    let mut out = String::new();
    paragraph(&mut out, &comparison.verdict, "", style.colour);
    if let Some(gate) = &comparison.gate {
        for check in &gate.checks {
            paragraph(&mut out, check, "  ", false);
        }
    }
    for situation in &comparison.situations {
        let _ =
            writeln!(out, "\n{} ({} runs each)", situation.title, format::integer(comparison.seeds.into()));
        let _ = writeln!(out, "{}", situation_table(comparison, situation, style));
        reasons(&mut out, situation);
    }
    if !comparison.situations.is_empty() {
        out.push_str("> advised   * what your manifest says\n");
    }
    if let Some(first) = comparison.situations.first() {
        out.push_str("\nLimits in pods\n");
        for strategy in &first.strategies {
            let also = also(strategy);
            paragraph(
                &mut out,
                &format!("{}{also}: {}", strategy.label, strategy.resolved.rounding),
                "  ",
                false,
            );
        }
    }
    out.push_str("\nAssumptions\n");
    let _ = writeln!(out, "{}", assumptions_table(comparison));
    paragraph(&mut out, &comparison.ranking_note, "", false);
    paragraph(&mut out, METHOD_NOTE, "", false);
    for note in &comparison.notes {
        paragraph(&mut out, note, "", false);
    }
    for warning in &comparison.warnings {
        paragraph(&mut out, &format!("warning: {warning}"), "", style.colour);
    }
    if let Some(patch) = &comparison.patch {
        let _ = write!(out, "\nTo apply {}:\n  {}\n", patch.strategy_label, patch.kubectl);
    }
    let _ = write!(out, "\nTo reproduce:\n  {}\n", comparison.reproduce);
    out
}

/// What every output says about the meaning of "available".
pub const METHOD_NOTE: &str = "\"Available\" counts Ready pods (for minReadySeconds). Requests lost while endpoints lag behind are not modelled yet.";

/// The table of one situation.
#[must_use]
pub fn situation_table(comparison: &Comparison, situation: &Situation, style: Style) -> String {
    let bad = situation.id == SituationId::BadImage;
    let header: &[&str] = if bad {
        &[
            "",
            "Strategy",
            "pods",
            "floor",
            "left",
            "deadline\nafter",
            "undo\nrecovers",
            "deficit\npod-s p50",
            "peak\npods",
            "API\nreq.",
        ]
    } else {
        &[
            "",
            "Strategy",
            "pods",
            "floor",
            "min\np5",
            "deficit\npod-s p50",
            "time\np50",
            "time\np95",
            "peak\npods",
            "API\nreq.",
            "done",
        ]
    };
    let mut table = plain_table(header);
    for strategy in &situation.strategies {
        let mut name = strategy.label.clone();
        if strategy.is_manifest_own {
            name.push_str(" *");
        }
        let mark = comparison.is_recommended(strategy);
        let mut cells = vec![
            if mark { ">" } else { "" }.to_owned(),
            name,
            format::limits(strategy.resolved.max_surge_pods, strategy.resolved.max_unavailable_pods),
            format::integer(strategy.promised_floor_pods.into()),
        ];
        cells.extend(if bad { bad_cells(strategy) } else { good_cells(strategy) });
        table.add_row(cells.into_iter().enumerate().map(|(column, text)| {
            Cell::new(text).set_alignment(if column < 2 { CellAlignment::Left } else { CellAlignment::Right })
        }));
    }
    // The arrow needs no room of its own.
    if let Some(column) = table.column_mut(0) {
        column.set_padding((1, 0));
    }
    if let Some(column) = table.column_mut(1) {
        column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(20)));
    }
    let text = fitted(table);
    if !style.colour {
        return text;
    }
    // The advised row is found by its arrow.
    let bold = |line: &str| {
        if line.starts_with(" > ") { format!("\u{1b}[1;32m{line}\u{1b}[0m") } else { line.to_owned() }
    };
    text.lines().map(bold).collect::<Vec<_>>().join("\n")
}

fn good_cells(s: &StrategyResult) -> Vec<String> {
    let time = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), format::duration_short);
    vec![
        format::integer(s.min_available_pods.p5.into()),
        format::amount(s.deficit_pod_seconds.p50),
        time(s.duration_s.map(|d| d.p50)),
        time(s.duration_s.map(|d| d.p95)),
        format::integer(s.peak_pods.into()),
        format::integer(s.api_requests_p50),
        share(s),
    ]
}

fn bad_cells(s: &StrategyResult) -> Vec<String> {
    let bad = s.bad_image.as_ref();
    let undo = match bad.map(|b| (b.recovered_by_undo, b.recovery_s)) {
        Some((Some(true), Some(after_s))) => format!("in {}", format::duration_short(after_s)),
        Some((Some(true), None)) => "yes".to_owned(),
        Some((Some(false), _)) => "no".to_owned(),
        _ => "-".to_owned(),
    };
    vec![
        bad.map_or_else(|| "-".to_owned(), |b| format::integer(b.capacity_left_pods.into())),
        bad.map_or_else(
            || "-".to_owned(),
            |b| b.deadline_exceeded_after_s.map_or_else(|| "never".to_owned(), format::duration_short),
        ),
        undo,
        format::amount(s.deficit_pod_seconds.p50),
        format::integer(s.peak_pods.into()),
        format::integer(s.api_requests_p50),
    ]
}

/// Share of runs that completed: `all`, `97%`, `none`. Rounded so that only all is `all` and only none is `none`.
#[must_use]
pub fn share(s: &StrategyResult) -> String {
    match (s.finished.completed_runs, s.finished.total_runs) {
        (0, _) => "none".to_owned(),
        (done, total) if done >= total => "all".to_owned(),
        (done, total) => {
            let percent = (u64::from(done) * 100 + u64::from(total) / 2) / u64::from(total);
            format!("{}%", percent.clamp(1, 99))
        }
    }
}

/// ` (also A, B)`, or nothing.
#[must_use]
pub fn also(strategy: &StrategyResult) -> String {
    if strategy.merged_labels.is_empty() {
        String::new()
    } else {
        format!(" (also {})", strategy.merged_labels.join(", "))
    }
}

fn reasons(out: &mut String, situation: &Situation) {
    for (reason, who) in why_not(situation) {
        paragraph(out, &format!("not finished ({who}): {reason}"), "  ", false);
    }
}

/// Each reason for not finishing with the strategies it stopped (and in how many runs, if not in all), or `all`.
#[must_use]
pub fn why_not(situation: &Situation) -> Vec<(&str, String)> {
    let mut said: Vec<(&str, Vec<String>)> = Vec::new();
    for strategy in &situation.strategies {
        let runs = strategy.finished.total_runs;
        for why in &strategy.finished.why_not {
            let who = match why.runs {
                n if n < runs => format!("{}, {n} of {runs} runs", strategy.label),
                _ => strategy.label.clone(),
            };
            match said.iter_mut().find(|(reason, _)| *reason == why.reason) {
                Some((_, those)) => those.push(who),
                None => said.push((&why.reason, vec![who])),
            }
        }
    }
    let who = |those: &[String]| {
        if those.len() == situation.strategies.len() { "all".to_owned() } else { those.join("; ") }
    };
    said.into_iter().map(|(reason, those)| (reason, who(&those))).collect()
}

fn assumptions_table(comparison: &Comparison) -> String {
    let mut table = plain_table(&["Name", "Value", "From", "Source"]);
    // Origins stay whole, and so does the longest part of a source, such as a field's name; values take what is left.
    let longest =
        |of: &dyn Fn(&Assumption) -> usize| comparison.assumptions.iter().map(of).max().unwrap_or(0);
    let part = |text: &str| {
        let words = text.split_whitespace().flat_map(format::parts);
        words.map(|part| part.chars().count()).max().unwrap_or(0)
    };
    let name = longest(&|a| a.name.chars().count()).min(longest(&|a| part(&a.name)).max(20));
    let left = usize::from(WIDTH_COLUMNS).saturating_sub(name + longest(&|a| a.origin.as_str().len()) + 8);
    let source = longest(&|a| part(&a.source)).max(left / 2 - 2).min(left.saturating_sub(12));
    let value = longest(&|a| a.value.chars().count()).min(left.saturating_sub(source));
    let wrapped = |text: &str, width: usize| format::lines(text, width).join("\n");
    for a in &comparison.assumptions {
        table.add_row([
            wrapped(&a.name, name),
            wrapped(&a.value, value),
            a.origin.as_str().to_owned(),
            wrapped(&a.source, left.saturating_sub(value)),
        ]);
    }
    fitted(table)
}

/// As wide as the content wants if that fits, else with cells wrapped.
fn fitted(mut table: Table) -> String {
    let text = table.trim_fmt();
    if text.lines().all(|line| line.chars().count() <= usize::from(WIDTH_COLUMNS)) {
        return text;
    }
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.trim_fmt()
}

fn plain_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH_COLUMNS);
    let right = |(column, text): (usize, &&str)| {
        let numbers = column > 1 && header.len() > 4;
        Cell::new(text).set_alignment(if numbers { CellAlignment::Right } else { CellAlignment::Left })
    };
    table.set_header(header.iter().enumerate().map(right));
    table
}

/// Writes text wrapped to the width, bold if asked; words longer than a line stand alone.
fn paragraph(out: &mut String, text: &str, indent: &str, bold: bool) {
    let mut line = String::new();
    let mut width = 0;
    let mut lines = Vec::new();
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && indent.len() + width + 1 + length > usize::from(WIDTH_COLUMNS) {
            lines.push(std::mem::take(&mut line));
            width = 0;
        }
        if width > 0 {
            line.push(' ');
            width += 1;
        }
        line.push_str(word);
        width += length;
    }
    lines.push(line);
    for line in lines {
        let _ = if bold {
            writeln!(out, "{indent}\u{1b}[1m{line}\u{1b}[0m")
        } else {
            writeln!(out, "{indent}{line}")
        };
    }
}
