//! Durations and numbers in the words of a person, the same in tables, plots and pages.

/// A duration: `350 ms`, `8.4 s`, `42 s`, `1 min 23 s`, `2 h 05 min`. Rounded to what a reader can use.
#[must_use]
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "never".to_owned();
    }
    let seconds = seconds.max(0.0);
    if seconds == 0.0 {
        return "0 s".to_owned();
    }
    if seconds < 0.9995 {
        return format!("{:.0} ms", (seconds * 1000.0).max(1.0));
    }
    if seconds < 9.95 {
        return format!("{} s", without_zero(format!("{seconds:.1}")));
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 if whole.is_multiple_of(60) => format!("{} min", whole / 60),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => {
            let minutes = (seconds / 60.0).round() as u64;
            if minutes.is_multiple_of(60) {
                format!("{} h", minutes / 60)
            } else {
                format!("{} h {:02} min", minutes / 60, minutes % 60)
            }
        }
    }
}

/// A duration for narrow columns: `350ms`, `8.4s`, `42s`, `1m23s`, `2h05m`.
#[must_use]
pub fn duration_short(seconds: f64) -> String {
    duration(seconds).replace(" min", "m").replace(" ms", "#").replace([' '], "").replace('#', "ms")
}

/// A whole number with commas between thousands: `12,345`.
#[must_use]
pub fn integer(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// An amount with at most one decimal, and none from 10 up: `0`, `0.4`, `7.5`, `12`, `3,400`.
#[must_use]
pub fn amount(value: f64) -> String {
    if !value.is_finite() {
        return "unlimited".to_owned();
    }
    let magnitude = value.abs();
    let text = if magnitude < 9.95 {
        let text = without_zero(format!("{magnitude:.1}"));
        if text == "0" && magnitude > 0.0 { "<0.1".to_owned() } else { text }
    } else {
        integer(magnitude.round() as u64)
    };
    if value < 0.0 && text != "0" { format!("−{text}") } else { text }
}

/// `1 pod`, `3 pods`.
#[must_use]
pub fn pods(count: u64) -> String {
    if count == 1 { "1 pod".to_owned() } else { format!("{} pods", integer(count)) }
}

/// `+3/−2`: a surge and how many may be missing.
#[must_use]
pub fn limits(max_surge_pods: u32, max_unavailable_pods: u32) -> String {
    format!("+{max_surge_pods}/−{max_unavailable_pods}")
}

fn without_zero(text: String) -> String {
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// A text in parts between which a line may break besides at blanks: before dots and after slashes, as field paths and images
/// are read.
#[must_use]
pub fn parts(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut begin = 0;
    for (at, c) in text.char_indices() {
        let cut = match c {
            '.' => at,
            '/' => at + 1,
            _ => continue,
        };
        // A part of its own needs some length: `5.` or `a/` is none.
        if cut > begin + 2 && cut + 2 < text.len() && !text[begin..cut].ends_with(char::is_whitespace) {
            found.push(&text[begin..cut]);
            begin = cut;
        }
    }
    found.push(&text[begin..]);
    found
}

/// A text in lines of at most `width` columns: broken at blanks, words that are longer at their [`parts`], and what is longer
/// still anywhere.
#[must_use]
pub fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut put = |piece: &str, glue: &str| {
        let line = lines.last_mut().expect("there is a line");
        let room = width.saturating_sub(line.chars().count());
        if line.is_empty() {
            line.push_str(piece);
        } else if glue.len() + piece.chars().count() <= room {
            line.push_str(glue);
            line.push_str(piece);
        } else {
            lines.push(piece.to_owned());
        }
    };
    for word in text.split_whitespace() {
        if word.chars().count() <= width {
            put(word, " ");
            continue;
        }
        for (at, part) in parts(word).into_iter().enumerate() {
            let letters: Vec<char> = part.chars().collect();
            for (chunk, piece) in letters.chunks(width.max(1)).enumerate() {
                let glue = if at == 0 && chunk == 0 { " " } else { "" };
                put(&piece.iter().collect::<String>(), glue);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (seconds, want, short) in [
            (0.0, "0 s", "0s"),
            (0.0001, "1 ms", "1ms"),
            (0.35, "350 ms", "350ms"),
            (0.9996, "1 s", "1s"),
            (8.44, "8.4 s", "8.4s"),
            (9.96, "10 s", "10s"),
            (42.4, "42 s", "42s"),
            (59.6, "1 min", "1m"),
            (83.0, "1 min 23 s", "1m23s"),
            (600.0, "10 min", "10m"),
            (3599.6, "1 h", "1h"),
            (7500.0, "2 h 05 min", "2h05m"),
            (f64::INFINITY, "never", "never"),
        ] {
            assert_eq!(duration(seconds), want, "{seconds}");
            assert_eq!(duration_short(seconds), short, "{seconds}");
        }
    }

    #[test]
    fn numbers() {
        for (value, want) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(integer(value), want);
        }
        for (value, want) in [
            (0.0, "0"),
            (0.04, "<0.1"),
            (0.4, "0.4"),
            (7.0, "7"),
            (9.96, "10"),
            (3400.4, "3,400"),
            (-2.5, "−2.5"),
        ] {
            assert_eq!(amount(value), want);
        }
        assert_eq!((pods(1), pods(2000)), ("1 pod".to_owned(), "2,000 pods".to_owned()));
        assert_eq!(limits(3, 2), "+3/−2");
    }

    #[test]
    fn long_words_break_where_they_are_read() {
        let check = |text: &str, width: usize, expected: &[&str]| {
            assert_eq!(super::lines(text, width), expected, "{text}");
        };
        check(
            "spec.template.spec.containers[].readinessProbe",
            22,
            &["spec.template.spec", ".containers[]", ".readinessProbe"],
        );
        check("registry.example.com/shop/web:next", 22, &["registry.example.com/", "shop/web:next"]);
        check("a guess: set --startup", 12, &["a guess: set", "--startup"]);
        check("p50=1.5s, p95=2.5s", 40, &["p50=1.5s, p95=2.5s"]);
        check("abcdefghij", 4, &["abcd", "efgh", "ij"]);
        check("", 4, &[""]);
    }
}
