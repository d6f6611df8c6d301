//! The controllers, as pure functions: one pass is a function of what the controller's caches hold, of the time,
//! and of the API server's answers to its writes.

mod adoption;
pub mod autoscaler;
pub mod decide;
pub mod deployment;
mod go_sort;
pub mod quote;
pub mod replicaset;
mod selector;
mod version;

use std::fmt;

use crate::api::Str;

/// What the API server said to a write or a live read that it did not accept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiError {
    /// Which answer.
    pub kind: ApiErrorKind,
    /// Its text, as the client reports it.
    pub message: Str,
}

/// The answers on which a controller's further course depends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ApiErrorKind {
    /// The object has another version than the one written against (409).
    Conflict,
    /// No such object (404).
    NotFound,
    /// An object of that name exists (409).
    AlreadyExists,
    /// Refused by validation or a precondition (422).
    Invalid,
    /// Refused by admission, such as a quota (403).
    Forbidden,
    /// The namespace is being deleted (403 with that cause).
    NamespaceTerminating,
    /// No answer in time; the write may or may not have happened (504).
    Timeout,
    /// Anything else (500).
    Internal,
}

impl ApiError {
    /// With that kind and text.
    pub fn new(kind: ApiErrorKind, message: impl Into<Str>) -> Self {
        ApiError { kind, message: message.into() }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

/// A pass that ended with an error; the work queue repeats it later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyncError {
    /// Text of the error.
    pub message: Str,
    /// Whether the cause was a namespace being deleted, in which case the key is forgotten and not repeated.
    pub namespace_terminating: bool,
}

impl SyncError {
    /// An error of the controller itself.
    pub fn new(message: impl Into<Str>) -> Self {
        SyncError { message: message.into(), namespace_terminating: false }
    }
}

impl From<ApiError> for SyncError {
    fn from(error: ApiError) -> Self {
        SyncError {
            namespace_terminating: error.kind == ApiErrorKind::NamespaceTerminating,
            message: error.message,
        }
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyncError {}

/// Text of the error with which pods are looked up for an owner that has no uid.
const NO_OWNER_UID: &str = "no owner uid provided";

/// When a pass that ended well asks to be repeated, besides the events that wake its key anyway.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Requeue {
    /// Not at all.
    #[default]
    None,
    /// At once, through the rate limiter.
    RateLimited,
    /// After that many nanoseconds.
    After(i64),
}

/// What a live read of an owner told, before a first adoption.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveOwner {
    /// Uid of the object that has the name now.
    pub uid: Str,
    /// Its deletionTimestamp, if it is being deleted.
    pub deletion_timestamp: Option<crate::api::Time>,
}

/// `Normal` or `Warning`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventType {
    /// For information.
    Normal,
    /// Something went wrong.
    Warning,
}

impl EventType {
    /// The text of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        }
    }
}
