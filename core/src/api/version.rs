//! Which release of Kubernetes is meant.

use std::fmt;

/// The releases whose controllers are known here: both were asked, case by case, what they decide
/// (`scripts/upstream/VERSIONS.md` lists where they differ; the rules are in `controller/version.rs`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum KubernetesVersion {
    /// v1.34.4.
    V1_34,
    /// v1.37.2.
    #[default]
    V1_37,
}

impl KubernetesVersion {
    /// All of them, oldest first.
    pub const ALL: [KubernetesVersion; 2] = [KubernetesVersion::V1_34, KubernetesVersion::V1_37];

    /// The release that was asked, as Kubernetes writes it.
    pub fn release(self) -> &'static str {
        match self {
            KubernetesVersion::V1_34 => "v1.34.4",
            KubernetesVersion::V1_37 => "v1.37.2",
        }
    }

    /// The minor version, as a person writes it.
    pub fn minor(self) -> &'static str {
        match self {
            KubernetesVersion::V1_34 => "1.34",
            KubernetesVersion::V1_37 => "1.37",
        }
    }

    /// Reads `1.34`, `v1.34` or `v1.34.4`: any patch release of a known minor version.
    ///
    /// # Errors
    /// A sentence that names the versions there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = text.strip_prefix('v').unwrap_or(text);
        let minor_of = |known: &Self| {
            let patch = plain.strip_prefix(known.minor())?;
            let is_patch = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
            (patch.is_empty() || patch.strip_prefix('.').is_some_and(is_patch)).then_some(*known)
        };
        Self::ALL.iter().find_map(minor_of).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|version| version.minor()).collect();
            format!("the rules of Kubernetes {text:?} are not known; there are {}", known.join(" and "))
        })
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.release())
    }
}

#[cfg(test)]
mod tests {
    use super::KubernetesVersion as V;

    #[test]
    fn texts() {
        for (text, expected) in [
            ("1.34", Some(V::V1_34)),
            ("v1.34.4", Some(V::V1_34)),
            ("1.37.0", Some(V::V1_37)),
            ("v1.37", Some(V::V1_37)),
            ("1.3", None),
            ("1.340", None),
            ("1.34.", None),
            ("1.34.x", None),
            ("1.36", None),
            ("", None),
        ] {
            assert_eq!(V::parse(text).ok(), expected, "{text}");
        }
        assert!(V::parse("1.36").unwrap_err().contains("1.34 and 1.37"));
    }
}
