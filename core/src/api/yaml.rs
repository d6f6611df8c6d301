//! YAML to trees with places: the only module that knows the YAML library.
//!
//! Scalars are resolved as kubectl's library does (YAML 1.1 booleans, `0o17` and `017`, underscores in numbers,
//! `<<` merges); limits keep alias bombs and deep nesting from costing anything.

use serde_json::Number;
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, ScanError, Span as ParserSpan, Tag, options};

use super::manifest::tree::{Data, Entry, Node, Span, resolve_repeats};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Limits of one document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Levels of nesting, aliases included.
    pub(super) depth_max: u16,
    /// Nodes that aliases may add to those that are written.
    pub(super) alias_nodes_max: u32,
}

/// Why a document cannot be read.
#[derive(Clone, Debug)]
pub(super) struct YamlError {
    /// Where.
    pub(super) span: Span,
    /// What.
    pub(super) message: String,
}

/// The documents of `text`, which begins at byte `base` of the file; empty documents are left out. Reading ends
/// at the first error.
pub(super) fn documents(text: &str, base: u32, limits: Limits) -> (Vec<Node>, Option<YamlError>) {
    let nesting = usize::from(limits.depth_max);
    let options = options! {
        flow_nesting_limit: nesting,
        block_nesting_limit: nesting,
        emit_comments: false,
        // kubectl writes keys longer than the 1,024 characters that YAML asks for (annotations).
        simple_key_max_lookahead: 16 * 1024,
    };
    let mut builder =
        Builder { base, limits, written: 0, stack: Vec::new(), anchors: BTreeMap::new(), done: None };
    let mut found = Vec::new();
    for event in Parser::new_from_str_with_options(text, options) {
        let result = match event {
            Ok((event, span)) => builder.event(event, builder.span(span)),
            Err(error) => Err(builder.scan_error(&error, text)),
        };
        match result {
            Ok(Some(node)) => found.push(node),
            Ok(None) => {}
            Err(error) => return (found, Some(error)),
        }
    }
    (found, None)
}

enum Frame {
    List { items: Vec<Node>, start: Span, anchor: usize },
    Map { entries: Vec<(Entry, bool)>, key: Option<Key>, start: Span, anchor: usize },
}

struct Key {
    text: String,
    span: Span,
    merge: bool,
}

struct Builder {
    base: u32,
    limits: Limits,
    /// Nodes written so far in this document.
    written: u32,
    stack: Vec<Frame>,
    anchors: BTreeMap<usize, Node>,
    done: Option<Node>,
}

impl Builder {
    fn span(&self, span: ParserSpan) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        let at = |n: usize| self.base.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
        Span { start: at(range.start), end: at(range.end) }
    }

    fn scan_error(&self, error: &ScanError, text: &str) -> YamlError {
        let byte = error.marker().byte_offset().unwrap_or(0).min(text.len());
        let start = self.base.saturating_add(byte as u32);
        YamlError { span: Span { start, end: start }, message: format!("yaml: {}", error.info()) }
    }

    /// Takes one event; gives a document when it is complete.
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<Option<Node>, YamlError> {
        match event {
            Event::DocumentStart(..) => {
                self.anchors.clear();
                self.written = 0;
                self.done = None;
            }
            Event::DocumentEnd => {
                return Ok(self.done.take().filter(|node| !matches!(node.data, Data::Null)));
            }
            Event::Scalar(text, style, anchor, tag) => {
                let merge = style == ScalarStyle::Plain && text == "<<";
                let data = scalar(text, style, tag.as_deref());
                self.node(Node::scalar(span, data), anchor, merge)?;
            }
            Event::SequenceStart(_, anchor, _) => {
                self.stack.push(Frame::List { items: Vec::new(), start: span, anchor });
            }
            Event::MappingStart(_, anchor, _) => {
                self.stack.push(Frame::Map { entries: Vec::new(), key: None, start: span, anchor });
            }
            Event::SequenceEnd => {
                if let Some(Frame::List { items, start, anchor }) = self.stack.pop() {
                    self.node(Node::list(Span { end: span.end, ..start }, items), anchor, false)?;
                }
            }
            Event::MappingEnd => {
                if let Some(Frame::Map { entries, start, anchor, .. }) = self.stack.pop() {
                    let entries = resolve_repeats(entries);
                    self.node(Node::map(Span { end: span.end, ..start }, entries), anchor, false)?;
                }
            }
            Event::Alias(id) => match self.anchors.get(&id).cloned() {
                Some(node) => self.attach(node, span, false)?,
                // The anchor is still open: it would contain itself.
                None => {
                    return Err(YamlError { span, message: "yaml: anchor value contains itself".into() });
                }
            },
            _ => {}
        }
        Ok(None)
    }

    fn node(&mut self, node: Node, anchor: usize, merge: bool) -> Result<(), YamlError> {
        self.written = self.written.saturating_add(1);
        let span = node.span;
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.attach(node, span, merge)
    }

    /// Puts a finished node where it belongs; `span` is where it stands, which for an alias is not where it was
    /// written.
    fn attach(&mut self, node: Node, span: Span, merge: bool) -> Result<(), YamlError> {
        if node.height > self.limits.depth_max {
            return Err(YamlError { span, message: "yaml: exceeded max depth".into() });
        }
        let allowed = self.written.saturating_add(self.limits.alias_nodes_max);
        if node.weight > allowed {
            return Err(YamlError { span, message: "yaml: document contains excessive aliasing".into() });
        }
        match self.stack.last_mut() {
            None => self.done = Some(node),
            Some(Frame::List { items, .. }) => items.push(node),
            Some(Frame::Map { entries, key, .. }) => match key.take() {
                None => *key = Some(key_of(&node, span, merge)?),
                Some(Key { merge: true, .. }) => {
                    // Earlier ones win, so they come last.
                    let sources = match &node.data {
                        Data::List(items) => items.iter().rev().collect::<Vec<_>>(),
                        _ => vec![&node],
                    };
                    for source in sources {
                        if !matches!(source.data, Data::Map(_)) {
                            let message =
                                "yaml: map merge requires map or sequence of maps as the value".into();
                            return Err(YamlError { span, message });
                        }
                        entries.extend(source.entries().iter().map(|entry| (entry.clone(), true)));
                    }
                    if entries.len() as u64 > u64::from(allowed) {
                        let message = "yaml: document contains excessive aliasing".into();
                        return Err(YamlError { span, message });
                    }
                }
                Some(Key { text, span, .. }) => {
                    let entry = Entry { key: text.into(), key_span: span, value: node, shadowed: false };
                    entries.push((entry, false));
                }
            },
        }
        Ok(())
    }
}

fn key_of(node: &Node, span: Span, merge: bool) -> Result<Key, YamlError> {
    let text = match &node.data {
        Data::String(text) => text.to_string(),
        Data::Number(n) => n.to_string(),
        Data::Bool(on) => on.to_string(),
        Data::Null => {
            return Err(YamlError { span, message: "yaml: unsupported map key of type: null".into() });
        }
        Data::List(_) | Data::Map(_) => {
            let message = format!("yaml: unsupported map key of type: {}", node.type_name());
            return Err(YamlError { span, message });
        }
    };
    Ok(Key { text, span, merge })
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Data {
    let wanted = tag.and_then(Tag::core_suffix);
    match (style, wanted) {
        (_, Some("str" | "binary")) => Data::String(text.into()),
        (_, Some("int" | "float" | "bool" | "null")) => resolve(&text),
        (ScalarStyle::Plain, _) => resolve(&text),
        _ => Data::String(text.into()),
    }
}

/// What a plain scalar means, by the rules of go-yaml version 2.
fn resolve(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Data::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Data::Bool(false);
        }
        _ => {}
    }
    let first = text.as_bytes()[0];
    let number = match first {
        b'.' => float(text),
        b'+' | b'-' | b'0'..=b'9' => {
            let plain: String = text.chars().filter(|c| *c != '_').collect();
            integer(&plain).or_else(|| float(&plain))
        }
        _ => None,
    };
    number.map_or_else(|| Data::String(text.into()), Data::Number)
}

fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (digits, radix) = match lower.as_deref() {
        Some("0x") => (&digits[2..], 16),
        Some("0o") => (&digits[2..], 8),
        Some("0b") => (&digits[2..], 2),
        _ if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        _ => (digits, 10),
    };
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let n = u64::from_str_radix(digits, radix).ok()?;
    if !negative {
        return Some(n.into());
    }
    i64::try_from(-i128::from(n)).ok().map(Number::from)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn float(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if exponent.is_empty() || !digits(exponent) {
            return None;
        }
    }
    let n: f64 = text.parse().ok()?;
    // On its way to the API server it is printed as JSON, where `3.0` and `1e3` have no fraction.
    if libm::trunc(n) == n && libm::fabs(n) < 9.0e18 { Some((n as i64).into()) } else { Number::from_f64(n) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Limits, documents};

    const LIMITS: Limits = Limits { depth_max: 50, alias_nodes_max: 1000 };

    fn check(text: &str, expected: &[Value]) {
        let (found, error) = documents(text, 0, LIMITS);
        assert!(error.is_none(), "{text}: {error:?}");
        assert_eq!(found.iter().map(|n| n.to_value()).collect::<Vec<_>>(), expected, "{text}");
    }

    fn check_error(text: &str, expected: &str) {
        let error = documents(text, 0, LIMITS).1.unwrap_or_else(|| panic!("{text}: no error"));
        assert_eq!(error.message, expected, "{text}");
    }

    #[test]
    fn scalars_are_those_of_kubectl() {
        check("a: yes\nb: off\nc: 'yes'\nd: y", &[json!({"a": true, "b": false, "c": "yes", "d": true})]);
        check("[1, 0x10, 017, 0o17, 1_000, -3, +4, 08]", &[json!([1, 16, 15, 15, 1000, -3, 4, 8])]);
        check(
            "[1.5, 3.0, 1e3, .5, 1.2.3, 2001-01-01, 1:30]",
            &[json!([1.5, 3, 1000, 0.5, "1.2.3", "2001-01-01", "1:30"])],
        );
        check(
            "[~, null, '', !!str 1, !!int \"7\", 0b11, 100m]",
            &[json!([null, null, "", "1", 7, 3, "100m"])],
        );
        check("1: a\ntrue: b", &[json!({"1": "a", "true": "b"})]);
        check("a: |\n  x\n  y\nb: >-\n  x\n  y", &[json!({"a": "x\ny\n", "b": "x y"})]);
    }

    #[test]
    fn documents_anchors_and_merges() {
        check("a: 1\n---\n---\n# c\n---\nb: 2\n", &[json!({"a": 1}), json!({"b": 2})]);
        check("", &[]);
        check("a: &x [1]\nb: *x", &[json!({"a": [1], "b": [1]})]);
        check(
            "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3",
            &[json!({"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}})],
        );
        check(
            "a: &x {p: 1}\nb: &y {p: 2, r: 3}\nc: {<<: [*x, *y]}",
            &[json!({"a": {"p": 1}, "b": {"p": 2, "r": 3}, "c": {"p": 1, "r": 3}})],
        );
        check("a: 1\na: 2", &[json!({"a": 2})]);
    }

    #[test]
    fn what_cannot_be_read() {
        check_error("a: &x [*x]", "yaml: anchor value contains itself");
        check_error("a:\n  <<: 1", "yaml: map merge requires map or sequence of maps as the value");
        check_error("{[1]: 2}", "yaml: unsupported map key of type: array");
        let bomb = "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
                    c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]";
        check_error(bomb, "yaml: document contains excessive aliasing");
        let chain =
            (1..60).fold("a0: &a0 [1]\n".to_string(), |text, i| format!("{text}a{i}: &a{i} [*a{}]\n", i - 1));
        check_error(&chain, "yaml: exceeded max depth");
        for deep in ["[".repeat(10_000), "- ".repeat(10_000), "{a: ".repeat(5_000)] {
            assert!(documents(&deep, 0, LIMITS).1.is_some());
        }
    }
}
