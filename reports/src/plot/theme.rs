//! Colours by meaning, in a light and a dark form.
//!
//! Strategies take the hues of Okabe and Ito's palette, which people with any common kind of colour vision tell apart; its light hues
//! are darkened on white and its dark ones lightened on black. Shape and direct labels carry the same information, so that nothing is
//! lost in black and white.

use std::fmt::Write as _;

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white.
    Light,
    /// Light ink on near-black.
    Dark,
}

/// What a mark means; a theme gives it a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The page.
    Paper,
    /// Titles and labels.
    Text,
    /// Ticks, captions.
    Muted,
    /// Faint grid.
    Grid,
    /// Axes and reference lines.
    Axis,
    /// The other strategies, for context.
    Context,
    /// The strategy with this index.
    Series(usize),
    /// Pods of old ReplicaSets.
    Old,
    /// Ready pods of the new ReplicaSet.
    NewReady,
    /// Pods of the new ReplicaSet that are not ready.
    NewNotReady,
    /// Pods being deleted.
    Terminating,
}

/// Number of hues for strategies; a ninth strategy has the hue of the first and another shape.
pub const SERIES_COUNT: usize = 8;

const SERIES: [(&str, &str); SERIES_COUNT] = [
    ("#0072b2", "#4aa8e0"), // blue
    ("#d55e00", "#f0803c"), // vermilion
    ("#009e73", "#2cc79a"), // bluish green
    ("#c2639a", "#e29cc3"), // reddish purple
    ("#c98a00", "#f0b429"), // orange
    ("#2f9fd8", "#8cd0f5"), // sky blue
    ("#5f6368", "#b8bdc4"), // grey, for black
    ("#8a7b00", "#f0e442"), // yellow
];

const FIXED: [Ink; 10] = [
    Ink::Paper,
    Ink::Text,
    Ink::Muted,
    Ink::Grid,
    Ink::Axis,
    Ink::Context,
    Ink::Old,
    Ink::NewReady,
    Ink::NewNotReady,
    Ink::Terminating,
];

impl Ink {
    /// The colour as `#rrggbb`.
    #[must_use]
    pub fn colour(self, theme: Theme) -> &'static str {
        let (light, dark) = match self {
            Self::Paper => ("#ffffff", "#15181c"),
            Self::Text => ("#1b1f24", "#e8eaed"),
            Self::Muted => ("#5a626c", "#a3abb5"),
            Self::Grid => ("#e7eaee", "#282d34"),
            Self::Axis => ("#8b949e", "#6d7681"),
            Self::Context => ("#d3d8de", "#3a414a"),
            Self::Series(index) => SERIES[index % SERIES_COUNT],
            Self::Old => ("#a4adb8", "#707b88"),
            Self::NewReady => ("#6c73c4", "#7f86dc"),
            Self::NewNotReady => ("#cfd2f1", "#3a3e78"),
            Self::Terminating => ("#e8b298", "#b5694a"),
        };
        match theme {
            Theme::Light => light,
            Theme::Dark => dark,
        }
    }

    /// Name in style sheets: class `f-NAME` fills, `s-NAME` strokes, and the page has a variable `--NAME`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Text => "text",
            Self::Muted => "muted",
            Self::Grid => "grid",
            Self::Axis => "axis",
            Self::Context => "context",
            Self::Series(index) => ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"][index % SERIES_COUNT],
            Self::Old => "old",
            Self::NewReady => "new",
            Self::NewNotReady => "starting",
            Self::Terminating => "terminating",
        }
    }

    /// Every ink once.
    pub fn all() -> impl Iterator<Item = Self> {
        FIXED.into_iter().chain((0..SERIES_COUNT).map(Self::Series))
    }
}

/// Style rules that give each class its colour in one theme.
#[must_use]
pub fn class_rules(theme: Theme) -> String {
    let mut css = String::new();
    for ink in Ink::all() {
        let (name, colour) = (ink.name(), ink.colour(theme));
        let _ = write!(css, ".f-{name}{{fill:{colour}}}.s-{name}{{stroke:{colour}}}");
    }
    css
}

/// Custom properties `--NAME: colour;` for a page.
#[must_use]
pub fn variables(theme: Theme) -> String {
    Ink::all().fold(String::new(), |mut css, ink| {
        let _ = write!(css, "--{}:{};", ink.name(), ink.colour(theme));
        css
    })
}

/// Style rules that give each class the colour of its custom property.
#[must_use]
pub fn variable_rules() -> String {
    Ink::all().map(Ink::name).fold(String::new(), |mut css, name| {
        let _ = write!(css, ".f-{name}{{fill:var(--{name})}}.s-{name}{{stroke:var(--{name})}}");
        css
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(ink: Ink, theme: Theme) -> f64 {
        let (a, b) = (luminance(ink.colour(theme)), luminance(Ink::Paper.colour(theme)));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn contrast_is_that_of_wcag_aa() {
        for theme in [Theme::Light, Theme::Dark] {
            assert!(contrast(Ink::Text, theme) >= 7.0 && contrast(Ink::Muted, theme) >= 4.5, "{theme:?}");
            for index in 0..SERIES_COUNT {
                let ink = Ink::Series(index);
                assert!(contrast(ink, theme) >= 2.8, "{ink:?} {theme:?}: {}", contrast(ink, theme));
            }
        }
    }

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<_> = Ink::all().map(Ink::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FIXED.len() + SERIES_COUNT);
    }
}
