//! How wide a text will be, without a font renderer.

/// Weight of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// 400
    Regular,
    /// 600
    SemiBold,
}

/// Width in drawing units of `text` at `size`. The metrics are those of Inter, in which the PNGs are set; a page is set in what the
/// reader's system has, so leave some 10 % of room where clipping would hurt ([`roomy_width`]).
#[must_use]
pub fn width(text: &str, size: f64, weight: Weight) -> f64 {
    let table = match weight {
        Weight::Regular => &REGULAR,
        Weight::SemiBold => &SEMIBOLD,
    };
    let units: u32 = text
        .chars()
        .map(|c| match c {
            ' '..='~' => u32::from(table[c as usize - ' ' as usize]),
            '\u{a0}' => 281,
            '\u{2009}' | '\u{202f}' => 182,
            '·' => 290,
            '–' => 500,
            '−' | '×' | '≥' | '≤' => 673,
            '→' | '←' => 955,
            '…' => 821,
            '‘' | '’' => 290,
            '\u{a1}'..='\u{2fff}' => 680,
            // Ideographs and the like.
            _ => 1000,
        })
        .sum();
    f64::from(units) * size / 1000.0
}

/// [`width`] with room for a wider font than Inter.
#[must_use]
pub fn roomy_width(text: &str, size: f64, weight: Weight) -> f64 {
    width(text, size, weight) * 1.1
}

/// The text, cut with an ellipsis if it would be wider than `room`.
#[must_use]
pub fn fit(text: &str, size: f64, weight: Weight, room: f64) -> String {
    if width(text, size, weight) <= room {
        return text.to_owned();
    }
    let mut cut: String = text.to_owned();
    while !cut.is_empty() && width(&cut, size, weight) + width("…", size, weight) > room {
        cut.pop();
    }
    format!("{}…", cut.trim_end())
}

/// Advance widths of ASCII 32–126 in thousandths of the size.
#[rustfmt::skip]
const REGULAR: [u16; 95] = [
    281, 278, 403, 631, 638, 812, 639, 222, 362, 362, 500, 659, 280, 460, 276, 357, 625, 464, 605, 636,
    642, 608, 624, 571, 616, 624, 276, 280, 659, 659, 659, 507, 936, 676, 651, 727, 719, 598, 587, 743,
    740, 264, 543, 652, 562, 889, 753, 761, 635, 761, 639, 638, 642, 741, 676, 949, 642, 665, 625, 362,
    357, 362, 469, 452, 497, 564, 621, 558, 621, 582, 361, 609, 591, 237, 237, 544, 237, 869, 585, 597,
    609, 609, 372, 523, 364, 581, 557, 812, 540, 557, 541, 362, 327, 362, 659,
];

/// The same for the semi-bold weight.
#[rustfmt::skip]
const SEMIBOLD: [u16; 95] = [
    248, 309, 396, 643, 649, 844, 663, 213, 393, 393, 543, 673, 295, 466, 290, 379, 667, 481, 621, 652,
    666, 632, 648, 587, 646, 648, 290, 295, 673, 673, 673, 544, 999, 724, 657, 744, 724, 608, 586, 755,
    744, 275, 561, 677, 566, 906, 741, 775, 643, 776, 651, 649, 660, 734, 724, 1007, 690, 705, 653, 393,
    379, 393, 481, 468, 497, 575, 630, 577, 630, 593, 377, 625, 613, 261, 261, 569, 261, 898, 610, 608,
    625, 625, 397, 549, 380, 608, 576, 837, 562, 576, 562, 393, 358, 393, 673,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::png;

    #[test]
    fn agrees_with_the_font() {
        for text in ["25%/25%", "1 min 23 s", "+3/−2 · floor 8", "Recreate", "the manifest’s own → 0 … 10"]
        {
            for (weight, number) in [(Weight::Regular, 400), (Weight::SemiBold, 600)] {
                let want = png::text_width(text, 100.0, number);
                let got = width(text, 100.0, weight);
                assert!((got / want - 1.0).abs() < 0.04, "{text} {weight:?}: {got} instead of {want}");
            }
        }
    }

    #[test]
    fn cuts_what_does_not_fit() {
        assert_eq!(fit("Recreate", 12.0, Weight::Regular, 100.0), "Recreate");
        let cut = fit("a-very-long-strategy-name", 12.0, Weight::Regular, 60.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0, Weight::Regular) <= 60.0, "{cut}");
        assert_eq!(fit("x", 12.0, Weight::Regular, 0.0), "…");
    }
}
