//! The states that were seen, by their fingerprints, in 10 to 13 bytes each.

/// Parts that grow one after the other, so that never all of them are there twice.
const SHARDS_LOG2: u32 = 8;

/// Fingerprints in the order of their size but for collisions, so that growing is a walk from the left to the right.
#[derive(Default)]
struct Shard {
    /// 0 = free.
    slots: Vec<u64>,
    len: usize,
}

impl Shard {
    /// Answers whether it is new.
    fn insert(&mut self, fingerprint: u64) -> bool {
        if self.len * 5 >= self.slots.len() * 4 {
            self.grow();
        }
        let is_new = self.put(fingerprint);
        self.len += usize::from(is_new);
        is_new
    }

    /// Where it is, if there is no other.
    fn place(&self, fingerprint: u64) -> usize {
        ((u128::from(fingerprint << SHARDS_LOG2) * self.slots.len() as u128) >> 64) as usize
    }

    fn put(&mut self, fingerprint: u64) -> bool {
        let mut at = self.place(fingerprint);
        loop {
            match self.slots[at] {
                0 => {
                    self.slots[at] = fingerprint;
                    return true;
                }
                known if known == fingerprint => return false,
                _ => at = if at + 1 == self.slots.len() { 0 } else { at + 1 },
            }
        }
    }

    /// By a quarter.
    fn grow(&mut self) {
        let room = (self.slots.len() * 5 / 4).max(16);
        for fingerprint in std::mem::replace(&mut self.slots, vec![0; room]) {
            if fingerprint != 0 {
                self.put(fingerprint);
            }
        }
    }
}

/// A set of numbers that are spread evenly, 0 not among them.
pub(super) struct Seen {
    shards: Vec<Shard>,
    len: usize,
}

impl Seen {
    pub(super) fn new() -> Self {
        let mut shards = Vec::new();
        shards.resize_with(1 << SHARDS_LOG2, Shard::default);
        Seen { shards, len: 0 }
    }

    /// Asks for the memory of all of them, so that they are waited for together and not one after the other.
    pub(super) fn call(&self, fingerprints: impl Iterator<Item = u64>) {
        let slot = |fingerprint: u64| {
            let shard = &self.shards[Self::shard(fingerprint)];
            shard.slots.get(shard.place(fingerprint)).copied().unwrap_or(0)
        };
        std::hint::black_box(fingerprints.map(slot).fold(0, |all, slot| all ^ slot));
    }

    fn shard(fingerprint: u64) -> usize {
        (fingerprint >> (64 - SHARDS_LOG2)) as usize
    }

    /// Answers whether it is new.
    pub(super) fn insert(&mut self, fingerprint: u64) -> bool {
        let is_new = self.shards[Self::shard(fingerprint)].insert(fingerprint);
        self.len += usize::from(is_new);
        is_new
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn knows_what_it_was_given() {
        let number = |n: u64| (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut seen = Seen::new();
        for n in 0..200_000 {
            assert!(seen.insert(number(n)), "{n}");
        }
        for n in 0..200_000 {
            assert!(!seen.insert(number(n)), "{n}");
        }
        assert_eq!(seen.len(), 200_000);
        // The ends of what a shard can hold.
        assert!(seen.insert(u64::MAX) && !seen.insert(u64::MAX));
        assert!(seen.insert(1) && !seen.insert(1));
    }
}
