//! The bug zoo: known bugs of rollout controllers, each a change of one to three lines that is built in only with the
//! feature `zoo`. The harness runs on one of them at a time and has to find it; what judges never looks here.
//!
//! Without the feature `active` is the constant `false`, so that the seeds leave nothing behind in the binary. With it,
//! no mutant is active until the harness activates one on its own thread.

#[cfg(feature = "zoo")]
mod catalogue;
#[cfg(feature = "zoo")]
mod switch;

#[cfg(feature = "zoo")]
pub use self::catalogue::{ENTRIES, Entry, Kind, UNSEEDED, Unseeded};
#[cfg(feature = "zoo")]
pub use self::switch::{activate, active};
#[cfg(feature = "zoo")]
pub(crate) use self::switch::{any_order, wall_clock};

/// Whether the code is to have that bug.
#[cfg(not(feature = "zoo"))]
#[inline(always)]
pub(crate) const fn active(_: Mutant) -> bool {
    false
}

/// Leaves the order as it is: the zoo is not built in.
#[cfg(not(feature = "zoo"))]
#[inline(always)]
pub(crate) fn any_order<T>(_: &mut [T]) {}

/// The time that was given: the zoo is not built in.
#[cfg(not(feature = "zoo"))]
#[inline(always)]
pub(crate) fn wall_clock(now: crate::api::Time) -> crate::api::Time {
    now
}

macro_rules! mutants {
    ($($name:ident,)*) => {
        /// A bug that can be switched on. `catalogue.rs` says what each does and where it was seen.
        #[allow(missing_docs, reason = "the catalogue describes each")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Mutant { $($name,)* }
    };
}

mutants! {
    SweepGoesNegative, SweepCountsReady, UnavailRoundedUp, SurgeFromOldSize, UnhealthyOldPinsRollout,
    TwoSpendersOneBudget, SurgeBeyondQuota, PausedStillSurges, ShrinkOnWeightNotHealth,
    SkippedSetBecomesZero, NotesNotRefreshed, ZeroBaseFraction, ResizeHitsLatestNotActive, AbortKillsStable,
    DeadlineNoteWiped, ResizeLooksLikeRelease, OldNoteTriggersResize, AbortedSetRevived,
    RecreateEager, RecreateWaitsForDead, RecreateNilNew,
    NameClashStuck, ServerEditedTemplateChurn, OneWayLabelCompare, TwoTwins, CompareWritesBack,
    LexicographicRevision, RevisionCopiedDown, RollbackKeepsWrongNote, RevisionViaStatusWrite,
    PruneCountsDying, PruneByAge, PruneMissingInOneStrategy,
    NegativeUnavailable, CompleteWithOldPods, ExpiredFromLastSuccess, ExpiredNeverCleared, DoneNeedsHeldBackSet,
    DoneForOlderGeneration, StaleFailureCondition, FlipPausedComplete, NoWakeForDeadline, PastDeadlineBusyLoop,
    NoWakeForMinready, CountBeforeExpectation, TimeoutTakenForSuccess, DeniedCreateHotLoop, VictimsIgnoreReadiness,
    DyingPodsAmongVictims,
    AdoptWhileDying, OverlapThrash, SkipMeansNoStatus, OrphaningNotNoticed,
    TwinSetsFromStaleList, CacheOverwrittenWithOlder, LostActiveNotReplaced, LeakedExpectation, TrimAndRetireSamePass,
    SNoSurge, SSelfNotCounted, STotalFromStatus, SGrowPastDesired, SPauseHalf, SBudgetGuardGone,
    SLeftoverDropped, SShareFromCurrentCeiling, SZeroKeepsSurge, STieBreakReversed, SUnsignedRoom,
    SGateOnOwnSet, SMapOrder, SUndoToSelf, SPruneNewest, SPruneActive,
    SObservedTooEarly, SStampEveryPass, SWallClock,
    SDyingIsAvailable, SReadyIsAvailable, SVictimsReversed, SAdoptOwned, SSharedExpectation, SDeleteUnconfirmed,
}
