//! A counterexample, told like any other finding.

use std::fmt::Write as _;

use maxsurge_core::oracle::Violation;

use super::actions::{Action, Edit, Pass};
use super::judge::{self, Truth};
use super::model::{SmallWorld, image_of};
use super::state::State;
use crate::story;

fn pass(pass: Pass) -> String {
    match pass {
        Pass::Deployment => "the Deployment controller".into(),
        Pass::Set(set, _) => format!("the ReplicaSet controller on {}", image_of(set.into())),
    }
}

fn words(action: Action) -> String {
    match action {
        Action::Deliver(kind) => format!("the caches learn of the next {kind:?}"),
        Action::Pass(which) => format!("a pass of {}", pass(which)),
        Action::PodGoesOn(_) => "a pod gets ready, or has stopped".into(),
        Action::Edit(Edit::Template(n)) => format!("the user sets the image {}", image_of(n.into())),
        Action::Edit(Edit::Size(n)) => format!("the user sets {n} replicas"),
        Action::Edit(Edit::Pause(true)) => "the user pauses the rollout".into(),
        Action::Edit(Edit::Pause(false)) => "the user resumes the rollout".into(),
        Action::PodFails(_) => "a pod is no longer ready".into(),
        Action::PodEvicted(_) => "somebody deletes a pod".into(),
        Action::Restart => "kube-controller-manager is started anew".into(),
        Action::DiesIn(which, n) => {
            format!("kube-controller-manager dies after {n} writes of {}", pass(which))
        }
        Action::Refused(which, n, took_effect) => {
            let how = if took_effect { "takes effect, but its answer is lost" } else { "fails" };
            format!("request {} of {} {how}", n + 1, pass(which))
        }
    }
}

/// The whole story: no scenario file, since no file can say in which order watch events come.
pub(super) fn story(world: &SmallWorld, violation: &Violation, steps: &[(State, Option<Action>)]) -> String {
    let mut text = String::new();
    let _ =
        writeln!(text, "{} broken after {} steps: {violation}", violation.property.code(), steps.len() - 1);
    let _ = writeln!(text, "{:?}", world.bounds);
    let _ = writeln!(
        text,
        "       step  what happened\n            ReplicaSets: size/ready/available-terminating"
    );
    let tables = world.tables();
    let mut cause = "the beginning".to_owned();
    for (n, (state, action)) in steps.iter().enumerate() {
        let (cluster, _) = judge::world(&Truth::of(state, &world.bounds), &tables.objects);
        let under_way = [
            ("Deployment", state.deployment_events.len()),
            ("ReplicaSet", state.set_events.len()),
            ("Pod", state.pod_events.len()),
        ];
        let late: Vec<String> =
            under_way.iter().filter(|(_, n)| *n > 0).map(|(kind, n)| format!("{n} {kind}")).collect();
        let late = if late.is_empty() { String::new() } else { format!(" · not seen: {}", late.join(", ")) };
        let _ = writeln!(text, "{n:>10}  {cause}\n{}{late}", story::table(&cluster));
        cause = action.map_or_else(String::new, words);
    }
    text
}
