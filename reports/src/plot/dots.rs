//! Strategies as rows, one column a measure: a table that is read by position.

use super::dodge::Rect;
use super::frame::SMALL;
use super::scene::{Anchor, Mark, Scene, segment};
use super::text::{self, Weight};
use super::theme::Ink;
use super::ticks::{self, Ticks};
use crate::format;
use crate::model::{Comparison, Situation, SituationId, StrategyResult};

const ROW: f64 = 24.0;
const LABEL: f64 = 12.0;
const COLUMN_TOP: f64 = 40.0;
const COLUMN_BOTTOM: f64 = 24.0;

/// What is measured, and how it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    MinAvailable,
    CapacityLeft,
    Deficit,
    Duration,
    Deadline,
    Peak,
}

/// A value with the worse end of its range.
struct Reading {
    value: f64,
    worse: f64,
    text: String,
}

impl Measure {
    fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::MinAvailable => ("Lowest availability", "pods, median and p5; tick: promised floor"),
            Self::CapacityLeft => ("Capacity left", "available pods when stuck"),
            Self::Deficit => ("Missing capacity", "pod-seconds, median to p95"),
            Self::Duration => ("Duration", "until complete, median to p95"),
            Self::Deadline => ("Noticed after", "ProgressDeadlineExceeded"),
            Self::Peak => ("Peak pods", "terminating included"),
        }
    }

    fn read(self, strategy: &StrategyResult) -> Option<Reading> {
        let pods = |value: u32, worse: u32| Reading {
            value: f64::from(value),
            worse: f64::from(worse),
            text: format::integer(worse.into()),
        };
        match self {
            Self::MinAvailable => Some(pods(strategy.min_available_pods.p50, strategy.min_available_pods.p5)),
            Self::CapacityLeft => {
                strategy.bad_image.as_ref().map(|bad| pods(bad.capacity_left_pods, bad.capacity_left_pods))
            }
            Self::Deficit => {
                let deficit = strategy.deficit_pod_seconds;
                Some(Reading { value: deficit.p50, worse: deficit.p95, text: format::amount(deficit.p50) })
            }
            Self::Duration => strategy.duration_s.map(|d| Reading {
                value: d.p50,
                worse: d.p95,
                text: format::duration(d.p50),
            }),
            Self::Deadline => {
                let after_s = strategy.bad_image.as_ref()?.deadline_exceeded_after_s?;
                Some(Reading { value: after_s, worse: after_s, text: format::duration(after_s) })
            }
            Self::Peak => Some(pods(strategy.peak_pods, strategy.peak_pods)),
        }
    }

    fn missing(self) -> &'static str {
        match self {
            Self::Duration => "does not finish",
            Self::Deadline => "never",
            _ => "not measured",
        }
    }

    fn ticks(self, max: f64, count_max: usize) -> Ticks {
        match self {
            Self::MinAvailable | Self::CapacityLeft | Self::Peak => ticks::integers(max as u64, count_max),
            Self::Deficit => ticks::amounts(max, count_max),
            Self::Duration | Self::Deadline => ticks::times(max, count_max),
        }
    }

    fn counts_pods(self) -> bool {
        matches!(self, Self::MinAvailable | Self::CapacityLeft | Self::Peak)
    }
}

fn measures(situation: &Situation) -> Vec<Measure> {
    let first =
        if situation.id == SituationId::BadImage { Measure::CapacityLeft } else { Measure::MinAvailable };
    let mut measures = vec![first, Measure::Deficit];
    let last = if situation.id == SituationId::BadImage { Measure::Deadline } else { Measure::Duration };
    measures.extend([last, Measure::Peak]);
    measures
}

/// The chart with its columns side by side, or one below the other if narrow.
#[must_use]
pub fn scene(comparison: &Comparison, situation: &Situation, width: f64, top: f64, narrow: bool) -> Scene {
    let measures = measures(situation);
    let column_height = COLUMN_TOP + ROW * situation.strategies.len() as f64 + COLUMN_BOTTOM;
    let rows = if narrow { measures.len() } else { 1 };
    let height = top + rows as f64 * column_height + (rows - 1) as f64 * 18.0 + 4.0;
    let description = format!(
        "One row a strategy: {}.",
        situation.strategies.iter().map(|s| s.label.as_str()).collect::<Vec<_>>().join(", ")
    );
    let mut scene =
        Scene::new(width, height, format!("{}: strategies compared", situation.title), description);
    let widest = situation
        .strategies
        .iter()
        .map(|s| text::roomy_width(&s.label, LABEL, Weight::Regular))
        .fold(40.0, f64::max)
        .min(width * 0.3);
    let labels = 20.0 + widest + 12.0;
    let gap = 28.0;
    let count = if narrow { 1 } else { measures.len() };
    let column_width = (width - labels - gap * (count - 1) as f64) / count as f64;
    for (i, measure) in measures.into_iter().enumerate() {
        let (column, row) = if narrow { (0, i) } else { (i, 0) };
        let area = Rect {
            x: labels + column as f64 * (column_width + gap),
            y: top + row as f64 * (column_height + 18.0),
            w: column_width,
            h: column_height,
        };
        if column == 0 {
            row_labels(&mut scene, comparison, situation, area, widest);
        }
        draw_column(&mut scene, comparison, situation, measure, area);
    }
    scene
}

fn row_y(area: Rect, index: usize) -> f64 {
    area.y + COLUMN_TOP + ROW * (index as f64 + 0.5)
}

fn row_labels(scene: &mut Scene, comparison: &Comparison, situation: &Situation, area: Rect, widest: f64) {
    for (index, strategy) in situation.strategies.iter().enumerate() {
        let y = row_y(area, index);
        let ink = if comparison.is_recommended(strategy) { Ink::Text } else { Ink::Muted };
        scene.mark(Mark::of(index), (6.0, y), 5.0, Ink::Series(index), true);
        let label = text::fit(&strategy.label, LABEL, Weight::Regular, widest);
        if comparison.is_recommended(strategy) {
            scene.bold((18.0, y + 4.0), label, LABEL, Anchor::Start);
        } else {
            scene.text((18.0, y + 4.0), label, LABEL, Anchor::Start, ink);
        }
    }
}

fn draw_column(
    scene: &mut Scene,
    comparison: &Comparison,
    situation: &Situation,
    measure: Measure,
    area: Rect,
) {
    let strategies = &situation.strategies;
    let readings: Vec<Option<Reading>> = strategies.iter().map(|s| measure.read(s)).collect();
    let (title, subtitle) = measure.title();
    scene.bold((area.x, area.y + 12.0), title, 12.5, Anchor::Start);
    let subtitle = text::fit(subtitle, SMALL, Weight::Regular, area.w + 24.0);
    scene.text((area.x, area.y + 27.0), subtitle, SMALL, Anchor::Start, Ink::Muted);

    let mut max = readings.iter().flatten().map(|r| r.value.max(r.worse)).fold(0.0, f64::max);
    if measure.counts_pods() {
        max = max.max(f64::from(comparison.replicas));
    }
    let widest = readings
        .iter()
        .flatten()
        .map(|r| text::roomy_width(&r.text, SMALL, Weight::Regular))
        .fold(0.0, f64::max);
    let room = (area.w - widest - 12.0).max(30.0);
    let ticks = measure.ticks(max, if room < 110.0 { 2 } else { 4 });
    let x_of = |value: f64| area.x + (value / ticks.end).clamp(0.0, 1.0) * room;
    let (first, bottom) = (area.y + COLUMN_TOP, area.y + area.h - COLUMN_BOTTOM);
    for (at, text) in &ticks.at {
        let x = x_of(*at);
        scene.line((x, first), (x, bottom), if *at == 0.0 { Ink::Axis } else { Ink::Grid }, 1.0);
        scene.text((x, bottom + 15.0), text, SMALL, Anchor::Middle, Ink::Muted);
    }
    if measure.counts_pods() {
        let x = x_of(f64::from(comparison.replicas));
        scene.dashed(segment((x, first), (x, bottom)), Ink::Axis, 1.0, "5 3");
    }
    for (index, (strategy, reading)) in strategies.iter().zip(&readings).enumerate() {
        let y = row_y(area, index);
        let Some(reading) = reading else {
            scene.text((area.x + 6.0, y + 4.0), measure.missing(), SMALL, Anchor::Start, Ink::Muted);
            continue;
        };
        draw_reading(scene, comparison, strategy, measure, reading, (index, y), &x_of);
    }
}

fn draw_reading(
    scene: &mut Scene,
    comparison: &Comparison,
    strategy: &StrategyResult,
    measure: Measure,
    reading: &Reading,
    (index, y): (usize, f64),
    x_of: &dyn Fn(f64) -> f64,
) {
    let ink = Ink::Series(index);
    let (value, worse) = (x_of(reading.value), x_of(reading.worse));
    scene.group(format!("{}: {} {}", strategy.label, measure.title().0.to_lowercase(), reading.text));
    let mut right = value.max(worse) + 8.0;
    match measure {
        Measure::Peak => {
            let wanted = x_of(f64::from(comparison.replicas));
            scene.stroke(segment((wanted, y), (value, y)), ink, 5.0);
            scene.mark(Mark::of(index), (value, y), 4.5, ink, true);
        }
        Measure::CapacityLeft => {
            scene.stroke(segment((x_of(0.0), y), (value, y)), ink, 5.0);
            scene.mark(Mark::of(index), (value, y), 4.5, ink, true);
        }
        Measure::MinAvailable => {
            let floor = x_of(f64::from(strategy.promised_floor_pods));
            scene.line((floor, y - 8.0), (floor, y + 8.0), Ink::Muted, 1.5);
            scene.stroke(segment((worse, y), (value, y)), ink, 2.0);
            scene.mark(Mark::of(index), (value, y), 4.0, ink, false);
            scene.mark(Mark::of(index), (worse, y), 4.5, ink, true);
            right = right.max(floor + 6.0);
        }
        Measure::Deficit | Measure::Duration | Measure::Deadline => {
            scene.stroke(segment((value, y), (worse, y)), ink, 2.0);
            scene.line((worse, y - 4.0), (worse, y + 4.0), ink, 2.0);
            scene.mark(Mark::of(index), (value, y), 4.5, ink, true);
        }
    }
    scene.label((right, y + 4.0), &reading.text, SMALL, Anchor::Start, Ink::Text);
    scene.end();
}
