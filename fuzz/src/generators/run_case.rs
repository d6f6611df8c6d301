//! Whole rollouts: cases of the conformance protocol's mode `run`, as JSON. Everything is what an API server would
//! accept.

use arbitrary::Unstructured;
use maxsurge_core::cluster::{ApiFault, Watched, Write};
use serde_json::{Value, json};

use super::draw::Draw;

/// Image that never gets ready.
const BAD_IMAGE: &str = "web:bad";
/// Longest run, ms of virtual time.
const UNTIL_MS_MAX: i64 = 120_000;

/// One case, with that `id`.
pub fn run_case(id: &str, u: &mut Unstructured<'_>) -> Value {
    let draw = &mut Draw(u);
    let min_ready_s = draw.of(&[0, 0, 0, 1, 5, 10]);
    let deadline = draw.of(&[json!(600), json!(20), json!(min_ready_s + 1), json!(12), json!(45)]);
    let replicas = if draw.one_in(12) { draw.range(13, 40) } else { draw.range(0, 12) };
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web"}},
        "spec": {
            "replicas": replicas,
            "minReadySeconds": min_ready_s,
            "revisionHistoryLimit": draw.of(&[10, 2, 1, 0]),
            "progressDeadlineSeconds": deadline,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": strategy(draw),
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "web:1"}]}},
        },
    });
    // In one of three others lay hands on pods and ReplicaSets, too, and in one of three requests fail and events are late.
    let (meddled, broken) = (draw.one_in(3), draw.one_in(3));
    let (mut at_ms, mut steps) = (0, Vec::new());
    let mut watched = Watched::ALL.to_vec();
    for _ in 0..draw.range(0, 6) {
        at_ms += match draw.range(0, 6) {
            // Two at one instant.
            6 => 0,
            0..=2 => 100 * draw.range(1, 20),
            3 => 100 * draw.range(20, 150),
            4 => draw.range(1, 5_000),
            _ => 1_000 * draw.range(1, 40),
        };
        if at_ms > UNTIL_MS_MAX - 25_000 {
            at_ms = UNTIL_MS_MAX - 25_000;
            break;
        }
        let mut step = match () {
            () if meddled && draw.one_in(2) => meddling(draw, at_ms),
            () => step(draw, at_ms),
        };
        if broken && draw.one_in(2) {
            breaking(draw, &mut step, &mut watched);
        }
        steps.push(step);
    }
    let startup_ms: Vec<i64> = (0..draw.range(1, 7))
        .map(|_| match draw.range(0, 9) {
            0..=6 => 100 * draw.range(1, 60),
            7 => draw.range(0, 9_000),
            8 => draw.of(&[0, 1_000, 999, 1_001]),
            _ => -1,
        })
        .collect();
    json!({
        "id": id,
        "deployment": deployment,
        "steps": steps,
        "startupMs": startup_ms,
        "badImages": [BAD_IMAGE],
        "terminationMs": draw.of(&[0, 0, 500, 1_000, 3_300, 30_000]),
        "untilMs": at_ms + match broken && draw.one_in(10) {
            // Longer than expectations block.
            true => 330_000,
            false => draw.of(&[5_000, 20_000, 25_000]),
        },
    })
}

fn strategy(draw: &mut Draw<'_, '_>) -> Value {
    if draw.range(0, 5) == 5 {
        return json!({"type": "Recreate"});
    }
    let mut limit = |least: i64| -> Value {
        if draw.one_in(2) {
            format!("{}%", draw.of(&[least.max(25), 10, 34, 50, 100, least])).into()
        } else {
            draw.range(least, 4).into()
        }
    };
    // One of the two must not be zero.
    let (surge, missing) = if limit(0) == json!(0) { (json!(0), limit(1)) } else { (limit(1), limit(0)) };
    json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": missing}})
}

/// One change, now and then two of the Deployment at once.
fn step(draw: &mut Draw<'_, '_>, at_ms: i64) -> Value {
    let mut step = json!({"atMs": at_ms});
    if draw.one_in(8) {
        step["killPods"] = draw.range(1, 4).into();
        return step;
    }
    for _ in 0..draw.of(&[1, 1, 1, 1, 2]) {
        match draw.range(0, 9) {
            0..=3 => step["image"] = draw.of(&["web:2", "web:3", "web:1", BAD_IMAGE]).into(),
            4 | 5 => step["replicas"] = draw.range(0, 14).into(),
            6 => step["paused"] = true.into(),
            7 => step["paused"] = false.into(),
            8 => step["strategy"] = strategy(draw),
            _ => step["undo"] = true.into(),
        }
    }
    step
}

/// Lets requests fail from that step on, or watch events be late, or takes away one of the watches; in half of the cases instead
/// of what the step says.
fn breaking(draw: &mut Draw<'_, '_>, step: &mut Value, watched: &mut Vec<Watched>) {
    if draw.one_in(2) {
        *step = json!({"atMs": step["atMs"]});
    }
    if draw.one_in(2) {
        step["apiErrors"] = json!({
            "of": draw.of(&Write::ALL.map(Write::word)),
            "afterRequests": draw.of(&[0, 0, 0, 1, 2, 3]),
            // Up to 20, so that the delays before the next try are seen.
            "requests": draw.of(&[1, 1, 1, 2, 3, 5, 8, 13, 20]),
            "error": draw.of(&ApiFault::ALL.map(ApiFault::word)),
        });
        return;
    }
    if draw.one_in(3) && !watched.is_empty() {
        let lost = watched.remove(draw.range(0, watched.len() as i64 - 1) as usize);
        let lost_ms = draw.of(&[2_000, 2_000, 2_500, 5_000, 20_000]);
        step["watchLost"] = json!({"of": lost.word(), "forMs": lost_ms});
        return;
    }
    let delay_ms = match draw.range(0, 9) {
        0..=3 => draw.of(&[1, 5, 50, 300]),
        4..=7 => 100 * draw.range(1, 60),
        8 => 1_000 * draw.range(1, 30),
        // Expectations are too old then.
        _ => 301_000,
    };
    step["watchDelay"] = json!({"of": draw.of(&Watched::ALL.map(Watched::word)), "delayMs": delay_ms});
    if !draw.one_in(3) {
        step["watchDelay"]["forMs"] = draw.of(&[1, 100, 1_000, 5_000, 20_000]).into();
    }
}

/// What befalls a pod or a ReplicaSet.
fn meddling(draw: &mut Draw<'_, '_>, at_ms: i64) -> Value {
    let moved = |draw: &mut Draw<'_, '_>| json!({"app": draw.of(&["elsewhere", "elsewhere", "web"])});
    if draw.one_in(3) {
        let mut set = json!({"nth": draw.range(0, 3)});
        match draw.range(0, 6) {
            0 => set["replicas"] = draw.range(0, 9).into(),
            1 => set["labels"] = moved(draw),
            2 => set["orphan"] = true.into(),
            3 => set["delete"] = draw.of(&["background", "orphan"]).into(),
            _ => {
                let key = draw.of(&["revision", "desired-replicas", "max-replicas"]);
                let value =
                    draw.of(&[Value::Null, json!("0"), json!("3"), json!("9"), json!("-5"), json!("x")]);
                set["annotations"] = json!({format!("deployment.kubernetes.io/{key}"): value});
            }
        }
        return json!({"atMs": at_ms, "replicaSet": set});
    }
    let mut pod = json!({"nth": draw.range(0, 5)});
    if draw.one_in(3) {
        pod["terminating"] = draw.one_in(2).into();
    }
    for _ in 0..draw.of(&[1, 1, 1, 2]) {
        match draw.range(0, 10) {
            0 => pod["ready"] = false.into(),
            1 => pod["ready"] = true.into(),
            2 => pod["phase"] = draw.of(&["Failed", "Succeeded"]).into(),
            3 | 4 => pod["labels"] = moved(draw),
            5 => pod["orphan"] = true.into(),
            6 => pod["delete"] = true.into(),
            7 => pod["deletionCost"] = draw.of(&[-1, 1, 10, -2_147_483_648, 2_147_483_647]).into(),
            8 => pod["adopt"] = draw.range(0, 3).into(),
            9 => pod["restarts"] = draw.of(&[1, 3, 65_535]).into(),
            _ => pod["remove"] = true.into(),
        }
    }
    json!({"atMs": at_ms, "pod": pod})
}
