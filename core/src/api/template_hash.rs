//! `pod-template-hash`: the name that Kubernetes gives to a pod template.

use std::fmt;

use super::schema::{POD_TEMPLATE_SPEC, go_dump};
use super::{KubernetesVersion, PodTemplate, Str};

/// FNV-1a, 32 bits.
struct Fnv(u32);

impl Fnv {
    fn eat(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
}

impl fmt::Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.eat(text.as_bytes());
        Ok(())
    }
}

/// The hash before a collision count goes into it.
fn uncounted(template: &PodTemplate, version: KubernetesVersion) -> u32 {
    let mut fnv = Fnv(0x811c_9dc5);
    if go_dump(&mut fnv, POD_TEMPLATE_SPEC, &template.to_value(), version).is_err() {
        fnv = Fnv(0x811c_9dc5);
        fnv.eat(&template.body_fingerprint().to_le_bytes());
        for (key, value) in template.labels.iter() {
            fnv.eat(key.as_bytes());
            fnv.eat(b"=");
            fnv.eat(value.as_bytes());
            fnv.eat(b",");
        }
    }
    fnv.0
}

/// The hash that the Deployment controller computes for a template (which must be defaulted, as every stored one is)
/// and a collision count; `None` and 0 differ. Versions differ where the Go types of the template do.
///
/// Upstream hashes a printout of the Go object. The few templates whose printout cannot be reproduced (see
/// [`super::schema::NotReproduced`]) get another hash that depends on all of the template just as well.
pub fn template_hash(
    template: &PodTemplate,
    collision_count: Option<i32>,
    version: KubernetesVersion,
) -> Str {
    let mut fnv = Fnv(template.remembered_hash(version, || uncounted(template, version)));
    if let Some(count) = collision_count {
        fnv.eat(&(count as u32).to_le_bytes());
        fnv.eat(&[0; 4]);
    }
    // Digits become letters of an alphabet without vowels, so that no name spells a word.
    const SAFE: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    fnv.0
        .to_string()
        .bytes()
        .map(|digit| char::from(SAFE[usize::from(digit) % SAFE.len()]))
        .collect::<String>()
        .into()
}
