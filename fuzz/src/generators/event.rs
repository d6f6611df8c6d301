//! What can happen, as one closed set.

use arbitrary::{Arbitrary, Result, Unstructured};
use maxsurge_core::cluster::{ApiFault, Watched};

use super::world::deadline;
use super::{Kind, Limits, Swarm, edgy};

/// What happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Time goes on by that many ms.
    Wait(u32),
    /// Time goes on to the next moment of that kind, or just beside it.
    Until(Mark, Beside),
    /// The Deployment is edited: all of these in one update.
    Edit(Vec<Change>),
    /// A HorizontalPodAutoscaler looks, at that load: 10 is one pod's.
    Autoscaled(u8),
    /// `kubectl rollout undo`, to the revision before or to one of the first few.
    Undo(Option<u8>),
    /// The deprecated annotation that asks the controller itself for a rollback.
    RollbackTo(u8),
    /// `kubectl rollout restart`.
    Restart,
    /// Something happens to the n-th of the pods that exist.
    Pod(u8, PodFate),
    /// Somebody does something to the n-th of the ReplicaSets that exist.
    Set(u8, SetFate),
    /// Something breaks.
    Break(Break),
    /// Another Deployment with the same selector comes, or if it is there gets that size.
    Rival(u8),
    /// An unrelated ReplicaSet takes the name that the one of that image would have.
    Squat(u8),
    /// A ReplicaSet without owner comes whose labels match, of that image and size.
    Stray(u8, u8),
    /// The Deployment is being deleted, and waits for a finalizer.
    Delete,
}

/// A moment at which something is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Arbitrary)]
pub enum Mark {
    /// Something that happens by itself.
    Next,
    /// A ready pod becomes available.
    Available,
    /// The progress deadline passes.
    Deadline,
    /// Expectations grow too old.
    Expectations,
}

/// How far from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Arbitrary)]
pub enum Beside {
    /// One nanosecond before.
    Before,
    /// Just then.
    At,
    /// One nanosecond later.
    After,
    /// One second later.
    Late,
}

/// One change of the Deployment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Another image.
    Image(u8),
    /// One label more in the template, or (if it is there) one less.
    Label(u8),
    /// `spec.replicas`.
    Replicas(i32),
    /// `spec.strategy`.
    Strategy(Limits),
    /// `spec.paused`.
    Pause(bool),
    /// `spec.minReadySeconds`; the deadline moves with it where it must.
    MinReady(u8),
    /// `spec.progressDeadlineSeconds`; no less than it may be.
    Deadline(Option<i32>),
    /// `spec.revisionHistoryLimit`.
    History(Option<u8>),
    /// The change cause.
    Cause(u8),
}

/// What can happen to a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Arbitrary)]
pub enum PodFate {
    /// Its readiness probe fails.
    Unready,
    /// Its readiness probe succeeds.
    Ready,
    /// It ends badly: evicted, out of memory, refused by its node.
    Failed,
    /// It ends well.
    Succeeded,
    /// Somebody deletes it.
    Deleted,
    /// Its object goes at once, without a grace period.
    Removed,
    /// A label is changed so that the selector no longer matches, or back.
    Relabelled,
    /// Its owner reference is removed.
    Orphaned,
    /// Its deletion gets that price.
    Cost(i8),
    /// Its container has restarted that often.
    Restarted(u8),
    /// Somebody makes the n-th of the ReplicaSets that exist its controller, in one update.
    Adopted(u8),
    /// A label that templates may have and no selector asks for is taken away from it, or given to it.
    Retagged(u8),
}

/// What somebody can do to a ReplicaSet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Arbitrary)]
pub enum SetFate {
    /// Deletes it, and the garbage collector its pods.
    Deleted,
    /// Deletes it and leaves its pods (`--cascade=orphan`).
    DeletedOrphaning,
    /// Deletes it in the foreground: it waits for its pods.
    Dying,
    /// Changes a label so that the Deployment's selector no longer matches, or back.
    Relabelled,
    /// Removes its owner reference.
    Orphaned,
    /// Gives it another size.
    Resized(u8),
    /// Removes one of its annotations.
    NoteRemoved(Note),
    /// Changes one of its annotations.
    NoteChanged(Note, u8),
    /// Changes its template, as an API server that edits would.
    TemplateEdited,
    /// Makes another one of the same template and the same owner.
    Doubled,
    /// Makes the n-th of the Deployments that exist its controller, in one update.
    Given(u8),
}

/// An annotation that decides something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Arbitrary)]
pub enum Note {
    /// `deployment.kubernetes.io/revision`.
    Revision,
    /// `deployment.kubernetes.io/desired-replicas`.
    Desired,
    /// `deployment.kubernetes.io/max-replicas`.
    Max,
}

/// What can break.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Break {
    /// The oldest ready pods are deleted.
    Kill(u8),
    /// The controllers die after that many further requests and are away for that many ms.
    Controllers(u8, u16),
    /// After some requests, some fail.
    Api(u8, u8, ApiFault),
    /// Watch events take that many ms for that many ms.
    Watch(u16, u16),
    /// Watch events of one kind take that many ms for that many ms.
    Late(Watched, u16, u16),
    /// A watch is lost, and after that many ms its kind is listed anew.
    Lost(Watched, u16),
    /// The watch of pods is lost for a second, in which a pod is made and goes, or the youngest loses its owner and goes.
    Fleeting(bool),
    /// A node stops.
    NodeDown(u8),
    /// It starts again.
    NodeUp(u8),
    /// The quota allows that many pods; `None` = any number.
    Quota(Option<u8>),
}

impl<'a> Arbitrary<'a> for Break {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=10_u8)? {
            0 => Break::Kill(u.int_in_range(1..=4)?),
            1 => Break::Controllers(u.int_in_range(0..=7)?, if u.arbitrary()? { 0 } else { u.arbitrary()? }),
            2 | 3 => Break::Api(u.int_in_range(0..=5)?, u.int_in_range(1..=3)?, *u.choose(&ApiFault::ALL)?),
            4 => Break::Watch(u.arbitrary()?, u.arbitrary()?),
            5 => Break::NodeDown(u.int_in_range(0..=2)?),
            6 => Break::NodeUp(u.int_in_range(0..=2)?),
            7 => Break::Lost(*u.choose(&Watched::ALL)?, u.arbitrary()?),
            9 => Break::Fleeting(u.arbitrary()?),
            8 => Break::Late(*u.choose(&Watched::ALL)?, u.arbitrary()?, u.arbitrary()?),
            _ => Break::Quota(if u.arbitrary()? { Some(u.int_in_range(0..=12)?) } else { None }),
        })
    }
}

impl Change {
    fn drawn(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match u.int_in_range(0..=10_u8)? {
            0 | 1 => Change::Image(u.arbitrary()?),
            2 => Change::Label(u.int_in_range(0..=2)?),
            3 | 4 => Change::Replicas(edgy(u, 15)?),
            5 => Change::Strategy(Limits::arbitrary(u)?),
            6 => Change::Pause(u.arbitrary()?),
            7 => Change::MinReady(u.int_in_range(0..=30)?),
            8 => Change::Deadline(deadline(u, 0)?),
            9 => Change::History(if u.ratio(1, 8)? { None } else { Some(u.int_in_range(0..=3)?) }),
            _ => Change::Cause(u.arbitrary()?),
        })
    }
}

impl Event {
    /// Draws an event of a kind that the swarm draws.
    pub fn drawn(u: &mut Unstructured<'_>, swarm: &Swarm) -> Result<Self> {
        Ok(match swarm.draw(u)? {
            Kind::Wait => Event::Wait(match u.int_in_range(0..=5_u8)? {
                0 => 0,
                1..=3 => u32::from(u.arbitrary::<u16>()? % 8_000),
                4 => u32::from(u.arbitrary::<u16>()?),
                _ => u32::from(u.arbitrary::<u16>()?) * 8,
            }),
            Kind::Until => Event::Until(Mark::arbitrary(u)?, Beside::arbitrary(u)?),
            Kind::Template => Event::Edit(match u.int_in_range(0..=7_u8)? {
                0 => vec![Change::Label(u.int_in_range(0..=2)?)],
                1 => vec![Change::Image(u.arbitrary()?), Change::Replicas(edgy(u, 15)?)],
                2 => vec![Change::Image(u.arbitrary()?), Change::Cause(u.arbitrary()?)],
                _ => vec![Change::Image(u.arbitrary()?)],
            }),
            Kind::Scale if u.ratio(1, 4)? => Event::Autoscaled(u.arbitrary()?),
            Kind::Scale => Event::Edit(vec![Change::Replicas(edgy(u, 15)?)]),
            Kind::Settings => {
                let n = if u.ratio(2, 3)? { 1 } else { 2 };
                Event::Edit((0..n).map(|_| Change::drawn(u)).collect::<Result<_>>()?)
            }
            Kind::Pause => Event::Edit(vec![Change::Pause(u.arbitrary()?)]),
            Kind::Undo => match u.int_in_range(0..=5_u8)? {
                0 => Event::Restart,
                1 => Event::RollbackTo(if u.arbitrary()? { 0 } else { u.int_in_range(0..=6)? }),
                2 => Event::Undo(Some(u.int_in_range(0..=6)?)),
                _ => Event::Undo(None),
            },
            Kind::Pod => Event::Pod(u.arbitrary()?, PodFate::arbitrary(u)?),
            Kind::Set => Event::Set(u.arbitrary()?, SetFate::arbitrary(u)?),
            Kind::Break => Event::Break(Break::arbitrary(u)?),
            Kind::Others => match u.int_in_range(0..=9_u8)? {
                0..=2 => Event::Rival(u.int_in_range(0..=6)?),
                3..=5 => Event::Squat(u.arbitrary()?),
                6..=8 => Event::Stray(u.arbitrary()?, u.int_in_range(0..=5)?),
                _ => Event::Delete,
            },
        })
    }
}
