//! Where things were written.

use std::sync::Arc;

use super::diagnostic::{Code, Diagnostic, Severity};
use super::tree::{Node, Span};
use crate::api::Str;

/// The text of a file and where its lines begin.
#[derive(Debug)]
pub struct SourceText {
    name: Str,
    text: String,
    starts: Vec<u32>,
}

impl SourceText {
    /// A file of that name and content.
    pub fn new(name: &str, text: String) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, c)| *c == b'\n').map(|(at, _)| at as u32 + 1);
        let starts = std::iter::once(0).chain(ends).collect();
        SourceText { name: name.into(), text, starts }
    }

    /// How the file was named.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is in it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column (in characters) of a byte, both from 1.
    pub fn position(&self, byte: u32) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= byte).max(1) - 1;
        let start = self.starts[line] as usize;
        let end = (byte as usize).clamp(start, self.text.len());
        let before = self.text.get(start..end).unwrap_or("");
        (line as u32 + 1, before.chars().count() as u32 + 1)
    }

    /// The byte at a line and column (in characters), both from 1: the other way round than [`Self::position`].
    pub fn byte(&self, line: u64, column: u64) -> u32 {
        let Some((text, start)) = u32::try_from(line).ok().and_then(|line| self.line(line)) else { return 0 };
        let column = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
        let before = text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
        (start + before) as u32
    }

    /// The line (from 1) without its end, and the byte at which it begins.
    pub(super) fn line(&self, line: u32) -> Option<(&str, usize)> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.starts.get(index)? as usize;
        let end = self.starts.get(index + 1).map_or(self.text.len(), |end| *end as usize);
        Some((self.text.get(start..end)?.trim_end_matches(['\n', '\r']), start))
    }

    /// A diagnostic about a place in the file, or the file as a whole.
    pub fn diagnostic(
        &self,
        severity: Severity,
        code: Code,
        span: Option<Span>,
        message: String,
        help: String,
    ) -> Diagnostic {
        let (line, column) = span.map_or((0, 0), |span| self.position(span.start));
        Diagnostic {
            severity,
            code,
            file: self.name.clone(),
            line,
            column,
            span: span.unwrap_or_default(),
            object: String::new(),
            field_path: String::new(),
            message,
            help,
        }
    }
}

/// Where an object was written, down to its fields.
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) text: Arc<SourceText>,
    /// Absent for kinds that come by the ten thousand.
    pub(super) tree: Option<Node>,
    pub(super) span: Span,
    /// For example `Deployment "web"`.
    pub(super) object: Str,
}

impl Source {
    /// How the file was named.
    pub fn file(&self) -> &str {
        self.text.name()
    }

    /// The file.
    pub fn text(&self) -> &Arc<SourceText> {
        &self.text
    }

    /// Line on which the object begins, from 1.
    pub fn line(&self) -> u32 {
        self.text.position(self.span.start).0
    }

    /// The bytes of a field, such as `spec.strategy.rollingUpdate.maxSurge`; of the nearest field around it that
    /// was written, if it was not.
    pub fn span_of(&self, field_path: &str) -> Span {
        match &self.tree {
            Some(tree) => tree.span_of(field_path),
            None => Span { start: self.span.start, end: self.span.start },
        }
    }

    /// The object as it was written, before any default; `None` where the places were not kept.
    pub fn written(&self) -> Option<serde_json::Value> {
        self.tree.as_ref().map(Node::to_value)
    }

    /// Line and column of a field, both from 1.
    pub fn position_of(&self, field_path: &str) -> (u32, u32) {
        self.text.position(self.span_of(field_path).start)
    }

    /// A diagnostic about a field.
    pub fn diagnostic(
        &self,
        severity: Severity,
        code: Code,
        field_path: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Diagnostic {
        let span = self.span_of(field_path);
        Diagnostic {
            object: self.object.to_string(),
            field_path: field_path.into(),
            ..self.text.diagnostic(severity, code, Some(span), message.into(), help.into())
        }
    }
}
