//! Small comparisons whose outcome can be worked out by hand.

use maxsurge_core::api::Deployment;
use maxsurge_core::sim::Distribution;

use super::{Choices, candidates, parse, run, setting};
use crate::model::SituationId;

fn deployment(replicas: i32) -> Deployment {
    Deployment::from_value(&serde_json::json!({
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "progressDeadlineSeconds": 60,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "app:v1"}]},
            },
        },
    }))
    .expect("a Deployment")
}

fn choices() -> Choices {
    let startup = Distribution::parse("10s").expect("a duration");
    let stop = Distribution::parse("2s").expect("a duration");
    Choices {
        ideal: true,
        startup: Some((startup, "10s".into())),
        stop: Some((stop, "2s".into())),
        ..Choices::default()
    }
}

fn outcome(strategy: &str, situation: SituationId) -> super::Run {
    let setting = setting(&deployment(4), &Choices { to_image: Some("app:v2".into()), ..choices() })
        .expect("a setting");
    run(&setting, &parse(strategy).expect("a strategy"), situation, 0).expect("a run")
}

#[test]
fn a_working_image() {
    // 1/0: one pod at a time, ten seconds each.
    let run = outcome("1/0", SituationId::GoodImage);
    assert_eq!((run.complete_s, run.min_available, run.peak_pods), (Some(40.0), 4, 6));
    assert_eq!(run.deficit_pod_seconds, 0.0);
    // Recreate: two seconds to stop, ten to start, nothing available meanwhile.
    let run = outcome("Recreate", SituationId::GoodImage);
    assert_eq!((run.complete_s, run.min_available, run.peak_pods), (Some(12.0), 0, 4));
    assert_eq!(run.deficit_pod_seconds, 48.0);
}

#[test]
fn a_bad_image_is_undone_after_the_deadline() {
    let run = outcome("1/0", SituationId::BadImage);
    assert_eq!((run.complete_s, run.capacity_left), (None, Some(4)));
    assert_eq!(run.deadline_s, Some(61.0));
    assert!(run.recovery_s.is_some_and(|s| s < 5.0), "{run:?}");
    let run = outcome("Recreate", SituationId::BadImage);
    assert_eq!(run.capacity_left, Some(0));
    assert!(run.recovery_s.is_some_and(|s| (10.0..20.0).contains(&s)), "{run:?}");
}

#[test]
fn equal_limits_are_merged_and_rounding_is_told() {
    let list = candidates(&deployment(3), "1/0,25%/25%,Recreate").expect("candidates");
    let names: Vec<_> = list.iter().map(|c| c.labels.join(" = ")).collect();
    assert_eq!(names, ["25%/25% = 1/0", "Recreate"]);
    assert_eq!(
        list[0].resolved.rounding,
        "25 % of 3 → +1 (0.75 rounded up) / 25 % of 3 → −0 (0.75 rounded down)"
    );
}

#[test]
fn strategies_that_the_api_server_refuses() {
    for text in ["", "x", "1", "0/0", "0%/0", "-1/0", "1/101%", "12.5%/0", "1/x"] {
        assert!(parse(text).is_err(), "{text}");
    }
}
