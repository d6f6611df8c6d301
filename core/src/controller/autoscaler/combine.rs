//! What the metrics ask for together: the most that any of them does.

use super::metrics::Answer;
use super::pods::AutoscaledPod;
use super::reconcile::Pass;
use super::replicas::{Calculator, Proposal, Total, sum, sum_for_average};
use super::selector::{GoSelector, Selector, selector_text};
use super::status::{SCALING_ACTIVE, Saying};
use super::usage::Tolerances;
use super::{AutoscalerApi, Scale};
use crate::api::{
    CrossVersionObjectReference, LabelSelector, MetricSpec, MetricStatus, MetricValueStatus, Quantity,
    QuantityFormat, ScalingRules, Str, StringMap,
};
use crate::controller::SyncError;

/// What the metrics ask for.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Combined {
    /// Pods; negative where a metric's numbers are absurd.
    pub(super) replicas: i32,
    /// The metric that asks for them, in words.
    pub(super) metric: String,
    /// Error of those that could not be read, if the others suffice.
    pub(super) partial: Option<SyncError>,
}

/// Why a metric asks for nothing.
struct Failure {
    /// Reason of the event and of the condition.
    reason: &'static str,
    /// What both say.
    inner: Str,
    /// What the pass says.
    outer: Str,
}

/// A metric that was read.
struct Read {
    proposal: Proposal,
    description: String,
    status: MetricStatus,
}

impl<'a, A: AutoscalerApi> Pass<'a, A> {
    /// Asks every metric. `Err` = nothing can be said, which the pass reports; the entries for the status are kept either
    /// way.
    ///
    /// A metric that cannot be read might ask for more pods than the others: without it nothing may shrink, but it may
    /// grow. (kubernetes/kubernetes#99514)
    pub(super) fn combine(&mut self, scale: &Scale) -> (Result<Combined, SyncError>, Vec<MetricStatus>) {
        let pods = match self.selected(&scale.selector) {
            Ok(pods) => pods,
            Err(error) => return (Err(error), Vec::new()),
        };
        let view = self.view;
        let spec = &view.hpa.spec;
        let calculator = Calculator::new(view, pods, self.tolerances(), self.now);
        let (mut replicas, mut metric, mut statuses) = (0, String::new(), Vec::new());
        let (mut first, mut failed) = (None, 0);
        for metric_spec in spec.metrics.iter() {
            match read(metric_spec, scale, &calculator, &view.hpa.meta.namespace) {
                Ok(read) => {
                    statuses.push(read.status);
                    // A 0 is replaced by whatever comes, so that of several the last gives the description.
                    if replicas == 0 || read.proposal.replicas > replicas {
                        replicas = read.proposal.replicas;
                        metric = read.description;
                    }
                }
                Err(failure) => {
                    statuses.push(MetricStatus::default());
                    self.warn(failure.reason, &failure.inner);
                    first.get_or_insert(failure);
                    failed += 1;
                }
            }
        }
        let all = spec.metrics.len();
        let error = first.as_ref().map(|failure| {
            let first = &failure.outer;
            SyncError::new(format!(
                "invalid metrics ({failed} invalid out of {all}), first error is: {first}"
            ))
        });
        if let (Some(failure), Some(error)) = (first, &error)
            && (failed >= all || replicas < scale.spec_replicas)
        {
            let message = format!("the HPA was unable to compute the replica count: {}", failure.inner);
            self.say(SCALING_ACTIVE, Saying::no(failure.reason, message));
            return (Err(error.clone()), statuses);
        }
        let message = format!("the HPA was able to successfully calculate a replica count from {metric}");
        self.say(SCALING_ACTIVE, Saying::yes("ValidMetricFound", message));
        (Ok(Combined { replicas, metric, partial: error }), statuses)
    }

    /// The pods of the target, by name. No other autoscaler may be at them, or the two would fight; that is judged by the
    /// pods that there are, and by what the others' targets were when they were last looked at.
    fn selected(&mut self, text: &str) -> Result<Vec<&'a AutoscaledPod>, SyncError> {
        let view = self.view;
        if text.is_empty() {
            let message = "selector is required";
            self.warn("SelectorRequired", message);
            let said = Saying::no("InvalidSelector", "the HPA target's scale is missing a selector");
            self.say(SCALING_ACTIVE, said);
            return Err(SyncError::new(message));
        }
        let mut refuse = |reason: &'static str, message: String| {
            self.warn(reason, &message);
            self.say(SCALING_ACTIVE, Saying::no(reason, message.as_str()));
            Err(SyncError::new(message))
        };
        let selector = match Selector::parse(text) {
            Ok(selector) => selector,
            Err(error) => {
                return refuse(
                    "InvalidSelector",
                    format!(
                        "couldn't convert selector into a corresponding internal selector object: {error}"
                    ),
                );
            }
        };
        let mut pods: Vec<&AutoscaledPod> =
            view.pods.iter().filter(|pod| selector.matches(&pod.labels)).collect();
        pods.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let takes = |other: &Option<Selector>| {
            other.as_ref().is_some_and(|other| pods.iter().any(|pod| other.matches(&pod.labels)))
        };
        let mut names: Vec<&Str> =
            view.others.iter().filter(|other| takes(&other.selector)).map(|other| &other.name).collect();
        if !names.is_empty() {
            let meta = &view.hpa.meta;
            names.push(&meta.name);
            names.sort_unstable();
            // Two suffice to be told. Upstream it is chance which of them, and in which order.
            let (a, b, namespace) = (names[0], names[1], &meta.namespace);
            let both = format!("{namespace}/{a} {namespace}/{b}");
            return refuse(
                "AmbiguousSelector",
                format!("pods by selector {text} are controlled by more than one HPA (e.g. [{both}])"),
            );
        }
        Ok(pods)
    }

    /// Of each direction, that of the autoscaler or that of the flag.
    fn tolerances(&self) -> Tolerances {
        let of = |rules: &Option<ScalingRules>| {
            let own = rules.as_ref().and_then(|rules| rules.tolerance.as_ref());
            own.map_or(self.view.config.tolerance, Quantity::approximate_f64)
        };
        let spec = &self.view.hpa.spec;
        Tolerances { down: of(&spec.scale_down), up: of(&spec.scale_up) }
    }
}

fn read(
    spec: &MetricSpec,
    scale: &Scale,
    calculator: &Calculator<'_>,
    namespace: &str,
) -> Result<Read, Failure> {
    match spec.type_.as_str() {
        "Resource" => resource(spec, scale, calculator, "FailedGetResourceMetric", "resource"),
        "ContainerResource" => {
            resource(spec, scale, calculator, "FailedGetContainerResourceMetric", "container")
        }
        "Pods" => pods(spec, scale, calculator),
        "Object" => object(spec, scale, calculator, namespace),
        "External" => external(spec, scale, calculator, namespace),
        other => {
            let text = format!("unknown metric source type {}", crate::controller::quote::GoQuoted(other));
            let text = Str::from(text);
            Err(Failure { reason: "InvalidMetricSourceType", inner: text.clone(), outer: text })
        }
    }
}

fn milli(amount: Option<&Quantity>) -> Option<i64> {
    amount.map(Quantity::unchecked_milli_value)
}

fn failure(reason: &'static str, what: &str, inner: Str) -> Failure {
    let outer = format!("failed to get {what} metric value: {inner}").into();
    Failure { reason, inner, outer }
}

/// The status of a metric that was found to be so.
fn status(spec: &MetricSpec, current: MetricValueStatus) -> MetricStatus {
    MetricStatus {
        type_: spec.type_.clone(),
        name: spec.name.clone(),
        container: spec.container.clone(),
        selector: spec.selector.as_ref().map(stored),
        described_object: spec.described_object.clone(),
        current,
    }
}

/// A selector as it comes back from the API server: what is empty is absent.
pub(super) fn stored(selector: &LabelSelector) -> LabelSelector {
    LabelSelector {
        match_labels: selector.match_labels.clone().filter(|labels: &StringMap| !labels.is_empty()),
        match_expressions: selector.match_expressions.clone().filter(|list| !list.is_empty()),
    }
}

fn resource(
    spec: &MetricSpec,
    scale: &Scale,
    calculator: &Calculator<'_>,
    reason: &'static str,
    source: &str,
) -> Result<Read, Failure> {
    let (name, container, current) = (spec.name.as_str(), spec.container.as_str(), scale.spec_replicas);
    let what =
        if source == "container" { format!("{container} container") } else { format!("{name} resource") };
    let failed = |inner: Str| failure(reason, &what, inner);
    let (proposal, description) = if let Some(target) = milli(spec.target.average_value.as_ref()) {
        let proposal = calculator.raw_resource(current, target, name, container);
        let proposal =
            proposal.map_err(|error| failed(format!("failed to get {name} usage: {error}").into()))?;
        (proposal, format!("{name} resource"))
    } else if let Some(target) = spec.target.average_utilization {
        let proposal = calculator.utilization(current, target, name, container);
        let proposal =
            proposal.map_err(|error| failed(format!("failed to get {name} utilization: {error}").into()))?;
        let source = if source == "container" { "container resource" } else { "resource" };
        (proposal, format!("{name} {source} utilization (percentage of request)"))
    } else {
        let text = "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set";
        return Err(failed(Str::new_static(text)));
    };
    // As the metrics server tells them.
    let format = if name == "memory" { QuantityFormat::BinarySi } else { QuantityFormat::DecimalSi };
    let current = MetricValueStatus {
        value: None,
        average_value: Some(Quantity::from_milli(proposal.found_milli, format)),
        average_utilization: proposal.percent,
    };
    Ok(Read { proposal, description, status: status(spec, current) })
}

fn pods(spec: &MetricSpec, scale: &Scale, calculator: &Calculator<'_>) -> Result<Read, Failure> {
    let failed = |inner: Str| failure("FailedGetPodsMetric", "pods", inner);
    let selector = selector_text(spec.selector.as_ref()).map_err(failed)?;
    let target = milli(spec.target.average_value.as_ref()).unwrap_or(0);
    let proposal = calculator.pods_metric(scale.spec_replicas, target, &spec.name, &selector);
    let proposal = proposal.map_err(failed)?;
    let description = format!("pods metric {}", spec.name);
    Ok(Read { proposal, description, status: status(spec, average_of(&proposal)) })
}

fn average_of(proposal: &Proposal) -> MetricValueStatus {
    let found = Quantity::from_milli(proposal.found_milli, QuantityFormat::DecimalSi);
    MetricValueStatus { average_value: Some(found), ..MetricValueStatus::default() }
}

fn value_of(proposal: &Proposal) -> MetricValueStatus {
    let found = Quantity::from_milli(proposal.found_milli, QuantityFormat::DecimalSi);
    MetricValueStatus { value: Some(found), ..MetricValueStatus::default() }
}

fn object(
    spec: &MetricSpec,
    scale: &Scale,
    calculator: &Calculator<'_>,
    namespace: &str,
) -> Result<Read, Failure> {
    let failed = |inner: Str| failure("FailedGetObjectMetric", "object", inner);
    let selector = selector_text(spec.selector.as_ref()).map_err(failed)?;
    let nothing = CrossVersionObjectReference::default();
    let object = spec.described_object.as_ref().unwrap_or(&nothing);
    let name = &spec.name;
    let fetch = || -> Answer<i64> {
        // An autoscaler asks of no namespace but its own.
        let is_namespace = object.kind == "Namespace" && !object.api_version.contains('/');
        let of = if is_namespace { namespace } else { object.name.as_str() };
        let found = calculator.metrics().object(name, &selector, &object.kind, of);
        found.map_err(|error| {
            let of = format!("{} {namespace}/{}", object.kind, object.name);
            format!("unable to get metric {name} on {of}: {error}").into()
        })
    };
    let target = &spec.target;
    if let ("Value", Some(target)) = (target.type_.as_str(), milli(target.value.as_ref())) {
        let found = fetch().and_then(|found| calculator.value(scale.spec_replicas, found, target));
        let proposal = found.map_err(failed)?;
        let description = format!("{} metric {name}", object.kind);
        return Ok(Read { proposal, description, status: status(spec, value_of(&proposal)) });
    }
    if let ("AverageValue", Some(target)) = (target.type_.as_str(), milli(target.average_value.as_ref())) {
        let found = fetch().map_err(|inner| Failure {
            outer: format!("failed to get object metric value: failed to get {name} object metric: {inner}")
                .into(),
            ..failed(inner)
        })?;
        let total = Total { milli: found, status_replicas: scale.status_replicas, is_capped: false };
        let proposal = calculator.average(total, target);
        let description = format!("external metric {name}({})", GoSelector(spec.selector.as_ref()));
        return Ok(Read { proposal, description, status: status(spec, average_of(&proposal)) });
    }
    let text = "invalid object metric source: neither a value target nor an average value target was set";
    Err(failed(Str::new_static(text)))
}

fn external(
    spec: &MetricSpec,
    scale: &Scale,
    calculator: &Calculator<'_>,
    namespace: &str,
) -> Result<Read, Failure> {
    let name = &spec.name;
    let failed = |inner: Str| failure("FailedGetExternalMetric", &format!("{name} external"), inner);
    // What the pass says has one more part than what the condition says.
    let failed_in = |part: String, inner: Str| Failure {
        outer: format!("failed to get {name} external metric value: {part}: {inner}").into(),
        ..failed(inner)
    };
    let fetch = || -> Answer<Vec<i64>> {
        let selector = selector_text(spec.selector.as_ref())?;
        calculator.metrics().external(name, &selector).map_err(|error| {
            let selector = GoSelector(spec.selector.as_ref());
            format!("unable to get external metric {namespace}/{name}/{selector}: {error}").into()
        })
    };
    let description = || format!("external metric {name}({})", GoSelector(spec.selector.as_ref()));
    if let Some(target) = milli(spec.target.average_value.as_ref()) {
        let found =
            fetch().map_err(|inner| failed_in(format!("failed to get {name} external metric"), inner))?;
        let milli = sum_for_average(&found);
        let total = Total { milli, status_replicas: scale.status_replicas, is_capped: true };
        let proposal = calculator.average(total, target);
        return Ok(Read {
            proposal,
            description: description(),
            status: status(spec, average_of(&proposal)),
        });
    }
    if let Some(target) = milli(spec.target.value.as_ref()) {
        let found = fetch().and_then(|found| calculator.value(scale.spec_replicas, sum(&found), target));
        let proposal =
            found.map_err(|inner| failed_in(format!("failed to get external metric {name}"), inner))?;
        return Ok(Read { proposal, description: description(), status: status(spec, value_of(&proposal)) });
    }
    let text = "invalid external metric source: neither a value target nor an average value target was set";
    Err(failed(Str::new_static(text)))
}
