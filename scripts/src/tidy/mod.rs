//! House rules over the files of the repository. Each rule is a function from a file (or the tree) to findings.

mod arrows;
mod documents;
mod mutants;
mod words;

use std::path::Path;
use std::process::Command;

/// Longest Rust file, lines; tables of generated data excepted.
const LINES_MAX: usize = 800;

/// One text file of the repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct File {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// What a person wrote and a machine may hold against the rules: no recorded data, no generated pages.
    fn is_source(&self) -> bool {
        let kinds = [".rs", ".go", ".sh", ".html", ".js", ".css"];
        let apart = ["testdata", "/gallery/", "regressions/"];
        kinds.iter().any(|kind| self.path.ends_with(kind))
            && !apart.iter().any(|part| self.path.contains(part))
    }

    /// Lines with their numbers, from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (at + 1, line))
    }
}

/// All findings, in the order of the files.
pub(crate) fn check(root: &Path) -> Vec<String> {
    match read(root) {
        Ok(files) => findings(&files),
        Err(error) => vec![format!("the files of the repository cannot be listed: {error}")],
    }
}

fn findings(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        arrows::check(file, &mut found);
        words::check(file, &mut found);
        long(file, &mut found);
    }
    documents::check(files, &mut found);
    mutants::check(files, &mut found);
    found
}

fn long(file: &File, found: &mut Vec<String>) {
    let lines = file.text.lines().count();
    if file.is_rust() && lines > LINES_MAX && !file.path.ends_with("/tables.rs") {
        found.push(format!("{}: {lines} lines, {LINES_MAX} at most: split it", file.path));
    }
}

/// Text files that git knows or would take.
fn read(root: &Path) -> std::io::Result<Vec<File>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()?;
    if !listed.status.success() {
        return Err(std::io::Error::other(String::from_utf8_lossy(&listed.stderr).into_owned()));
    }
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut files: Vec<File> = listed
        .split_terminator('\0')
        .filter_map(|path| {
            // What is no text (fonts, pictures) or was deleted but not committed yet is left out.
            let text = std::fs::read_to_string(root.join(path)).ok()?;
            Some(File { path: path.into(), text })
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{File, LINES_MAX, findings};

    /// Findings in one file.
    pub(super) fn check(path: &str, text: &str) -> Vec<String> {
        findings(&[File { path: path.into(), text: text.into() }])
    }

    #[test]
    fn the_repository_is_tidy() {
        let found = super::check(&crate::root());
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn long_files() {
        assert!(check("core/src/api/x.rs", &"\n".repeat(LINES_MAX)).is_empty());
        assert_eq!(check("core/src/api/x.rs", &"\n".repeat(LINES_MAX + 1)).len(), 1);
        assert!(check("core/src/api/tables.rs", &"\n".repeat(LINES_MAX + 1)).is_empty());
    }
}
