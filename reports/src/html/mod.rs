//! `report.html`: one file that needs no network, for a browser of any width, light or dark, and for paper.

mod style;
mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::export::table::METHOD_NOTE;
use crate::format;
use crate::model::{Comparison, Patch, Situation};
use crate::plot::{self, Figure, PageForm, scene::Colours, theme::Ink};

/// The whole page.
#[must_use]
pub fn page(comparison: &Comparison) -> String {
    let subtitle = format!(
        "{} · {} · preset {} · {} of each strategy",
        format::pods(comparison.replicas.into()),
        comparison.namespace,
        comparison.preset,
        if comparison.seeds == 1 {
            "one run".to_owned()
        } else {
            format!("{} runs", format::integer(comparison.seeds.into()))
        }
    );
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Nothing may be fetched, not even by mistake.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
                meta name="generator" content={ "maxsurge " (comparison.tool_version) };
                title { (comparison.title) }
                style { (PreEscaped(style::sheet())) }
            }
            body {
                main {
                    header {
                        h1 { (comparison.title) }
                        p.muted { (subtitle) }
                    }
                    (verdict(comparison))
                    @for situation in &comparison.situations { (section(comparison, situation)) }
                    (limits(comparison))
                    @if let Some(patch) = &comparison.patch { (patched(patch)) }
                    (assumptions(comparison))
                    (method(comparison))
                    (reproduce(comparison))
                }
                footer { p.muted { "maxsurge " (comparison.tool_version) " · " (comparison.schema) } }
                script { (PreEscaped(style::COPY_SCRIPT)) }
            }
        }
    };
    markup.into_string()
}

fn verdict(comparison: &Comparison) -> Markup {
    html! {
        section.verdict aria-label="Verdict" {
            p { (comparison.verdict) }
            @if let Some(gate) = &comparison.gate {
                p.gate {
                    @if gate.passed { strong.ok { "✓ gate passed" } } @else { strong.bad { "✗ gate failed" } }
                }
                ul { @for check in &gate.checks { li { (check) } } }
            }
            @if !comparison.ranking_note.is_empty() { p.muted { (comparison.ranking_note) } }
        }
        @if !comparison.warnings.is_empty() {
            ul.warnings aria-label="Warnings" { @for warning in &comparison.warnings { li { (warning) } } }
        }
    }
}

fn section(comparison: &Comparison, situation: &Situation) -> Markup {
    let heading = format!("h-{}", situation.id.as_str());
    html! {
        section aria-labelledby=(heading) {
            h2 id=(heading) { (situation.title) }
            (tables::strategies(comparison, situation))
            @for figure in plot::figures(comparison, situation) { (figure_of(&figure)) }
        }
    }
}

fn figure_of(figure: &Figure) -> Markup {
    html! {
        figure id=(figure.id) {
            figcaption {
                h3 { (figure.title) }
                p.muted { (figure.caption) }
                @if !figure.key.is_empty() {
                    ul.key { @for (ink, name) in &figure.key { li { (swatch(*ink)) (name) } } }
                }
            }
            @match &figure.page {
                PageForm::Panels(panels) => {
                    div.panels { @for panel in panels { div { (PreEscaped(panel.svg(Colours::Classes))) } } }
                }
                PageForm::WideOrNarrow(wide, narrow) => {
                    div.wide { (PreEscaped(wide.svg(Colours::Classes))) }
                    div.narrow { (PreEscaped(narrow.svg(Colours::Classes))) }
                }
            }
        }
    }
}

fn swatch(ink: Ink) -> Markup {
    html! { svg.swatch viewBox="0 0 12 12" aria-hidden="true" { rect class={ "f-" (ink.name()) } width="12" height="12" rx="2" {} } }
}

fn limits(comparison: &Comparison) -> Markup {
    let Some(first) = comparison.situations.first() else { return html! {} };
    html! {
        section aria-labelledby="h-limits" {
            h2 id="h-limits" { "Limits in pods" }
            (tables::limits(&first.strategies))
        }
    }
}

fn patched(patch: &Patch) -> Markup {
    html! {
        section aria-labelledby="h-patch" {
            h2 id="h-patch" { "To apply " (patch.strategy_label) }
            (copyable("patch-yaml", &patch.yaml))
            p.muted { "or, at once:" }
            (copyable("patch-kubectl", &patch.kubectl))
        }
    }
}

fn assumptions(comparison: &Comparison) -> Markup {
    html! {
        section aria-labelledby="h-assumptions" {
            h2 id="h-assumptions" { "Assumptions" }
            (tables::assumptions(&comparison.assumptions))
        }
    }
}

fn method(comparison: &Comparison) -> Markup {
    html! {
        section aria-labelledby="h-method" {
            h2 id="h-method" { "Method" }
            ul {
                li { (METHOD_NOTE) }
                li {
                    "Each strategy was rolled out in virtual time with the same " (format::integer(comparison.seeds.into()))
                    " seeds, for at most " (format::duration(comparison.horizon_s)) "."
                }
                li { "Missing capacity is ∫ max(0, replicas − available) dt, in pod-seconds. p5, p50 and p95 are nearest-rank quantiles over the runs." }
                @for note in &comparison.notes { li { (note) } }
            }
        }
    }
}

fn reproduce(comparison: &Comparison) -> Markup {
    html! {
        section aria-labelledby="h-reproduce" {
            h2 id="h-reproduce" { "To reproduce" }
            (copyable("reproduce", &comparison.reproduce))
        }
    }
}

/// Text to copy; the button appears only where scripts run.
fn copyable(id: &str, text: &str) -> Markup {
    html! {
        div.copyable {
            pre { code id=(id) { (text) } }
            button type="button" data-copy=(id) hidden { "Copy" }
        }
    }
}
