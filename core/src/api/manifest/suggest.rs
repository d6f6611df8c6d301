//! "Did you mean …?"

use crate::api::schema::{Kind, STRUCTS};

/// Names of the fields that a struct has in JSON, those of inlined structs included.
pub(super) fn field_names(struct_index: usize) -> Vec<&'static str> {
    let mut names = Vec::new();
    for field in STRUCTS.get(struct_index).map_or(&[][..], |s| s.fields) {
        match &field.kind {
            Kind::Struct(index) if field.inline => names.extend(field_names(*index)),
            _ => names.push(field.json),
        }
    }
    names
}

/// The known name that is most like `unknown`, if one is near enough to be a slip of the finger.
pub(crate) fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The distance of two long texts is costly, and no field name is long.
    if unknown.len() > 64 {
        return None;
    }
    let lower = unknown.to_ascii_lowercase();
    known
        .into_iter()
        .map(|name| {
            let distance = strsim::damerau_levenshtein(&lower, &name.to_ascii_lowercase());
            let prefix = name.to_ascii_lowercase().starts_with(&lower) && lower.len() > 3;
            (if prefix { distance.min(1) } else { distance }, name)
        })
        .filter(|(distance, name)| *distance <= 1 + name.len().min(lower.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Parents that are often forgotten: `spec.image` is meant to be in a container.
pub(super) fn elsewhere(struct_index: usize, unknown: &str) -> Option<&'static str> {
    for field in STRUCTS.get(struct_index).map_or(&[][..], |s| s.fields) {
        let (Kind::Struct(index) | Kind::List(Kind::Struct(index))) = &field.kind else { continue };
        if !field.inline && field_names(*index).contains(&unknown) {
            return Some(field.json);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{elsewhere, field_names, nearest};
    use crate::api::schema::{DEPLOYMENT, POD_TEMPLATE_SPEC};

    #[test]
    fn slips_are_recognised() {
        let check = |unknown: &str, known: &[&str], expected: Option<&str>| {
            assert_eq!(nearest(unknown, known.iter().copied()), expected, "{unknown}");
        };
        check("replica", &["replicas", "paused"], Some("replicas"));
        check("Replicas", &["replicas"], Some("replicas"));
        check("contianers", &["containers", "initContainers"], Some("containers"));
        check("maxsurge", &["maxSurge", "maxUnavailable"], Some("maxSurge"));
        check("foo", &["replicas"], None);
        check(&"x".repeat(100_000), &["replicas"], None);
        assert!(field_names(DEPLOYMENT).contains(&"apiVersion"));
        assert_eq!(elsewhere(DEPLOYMENT, "replicas"), Some("spec"));
        assert_eq!(elsewhere(POD_TEMPLATE_SPEC, "containers"), Some("spec"));
    }
}
