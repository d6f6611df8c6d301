//! What must never be in an output, and inputs that must not break one.

use std::collections::BTreeSet;

use maxsurge_reports::export::{Choice, files, json, table};
use maxsurge_reports::html;
use maxsurge_reports::model::*;
use maxsurge_reports::plot::{figures, png, scene::Colours};

use crate::comparison;

fn keys(value: &serde_json::Value, into: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                into.insert(key.clone());
                keys(value, into);
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| keys(value, into)),
        _ => {}
    }
}

/// The format has no field that could hold a part of a pod template. Whoever adds a field has to add it here and think.
#[test]
fn no_place_for_secrets() {
    const KNOWN: &str = "apiRequestsP50 assumptions availability badImage capacityLeftPods checks completedRuns deadlineExceededAfterS \
        deficitPodSeconds deployment durationS finished gate horizonS id isManifestOwn kubectl label markers maxSurgePods maxUnavailablePods \
        mergedLabels minAvailablePods name namespace newNotReady newReady notes old origin p5 p50 p95 passed patch peakPods pods preset \
        promisedFloorPods rankingNote reason recommended recoveredByUndo recoveryS replicas reproduce resolved rounding runs schema seed seeds \
        situations source strategies strategyLabel terminating timeS timesS title toolVersion totalRuns value verdict warnings whyNot yaml";
    let mut found = BTreeSet::new();
    keys(&serde_json::from_str(&json::results(comparison())).unwrap(), &mut found);
    let known: BTreeSet<String> = KNOWN.split_whitespace().map(str::to_owned).collect();
    assert_eq!(found.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(known.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new());
    for word in ["env", "args", "command", "annotations", "template", "spec"] {
        assert!(!found.contains(word), "{word}");
    }
}

#[test]
fn page_fetches_nothing() {
    let page = html::page(comparison());
    for part in page.split('<').filter(|part| !part.starts_with("svg")) {
        let tag = part.split('>').next().unwrap_or_default();
        assert!(
            !["link", "img", "iframe", "script src", "object", "@import"]
                .iter()
                .any(|bad| tag.starts_with(bad)),
            "{tag}"
        );
        assert!(!tag.contains("http://") && !tag.contains("https://") && !tag.contains("url("), "{tag}");
    }
}

#[test]
fn names_cannot_break_out() {
    let mut comparison = comparison().clone();
    let nasty = "<script>alert('x')</script> \"&\u{1} ]]> `|`";
    comparison.title = nasty.to_owned();
    comparison.deployment = nasty.to_owned();
    comparison.verdict = nasty.to_owned();
    for situation in &mut comparison.situations {
        situation.title = nasty.to_owned();
        situation.strategies[0].label = nasty.to_owned();
        situation.strategies[0].finished.why_not.push(WhyNot { reason: nasty.to_owned(), runs: 1 });
        situation.strategies[1].markers.push(Marker { time_s: 1.0, label: nasty.to_owned() });
    }
    let page = html::page(&comparison);
    assert!(!page.contains("<script>alert"));
    for figure in figures(&comparison, &comparison.situations[0]) {
        let svg = figure.file.svg(Colours::Adaptive);
        assert!(!svg.contains("<script"));
        png::rasterise(&svg, 0.2).expect("well-formed");
    }
}

fn emptied(strategy: &mut StrategyResult) {
    strategy.availability = Band::default();
    strategy.pods = PodsOverTime::default();
    strategy.duration_s = None;
    strategy.bad_image = None;
    strategy.finished.completed_runs = 0;
}

#[test]
fn odd_results_still_give_a_report() {
    let mut none = comparison().clone();
    none.situations.clear();
    none.patch = None;
    none.assumptions.clear();

    let mut without_strategies = comparison().clone();
    without_strategies.situations.iter_mut().for_each(|s| s.strategies.clear());

    let mut empty = comparison().clone();
    empty.situations.iter_mut().flat_map(|s| &mut s.strategies).for_each(emptied);

    let mut zero = comparison().clone();
    zero.replicas = 0;
    zero.seeds = 1;
    zero.horizon_s = 0.0;
    zero.situations.iter_mut().flat_map(|s| &mut s.strategies).for_each(|s| {
        emptied(s);
        s.deficit_pod_seconds = HighSide { p50: 0.0, p95: f64::NAN };
        s.peak_pods = 0;
        s.duration_s = Some(HighSide { p50: 0.0, p95: f64::INFINITY });
    });

    let mut huge = comparison().clone();
    huge.replicas = u32::MAX;
    huge.situations.iter_mut().flat_map(|s| &mut s.strategies).for_each(|s| {
        s.peak_pods = u32::MAX;
        s.deficit_pod_seconds = HighSide { p50: 1e18, p95: 1e19 };
        s.pods.terminating.iter_mut().for_each(|pods| *pods = u32::MAX / 4);
    });

    for comparison in [none, without_strategies, empty, zero, huge] {
        assert!(!files(&comparison, Choice::default()).unwrap().is_empty());
        assert!(!html::page(&comparison).contains("NaN"));
        assert!(!table::summary(&comparison, table::Style { colour: true }).is_empty());
    }
}
