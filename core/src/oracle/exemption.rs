//! Where the real controllers break a property themselves.

/// A known way in which Kubernetes v1.37.2 breaks a property. Each is as narrow as it can be told from the objects, and a
/// test shows that it still happens. Whoever hunts for bugs of Kubernetes judges strictly, and then none is granted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exemption {
    /// L-CONV: the only active ReplicaSet has the wanted size and a `desired-replicas` annotation that says otherwise:
    /// every pass takes this for a change of size, finds nothing to change, and never rolls out.
    StaleSizeAnnotation,
    /// L-CONV: Recreate, several active ReplicaSets and a stale `desired-replicas` annotation: only RollingUpdate spreads
    /// a change of size over several, so every pass takes this for a change of size and does nothing.
    RecreateScaling,
    /// L-QUIET: a Deployment that completed longer ago than its deadline and is incomplete again (one pod unavailable is
    /// enough) is looked at up to ten times a second, without a write, until it is complete.
    HotLoop,
    /// S-AVAIL: a change of `spec.replicas` in mid-rollout, or a pause, is shared out by size; how many pods are
    /// available is not asked.
    ScalingIgnoresAvailability,
    /// S-SURGE: the same sharing grows one ReplicaSet before it shrinks another; a crash in between leaves both.
    ScalingGrowsFirst,
    /// S-RECREATE: while paused, sizes follow `spec.replicas` without a look at old pods.
    PausedRecreate,
    /// L-WAKE: a Deployment that failed sixteen times in a row is not tried again before something happens to it.
    RetriesExhausted,
    /// L-WAKE: the update that would have made an old ReplicaSet smaller was refused. The pass ends well all the same, and if
    /// it has no status to write either, nobody tries again before something happens.
    ForgottenError,
    /// S-SURGE: a ReplicaSet whose labels no longer match is given up with its pods, and others grow in its place.
    ReleasedSetRuns,
    /// S-AVAIL: a pass gives up the ReplicaSet of the template, whose labels no longer match, and cannot make another, as the
    /// name is taken; its cache still shows the one that it gave up as its own, so that it goes on with that one and counts its pods.
    ReleasedSetTaken,
    /// S-RECREATE: a rollback by annotation first makes the ReplicaSet of the template that it leaves, at its full size
    /// and without a look at old pods.
    RollbackCreates,
    /// S-STATUS: a terminating pod that loses its owner reference or whose labels change wakes nobody, and
    /// `terminatingReplicas` counts it for ever. L-WAKE: with Recreate the Deployment then waits for the write of that
    /// counter.
    TerminatingPodLeaves,
    /// L-WAKE: Recreate waits for a pod whose labels were changed, and perhaps changed back when it had ended. That it ends while it or its ReplicaSet terminates, or loses its owner
    /// reference, changes no counter of its ReplicaSet and wakes nobody: the rollout goes on only when something else happens.
    LeftPodEnds,
    /// L-CONV: a pod loses its owner reference, or is given to another owner, and its ReplicaSet, which does not see that yet,
    /// deletes it. The event of the deletion is then not its own, so the ReplicaSet waits for it five minutes, and after that for
    /// anything that wakes it.
    /// S-STATUS: until then its status counts the pod.
    VictimOrphaned,
    /// L-CONV, L-WAKE: a pod came and was deleted, or lost its owner reference, while the watch of pods was lost, so that no list
    /// shows it as made; or one was adopted and deleted, so that the list tells of the end of an orphan. The ReplicaSet waits for its creation five minutes, and after that for anything that wakes it.
    UnseenPod,
}

impl Exemption {
    /// All of them.
    pub const ALL: [Exemption; 15] = [
        Exemption::StaleSizeAnnotation,
        Exemption::RecreateScaling,
        Exemption::HotLoop,
        Exemption::ScalingIgnoresAvailability,
        Exemption::ScalingGrowsFirst,
        Exemption::PausedRecreate,
        Exemption::RetriesExhausted,
        Exemption::ForgottenError,
        Exemption::ReleasedSetRuns,
        Exemption::ReleasedSetTaken,
        Exemption::RollbackCreates,
        Exemption::TerminatingPodLeaves,
        Exemption::LeftPodEnds,
        Exemption::VictimOrphaned,
        Exemption::UnseenPod,
    ];

    /// What Kubernetes says of it: an issue, or that none was found.
    pub fn upstream(self) -> &'static str {
        match self {
            Exemption::StaleSizeAnnotation => "kubernetes/kubernetes#102551, #138036 (open)",
            Exemption::RecreateScaling => {
                "kubernetes/kubernetes#125568 (closed for want of an answer, not mended)"
            }
            Exemption::HotLoop => "no issue found; like argoproj/argo-rollouts#4971",
            Exemption::ScalingIgnoresAvailability | Exemption::ScalingGrowsFirst => {
                "intended: proportional scaling, kubernetes/kubernetes#105395 and others"
            }
            Exemption::PausedRecreate
            | Exemption::RollbackCreates
            | Exemption::TerminatingPodLeaves
            | Exemption::LeftPodEnds => "no issue found",
            Exemption::VictimOrphaned => {
                "no issue found; kubernetes/kubernetes#138818 (open) would have no such pod deleted"
            }
            Exemption::UnseenPod => "kubernetes/kubernetes#129795 (open), where it is named in passing",
            Exemption::ForgottenError => "no issue found; like kubernetes/kubernetes#42571 (closed)",
            Exemption::RetriesExhausted => "intended: maxRetries of the Deployment controller",
            Exemption::ReleasedSetRuns => "kubernetes/kubernetes#57093 (open)",
            Exemption::ReleasedSetTaken => {
                "no issue found; the check of the cached owner is that of kubernetes/kubernetes#59212 (merged)"
            }
        }
    }
}
