//! Start-up times as they were in a real cluster: from what `kubectl get pods -o json` shows.

use std::collections::BTreeMap;

use maxsurge_core::api::{LabelSelector, Pod};
use maxsurge_core::sim::{Distribution, SECOND};

use crate::format::duration;

/// Start-up times measured on pods.
#[derive(Clone, PartialEq, Debug)]
pub struct Measured {
    /// Each as likely as it was seen.
    pub distribution: Distribution,
    /// How many pods it rests on, their median and 95th percentile, and which were left out and why.
    pub summary: String,
}

/// Why a pod says nothing about how long a start takes; `Ok` = from the kubelet's first sight of it (or its creation, where that
/// is not recorded) to its Ready condition, s.
fn startup_s(pod: &Pod, selector: &LabelSelector) -> Result<i64, &'static str> {
    if !selector.matches(&pod.meta.labels) {
        return Err("of other workloads");
    }
    if pod.status.phase.is_finished() || pod.meta.is_deleting() {
        return Err("finished or terminating");
    }
    // After a restart the condition tells of the last start, which needed no image and no scheduling.
    if pod.status.container_statuses.iter().any(|status| status.restart_count > 0) {
        return Err("restarted");
    }
    let Some(ready) = pod.ready_condition() else { return Err("not ready") };
    let begin = pod.status.start_time.or(pod.meta.creation_timestamp);
    match (begin, ready.last_transition_time) {
        (Some(begin), Some(ready)) if ready >= begin => Ok(ready.since(begin) / SECOND),
        _ => Err("without times"),
    }
}

/// The start-up times of the pods that `selector` means.
///
/// # Errors
/// No pod among them tells anything; the message says why.
pub fn measured(pods: &[Pod], selector: &LabelSelector) -> Result<Measured, String> {
    let (mut times, mut skipped) = (Vec::new(), BTreeMap::<&str, u32>::new());
    for pod in pods {
        match startup_s(pod, selector) {
            Ok(s) => times.push(s),
            Err(why) => *skipped.entry(why).or_default() += 1,
        }
    }
    let reasons: Vec<String> = skipped.iter().map(|(why, n)| format!("{n} {why}")).collect();
    let left_out =
        if reasons.is_empty() { String::new() } else { format!("; left out: {}", reasons.join(", ")) };
    if times.is_empty() {
        return Err(match pods.len() {
            0 => "there is no pod in it; `kubectl get pods -l app=NAME -o json` gives what is needed".into(),
            n => format!("none of its {n} pods tells how long a start takes{left_out}"),
        });
    }
    times.sort_unstable();
    let at = |percent: usize| duration(times[(times.len() * percent).div_ceil(100) - 1] as f64);
    let summary = format!(
        "{} {}, p50 {}, p95 {}{left_out}",
        times.len(),
        if times.len() == 1 { "pod" } else { "pods" },
        at(50),
        at(95)
    );
    let ns = times.iter().map(|s| s * SECOND).collect();
    Ok(Measured { distribution: Distribution::Empirical(ns), summary })
}

#[cfg(test)]
mod tests {
    use maxsurge_core::api::{LabelSelector, Pod};
    use maxsurge_core::sim::{Distribution, SECOND};
    use serde_json::{Value, json};

    use super::measured;

    fn pod(app: &str, status: Value) -> Pod {
        let object = json!({"metadata": {"name": "p", "labels": {"app": app}, "creationTimestamp": "2026-11-23T10:00:00Z"}, "status": status});
        Pod::from_value(&object).unwrap()
    }

    fn ready(start: Option<&str>, at: &str, restarts: i32) -> Value {
        let mut status = json!({
            "phase": "Running", "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at}],
            "containerStatuses": [{"name": "app", "ready": true, "restartCount": restarts}],
        });
        if let Some(start) = start {
            status["startTime"] = start.into();
        }
        status
    }

    fn selector() -> LabelSelector {
        LabelSelector::from_value(&json!({"matchLabels": {"app": "web"}})).unwrap()
    }

    #[test]
    fn startups_are_measured() {
        let pods = [
            pod("web", ready(Some("2026-11-23T10:00:01Z"), "2026-11-23T10:00:31Z", 0)),
            pod("web", ready(None, "2026-11-23T10:00:08Z", 0)),
            pod("web", ready(Some("2026-11-23T10:00:01Z"), "2026-11-23T11:00:01Z", 3)),
            pod("web", json!({"phase": "Pending"})),
            pod("web", json!({"phase": "Succeeded"})),
            pod("db", ready(None, "2026-11-23T10:09:00Z", 0)),
            pod("web", json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]})),
        ];
        let found = measured(&pods, &selector()).unwrap();
        assert_eq!(found.distribution, Distribution::Empirical(vec![8 * SECOND, 30 * SECOND]));
        assert_eq!(
            found.summary,
            "2 pods, p50 8 s, p95 30 s; left out: 1 finished or terminating, 1 not ready, 1 of other workloads, 1 restarted, 1 without times"
        );
    }

    #[test]
    fn nothing_to_measure() {
        let check = |pods: &[Pod], expected: &str| {
            let why = measured(pods, &selector()).unwrap_err();
            assert!(why.contains(expected), "{why}");
        };
        check(&[], "no pod in it");
        check(
            &[pod("web", json!({"phase": "Pending"}))],
            "none of its 1 pods tells how long a start takes; left out: 1 not ready",
        );
        check(&[pod("db", ready(None, "2026-11-23T10:09:00Z", 0))], "1 of other workloads");
    }
}
