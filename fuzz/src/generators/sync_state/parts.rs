//! What hostile states are made of. Each list begins with the ordinary choice.

use maxsurge_core::api::Time;
use serde_json::{Map, Value, json};

use crate::generators::draw::Draw;

/// Namespace of nearly everything.
pub(super) const NAMESPACE: &str = "default";
/// Uid of the Deployment.
pub(super) const DEPLOYMENT_UID: &str = "d-1";

const SECOND_NS: i64 = 1_000_000_000;

/// The time of the pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now(Time);

impl Now {
    pub(super) fn draw(draw: &mut Draw<'_, '_>) -> Self {
        // 2026-01-02T03:04:05Z.
        let fraction = draw.of(&[0, 0, 0, 500_000_000, 1_000_000, 999_999_999, 1]);
        Now(Time::from_seconds(1_767_323_045).plus_nanos(fraction))
    }

    pub(super) fn text(self) -> String {
        rfc3339(self.0)
    }

    /// That many seconds ago (later, if negative), in whole seconds.
    pub(super) fn ago(self, s: i64) -> String {
        self.0.plus_seconds(-s).to_string()
    }
}

/// With its fraction, which `Time` prints without.
pub(super) fn rfc3339(time: Time) -> String {
    let text = time.to_string();
    let fraction = time.nanos().rem_euclid(SECOND_NS);
    if fraction == 0 { text } else { format!("{}.{fraction:09}Z", text.trim_end_matches('Z')) }
}

/// An age in seconds: some around the limits that matter (deadlines, `minReadySeconds`, powers of two of nanoseconds),
/// some negative.
pub(super) fn age(draw: &mut Draw<'_, '_>) -> i64 {
    match draw.range(0, 9) {
        0..=3 => draw.range(1, 40),
        4 | 5 => draw.of(&[0, 1, 4, 5, 6, 9, 10, 11, 17, 18, 34, 35, 59, 60, 61, 68, 69, 137, 138]),
        6 => draw.of(&[274, 275, 549, 550, 599, 600, 601, 602, 1099, 1100, 2199, 4398, 8796]),
        7 => draw.range(0, 200_000),
        8 => draw.range(1, 4) * 60,
        _ => draw.of(&[-1, -5, -60, -100_000, 30_000_000]),
    }
}

/// A count of pods: nearly always small.
pub(super) fn count(draw: &mut Draw<'_, '_>) -> i64 {
    match draw.range(0, 39) {
        0..=32 => draw.range(0, 6),
        33..=36 => draw.range(7, 30),
        37 => draw.of(&[99, 100, 499, 500, 501, 1000]),
        38 => draw.of(&[46_340, 46_341, 50_000, 65_536, 2_000_000_000, 2_147_483_647]),
        _ => draw.of(&[-1, -3, -2_147_483_648]),
    }
}

/// A count that may be missing.
pub(super) fn some_count(draw: &mut Draw<'_, '_>, one_in: i64) -> Value {
    if draw.one_in(one_in) { Value::Null } else { count(draw).into() }
}

/// `spec.minReadySeconds`.
pub(super) fn min_ready_seconds(draw: &mut Draw<'_, '_>) -> i64 {
    if draw.range(0, 2) < 2 { 0 } else { draw.of(&[1, 5, 10, 10, 60, 600, 2_147_483_647, -1]) }
}

/// `maxSurge` or `maxUnavailable`.
pub(super) fn limit(draw: &mut Draw<'_, '_>) -> Value {
    match draw.range(0, 11) {
        0..=4 => draw.range(0, 4).into(),
        5..=7 => format!("{}%", draw.of(&[25, 0, 1, 10, 33, 50, 99, 100, 101, 150])).into(),
        8 => Value::Null,
        9 => draw.of(&[-1, 50_000, 2_147_483_647, -2_147_483_648_i64]).into(),
        10 => {
            draw.of(&["-25%", "+5%", "007%", "200%", "99999%", "9223372036854775807%", "3000000000%"]).into()
        }
        _ => draw
            .of(&["5", "a%", "%", "40%%", "30%0", "", " 5%", "5.5%", "9223372036854775808%", "0x1%"])
            .into(),
    }
}

/// A name that no API server takes, made of what quoting and formats trip over.
pub(super) fn odd_name(draw: &mut Draw<'_, '_>) -> String {
    const PARTS: [&str; 31] = [
        "we",
        "%",
        "%d",
        "%%",
        "%*d",
        "%.*s",
        "%[1]d",
        "%[x]d",
        "%[",
        "%123456789d",
        "%-+d",
        "%[1]5d",
        "%[x",
        "%5.2f",
        "%.",
        "%é",
        "%[2]*[1]d",
        "\"",
        "\\",
        "\x07",
        "\x08",
        "\x0c",
        "\r",
        "\t",
        "\x0b",
        "\x1b",
        "\x7f",
        "é",
        "世",
        "\u{200b}",
        "\u{e0001}",
    ];
    let mut name = "w".to_owned();
    for _ in 0..draw.range(1, 5) {
        name.push_str(draw.of(&PARTS));
    }
    name
}

/// A revision number as an annotation.
pub(super) fn revision(draw: &mut Draw<'_, '_>) -> String {
    match draw.range(0, 9) {
        0..=6 => draw.range(1, 5).to_string(),
        7 => draw.of(&["0", "-1", "+2", "007", "10", "12"]).into(),
        8 => draw.of(&["", "x", "1_0", " 1", "9223372036854775808", "1.0", "0x2", "v3"]).into(),
        _ if draw.one_in(8) => format!("{}3", "0".repeat(2_000)),
        _ => draw.of(&["9223372036854775807", "-9223372036854775808", "2147483648"]).into(),
    }
}

/// `desired-replicas` or `max-replicas`, mostly near `truth`.
pub(super) fn remembered(draw: &mut Draw<'_, '_>, truth: i64) -> String {
    match draw.range(0, 9) {
        0..=4 => truth.to_string(),
        5 | 6 => count(draw).to_string(),
        7 => (truth + draw.range(-2, 2)).to_string(),
        8 => draw.of(&["0", "", "x", "-1", "-5", " 3", "3 ", "1e1", "2147483647", "2147483648"]).into(),
        _ => format!("{}{truth}", draw.of(&["+", "0", "00", "-"])),
    }
}

/// Annotations that nobody reads, and some that stay with their object.
pub(super) fn other_annotations(draw: &mut Draw<'_, '_>, into: &mut Map<String, Value>) {
    for (key, values) in [
        ("kubernetes.io/change-cause", &["one", "two"] as &[&str]),
        ("example.com/a", &["", "b"]),
        ("kubectl.kubernetes.io/last-applied-configuration", &["{}", "x"]),
        ("deployment.kubernetes.io/revision-history", &["1", "3,,4", ",3"]),
    ] {
        if draw.one_in(6) {
            into.insert(key.into(), (*draw.of(values)).into());
        }
    }
    if draw.one_in(60) {
        // Near the limit of 2000 characters.
        let long = "1234567,".repeat(draw.range(249, 250) as usize);
        // Of many entries, or of one.
        let long = if draw.one_in(3) { long.replace(',', "0") } else { long };
        let text = format!("{long}{}", draw.of(&["1", "12345", "12345678"]));
        into.insert("deployment.kubernetes.io/revision-history".into(), text.into());
    }
}

/// Labels of a pod or ReplicaSet; three of four match the usual selector.
pub(super) fn labels(draw: &mut Draw<'_, '_>) -> Map<String, Value> {
    let mut labels = Map::new();
    match draw.range(0, 15) {
        0..=11 => labels.insert("app".into(), "web".into()),
        12 | 13 => labels.insert("app".into(), draw.of(&["db", ""]).into()),
        14 => labels.insert("tier".into(), "front".into()),
        _ => None,
    };
    if draw.one_in(6) {
        labels.insert("tier".into(), draw.of(&["front", "back", ""]).into());
    }
    labels
}

/// A label selector.
pub(super) fn selector(draw: &mut Draw<'_, '_>) -> Value {
    let expression = |key: &str, operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
    match draw.range(0, 29) {
        0..=20 => json!({"matchLabels": {"app": "web"}}),
        21 => expression("app", draw.of(&["In", "NotIn"]), &["web", "db"]),
        22 => expression(draw.of(&["app", "tier"]), draw.of(&["Exists", "DoesNotExist"]), &[]),
        23 => json!({"matchLabels": {"app": "web"},
            "matchExpressions": [{"key": "tier", "operator": draw.of(&["NotIn", "In"]), "values": ["back"]}]}),
        24 => json!({}),
        25 => draw.of(&[json!({"matchLabels": {}}), json!({"matchExpressions": []})]),
        26 => Value::Null,
        // What cannot be read as a selector.
        27 => expression("app", draw.of(&["Near", "In", ""]), &[]),
        28 => expression(draw.of(&["a b", "", "/x", "app"]), draw.of(&["Exists", "In"]), &["-x"]),
        // Too long by one.
        _ if draw.one_in(3) => {
            let (label, prefix) = ("a".repeat(64), format!("{}aa/a", "a.".repeat(126)));
            let (key, value) = draw.of(&[("app", &*label), (&label, "web"), (&prefix, "web")]);
            json!({"matchLabels": {key: value}})
        }
        _ => json!({"matchLabels": {draw.of(&["app", "-a", "x/y/z"]): draw.of(&["-web", "a b", "web!"])}}),
    }
}

/// Templates of which some are equal although they are written otherwise, and some differ in what looks like nothing.
const TEMPLATES: usize = 16;

/// The number of a template: nearly always one of the first few.
pub(super) fn template_number(draw: &mut Draw<'_, '_>) -> usize {
    match draw.range(0, 7) {
        0..=3 => draw.below(3),
        4 | 5 => 3 + draw.below(3),
        _ => draw.below(TEMPLATES),
    }
}

/// The number of a template in the form in which an API server gives it back, as the hash of a new ReplicaSet is
/// computed from: without empty lists and maps, quantities in their shortest form.
pub(super) fn stored_template_number(draw: &mut Draw<'_, '_>) -> usize {
    match template_number(draw) {
        7 => 6,
        11 => 0,
        number => number,
    }
}

/// That template, without the hash label.
pub(super) fn template(number: usize) -> Value {
    let pod = |spec: Value| {
        let mut container = json!({"name": "web", "image": "web:1"});
        let mut pod = json!({"metadata": {"labels": {"app": "web"}}, "spec": {}});
        for (key, value) in spec.as_object().into_iter().flatten() {
            match key.strip_prefix("pod.") {
                Some(field) => pod["spec"][field] = value.clone(),
                None => container[key] = value.clone(),
            }
        }
        pod["spec"]["containers"] = json!([container]);
        pod
    };
    match number % TEMPLATES {
        n @ 0..=5 => pod(json!({"image": format!("web:{n}")})),
        6 => pod(json!({"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}})),
        7 => pod(json!({"resources": {"requests": {"cpu": "1000m", "memory": "1024Mi"}}})),
        8 => pod(json!({"resources": {"requests": {"cpu": "1001m", "memory": "1Gi"}}})),
        9 => pod(json!({"pod.securityContext": {}})),
        10 => pod(json!({"pod.terminationGracePeriodSeconds": 0})),
        11 => pod(json!({"args": [], "env": null, "pod.nodeSelector": {}})),
        12 => pod(json!({"pod.initContainers": [{"name": "side", "image": "x", "restartPolicy": "Always"}]})),
        13 => {
            let mut template = pod(json!({}));
            template["metadata"]["annotations"] =
                json!({"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"});
            template
        }
        14 => {
            let mut template = pod(json!({}));
            template["metadata"]["labels"]["tier"] = "front".into();
            template
        }
        _ => json!({}),
    }
}

/// A name of a ReplicaSet's owner, uid and kind; mostly the Deployment of the case.
pub(super) fn owners(draw: &mut Draw<'_, '_>, kind: &str, name: &str, uid: &str) -> Value {
    let reference = |kind: &str, name: &str, uid: &str, controller: Value| {
        json!({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": controller,
            "blockOwnerDeletion": true})
    };
    let ours = reference(kind, name, uid, true.into());
    match draw.range(0, 19) {
        0..=12 => json!([ours]),
        13 | 14 => Value::Null,
        15 => json!([reference(kind, "other", "x-1", true.into())]),
        16 => json!([reference(kind, name, uid, draw.of(&[json!(false), Value::Null]))]),
        // Right uid, wrong kind or name; and an earlier owner of the same name.
        17 => json!([reference("DaemonSet", name, uid, true.into())]),
        18 => json!([reference(kind, draw.of(&["other", name]), draw.of(&[uid, "old-1"]), true.into())]),
        _ => json!([
            reference(kind, "first", "x-2", false.into()),
            ours,
            reference(kind, "third", "x-3", true.into())
        ]),
    }
}

/// Conditions of a Deployment.
pub(super) fn deployment_conditions(draw: &mut Draw<'_, '_>, now: Now) -> Vec<Value> {
    const PROGRESSING: [&str; 9] = [
        "NewReplicaSetAvailable",
        "ReplicaSetUpdated",
        "NewReplicaSetCreated",
        "FoundNewReplicaSet",
        "ProgressDeadlineExceeded",
        "DeploymentPaused",
        "DeploymentResumed",
        "ReplicaSetCreateError",
        "",
    ];
    let mut conditions = Vec::new();
    for _ in 0..draw.range(0, 3) {
        let (type_, reasons): (&str, &[&str]) = match draw.range(0, 6) {
            0..=2 => ("Progressing", &PROGRESSING),
            3 | 4 => ("Available", &["MinimumReplicasAvailable", "MinimumReplicasUnavailable", "x"]),
            5 => ("ReplicaFailure", &["FailedCreate", "FailedDelete", ""]),
            _ => ("Other", &["x"]),
        };
        conditions.push(condition(draw, now, type_, reasons));
    }
    conditions
}

/// Conditions of a ReplicaSet.
pub(super) fn replica_set_conditions(draw: &mut Draw<'_, '_>, now: Now) -> Vec<Value> {
    let mut conditions = Vec::new();
    for _ in 0..draw.of(&[0, 0, 0, 0, 1, 2]) {
        let type_ = draw.of(&["ReplicaFailure", "ReplicaFailure", "ReplicaFailure", "Other"]);
        let mut condition = condition(draw, now, type_, &["FailedCreate", "FailedDelete", ""]);
        if let Some(fields) = condition.as_object_mut() {
            fields.remove("lastUpdateTime");
        }
        conditions.push(condition);
    }
    conditions
}

fn condition(draw: &mut Draw<'_, '_>, now: Now, type_: &str, reasons: &[&str]) -> Value {
    let mut time = |one_in| if draw.one_in(one_in) { Value::Null } else { now.ago(age(draw)).into() };
    let (updated, changed) = (time(12), time(12));
    json!({
        "type": type_,
        "status": draw.of(&["True", "False", "Unknown", "True", "False", ""]),
        "reason": draw.of(reasons),
        "message": draw.of(&["", "said before", "Deployment has minimum availability.", "pods is forbidden: exceeded quota"]),
        "lastUpdateTime": updated,
        "lastTransitionTime": changed,
    })
}
