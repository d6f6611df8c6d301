//! What is wrong with a manifest, and where.

use super::tree::Span;
use crate::api::Str;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Worth knowing; the object is used.
    Warning,
    /// The API server would refuse the object, or this program cannot use it.
    Error,
}

/// Which rule found it: stable names for filters and tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    /// The file cannot be read as text, YAML or JSON.
    Syntax,
    /// A limit of this program, which can be raised.
    Limit,
    /// A field that the API does not have.
    UnknownField,
    /// A field that is there twice.
    DuplicateField,
    /// A value of the wrong type.
    WrongType,
    /// Refused by the API server's validation.
    Invalid,
    /// No `apiVersion`, `kind` or `metadata.name`.
    Identity,
    /// A known kind in a version that is not served (any more).
    UnknownVersion,
    /// Two controllers would claim the same pods.
    SelectorOverlap,
    /// A HorizontalPodAutoscaler and a manifest both set `replicas`.
    ReplicasOwnedTwice,
    /// The API server accepts it with a warning.
    ServerWarning,
}

impl Code {
    /// The name, as shown in brackets.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Syntax => "syntax",
            Code::Limit => "limit",
            Code::UnknownField => "unknown-field",
            Code::DuplicateField => "duplicate-field",
            Code::WrongType => "wrong-type",
            Code::Invalid => "invalid",
            Code::Identity => "identity",
            Code::UnknownVersion => "unknown-version",
            Code::SelectorOverlap => "selector-overlap",
            Code::ReplicasOwnedTwice => "replicas-owned-twice",
            Code::ServerWarning => "server-warning",
        }
    }
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Which rule found it.
    pub code: Code,
    /// The file, as it was named to the reader.
    pub file: Str,
    /// Line, from 1; 0 = the file as a whole.
    pub line: u32,
    /// Column in characters, from 1; 0 = the line as a whole.
    pub column: u32,
    /// The bytes of the file that it is about.
    pub span: Span,
    /// The object, for example `Deployment "web"`; empty if it is about the file.
    pub object: String,
    /// Field path within the object; empty if it is about the object.
    pub field_path: String,
    /// What is wrong, in the API server's words where it has some.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
}

impl Diagnostic {
    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
