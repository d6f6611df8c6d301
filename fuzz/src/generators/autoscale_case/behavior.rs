//! `spec.behavior`.

use serde_json::{Value, json};

use crate::generators::draw::Draw;

pub(super) fn behavior(draw: &mut Draw<'_, '_>) -> Value {
    let mut behavior = json!({});
    for direction in ["scaleUp", "scaleDown"] {
        if draw.one_in(4) {
            continue;
        }
        let mut rules = json!({});
        if draw.range(0, 2) > 0 {
            rules["stabilizationWindowSeconds"] = draw.of(&[0, 15, 30, 60, 300, 45, 3_600]).into();
        }
        if draw.one_in(2) {
            rules["selectPolicy"] = draw.of(&["Max", "Min", "Disabled"]).into();
        }
        if draw.range(0, 2) > 0 {
            let policy = |draw: &mut Draw<'_, '_>| {
                let (type_, value) = if draw.one_in(2) {
                    ("Percent", draw.of(&[100, 10, 50, 1, 80, 90, 25, 200, 1_000, 2_000_000_000]))
                } else {
                    ("Pods", draw.of(&[1, 2, 4, 3, 10, 2_147_483_647]))
                };
                json!({"type": type_, "value": value, "periodSeconds": draw.of(&[15, 30, 60, 45, 16, 300, 1_800])})
            };
            rules["policies"] = (0..draw.range(1, 3)).map(|_| policy(draw)).collect();
        }
        if draw.one_in(4) {
            rules["tolerance"] =
                draw.of(&["0", "50m", "0.3", "1", "0.05", "300m", "10", "0.0999", "99900u"]).into();
        }
        behavior[direction] = rules;
    }
    behavior
}
