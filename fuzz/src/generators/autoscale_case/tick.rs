//! One pass.

use serde_json::{Value, json};

use super::load::load;
use super::pods::pods;
use super::spec::Plan;
use crate::generators::draw::Draw;

/// What one pass meets: everything in the first, then what changed.
pub(super) fn tick(draw: &mut Draw<'_, '_>, plan: &Plan, is_first: bool, after_ms: i64, now_s: i64) -> Value {
    let mut tick = json!({"afterMs": after_ms});
    if plan.is_calm {
        if is_first {
            let replicas = draw.of(&[8, 12, 20, 3, 35]);
            tick["scale"] = json!({"replicas": replicas, "statusReplicas": replicas, "selector": "app=web"});
            tick["pods"] = pods(draw, plan, now_s).into();
        } else if draw.one_in(40) {
            tick["scale"] = json!({"replicas": draw.range(0, 30)});
        }
        if !is_first && draw.one_in(30) {
            tick["spec"] = plan.spec(draw);
        }
        if is_first || draw.one_in(2) {
            load(draw, plan, &mut tick, now_s);
        }
        return tick;
    }
    if is_first || draw.one_in(12) {
        tick["scale"] = scale(draw, is_first);
    } else if draw.one_in(3) {
        tick["scale"] = json!({"statusReplicas": draw.of(&[1, 2, 3, 4, 5, 8, 0])});
    }
    if !is_first && draw.one_in(25) {
        tick["restart"] = true.into();
    }
    if !is_first && draw.one_in(14) {
        tick["spec"] = plan.spec(draw);
    }
    if draw.one_in(40) {
        let one = |draw: &mut Draw<'_, '_>, name: &str| json!({"name": name, "selector": draw.of(&[json!("app=web"), json!("app=db"), json!(""), Value::Null])});
        let mut others = vec![one(draw, "other")];
        if draw.one_in(3) {
            others.push(one(draw, "zebra"));
            others[0]["selector"] = "app=db".into();
        }
        tick["others"] = others.into();
    } else if draw.one_in(8) {
        tick["others"] = json!([]);
    }
    let pods = (is_first || draw.one_in(2)).then(|| pods(draw, plan, now_s));
    if is_first || draw.range(0, 4) > 0 {
        load(draw, plan, &mut tick, now_s);
    }
    if let Some(pods) = pods {
        tick["pods"] = pods.into();
    }
    for (field, one_in) in [("failGetScale", 60), ("failScale", 40), ("failStatus", 40)] {
        if draw.one_in(one_in) {
            tick[field] = "no route to host".into();
        }
    }
    if draw.one_in(20) {
        tick["scaleConflicts"] = draw.of(&[1, 2, 4, 5, 9]).into();
    }
    tick
}

fn scale(draw: &mut Draw<'_, '_>, is_first: bool) -> Value {
    let replicas = match draw.range(0, 19) {
        0..=15 => draw.range(1, 8),
        16 => 0,
        17 => draw.range(9, 60),
        18 => 100,
        _ => draw.of(&[1_000_000_000, 2_147_483_647, 50_000]),
    };
    let mut scale = json!({"replicas": replicas});
    if is_first || draw.one_in(2) {
        let status = if draw.range(0, 3) < 3 { replicas } else { draw.range(0, 9) };
        scale["statusReplicas"] = status.into();
    }
    if is_first || draw.one_in(6) {
        scale["selector"] = match draw.range(0, 59) {
            0..=45 => draw.of(&["app=web", "app in (web,db)", "app,!gone", "app==web,tier!=back"]),
            46 => "",
            47..=50 => draw.of(&[
                "app in",
                "a b",
                "app=web,",
                "!app=web",
                "(",
                "app in (web",
                "app in (web db)",
                "app in (web,=)",
                "app in (=)",
                "app web=x",
                "app in web",
                "=x",
                "app=(",
                ",app",
            ]),
            51..=56 => draw.of(&[
                "app notin (db,)",
                "n in (4,5),app",
                "app in (in,notin,web)",
                "app=,x",
                "app in (,web,,)",
                "n>3",
                "n<3",
                "in=in",
                "app in ()",
            ]),
            _ => draw.of(&["app=db", "tier", "!app"]),
        }
        .into();
    }
    scale
}
