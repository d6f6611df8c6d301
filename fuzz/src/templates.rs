//! Pod templates of the fuzzer's Deployments. The same few come up in every execution, and making one (its canonical form, its
//! hash) takes longer than a pass: each is made once in a thread.

use std::cell::RefCell;
use std::collections::BTreeMap;

use maxsurge_core::api::PodTemplate;

/// Templates that are kept, at most.
const KEPT_MAX: usize = 4_096;

/// A template, and what it is with another image.
type Known = BTreeMap<(u64, String), (PodTemplate, PodTemplate)>;

thread_local! {
    static KNOWN: RefCell<Known> = const { RefCell::new(BTreeMap::new()) };
}

/// The template with another image in its first container, which there must be.
pub(crate) fn with_image(template: &PodTemplate, image: &str) -> PodTemplate {
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= KEPT_MAX {
            known.clear();
        }
        let make = || (template.clone(), template.with_image(None, image).expect("there is a container"));
        let (from, to) = known.entry((template.body_fingerprint(), image.into())).or_insert_with(make);
        if !from.same_body(template) {
            // Two bodies with one fingerprint.
            return make().1;
        }
        let mut copy = to.clone();
        copy.labels = template.labels.clone();
        copy
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_known_template_is_the_same_as_a_new_one() {
        let containers = json!([{"name": "web", "image": "web:0"}]);
        let of = |labels| json!({"metadata": {"labels": labels}, "spec": {"containers": containers}});
        for labels in [json!({"app": "web"}), json!({"app": "web", "extra1": "x"}), json!({"app": "web"})] {
            let template = PodTemplate::from_value(&of(labels));
            for image in ["web:1", "web:2", "web:1"] {
                let expected = template.with_image(None, image).unwrap();
                let found = with_image(&template, image);
                assert_eq!((found.to_value(), &found), (expected.to_value(), &expected));
                assert_eq!(found.image(), image);
            }
        }
    }
}
