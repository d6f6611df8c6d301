//! What was learnt on the way: contents of objects, what passes come to, what states break.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use maxsurge_core::oracle::{Exemption, Violation};

use super::objects::Objects;
use super::passes::{Effects, deployment_pass, set_pass};
use super::sight::{DeploymentSight, SetSight};

/// Looked up at each step, by keys that nobody from outside chooses.
pub(super) type Known<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// A hash that costs little: a few words are mixed by a multiplication each.
#[derive(Clone, Copy, Default)]
pub(super) struct Quick(u64);

impl Quick {
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ (product as u64).rotate_left(5);
    }
}

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, n: u64) {
        self.mix(n);
    }

    fn write_usize(&mut self, n: usize) {
        self.mix(n as u64);
    }
}

/// What a pass comes to.
#[derive(Clone)]
pub(super) struct Deed {
    pub(super) effects: Arc<Effects>,
    /// Number of what it breaks; 0 = nothing.
    pub(super) broken: u16,
    /// It asks for nothing, breaks nothing and is not to be repeated.
    is_idle: bool,
}

/// What was learnt on the way.
pub(super) struct Tables {
    pub(super) objects: Objects,
    /// What passes come to, and the number of what they break.
    deployment_passes: Known<[u64; 4], Deed>,
    set_passes: Known<[u64; 3], Deed>,
    /// What states break.
    pub(super) truths: Known<[u64; 2], u16>,
    /// What is broken, by number from 1.
    pub(super) violations: Vec<Violation>,
    /// Exemptions granted.
    pub(super) met: BTreeSet<Exemption>,
    /// Passes that forgot an error.
    pub(super) forgot: u64,
    /// Steps not followed for want of room in a state.
    pub(super) cut: u64,
}

impl Tables {
    pub(super) fn new() -> Self {
        Tables {
            objects: Objects::new(),
            deployment_passes: Known::default(),
            set_passes: Known::default(),
            truths: Known::default(),
            violations: Vec::new(),
            met: BTreeSet::new(),
            forgot: 0,
            cut: 0,
        }
    }

    /// Number of a violation; 0 if there is none, or it is one that Kubernetes is known for.
    pub(super) fn raise(&mut self, violation: Option<Violation>) -> u16 {
        let Some(violation) = violation else { return 0 };
        if let Some(exemption) = violation.known {
            self.met.insert(exemption);
            return 0;
        }
        let same = self.violations.iter().position(|known| *known == violation);
        let at = same.unwrap_or_else(|| {
            self.violations.push(violation);
            self.violations.len() - 1
        });
        u16::try_from(at + 1).unwrap_or(u16::MAX)
    }

    fn deed(&mut self, (effects, violation): (Effects, Option<Violation>)) -> Deed {
        let broken = self.raise(violation);
        Deed { broken, is_idle: broken == 0 && effects.leaves_no_trace(), effects: Arc::new(effects) }
    }

    pub(super) fn deployment(&mut self, sight: &DeploymentSight) -> &Deed {
        let key = sight.key();
        if !self.deployment_passes.contains_key(&key) {
            let done = deployment_pass(sight, &mut self.objects);
            let deed = self.deed(done);
            self.deployment_passes.insert(key, deed);
        }
        &self.deployment_passes[&key]
    }

    pub(super) fn set(&mut self, sight: &SetSight) -> &Deed {
        let key = sight.key();
        if !self.set_passes.contains_key(&key) {
            let done = set_pass(sight, &mut self.objects);
            let deed = self.deed(done);
            self.set_passes.insert(key, deed);
        }
        &self.set_passes[&key]
    }

    /// Whether that pass asks for nothing, breaks nothing and is not to be repeated.
    pub(super) fn is_idle_deployment(&mut self, sight: &DeploymentSight) -> bool {
        self.deployment(sight).is_idle
    }

    /// The same of a pass over a ReplicaSet.
    pub(super) fn is_idle_set(&mut self, sight: &SetSight) -> bool {
        self.set(sight).is_idle
    }

    /// Distinct sights of which a controller was asked what it does.
    pub(super) fn sights(&self) -> usize {
        self.deployment_passes.len() + self.set_passes.len()
    }
}
