//! The tables of the page.

use maud::{Markup, html};

use crate::export::table::{share, why_not};
use crate::format;
use crate::model::{Assumption, Comparison, Situation, SituationId, StrategyResult};
use crate::plot::scene::{Colours, Mark, Scene};
use crate::plot::theme::Ink;

/// One row a strategy, with the numbers of the situation.
pub(super) fn strategies(comparison: &Comparison, situation: &Situation) -> Markup {
    let bad = situation.id == SituationId::BadImage;
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Table: " (situation.title) } {
            table {
                thead {
                    tr {
                        th scope="col" { "Strategy" }
                        th scope="col" { "Pods" }
                        th scope="col" { "Promised floor" }
                        @if bad {
                            th scope="col" { "Capacity left" }
                            th scope="col" { "Deadline exceeded after" }
                            th scope="col" { "Recovers by undo" }
                        } @else {
                            th scope="col" { "Lowest available" small { "p5" } }
                        }
                        th scope="col" { "Missing capacity" small { "pod-s, p50 / p95" } }
                        @if !bad { th scope="col" { "Duration" small { "p50 / p95" } } }
                        th scope="col" { "Peak pods" small { "with terminating" } }
                        th scope="col" { "API requests" small { "p50" } }
                        th.left scope="col" { "Finished" }
                    }
                }
                tbody {
                    @for (index, strategy) in situation.strategies.iter().enumerate() {
                        tr.advised[comparison.is_recommended(strategy)] { (row(comparison, strategy, index, bad)) }
                    }
                }
            }
        }
        @for (reason, who) in why_not(situation) { p.muted { "Not finished (" (who) "): " (reason) "." } }
    }
}

fn row(comparison: &Comparison, strategy: &StrategyResult, index: usize, bad: bool) -> Markup {
    let short = strategy.min_available_pods.p5 < strategy.promised_floor_pods;
    html! {
        th scope="row" {
            (mark(index)) (strategy.label)
            @if comparison.is_recommended(strategy) { span.tag.advice { "advised" } }
            @if strategy.is_manifest_own { span.tag { "your manifest" } }
        }
        td { (format::limits(strategy.resolved.max_surge_pods, strategy.resolved.max_unavailable_pods)) }
        td { (format::integer(strategy.promised_floor_pods.into())) }
        @if bad { (bad_cells(strategy)) } @else {
            td.bad[short] { (format::integer(strategy.min_available_pods.p5.into())) }
        }
        td { (format::amount(strategy.deficit_pod_seconds.p50)) " / " (format::amount(strategy.deficit_pod_seconds.p95)) }
        @if !bad {
            td {
                @match strategy.duration_s {
                    Some(d) => { (format::duration(d.p50)) " / " (format::duration(d.p95)) }
                    None => "–"
                }
            }
        }
        td { (format::integer(strategy.peak_pods.into())) }
        td { (format::integer(strategy.api_requests_p50)) }
        td.left { (share(strategy)) }
    }
}

fn bad_cells(strategy: &StrategyResult) -> Markup {
    let Some(bad) = &strategy.bad_image else { return html! { td { "–" } td { "–" } td { "–" } } };
    html! {
        td { (format::integer(bad.capacity_left_pods.into())) }
        td { (bad.deadline_exceeded_after_s.map_or_else(|| "never".to_owned(), format::duration)) }
        td.bad[bad.recovered_by_undo == Some(false)] {
            @match (bad.recovered_by_undo, bad.recovery_s) {
                (Some(true), Some(after_s)) => { "in " (format::duration(after_s)) }
                (Some(true), None) => "yes",
                (Some(false), _) => "no",
                (None, _) => "not tried",
            }
        }
    }
}

/// The mark that the strategy has in every plot.
fn mark(index: usize) -> Markup {
    let mut scene = Scene::new(14.0, 14.0, "", "");
    scene.mark(Mark::of(index), (7.0, 7.0), 5.0, Ink::Series(index), true);
    let svg = scene.svg(Colours::Classes).replacen("<svg ", r#"<svg class="swatch" aria-hidden="true" "#, 1);
    html! { (maud::PreEscaped(svg.replace(" role=\"img\"", "").replace("<title></title>\n", ""))) }
}

/// How limits came about, and which names were merged.
pub(super) fn limits(strategies: &[StrategyResult]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Table: limits in pods" {
            table.words {
                thead { tr { th scope="col" { "Strategy" } th scope="col" { "Also" } th scope="col" { "Limits" } } }
                tbody {
                    @for (index, strategy) in strategies.iter().enumerate() {
                        tr {
                            th scope="row" { (mark(index)) (strategy.label) }
                            td { (strategy.merged_labels.join(", ")) }
                            td { (strategy.resolved.rounding) }
                        }
                    }
                }
            }
        }
    }
}

/// Name, value, origin and source.
pub(super) fn assumptions(assumptions: &[Assumption]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Table: assumptions" {
            table.words {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Value" } th scope="col" { "From" } th scope="col" { "Source" } } }
                tbody {
                    @for assumption in assumptions {
                        tr {
                            th scope="row" { (assumption.name) }
                            td { (breakable(&assumption.value)) }
                            td { span class={ "tag " (assumption.origin.as_str()) } { (assumption.origin.as_str()) } }
                            td { (breakable(&assumption.source)) }
                        }
                    }
                }
            }
        }
    }
}

/// A text that may break before the dots and after the slashes of long words, such as field paths and images.
fn breakable(text: &str) -> Markup {
    html! {
        @for (at, part) in format::parts(text).into_iter().enumerate() {
            @if at > 0 { wbr; }
            (part)
        }
    }
}
