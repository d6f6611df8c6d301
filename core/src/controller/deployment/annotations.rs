//! The annotations by which the controller remembers revisions and sizes.

use smol_str::format_smolstr;

use crate::api::{Numbers, ReplicaSet, Str, StringMap, annotation};
use crate::zoo::{Mutant, active};

/// Longest revision history that is kept in an annotation (annotations share 256 KiB).
pub const HISTORY_LIMIT_CHARS: usize = 2000;

/// Whether a Deployment's annotation stays with the Deployment instead of being copied to its ReplicaSets: it
/// describes that one object, and on another it would be a lie.
pub(super) fn is_own(key: &str) -> bool {
    matches!(
        key,
        annotation::LAST_APPLIED
            | annotation::REVISION
            | annotation::REVISION_HISTORY
            | annotation::DESIRED_REPLICAS
            | annotation::MAX_REPLICAS
            | annotation::ROLLBACK_TO
    )
}

/// The revision number of an object: 0 without the annotation, `None` if it is not a signed 64-bit number.
pub fn revision(annotations: &StringMap) -> Option<i64> {
    let [revision, ..] = annotations.numbers(read);
    revision
}

/// The revision and the two remembered sizes.
fn read(annotations: &StringMap) -> Numbers {
    let revision = annotations.get(annotation::REVISION).map_or(Some(0), |text| text.parse().ok());
    let size = |key| size(annotations, key).map(i64::from);
    [revision, size(annotation::DESIRED_REPLICAS), size(annotation::MAX_REPLICAS)]
}

/// The remembered `spec.replicas` of the Deployment (see [`size`]).
pub(super) fn desired_replicas(annotations: &StringMap) -> Option<i32> {
    let [_, desired, _] = annotations.numbers(read);
    desired.map(|size| size as i32)
}

/// The remembered `spec.replicas` plus surge (see [`size`]).
pub(super) fn max_replicas(annotations: &StringMap) -> Option<i32> {
    let [.., max] = annotations.numbers(read);
    max.map(|size| size as i32)
}

/// The greatest revision, at least 0; unreadable ones are skipped.
pub(super) fn max_revision<'a>(replica_sets: impl Iterator<Item = &'a ReplicaSet>) -> i64 {
    let revisions = replica_sets.filter_map(|rs| revision(&rs.meta.annotations));
    if active(Mutant::LexicographicRevision) {
        return revisions.max_by_key(|revision| format_smolstr!("{revision}")).unwrap_or(0);
    }
    revisions.fold(0, i64::max)
}

/// A remembered size: digits only (signs are refused since negative sizes once came out of a wrap-around), at most
/// `i32::MAX`.
pub(super) fn size(annotations: &StringMap, key: &str) -> Option<i32> {
    let text = annotations.get(key)?;
    if !text.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Whether a ReplicaSet remembers another size than `replicas`.
pub(super) fn is_of_other_size(rs: &ReplicaSet, replicas: i32) -> bool {
    desired_replicas(&rs.meta.annotations).is_some_and(|desired| desired != replicas)
}

/// Copies the Deployment's annotations to the ReplicaSet of its template and raises the revision of that to
/// `new_revision`, remembering the number that it had. Returns whether the ReplicaSet is to be written.
///
/// `target` may have changed although the answer is no: an unreadable revision stops the step after the copying. The
/// copies then travel with the next write that has another cause.
pub(super) fn update_new_replica_set(
    target: &mut StringMap,
    deployment: &StringMap,
    new_revision: i64,
) -> bool {
    let mut changed = false;
    for (key, value) in deployment.iter() {
        // Never removed again: the ReplicaSet keeps what the Deployment once said.
        let copied = !is_own(key) || (key == annotation::REVISION && active(Mutant::RevisionCopiedDown));
        if copied && target.get(key) != Some(value) {
            changed |= target.insert(key.clone(), value.clone());
        }
    }
    let old_number = match revision(target) {
        Some(number) => number,
        // Present and empty is as absent.
        None if target.get(annotation::REVISION).is_some_and(|text| text.is_empty()) => 0,
        None => return false,
    };
    // Only ever raised: if old ReplicaSets were deleted since, the computed number may be below the true one.
    if old_number >= new_revision {
        return changed;
    }
    let old = target.get(annotation::REVISION).cloned();
    target.insert(annotation::REVISION, format_smolstr!("{new_revision}"));
    if let Some(old) = old {
        // It had a number before, so this is a return to an earlier template.
        let history = target.get(annotation::REVISION_HISTORY).map_or("", Str::as_str);
        if let Some(history) = append_history(history, &old, HISTORY_LIMIT_CHARS) {
            target.insert(annotation::REVISION_HISTORY, history);
        }
    }
    true
}

/// The history with `old` appended, cut from the front to the limit; `None` leaves it as it is.
fn append_history(history: &str, old: &str, limit: usize) -> Option<Str> {
    if history.is_empty() || history.starts_with(',') {
        // An empty first entry is upstream's test for "no history"; whatever follows it is lost.
        return Some(old.into());
    }
    let mut rest = Some(history);
    let mut total = history.len() + 1 + old.len();
    while total > limit {
        let Some(entries) = rest else { break };
        let (first, others) = match entries.split_once(',') {
            Some((first, others)) => (first, Some(others)),
            None => (entries, None),
        };
        total -= first.len() + 1;
        rest = others;
    }
    if total > limit {
        return None;
    }
    Some(match rest {
        Some(rest) => format_smolstr!("{rest},{old}"),
        None => old.into(),
    })
}

/// Whether the remembered sizes differ, as texts.
pub(super) fn sizes_differ(annotations: &StringMap, desired: i32, max: i32) -> bool {
    let says = |key, number| annotations.get(key).is_some_and(|text| is_decimal(text, number));
    !says(annotation::DESIRED_REPLICAS, desired) || !says(annotation::MAX_REPLICAS, max)
}

/// Whether `text` is how `number` is written, told without writing it.
fn is_decimal(text: &str, number: i32) -> bool {
    let digits = if number < 0 { text.strip_prefix('-') } else { Some(text) };
    let Some(mut left) = digits.map(str::as_bytes) else { return false };
    let mut rest = number.unsigned_abs();
    while let Some((last, before)) = left.split_last() {
        if u32::from(*last) != u32::from(b'0') + rest % 10 {
            return false;
        }
        (left, rest) = (before, rest / 10);
        if rest == 0 {
            return left.is_empty();
        }
    }
    false
}

/// Remembers the sizes that the Deployment has now.
pub(super) fn set_sizes(annotations: &mut StringMap, desired: i32, max: i32) {
    if sizes_differ(annotations, desired, max) {
        annotations.insert(annotation::DESIRED_REPLICAS, format_smolstr!("{desired}"));
        annotations.insert(annotation::MAX_REPLICAS, format_smolstr!("{max}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_appended_and_cut() {
        for (history, old, limit, expected) in [
            ("", "1", 10, Some("1")),
            (",7,8", "1", 10, Some("1")),
            ("1", "3", 10, Some("1,3")),
            ("1,3", "", 10, Some("1,3,")),
            ("1,2,3", "4", 7, Some("1,2,3,4")),
            ("1,2,3", "4", 6, Some("2,3,4")),
            ("1,2,3", "4", 1, Some("4")),
            ("1,2,3", "44", 1, None),
            ("", "too long for it", 3, Some("too long for it")),
            ("1,,3", "4", 5, Some(",3,4")),
        ] {
            let got = append_history(history, old, limit);
            assert_eq!(got.as_deref(), expected, "{history:?} + {old:?}, limit {limit}");
        }
    }

    #[test]
    fn decimals_are_recognised() {
        let numbers = [0, 1, 9, 10, 11, 19, 100, 101, 12_500, i32::MAX, -1, -10, -11, i32::MIN];
        for number in numbers {
            for other in numbers {
                assert_eq!(is_decimal(&other.to_string(), number), other == number, "{other} {number}");
            }
            for text in [format!("0{number}"), format!("+{number}"), format!("{number} "), String::new()] {
                assert!(!is_decimal(&text, number), "{text:?}");
            }
        }
    }

    #[test]
    fn remembered_sizes_are_digits_up_to_int32() {
        for (text, expected) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("2147483647", Some(i32::MAX)),
            ("2147483648", None),
            ("+5", None),
            ("-5", None),
            ("", None),
            (" 5", None),
            ("5x", None),
        ] {
            let map: StringMap = [(annotation::DESIRED_REPLICAS, text)].into_iter().collect();
            assert_eq!(size(&map, annotation::DESIRED_REPLICAS), expected, "{text:?}");
        }
    }

    #[test]
    fn revisions_are_signed_64_bit_numbers() {
        for (text, expected) in [
            (None, Some(0)),
            (Some("7"), Some(7)),
            (Some("+7"), Some(7)),
            (Some("-7"), Some(-7)),
            (Some("9223372036854775807"), Some(i64::MAX)),
            (Some("9223372036854775808"), None),
            (Some(""), None),
            (Some("1_0"), None),
            (Some("v1"), None),
        ] {
            let map: StringMap = text.map(|t| (annotation::REVISION, t)).into_iter().collect();
            assert_eq!(revision(&map), expected, "{text:?}");
        }
    }
}
