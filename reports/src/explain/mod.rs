//! Where a rollout stands, in words: what the controllers do next or which clause of theirs holds them, the cause in the pods,
//! and the kubectl command to look at it or to mend it. Of a dump of a real cluster, and of a simulated one while it stalls.

mod causes;
mod clause;
mod next;

use std::sync::Arc;

use maxsurge_core::api::{Deployment, KubernetesVersion, Pod, ReplicaSet, Time};
use maxsurge_core::controller::replicaset::listed;
use maxsurge_core::scenario::Snapshot;

/// What is known of one Deployment: objects as `kubectl get deploy,rs,pods` gives them. Those of other namespaces may be among them.
#[derive(Clone, Copy, Debug)]
pub struct Objects<'a> {
    /// The Deployment.
    pub deployment: &'a Arc<Deployment>,
    /// ReplicaSets.
    pub replica_sets: &'a [Arc<ReplicaSet>],
    /// Pods.
    pub pods: &'a [Pod],
    /// Whose controllers decide.
    pub version: KubernetesVersion,
}

impl<'a> From<&'a Snapshot> for Objects<'a> {
    fn from(world: &'a Snapshot) -> Self {
        Objects {
            deployment: &world.deployment,
            replica_sets: &world.replica_sets,
            pods: &world.pods,
            version: world.version,
        }
    }
}

/// Why nothing happens (or what there is to know).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Clause {
    /// The dump lacks ReplicaSets.
    MissingReplicaSets,
    /// The dump lacks pods.
    MissingPods,
    /// The controllers have not seen the last change yet.
    Unobserved,
    /// `spec.paused`.
    Paused,
    /// The rollout is over.
    Complete,
    /// A scaling that is done already is taken for one to be done, on every pass.
    StaleDesiredReplicas,
    /// Recreate: old pods are there.
    OldPods,
    /// RollingUpdate: as many pods are wanted as there may be.
    SurgeFull,
    /// RollingUpdate: no old pod may go.
    MinimumAvailable,
    /// All is sized as wanted; pods are waited for.
    NewPods,
    /// Ready pods that do not count as available yet.
    MinReadySeconds,
    /// Pods that have been told to stop.
    Terminating,
    /// The progress deadline is exceeded.
    Deadline,
    /// The progress deadline is not watched.
    NoDeadline,
    /// A ReplicaSet cannot create pods.
    ReplicaFailure,
    /// A cause in the pods.
    Pods,
    /// None of these.
    NoNews,
}

impl Clause {
    /// A stable name, for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Clause::MissingReplicaSets => "missing-replica-sets",
            Clause::MissingPods => "missing-pods",
            Clause::Unobserved => "unobserved",
            Clause::Paused => "paused",
            Clause::Complete => "complete",
            Clause::StaleDesiredReplicas => "stale-desired-replicas",
            Clause::OldPods => "old-pods",
            Clause::SurgeFull => "surge-full",
            Clause::MinimumAvailable => "minimum-available",
            Clause::NewPods => "new-pods",
            Clause::MinReadySeconds => "min-ready-seconds",
            Clause::Terminating => "terminating",
            Clause::Deadline => "deadline",
            Clause::NoDeadline => "no-deadline",
            Clause::ReplicaFailure => "replica-failure",
            Clause::Pods => "pods",
            Clause::NoNews => "no-news",
        }
    }
}

/// One sentence, and what to type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Which rule it is about.
    pub clause: Clause,
    /// The sentence.
    pub text: String,
    /// The command to look at it or to mend it.
    pub command: Option<String>,
}

impl Line {
    fn new(clause: Clause, text: String) -> Self {
        Line { clause, text, command: None }
    }

    fn look(self, command: String) -> Self {
        Line { command: Some(command), ..self }
    }
}

/// Where a rollout stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Explanation {
    /// What the controllers do next, in order; empty = nothing.
    pub next: Vec<String>,
    /// What holds them, what is the matter with the pods, what cannot be known.
    pub lines: Vec<Line>,
}

/// The ReplicaSets and pods of one Deployment, in its namespace.
struct Own<'a> {
    d: &'a Arc<Deployment>,
    /// All of the namespace.
    sets: Vec<Arc<ReplicaSet>>,
    all_pods: Vec<Pod>,
    /// Those that it manages.
    own: Vec<Arc<ReplicaSet>>,
    pods: Vec<&'a Pod>,
    version: KubernetesVersion,
}

impl Own<'_> {
    fn is_new(&self, rs: &ReplicaSet) -> bool {
        rs.spec.template.equal_ignoring_hash(&self.d.spec.template)
    }

    /// `new ReplicaSet web-1`.
    fn named(&self, rs: &ReplicaSet) -> String {
        format!("{} ReplicaSet {}", if self.is_new(rs) { "new" } else { "old" }, rs.meta.name)
    }

    fn kubectl(&self, rest: &str) -> String {
        let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        format!("kubectl -n {} {verb} {rest}", self.d.meta.namespace)
    }

    fn pods_of<'a>(&'a self, rs: &'a ReplicaSet) -> impl Iterator<Item = &'a Pod> {
        self.pods.iter().copied().filter(|pod| listed::owns(rs, pod))
    }

    /// Whether all pods are there that a ReplicaSet says it has.
    fn has_pods_of(&self, rs: &ReplicaSet) -> bool {
        let active = self.pods_of(rs).filter(|pod| pod.is_active()).count();
        active >= usize::try_from(rs.status.replicas).unwrap_or(0)
    }
}

/// Where a rollout stands at a time. `show` writes a time for people.
pub fn explain(objects: Objects<'_>, now: Time, show: &dyn Fn(Time) -> String) -> Explanation {
    let d = objects.deployment;
    let near = |namespace: &str| namespace == d.meta.namespace.as_str();
    let mut sets: Vec<Arc<ReplicaSet>> =
        objects.replica_sets.iter().filter(|rs| near(&rs.meta.namespace)).cloned().collect();
    let owned = |rs: &ReplicaSet| rs.meta.controller().is_some_and(|owner| owner.uid == d.meta.uid);
    let all_pods: Vec<Pod> = objects.pods.iter().filter(|pod| near(&pod.meta.namespace)).cloned().collect();
    let pods: Vec<&Pod> = objects
        .pods
        .iter()
        .filter(|pod| near(&pod.meta.namespace))
        .filter(|pod| sets.iter().any(|rs| owned(rs) && listed::owns(rs, pod)))
        .collect();
    next::refresh(&mut sets, &all_pods, &owned, now, objects.version);
    let own: Vec<Arc<ReplicaSet>> = sets.iter().filter(|rs| owned(rs)).cloned().collect();
    let own = Own { d, sets, all_pods, own, pods, version: objects.version };

    let mut lines = Vec::new();
    let dump = own.kubectl("get deployments,replicasets,pods -o yaml");
    let known: i32 = own.own.iter().map(|rs| rs.status.replicas).sum();
    if own.own.is_empty() && d.status.observed_generation > 0 || known < d.status.replicas {
        let text = if own.own.is_empty() {
            "Its ReplicaSets are not in the dump: what comes next cannot be known.".to_owned()
        } else {
            format!(
                "ReplicaSets are missing from the dump: those in it have {known} of {} pods. What comes next cannot be known.",
                d.status.replicas
            )
        };
        lines.push(Line::new(Clause::MissingReplicaSets, text).look(dump));
        lines.extend(causes::causes(&own, now));
        return Explanation { next: Vec::new(), lines };
    }
    let lacking: Vec<&Arc<ReplicaSet>> = own.own.iter().filter(|rs| !own.has_pods_of(rs)).collect();
    if !lacking.is_empty() {
        let wanted: i32 = lacking.iter().map(|rs| rs.status.replicas).sum();
        let found: usize =
            lacking.iter().map(|rs| own.pods_of(rs).filter(|pod| pod.is_active()).count()).sum();
        let text = format!(
            "{} of {wanted} pods are missing from the dump: the causes in them, and what their ReplicaSets do, cannot be known.",
            wanted as usize - found
        );
        lines.push(Line::new(Clause::MissingPods, text).look(dump));
    }
    let next = next::actions(&own, now);
    let stands = next.iter().all(|action| action.again);
    if stands {
        lines.extend(clause::holds(&own, now, show));
    }
    lines.extend(clause::deadline(&own));
    lines.extend(clause::replica_failures(&own));
    lines.extend(causes::causes(&own, now));
    if lines.is_empty() && next.is_empty() {
        lines.push(Line::new(Clause::NoNews, "The controllers wait for news of the pods.".into()));
    }
    Explanation { next: next.into_iter().map(|action| action.text).collect(), lines }
}
