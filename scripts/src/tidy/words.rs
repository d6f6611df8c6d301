//! Words that must not stand in the tree. They are put together here, so that this file is not a finding itself.

use super::File;

/// What is not finished is not committed.
const MARKS: [&str; 5] = [
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("#[ig", "nore"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// The core is a function of its arguments.
const IMPURE: [&str; 8] =
    ["Instant::now", "SystemTime", "std::fs", "thread::", "HashMap", "HashSet", "thread_rng", "println!"];

/// Where one person's machine keeps things.
const FOLDERS: [&str; 4] =
    [concat!("/", "work/"), concat!("/", "farm/"), concat!("/", "root/"), concat!("/", "home/")];

pub(super) fn check(file: &File, found: &mut Vec<String>) {
    let mut say = |number: usize, what: &str, word: &str| {
        found.push(format!("{}:{number}: {what}: {word}", file.path));
    };
    for (number, line) in file.lines() {
        if file.is_source() {
            for mark in MARKS.iter().filter(|mark| line.contains(**mark)) {
                say(number, "unfinished", mark);
            }
        }
        if file.is_rust() && file.path.starts_with("core/src/") {
            for word in IMPURE.iter().filter(|word| line.contains(**word)) {
                say(number, "impure in the core", word);
            }
        }
        for folder in FOLDERS.iter().filter(|folder| names_folder(line, folder)) {
            say(number, "a path of one machine", folder);
        }
    }
}

/// Whether a path that begins with `folder` stands in the line, and not only one that contains it.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let inside = |c: char| c.is_ascii_alphanumeric() || "_./-}".contains(c);
        let goes_on = line[at + folder.len()..].starts_with(|c: char| c.is_ascii_lowercase());
        !line[..at].ends_with(inside) && goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::{FOLDERS, IMPURE, MARKS};

    #[test]
    fn words() {
        for mark in MARKS {
            assert_eq!(check("reports/src/x.rs", &format!("\n{mark}")).len(), 1, "{mark}");
            assert!(check("fuzz/regressions/x.rs", mark).is_empty());
        }
        for word in IMPURE {
            assert_eq!(check("core/src/sim/x.rs", word).len(), 1, "{word}");
            assert!(check("core/tests/it/x.rs", word).is_empty());
        }
        for folder in FOLDERS {
            assert_eq!(check("notes.md", &format!("see {folder}someone/x")).len(), 1, "{folder}");
            assert!(check("notes.md", &format!("see ../team{folder}someone and a{folder}b")).is_empty());
        }
    }
}
