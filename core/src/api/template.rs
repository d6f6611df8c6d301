//! The pod template: compared whole, understood in part.

use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

use super::{KubernetesVersion, Str, StringMap};

/// Label by which the Deployment controller tells the pods of its ReplicaSets apart.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";

/// Everything of a pod template but its labels: as it was written, and in canonical form (see
/// [`super::schema::canonical`]), by which two templates are compared.
#[derive(Debug)]
pub struct TemplateBody {
    written: Value,
    canonical: Value,
    fingerprint: u64,
    /// Image of the first container: asked for with every pod that is created.
    image: Str,
    /// What was hashed, and its hash before the collision count: nearly always the same labels and version again.
    hashed: OnceLock<Box<Hashed>>,
}

/// A hash, and those that were asked for after it.
#[derive(Debug)]
struct Hashed {
    labels: StringMap,
    version: KubernetesVersion,
    hash: u32,
    next: OnceLock<Box<Hashed>>,
}

/// Hashes that a body remembers.
const HASHES_MAX: usize = 8;

/// A pod template. Copies share the body, so adding the hash label copies no pod spec.
#[derive(Clone, Debug)]
pub struct PodTemplate {
    /// `metadata.labels`.
    pub labels: StringMap,
    body: Arc<TemplateBody>,
}

impl PodTemplate {
    /// From the JSON form of a `PodTemplateSpec` (already checked against the schema; what the schema does not
    /// know has been reported and dropped).
    pub fn from_value(value: &Value) -> Self {
        let mut canonical = super::schema::canonical(super::schema::POD_TEMPLATE_SPEC, value);
        let labels = match take_labels(&mut canonical) {
            Some(Value::Object(found)) => {
                found.iter().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default())).collect()
            }
            _ => StringMap::new(),
        };
        let mut written = if value.is_object() { value.clone() } else { Value::Object(Map::new()) };
        take_labels(&mut written);
        let fingerprint = fingerprint(&canonical);
        let image = first_image(&written).unwrap_or_default().into();
        PodTemplate {
            labels,
            body: Arc::new(TemplateBody { written, canonical, fingerprint, image, hashed: OnceLock::new() }),
        }
    }

    /// The JSON form of the `PodTemplateSpec` as it was written, labels included.
    pub fn to_value(&self) -> Value {
        let mut value = self.body.written.clone();
        if !self.labels.is_empty() {
            let labels: Map<String, Value> =
                self.labels.iter().map(|(k, v)| (k.to_string(), Value::from(v.as_str()))).collect();
            if let Value::Object(root) = &mut value {
                let meta = root.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
                if !meta.is_object() {
                    *meta = Value::Object(Map::new());
                }
                meta["labels"] = labels.into();
            }
        }
        value
    }

    /// The canonical JSON form without the labels.
    pub fn body(&self) -> &Value {
        &self.body.canonical
    }

    /// Whether both are the same memory, hence equal.
    pub fn ptr_eq(&self, other: &PodTemplate) -> bool {
        Arc::ptr_eq(&self.body, &other.body) && self.labels.ptr_eq(&other.labels)
    }

    /// Whether everything but the labels is equal.
    pub fn same_body(&self, other: &PodTemplate) -> bool {
        Arc::ptr_eq(&self.body, &other.body)
            || (self.body.fingerprint == other.body.fingerprint
                && self.body.canonical == other.body.canonical)
    }

    /// Hash of the canonical body; equal bodies have equal fingerprints.
    pub fn body_fingerprint(&self) -> u64 {
        self.body.fingerprint
    }

    /// Upstream's semantic equality of two templates after removing the `pod-template-hash` label from both.
    pub fn equal_ignoring_hash(&self, other: &PodTemplate) -> bool {
        self.same_body(other) && self.labels.equal_except(&other.labels, POD_TEMPLATE_HASH)
    }

    /// A copy with the hash label set.
    #[must_use]
    pub fn with_hash(&self, hash: &str) -> Self {
        let mut copy = self.clone();
        copy.labels.insert(POD_TEMPLATE_HASH, hash);
        copy
    }

    /// A copy without the hash label.
    #[must_use]
    pub fn without_hash(&self) -> Self {
        let mut copy = self.clone();
        copy.labels.remove(POD_TEMPLATE_HASH);
        copy
    }

    /// The value of a template annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.body.written.get("metadata")?.get("annotations")?.get(key)?.as_str()
    }

    /// A copy with an annotation set.
    #[must_use]
    pub fn with_annotation(&self, key: &str, text: &str) -> Self {
        let mut value = self.to_value();
        let root = value.as_object_mut().expect("a template is a JSON object");
        let mut place = root;
        for name in ["metadata", "annotations"] {
            let next = place.entry(name).or_insert_with(|| Value::Object(Default::default()));
            if !next.is_object() {
                *next = Value::Object(Default::default());
            }
            place = next.as_object_mut().expect("just made one");
        }
        place.insert(key.into(), text.into());
        PodTemplate::from_value(&value)
    }

    /// Containers (not init containers) as JSON objects, in order.
    pub fn containers(&self) -> impl Iterator<Item = &Value> {
        self.body.written.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten()
    }

    /// Image of the first container; empty if there is none.
    pub fn image(&self) -> &str {
        &self.body.image
    }

    /// A copy with the image of the named container (of the first one, if `None`) set. `None` if there is no
    /// such container.
    pub fn with_image(&self, container: Option<&str>, image: &str) -> Option<Self> {
        let mut value = self.to_value();
        let containers = value.pointer_mut("/spec/containers")?.as_array_mut()?;
        let found = match container {
            None => containers.first_mut(),
            Some(name) => containers.iter_mut().find(|c| c.get("name").and_then(Value::as_str) == Some(name)),
        }?;
        found.as_object_mut()?.insert("image".into(), image.into());
        Some(PodTemplate::from_value(&value))
    }
}

impl PodTemplate {
    /// Its `pod-template-hash` (see [`super::template_hash()`]).
    pub fn stable_hash(&self, collision_count: Option<i32>, version: KubernetesVersion) -> Str {
        super::template_hash(self, collision_count, version)
    }

    /// Hash of the template without a collision count, computed by `compute` unless it is known already.
    pub(super) fn remembered_hash(&self, version: KubernetesVersion, compute: impl Fn() -> u32) -> u32 {
        // The body is shared by templates with other labels.
        let mut place = &self.body.hashed;
        for _ in 0..HASHES_MAX {
            let known = place.get_or_init(|| {
                let (labels, hash) = (self.labels.clone(), compute());
                Box::new(Hashed { labels, version, hash, next: OnceLock::new() })
            });
            if known.version == version && known.labels == self.labels {
                return known.hash;
            }
            place = &known.next;
        }
        compute()
    }
}

impl PartialEq for PodTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.labels == other.labels && self.equal_ignoring_hash(other)
    }
}

impl Default for PodTemplate {
    fn default() -> Self {
        PodTemplate::from_value(&Value::Object(Default::default()))
    }
}

fn first_image(template: &Value) -> Option<&str> {
    template.get("spec")?.get("containers")?.as_array()?.first()?.get("image")?.as_str()
}

/// Takes `metadata.labels` out, and `metadata` with it if nothing else is there.
fn take_labels(template: &mut Value) -> Option<Value> {
    let root = template.as_object_mut()?;
    let meta = root.get_mut("metadata")?.as_object_mut()?;
    let labels = meta.remove("labels");
    if meta.is_empty() {
        root.remove("metadata");
    }
    labels
}

/// 64-bit FNV-1a over the canonical JSON text (objects are sorted by key, so equal values print alike).
fn fingerprint(value: &Value) -> u64 {
    struct Fnv(u64);
    impl std::io::Write for Fnv {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut fnv = Fnv(0xcbf2_9ce4_8422_2325);
    serde_json::to_writer(&mut fnv, value).expect("writing to a hash cannot fail");
    fnv.0
}
