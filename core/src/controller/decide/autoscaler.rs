//! One pass of the HorizontalPodAutoscaler controller.

use super::{Journal, RecordedEvent};
use crate::api::{CrossVersionObjectReference, HorizontalPodAutoscalerStatus, Time};
use crate::controller::autoscaler::{AutoscalerApi, AutoscalerView, Memory, Scale, ScaleError, reconcile};
use crate::controller::{ApiError, ApiErrorKind, EventType, SyncError};

/// What the API server answers to a pass.
#[derive(Clone, PartialEq, Debug)]
pub struct AutoscalerAnswers {
    /// The scale of the target.
    pub scale: Result<Scale, ScaleError>,
    /// How many requests for another size meet a conflict.
    pub conflicts: u32,
    /// The answer to the one after them.
    pub update_scale: Result<(), ApiError>,
    /// The answer to a write of the status.
    pub update_status: Result<(), ApiError>,
}

impl AutoscalerAnswers {
    /// Everything is accepted.
    pub fn accepting(scale: Scale) -> Self {
        AutoscalerAnswers { scale: Ok(scale), conflicts: 0, update_scale: Ok(()), update_status: Ok(()) }
    }
}

/// Everything that one pass decided.
#[derive(Clone, PartialEq, Debug)]
pub struct AutoscalerDecision {
    /// The sizes that were asked for, one for each request.
    pub scale_updates: Vec<i32>,
    /// The size that was accepted, if any was.
    pub rescaled_to: Option<i32>,
    /// The status that was written, if it was another than before.
    pub status: Option<HorizontalPodAutoscalerStatus>,
    /// Its events in order.
    pub events: Vec<RecordedEvent>,
    /// How it ended.
    pub outcome: Result<(), SyncError>,
}

/// Runs one pass against these answers; `memory` is what the next one begins with.
pub fn decide_autoscaler(
    view: &AutoscalerView<'_>,
    memory: &mut Memory,
    now: Time,
    answers: &AutoscalerAnswers,
) -> AutoscalerDecision {
    let mut recorder = Recorder {
        answers,
        journal: Journal::default(),
        scale_updates: Vec::new(),
        rescaled_to: None,
        status: None,
    };
    let outcome = reconcile(view, memory, now, &mut recorder);
    let Recorder { journal, scale_updates, rescaled_to, status, .. } = recorder;
    AutoscalerDecision { scale_updates, rescaled_to, status, events: journal.events, outcome }
}

struct Recorder<'a> {
    answers: &'a AutoscalerAnswers,
    journal: Journal,
    scale_updates: Vec<i32>,
    rescaled_to: Option<i32>,
    status: Option<HorizontalPodAutoscalerStatus>,
}

impl AutoscalerApi for Recorder<'_> {
    fn scale(&mut self, _group: &str, _target: &CrossVersionObjectReference) -> Result<Scale, ScaleError> {
        self.answers.scale.clone()
    }

    fn update_scale(&mut self, replicas: i32) -> Result<(), ApiError> {
        self.scale_updates.push(replicas);
        if self.scale_updates.len() <= self.answers.conflicts as usize {
            return Err(ApiError::new(ApiErrorKind::Conflict, "the scale has been modified"));
        }
        self.answers.update_scale.clone()?;
        self.rescaled_to = Some(replicas);
        Ok(())
    }

    fn update_status(&mut self, status: &HorizontalPodAutoscalerStatus) -> Result<(), ApiError> {
        self.status = Some(status.clone());
        self.answers.update_status.clone()
    }

    fn event(&mut self, type_: EventType, reason: &'static str, message: &str) {
        self.journal.event(type_, reason, message);
    }
}
