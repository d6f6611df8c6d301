//! Which module of the core may use which: an arrow that points up is a finding.

use super::File;

/// Every folder of `core/src`, and what it may use besides itself.
pub(super) const ARROWS: [(&str, &[&str]); 10] = [
    ("api", &[]),
    ("controller", &["api", "zoo"]),
    // Of `api`, only the type of a point in time and of a short text.
    ("sim", &["api"]),
    ("workload", &["api", "sim"]),
    ("cluster", &["api", "controller", "sim", "workload", "zoo"]),
    // What judges must not share code with what is judged, nor see which bug is switched on: no arrow to `controller` or
    // `zoo`.
    ("metrics", &["api", "cluster", "sim"]),
    ("oracle", &["api", "cluster", "sim"]),
    // Of `oracle`, the hash of a trace.
    ("scenario", &["api", "cluster", "oracle", "sim", "workload", "zoo"]),
    ("zoo", &["api"]),
    ("conformance", &["api", "controller", "sim", "workload", "cluster", "metrics", "oracle", "scenario"]),
];

pub(super) fn check(file: &File, found: &mut Vec<String>) {
    let Some((from, _)) = file.path.strip_prefix("core/src/").and_then(|rest| rest.split_once('/')) else {
        return;
    };
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == from) else {
        found.push(format!(
            "{}: {from} has no place among the arrows of scripts/src/tidy/arrows.rs",
            file.path
        ));
        return;
    };
    for (number, line) in file.lines() {
        for to in used(line) {
            if to != from && !allowed.contains(&to) && ARROWS.iter().any(|(name, _)| *name == to) {
                found.push(format!("{}:{number}: an arrow points up: {from} uses {to}", file.path));
            }
        }
    }
}

/// Modules that follow `crate::` in a line of code; comments are free to name what they like.
fn used(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or_default();
    code.split("crate::").skip(1).flat_map(|rest| {
        let group = rest.strip_prefix('{').map(|group| group.split('}').next().unwrap_or_default());
        group.unwrap_or(rest).split(',').map(|part| {
            let part = part.trim_start();
            &part[..part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len())]
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn arrows() {
        assert!(
            check("core/src/cluster/x.rs", "use crate::controller::sync;\nuse crate::sim::Rng;").is_empty()
        );
        assert!(
            check("core/src/controller/x.rs", "use crate::controller::y;\n/// See [`crate::cluster`].")
                .is_empty()
        );
        let up = check("core/src/controller/x.rs", "use crate::api::Time;\nuse crate::cluster::Cluster;");
        assert_eq!(up, ["core/src/controller/x.rs:2: an arrow points up: controller uses cluster"]);
        assert_eq!(check("core/src/api/x.rs", "fn f() { crate::sim::go() }").len(), 1);
        assert_eq!(check("core/src/sim/x.rs", "use crate::{api::Time, workload::Startup};").len(), 1);
        assert_eq!(check("core/src/oracle/x.rs", "use crate::controller::deployment;").len(), 1);
        assert_eq!(check("core/src/oracle/x.rs", "use crate::zoo::active;").len(), 1);
        assert_eq!(check("core/src/elsewhere/x.rs", "").len(), 1);
        assert!(check("core/src/lib.rs", "pub mod api;").is_empty());
    }
}
