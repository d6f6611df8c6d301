//! One pass over one autoscaler.

use smol_str::format_smolstr;

use super::behavior::{self, Behavior};
use super::combine::Combined;
use super::memory::{self, Memory};
use super::status::{
    self, ABLE_TO_SCALE, Limited, SCALED_TO_ZERO, SCALING_ACTIVE, SCALING_LIMITED, Saying,
    ready_for_new_scale, stabilized_down,
};
use super::{AutoscalerApi, AutoscalerView, Scale, ScaleError, limits};
use crate::api::{HorizontalPodAutoscalerStatus, MetricStatus, ScalingRules, Str, Time};
use crate::controller::quote::GoQuoted;
use crate::controller::{ApiError, ApiErrorKind, EventType, SyncError};

/// How often a size is asked for while the scale was changed by somebody else in between.
const ATTEMPTS: u32 = 5;
/// Time between two of them, ns; upstream adds up to a tenth by chance.
const RETRY_NS: i64 = 10_000_000;

const ABOVE_MAX: &str = "Current number of replicas above Spec.MaxReplicas";
const BELOW_MIN: &str = "Current number of replicas below Spec.MinReplicas";

/// Looks at one autoscaler: reads the scale of its target, asks the metrics, applies the limits, asks for another size if
/// one is wanted, and writes the status if it is another than before. An error means that something failed; it is tried
/// again when the next pass is due.
pub fn reconcile<A: AutoscalerApi>(
    view: &AutoscalerView<'_>,
    memory: &mut Memory,
    now: Time,
    api: &mut A,
) -> Result<(), SyncError> {
    let status = view.hpa.status.clone();
    Pass { view, memory, now, status, api }.run()
}

/// What a pass works with.
pub(super) struct Pass<'a, A> {
    pub(super) view: &'a AutoscalerView<'a>,
    memory: &'a mut Memory,
    /// Goes on while the scale is asked for anew.
    pub(super) now: Time,
    /// The status that is to be written at the end.
    status: HorizontalPodAutoscalerStatus,
    api: &'a mut A,
}

/// A size that is wanted, and why.
struct Wanted {
    replicas: i32,
    reason: String,
}

impl<A: AutoscalerApi> Pass<'_, A> {
    pub(super) fn say(&mut self, type_: &'static str, saying: Saying) {
        status::set(&mut self.status.conditions, type_, saying, self.now);
    }

    pub(super) fn warn(&mut self, reason: &'static str, message: &str) {
        self.api.event(EventType::Warning, reason, message);
    }

    fn reference(&self) -> String {
        let hpa = self.view.hpa;
        let target = &hpa.spec.scale_target_ref;
        format!("{}/{}/{}", target.kind, hpa.meta.namespace, target.name)
    }

    fn run(mut self) -> Result<(), SyncError> {
        let scale = self.scale()?;
        // The size that is asked for, not the pods that there are: during a rollout these are more, and were they taken for
        // it, every pass would raise it. (kubernetes/kubernetes#72775)
        let current = scale.spec_replicas;
        self.memory.begin(current, self.now);
        let spec = &self.view.hpa.spec;
        let (min, max) = (spec.min_replicas.unwrap_or(1), spec.max_replicas);
        // The condition as it was when the pass began: the controller itself took the last pod away.
        let scaled_to_zero =
            self.status.condition(SCALED_TO_ZERO).is_some_and(|c| c.status.as_str() == "True");
        let (mut metrics, mut partial) = (Vec::new(), None);
        let wanted = if current == 0 && !(scaled_to_zero && (min != 0 || self.can_scale_from_zero())) {
            // A user who takes all pods away wants none, whatever the load.
            let message = "scaling is disabled since the replica count of the target is zero";
            self.say(SCALING_ACTIVE, Saying::no("ScalingDisabled", message));
            None
        } else if current > max && current != 0 {
            // Back within the bounds at one stroke: no metric, window or policy is asked.
            Some(Wanted { replicas: max, reason: ABOVE_MAX.into() })
        } else if current < min && current != 0 {
            Some(Wanted { replicas: min, reason: BELOW_MIN.into() })
        } else {
            let (combined, statuses) = self.combine(&scale);
            metrics = statuses;
            let combined = match combined {
                Ok(combined) => combined,
                Err(error) => return Err(self.give_up(current, metrics, error)),
            };
            let wanted = self.limited(current, min, max, &combined, scaled_to_zero);
            partial = combined.partial;
            Some(wanted).filter(|wanted| wanted.replicas != current)
        };
        let desired = wanted.as_ref().map_or(current, |wanted| wanted.replicas);
        let is_rescaled = wanted.is_some();
        if let Some(wanted) = wanted {
            self.rescale(current, min, &wanted, &mut metrics)?;
        }
        self.set_numbers(current, desired, metrics);
        if is_rescaled {
            // With its fraction, which the stored one lacks: a second change in the same second is written, too.
            self.status.last_scale_time = Some(self.now);
        }
        self.write_status()?;
        // The pass did its work, and yet not all metrics could be read.
        partial.map_or(Ok(()), Err)
    }

    /// The scale of the target. Whatever goes wrong here is told in the same words.
    fn scale(&mut self) -> Result<Scale, SyncError> {
        let target = &self.view.hpa.spec.scale_target_ref;
        let (said, failed) = match group(&target.api_version) {
            Err(error) => {
                let failed = format!("invalid API version in scale target reference: {error}");
                (error, failed)
            }
            Ok(group) => match self.api.scale(group, target) {
                Ok(scale) => {
                    let message = "the HPA controller was able to get the target's current scale";
                    self.say(ABLE_TO_SCALE, Saying::yes("SucceededGetScale", message));
                    return Ok(scale);
                }
                Err(ScaleError::NoKind) => {
                    let error = format!(
                        "no matches for kind {} in group {}",
                        GoQuoted(&target.kind),
                        GoQuoted(group)
                    );
                    let failed = format!("unable to determine resource for scale target reference: {error}");
                    (error, failed)
                }
                Err(ScaleError::Api(error)) => {
                    let failed =
                        format!("failed to query scale subresource for {}: {error}", self.reference());
                    (error.message.into(), failed)
                }
            },
        };
        self.warn("FailedGetScale", &said);
        let message =
            format_smolstr!("the HPA controller was unable to get the target's current scale: {said}");
        self.say(ABLE_TO_SCALE, Saying::no("FailedGetScale", message));
        // An error of this write is logged and no more.
        let _ = self.write_status();
        Err(SyncError::new(failed))
    }

    /// No metric of the pods themselves has anything to say when there are none.
    fn can_scale_from_zero(&self) -> bool {
        self.view.hpa.spec.metrics.iter().any(|metric| matches!(metric.type_.as_str(), "Object" | "External"))
    }

    /// Nothing could be said about the size: what is wanted stays as it was.
    fn give_up(&mut self, current: i32, metrics: Vec<MetricStatus>, error: SyncError) -> SyncError {
        self.set_numbers(current, self.status.desired_replicas, metrics);
        let _ = self.write_status();
        self.warn("FailedComputeMetricsReplicas", &error.message);
        let reference = self.reference();
        let cause = error.message;
        SyncError::new(format!(
            "failed to compute desired number of replicas based on listed metrics for {reference}: {cause}"
        ))
    }

    /// What the metrics ask for, within the limits. The reason is that of the metrics: where a limit alone changes the
    /// size, there is none.
    fn limited(
        &mut self,
        current: i32,
        min: i32,
        max: i32,
        combined: &Combined,
        scaled_to_zero: bool,
    ) -> Wanted {
        let wanted = combined.replicas.max(0);
        let metric = if combined.replicas > 0 { combined.metric.as_str() } else { "" };
        let mut reason = match wanted.cmp(&current) {
            std::cmp::Ordering::Greater => format!("{metric} above target"),
            std::cmp::Ordering::Less => "All metrics below target".into(),
            std::cmp::Ordering::Equal => String::new(),
        };
        let (stabilized, said, limited) = self.limits(current, wanted, (min, max));
        let said = if stabilized == wanted { ready_for_new_scale() } else { said };
        self.say(ABLE_TO_SCALE, said);
        let Limited { mut replicas, reason: limit, message } = limited;
        let is_true = replicas != stabilized;
        self.say(SCALING_LIMITED, Saying { is_true, reason: limit, message: Str::new_static(message) });
        // The minimum was raised while there were none, and no limit keeps it from being met.
        if current == 0 && min != 0 && scaled_to_zero && replicas < min {
            replicas = min;
            if reason.is_empty() {
                reason = BELOW_MIN.into();
            }
        }
        Wanted { replicas, reason }
    }

    /// Windows first, then rates: the size after the windows, why it is another, and the size after both.
    fn limits(&mut self, current: i32, wanted: i32, (min, max): (i32, i32)) -> (i32, Saying, Limited) {
        let (view, now) = (self.view, self.now);
        let down_window_s = view.config.downscale_stabilization_s;
        let Some((up, down)) = behavior_of(view) else {
            let stabilized = limits::stabilize(self.memory, wanted, down_window_s, now);
            return (stabilized, stabilized_down(), limits::clamp(current, stabilized, min, max));
        };
        let behavior = Behavior { up, down, down_window_s };
        let (stabilized, said) = behavior::stabilize(self.memory, &behavior, current, wanted, now);
        let limited = behavior::limit_rate(self.memory, &behavior, current, stabilized, (min, max), now);
        (stabilized, said, limited)
    }

    fn rescale(
        &mut self,
        current: i32,
        min: i32,
        wanted: &Wanted,
        metrics: &mut Vec<MetricStatus>,
    ) -> Result<(), SyncError> {
        let Wanted { replicas, reason } = wanted;
        if let Err(error) = self.update_scale(*replicas) {
            let message = format!("New size: {replicas}; reason: {reason}; error: {error}");
            self.warn("FailedRescale", &message);
            let message = format!("the HPA controller was unable to update the target scale: {error}");
            self.say(ABLE_TO_SCALE, Saying::no("FailedUpdateScale", message));
            self.set_numbers(current, self.status.desired_replicas, std::mem::take(metrics));
            let _ = self.write_status();
            return Err(SyncError::new(format!("failed to rescale {}: {error}", self.reference())));
        }
        let message = format!("the HPA controller was able to update the target scale to {replicas}");
        self.say(ABLE_TO_SCALE, Saying::yes("SucceededRescale", message));
        let message = format!("New size: {replicas}; reason: {reason}");
        self.api.event(EventType::Normal, "SuccessfulRescale", &message);
        self.remember(current, *replicas);
        let to_zero = current > 0 && *replicas == 0 && min == 0 && self.can_scale_from_zero();
        // Said after every change, so that it never tells of an older one.
        self.say(
            SCALED_TO_ZERO,
            if to_zero {
                Saying::yes("ScaledToZero", "the HPA controller scaled the workload to zero")
            } else {
                Saying::no("NotScaledToZero", "the HPA controller did not scale the workload to zero")
            },
        );
        Ok(())
    }

    /// Asks for a size. After a conflict the scale is read again and the same size asked for: it does not matter who else
    /// changed what.
    fn update_scale(&mut self, replicas: i32) -> Result<(), ApiError> {
        let mut attempt = 1;
        loop {
            match self.api.update_scale(replicas) {
                Err(error) if error.kind == ApiErrorKind::Conflict && attempt < ATTEMPTS => {
                    attempt += 1;
                    self.now = self.now.plus_nanos(RETRY_NS);
                }
                answer => return answer,
            }
        }
    }

    /// Policies ask how much the size changed in their period; without a behaviour nobody asks.
    fn remember(&mut self, from: i32, to: i32) {
        let Some((up, down)) = behavior_of(self.view) else { return };
        let (events, rules, change) = if to > from {
            (&mut self.memory.scale_ups, up, to.wrapping_sub(from))
        } else {
            (&mut self.memory.scale_downs, down, from.wrapping_sub(to))
        };
        memory::remember(events, change, behavior::longest_period_s(rules), self.now);
    }

    fn set_numbers(&mut self, current: i32, desired: i32, metrics: Vec<MetricStatus>) {
        self.status.current_replicas = current;
        self.status.desired_replicas = desired;
        self.status.current_metrics = metrics.into();
        self.status.observed_generation = Some(self.view.hpa.meta.generation);
    }

    /// Writes the status if it is another than the stored one.
    fn write_status(&mut self) -> Result<(), SyncError> {
        if self.status == self.view.hpa.status {
            return Ok(());
        }
        self.api.update_status(&self.status).map_err(|error| {
            self.api.event(EventType::Warning, "FailedUpdateStatus", &error.message);
            SyncError::new(format!("failed to update status for {}: {error}", self.view.hpa.meta.name))
        })
    }
}

/// Both directions, where there is a behaviour: the API's defaults fill in the one that is not given.
fn behavior_of<'v>(view: &AutoscalerView<'v>) -> Option<(&'v ScalingRules, &'v ScalingRules)> {
    let spec = &view.hpa.spec;
    spec.scale_up.as_ref().zip(spec.scale_down.as_ref())
}

/// The group of an `apiVersion`.
fn group(api_version: &str) -> Result<&str, String> {
    match api_version.split_once('/') {
        _ if api_version.is_empty() || api_version == "/" => Ok(""),
        None => Ok(""),
        Some((group, version)) if !version.contains('/') => Ok(group),
        Some(_) => Err(format!("unexpected GroupVersion string: {api_version}")),
    }
}
