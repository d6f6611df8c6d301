//! Diagnostics as text: `file:line:column`, an excerpt with a caret, what to do; and as kubectl would print them.

use std::fmt::Write;
use std::sync::Arc;

use unicode_width::UnicodeWidthChar;

use super::diagnostic::{Code, Diagnostic, Severity};
use super::kinds::Known;
use super::source::SourceText;

/// Columns of source that an excerpt shows at most: JSON may be one line of megabytes.
const EXCERPT_COLUMNS: usize = 100;

/// All diagnostics as text, each with an excerpt of the file it is about, if that is among `sources`.
pub fn render(diagnostics: &[Diagnostic], sources: &[Arc<SourceText>], color: bool) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let source = sources.iter().find(|source| source.name() == diagnostic.file);
        one(&mut out, diagnostic, source.map(AsRef::as_ref), color);
    }
    out
}

fn one(out: &mut String, d: &Diagnostic, source: Option<&SourceText>, color: bool) {
    let paint = |code: &str, text: &str| {
        if color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    };
    let (word, hue) = match d.severity {
        Severity::Error => ("error", "1;31"),
        Severity::Warning => ("warning", "1;33"),
    };
    let mut message = visible(&d.message);
    // The API server's words for a refused field begin with its path.
    if !d.field_path.is_empty() && !message.contains(&*visible(&d.field_path)) {
        message = format!("{}: {message}", visible(&d.field_path));
    }
    let label = paint(hue, &format!("{word}[{}]", d.code.as_str()));
    let _ = writeln!(out, "{label}: {}", paint("1", &message));
    let mut place = visible(&d.file);
    if d.line > 0 {
        let _ = write!(place, ":{}:{}", d.line, d.column);
    }
    if !d.object.is_empty() {
        let _ = write!(place, " ({})", visible(&d.object));
    }
    let gutter = d.line.to_string().len().max(2);
    let bar = paint("1;34", "|");
    let _ = writeln!(out, "{:gutter$}{} {place}", "", paint("1;34", "-->"));
    if let Some((line, start)) = source.and_then(|source| source.line(d.line)) {
        let from = (d.span.start as usize).saturating_sub(start).min(line.len());
        let to = (d.span.end as usize).saturating_sub(start).clamp(from, line.len());
        let (text, before, marked) = excerpt(line, from, to);
        let _ = writeln!(out, "{:gutter$} {bar}", "");
        let _ = writeln!(out, "{} {bar} {text}", paint("1;34", &format!("{:>gutter$}", d.line)));
        let caret = paint(hue, &"^".repeat(marked.max(1)));
        let _ = writeln!(out, "{:gutter$} {bar} {}{caret}", "", " ".repeat(before));
    }
    if !d.help.is_empty() {
        let _ = writeln!(
            out,
            "{:gutter$} {} {}",
            "",
            paint("1;34", "="),
            paint("1;36", "help") + ": " + &visible(&d.help)
        );
    }
    out.push('\n');
}

/// The part of a line around bytes `from..to`, made visible, with the columns before the mark and under it.
fn excerpt(line: &str, from: usize, to: usize) -> (String, usize, usize) {
    // Begin so that the mark stands within the first two thirds.
    let mut begin = 0;
    let long = line.len() > EXCERPT_COLUMNS && line.chars().count() > EXCERPT_COLUMNS;
    if long && line[..floor(line, from)].chars().count() > EXCERPT_COLUMNS * 2 / 3 {
        begin = floor(line, from);
        for _ in 0..EXCERPT_COLUMNS / 3 {
            begin = floor(line, begin.saturating_sub(1));
        }
    }
    let mut text = String::new();
    let (mut before, mut marked, mut columns) = (0, 0, 0);
    if begin > 0 {
        text.push('…');
        before += 1;
    }
    for (offset, c) in line[begin..].char_indices() {
        if columns >= EXCERPT_COLUMNS {
            text.push('…');
            break;
        }
        let at = begin + offset;
        let shown = visible_char(c);
        let width: usize = shown.chars().map(|c| c.width().unwrap_or(0)).sum();
        text.push_str(&shown);
        columns += width;
        if at < from {
            before += width;
        } else if at < to {
            marked += width;
        }
    }
    (text, before, marked)
}

/// The start of the character that byte `at` belongs to.
fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A text in which nothing can move the cursor, change colours or hide.
fn visible(text: &str) -> String {
    text.chars().map(visible_char).collect()
}

fn visible_char(c: char) -> String {
    match c {
        '\t' => "    ".into(),
        // Characters that turn the direction of writing can make a line look like another.
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
            c.escape_unicode().to_string()
        }
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    }
}

/// What `kubectl apply -f` would have printed for these diagnostics of one file, and the API server behind it.
/// Empty if it would have accepted the file.
pub fn kubectl_text(diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|d| d.is_error()).collect();
    for of_object in errors.chunk_by(|a, b| a.object == b.object && !a.object.is_empty()) {
        object_text(&mut out, of_object);
    }
    out
}

fn object_text(out: &mut String, errors: &[&Diagnostic]) {
    let first = errors[0];
    let file = first.file.rsplit('/').next().unwrap_or(&first.file);
    let (kind, name) = first.object.split_once(' ').unwrap_or(("", ""));
    let with = |code: Code| errors.iter().filter(move |d| d.code == code).copied();
    // The decoder stops at a value of the wrong type before it looks at fields, and at once at one of a type that
    // reads itself (quantities, times); the others it only remembers.
    let wrong: Vec<&Diagnostic> = with(Code::WrongType).collect();
    let at_once = wrong.iter().find(|d| !d.message.starts_with("json: "));
    let decoding = at_once.or(wrong.first()).map(|d| d.message.clone()).or_else(|| {
        let strict: Vec<&str> = errors
            .iter()
            .filter(|d| matches!(d.code, Code::UnknownField | Code::DuplicateField))
            .map(|d| d.message.trim_start_matches("strict decoding error: "))
            .collect();
        (!strict.is_empty()).then(|| format!("strict decoding error: {}", strict.join(", ")))
    });
    if with(Code::Identity).next().is_some_and(|d| d.field_path == "metadata.name") {
        // kubectl looks the object up before it sends anything.
        let resource = Known::resource(kind);
        let version = resource.split(',').next().unwrap_or_default();
        let _ = writeln!(
            out,
            "error: error when retrieving current configuration of:\nResource: \"{resource}\", \
             GroupVersionKind: \"{version}, Kind={kind}\"\nName: \"\", Namespace: \"default\"\nfrom server for: \
             {file:?}: resource name may not be empty"
        );
        return;
    }
    let _ = match (decoding, with(Code::Invalid).collect::<Vec<_>>().as_slice()) {
        (Some(message), _) => writeln!(
            out,
            "Error from server (BadRequest): error when creating {file:?}: {kind} in version \"{}\" cannot be \
             handled as a {kind}: {message}",
            match kind {
                "HorizontalPodAutoscaler" => "v2",
                _ => "v1",
            }
        ),
        (None, [one]) => writeln!(out, "The {kind} {name} is invalid: {}", one.message),
        (None, []) => writeln!(out, "error: {}", first.message),
        (None, several) => {
            let _ = writeln!(out, "The {kind} {name} is invalid: ");
            several.iter().try_for_each(|d| writeln!(out, "* {}", d.message))
        }
    };
}
