//! Where the controllers of two releases decide differently: each difference is one question here, asked at the place
//! where it matters. Found by putting the same cases to both (`scripts/upstream/VERSIONS.md`).

use std::borrow::Cow;

use crate::api::KubernetesVersion::{self, V1_34, V1_37};

impl KubernetesVersion {
    /// Whether `status.terminatingReplicas` is reported, by both controllers (gate
    /// `DeploymentReplicaSetTerminatingReplicas`, on by default since 1.35). Where it is not, a number that somebody
    /// else stored is taken out.
    pub fn reports_terminating(self) -> bool {
        match self {
            V1_34 => false,
            V1_37 => true,
        }
    }

    /// Whether the ReplicaSet controller waits until its caches have shown its own writes (gate
    /// `StaleControllerConsistencyReplicaSet`, on by default since 1.36).
    pub fn checks_own_writes(self) -> bool {
        match self {
            V1_34 => false,
            V1_37 => true,
        }
    }

    /// Whether a Recreate rollout finds the pods of its ReplicaSets by their owner alone (kind, name and uid). Before, by
    /// the *Deployment's* selector and the owner's uid, so that an old pod whose labels were edited was not waited for.
    pub fn finds_pods_by_owner(self) -> bool {
        match self {
            V1_34 => false,
            V1_37 => true,
        }
    }

    /// Whether every pod that goes wakes a Recreate Deployment. Before, only the last one.
    pub fn wakes_for_every_pod(self) -> bool {
        match self {
            V1_34 => false,
            V1_37 => true,
        }
    }

    /// What becomes of the text of an event that was put together beforehand. Before it was sent as a *format*, so that
    /// a `%` in it (in the text of an error, for one) was taken for a verb without its argument.
    pub fn event_text(self, text: &str) -> Cow<'_, str> {
        match self {
            V1_34 if text.contains('%') => Cow::Owned(printf_without_arguments(text)),
            V1_34 | V1_37 => Cow::Borrowed(text),
        }
    }
}

/// What Go's `fmt.Sprintf` makes of a format that is given no arguments.
fn printf_without_arguments(format: &str) -> String {
    let bytes = format.as_bytes();
    let mut out = String::with_capacity(format.len() + 16);
    let mut i = 0;
    while i < bytes.len() {
        let plain = format[i..].find('%').map_or(bytes.len(), |n| i + n);
        out.push_str(&format[i..plain]);
        if plain == bytes.len() {
            break;
        }
        i = plain + 1;
        while bytes.get(i).is_some_and(|b| b"#0+- ".contains(b)) {
            i += 1;
        }
        // An index in brackets never fits, as there is nothing to index.
        let mut good = true;
        let mut after_index = false;
        skip_index(bytes, &mut i, &mut good, &mut after_index);
        if bytes.get(i) == Some(&b'*') {
            i += 1;
            out.push_str("%!(BADWIDTH)");
            after_index = false;
        } else if skip_number(bytes, &mut i, bytes.len()).is_some() && after_index {
            good = false;
        }
        if bytes.get(i) == Some(&b'.') && i + 1 < bytes.len() {
            i += 1;
            good &= !after_index;
            after_index = false;
            skip_index(bytes, &mut i, &mut good, &mut after_index);
            if bytes.get(i) == Some(&b'*') {
                i += 1;
                out.push_str("%!(BADPREC)");
                after_index = false;
            } else {
                skip_number(bytes, &mut i, bytes.len());
            }
        }
        if !after_index {
            skip_index(bytes, &mut i, &mut good, &mut after_index);
        }
        // Every step above ends behind an ASCII character, so this is a boundary.
        let Some(verb) = format[i..].chars().next() else {
            out.push_str("%!(NOVERB)");
            break;
        };
        i += verb.len_utf8();
        match verb {
            '%' => out.push('%'),
            _ => {
                out.push_str("%!");
                out.push(verb);
                out.push_str(if good { "(MISSING)" } else { "(BADINDEX)" });
            }
        }
    }
    out
}

/// Digits from `i` on; `None` if there are none, or (then all the rest up to `end` is eaten) more than Go reads.
fn skip_number(bytes: &[u8], i: &mut usize, end: usize) -> Option<u64> {
    let mut number = None;
    while let Some(digit) = bytes[..end].get(*i).filter(|b| b.is_ascii_digit()) {
        let so_far = number.unwrap_or(0);
        if so_far > 1_000_000 {
            *i = end;
            return None;
        }
        number = Some(so_far * 10 + u64::from(digit - b'0'));
        *i += 1;
    }
    number
}

/// `[n]` from `i` on.
fn skip_index(bytes: &[u8], i: &mut usize, good: &mut bool, found: &mut bool) {
    *found = false;
    if bytes.get(*i) != Some(&b'[') {
        return;
    }
    *good = false;
    let close = bytes[*i..].iter().skip(1).position(|b| *b == b']').map(|n| *i + 1 + n);
    match close.filter(|_| bytes.len() - *i >= 3) {
        Some(close) => {
            let mut at = *i + 1;
            *found = skip_number(bytes, &mut at, close).is_some() && at == close;
            *i = close + 1;
        }
        None => *i += 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A format, and what `fmt.Sprintf` of Go 1.26 makes of it without arguments.
    const FORMATS: &[(&str, &str)] = &[
        ("plain", "plain"),
        ("50%", "50%!(NOVERB)"),
        ("50% of", "50%!o(MISSING)f"),
        ("100%%", "100%"),
        ("%d%s", "%!d(MISSING)%!s(MISSING)"),
        ("%+5.2f|", "%!f(MISSING)|"),
        ("%é", "%!é(MISSING)"),
        ("\"a%\"", "\"a%!\"(MISSING)"),
        ("%[1]d", "%!d(BADINDEX)"),
        ("%[x]d", "%!d(BADINDEX)"),
        ("%[", "%!(NOVERB)"),
        ("%[]", "%!](BADINDEX)"),
        ("%[12", "%!(NOVERB)"),
        ("%*d", "%!(BADWIDTH)%!d(MISSING)"),
        ("%.*d", "%!(BADPREC)%!d(MISSING)"),
        ("%-", "%!(NOVERB)"),
        ("%5", "%!(NOVERB)"),
        ("%.", "%!.(MISSING)"),
        ("%.3", "%!(NOVERB)"),
        ("%[1]*d", "%!(BADWIDTH)%!d(BADINDEX)"),
        ("%[3]2d", "%!d(BADINDEX)"),
        ("%[3].2d", "%!d(BADINDEX)"),
        ("%.[2]d", "%!d(BADINDEX)"),
        ("%.[2]*[3]d", "%!(BADPREC)%!d(BADINDEX)"),
        ("%99999999d!", "%!(NOVERB)"),
        ("%!", "%!!(MISSING)"),
        ("% d", "%!d(MISSING)"),
        ("%[5]", "%!(NOVERB)"),
        ("%1[1]d", "%!d(BADINDEX)"),
        ("%é%", "%!é(MISSING)%!(NOVERB)"),
        ("%.%", "%"),
        ("%5%", "%"),
        ("%[x].2d", "%!d(BADINDEX)"),
        ("%[1][2]d", "%![(BADINDEX)2]d"),
        ("%[1x][2]d", "%!d(BADINDEX)"),
        ("%10000000d", "%!d(MISSING)"),
        ("%.00000000001d", "%!d(MISSING)"),
    ];

    #[test]
    fn every_difference_is_one_of_the_newer_release() {
        for (version, answer) in [(V1_34, false), (V1_37, true)] {
            let answers = [
                version.reports_terminating(),
                version.checks_own_writes(),
                version.finds_pods_by_owner(),
                version.wakes_for_every_pod(),
            ];
            assert_eq!(answers, [answer; 4], "{version}");
        }
    }

    #[test]
    fn formats_as_go_prints_them() {
        for (text, expected) in FORMATS {
            assert_eq!(V1_34.event_text(text), *expected, "{text}");
            assert_eq!(V1_37.event_text(text), *text);
        }
    }
}
