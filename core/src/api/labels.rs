//! Labels and annotations: small maps from string to string.

use super::{List, Str};

/// A map from string to string, sorted by key. Copies share memory; an absent map and an empty one are equal.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct StringMap(List<(Str, Str)>);

impl StringMap {
    /// The empty map.
    pub const fn new() -> Self {
        StringMap(List::new())
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(k, _)| k.as_str().cmp(key))
    }

    /// Where `key` is, if it is there. Looked for by equality: keys of one domain share a long beginning, which an
    /// ordering compares again and again, while most differ in length, which costs nothing to see.
    fn position(&self, key: &str) -> Option<usize> {
        if self.0.len() > 16 {
            return self.find(key).ok();
        }
        self.0.iter().position(|(k, _)| k == key)
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Str> {
        self.position(key).map(|at| &self.0[at].1)
    }

    /// Whether `key` is present.
    pub fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Sets `key` to `value`; touches nothing (and copies nothing) if it already has that value. Returns
    /// whether the map changed.
    pub fn insert(&mut self, key: impl Into<Str> + AsRef<str>, value: impl Into<Str> + AsRef<str>) -> bool {
        match self.find(key.as_ref()) {
            Ok(at) if self.0[at].1 == value.as_ref() => false,
            Ok(at) => {
                self.0.make_mut()[at].1 = value.into();
                true
            }
            Err(at) => {
                self.0.make_mut().insert(at, (key.into(), value.into()));
                true
            }
        }
    }

    /// Removes `key`; returns whether it was there.
    pub fn remove(&mut self, key: &str) -> bool {
        match self.find(key) {
            Ok(at) => {
                self.0.make_mut().remove(at);
                true
            }
            Err(_) => false,
        }
    }

    /// The entries in key order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Str, &Str)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both are the same memory, hence equal.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }

    /// Whether `self` has every entry of `subset` with the same value.
    pub fn contains_all(&self, subset: &StringMap) -> bool {
        // Both are sorted, so one walk finds all.
        let mut rest = self.0.iter();
        self.ptr_eq(subset)
            || subset.iter().all(|(key, value)| rest.find(|(k, _)| k == key).is_some_and(|(_, v)| v == value))
    }

    /// Whether both agree on every key other than `except`.
    pub fn equal_except(&self, other: &StringMap, except: &str) -> bool {
        self.ptr_eq(other)
            || self
                .0
                .iter()
                .filter(|entry| entry.0 != except)
                .eq(other.0.iter().filter(|entry| entry.0 != except))
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
        StringMap(unique.into())
    }
}
