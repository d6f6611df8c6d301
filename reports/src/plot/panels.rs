//! Small multiples over time: one panel a strategy, all with the same scales.

use super::bands::{kept, pick, thin};
use super::dodge::Rect;
use super::frame::{Axes, Frame, SMALL};
use super::scene::{Anchor, Mark, Scene};
use super::text::{self, Weight};
use super::theme::Ink;
use super::ticks;
use crate::format;
use crate::model::{Comparison, Situation, StrategyResult};

/// Width of a panel in drawing units.
pub const PANEL_WIDTH: f64 = 288.0;
/// Height of a panel in drawing units.
pub const PANEL_HEIGHT: f64 = 200.0;
const HEADER: f64 = 40.0;
/// Points a line that a panel keeps: enough for its pixels.
const POINTS_MAX: usize = 600;
/// How many times longer than the median the slowest strategy may take for all panels to have its time axis.
const SHARED_TIME_MAX_RATIO: f64 = 8.0;
const CONTEXT_POINTS_MAX: usize = 160;

/// What the panels show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Available pods, median and p5–p95 band over all runs.
    Availability,
    /// Old, new and terminating pods of the typical run, stacked.
    Pods,
}

/// Draws panels of one situation.
#[derive(Debug)]
pub struct Panels<'a> {
    comparison: &'a Comparison,
    situation: &'a Situation,
    kind: Kind,
    x: Vec<ticks::Ticks>,
    y: ticks::Ticks,
    shares_time: bool,
}

impl<'a> Panels<'a> {
    /// Finds the common scales.
    #[must_use]
    pub fn new(comparison: &'a Comparison, situation: &'a Situation, kind: Kind) -> Self {
        let strategies = &situation.strategies;
        let most = strategies.iter().map(|s| most_pods(s, kind)).max().unwrap_or(0).max(comparison.replicas);
        let mut ends_s: Vec<f64> =
            strategies.iter().map(|s| last_change_s(s).min(comparison.horizon_s)).collect();
        let mut sorted = ends_s.clone();
        sorted.sort_by(f64::total_cmp);
        let (median_s, longest_s) =
            (sorted.get(sorted.len() / 2).copied(), sorted.last().copied().unwrap_or(0.0));
        let shares_time = median_s.is_none_or(|median_s| longest_s <= median_s * SHARED_TIME_MAX_RATIO);
        if shares_time {
            ends_s.fill(longest_s);
        }
        // Room to the right of the last marker for its label.
        let marked_s =
            strategies.iter().flat_map(|s| &s.markers).map(|m| m.time_s * 1.25).fold(0.0, f64::max);
        for end_s in &mut ends_s {
            *end_s = end_s.max(marked_s.min(comparison.horizon_s));
        }
        let axis =
            |end_s: f64| ticks::times(if end_s > 0.0 { end_s * 1.04 } else { comparison.horizon_s }, 4);
        let x = ends_s.into_iter().map(axis).collect();
        Self { comparison, situation, kind, x, y: ticks::integers(u64::from(most), 4), shares_time }
    }

    /// Whether all panels have the same time axis. They do unless one strategy is so slow that the others would vanish.
    #[must_use]
    pub fn shares_time(&self) -> bool {
        self.shares_time
    }

    /// A drawing of the panel of one strategy.
    #[must_use]
    pub fn scene(&self, index: usize) -> Scene {
        let strategy = &self.situation.strategies[index];
        let title = format!("{}: {}", strategy.label, what(self.kind));
        let mut scene = Scene::new(PANEL_WIDTH, PANEL_HEIGHT, title, self.describe(strategy));
        self.draw(&mut scene, index, (0.0, 0.0));
        scene
    }

    /// Draws the panel of one strategy with its upper left corner at `(x, y)`.
    pub fn draw(&self, scene: &mut Scene, index: usize, (x, y): (f64, f64)) {
        let strategy = &self.situation.strategies[index];
        self.header(scene, index, (x, y));
        let area = Rect { x, y: y + HEADER, w: PANEL_WIDTH, h: PANEL_HEIGHT - HEADER };
        let y_title = match self.kind {
            Kind::Availability => "available pods",
            Kind::Pods => "pods",
        };
        let replicas = self.comparison.replicas;
        let right =
            22.0 + text::roomy_width(&format::integer(self.y.end as u64), SMALL, Weight::Regular) + 34.0;
        let frame = Frame::draw(scene, area, Axes { x: &self.x[index], y: &self.y, y_title, right });
        match self.kind {
            Kind::Availability => self.availability(scene, &frame, index),
            Kind::Pods => pods(scene, &frame, strategy, replicas),
        }
    }

    fn header(&self, scene: &mut Scene, index: usize, (x, y): (f64, f64)) {
        let strategy = &self.situation.strategies[index];
        scene.mark(Mark::of(index), (x + 6.0, y + 9.0), 5.0, Ink::Series(index), true);
        let label = text::fit(&strategy.label, 13.0, Weight::SemiBold, PANEL_WIDTH - 30.0);
        scene.bold((x + 17.0, y + 13.5), &label, 13.0, Anchor::Start);
        let after = x + 17.0 + text::roomy_width(&label, 13.0, Weight::SemiBold) + 6.0;
        let tag = match (self.comparison.is_recommended(strategy), strategy.is_manifest_own) {
            (true, true) => "your manifest · advised",
            (true, false) => "advised",
            (false, true) => "your manifest",
            (false, false) => "",
        };
        let tag = text::fit(tag, SMALL, Weight::Regular, (x + PANEL_WIDTH - after).max(0.0));
        if tag.chars().count() > 3 {
            scene.text((after, y + 13.5), tag, SMALL, Anchor::Start, Ink::Muted);
        }
        let line = text::fit(&self.describe(strategy), SMALL, Weight::Regular, PANEL_WIDTH - 18.0);
        scene.text((x + 17.0, y + 29.0), line, SMALL, Anchor::Start, Ink::Muted);
    }

    /// The figures that matter for this kind of panel, in a few words.
    fn describe(&self, strategy: &StrategyResult) -> String {
        let limits = format::limits(strategy.resolved.max_surge_pods, strategy.resolved.max_unavailable_pods);
        match self.kind {
            Kind::Availability => {
                let lowest = format!("{limits} · lowest {}", strategy.min_available_pods.p5);
                match (&strategy.duration_s, &strategy.bad_image) {
                    (Some(duration), _) => format!("{lowest} · done in {}", format::duration(duration.p50)),
                    (None, Some(bad)) => {
                        format!("{lowest} · {} left", format::pods(u64::from(bad.capacity_left_pods)))
                    }
                    (None, None) => format!("{lowest} · does not finish"),
                }
            }
            Kind::Pods => {
                format!("{limits} · at most {} in any run", format::pods(u64::from(strategy.peak_pods)))
            }
        }
    }

    fn availability(&self, scene: &mut Scene, frame: &Frame, index: usize) {
        let strategies = &self.situation.strategies;
        let strategy = &strategies[index];
        let replicas = self.comparison.replicas;
        for (other, result) in strategies.iter().enumerate() {
            if other != index && self.shares_time {
                let band = &result.availability;
                let keep = kept(&band.times_s, &[&band.p50], CONTEXT_POINTS_MAX);
                let d = frame.step_path(&pick(&band.times_s, &keep), &pick(&band.p50, &keep));
                scene.stroke(d, Ink::Context, 1.0);
            }
        }
        reference(scene, frame, replicas, "5 3");
        if strategy.promised_floor_pods > 0 && strategy.promised_floor_pods < replicas {
            reference(scene, frame, strategy.promised_floor_pods, "1.5 3");
        }
        let band = thin(&strategy.availability, POINTS_MAX);
        let ink = Ink::Series(index);
        scene.group(format!("{}: median, and the band in which 90 % of the runs are", strategy.label));
        scene.fill(frame.step_area(&band.times_s, &band.p5, &band.p95), ink, 0.25);
        scene.stroke(frame.step_path(&band.times_s, &band.p50), ink, 2.0);
        scene.end();
        // One mark for "complete": that of the median. The typical run of the other plot may end elsewhere.
        if strategy.duration_s.is_none() {
            markers(scene, frame, strategy);
        }
        if let Some(duration) = &strategy.duration_s {
            let at = (frame.x(duration.p50), frame.y(f64::from(replicas)));
            scene.mark(Mark::Circle, at, 3.5, ink, true);
        }
        let mut labels =
            vec![(f64::from(replicas), format!("{} wanted", format::integer(replicas.into())), Ink::Muted)];
        if strategy.promised_floor_pods > 0 {
            let floor = strategy.promised_floor_pods;
            labels.push((f64::from(floor), format!("{} floor", format::integer(floor.into())), Ink::Muted));
        }
        if let Some(bad) = &strategy.bad_image {
            let left = bad.capacity_left_pods;
            labels.push((f64::from(left), format!("{} left", format::integer(left.into())), Ink::Text));
        }
        frame.end_labels(scene, &labels);
    }
}

/// What a kind of panel shows, in words.
#[must_use]
pub fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::Availability => "available pods over time",
        Kind::Pods => "old, new and terminating pods over time",
    }
}

/// The layers of [`Kind::Pods`] from below, with their names.
pub const LAYERS: [(Ink, &str); 4] = [
    (Ink::NewReady, "new, ready"),
    (Ink::Old, "old"),
    (Ink::NewNotReady, "new, not ready"),
    (Ink::Terminating, "terminating"),
];

fn pods(scene: &mut Scene, frame: &Frame, strategy: &StrategyResult, replicas: u32) {
    let pods = &strategy.pods;
    let all: [&[u32]; 4] = [&pods.new_ready, &pods.old, &pods.new_not_ready, &pods.terminating];
    let len = all.iter().map(|line| line.len()).min().unwrap_or(0).min(pods.times_s.len());
    let all = all.map(|line| &line[..len]);
    let keep = kept(&pods.times_s[..len], &all, POINTS_MAX);
    let times_s = pick(&pods.times_s, &keep);
    let mut low = vec![0; keep.len()];
    for ((ink, name), line) in LAYERS.into_iter().zip(all) {
        let high: Vec<u32> = low.iter().zip(pick(line, &keep)).map(|(low, count)| low + count).collect();
        scene.group(format!("{}: {name}", strategy.label));
        scene.fill(frame.step_area(&times_s, &low, &high), ink, 1.0);
        scene.end();
        low = high;
    }
    reference(scene, frame, replicas, "5 3");
    markers(scene, frame, strategy);
    let mut labels =
        vec![(f64::from(replicas), format!("{} wanted", format::integer(replicas.into())), Ink::Muted)];
    let peak = low.into_iter().max().unwrap_or(0);
    if peak > replicas {
        labels.push((f64::from(peak), format!("{} peak", format::integer(peak.into())), Ink::Muted));
    }
    frame.end_labels(scene, &labels);
}

fn reference(scene: &mut Scene, frame: &Frame, pods: u32, dash: &'static str) {
    let y = frame.y(f64::from(pods));
    let plot = frame.plot;
    scene.dashed(super::scene::segment((plot.x, y), (plot.x + plot.w, y)), Ink::Axis, 1.0, dash);
}

/// Vertical lines with their labels at the foot: right of the line where there is room before the next one, else left, else higher.
fn markers(scene: &mut Scene, frame: &Frame, strategy: &StrategyResult) {
    let plot = frame.plot;
    let lines: Vec<f64> = strategy.markers.iter().map(|marker| frame.x(marker.time_s)).collect();
    let mut taken: Vec<Rect> = Vec::new();
    for (i, marker) in strategy.markers.iter().enumerate() {
        let x = lines[i];
        scene.dashed(super::scene::segment((x, plot.y), (x, plot.y + plot.h)), Ink::Muted, 1.0, "2 2");
        let w = text::roomy_width(&marker.label, SMALL, Weight::Regular);
        let places = (0..4).flat_map(|row| {
            let y = plot.y + plot.h - 20.0 - f64::from(row) * 14.0;
            [Rect { x: x + 4.0, y, w, h: 14.0 }, Rect { x: x - 4.0 - w, y, w, h: 14.0 }]
                .map(|place| (row, place))
        });
        let free = |(row, place): &(i32, Rect)| {
            place.x >= plot.x
                && place.x + w <= plot.x + plot.w + 4.0
                && taken.iter().all(|other| place.overlap(*other) == 0.0)
                && (*row > 0 || lines.iter().all(|line| *line <= place.x || *line >= place.x + w))
        };
        if let Some((_, place)) = places.into_iter().find(free) {
            scene.label((place.x, place.y + 11.0), &marker.label, SMALL, Anchor::Start, Ink::Text);
            taken.push(place);
        }
    }
}

fn last_change_s(strategy: &StrategyResult) -> f64 {
    let last = |times_s: &[f64]| times_s.last().copied().unwrap_or(0.0);
    last(&strategy.availability.times_s)
        .max(last(&strategy.pods.times_s))
        .max(strategy.markers.iter().map(|m| m.time_s).fold(0.0, f64::max))
}

fn most_pods(strategy: &StrategyResult, kind: Kind) -> u32 {
    match kind {
        Kind::Availability => strategy.availability.p95.iter().copied().max().unwrap_or(0),
        Kind::Pods => {
            let pods = &strategy.pods;
            (0..pods.times_s.len())
                .map(|i| {
                    [&pods.old, &pods.new_ready, &pods.new_not_ready, &pods.terminating]
                        .iter()
                        .filter_map(|l| l.get(i))
                        .sum()
                })
                .max()
                .unwrap_or(0)
        }
    }
}
