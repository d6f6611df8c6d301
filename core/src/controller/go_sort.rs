//! The order in which Go's `sort.Sort` leaves a list.
//!
//! Where a relation is a strict order of the elements, every algorithm gives the same list and this module would not be
//! needed. Two relations of the controllers are not: that of the pods to be deleted ties and turns in circles, that of
//! old ReplicaSets does so where a revision cannot be read. Then the algorithm is part of the decision. Go's is not
//! stable but deterministic: insertion sort up to 12 elements, above that a pattern-defeating quicksort with fixed
//! pivots, a pseudo-random shuffle seeded by the length, and heap sort as the last resort.

/// Longest list that is sorted by insertion alone.
const INSERTION_MAX: usize = 12;
/// Shortest list whose pivot is the median of three medians, and in which almost sorted stretches are repaired.
const LONG: usize = 50;
/// Pairs out of order that are repaired before a list counts as not almost sorted.
const REPAIRS_MAX: usize = 5;

/// Sorts `items` by `less` ("goes before"), which may be any relation at all: it need be neither total nor transitive.
pub(crate) fn sort<T>(items: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let limit = usize::BITS - items.len().leading_zeros();
    Sorter { items, less }.quick(0, None, limit);
}

/// What the pivot's neighbourhood looked like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    Unknown,
    Increasing,
    Decreasing,
}

struct Sorter<'a, T, L> {
    items: &'a mut [T],
    less: L,
}

impl<T, L: Fn(&T, &T) -> bool> Sorter<'_, T, L> {
    fn less(&self, i: usize, j: usize) -> bool {
        (self.less)(&self.items[i], &self.items[j])
    }

    fn swap(&mut self, i: usize, j: usize) {
        self.items.swap(i, j);
    }

    /// Sorts `[a, b)`; `None` = to the end. `limit` unbalanced partitions are allowed.
    fn quick(&mut self, mut a: usize, b: Option<usize>, mut limit: u32) {
        let mut b = b.unwrap_or(self.items.len());
        let (mut balanced, mut partitioned) = (true, true);
        loop {
            let len = b - a;
            if len <= INSERTION_MAX {
                return self.insertion(a, b);
            }
            if limit == 0 {
                return self.heap(a, b);
            }
            if !balanced {
                self.shuffle(a, b);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.pivot(a, b);
            if hint == Hint::Decreasing {
                self.items[a..b].reverse();
                pivot = (b - 1) - (pivot - a);
                hint = Hint::Increasing;
            }
            if balanced && partitioned && hint == Hint::Increasing && self.repair(a, b) {
                return;
            }
            // What stands left of `a` is less than or equal to everything here: a pivot that is not greater than it
            // has many equals.
            if a > 0 && !self.less(a - 1, pivot) {
                a = self.partition_equal(a, b, pivot);
                continue;
            }
            let (middle, was_partitioned) = self.partition(a, b, pivot);
            partitioned = was_partitioned;
            let (left, right) = (middle - a, b - middle);
            if left < right {
                balanced = left >= len / 8;
                self.quick(a, Some(middle), limit);
                a = middle + 1;
            } else {
                balanced = right >= len / 8;
                self.quick(middle + 1, Some(b), limit);
                b = middle;
            }
        }
    }

    /// Each element moves left while it is less than its left neighbour.
    fn insertion(&mut self, a: usize, b: usize) {
        for i in a + 1..b {
            let mut j = i;
            while j > a && self.less(j, j - 1) {
                self.swap(j, j - 1);
                j -= 1;
            }
        }
    }

    fn heap(&mut self, a: usize, b: usize) {
        let len = b - a;
        for root in (0..=(len - 1) / 2).rev() {
            self.sift_down(root, len, a);
        }
        for end in (0..len).rev() {
            self.swap(a, a + end);
            self.sift_down(0, end, a);
        }
    }

    fn sift_down(&mut self, mut root: usize, len: usize, a: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= len {
                return;
            }
            if child + 1 < len && self.less(a + child, a + child + 1) {
                child += 1;
            }
            if !self.less(a + root, a + child) {
                return;
            }
            self.swap(a + root, a + child);
            root = child;
        }
    }

    /// Less than the pivot to the left, the rest to the right. Answers where the pivot came to stand, and whether
    /// nothing had to be moved.
    fn partition(&mut self, a: usize, b: usize, pivot: usize) -> (usize, bool) {
        self.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        let mut moved = false;
        loop {
            while i <= j && self.less(i, a) {
                i += 1;
            }
            while i <= j && !self.less(j, a) {
                j -= 1;
            }
            if i > j {
                break;
            }
            self.swap(i, j);
            moved = true;
            i += 1;
            j -= 1;
        }
        self.swap(j, a);
        (j, !moved)
    }

    /// Equal to the pivot to the left, greater to the right; nothing less is there. Answers where the greater begin.
    fn partition_equal(&mut self, a: usize, b: usize, pivot: usize) -> usize {
        self.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        loop {
            while i <= j && !self.less(a, i) {
                i += 1;
            }
            while i <= j && self.less(a, j) {
                j -= 1;
            }
            if i > j {
                return i;
            }
            self.swap(i, j);
            i += 1;
            j -= 1;
        }
    }

    /// Tries to finish an almost sorted stretch; answers whether it is sorted now.
    fn repair(&mut self, a: usize, b: usize) -> bool {
        let mut i = a + 1;
        for _ in 0..REPAIRS_MAX {
            while i < b && !self.less(i, i - 1) {
                i += 1;
            }
            if i == b {
                return true;
            }
            if b - a < LONG {
                return false;
            }
            self.swap(i, i - 1);
            if i - a >= 2 {
                // Down to the beginning of the whole list, not of the stretch: so does Go's.
                let mut j = i - 1;
                while j >= 1 && self.less(j, j - 1) {
                    self.swap(j, j - 1);
                    j -= 1;
                }
            }
            if b - i >= 2 {
                let mut j = i + 1;
                while j < b && self.less(j, j - 1) {
                    self.swap(j, j - 1);
                    j += 1;
                }
            }
        }
        false
    }

    /// Moves three elements from the middle to places that depend on the length alone, which breaks patterns that lead
    /// to bad pivots.
    fn shuffle(&mut self, a: usize, b: usize) {
        let len = b - a;
        let mask = (1_u64 << (usize::BITS - len.leading_zeros())) - 1;
        let mut random = len as u64;
        let middle = a + len / 4 * 2;
        for at in middle - 1..=middle + 1 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = (random & mask) as usize;
            if other >= len {
                other -= len;
            }
            self.swap(at, a + other);
        }
    }

    /// A pivot for more than [`INSERTION_MAX`] elements: the median of three, or of three medians.
    fn pivot(&self, a: usize, b: usize) -> (usize, Hint) {
        let quarter = (b - a) / 4;
        let (mut i, mut j, mut k) = (a + quarter, a + 2 * quarter, a + 3 * quarter);
        let mut swaps = 0;
        if b - a >= LONG {
            for at in [&mut i, &mut j, &mut k] {
                *at = self.median([*at - 1, *at, *at + 1], &mut swaps);
            }
        }
        let pivot = self.median([i, j, k], &mut swaps);
        // Twelve comparisons at most: none or all of them the wrong way round tell of a sorted or reversed list.
        let hint = match swaps {
            0 => Hint::Increasing,
            12 => Hint::Decreasing,
            _ => Hint::Unknown,
        };
        (pivot, hint)
    }

    fn median(&self, [mut a, mut b, mut c]: [usize; 3], swaps: &mut u32) -> usize {
        let mut order = |x: &mut usize, y: &mut usize| {
            if self.less(*y, *x) {
                *swaps += 1;
                std::mem::swap(x, y);
            }
        };
        order(&mut a, &mut b);
        order(&mut b, &mut c);
        order(&mut a, &mut b);
        b
    }
}

#[cfg(test)]
mod tests {
    use super::sort;

    /// A list with few distinct keys; the second number tells equals apart.
    fn list(len: u64, keys: u64, stride: u64) -> Vec<(u64, u64)> {
        (0..len).map(|i| (i.wrapping_mul(stride).wrapping_add(i / 3) % keys, i)).collect()
    }

    #[test]
    fn strict_orders_come_out_sorted() {
        for len in [0, 1, 2, 12, 13, 49, 50, 51, 300] {
            for (keys, stride) in [(1, 1), (3, 7), (1_000_003, 7919), (1_000_003, 1), (5, 3)] {
                let mut items = list(len, keys, stride);
                let mut expected = items.clone();
                expected.sort_unstable();
                sort(&mut items, |a, b| a < b);
                assert_eq!(items, expected, "{len} {keys} {stride}");
                // Reversed input, too.
                items.reverse();
                sort(&mut items, |a, b| a < b);
                assert_eq!(items, expected);
            }
        }
    }

    /// Lists with equals, relations in a circle (which must end somewhere), almost sorted ones, and such as were made to defeat the
    /// pivots, with the orders in which Go 1.26 leaves them (`scripts/upstream/gosort`).
    #[test]
    fn everything_comes_out_as_in_go() {
        let recorded = include_str!("../../tests/it/testdata/go-sort.txt");
        for (at, line) in recorded.lines().enumerate() {
            let (relation, rest) = line.split_once(' ').expect("a relation");
            let (expected, keys) = rest.split_once(' ').expect("a hash");
            let mut items: Vec<(u64, u64)> =
                keys.split(' ').zip(1..).map(|(key, place)| (key.parse().expect("a key"), place)).collect();
            match relation {
                "keys" => sort(&mut items, |a, b| a.0 < b.0),
                "circle" => sort(&mut items, |a, b| (a.0 + 1) % 3 == b.0),
                other => panic!("{other} is no relation"),
            }
            let hash = items.iter().fold(0_u64, |hash, (_, i)| hash.wrapping_mul(1_000_003).wrapping_add(*i));
            assert_eq!(hash.to_string(), expected, "line {}", at + 1);
        }
        assert!(recorded.lines().count() > 300);
    }
}
