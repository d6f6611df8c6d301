//! What each fuzz target does with its bytes. A target panics when a property does not hold.

use arbitrary::Unstructured;
use maxsurge_core::api::manifest::{self, Object, ReadOptions};
use maxsurge_core::conformance;
use maxsurge_core::scenario::Scenario;
use serde_json::Value;

use crate::generators::Plane;
use crate::generators::sync_state::{Subject, sync_case};
use crate::rollout::{Judgement, judge};
use crate::{agreement, autoscaler, input_of, rollout_bytes, scenario as told, story};

/// Pods that `naive_vs_fast` adds, so that orders of deletion and counters have something to get wrong.
const MORE_PODS: i32 = 20;
/// Longest time that reading one input may take, s. Inputs of the fuzzer are a few KiB.
const READ_S_MAX: u64 = 5;

/// A target: its name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets; `conformance` does nothing where the real controllers are not built.
pub const ALL: [Target; 8] = [
    ("rollout", rollout_bytes),
    ("deployment_sync", deployment_sync),
    ("replicaset_sync", replicaset_sync),
    ("autoscaler", autoscaler::autoscaler),
    ("manifest", manifest),
    ("scenario", scenario),
    ("naive_vs_fast", naive_vs_fast),
    ("conformance", agreement::conformance),
];

/// One pass of the Deployment controller over a hostile state.
pub fn deployment_sync(data: &[u8]) {
    sync(Subject::Deployment, data);
}

/// One pass of the ReplicaSet controller over a hostile state.
pub fn replicaset_sync(data: &[u8]) {
    sync(Subject::ReplicaSet, data);
}

/// P-PANIC, D-DET and, as far as no 32 bits overflow, S-RANGE.
fn sync(subject: Subject, data: &[u8]) {
    let case = sync_case("fuzz", subject, &mut Unstructured::new(data));
    let line = case.to_string();
    let verdict = conformance::sync(&line);
    assert_eq!(verdict, conformance::sync(&line), "D-DET: the same state twice\n{line}");
    let value: Value = serde_json::from_str(&verdict).expect("a verdict is JSON");
    let writes = value.get("writes").and_then(Value::as_array).into_iter().flatten();
    for write in writes.filter(|write| write["resource"] == "replicasets" && write["subresource"].is_null()) {
        let size = write.pointer("/object/spec/replicas").and_then(Value::as_i64).unwrap_or(0);
        // Products of 32 bits wrap around in the real controllers, too.
        assert!(size >= 0 || is_wide(&case), "S-RANGE: writes the size {size}\n{line}");
    }
}

/// Whether a number of the state is negative, or so large that a product of two leaves 32 bits.
fn is_wide(value: &Value) -> bool {
    match value {
        Value::Number(n) => n.as_i64().is_none_or(|n| !(0..=46_340).contains(&n)),
        // Sizes are remembered in annotations, and percentages are texts.
        Value::String(text) => {
            let digits = text.trim_end_matches('%').trim_start_matches(['-', '+']);
            text.starts_with('-') || digits.parse::<u64>().is_ok_and(|n| n > 46_340)
        }
        Value::Array(items) => items.iter().any(is_wide),
        Value::Object(fields) => fields.values().any(is_wide),
        _ => false,
    }
}

/// Bytes as a manifest: no panic, nothing slow, and what was read well reads the same again.
pub fn manifest(data: &[u8]) {
    let start = std::time::Instant::now();
    let options = ReadOptions::default();
    let read = manifest::read("input", data, &options);
    let _ = manifest::render(&read.diagnostics, std::slice::from_ref(&read.text), false);
    let _ = manifest::kubectl_text(&read.diagnostics);
    if !read.has_errors() {
        for object in &read.objects {
            let value = match &object.object {
                Object::Deployment(d) => d.to_value(),
                Object::ReplicaSet(rs) => rs.to_value(),
                _ => continue,
            };
            let again = manifest::read("again", value.to_string().as_bytes(), &options);
            let same = !again.has_errors()
                && match (again.objects.first().map(|again| &again.object), &object.object) {
                    (Some(Object::Deployment(again)), Object::Deployment(d)) => again == d,
                    (Some(Object::ReplicaSet(again)), Object::ReplicaSet(rs)) => again == rs,
                    _ => false,
                };
            assert!(same, "does not read the same again: {value}\n{:?}", again.diagnostics);
        }
    }
    assert!(start.elapsed().as_secs() < READ_S_MAX, "reading took {:?}", start.elapsed());
}

/// Bytes as a scenario file: no panic. And the story of a random rollout is a scenario file that can be read.
pub fn scenario(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Scenario::parse(text, &mut |path| Err(path.to_owned()));
    }
    if let Some(file) = input_of(data).and_then(|input| told::file(&input).ok()) {
        let read = Scenario::parse(&file, &mut |path| Err(path.to_owned()));
        read.unwrap_or_else(|errors| panic!("{errors:?}\n{file}"));
    }
}

/// The counters and the order of deletion that the world keeps up to date, against a recount: a larger world with nodes.
pub fn naive_vs_fast(data: &[u8]) {
    let Some(mut input) = input_of(data) else { return };
    input.world.plane = Plane::Ideal;
    input.world.nodes = 3;
    input.world.replicas += MORE_PODS;
    input.events.truncate(16);
    if let Err(broken) = judge(&input, Judgement { is_strict: false, twice: false }) {
        panic!("{}\n{input:#?}", story::tell(&input, &broken, false));
    }
}
