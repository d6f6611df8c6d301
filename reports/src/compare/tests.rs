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

fn on_nodes(strategy: &str, situation: SituationId, nodes: Option<u32>) -> super::Run {
    let choices = Choices { to_image: Some("app:v2".into()), nodes, ..choices() };
    let setting = setting(&deployment(4), &choices).expect("a setting");
    run(&setting, &parse(strategy).expect("a strategy"), situation, 0).expect("a run")
}

#[test]
fn without_spare_room_only_unavailability_helps() {
    for nodes in [None, Some(1), Some(3), Some(40)] {
        let run = on_nodes("1/0", SituationId::NoSpareNode, nodes);
        // The surge pod waits for ever; nothing else happens.
        assert_eq!((run.complete_s, run.min_available, run.peak_pods), (None, 4, 5), "{nodes:?}");
        let why = run.why_not.expect("it does not finish");
        assert_eq!(why, "ProgressDeadlineExceeded: new pods stay Pending, no node has room for them");
        // One pod after the other: two seconds to stop, ten to start.
        let run = on_nodes("0/1", SituationId::NoSpareNode, nodes);
        assert_eq!((run.complete_s, run.min_available, run.peak_pods), (Some(48.0), 3, 5), "{nodes:?}");
        let run = on_nodes("Recreate", SituationId::NoSpareNode, nodes);
        assert_eq!((run.complete_s, run.min_available), (Some(12.0), 0), "{nodes:?}");
    }
}

#[test]
fn a_lost_node_takes_its_pods_and_time() {
    // Five nodes, one pod more than replicas at most: the lost node has one.
    let run = on_nodes("1/0", SituationId::NodeLoss, None);
    let lost_s = run.node_lost_s.expect("a node is lost");
    // A new pod had just come to that node, and an old one was about to leave it. The new one is given up after
    // 50 + 300 s; its replacement takes ten, and then two more pods are to be replaced, ten seconds each.
    assert_eq!((lost_s, run.complete_s), (10.0, Some(10.0 + 350.0 + 30.0)), "{run:?}");
    assert_eq!((run.min_available, run.deficit_pod_seconds, run.deadline_s), (4, 0.0, Some(71.0)));
    // Two nodes: the fuller one has half of the pods.
    let run = on_nodes("0/1", SituationId::NodeLoss, Some(2));
    assert!(run.min_available <= 2, "{run:?}");
    assert!(run.complete_s.is_some_and(|s| s > 360.0), "{run:?}");
}

#[test]
fn nodes_that_cannot_take_the_replicas_are_refused() {
    let capacity = maxsurge_core::scenario::node_capacity("pods=3").expect("a capacity");
    let choices = Choices { nodes: Some(1), node_capacity: Some((capacity, "pods=3".into())), ..choices() };
    let error = setting(&deployment(4), &choices).expect_err("too small");
    assert!(error.contains("take 3 pods, and there are 4 replicas"), "{error}");
    let choices = Choices { nodes: Some(2), ..choices };
    let setting = setting(&deployment(4), &choices).expect("room for six");
    assert_eq!(setting.config.nodes.len(), 2);
}
