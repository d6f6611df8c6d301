//! A list that is cheap to copy, for the parts of objects that seldom change.

use std::ops::Deref;
use std::sync::Arc;

/// An immutable-until-touched list: copies share their elements, an empty one owns no memory, and `null` and
/// `[]` are the same thing (as the API server treats them in every comparison that decides something).
pub struct List<T>(Option<Arc<Vec<T>>>);

impl<T> List<T> {
    /// The empty list.
    pub const fn new() -> Self {
        List(None)
    }

    /// Whether both are the same memory, hence equal.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl<T: Clone> List<T> {
    /// The elements for editing; copies them first if they are shared.
    pub fn make_mut(&mut self) -> &mut Vec<T> {
        Arc::make_mut(self.0.get_or_insert_with(|| Arc::new(Vec::new())))
    }

    /// Appends one element.
    pub fn push(&mut self, item: T) {
        self.make_mut().push(item);
    }

    /// Keeps the elements for which `keep` holds; touches nothing if it holds for all.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        if self.iter().any(|item| !keep(item)) {
            self.make_mut().retain(keep);
        }
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        List(self.0.clone())
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List(None)
    }
}

impl<T> Deref for List<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.0.as_ref().map_or(&[], |items| items)
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        self.ptr_eq(other) || **self == **other
    }
}

impl<T: Eq> Eq for List<T> {}

impl<T: std::fmt::Debug> std::fmt::Debug for List<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        List(if items.is_empty() { None } else { Some(Arc::new(items)) })
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        items.into_iter().collect::<Vec<_>>().into()
    }
}
