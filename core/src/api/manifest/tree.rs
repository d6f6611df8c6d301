//! A document as a tree in which every value knows where it was written.

use std::sync::Arc;

use serde_json::{Map, Number, Value};

use crate::api::Str;

/// A range of bytes of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A value and its place. Copies are cheap (containers are shared), which is what aliases are made of.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it was written; for an alias, where the anchor was.
    pub span: Span,
    /// Number of nodes below it and itself, aliases counted as often as they occur. Saturating.
    pub weight: u32,
    /// Levels of nesting below it, aliases included. Saturating.
    pub height: u16,
    /// The value.
    pub data: Data,
}

/// The value of a node.
#[derive(Clone, Debug)]
pub enum Data {
    /// `null`, or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(Str),
    /// A list.
    List(Arc<Vec<Node>>),
    /// A mapping, in the order of the source.
    Map(Arc<Vec<Entry>>),
}

/// One entry of a mapping.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key; other scalars than texts were made one.
    pub key: Str,
    /// Where the key is.
    pub key_span: Span,
    /// The value.
    pub value: Node,
    /// Whether a later entry has the same key, which then counts.
    pub shadowed: bool,
}

impl Node {
    /// A scalar.
    pub fn scalar(span: Span, data: Data) -> Self {
        Node { span, weight: 1, height: 0, data }
    }

    /// A list.
    pub fn list(span: Span, items: Vec<Node>) -> Self {
        let (weight, height) = measure(items.iter());
        Node { span, weight, height, data: Data::List(Arc::new(items)) }
    }

    /// A mapping.
    pub fn map(span: Span, entries: Vec<Entry>) -> Self {
        let (weight, height) = measure(entries.iter().map(|entry| &entry.value));
        Node { span, weight, height, data: Data::Map(Arc::new(entries)) }
    }

    /// The entries, if it is a mapping.
    pub fn entries(&self) -> &[Entry] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items, if it is a list.
    pub fn items(&self) -> &[Node] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key, if it is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().rev().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// JSON's name for what it is.
    pub fn type_name(&self) -> &'static str {
        match self.data {
            Data::Null => "null",
            Data::Bool(_) => "bool",
            Data::Number(_) => "number",
            Data::String(_) => "string",
            Data::List(_) => "array",
            Data::Map(_) => "object",
        }
    }

    /// As plain JSON.
    pub fn to_value(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(on) => (*on).into(),
            Data::Number(n) => n.clone().into(),
            Data::String(text) => text.as_str().into(),
            Data::List(items) => items.iter().map(Node::to_value).collect::<Vec<_>>().into(),
            Data::Map(entries) => entries
                .iter()
                .filter(|entry| !entry.shadowed)
                .map(|entry| (entry.key.to_string(), entry.value.to_value()))
                .collect::<Map<_, _>>()
                .into(),
        }
    }

    /// The place of a field path such as `spec.template.spec.containers[0].image` or
    /// `resources.limits[cpu]`. Where the path leads to nothing, the place of the last part that exists: of its
    /// key, so that "required" points at the object that lacks the field and not at all of its text.
    pub fn span_of(&self, path: &str) -> Span {
        let mut node = self;
        let mut rest = path;
        let mut place = Span { start: self.span.start, end: self.span.start };
        while !rest.is_empty() {
            if let Some(tail) = rest.strip_prefix('[') {
                let Some((key, tail)) = tail.split_once(']') else { return place };
                if let Some(item) = key.parse::<usize>().ok().and_then(|index| node.items().get(index)) {
                    place = first_of(item);
                    node = item;
                } else if let Some(entry) = node.entries().iter().rfind(|entry| entry.key == key) {
                    place = entry.key_span;
                    node = &entry.value;
                } else {
                    return place;
                }
                rest = tail.strip_prefix('.').unwrap_or(tail);
                continue;
            }
            // Keys may contain dots: the longest one that fits.
            let fits = |key: &str| {
                rest.strip_prefix(key).filter(|tail| tail.is_empty() || tail.starts_with(['.', '[']))
            };
            let found = node
                .entries()
                .iter()
                .filter(|entry| !entry.shadowed)
                .filter_map(|entry| fits(&entry.key).map(|tail| (entry, tail)))
                .max_by_key(|(entry, _)| entry.key.len());
            let Some((entry, tail)) = found else { return place };
            place = entry.key_span;
            node = &entry.value;
            rest = tail.strip_prefix('.').unwrap_or(tail);
        }
        match node.data {
            // A whole block would underline half the file.
            Data::List(_) | Data::Map(_) | Data::Null => place,
            _ if node.span.start == node.span.end => place,
            _ => node.span,
        }
    }
}

/// The first thing that is written in a node.
fn first_of(node: &Node) -> Span {
    match &node.data {
        Data::Map(entries) => entries.first().map_or(node.span, |entry| entry.key_span),
        Data::List(_) => Span { start: node.span.start, end: node.span.start + 1 },
        _ => node.span,
    }
}

fn measure<'a>(children: impl Iterator<Item = &'a Node>) -> (u32, u16) {
    children.fold((1, 1), |(weight, height), child| {
        (weight.saturating_add(child.weight), height.max(child.height.saturating_add(1)))
    })
}

/// Marks entries whose key comes again. Entries of `merged` are those that a `<<` brought: they neither count
/// as repeated nor are they told of, the later entry silently wins, as it does in kubectl's YAML library.
pub(in crate::api) fn resolve_repeats(entries: Vec<(Entry, bool)>) -> Vec<Entry> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by(|a, b| entries[*a].0.key.cmp(&entries[*b].0.key).then(a.cmp(b)));
    let mut last = vec![true; entries.len()];
    for pair in order.windows(2) {
        if entries[pair[0]].0.key == entries[pair[1]].0.key {
            last[pair[0]] = false;
        }
    }
    // An explicit key that was overwritten by nothing but merged ones is not "repeated".
    let mut explicit_follows = vec![false; entries.len()];
    for pair in order.windows(2).rev() {
        if entries[pair[0]].0.key == entries[pair[1]].0.key {
            explicit_follows[pair[0]] = explicit_follows[pair[1]] || !entries[pair[1]].1;
        }
    }
    entries
        .into_iter()
        .enumerate()
        .filter_map(|(i, (mut entry, merged))| {
            entry.shadowed = !last[i];
            let tell = last[i] || (!merged && explicit_follows[i]);
            tell.then_some(entry)
        })
        .collect()
}
