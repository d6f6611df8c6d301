//! `summary.md`: at most 15 lines for a pull request.

use std::fmt::Write as _;

use super::table;
use crate::format;
use crate::model::{Comparison, Origin, SituationId, StrategyResult};

/// Lines that are written at most.
pub const LINES_MAX: usize = 15;
/// Rows of strategies that fit.
const ROWS_MAX: usize = 8;

/// Verdict, table, assumptions, patch and command.
#[must_use]
pub fn summary(comparison: &Comparison) -> String {
    let mut out = String::new();
    let gate = match &comparison.gate {
        Some(gate) if gate.passed => " Gate: passed.",
        Some(_) => " **Gate: failed.**",
        None => "",
    };
    let _ = writeln!(out, "**{}** {}{gate}\n", inline(&comparison.title), inline(&comparison.verdict));
    let bad = comparison.situation(SituationId::BadImage);
    if let Some(first) = comparison.situations.first() {
        out.push_str("| strategy | pods | floor | lowest p5 | deficit p50 (pod-s) | time p50 / p95 | peak | API req. | done | bad image leaves |\n");
        out.push_str("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        let all = &first.strategies;
        let shown = if all.len() > ROWS_MAX { ROWS_MAX - 1 } else { all.len() };
        for strategy in &all[..shown] {
            let left = bad
                .and_then(|b| b.strategies.iter().find(|s| s.id == strategy.id))
                .and_then(|s| s.bad_image.as_ref());
            let left = left.map_or_else(|| "–".to_owned(), |b| format::pods(b.capacity_left_pods.into()));
            row(&mut out, comparison, strategy, &left);
        }
        if shown < all.len() {
            let rest: Vec<String> = all[shown..].iter().map(|s| inline(&s.label)).collect();
            let _ = writeln!(out, "| … {} in report.html |||||||||| ", rest.join(", "));
        }
        out.push('\n');
    }
    let assumed = |origin: Origin| {
        comparison
            .assumptions
            .iter()
            .filter(|a| a.origin == origin)
            .map(|a| format!("{} {}", inline(&a.name), inline(&a.value)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let origins = [Origin::Assumed, Origin::Flag, Origin::Manifest, Origin::Default, Origin::Preset];
    let groups: Vec<String> = origins
        .into_iter()
        .filter_map(|origin| {
            let list = assumed(origin);
            (!list.is_empty()).then(|| format!("*{}:* {list}", origin.as_str()))
        })
        .collect();
    let _ = writeln!(
        out,
        "Assumptions – {}. {} “Available” counts Ready pods; requests lost while endpoints lag are not modelled yet.<br>",
        groups.join("; "),
        inline(&comparison.ranking_note)
    );
    if let Some(patch) = &comparison.patch {
        let _ = write!(out, "Apply {}: {} · ", inline(&patch.strategy_label), code(&patch.kubectl));
    }
    let _ = writeln!(out, "Reproduce: {}", code(&comparison.reproduce));
    out
}

fn row(out: &mut String, comparison: &Comparison, s: &StrategyResult, left: &str) {
    let mut name = inline(&s.label);
    if comparison.is_recommended(s) {
        name = format!("**{name}**");
    }
    if s.is_manifest_own {
        name.push_str(" (manifest)");
    }
    let time = s.duration_s.map_or_else(
        || "–".to_owned(),
        |d| format!("{} / {}", format::duration(d.p50), format::duration(d.p95)),
    );
    let cells = [
        name,
        format::limits(s.resolved.max_surge_pods, s.resolved.max_unavailable_pods),
        format::integer(s.promised_floor_pods.into()),
        format::integer(s.min_available_pods.p5.into()),
        format::amount(s.deficit_pod_seconds.p50),
        time,
        format::integer(s.peak_pods.into()),
        format::integer(s.api_requests_p50),
        table::share(s),
        left.to_owned(),
    ];
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

/// Text within a line of Markdown: no line breaks, no mark-up, no cell borders.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// A code span, fenced by one backtick more than the text holds in a row.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(inline("a|b\n<c> *d*"), "a\\|b &lt;c&gt; \\*d\\*");
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a `b` c"), "`` a `b` c ``");
    }
}
