//! The closed set of strategies, and the numbers that follow from their limits.

use smol_str::format_smolstr;

use super::sync::Pass;
use super::{DeploymentApi, recreate, rolling};
use crate::api::{DeploymentStrategy, IntOrString, IntOrStringError, RollingUpdate, StrategyType};
use crate::controller::{Requeue, SyncError};
use crate::zoo::{Mutant, active};

/// How old pods are replaced. A further policy is one more file and one more arm in each match below.
#[derive(Clone, Copy, Debug)]
pub enum Strategy<'a> {
    /// A few at a time, within two limits.
    RollingUpdate(Option<&'a RollingUpdate>),
    /// All old pods go before the first new one comes.
    Recreate,
    /// Not a strategy of the API; some paths never ask.
    Unknown(&'a str),
}

/// The two limits of a Deployment as numbers of pods. Zero for every strategy but RollingUpdate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fenceposts {
    /// Pods that may exist beyond `spec.replicas`.
    pub max_surge: i32,
    /// Pods that may be missing.
    pub max_unavailable: i32,
}

impl<'a> Strategy<'a> {
    /// The strategy that a Deployment names.
    pub fn of(strategy: &'a DeploymentStrategy) -> Self {
        match &strategy.type_ {
            StrategyType::RollingUpdate => Strategy::RollingUpdate(strategy.rolling_update.as_ref()),
            StrategyType::Recreate => Strategy::Recreate,
            StrategyType::Other(name) => Strategy::Unknown(name),
        }
    }

    /// The limits at `replicas` wanted pods. Values that mean nothing give 0 and 0: the API server's validation
    /// is what reports them.
    pub fn fenceposts(self, replicas: i32) -> Fenceposts {
        match self {
            Strategy::RollingUpdate(limits) => {
                let surge = limits.and_then(|limits| limits.max_surge.as_ref());
                let unavailable = limits.and_then(|limits| limits.max_unavailable.as_ref());
                let (max_surge, unavailable) = resolve(surge, unavailable, replicas).unwrap_or_default();
                // With nothing wanted nothing can be missing; more than all cannot be missing either.
                let max_unavailable = if replicas == 0 { 0 } else { unavailable.min(replicas) };
                Fenceposts { max_surge, max_unavailable }
            }
            Strategy::Recreate | Strategy::Unknown(_) => Fenceposts::default(),
        }
    }

    /// The size that the ReplicaSet of the template, now at `new_size`, is to have while all ReplicaSets together
    /// have `total` (`NewRSNewReplicas` upstream).
    pub fn size_of_new(self, replicas: i32, total: i32, new_size: i32) -> Result<i32, SyncError> {
        match self {
            Strategy::RollingUpdate(limits) => {
                // Here, unlike in the fenceposts, a missing or meaningless limit is an error: a size would be
                // written by it.
                let surge = limits.and_then(|limits| limits.max_surge.as_ref()).ok_or(IntOrStringError::Nil);
                let surge = surge
                    .and_then(|surge| surge.scaled(replicas, true))
                    .map_err(|error| SyncError::new(format_smolstr!("{error}")))?;
                let surge = if active(Mutant::SNoSurge) { 0 } else { surge };
                let limit = replicas.wrapping_add(surge);
                if active(Mutant::SUnsignedRoom) {
                    let room = (limit as u32).wrapping_sub(total as u32);
                    return Ok(new_size.wrapping_add(room.min(replicas.wrapping_sub(new_size) as u32) as i32));
                }
                if total >= limit {
                    return Ok(new_size);
                }
                let free = limit.wrapping_sub(total);
                let uncapped =
                    active(Mutant::SGrowPastDesired) || (active(Mutant::SurgeBeyondQuota) && new_size == 0);
                let room = if uncapped { free } else { free.min(replicas.wrapping_sub(new_size)) };
                Ok(new_size.wrapping_add(room))
            }
            Strategy::Recreate => Ok(replicas),
            Strategy::Unknown(name) => {
                Err(SyncError::new(format_smolstr!("deployment type {name} isn't supported")))
            }
        }
    }

    /// Whether ReplicaSets share a change of `spec.replicas` in proportion to their sizes.
    pub fn scales_proportionally(self) -> bool {
        match self {
            Strategy::RollingUpdate(_) => true,
            Strategy::Recreate | Strategy::Unknown(_) => false,
        }
    }

    /// One step of the rollout.
    pub(super) fn rollout(
        self,
        pass: &mut Pass<'_, '_, impl DeploymentApi + ?Sized>,
    ) -> Result<Requeue, SyncError> {
        match self {
            Strategy::RollingUpdate(_) => rolling::rollout(pass),
            Strategy::Recreate => recreate::rollout(pass),
            Strategy::Unknown(name) => {
                Err(SyncError::new(format_smolstr!("unexpected deployment strategy type: {name}")))
            }
        }
    }
}

/// Surge rounds up and unavailability rounds down, so that a percentage of few pods can still move a rollout on
/// without giving up more availability than asked for.
fn resolve(
    surge: Option<&IntOrString>,
    unavailable: Option<&IntOrString>,
    replicas: i32,
) -> Result<(i32, i32), IntOrStringError> {
    let surge = surge.map_or(Ok(0), |limit| limit.scaled_wide(replicas, true))?;
    let mut unavailable =
        unavailable.map_or(Ok(0), |limit| limit.scaled_wide(replicas, active(Mutant::UnavailRoundedUp)))?;
    if surge == 0 && unavailable == 0 {
        // Validation forbids two zeros but not a percentage that rounds down to zero; with neither limit the
        // rollout could never move.
        unavailable = 1;
    }
    Ok((surge as i32, unavailable as i32))
}
