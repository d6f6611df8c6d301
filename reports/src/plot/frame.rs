//! Axes, grid and step paths that the plots share.

use std::fmt::Write as _;

use super::dodge::{Rect, dodge};
use super::scene::{Anchor, Scene, number};
use super::text::{Weight, roomy_width};
use super::theme::Ink;
use super::ticks::Ticks;

/// Size of tick texts and other small print.
pub const SMALL: f64 = 11.0;

/// The inner rectangle of a plot with its two scales, both from 0.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Where data goes.
    pub plot: Rect,
    x_end: f64,
    y_end: f64,
}

/// What to write on the axes.
#[derive(Clone, Copy, Debug)]
pub struct Axes<'a> {
    /// Ticks of the horizontal axis.
    pub x: &'a Ticks,
    /// Ticks of the vertical axis.
    pub y: &'a Ticks,
    /// What is counted upwards.
    pub y_title: &'a str,
    /// Room to the right of the plot, for labels at the ends of lines.
    pub right: f64,
}

impl Frame {
    /// Draws grid, ticks and titles within `area`, and says where data goes.
    pub fn draw(scene: &mut Scene, area: Rect, axes: Axes<'_>) -> Self {
        let widest =
            axes.y.at.iter().map(|(_, text)| roomy_width(text, SMALL, Weight::Regular)).fold(0.0, f64::max);
        let left = 15.0 + widest + 6.0;
        let plot = Rect {
            x: area.x + left,
            y: area.y + 4.0,
            w: (area.w - left - axes.right).max(20.0),
            h: (area.h - 26.0).max(20.0),
        };
        let frame =
            Self { plot, x_end: axes.x.end.max(f64::MIN_POSITIVE), y_end: axes.y.end.max(f64::MIN_POSITIVE) };
        let bottom = plot.y + plot.h;
        for (at, text) in &axes.y.at {
            let y = frame.y(*at);
            if *at > 0.0 {
                scene.line((plot.x, y), (plot.x + plot.w, y), Ink::Grid, 1.0);
            }
            scene.text((plot.x - 6.0, y + 4.0), text, SMALL, Anchor::End, Ink::Muted);
        }
        scene.line((plot.x, bottom), (plot.x + plot.w, bottom), Ink::Axis, 1.0);
        let mut free_from = f64::NEG_INFINITY;
        for (at, text) in &axes.x.at {
            let x = frame.x(*at);
            let width = roomy_width(text, SMALL, Weight::Regular);
            let centre = x.min(area.x + area.w - width / 2.0);
            scene.line((x, bottom), (x, bottom + 4.0), Ink::Axis, 1.0);
            if centre - width / 2.0 >= free_from {
                scene.text((centre, bottom + 17.0), text, SMALL, Anchor::Middle, Ink::Muted);
                free_from = centre + width / 2.0 + 3.0;
            }
        }
        scene.upwards((area.x + 10.0, plot.y + plot.h / 2.0), axes.y_title, SMALL, Ink::Muted);
        frame
    }

    /// Horizontal place of a value.
    #[must_use]
    pub fn x(&self, value: f64) -> f64 {
        self.plot.x + (value / self.x_end).clamp(0.0, 1.0) * self.plot.w
    }

    /// Vertical place of a value.
    #[must_use]
    pub fn y(&self, value: f64) -> f64 {
        self.plot.y + self.plot.h - (value / self.y_end).clamp(0.0, 1.0) * self.plot.h
    }

    /// Texts to the right of the plot at the heights of their values, moved apart where they would touch.
    pub fn end_labels(&self, scene: &mut Scene, labels: &[(f64, String, Ink)]) {
        let wanted: Vec<f64> = labels.iter().map(|(value, ..)| self.y(*value)).collect();
        let centres = dodge(&wanted, SMALL + 2.0, self.plot.y, self.plot.y + self.plot.h);
        let x = self.plot.x + self.plot.w + 5.0;
        for ((_, text, ink), centre) in labels.iter().zip(centres) {
            scene.text((x, centre + 4.0), text, SMALL, Anchor::Start, *ink);
        }
    }

    /// A step line: each value holds until the next time, the last until the end of the axis.
    #[must_use]
    pub fn step_path(&self, times_s: &[f64], values: &[u32]) -> String {
        let mut d = String::new();
        self.steps(&mut d, times_s, values, true);
        d
    }

    /// The area between two step lines on common times.
    #[must_use]
    pub fn step_area(&self, times_s: &[f64], low: &[u32], high: &[u32]) -> String {
        let mut d = String::new();
        self.steps(&mut d, times_s, high, true);
        if d.is_empty() {
            return d;
        }
        // Back along the lower line: from the end, at each change first down to the earlier value, then left.
        let len = times_s.len().min(low.len());
        for i in (0..len).rev() {
            if i > 0 && low[i] == low[i - 1] {
                continue;
            }
            let _ = write!(d, "V{}H{}", number(self.y(f64::from(low[i]))), number(self.x(times_s[i])));
        }
        d.push('Z');
        d
    }

    fn steps(&self, d: &mut String, times_s: &[f64], values: &[u32], to_end: bool) {
        let mut last = None;
        for (time_s, value) in times_s.iter().zip(values) {
            if *time_s > self.x_end {
                break;
            }
            if last == Some(value) {
                continue;
            }
            let (x, y) = (number(self.x(*time_s)), number(self.y(f64::from(*value))));
            let _ = if last.is_none() { write!(d, "M{x},{y}") } else { write!(d, "H{x}V{y}") };
            last = Some(value);
        }
        if to_end && last.is_some() {
            let _ = write!(d, "H{}", number(self.plot.x + self.plot.w));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ticks;
    use super::*;

    fn frame() -> (Scene, Frame) {
        let mut scene = Scene::new(200.0, 126.0, "", "");
        let axes =
            Axes { x: &ticks::times(100.0, 4), y: &ticks::integers(10, 2), y_title: "pods", right: 0.0 };
        let frame = Frame::draw(&mut scene, Rect { x: 0.0, y: 0.0, w: 200.0, h: 126.0 }, axes);
        (scene, Frame { plot: Rect { x: 0.0, y: 0.0, w: 100.0, h: 100.0 }, ..frame })
    }

    #[test]
    fn steps_are_square_and_reach_the_end() {
        let (_, frame) = frame();
        assert_eq!(frame.step_path(&[0.0, 10.0, 20.0, 30.0], &[10, 8, 8, 10]), "M0,0H10V20H30V0H100");
        assert_eq!(frame.step_path(&[], &[]), "");
        assert_eq!(frame.step_area(&[0.0, 10.0], &[0, 5], &[10, 10]), "M0,0H100V50H10V100H0Z");
    }
}
