//! A second computation of every pass, slow and step by step as the specification tells it. It is led by the answers
//! that the pass got: at each request it says what it would ask for, and the pass must have asked for just that.
//!
//! Written apart from the controllers and sharing nothing with them but the objects; where the two differ, one is wrong.

mod deployment;
mod replica_set;
mod rollout;
mod status;

pub(super) use replica_set::worth;

use super::Property;
use crate::api::{Str, StringMap, Time};
use crate::cluster::pods::{PodId, PodState};
use crate::cluster::{Again, Answer, PassRecord, Request, Seen, Sent};

/// Why the computation ended before its end.
enum Stop {
    /// The pass ends with an error.
    Failed,
    /// The pass asked for something else.
    Differs(Property, String),
    /// It would ask for this now.
    Wanted(Property, String),
}

type Step<T> = Result<T, Stop>;

/// The requests of a pass and their answers, played back; or nothing, to learn what would be asked for first.
struct Tape<'a> {
    sent: Option<&'a [Sent]>,
    at: usize,
}

impl<'a> Tape<'a> {
    /// The next request, which must be of the kind that `fits` accepts; `wanted` is for the report.
    fn next(
        &mut self,
        property: Property,
        wanted: impl Fn() -> String,
        fits: impl Fn(&Request) -> bool,
    ) -> Step<&'a Answer> {
        let Some(sent) = self.sent else { return Err(Stop::Wanted(property, wanted())) };
        match sent.get(self.at) {
            Some(next) if fits(&next.request) => {
                self.at += 1;
                Ok(&next.answer)
            }
            Some(next) => Err(Stop::Differs(
                property.or_of(&next.request),
                format!("asked for {}, expected {}", brief(&next.request), wanted()),
            )),
            None => Err(Stop::Differs(property, format!("asked for nothing more, expected {}", wanted()))),
        }
    }

    /// The request after that many others of a tape that is played back, if there is one.
    fn peek(&self, after: usize) -> Option<&'a Request> {
        Some(&self.sent?.get(self.at + after)?.request)
    }

    /// The pod whose deletion was the last request.
    fn last_deleted(&self) -> Option<PodId> {
        match &self.sent?.get(self.at.checked_sub(1)?)?.request {
            Request::DeletePod(pod, _) => Some(*pod),
            _ => None,
        }
    }

    /// The same for a write: an answer other than success is given on as an error of the pass.
    fn write(
        &mut self,
        property: Property,
        wanted: impl Fn() -> String,
        fits: impl Fn(&Request) -> bool,
    ) -> Step<&'a Answer> {
        let answer = self.next(property, wanted, fits)?;
        if answer.is_ok() { Ok(answer) } else { Err(Stop::Failed) }
    }
}

impl Property {
    /// What an unexpected request violates: that which such a request is about, if it is more telling.
    fn or_of(self, request: &Request) -> Property {
        match request {
            Request::AdoptSet(..)
            | Request::ReleaseSet(..)
            | Request::AdoptPod(..)
            | Request::ReleasePod(..) => Property::SOwn,
            Request::DeleteSet(_) => Property::SHist,
            _ => self,
        }
    }
}

/// A request in a few words.
pub(super) fn brief(request: &Request) -> String {
    match request {
        Request::GetDeployment => "a live read of the Deployment".into(),
        Request::AdoptSet(rs, _) => format!("adopting {}", rs.meta.name),
        Request::ReleaseSet(rs, _) => format!("releasing {}", rs.meta.name),
        Request::CreateSet(rs) => format!("creating {} at {}", rs.meta.name, rs.spec.replicas),
        Request::UpdateSet(rs) => {
            format!("writing {} at {}, {}", rs.meta.name, rs.spec.replicas, notes(&rs.meta.annotations))
        }
        Request::DeleteSet(rs) => format!("deleting {}", rs.meta.name),
        Request::UpdateDeployment(d) => format!("writing the Deployment, {}", notes(&d.meta.annotations)),
        Request::UpdateDeploymentStatus(d) => {
            format!("writing the Deployment's status {:?}, {}", d.status, notes(&d.meta.annotations))
        }
        Request::GetSet => "a live read of the ReplicaSet".into(),
        Request::AdoptPod(pod, _) => format!("adopting pod {}", pod.0),
        Request::ReleasePod(pod, _) => format!("releasing pod {}", pod.0),
        Request::CreatePod(_) => "creating a pod".into(),
        Request::DeletePod(pod, _) => format!("deleting pod {}", pod.0),
        Request::UpdateSetStatus(rs, _) => format!("writing the status of {}: {:?}", rs.meta.name, rs.status),
    }
}

fn notes(annotations: &StringMap) -> String {
    let short = |key: &Str| key.rsplit('/').next().unwrap_or_default().to_owned();
    let list: Vec<String> =
        annotations.iter().map(|(key, value)| format!("{}={value}", short(key))).collect();
    format!("[{}]", list.join(" "))
}

/// Compares a pass with the second computation. Only for passes that took no time: others look at the clock twice.
pub(super) fn check(record: &PassRecord, labels: &[StringMap]) -> Result<(), (Property, String)> {
    let mut tape = Tape { sent: Some(&record.sent), at: 0 };
    let end = compute(&record.seen, &record.pods, labels, record.began, &mut tape);
    let end = match end {
        Ok(again) => Ok(again),
        Err(Stop::Failed) => Err(()),
        Err(Stop::Differs(property, what) | Stop::Wanted(property, what)) => return Err((property, what)),
    };
    if let Some(more) = record.sent.get(tape.at) {
        let property = Property::Model.or_of(&more.request);
        return Err((property, format!("asked for {}, expected nothing more", brief(&more.request))));
    }
    match (&end, &record.end) {
        (Ok(expected), Ok(found)) if expected == found => Ok(()),
        (Err(()), Err(_)) => Ok(()),
        (Ok(expected), Ok(found)) => {
            Err((Property::LWake, format!("asks to be repeated: {found:?}, expected {expected:?}")))
        }
        _ => Err((Property::Model, format!("ended with {:?}, expected {end:?}", record.end))),
    }
}

/// What a pass would do that began now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outlook {
    /// It would ask for something.
    Acts(Property, String),
    /// It would not, and ask to be repeated then.
    Idle(Again),
    /// It would fail without having asked for anything.
    Fails,
}

/// What a pass would do that began now.
pub(super) fn outlook(seen: &Seen, pods: &[(PodId, PodState)], labels: &[StringMap], now: Time) -> Outlook {
    match compute(seen, pods, labels, now, &mut Tape { sent: None, at: 0 }) {
        Ok(again) => Outlook::Idle(again),
        Err(Stop::Failed) => Outlook::Fails,
        Err(Stop::Wanted(property, what) | Stop::Differs(property, what)) => Outlook::Acts(property, what),
    }
}

fn compute(
    seen: &Seen,
    pods: &[(PodId, PodState)],
    labels: &[StringMap],
    now: Time,
    tape: &mut Tape<'_>,
) -> Step<Again> {
    match seen {
        Seen::Deployment { deployment, replica_sets, cached, .. } => {
            deployment::pass(deployment, replica_sets, cached, pods, now, tape)
        }
        Seen::ReplicaSet { id, rs, may_manage, cached } => replica_set::pass(
            &replica_set::View { id: *id, rs, may_manage: *may_manage, cached, pods, labels, now },
            tape,
        ),
    }
}
