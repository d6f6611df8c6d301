//! Whether the documents tell of what is there. A document that does not exist yet is a finding of its own.

use std::collections::BTreeSet;

use super::File;

pub(super) fn check(files: &[File], found: &mut Vec<String>) {
    let text = |path: &str| files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let folders: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| Some(file.path.strip_prefix("core/src/")?.split_once('/')?.0))
        .collect();
    // A single file, as the tests of the other rules give it, has no documents to hold it against.
    if !files.iter().any(|file| file.path == "Cargo.toml") {
        return;
    }
    match text("ARCHITECTURE.md") {
        None => found.push("ARCHITECTURE.md is missing".into()),
        Some(map) => {
            for folder in folders.iter().filter(|folder| !map.contains(&format!("`{folder}/`"))) {
                found
                    .push(format!("ARCHITECTURE.md does not tell of core/src/{folder}, written `{folder}/`"));
            }
        }
    }
    let (Some(readme), Some(run)) = (text("README.md"), text(".ci/run")) else {
        found.push("README.md or .ci/run is missing".into());
        return;
    };
    match test_command(readme) {
        None => found.push("README.md names no `cargo test` command".into()),
        Some(command) if !run.contains(command) => {
            found.push(format!(".ci/run does not run README.md's test command: {command}"));
        }
        Some(_) => {}
    }
}

/// The first command that begins with `cargo test`, without the comment behind it.
fn test_command(readme: &str) -> Option<&str> {
    let from = &readme[readme.find("cargo test")?..];
    Some(from[..from.find(['`', '#', '\n']).unwrap_or(from.len())].trim_end())
}

#[cfg(test)]
mod tests {
    use super::super::File;
    use super::{check, test_command};

    #[test]
    fn commands() {
        assert_eq!(test_command("```sh\ncargo test --locked   # all\n```"), Some("cargo test --locked"));
        assert_eq!(test_command("run `cargo test -q` now"), Some("cargo test -q"));
        assert_eq!(test_command("nothing"), None);
    }

    #[test]
    fn documents() {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let mut files = vec![
            file(".ci/run", "cargo test --locked"),
            file("ARCHITECTURE.md", "`api/` objects"),
            file("Cargo.toml", ""),
            file("README.md", "`cargo test --locked`"),
            file("core/src/api/mod.rs", ""),
        ];
        let found = |files: &[File]| {
            let mut found = Vec::new();
            check(files, &mut found);
            found
        };
        assert_eq!(found(&files), [""; 0]);
        files.push(file("core/src/sim/mod.rs", ""));
        assert_eq!(found(&files), ["ARCHITECTURE.md does not tell of core/src/sim, written `sim/`"]);
        files[0].text = "cargo test".into();
        assert_eq!(found(&files).len(), 2);
    }
}
