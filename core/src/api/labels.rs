//! Labels and annotations: small maps from string to string.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::Str;

/// A map from string to string, sorted by key. Copies share memory; an absent map and an empty one are equal.
#[derive(Clone, Default)]
pub struct StringMap(Option<Arc<Shared>>);

/// The entries, and what was found out about them: a rollout asks the same of the same annotations and selectors in
/// every pass, while they themselves hardly ever change.
struct Shared {
    entries: Vec<(Str, Str)>,
    numbers: OnceLock<Numbers>,
    selects: OnceLock<bool>,
}

/// Numbers that a map was found to hold.
pub(crate) type Numbers = [Option<i64>; 3];

impl Shared {
    fn of(entries: Vec<(Str, Str)>) -> Self {
        Shared { entries, numbers: OnceLock::new(), selects: OnceLock::new() }
    }
}

impl Clone for Shared {
    /// A copy is made to be changed, so nothing is known of it.
    fn clone(&self) -> Self {
        Shared::of(self.entries.clone())
    }
}

impl PartialEq for StringMap {
    fn eq(&self, other: &Self) -> bool {
        self.ptr_eq(other) || self.entries() == other.entries()
    }
}

impl Eq for StringMap {}

impl PartialOrd for StringMap {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for StringMap {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.entries().cmp(other.entries())
    }
}

impl fmt::Debug for StringMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl StringMap {
    /// The empty map.
    pub const fn new() -> Self {
        StringMap(None)
    }

    fn entries(&self) -> &[(Str, Str)] {
        self.0.as_ref().map_or(&[], |shared| &shared.entries)
    }

    /// The entries for editing: copied if they are shared, and whatever was known of them is forgotten.
    fn make_mut(&mut self) -> &mut Vec<(Str, Str)> {
        let shared = Arc::make_mut(self.0.get_or_insert_with(|| Arc::new(Shared::of(Vec::new()))));
        (shared.numbers, shared.selects) = (OnceLock::new(), OnceLock::new());
        &mut shared.entries
    }

    /// What `find` finds in these entries, looked for once. For one purpose only: the numbers in the annotations of
    /// a ReplicaSet.
    pub(crate) fn numbers(&self, find: impl Fn(&Self) -> Numbers) -> Numbers {
        self.0.as_ref().map_or_else(|| find(self), |shared| *shared.numbers.get_or_init(|| find(self)))
    }

    /// Whether `check` accepts these entries, asked once. For one purpose only: the `matchLabels` of a selector.
    pub(crate) fn selects(&self, check: impl Fn(&Self) -> bool) -> bool {
        self.0.as_ref().map_or_else(|| check(self), |shared| *shared.selects.get_or_init(|| check(self)))
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.entries().binary_search_by(|(k, _)| k.as_str().cmp(key))
    }

    /// Where `key` is, if it is there. Looked for by equality: keys of one domain share a long beginning, which an
    /// ordering compares again and again, while most differ in length, which costs nothing to see.
    fn position(&self, key: &str) -> Option<usize> {
        if self.entries().len() > 16 {
            return self.find(key).ok();
        }
        self.entries().iter().position(|(k, _)| k == key)
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Str> {
        self.position(key).map(|at| &self.entries()[at].1)
    }

    /// Whether `key` is present.
    pub fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Sets `key` to `value`; touches nothing (and copies nothing) if it already has that value. Returns
    /// whether the map changed.
    pub fn insert(&mut self, key: impl Into<Str> + AsRef<str>, value: impl Into<Str> + AsRef<str>) -> bool {
        match self.find(key.as_ref()) {
            Ok(at) if self.entries()[at].1 == value.as_ref() => false,
            Ok(at) => {
                self.make_mut()[at].1 = value.into();
                true
            }
            Err(at) => {
                self.make_mut().insert(at, (key.into(), value.into()));
                true
            }
        }
    }

    /// Removes `key`; returns whether it was there.
    pub fn remove(&mut self, key: &str) -> bool {
        match self.find(key) {
            Ok(at) => {
                self.make_mut().remove(at);
                true
            }
            Err(_) => false,
        }
    }

    /// The entries in key order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Str, &Str)> {
        self.entries().iter().map(|(key, value)| (key, value))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// Whether both are the same memory, hence equal.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// Whether `self` has every entry of `subset` with the same value.
    pub fn contains_all(&self, subset: &StringMap) -> bool {
        // Both are sorted, so one walk finds all.
        let mut rest = self.entries().iter();
        self.ptr_eq(subset)
            || subset.iter().all(|(key, value)| rest.find(|(k, _)| k == key).is_some_and(|(_, v)| v == value))
    }

    /// Whether both agree on every key other than `except`.
    pub fn equal_except(&self, other: &StringMap, except: &str) -> bool {
        self.ptr_eq(other)
            || self
                .entries()
                .iter()
                .filter(|entry| entry.0 != except)
                .eq(other.entries().iter().filter(|entry| entry.0 != except))
    }
}

impl<K: Into<Str>, V: Into<Str>> FromIterator<(K, V)> for StringMap {
    /// Later values win over earlier ones of the same key.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries: Vec<(Str, Str)> =
            entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let mut unique: Vec<(Str, Str)> = Vec::with_capacity(entries.len());
        for entry in entries {
            match unique.last_mut() {
                Some(last) if last.0 == entry.0 => *last = entry,
                _ => unique.push(entry),
            }
        }
        StringMap(if unique.is_empty() { None } else { Some(Arc::new(Shared::of(unique))) })
    }
}
