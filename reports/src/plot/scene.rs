//! A drawing: shapes in their meaning's ink, written as SVG for a file, for a page or for rasterising.

use std::fmt::Write as _;

use super::text::Weight;
use super::theme::{Ink, Theme, class_rules};

/// How colours get into the SVG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// One theme, as plain attributes: for rasterising.
    Fixed(Theme),
    /// Light attributes, and a style sheet that turns dark with the reader's preference: for a file by itself.
    Adaptive,
    /// Classes only; the page's style sheet knows them.
    Classes,
}

/// Where a text is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At its start.
    Start,
    /// At its middle.
    Middle,
    /// At its end.
    End,
}

/// Shape of a point; a second channel beside the hue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// ●
    Circle,
    /// ■
    Square,
    /// ◆
    Diamond,
    /// ▲
    Triangle,
}

impl Mark {
    /// The mark of the strategy with this index: with the eight hues, 32 combinations before one repeats.
    #[must_use]
    pub fn of(index: usize) -> Self {
        [Self::Circle, Self::Square, Self::Diamond, Self::Triangle]
            [(index + index / super::theme::SERIES_COUNT) % 4]
    }
}

#[derive(Clone, Debug)]
enum Shape {
    Path {
        d: String,
        stroke: Option<(Ink, f64)>,
        dash: &'static str,
        fill: Option<Ink>,
        opacity: f64,
    },
    Rect {
        x: f64,
        y: f64,
        w: f64,
        h: f64,
        fill: Ink,
        radius: f64,
    },
    Text {
        x: f64,
        y: f64,
        text: String,
        size: f64,
        weight: Weight,
        anchor: Anchor,
        ink: Ink,
        halo: bool,
        turned: bool,
    },
    Group(String),
    Shift(f64, f64),
    End,
}

/// A drawing of fixed size; `x` to the right, `y` down.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Width in drawing units (pixels at 100 %).
    pub width: f64,
    /// Height in drawing units.
    pub height: f64,
    title: String,
    description: String,
    shapes: Vec<Shape>,
}

impl Scene {
    /// An empty drawing. Title and description are read out by screen readers.
    #[must_use]
    pub fn new(width: f64, height: f64, title: impl Into<String>, description: impl Into<String>) -> Self {
        Self { width, height, title: title.into(), description: description.into(), shapes: Vec::new() }
    }

    /// Moves what is drawn so far.
    pub fn translate(&mut self, dx: f64, dy: f64) {
        self.shapes.insert(0, Shape::Shift(dx, dy));
        self.shapes.push(Shape::End);
    }

    /// Starts a group with a title (shown when the pointer rests on it); ended by [`Scene::end`].
    pub fn group(&mut self, title: impl Into<String>) {
        self.shapes.push(Shape::Group(title.into()));
    }

    /// Ends a group.
    pub fn end(&mut self) {
        self.shapes.push(Shape::End);
    }

    /// A stroked path.
    pub fn stroke(&mut self, d: String, ink: Ink, width: f64) {
        self.shapes.push(Shape::Path { d, stroke: Some((ink, width)), dash: "", fill: None, opacity: 1.0 });
    }

    /// A dashed path.
    pub fn dashed(&mut self, d: String, ink: Ink, width: f64, dash: &'static str) {
        self.shapes.push(Shape::Path { d, stroke: Some((ink, width)), dash, fill: None, opacity: 1.0 });
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink, width: f64) {
        self.stroke(segment(from, to), ink, width);
    }

    /// A filled path.
    pub fn fill(&mut self, d: String, ink: Ink, opacity: f64) {
        self.shapes.push(Shape::Path { d, stroke: None, dash: "", fill: Some(ink), opacity });
    }

    /// A filled rectangle.
    pub fn rect(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), fill: Ink, radius: f64) {
        self.shapes.push(Shape::Rect { x, y, w: w.max(0.0), h: h.max(0.0), fill, radius });
    }

    /// A point mark of about `radius`, with a rim of paper that separates it from what is below; hollow if not `solid`.
    pub fn mark(&mut self, mark: Mark, (x, y): (f64, f64), radius: f64, ink: Ink, solid: bool) {
        let d = mark_path(mark, x, y, radius);
        let (fill, rim) = if solid { (ink, Ink::Paper) } else { (Ink::Paper, ink) };
        self.shapes.push(Shape::Path {
            d,
            stroke: Some((rim, 1.5)),
            dash: "",
            fill: Some(fill),
            opacity: 1.0,
        });
    }

    /// A text; `y` is its base line.
    pub fn text(&mut self, at: (f64, f64), text: impl Into<String>, size: f64, anchor: Anchor, ink: Ink) {
        self.push_text(at, text.into(), size, Weight::Regular, anchor, ink, false);
    }

    /// A semi-bold text.
    pub fn bold(&mut self, at: (f64, f64), text: impl Into<String>, size: f64, anchor: Anchor) {
        self.push_text(at, text.into(), size, Weight::SemiBold, anchor, Ink::Text, false);
    }

    /// A text with a halo of paper, to be read over lines.
    pub fn label(&mut self, at: (f64, f64), text: impl Into<String>, size: f64, anchor: Anchor, ink: Ink) {
        self.push_text(at, text.into(), size, Weight::Regular, anchor, ink, true);
    }

    /// A text turned to read upwards, centred on the point.
    pub fn upwards(&mut self, (x, y): (f64, f64), text: impl Into<String>, size: f64, ink: Ink) {
        self.push_text((x, y), text.into(), size, Weight::Regular, Anchor::Middle, ink, false);
        if let Some(Shape::Text { turned, .. }) = self.shapes.last_mut() {
            *turned = true;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the one place that knows all of them")]
    fn push_text(
        &mut self,
        (x, y): (f64, f64),
        text: String,
        size: f64,
        weight: Weight,
        anchor: Anchor,
        ink: Ink,
        halo: bool,
    ) {
        self.shapes.push(Shape::Text { x, y, text, size, weight, anchor, ink, halo, turned: false });
    }

    /// The drawing as SVG.
    #[must_use]
    pub fn svg(&self, colours: Colours) -> String {
        let (w, h) = (number(self.width), number(self.height));
        let mut svg = String::with_capacity(4096);
        let _ = write!(svg, r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" role="img""#);
        match colours {
            Colours::Classes => {}
            Colours::Fixed(_) | Colours::Adaptive => {
                let _ = write!(svg, r#" width="{w}" height="{h}" font-family="{FONTS}""#);
            }
        }
        let _ = writeln!(svg, ">\n<title>{}</title>", escape(&self.title));
        if !self.description.is_empty() {
            let _ = writeln!(svg, "<desc>{}</desc>", escape(&self.description));
        }
        if colours == Colours::Adaptive {
            let rules = class_rules(Theme::Dark);
            let _ = writeln!(svg, "<style>@media (prefers-color-scheme:dark){{{rules}}}</style>");
        }
        if colours != Colours::Classes {
            let paint = paint("fill", Some(Ink::Paper), colours);
            let _ = writeln!(svg, r#"<rect width="{w}" height="{h}"{paint}/>"#);
        }
        for shape in &self.shapes {
            shape.write(&mut svg, colours);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// Inter first: the layout was measured with it. Any sans serif will do.
pub const FONTS: &str = "Inter,system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

impl Shape {
    fn write(&self, svg: &mut String, colours: Colours) {
        match self {
            Self::Path { d, stroke, dash, fill, opacity } => {
                let _ = write!(svg, r#"<path d="{d}""#);
                let fill = paint("fill", *fill, colours);
                let mut classes = fill;
                if let Some((ink, width)) = stroke {
                    classes = join(&classes, &paint("stroke", Some(*ink), colours));
                    let _ = write!(svg, r#" stroke-width="{}" stroke-linejoin="round""#, number(*width));
                    if !dash.is_empty() {
                        let _ = write!(svg, r#" stroke-dasharray="{dash}""#);
                    }
                }
                svg.push_str(&classes);
                if *opacity < 1.0 {
                    let _ = write!(svg, r#" opacity="{opacity}""#);
                }
                svg.push_str("/>\n");
            }
            Self::Rect { x, y, w, h, fill, radius } => {
                let paint = paint("fill", Some(*fill), colours);
                let [x, y, w, h, radius] = [x, y, w, h, radius].map(|v| number(*v));
                let _ =
                    writeln!(svg, r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{radius}"{paint}/>"#);
            }
            Self::Text { x, y, text, size, weight, anchor, ink, halo, turned } => {
                let _ = write!(svg, r#"<text font-size="{}""#, number(*size));
                if *turned {
                    let _ =
                        write!(svg, r#" transform="translate({},{}) rotate(-90)""#, number(*x), number(*y));
                } else {
                    let _ = write!(svg, r#" x="{}" y="{}""#, number(*x), number(*y));
                }
                match anchor {
                    Anchor::Start => {}
                    Anchor::Middle => svg.push_str(r#" text-anchor="middle""#),
                    Anchor::End => svg.push_str(r#" text-anchor="end""#),
                }
                if *weight == Weight::SemiBold {
                    svg.push_str(r#" font-weight="600""#);
                }
                let mut classes = paint("fill", Some(*ink), colours);
                if *halo {
                    svg.push_str(r#" stroke-width="3" stroke-linejoin="round" paint-order="stroke""#);
                    classes = join(&classes, &paint("stroke", Some(Ink::Paper), colours));
                }
                let _ = writeln!(svg, "{classes}>{}</text>", escape(text));
            }
            Self::Group(title) => {
                let _ = writeln!(svg, "<g><title>{}</title>", escape(title));
            }
            Self::Shift(dx, dy) => {
                let _ = writeln!(svg, r#"<g transform="translate({},{})">"#, number(*dx), number(*dy));
            }
            Self::End => svg.push_str("</g>\n"),
        }
    }
}

/// Attributes that give `property` an ink, or none.
fn paint(property: &str, ink: Option<Ink>, colours: Colours) -> String {
    let Some(ink) = ink else { return format!(r#" {property}="none""#) };
    let class = format!(r#" class="{}-{}""#, &property[..1], ink.name());
    match colours {
        Colours::Fixed(theme) => format!(r#" {property}="{}""#, ink.colour(theme)),
        Colours::Adaptive => format!(r#" {property}="{}"{class}"#, ink.colour(Theme::Light)),
        Colours::Classes => class,
    }
}

/// Joins two results of [`paint`] so that there is one `class` attribute.
fn join(a: &str, b: &str) -> String {
    const START: &str = r#" class=""#;
    match (a.find(START), b.find(START)) {
        (Some(at_a), Some(at_b)) => {
            let (attributes_a, class_a) = (&a[..at_a], a[at_a + START.len()..].trim_end_matches('"'));
            let (attributes_b, class_b) = (&b[..at_b], b[at_b + START.len()..].trim_end_matches('"'));
            format!(r#"{attributes_a}{attributes_b}{START}{class_a} {class_b}""#)
        }
        _ => format!("{a}{b}"),
    }
}

/// A coordinate with at most two decimals, as short as possible.
#[must_use]
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The path of a straight line.
#[must_use]
pub fn segment(from: (f64, f64), to: (f64, f64)) -> String {
    format!("M{},{}L{},{}", number(from.0), number(from.1), number(to.0), number(to.1))
}

fn mark_path(mark: Mark, x: f64, y: f64, r: f64) -> String {
    let n = number;
    match mark {
        Mark::Circle => format!(
            "M{},{}a{r},{r} 0 1 0 {},0a{r},{r} 0 1 0 {},0Z",
            n(x - r),
            n(y),
            n(2.0 * r),
            n(-2.0 * r),
            r = n(r)
        ),
        Mark::Square => {
            let r = r * 0.9;
            format!("M{},{}h{}v{}h{}Z", n(x - r), n(y - r), n(2.0 * r), n(2.0 * r), n(-2.0 * r))
        }
        Mark::Diamond => {
            let r = r * 1.25;
            format!(
                "M{},{}L{},{}L{},{}L{},{}Z",
                n(x),
                n(y - r),
                n(x + r),
                n(y),
                n(x),
                n(y + r),
                n(x - r),
                n(y)
            )
        }
        Mark::Triangle => {
            let r = r * 1.2;
            format!("M{},{}L{},{}L{},{}Z", n(x), n(y - r), n(x + r), n(y + r * 0.8), n(x - r), n(y + r * 0.8))
        }
    }
}

/// Text for XML: the five special characters, and control characters (which XML cannot hold) replaced.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_class_attribute_each() {
        let mut scene = Scene::new(10.0, 10.0, "a < b", "");
        scene.mark(Mark::Circle, (5.0, 5.0), 2.0, Ink::Text, true);
        scene.label((0.0, 5.0), "x & y\u{7}", 10.0, Anchor::End, Ink::Text);
        for colours in [Colours::Classes, Colours::Adaptive, Colours::Fixed(Theme::Dark)] {
            let svg = scene.svg(colours);
            assert!(svg.lines().all(|line| line.matches("class=").count() <= 1), "{svg}");
            assert!(svg.contains("a &lt; b") && svg.contains("x &amp; y\u{fffd}"), "{svg}");
        }
    }

    #[test]
    fn short_numbers() {
        assert_eq!([1.0, 1.5, -0.001, 0.125, 100.0].map(number), ["1", "1.5", "0", "0.12", "100"]);
    }
}
