//! Lines over logarithmic axes, drawn with the program's own scene.

use maxsurge_reports::plot::dodge::dodge;
use maxsurge_reports::plot::png::rasterise;
use maxsurge_reports::plot::scene::{Anchor, Colours, Mark, Scene};
use maxsurge_reports::plot::theme::{Ink, Theme};

/// A line: its name and its points.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

const SIZE: (f64, f64) = (760.0, 460.0);
const LEFT: f64 = 74.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 62.0;
const BELOW: f64 = 52.0;

/// The drawing. Both axes show powers of ten; what lies on a line of slope 1 costs the same per unit of x.
pub(crate) fn draw(title: &str, caption: &str, x_title: &str, y_title: &str, lines: &[Line]) -> Scene {
    let mut scene = Scene::new(SIZE.0, SIZE.1, title, caption);
    scene.bold((20.0, 28.0), title, 16.0, Anchor::Start);
    scene.text((20.0, 46.0), caption, 12.0, Anchor::Start, Ink::Muted);
    let all = || lines.iter().flat_map(|line| line.points.iter().copied());
    let range = |of: fn((f64, f64)) -> f64| {
        let (low, high) =
            all().map(of).fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        (low.log10(), high.log10())
    };
    // The names stand at the ends of the lines, so there is no room to the right of them.
    let ((x0, x1), (y0, y1)) = (range(|p| p.0), range(|p| p.1));
    let (x0, y0, y1) = (x0.floor(), y0.floor(), y1.ceil());
    let (w, h) = (SIZE.0 - LEFT - RIGHT, SIZE.1 - TOP - BELOW);
    let x = |v: f64| LEFT + (v.log10() - x0) / (x1 - x0).max(1.0) * w;
    let y = |v: f64| TOP + h - (v.log10() - y0) / (y1 - y0).max(1.0) * h;
    for power in x0 as i32..=x1.floor() as i32 {
        let v = 10_f64.powi(power);
        scene.line((x(v), TOP), (x(v), TOP + h), Ink::Grid, 1.0);
        scene.text((x(v), TOP + h + 17.0), number(v), 11.0, Anchor::Middle, Ink::Muted);
    }
    for power in y0 as i32..=y1 as i32 {
        let v = 10_f64.powi(power);
        scene.line((LEFT, y(v)), (LEFT + w, y(v)), Ink::Grid, 1.0);
        scene.text((LEFT - 8.0, y(v) + 4.0), number(v), 11.0, Anchor::End, Ink::Muted);
    }
    scene.line((LEFT, TOP + h), (LEFT + w, TOP + h), Ink::Axis, 1.0);
    scene.text((LEFT + w / 2.0, SIZE.1 - 14.0), x_title, 12.0, Anchor::Middle, Ink::Text);
    scene.upwards((20.0, TOP + h / 2.0), y_title, 12.0, Ink::Text);
    let ends: Vec<f64> = lines.iter().map(|line| line.points.last().map_or(TOP, |p| y(p.1))).collect();
    let label_at = dodge(&ends, 15.0, TOP, TOP + h);
    for (index, (line, at)) in lines.iter().zip(label_at).enumerate() {
        let ink = Ink::Series(index);
        let path: String = line.points.iter().enumerate().fold(String::new(), |path, (n, p)| {
            format!("{path}{}{:.2} {:.2}", if n == 0 { "M" } else { "L" }, x(p.0), y(p.1))
        });
        scene.stroke(path, ink, 2.0);
        for p in &line.points {
            scene.mark(Mark::of(index), (x(p.0), y(p.1)), 4.0, ink, true);
        }
        scene.text((LEFT + w + 12.0, at + 4.0), line.name.as_str(), 12.0, Anchor::Start, ink);
    }
    scene
}

/// 0.001 … 1,000,000 as people write them.
fn number(v: f64) -> String {
    if v < 1.0 {
        return format!("{v}");
    }
    let digits = format!("{v:.0}");
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes `<path>.svg` and `<path>.png`.
pub(crate) fn write(scene: &Scene, path: &std::path::Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path.with_extension("svg"), scene.svg(Colours::Adaptive))?;
    let png = rasterise(&scene.svg(Colours::Fixed(Theme::Light)), 2.0).map_err(std::io::Error::other)?;
    std::fs::write(path.with_extension("png"), png)
}
