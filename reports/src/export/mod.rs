//! The files of a comparison, and the table for a terminal.

pub mod csv;
pub mod folder;
pub mod json;
pub mod markdown;
pub mod table;

use crate::html;
use crate::model::Comparison;
use crate::plot::{self, png, scene::Colours, theme::Theme};
use folder::{File, WriteError};

/// Pixels of a PNG a drawing unit.
const PNG_SCALE: f32 = 1.5;

/// What to write besides the standard files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Also a dark PNG of each plot (the SVGs turn dark by themselves).
    pub dark_png: bool,
}

/// Everything of a report as files with paths relative to its folder: `report.html`, `summary.md`, `summary.csv`, `results.json`, and
/// each plot as `plots/NAME.svg` and `plots/NAME.png`.
///
/// # Errors
/// If a plot cannot be rasterised, which would be a fault of this program.
pub fn files(comparison: &Comparison, choice: Choice) -> Result<Vec<File>, png::PngError> {
    let mut files = vec![
        File::new("report.html", html::page(comparison)),
        File::new("summary.md", markdown::summary(comparison)),
        File::new("summary.csv", csv::summary(comparison)),
        File::new("results.json", json::results(comparison)),
    ];
    for situation in &comparison.situations {
        for figure in plot::figures(comparison, situation) {
            let picture = |theme| png::rasterise(&figure.file.svg(Colours::Fixed(theme)), PNG_SCALE);
            files.push(File::new(format!("plots/{}.svg", figure.id), figure.file.svg(Colours::Adaptive)));
            files.push(File::new(format!("plots/{}.png", figure.id), picture(Theme::Light)?));
            if choice.dark_png {
                files.push(File::new(format!("plots/{}-dark.png", figure.id), picture(Theme::Dark)?));
            }
        }
    }
    Ok(files)
}

/// Writes [`files`] to a folder, which is made if need be; see [`folder::write_all`].
///
/// # Errors
/// Names the path that could not be written and what to do.
pub fn write_report(
    comparison: &Comparison,
    dir: &std::path::Path,
    choice: Choice,
) -> Result<(), ReportError> {
    let files = files(comparison, choice).map_err(ReportError::Plot)?;
    folder::write_all(dir, &files).map_err(ReportError::Write)
}

/// Why a report was not written.
#[derive(Debug)]
pub enum ReportError {
    /// A plot could not be drawn.
    Plot(png::PngError),
    /// A file could not be written.
    Write(WriteError),
}

impl std::fmt::Display for ReportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plot(error) => error.fmt(f),
            Self::Write(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReportError {}
