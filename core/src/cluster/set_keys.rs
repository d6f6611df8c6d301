//! Keys of the ReplicaSet controller's work queue. A key is a name: a ReplicaSet that takes the name of one that is gone
//! (deleted and made again from the same template) has its key, with its place in the queue and its failures.

use std::collections::BTreeMap;

use super::pods::RsId;
use crate::api::Str;

/// Which key a ReplicaSet has, and which ReplicaSet a key means. Almost always both are the ReplicaSet's number.
#[derive(Default)]
pub(super) struct SetKeys {
    /// Keys of names that nobody has now.
    free: BTreeMap<(Str, Str), u32>,
    /// Keys of those that took a name over.
    keys: BTreeMap<RsId, u32>,
    /// Whom a key that was taken over means now.
    heirs: BTreeMap<u32, RsId>,
}

impl SetKeys {
    pub(super) fn key(&self, id: RsId) -> u32 {
        // Asked at every event, and hardly ever is there one.
        if self.keys.is_empty() { id.0 } else { self.keys.get(&id).copied().unwrap_or(id.0) }
    }

    pub(super) fn set(&self, key: u32) -> RsId {
        if self.heirs.is_empty() { RsId(key) } else { self.heirs.get(&key).copied().unwrap_or(RsId(key)) }
    }

    /// A ReplicaSet of that namespace and name is new in the cache.
    pub(super) fn added(&mut self, id: RsId, name: &(Str, Str)) {
        if let Some(key) = self.free.remove(name)
            && key != id.0
        {
            self.keys.insert(id, key);
            self.heirs.insert(key, id);
        }
    }

    /// It is gone from the cache.
    pub(super) fn removed(&mut self, id: RsId, name: (Str, Str)) {
        self.free.insert(name, self.key(id));
    }
}
