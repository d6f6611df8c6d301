//! Random values out of bytes: those of a fuzzer, or those that a seed is expanded to.

use arbitrary::Unstructured;

/// Bytes of one case: enough for the largest.
const BYTES: usize = 1 << 14;

/// The bytes of the `index`-th case of a seed (SplitMix64). The same on every machine, and independent of the cases
/// before it.
pub fn expand(seed: u64, index: u64) -> Vec<u8> {
    let mut state = seed.rotate_left(32) ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(BYTES);
    while bytes.len() < BYTES {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend((z ^ (z >> 31)).to_le_bytes());
    }
    bytes
}

/// Takes values from bytes. Where these are used up, everything is the first and smallest choice, so that short inputs
/// are plain cases.
#[derive(Debug)]
pub struct Draw<'u, 'a>(pub &'u mut Unstructured<'a>);

impl Draw<'_, '_> {
    /// A number of `low..=high`.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        self.0.int_in_range(low..=high).unwrap_or(low)
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: i64) -> bool {
        self.range(0, n - 1) == n - 1
    }

    /// One of several.
    pub fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// An index below `n`, which must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        self.range(0, n as i64 - 1) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_depend_on_seed_and_index() {
        assert_eq!(expand(1, 2), expand(1, 2));
        assert_ne!(expand(1, 2), expand(1, 3));
        assert_ne!(expand(1, 2), expand(2, 1));
        assert_eq!(expand(7, 0).len(), BYTES);
    }

    #[test]
    fn without_bytes_the_first_choice_is_taken() {
        let mut empty = Unstructured::new(&[]);
        let mut draw = Draw(&mut empty);
        assert_eq!((draw.range(3, 9), draw.one_in(2), draw.of(&["a", "b"])), (3, false, "a"));
    }
}
