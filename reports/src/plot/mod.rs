//! Plots of a [`Comparison`]: what there is to show, as drawings for files and for the page.
//!
//! Own SVG instead of a plotting crate: true step lines, integer ticks, direct labels that dodge and one drawing for light and dark
//! need full control, and little else is needed. PNGs are rasterised from the same SVG with an embedded font.

pub mod bands;
pub mod dodge;
pub mod dots;
pub mod frame;
pub mod panels;
pub mod png;
pub mod scene;
pub mod text;
pub mod theme;
pub mod ticks;
pub mod tradeoff;

use crate::format;
use crate::model::{Comparison, Situation, SituationId};
use panels::{Kind, LAYERS, PANEL_HEIGHT, PANEL_WIDTH, Panels};
use scene::{Anchor, Scene};
use text::Weight;
use theme::Ink;

/// Width of a figure in a file.
pub const FIGURE_WIDTH: f64 = 1232.0;
/// Width of a figure on a phone.
pub const NARROW_WIDTH: f64 = 344.0;
const MARGIN: f64 = 20.0;
const TITLE_HEIGHT: f64 = 66.0;

/// One figure.
#[derive(Debug)]
pub struct Figure {
    /// Name of its files, without extension: `good-image-availability`.
    pub id: String,
    /// Heading.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// What colours mean, where they are not labelled directly.
    pub key: Vec<(Ink, &'static str)>,
    /// The whole figure with heading, for a file.
    pub file: Scene,
    /// The drawings without heading, for the page.
    pub page: PageForm,
}

/// How a figure adapts to the width of the page.
#[derive(Debug)]
pub enum PageForm {
    /// Panels that flow into as many columns as fit.
    Panels(Vec<Scene>),
    /// One drawing for wide windows, one for narrow ones.
    WideOrNarrow(Box<Scene>, Box<Scene>),
}

/// All figures of a situation, the most telling first.
#[must_use]
pub fn figures(comparison: &Comparison, situation: &Situation) -> Vec<Figure> {
    let mut figures = vec![compared(comparison, situation)];
    if tradeoff::applies(situation) {
        figures.push(traded(comparison, situation));
    }
    figures.push(over_time(comparison, situation, Kind::Availability));
    figures.push(over_time(comparison, situation, Kind::Pods));
    figures
}

fn compared(comparison: &Comparison, situation: &Situation) -> Figure {
    let title = "Strategies compared".to_owned();
    let caption =
        format!("{}. Dashed: the {} wanted.", runs(comparison), format::pods(comparison.replicas.into()));
    let draw = |width, top, narrow| dots::scene(comparison, situation, width, top, narrow);
    let mut file = inset(draw(FIGURE_WIDTH - 2.0 * MARGIN, TITLE_HEIGHT - MARGIN, false));
    heading(&mut file, comparison, situation, &title, &caption, &[]);
    Figure {
        id: format!("{}-compared", situation.id.as_str()),
        title,
        caption,
        key: Vec::new(),
        file,
        page: PageForm::WideOrNarrow(
            Box::new(draw(1080.0, 0.0, false)),
            Box::new(draw(NARROW_WIDTH, 0.0, true)),
        ),
    }
}

fn traded(comparison: &Comparison, situation: &Situation) -> Figure {
    let title = "Duration against missing capacity".to_owned();
    let caption =
        format!("Lower left is better. {}: medians, with lines to the 95th percentile.", runs(comparison));
    let draw = |size, top| tradeoff::scene(comparison, situation, size, top);
    let mut file = inset(draw((860.0 - 2.0 * MARGIN, 460.0), TITLE_HEIGHT - MARGIN));
    heading(&mut file, comparison, situation, &title, &caption, &[]);
    Figure {
        id: format!("{}-tradeoff", situation.id.as_str()),
        title,
        caption,
        key: Vec::new(),
        file,
        page: PageForm::WideOrNarrow(
            Box::new(draw((1080.0, 400.0), 0.0)),
            Box::new(draw((NARROW_WIDTH, 340.0), 0.0)),
        ),
    }
}

fn over_time(comparison: &Comparison, situation: &Situation, kind: Kind) -> Figure {
    let panels = Panels::new(comparison, situation, kind);
    let axis = if panels.shares_time() {
        "Time since the rollout began."
    } else {
        "Each panel has its own time axis."
    };
    let (id, title, caption, key) = match kind {
        Kind::Availability => {
            let context = if panels.shares_time() { "; grey: the other strategies" } else { "" };
            let dot = if situation.id == SituationId::BadImage { "" } else { "; dot: complete (median)" };
            let line = format!(
                "Line: median of {}; band: 9 of 10 runs (p5–p95){context}{dot}. {axis}",
                runs_lower(comparison)
            );
            ("availability", "Availability over time", line, Vec::new())
        }
        Kind::Pods => {
            let line = format!("The run of each strategy with the median of missing capacity. {axis}");
            ("pods", "Old, new and terminating pods", line, LAYERS.to_vec())
        }
    };
    let count = situation.strategies.len();
    let columns = match count {
        0..=4 => count.max(1),
        5 | 6 | 9 => 3,
        _ => 4,
    };
    let rows = count.div_ceil(columns).max(1);
    let gap = (14.0, 18.0);
    let width = 2.0 * MARGIN + columns as f64 * PANEL_WIDTH + (columns - 1) as f64 * gap.0;
    let height = TITLE_HEIGHT + MARGIN + rows as f64 * (PANEL_HEIGHT + gap.1);
    let mut file =
        Scene::new(width.max(640.0), height, format!("{title}: {}", situation.title), caption.clone());
    heading(&mut file, comparison, situation, title, &caption, &key);
    for index in 0..count {
        let (column, row) = (index % columns, index / columns);
        let at = (
            MARGIN + column as f64 * (PANEL_WIDTH + gap.0),
            TITLE_HEIGHT + 8.0 + row as f64 * (PANEL_HEIGHT + gap.1),
        );
        panels.draw(&mut file, index, at);
    }
    Figure {
        id: format!("{}-{id}", situation.id.as_str()),
        title: title.to_owned(),
        caption,
        key,
        file,
        page: PageForm::Panels((0..count).map(|index| panels.scene(index)).collect()),
    }
}

fn runs(comparison: &Comparison) -> String {
    let text = runs_lower(comparison);
    text[..1].to_uppercase() + &text[1..]
}

fn runs_lower(comparison: &Comparison) -> String {
    if comparison.seeds == 1 {
        "one run".to_owned()
    } else {
        format!("{} runs", format::integer(comparison.seeds.into()))
    }
}

/// The drawing moved in by the margin.
fn inset(mut scene: Scene) -> Scene {
    scene.translate(MARGIN, MARGIN);
    scene.width += 2.0 * MARGIN;
    scene.height += 2.0 * MARGIN;
    scene
}

fn heading(
    scene: &mut Scene,
    comparison: &Comparison,
    situation: &Situation,
    title: &str,
    caption: &str,
    key: &[(Ink, &'static str)],
) {
    let room = scene.width - 2.0 * MARGIN;
    let subject = format!("{title} – {}", situation.title.to_lowercase());
    scene.bold((MARGIN, 28.0), text::fit(&subject, 17.0, Weight::SemiBold, room), 17.0, Anchor::Start);
    let pods = format::pods(comparison.replicas.into());
    let line = format!("{} ({pods}). {caption}", comparison.deployment);
    let keys: f64 = key.iter().map(|(_, name)| key_width(name)).sum();
    let line = text::fit(&line, 12.0, Weight::Regular, room - keys);
    scene.text((MARGIN, 48.0), &line, 12.0, Anchor::Start, Ink::Muted);
    let mut x = MARGIN + text::roomy_width(&line, 12.0, Weight::Regular) + 16.0;
    for (ink, name) in key {
        scene.rect((x, 38.5), (11.0, 11.0), *ink, 2.0);
        scene.text((x + 16.0, 48.0), *name, 12.0, Anchor::Start, Ink::Text);
        x += key_width(name);
    }
}

fn key_width(name: &str) -> f64 {
    text::roomy_width(name, 12.0, Weight::Regular) + 32.0
}
