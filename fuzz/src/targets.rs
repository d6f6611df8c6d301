//! What each fuzz target does with its bytes. A target panics when a property does not hold.

use maxsurge_core::api::manifest::{self, Object, ReadOptions};
use maxsurge_core::scenario::Scenario;

use crate::generators::Plane;
use crate::generators::sync_state::Subject;
use crate::rollout::{Judgement, judge};
use crate::states::broken_state;
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
    if let Some(broken) = broken_state(subject, data, false) {
        panic!("{}: {}\n{}", broken.property.code(), broken.what, broken.case);
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
    if let Some(file) = input_of(data).and_then(|input| told::file(&input, Judgement::default()).ok()) {
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
    if let Err(broken) = judge(&input, Judgement::once(false)) {
        panic!("{}\n{input:#?}", story::tell(&input, &broken, Judgement::once(false)));
    }
}
