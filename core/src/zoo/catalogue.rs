//! What each mutant does, how hard it should be to find, where it was seen, and which property should tell.

use super::Mutant::{self, *};

/// Family of a bug.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Availability floor and surge ceiling of a rolling update.
    Budget,
    /// Resizing and proportional scaling.
    Resize,
    /// The gate of Recreate.
    Recreate,
    /// Which ReplicaSet is that of the template.
    Identity,
    /// Revision numbers and rollback.
    Revision,
    /// Deletion of old ReplicaSets.
    History,
    /// Status, conditions, progress deadline.
    Status,
    /// Creation and deletion of pods, availability by time.
    Replicaset,
    /// Adoption, release, deletion.
    Ownership,
    /// Stale views, conflicts, expectations.
    Cache,
}

impl Kind {
    /// As in reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Budget => "budget",
            Kind::Resize => "resize",
            Kind::Recreate => "recreate",
            Kind::Identity => "identity",
            Kind::Revision => "revision",
            Kind::History => "history",
            Kind::Status => "status",
            Kind::Replicaset => "replicaset",
            Kind::Ownership => "ownership",
            Kind::Cache => "cache",
        }
    }
}

/// A mutant.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its switch.
    pub mutant: Mutant,
    /// Its name; `s-…` are invented, the others were seen.
    pub name: &'static str,
    /// Family.
    pub kind: Kind,
    /// 1 = any rollout shows it, 2 = one setting or event, 3 = an order of events, lag, a clock, 4 = stale reads, conflicts,
    /// extreme values.
    pub difficulty: u8,
    /// Issues and pull requests. k8s = kubernetes, argo = argo-rollouts, mcm = machine-controller-manager,
    /// capi = cluster-api, origin = openshift.
    pub sources: &'static str,
    /// Codes of the properties that should tell.
    pub expected: &'static str,
    /// What it does wrong.
    pub what: &'static str,
}

/// A bug of the zoo that is no mutant here.
#[derive(Clone, Copy, Debug)]
pub struct Unseeded {
    /// Its name.
    pub name: &'static str,
    /// Family.
    pub kind: Kind,
    /// See [`Entry::difficulty`].
    pub difficulty: u8,
    /// See [`Entry::sources`].
    pub sources: &'static str,
    /// Why it cannot be switched on.
    pub why: &'static str,
}

const fn m(
    mutant: Mutant,
    name: &'static str,
    kind: Kind,
    difficulty: u8,
    sources: &'static str,
    expected: &'static str,
    what: &'static str,
) -> Entry {
    Entry { mutant, name, kind, difficulty, sources, expected, what }
}

/// All mutants.
#[rustfmt::skip]
pub const ENTRIES: &[Entry] = &[
    m(SweepGoesNegative, "sweep-goes-negative", Kind::Budget, 3, "k8s 21810 22719 22828", "S-SURGE L-OSC",
        "the removal of unhealthy old pods grows an old ReplicaSet whose status still shows more available pods than its size"),
    m(SweepCountsReady, "sweep-counts-ready", Kind::Budget, 3, "k8s 26834 27728", "L-CONV S-AVAIL",
        "the removal of unhealthy old pods looks at ready instead of available pods"),
    m(UnavailRoundedUp, "unavail-rounded-up", Kind::Budget, 1, "k8s 21922 21872; origin 7562; kruise 316", "S-AVAIL",
        "a percentage of maxUnavailable is rounded up"),
    m(SurgeFromOldSize, "surge-from-old-size", Kind::Budget, 2, "k8s 22526", "S-SURGE L-CONV",
        "the ceiling is the size that the old ReplicaSet remembers plus surge"),
    m(UnhealthyOldPinsRollout, "unhealthy-old-pins-rollout", Kind::Budget, 2, "k8s 18530 18583 21273; argo 739", "L-CONV",
        "old pods that never became available are not removed apart"),
    m(TwoSpendersOneBudget, "two-spenders-one-budget", Kind::Budget, 3, "argo 4221", "S-AVAIL",
        "each old ReplicaSet gets the whole of what may be removed in one pass"),
    m(SurgeBeyondQuota, "surge-beyond-quota", Kind::Budget, 2, "kruise 285 286", "L-OSC S-SURGE",
        "a new ReplicaSet begins with all of the surge, though fewer pods are to be replaced"),
    m(PausedStillSurges, "paused-still-surges", Kind::Budget, 1, "kruise 1153", "S-REV L-OSC",
        "a pause does not hold back the creation of the new ReplicaSet"),
    m(ShrinkOnWeightNotHealth, "shrink-on-weight-not-health", Kind::Budget, 2, "argo 2050", "S-AVAIL",
        "new pods count as available as soon as they are asked for"),
    m(SkippedSetBecomesZero, "skipped-set-becomes-zero", Kind::Resize, 3, "mcm 765 802 803", "S-AVAIL S-SURGE",
        "in proportional scaling a ReplicaSet without a share goes to zero"),
    m(NotesNotRefreshed, "notes-not-refreshed", Kind::Resize, 3, "k8s 28145 28162", "L-CONV S-SURGE",
        "while the template has no ReplicaSet, a resize does not remember the sizes it was made for"),
    m(ZeroBaseFraction, "zero-base-fraction", Kind::Resize, 4, "k8s 128535", "P-PANIC S-SURGE",
        "a proportional share divides by a remembered size that is absent or zero"),
    m(ResizeHitsLatestNotActive, "resize-hits-latest-not-active", Kind::Resize, 2, "origin 6172 6260", "S-SURGE L-CONV",
        "with one active ReplicaSet the newest gets the new size, not the active one"),
    m(AbortKillsStable, "abort-kills-stable", Kind::Resize, 2, "argo 1292", "S-AVAIL",
        "a rollback to the present revision takes its ReplicaSet to zero"),
    m(DeadlineNoteWiped, "deadline-note-wiped", Kind::Resize, 3, "argo 3762 3784 3836", "S-REV L-QUIET",
        "the second write of a pass carries the annotations from before the first"),
    m(ResizeLooksLikeRelease, "resize-looks-like-release", Kind::Resize, 2, "flagger 634", "M-META L-OSC",
        "a change of the size alone makes a new revision"),
    m(OldNoteTriggersResize, "old-note-triggers-resize", Kind::Resize, 3, "argo 3883", "L-CONV L-QUIET",
        "remembered sizes of ReplicaSets without pods make every pass a resize"),
    m(AbortedSetRevived, "aborted-set-revived", Kind::Resize, 3, "argo 4973 5018", "L-OSC S-SURGE",
        "a resize starts an abandoned ReplicaSet to make up for pods that are not available yet"),
    m(RecreateEager, "recreate-eager", Kind::Recreate, 2, "k8s 27362 32567 58814", "S-RECREATE",
        "Recreate waits for counters, which do not count terminating pods, and not for the pods"),
    m(RecreateWaitsForDead, "recreate-waits-for-dead", Kind::Recreate, 2, "k8s 60162 60301 60496", "L-CONV",
        "Recreate waits for failed and succeeded pods, which nobody removes"),
    m(RecreateNilNew, "recreate-nil-new", Kind::Recreate, 1, "k8s 36488", "P-PANIC",
        "the progress step expects a new ReplicaSet while Recreate has none yet"),
    m(NameClashStuck, "name-clash-stuck", Kind::Identity, 4, "k8s 29735 43449 43948 44774", "L-CONV",
        "the collision count is never raised, so a taken name stops the rollout for ever"),
    m(ServerEditedTemplateChurn, "server-edited-template-churn", Kind::Identity, 3, "k8s 141961 142189 58032 57167", "L-QUIET S-HIST",
        "the API server drops a template field on creation: the controller never finds what it made"),
    m(OneWayLabelCompare, "one-way-label-compare", Kind::Identity, 2, "k8s 61639 62150", "L-CONV M-META",
        "a label added to the template goes unnoticed"),
    m(TwoTwins, "two-twins", Kind::Identity, 3, "k8s 40415 41851", "D-DET L-OSC",
        "of two ReplicaSets with the template the first of the list is taken"),
    m(CompareWritesBack, "compare-writes-back", Kind::Identity, 2, "k8s 29960 30011", "D-DET L-CONV",
        "the comparison takes the hash label off, and the next write makes that last"),
    m(LexicographicRevision, "lexicographic-revision", Kind::Revision, 3, "k8s 49355 49701", "S-REV",
        "revisions are compared as texts"),
    m(RevisionCopiedDown, "revision-copied-down", Kind::Revision, 2, "k8s 22326 22270", "S-REV L-QUIET",
        "the Deployment's revision is copied to the ReplicaSet with its other annotations"),
    m(RollbackKeepsWrongNote, "rollback-keeps-wrong-note", Kind::Revision, 2, "k8s 23087 23160", "M-META",
        "a rollback brings back the template but not its annotations"),
    m(RevisionViaStatusWrite, "revision-via-status-write", Kind::Revision, 2, "capi 499", "S-REV L-QUIET",
        "the Deployment's revision is sent with the status, which takes no annotations"),
    m(PruneCountsDying, "prune-counts-dying", Kind::History, 2, "k8s 41145", "S-HIST L-QUIET",
        "ReplicaSets that are being deleted count as history and are deleted again"),
    m(PruneByAge, "prune-by-age", Kind::History, 3, "k8s 82570", "S-HIST",
        "the oldest by creation goes first, not the lowest revision"),
    m(PruneMissingInOneStrategy, "prune-missing-in-one-strategy", Kind::History, 1, "argo 68", "S-HIST",
        "Recreate never deletes history"),
    m(NegativeUnavailable, "negative-unavailable", Kind::Status, 3, "k8s 21900 39741 41697 30028", "S-RANGE L-CONV",
        "unavailableReplicas is not kept from going below zero"),
    m(CompleteWithOldPods, "complete-with-old-pods", Kind::Status, 1, "k8s 40207 40261", "S-STATUS",
        "a rollout is complete although old pods remain"),
    m(ExpiredFromLastSuccess, "expired-from-last-success", Kind::Status, 4, "k8s 49637 52127 52178", "S-STATUS",
        "the progress deadline is counted from the end of the rollout before"),
    m(ExpiredNeverCleared, "expired-never-cleared", Kind::Status, 2, "argo 939", "S-STATUS L-CONV",
        "a rollout that timed out stays so, whatever happens"),
    m(DoneNeedsHeldBackSet, "done-needs-held-back-set", Kind::Status, 2, "argo 3414", "S-STATUS",
        "a rollout is not complete while history is kept"),
    m(DoneForOlderGeneration, "done-for-older-generation", Kind::Status, 2, "k8s 19946; krane 325; cilium-cli 1383", "S-STATUS",
        "a status of an earlier generation says that the rollout is complete"),
    m(StaleFailureCondition, "stale-failure-condition", Kind::Status, 2, "k8s 103450", "S-STATUS",
        "the condition about failed creations is never removed"),
    m(FlipPausedComplete, "flip-paused-complete", Kind::Status, 2, "origin 11656", "L-QUIET",
        "a paused Deployment is marked complete and then paused again, for ever"),
    m(NoWakeForDeadline, "no-wake-for-deadline", Kind::Status, 2, "recalled", "L-WAKE",
        "nothing is scheduled for the progress deadline"),
    m(PastDeadlineBusyLoop, "past-deadline-busy-loop", Kind::Status, 3, "argo 4971", "L-QUIET",
        "a rollout that timed out is looked at again and again"),
    m(NoWakeForMinready, "no-wake-for-minready", Kind::Replicaset, 2, "k8s 41641 41697 41762 42295", "L-WAKE L-CONV",
        "nothing is scheduled for the moment in which a ready pod becomes available"),
    m(CountBeforeExpectation, "count-before-expectation", Kind::Replicaset, 4, "k8s 8138 41675", "S-SURGE S-EXPECT",
        "pods are created although earlier creations have not been seen yet"),
    m(TimeoutTakenForSuccess, "timeout-taken-for-success", Kind::Replicaset, 3, "k8s 67662 86140", "L-CONV S-EXPECT",
        "a creation that timed out counts as done"),
    m(DeniedCreateHotLoop, "denied-create-hot-loop", Kind::Replicaset, 2, "k8s 30626 49145 49142", "L-QUIET",
        "refused creations are repeated at once"),
    m(VictimsIgnoreReadiness, "victims-ignore-readiness", Kind::Replicaset, 1, "k8s 3948 6992 14396", "S-LOST S-AVAIL",
        "which pods go does not depend on phase and readiness"),
    m(DyingPodsAmongVictims, "dying-pods-among-victims", Kind::Replicaset, 3, "grove 758", "S-LOST S-AVAIL D-DET",
        "terminating pods are among the candidates for deletion"),
    m(AdoptWhileDying, "adopt-while-dying", Kind::Ownership, 3, "k8s 42639 42938 38613", "S-OWN",
        "an owner that is being deleted adopts"),
    m(OverlapThrash, "overlap-thrash", Kind::Ownership, 2, "k8s 24152 27954 28328 30028", "S-OWN L-OSC",
        "ReplicaSets of another owner count if their labels match"),
    m(SkipMeansNoStatus, "skip-means-no-status", Kind::Ownership, 2, "k8s 34466", "S-STATUS",
        "a Deployment whose selector overlaps another's is skipped without a status"),
    m(OrphaningNotNoticed, "orphaning-not-noticed", Kind::Ownership, 3, "k8s 32829", "L-WAKE L-CONV",
        "a pod that loses its owner wakes nobody"),
    m(TwinSetsFromStaleList, "twin-sets-from-stale-list", Kind::Cache, 4, "capi 13649 12551", "S-SURGE S-REV",
        "the name of a new ReplicaSet holds the time, so a second attempt makes another"),
    m(CacheOverwrittenWithOlder, "cache-overwritten-with-older", Kind::Cache, 4, "argo 4044 3332 3316 3080", "L-CONV",
        "the answer of a write replaces a newer object in the cache"),
    m(LostActiveNotReplaced, "lost-active-not-replaced", Kind::Cache, 3, "origin 7272", "L-WAKE L-CONV",
        "the deletion of a ReplicaSet does not wake its Deployment"),
    m(LeakedExpectation, "leaked-expectation", Kind::Cache, 4, "kruise 1765 1829", "L-CONV",
        "an expectation whose event was lost never expires"),
    m(TrimAndRetireSamePass, "trim-and-retire-same-pass", Kind::Cache, 3, "mcm 1068 1069", "L-OSC",
        "pods released in a pass are missed twice, and replaced by one too many each"),
    m(SNoSurge, "s-no-surge", Kind::Budget, 1, "", "L-CONV", "the ceiling lacks the surge"),
    m(SSelfNotCounted, "s-self-not-counted", Kind::Budget, 2, "", "S-SURGE", "the new ReplicaSet's own size is not counted below the ceiling"),
    m(STotalFromStatus, "s-total-from-status", Kind::Budget, 3, "", "S-SURGE L-OSC", "the room below the ceiling is computed from status counters"),
    m(SGrowPastDesired, "s-grow-past-desired", Kind::Budget, 2, "", "S-SURGE L-CONV", "the new ReplicaSet may grow beyond the wanted size"),
    m(SPauseHalf, "s-pause-half", Kind::Budget, 1, "", "S-AVAIL", "a pause does not keep old ReplicaSets from shrinking"),
    m(SBudgetGuardGone, "s-budget-guard-gone", Kind::Budget, 4, "", "S-AVAIL", "old ReplicaSets shrink without the test that there is anything to spare"),
    m(SLeftoverDropped, "s-leftover-dropped", Kind::Resize, 2, "", "L-CONV", "what rounding leaves over in proportional scaling goes to nobody"),
    m(SShareFromCurrentCeiling, "s-share-from-current-ceiling", Kind::Resize, 3, "", "model difference", "proportional shares are computed from the present ceiling, not the remembered one"),
    m(SZeroKeepsSurge, "s-zero-keeps-surge", Kind::Resize, 2, "", "S-SURGE", "with no pods wanted the surge is still allowed"),
    m(STieBreakReversed, "s-tie-break-reversed", Kind::Resize, 3, "", "model difference", "among equals an older ReplicaSet grows first"),
    m(SUnsignedRoom, "s-unsigned-room", Kind::Resize, 3, "", "P-PANIC S-SURGE", "more pods than the ceiling make the room wrap around"),
    m(SGateOnOwnSet, "s-gate-on-own-set", Kind::Recreate, 2, "", "L-CONV S-HIST", "the gate of Recreate also counts pods of the new ReplicaSet"),
    m(SMapOrder, "s-map-order", Kind::Identity, 2, "", "D-DET", "old ReplicaSets are gone through in random order"),
    m(SUndoToSelf, "s-undo-to-self", Kind::Revision, 1, "", "M-META", "the revision before is taken to be the highest"),
    m(SPruneNewest, "s-prune-newest", Kind::History, 1, "", "S-HIST", "the newest history is deleted first"),
    m(SPruneActive, "s-prune-active", Kind::History, 2, "", "S-HIST S-AVAIL", "ReplicaSets that still have pods are deleted as history"),
    m(SObservedTooEarly, "s-observed-too-early", Kind::Status, 2, "", "S-STATUS", "the observed generation is written before the pass did anything"),
    m(SStampEveryPass, "s-stamp-every-pass", Kind::Status, 2, "", "L-QUIET L-WAKE", "the times of conditions are renewed by every pass"),
    m(SWallClock, "s-wall-clock", Kind::Status, 2, "", "D-DET S-STATUS", "conditions are stamped by a clock of its own"),
    m(SDyingIsAvailable, "s-dying-is-available", Kind::Replicaset, 2, "", "S-AVAIL S-STATUS", "terminating pods count as ready and available"),
    m(SReadyIsAvailable, "s-ready-is-available", Kind::Replicaset, 2, "", "S-AVAIL S-STATUS", "ready pods count as available before minReadySeconds have passed"),
    m(SVictimsReversed, "s-victims-reversed", Kind::Replicaset, 1, "", "S-LOST", "the best pods go first"),
    m(SAdoptOwned, "s-adopt-owned", Kind::Ownership, 2, "", "S-OWN L-CONV", "what another owner has is adopted"),
    m(SSharedExpectation, "s-shared-expectation", Kind::Cache, 3, "", "S-EXPECT L-CONV", "the ReplicaSets of a Deployment share one record of expectations"),
    m(SDeleteUnconfirmed, "s-delete-unconfirmed", Kind::Cache, 4, "", "S-AVAIL S-EXPECT", "deletions are not remembered until they are seen"),
];

/// Bugs of the zoo that v1.37.2 has as well, so that the core has them without a mutant.
#[rustfmt::skip]
pub const UNSEEDED: &[Unseeded] = &[
    Unseeded { name: "old-set-grown-on-combined-update", kind: Kind::Budget, difficulty: 1, sources: "k8s 105395 120157 106708; mcm 754",
        why: "v1.37.2 does it on purpose: a change of size is shared out before the ReplicaSet of a new template is created" },
    Unseeded { name: "stale-size-note-deadlock", kind: Kind::Resize, difficulty: 3, sources: "k8s 102551 138036 138839; argo 412",
        why: "v1.37.2 has it; the harness names the livelock" },
    Unseeded { name: "prune-blocked-when-stuck", kind: Kind::History, difficulty: 2, sources: "k8s 40068 40081 41432 36117",
        why: "v1.37.2 deletes history only of a complete or paused Deployment" },
    Unseeded { name: "failure-text-frozen", kind: Kind::Status, difficulty: 2, sources: "k8s 127081 127111",
        why: "v1.37.2 has it: a ReplicaFailure condition stays as it is until a pass succeeds" },
    Unseeded { name: "failed-pod-treadmill", kind: Kind::Replicaset, difficulty: 2, sources: "k8s 72593 76370 43846 131116",
        why: "v1.37.2 has it: pods that fail are replaced without a delay, so there is no back-off to remove" },
    Unseeded { name: "released-set-still-running", kind: Kind::Ownership, difficulty: 3, sources: "k8s 57093",
        why: "v1.37.2 has it: a ReplicaSet whose labels no longer match is released with its pods" },
];
