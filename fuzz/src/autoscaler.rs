//! The fuzz target `autoscaler`: an autoscaler in a row of passes, and what must hold after each. Everything here is
//! counted anew from what the passes were seen to do; of the controller only its entry point is used.

use arbitrary::Unstructured;
use maxsurge_core::api::{
    HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, PodPhase, Quantity, ScalingRules, Time,
};
use maxsurge_core::conformance::{AutoscaleCase, AutoscaleTick, played};
use maxsurge_core::controller::autoscaler::{AutoscalerView, Memory, Scale};
use maxsurge_core::controller::decide::{AutoscalerAnswers, AutoscalerDecision, decide_autoscaler};

use crate::generators::autoscale_case::autoscale_case;

const SECOND_NS: i64 = 1_000_000_000;

/// Bytes as an autoscaler and what it meets. Panics, printing the case, if a property does not hold.
pub fn autoscaler(data: &[u8]) {
    let case = autoscale_case("fuzz", &mut Unstructured::new(data));
    if let Err(broken) = judge(&case) {
        panic!("{broken}\n{case}");
    }
}

/// Plays a case of the protocol's mode `autoscale`, and tells the first property that does not hold of it.
pub fn judge(case: &serde_json::Value) -> Result<(), String> {
    let case = AutoscaleCase::read(case).map_err(|error| format!("the case cannot be read: {error}"))?;
    let decisions = decisions(&case);
    if decisions != self::decisions(&case) {
        return Err("D-DET: the same twice".into());
    }
    if decisions != self::decisions(&turned(&case)) {
        return Err("D-DET: with pods, samples and other autoscalers in another order".into());
    }
    if decisions != self::decisions(&with_dead_pods(&case)) {
        return Err("M-META: with failed pods beside the others".into());
    }
    let (mut trace, mut result) = (Trace::default(), Ok(()));
    played(&case, |tick, hpa, scale, memory, decision| {
        let pass = Pass { case: &case, tick, hpa, scale, memory, decision };
        if result.is_ok() {
            result = trace.judge(&pass).map_err(|broken| {
                format!("{broken} (pass at {} s: {decision:?})", tick.at_ns as f64 / SECOND_NS as f64)
            });
        }
    });
    result
}

fn decisions(case: &AutoscaleCase) -> Vec<(AutoscalerDecision, Memory)> {
    let mut decisions = Vec::new();
    played(case, |_, _, _, memory, decision| decisions.push((decision.clone(), memory.clone())));
    decisions
}

/// Lists whose order means nothing, the other way round. That of the series of an external metric does: their sum stops at
/// the largest number.
fn turned(case: &AutoscaleCase) -> AutoscaleCase {
    let mut case = case.clone();
    for tick in &mut case.ticks {
        tick.pods.reverse();
        tick.others.reverse();
        if let Ok(list) = &mut tick.metrics.resource {
            list.reverse();
        }
        for metric in &mut tick.metrics.pods {
            if let Ok(list) = &mut metric.values {
                list.reverse();
            }
        }
    }
    case
}

/// With a failed pod more in every pass with pods: it has no influence, whatever it was. (kubernetes/kubernetes#60648)
fn with_dead_pods(case: &AutoscaleCase) -> AutoscaleCase {
    let mut case = case.clone();
    for tick in &mut case.ticks {
        if let Some(pod) = tick.pods.first() {
            let mut dead = pod.clone();
            dead.name = "zz-dead".into();
            dead.phase = PodPhase::Failed;
            tick.pods.push(dead);
        }
    }
    case
}

/// One pass, and what came of it.
struct Pass<'a> {
    case: &'a AutoscaleCase,
    tick: &'a AutoscaleTick,
    /// As the pass saw it.
    hpa: &'a HorizontalPodAutoscaler,
    /// After the pass.
    scale: &'a Scale,
    /// After the pass.
    memory: &'a Memory,
    decision: &'a AutoscalerDecision,
}

/// What was seen so far since the controller was started.
#[derive(Default)]
struct Trace {
    scale: Scale,
    /// What the metrics asked for, of the passes since a window was last changed.
    asked: Vec<(i64, i32)>,
    windows: Option<(i64, i64)>,
    /// Changes of the size since the policies were last changed, downwards negative; `None` = they were changed, and
    /// nobody can tell what is remembered.
    changes: Option<Vec<(i64, i64)>>,
    rules: Option<(Option<ScalingRules>, Option<ScalingRules>)>,
}

impl Trace {
    fn judge(&mut self, pass: &Pass<'_>) -> Result<(), String> {
        let &Pass { tick, hpa, decision, .. } = pass;
        if tick.is_restarted {
            *self = Trace { scale: self.scale.clone(), ..Trace::default() };
        }
        tick.scale.apply(&mut self.scale);
        let current = self.scale.spec_replicas;
        let rules = (hpa.spec.scale_up.clone(), hpa.spec.scale_down.clone());
        match &self.rules {
            None => self.changes = Some(Vec::new()),
            Some(known) if *known != rules => self.changes = None,
            Some(_) => {}
        }
        self.rules = Some(rules);
        let windows = windows(pass);
        if self.windows.replace(windows) != Some(windows) {
            self.asked.clear();
        }
        let (min, max) = (hpa.spec.min_replicas.unwrap_or(1), hpa.spec.max_replicas);
        // A size out of bounds is set right at one stroke, past windows and policies; none at all is left to its user.
        let is_free = current != 0 && (min..=max).contains(&current);
        // Without a behaviour twice the present size is the most, and twice 2^30 pods are the least number of all: the real
        // controller asks for -2147483648 of them, too.
        let overflows = hpa.spec.scale_up.is_none() && current >= 1 << 30;
        if let Some(size) = decision.rescaled_to.filter(|_| !overflows) {
            if !(min..=max).contains(&size) {
                return Err(format!("S-RANGE: {size} is not within {min} and {max}"));
            }
            if size == current {
                return Err("L-QUIET: a size was asked for that was there".into());
            }
            if is_free {
                self.in_window(size, current, windows, tick.at_ns)?;
                self.in_policies(pass, size, current)?;
                let unread = decision.events.iter().any(|e| e.reason.starts_with("FailedGet"));
                if unread && size < current {
                    return Err("S-AVAIL: a metric was not read, and the target shrinks".into());
                }
            } else if current != 0 && size != current.clamp(min, max) {
                return Err(format!("S-RANGE: from {current} to {size}, which is not the nearer bound"));
            }
        } else if decision.outcome.is_ok() && current != 0 && !is_free && !overflows {
            return Err(format!("L-CONV: {current} is out of bounds and stays"));
        }
        if let (Some(status), Ok(())) = (&decision.status, &decision.outcome)
            && (status.current_replicas, status.desired_replicas) != (current, pass.scale.spec_replicas)
        {
            return Err("S-STATUS: the sizes in the status are not those of the pass".into());
        }
        self.within_tolerance(pass, current)?;
        again(pass)?;
        if let Some(asked) = asked(pass) {
            self.asked.push((tick.at_ns, asked));
        }
        if let (Some(size), Some(changes)) = (decision.rescaled_to, &mut self.changes)
            && hpa.spec.scale_up.is_some()
        {
            changes.push((tick.at_ns, i64::from(size) - i64::from(current)));
        }
        self.scale = pass.scale.clone();
        Ok(())
    }

    /// Within its window nothing shrinks below what the metrics asked for, nor grows above it.
    fn in_window(&self, size: i32, current: i32, (up, down): (i64, i64), now: i64) -> Result<(), String> {
        for (at, asked) in &self.asked {
            let age = now - at;
            if size < current && age < down * SECOND_NS && size < *asked {
                return Err(format!("L-OSC: {size} is below the {asked} of {} s ago", age / SECOND_NS));
            }
            if size > current && age < up * SECOND_NS && size > *asked {
                return Err(format!("L-OSC: {size} is above the {asked} of {} s ago", age / SECOND_NS));
            }
        }
        Ok(())
    }

    /// No policy's limit is exceeded, counted from the changes that were seen. One pod is allowed for doubles: 10 % more
    /// than 100 are 111.
    fn in_policies(&self, pass: &Pass<'_>, size: i32, current: i32) -> Result<(), String> {
        let (Some(up), Some(down), Some(changes)) =
            (&pass.hpa.spec.scale_up, &pass.hpa.spec.scale_down, &self.changes)
        else {
            return Ok(());
        };
        let grows = size > current;
        let rules = if grows { up } else { down };
        let select = rules.select_policy.as_deref().unwrap_or("Max");
        if select == "Disabled" {
            return Err("S-SURGE: the direction is disabled".into());
        }
        // More than 100 % downwards turn the sign, and with it the meaning of changes that the controller has forgotten.
        if !grows && rules.policies.iter().any(|policy| policy.type_ == "Percent" && policy.value > 100) {
            return Ok(());
        }
        let limits = rules.policies.iter().map(|policy| {
            let from = pass.tick.at_ns - i64::from(policy.period_seconds) * SECOND_NS;
            let changed: i64 = changes.iter().filter(|(at, _)| *at > from).map(|(_, by)| by).sum();
            let (start, value) = (i64::from(current) - changed, i64::from(policy.value));
            let by = if policy.type_ == "Pods" { value } else { (start * value).div_euclid(100) + 1 };
            if grows { start + by } else { start - by }
        });
        // `Min` is the least change of all.
        let limit = if grows == (select == "Min") { limits.min() } else { limits.max() };
        // Where the limit lies on the other side, nothing may change.
        let limit =
            limit.map(|limit| if grows { limit.max(current.into()) } else { limit.min(current.into()) });
        match limit {
            Some(limit) if grows && i64::from(size) > limit || !grows && i64::from(size) < limit => {
                Err(format!("S-SURGE: from {current} to {size}, and the policies allow {limit}"))
            }
            _ => Ok(()),
        }
    }

    /// With the one metric clearly within its tolerance, the present size is asked for. Averages are taken over the pods
    /// that there are, so that only counts where these are as many as asked for.
    fn within_tolerance(&self, pass: &Pass<'_>, current: i32) -> Result<(), String> {
        let [metric] = &pass.hpa.spec.metrics[..] else { return Ok(()) };
        let target = metric.target.average_value.as_ref().map(Quantity::milli_value);
        let series =
            pass.tick.metrics.external.iter().find(|of| of.name == metric.name && of.selector.is_empty());
        let (Some(target), Some(Ok([value]))) = (target, series.map(|of| of.values.as_deref())) else {
            return Ok(());
        };
        if metric.type_ != "External" || metric.selector.is_some() || current == 0 {
            return Ok(());
        }
        let ratio = value.milli_value() as f64 / (target as f64 * f64::from(current));
        let tolerance = |rules: &Option<ScalingRules>| {
            let own = rules.as_ref().and_then(|rules| rules.tolerance.as_ref());
            own.map_or(pass.case.config.tolerance, |own| own.milli_value() as f64 / 1000.0 - 0.001)
        };
        let (down, up) = (tolerance(&pass.hpa.spec.scale_down), tolerance(&pass.hpa.spec.scale_up));
        let within = 1.0 - down + 1e-9 < ratio && ratio < 1.0 + up - 1e-9;
        match asked(pass) {
            Some(asked) if within && self.scale.status_replicas == current && asked != current => {
                Err(format!("L-OSC: {asked} are asked for at a ratio of {ratio}"))
            }
            _ => Ok(()),
        }
    }
}

/// What the metrics asked for in this pass, if they were asked.
fn asked(pass: &Pass<'_>) -> Option<i32> {
    let now = now(pass);
    // The first entry of a controller that was just started is no answer of a metric, but the present size.
    pass.memory.recommendations.iter().rfind(|one| one.at == now).map(|one| one.replicas)
}

fn now(pass: &Pass<'_>) -> Time {
    pass.case.now.plus_nanos(pass.tick.at_ns)
}

/// Windows of both directions, s. Without a behaviour nothing holds back growth.
fn windows(pass: &Pass<'_>) -> (i64, i64) {
    let spec = &pass.hpa.spec;
    let of =
        |rules: &Option<ScalingRules>| rules.as_ref().and_then(|rules| rules.stabilization_window_seconds);
    let flag = pass.case.config.downscale_stabilization_s;
    (of(&spec.scale_up).map_or(0, i64::from), of(&spec.scale_down).map_or(flag, i64::from))
}

/// A pass that changed no size, at once once more: it changes nothing at all. (One that did change it may go on, as far as
/// the policies let it.)
fn again(pass: &Pass<'_>) -> Result<(), String> {
    let &Pass { case, tick, hpa, scale, memory, decision } = pass;
    if decision.rescaled_to.is_some() || tick.fail_status.is_some() || !decision.scale_updates.is_empty() {
        return Ok(());
    }
    let mut hpa = hpa.clone();
    if let Some(status) = &decision.status {
        let stored = HorizontalPodAutoscalerStatus::from_value(&status.to_value());
        hpa.status = stored.map_err(|error| format!("S-STATUS: it cannot be read again: {error}"))?;
    }
    let view = AutoscalerView {
        hpa: &hpa,
        pods: &tick.pods,
        metrics: &tick.metrics,
        others: &tick.others,
        config: &case.config,
    };
    if decision.events.iter().any(|e| e.reason == "FailedGetScale") {
        return Ok(());
    }
    let answers = AutoscalerAnswers::accepting(scale.clone());
    let second = decide_autoscaler(&view, &mut memory.clone(), now(pass), &answers);
    if second.status.is_some() || !second.scale_updates.is_empty() || second.outcome != decision.outcome {
        return Err(format!("L-QUIET: the same pass once more: {second:?}"));
    }
    Ok(())
}
