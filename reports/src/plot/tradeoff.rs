//! Speed against capacity: one point a strategy.

use super::dodge::{Rect, place_labels};
use super::frame::{Axes, Frame, SMALL};
use super::scene::{Anchor, Mark, Scene, segment};
use super::text::{self, Weight};
use super::theme::Ink;
use super::ticks::{self, Ticks};
use crate::format;
use crate::model::{Comparison, Situation};

const LABEL: f64 = 12.0;

/// Whether there is anything to plot: at least two strategies that finish.
#[must_use]
pub fn applies(situation: &Situation) -> bool {
    situation.strategies.iter().filter(|strategy| strategy.duration_s.is_some()).count() >= 2
}

/// Duration to the right, missing capacity upwards, medians with lines to the 95th percentile. Strategies that do not finish are named
/// below.
#[must_use]
pub fn scene(comparison: &Comparison, situation: &Situation, (width, height): (f64, f64), top: f64) -> Scene {
    let title = "Duration against missing capacity";
    let description = situation
        .strategies
        .iter()
        .filter_map(|s| {
            let duration = format::duration(s.duration_s.as_ref()?.p50);
            Some(format!(
                "{}: {duration}, {} pod-seconds missing.",
                s.label,
                format::amount(s.deficit_pod_seconds.p50)
            ))
        })
        .collect::<Vec<_>>()
        .join(" ");
    let mut scene = Scene::new(width, height, title, description);
    let unfinished: Vec<&str> =
        situation.strategies.iter().filter(|s| s.duration_s.is_none()).map(|s| s.label.as_str()).collect();
    let below = if unfinished.is_empty() { 20.0 } else { 38.0 };
    let points: Vec<_> = situation
        .strategies
        .iter()
        .enumerate()
        .filter_map(|(index, strategy)| Some((index, strategy, strategy.duration_s?)))
        .collect();
    let longest_s = points.iter().map(|(_, _, d)| d.p95).fold(0.0, f64::max);
    let largest = points.iter().map(|(_, s, _)| s.deficit_pod_seconds.p95).fold(0.0, f64::max);
    let shortest_s = points.iter().map(|(_, _, d)| d.p50).fold(longest_s, f64::min);
    let scale = TimeScale::new(shortest_s, longest_s);
    let x = scale.ticks(longest_s, if width < 500.0 { 4 } else { 8 });
    let y = ticks::amounts(largest, 5);
    let area = Rect { x: 0.0, y: top, w: width, h: height - top - below };
    let frame = Frame::draw(
        &mut scene,
        area,
        Axes { x: &x, y: &y, y_title: "missing capacity, pod-seconds", right: 14.0 },
    );
    let plot = frame.plot;
    let caption = text::fit(scale.title(), SMALL, Weight::Regular, plot.w);
    scene.text((plot.x + plot.w / 2.0, height - below + 12.0), caption, SMALL, Anchor::Middle, Ink::Muted);
    if !unfinished.is_empty() {
        let line =
            text::fit(&format!("does not finish: {}", unfinished.join(", ")), SMALL, Weight::Regular, plot.w);
        scene.text((plot.x, height - 8.0), line, SMALL, Anchor::Start, Ink::Text);
    }

    let mut obstacles = Vec::new();
    for (index, strategy, duration) in &points {
        let (x50, y50) = (frame.x(scale.at(duration.p50)), frame.y(strategy.deficit_pod_seconds.p50));
        let (x95, y95) = (frame.x(scale.at(duration.p95)), frame.y(strategy.deficit_pod_seconds.p95));
        scene.stroke(
            format!("{}{}", segment((x50, y50), (x95, y50)), segment((x50, y50), (x50, y95))),
            Ink::Series(*index),
            1.25,
        );
        obstacles.push(Rect { x: x50, y: y50 - 1.5, w: x95 - x50, h: 3.0 });
        obstacles.push(Rect { x: x50 - 1.5, y: y95, w: 3.0, h: y50 - y95 });
        obstacles.push(Rect { x: x50 - 7.0, y: y50 - 7.0, w: 14.0, h: 14.0 });
    }
    let anchors: Vec<(f64, f64)> = points
        .iter()
        .map(|(_, s, d)| (frame.x(scale.at(d.p50)), frame.y(s.deficit_pod_seconds.p50)))
        .collect();
    let names: Vec<String> = points
        .iter()
        .map(|(_, s, _)| {
            let name = if comparison.is_recommended(s) {
                format!("{} · advised", s.label)
            } else {
                s.label.clone()
            };
            text::fit(&name, LABEL, Weight::Regular, plot.w / 2.0)
        })
        .collect();
    let sizes: Vec<(f64, f64)> =
        names.iter().map(|n| (text::roomy_width(n, LABEL, Weight::Regular), LABEL + 3.0)).collect();
    let bounds = Rect { x: plot.x, y: plot.y - 4.0, w: plot.w + 14.0, h: plot.h + 2.0 };
    let places = place_labels(&anchors, &sizes, bounds, &obstacles);
    for ((name, place), (anchor, point)) in names.iter().zip(&places).zip(anchors.iter().zip(&points)) {
        let (ax, ay) = *anchor;
        // A thin leader where the label could not stay beside its point.
        let (nx, ny) = (ax.clamp(place.x, place.x + place.w), ay.clamp(place.y, place.y + place.h));
        if (nx - ax).hypot(ny - ay) > 16.0 {
            scene.line((ax, ay), (nx, ny), Ink::Axis, 0.75);
        }
        let text_ink = if comparison.is_recommended(point.1) { Ink::Text } else { Ink::Muted };
        scene.label((place.x, place.y + LABEL - 0.5), name, LABEL, Anchor::Start, text_ink);
    }
    for (index, strategy, duration) in &points {
        let at = (frame.x(scale.at(duration.p50)), frame.y(strategy.deficit_pod_seconds.p50));
        scene.group(format!(
            "{}: {} (p95 {}), {} pod-seconds missing (p95 {})",
            strategy.label,
            format::duration(duration.p50),
            format::duration(duration.p95),
            format::amount(strategy.deficit_pod_seconds.p50),
            format::amount(strategy.deficit_pod_seconds.p95)
        ));
        scene.mark(Mark::of(*index), at, 5.5, Ink::Series(*index), true);
        scene.end();
    }
    scene
}

/// Linear, or logarithmic where the slowest strategy takes many times as long as the fastest.
#[derive(Clone, Copy, Debug)]
enum TimeScale {
    Linear,
    Logarithmic { from_s: f64 },
}

/// Ratio of the longest to the shortest duration from which the scale is logarithmic.
const LINEAR_MAX_RATIO: f64 = 10.0;

/// Ticks of the logarithmic scale.
const LOG_TICKS_S: [f64; 22] = [
    0.01,
    0.1,
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    1200.0,
    1800.0,
    3600.0,
    7200.0,
    14_400.0,
    28_800.0,
    86_400.0,
    172_800.0,
    604_800.0,
    2_592_000.0,
];

impl TimeScale {
    fn new(shortest_s: f64, longest_s: f64) -> Self {
        if shortest_s > 0.0 && longest_s.is_finite() && longest_s > shortest_s * LINEAR_MAX_RATIO {
            let below = LOG_TICKS_S.iter().rev().find(|tick_s| **tick_s <= shortest_s * 0.85);
            Self::Logarithmic { from_s: below.copied().unwrap_or(shortest_s / 2.0) }
        } else {
            Self::Linear
        }
    }

    fn at(self, time_s: f64) -> f64 {
        match self {
            Self::Linear => time_s,
            Self::Logarithmic { from_s } => (time_s / from_s).max(1.0).log10(),
        }
    }

    fn ticks(self, longest_s: f64, count_max: usize) -> Ticks {
        match self {
            Self::Linear => ticks::times(longest_s * 1.08, count_max),
            Self::Logarithmic { from_s } => {
                let end_s = longest_s * 1.25;
                let within = LOG_TICKS_S.into_iter().filter(|tick_s| (from_s..=end_s).contains(tick_s));
                Ticks {
                    end: self.at(end_s),
                    at: within.map(|tick_s| (self.at(tick_s), format::duration(tick_s))).collect(),
                }
            }
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Linear => "time until the rollout is complete",
            Self::Logarithmic { .. } => "time until the rollout is complete (logarithmic)",
        }
    }
}
