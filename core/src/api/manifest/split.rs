//! Bytes to text, text to documents.

use std::ops::Range;

use super::diagnostic::Code;
use super::tree::Span;

/// The text of a file and where it begins (after a byte order mark), or why it is none.
pub(super) fn text_of(bytes: &[u8], bytes_max: usize) -> Result<(String, usize), (Code, String, String)> {
    let megabytes = |n: usize| format!("{:.1} MiB", n as f64 / f64::from(1 << 20));
    if bytes.len() > bytes_max.min(u32::MAX as usize) {
        return Err((
            Code::Limit,
            format!("the file has more than the limit of {}", megabytes(bytes_max)),
            "is it the right file? If so, raise the limit of input bytes or split the file".into(),
        ));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err((
            Code::Syntax,
            "the file is UTF-16, not UTF-8".into(),
            "save it as UTF-8 (PowerShell's `>` writes UTF-16: use `| Out-File -Encoding utf8`)".into(),
        ));
    }
    if let Some(at) = bytes.iter().position(|c| *c == 0) {
        return Err((
            Code::Syntax,
            format!("the file is not text: byte {at} is zero"),
            "is it a binary file, or compressed? A manifest is YAML or JSON".into(),
        ));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            Ok((text.to_string(), start))
        }
        Err(error) => {
            let at = error.valid_up_to();
            let line = bytes[..at].iter().filter(|c| **c == b'\n').count() + 1;
            Err((
                Code::Syntax,
                format!("the file is not UTF-8 text: byte {:#04x} in line {line}", bytes[at]),
                "is it a binary file, or compressed? A manifest is YAML or JSON in UTF-8".into(),
            ))
        }
    }
}

/// The documents of a YAML text: it is cut at lines that begin with `---`, as kubectl does before it reads any
/// of them, so that an error in one leaves the others readable. The mark stays with what follows it.
pub(super) fn chunks(text: &str, start: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut begin = start;
    let mut content = false;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        let mark = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        if mark && content {
            found.push(begin..at);
            begin = at;
            content = false;
        }
        let bare = line.trim();
        // A directive belongs to the document after the mark.
        content |= !(mark && line.trim_end() == "---" || bare.is_empty() || bare.starts_with(['#', '%']));
        at += line.len();
    }
    if content {
        found.push(begin..at);
    }
    found
}

/// What to do about a syntax error.
pub(super) fn syntax_help(text: &str, span: Span, message: &str) -> String {
    let at = (span.start as usize).min(text.len());
    let line_start = text.as_bytes()[..at].iter().rposition(|c| *c == b'\n').map_or(0, |at| at + 1);
    let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or("");
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    if message.contains("excessive aliasing") {
        "the aliases of this document stand for too many values; write them out, or raise the limit".into()
    } else if message.contains("max depth") || message.contains("limit") {
        "no Kubernetes object is nested so deeply; is it the right file?".into()
    } else if indent.contains('\t') || message.contains("tab") {
        "YAML is indented with spaces: replace the tabs".into()
    } else if line.contains("{{") {
        "this is a template, not YAML: render it first (`helm template … | maxsurge … -f -`)".into()
    } else if line.contains(": ") && line.matches(": ").count() > 1 {
        "a value that contains `: ` needs quotes".into()
    } else {
        "check indentation, quotes and brackets here and in the line before".into()
    }
}

#[cfg(test)]
mod tests {
    use super::chunks;

    #[test]
    fn documents_are_cut_at_their_marks() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<&str> = chunks(text, 0).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected);
        };
        check("", &[]);
        check("---\n# nothing\n---\n", &[]);
        check("a: 1\n---\nb: 2", &["a: 1\n", "---\nb: 2"]);
        check("# c\n---\na: 1\n", &["# c\n---\na: 1\n"]);
        check("%YAML 1.1\n---\na: 1\n", &["%YAML 1.1\n---\na: 1\n"]);
        check("a: |\n  ---\n----\n", &["a: |\n  ---\n----\n"]);
        check(
            "--- {a: 1}\n--- # x\nb: 1\r\n---\r\nc: 1\n",
            &["--- {a: 1}\n", "--- # x\nb: 1\r\n", "---\r\nc: 1\n"],
        );
    }
}
