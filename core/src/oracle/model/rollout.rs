//! Sizes: the two strategies, and a change of `spec.replicas` shared out.

use std::sync::Arc;

use super::super::Property;
use super::super::reading::{limits, pods_of, remembered};
use super::deployment::Model;
use super::{Step, Stop};
use crate::api::{ReplicaSet, StrategyType, annotation};
use crate::cluster::Again;

/// A sum as the controllers keep it: 32 bits that wrap around.
fn sum(numbers: impl Iterator<Item = i32>) -> i32 {
    numbers.map(i64::from).sum::<i64>() as i32
}

fn sizes(sets: &[Arc<ReplicaSet>]) -> i32 {
    sum(sets.iter().map(|rs| rs.spec.replicas))
}

impl Model<'_, '_> {
    fn ceiling(&self) -> i32 {
        self.d.replicas().wrapping_add(limits(&self.d).0)
    }

    /// The size that a ReplicaSet of the template may have which has `size` now, beside `others`.
    pub(super) fn room_for(&self, size: i32, others: &[Arc<ReplicaSet>]) -> Step<i32> {
        let replicas = self.d.replicas();
        match self.d.spec.strategy.type_ {
            StrategyType::Recreate => Ok(replicas),
            StrategyType::Other(_) => Err(Stop::Failed),
            StrategyType::RollingUpdate => {
                let given = self.d.spec.strategy.rolling_update.as_ref();
                let surge = given.and_then(|given| given.max_surge.as_ref());
                let Some(surge) = surge.and_then(|surge| pods_of(surge, replicas, true)) else {
                    return Err(Stop::Failed);
                };
                let ceiling = replicas.wrapping_add(surge as i32);
                let total = sizes(others).wrapping_add(size);
                if total >= ceiling {
                    return Ok(size);
                }
                let room = ceiling.wrapping_sub(total);
                Ok(size.wrapping_add(room.min(replicas.wrapping_sub(size))))
            }
        }
    }

    /// Writes a size, together with the two numbers to remember.
    fn write_size(&mut self, rs: &ReplicaSet, to: i32) -> Step<Arc<ReplicaSet>> {
        let mut copy = rs.clone();
        copy.spec.replicas = to;
        copy.meta.annotations.insert(annotation::DESIRED_REPLICAS, self.d.replicas().to_string());
        copy.meta.annotations.insert(annotation::MAX_REPLICAS, self.ceiling().to_string());
        self.write_set(Property::Model, &copy)
    }

    fn resize(&mut self, rs: &ReplicaSet, to: i32) -> Step<Option<Arc<ReplicaSet>>> {
        if rs.spec.replicas == to { Ok(None) } else { self.write_size(rs, to).map(Some) }
    }

    pub(super) fn rolling(&mut self) -> Step<Again> {
        let new = self.sync_new(true)?.expect("created if there was none");
        let (replicas, size) = (self.d.replicas(), new.spec.replicas);
        let target = if size >= replicas { replicas } else { self.room_for(size, &self.olds)? };
        if self.resize(&new, target)?.is_some() {
            return self.rollout_status(Some(&new));
        }
        let shrunk = match self.shrink(&new) {
            Ok(shrunk) => shrunk,
            // An error ends the shrinking and is then forgotten.
            Err(Stop::Failed) => false,
            Err(other) => return Err(other),
        };
        if !shrunk && self.is_complete(&self.seen.status) {
            self.prune(false)?;
        }
        self.rollout_status(Some(&new))
    }

    fn shrink(&mut self, new: &ReplicaSet) -> Step<bool> {
        let mut olds: Vec<Arc<ReplicaSet>> =
            self.olds.iter().filter(|rs| rs.spec.replicas > 0).cloned().collect();
        if sizes(&olds) == 0 {
            return Ok(false);
        }
        let least = self.d.replicas().wrapping_sub(limits(&self.d).1);
        let new_missing = new.spec.replicas.wrapping_sub(new.status.available_replicas);
        let total = sizes(&self.olds).wrapping_add(new.spec.replicas);
        let budget = total.wrapping_sub(least).wrapping_sub(new_missing);
        if budget <= 0 {
            return Ok(false);
        }
        // First what is unavailable anyway.
        let mut swept = 0_i32;
        for rs in &mut olds {
            let unavailable = rs.spec.replicas.wrapping_sub(rs.status.available_replicas);
            if swept >= budget {
                break;
            }
            if rs.spec.replicas == 0 || unavailable == 0 {
                continue;
            }
            let n = unavailable.min(budget.wrapping_sub(swept));
            let to = rs.spec.replicas.wrapping_sub(n);
            if to > rs.spec.replicas {
                return Err(Stop::Failed);
            }
            if let Some(stored) = self.resize(&rs.clone(), to)? {
                *rs = stored;
            }
            swept = swept.wrapping_add(n);
        }
        // Then what may be missing.
        let available =
            sum(olds.iter().map(|rs| rs.status.available_replicas).chain([new.status.available_replicas]));
        let mut taken = 0_i32;
        let spare = available.wrapping_sub(least);
        if available > least {
            for rs in olds.iter().filter(|rs| rs.spec.replicas != 0) {
                if taken >= spare {
                    break;
                }
                let n = rs.spec.replicas.min(spare.wrapping_sub(taken));
                let to = rs.spec.replicas.wrapping_sub(n);
                if to > rs.spec.replicas {
                    return Err(Stop::Failed);
                }
                self.resize(rs, to)?;
                taken = taken.wrapping_add(n);
            }
        }
        Ok(swept.wrapping_add(taken) > 0)
    }

    pub(super) fn recreate(&mut self) -> Step<Again> {
        let mut new = self.sync_new(false)?;
        let mut stopped = false;
        for rs in self.olds.clone().iter().filter(|rs| rs.spec.replicas > 0) {
            stopped |= self.resize(rs, 0)?.is_some();
        }
        if stopped || self.old_pods_run() {
            return self.rollout_status(new.as_ref());
        }
        if new.is_none() {
            new = self.sync_new(true)?;
        }
        if let Some(new) = new.clone() {
            self.resize(&new, self.d.replicas())?;
        }
        if self.is_complete(&self.seen.status) {
            self.prune(false)?;
        }
        self.rollout_status(new.as_ref())
    }

    /// By the counters of the old ReplicaSets, and by the pods that they own in the cache.
    fn old_pods_run(&self) -> bool {
        let uids: Vec<&str> = self.olds.iter().map(|rs| rs.meta.uid.as_str()).collect();
        sum(self.olds.iter().map(|rs| rs.status.replicas)) > 0
            || self.pods.iter().any(|(_, pod)| {
                pod.exists
                    && !pod.is_finished()
                    && pod.owner.is_some_and(|owner| uids.contains(&self.uid_of(owner)))
            })
    }

    pub(super) fn scale(&mut self, new: Option<&Arc<ReplicaSet>>) -> Step<()> {
        let mut list: Vec<Arc<ReplicaSet>> = self.olds.iter().rev().cloned().collect();
        list.extend(new.cloned());
        list.retain(|rs| rs.spec.replicas > 0);
        let replicas = self.d.replicas();
        if new.is_some() || !self.olds.is_empty() {
            let only = match list.len() {
                0 => new.cloned().or_else(|| self.olds.last().cloned()),
                1 => Some(list[0].clone()),
                _ => None,
            };
            if let Some(only) = only {
                self.resize(&only, replicas)?;
                return Ok(());
            }
        }
        if let Some(new) = new {
            let desired = new.meta.annotations.get(annotation::DESIRED_REPLICAS);
            let desired = desired.and_then(|text| text.parse::<i64>().ok()).map(|desired| desired as i32);
            let full = [new.spec.replicas, new.status.available_replicas];
            if desired == Some(replicas) && full == [replicas; 2] {
                for rs in list.iter().filter(|rs| rs.meta.uid != new.meta.uid) {
                    self.resize(rs, 0)?;
                }
                return Ok(());
            }
        }
        if self.d.spec.strategy.type_ == StrategyType::RollingUpdate { self.share_out(list) } else { Ok(()) }
    }

    fn share_out(&mut self, mut list: Vec<Arc<ReplicaSet>>) -> Step<()> {
        let replicas = self.d.replicas();
        let allowed = if replicas > 0 { self.ceiling() } else { 0 };
        let add = allowed.wrapping_sub(sizes(&list));
        let age = |rs: &ReplicaSet| (rs.meta.creation_timestamp, rs.meta.name.clone());
        list.sort_by(|a, b| {
            let by_size = b.spec.replicas.cmp(&a.spec.replicas);
            match add {
                0 => std::cmp::Ordering::Equal,
                1.. => by_size.then(age(b).cmp(&age(a))),
                _ => by_size.then(age(a).cmp(&age(b))),
            }
        });
        let mut given = 0_i32;
        let mut targets = Vec::new();
        for rs in &list {
            let left = add.wrapping_sub(given);
            let share = match (rs.spec.replicas, add, left) {
                (0, ..) | (_, 0, _) | (_, _, 0) => 0,
                (_, 1.., _) => self.fraction(rs).min(left),
                _ => self.fraction(rs).max(left),
            };
            given = given.wrapping_add(share);
            targets.push(rs.spec.replicas.wrapping_add(share));
        }
        if add != 0
            && let Some(first) = targets.first_mut()
        {
            *first = first.wrapping_add(add.wrapping_sub(given)).max(0);
        }
        let (desired, most) = (replicas.to_string(), self.ceiling().to_string());
        for (rs, to) in list.iter().zip(targets) {
            let note = |key: &str| rs.meta.annotations.get(key).map(|text| text.as_str());
            let noted = note(annotation::DESIRED_REPLICAS) == Some(&desired)
                && note(annotation::MAX_REPLICAS) == Some(&most);
            if rs.spec.replicas != to || !noted {
                self.write_size(rs, to)?;
            }
        }
        Ok(())
    }

    fn fraction(&self, rs: &ReplicaSet) -> i32 {
        let size = rs.spec.replicas;
        if self.d.replicas() == 0 {
            return size.wrapping_neg();
        }
        let noted = remembered(rs, annotation::MAX_REPLICAS).filter(|noted| *noted != 0);
        let before = i64::from(noted.unwrap_or(self.seen.status.replicas));
        if before == 0 {
            return 0;
        }
        let product = i64::from(size.wrapping_mul(self.ceiling()));
        // Half away from zero, in whole numbers.
        let (twice, sign) =
            ((2 * product.abs() + before.abs()) / (2 * before.abs()), product.signum() * before.signum());
        ((twice * sign) as i32).wrapping_sub(size)
    }
}
