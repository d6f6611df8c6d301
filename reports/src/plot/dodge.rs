//! Labels that do not cover one another.

/// Moves labels along a line as little as possible (least squares) so that the centres of neighbours are at least `gap` apart and all
/// lie within `low..=high`. Returns the centres in the order given. Labels that want the same place keep their order.
/// If there is not enough room, they are spread evenly.
#[must_use]
pub fn dodge(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let count = wanted.len();
    if count == 0 {
        return Vec::new();
    }
    let room = (high - low).max(0.0);
    let gap = if count > 1 { gap.min(room / (count - 1) as f64) } else { gap };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    // With the gaps subtracted the demand is just "not descending": pool neighbours that violate it to their mean.
    let mut blocks: Vec<(f64, usize)> = Vec::with_capacity(count);
    for (rank, &i) in order.iter().enumerate() {
        let mut block = (wanted[i] - gap * rank as f64, 1_usize);
        while let Some(&(mean, size)) = blocks.last() {
            if mean <= block.0 {
                break;
            }
            blocks.pop();
            let total = size + block.1;
            block = ((mean * size as f64 + block.0 * block.1 as f64) / total as f64, total);
        }
        blocks.push(block);
    }
    let top = high - gap * (count - 1) as f64;
    let mut centres = vec![0.0; count];
    let flat = blocks.into_iter().flat_map(|(mean, size)| std::iter::repeat_n(mean, size));
    for (rank, (&i, place)) in order.iter().zip(flat).enumerate() {
        centres[i] = place.clamp(low, top.max(low)) + gap * rank as f64;
    }
    centres
}

/// A rectangle in drawing units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Rect {
    /// Area that two rectangles share.
    #[must_use]
    pub fn overlap(self, other: Self) -> f64 {
        let w = (self.x + self.w).min(other.x + other.w) - self.x.max(other.x);
        let h = (self.y + self.h).min(other.y + other.h) - self.y.max(other.y);
        if w > 0.0 && h > 0.0 { w * h } else { 0.0 }
    }

    fn holds(self, (x, y): (f64, f64)) -> bool {
        x > self.x && x < self.x + self.w && y > self.y && y < self.y + self.h
    }

    fn inside(self, bounds: Self) -> bool {
        self.x >= bounds.x
            && self.y >= bounds.y
            && self.x + self.w <= bounds.x + bounds.w
            && self.y + self.h <= bounds.y + bounds.h
    }
}

/// Places a label of size `sizes[i]` beside each anchor, within `bounds`, off the `obstacles` and off the other labels: right of its
/// anchor if possible, then left, above, below, then further away. Returns the rectangles in the order given.
#[must_use]
pub fn place_labels(
    anchors: &[(f64, f64)],
    sizes: &[(f64, f64)],
    bounds: Rect,
    obstacles: &[Rect],
) -> Vec<Rect> {
    let by = |key: &dyn Fn(usize) -> f64| {
        let mut order: Vec<usize> = (0..anchors.len()).collect();
        order.sort_by(|&a, &b| key(a).total_cmp(&key(b)));
        order
    };
    let crowd = |i: usize| {
        let near = |j: &&(f64, f64)| (j.0 - anchors[i].0).abs() < 90.0 && (j.1 - anchors[i].1).abs() < 30.0;
        -(anchors.iter().filter(near).count() as f64)
    };
    // Greedy in a few orders, the best of them.
    [by(&crowd), by(&|i| anchors[i].0), by(&|i| -anchors[i].0), by(&|i| anchors[i].1), by(&|i| -anchors[i].1)]
        .into_iter()
        .map(|order| place_in_order(&order, anchors, sizes, bounds, obstacles))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(Vec::new, |(_, places)| places)
}

/// Total cost and places if labels choose in this order.
fn place_in_order(
    order: &[usize],
    anchors: &[(f64, f64)],
    sizes: &[(f64, f64)],
    bounds: Rect,
    obstacles: &[Rect],
) -> (f64, Vec<Rect>) {
    let mut labels: Vec<Rect> = Vec::new();
    let mut leaders: Vec<[(f64, f64); LEADER_SAMPLES]> = Vec::new();
    let mut placed = vec![Rect { x: 0.0, y: 0.0, w: 0.0, h: 0.0 }; anchors.len()];
    let mut total = 0.0;
    for &i in order {
        let best = candidates(anchors[i], sizes[i])
            .map(|(rect, distance)| {
                let covered: f64 = obstacles.iter().chain(&labels).map(|other| rect.overlap(*other)).sum();
                let outside = if rect.inside(bounds) { 0.0 } else { 1e6 };
                let leader = leader(anchors[i], rect);
                let crossed =
                    leader.iter().filter(|point| labels.iter().any(|label| label.holds(**point))).count()
                        + leaders.iter().flatten().filter(|point| rect.holds(**point)).count();
                (rect, distance + covered * 10.0 + outside + crossed as f64 * 40.0)
            })
            .min_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((rect, cost)) = best {
            total += cost;
            labels.push(rect);
            leaders.push(leader(anchors[i], rect));
            placed[i] = rect;
        }
    }
    (total, placed)
}

const LEADER_SAMPLES: usize = 8;

/// Points on the way from an anchor to the nearest point of its label.
fn leader((x, y): (f64, f64), to: Rect) -> [(f64, f64); LEADER_SAMPLES] {
    let (end_x, end_y) = (x.clamp(to.x, to.x + to.w), y.clamp(to.y, to.y + to.h));
    std::array::from_fn(|i| {
        let share = i as f64 / LEADER_SAMPLES as f64;
        (x + (end_x - x) * share, y + (end_y - y) * share)
    })
}

/// Places for one label with the cost of each.
fn candidates((x, y): (f64, f64), (w, h): (f64, f64)) -> impl Iterator<Item = (Rect, f64)> {
    const NEAR: f64 = 8.0;
    let sides = (0..16).flat_map(move |ring| {
        let up = y - h / 2.0 - f64::from(ring) * 5.0;
        let down = y - h / 2.0 + f64::from(ring) * 5.0;
        let reach = f64::from(ring) * 4.0;
        [
            (x + NEAR, up, 0.0 + reach),
            (x + NEAR, down, 0.5 + reach),
            (x - NEAR - w, up, 4.0 + reach),
            (x - NEAR - w, down, 4.5 + reach),
            (x - w / 2.0, up - h / 2.0 - NEAR, 6.0 + reach),
            (x - w / 2.0, down + h / 2.0 + NEAR, 6.5 + reach),
        ]
    });
    sides.map(move |(x, y, cost)| (Rect { x, y, w, h }, cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_distant_labels_alone() {
        assert_eq!(dodge(&[10.0, 50.0], 12.0, 0.0, 100.0), [10.0, 50.0]);
        assert!(dodge(&[], 12.0, 0.0, 100.0).is_empty());
    }

    #[test]
    fn spreads_around_the_common_place_and_keeps_order() {
        assert_eq!(dodge(&[50.0, 50.0, 50.0], 10.0, 0.0, 100.0), [40.0, 50.0, 60.0]);
        assert_eq!(dodge(&[60.0, 50.0], 20.0, 0.0, 100.0), [65.0, 45.0]);
    }

    #[test]
    fn stays_within_bounds() {
        assert_eq!(dodge(&[99.0, 100.0, 101.0], 10.0, 0.0, 100.0), [80.0, 90.0, 100.0]);
        assert_eq!(dodge(&[-5.0], 10.0, 0.0, 100.0), [0.0]);
        assert_eq!(dodge(&[5.0; 3], 60.0, 0.0, 100.0), [0.0, 50.0, 100.0]);
    }

    #[test]
    fn no_two_labels_overlap_even_at_one_point() {
        let anchors = [(100.0, 100.0); 8];
        let sizes = [(60.0, 14.0); 8];
        let bounds = Rect { x: 0.0, y: 0.0, w: 300.0, h: 200.0 };
        let point = Rect { x: 95.0, y: 95.0, w: 10.0, h: 10.0 };
        let rects = place_labels(&anchors, &sizes, bounds, &[point]);
        for (i, a) in rects.iter().enumerate() {
            assert!(a.inside(bounds), "{a:?}");
            assert_eq!(a.overlap(point), 0.0);
            for b in &rects[i + 1..] {
                assert_eq!(a.overlap(*b), 0.0, "{a:?} {b:?}");
            }
        }
    }
}
