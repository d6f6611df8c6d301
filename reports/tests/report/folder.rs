//! Writing a folder: whole or not at all.

use std::fs;
use std::path::PathBuf;

use maxsurge_reports::export::folder::{File, write_all};
use maxsurge_reports::export::{Choice, write_report};

use crate::comparison;

fn fresh(name: &str) -> PathBuf {
    let dir =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("folder-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn names(dir: &PathBuf) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn whole_report() {
    let dir = fresh("whole");
    for _ in 0..2 {
        write_report(comparison(), &dir.join("deep/out"), Choice::default()).unwrap();
    }
    assert_eq!(
        names(&dir.join("deep/out")),
        ["plots", "report.html", "results.json", "summary.csv", "summary.md"]
    );
    let plots = names(&dir.join("deep/out/plots"));
    assert_eq!(plots.len(), 14, "{plots:?}");
    assert!(fs::read(dir.join("deep/out/plots/good-image-pods.png")).unwrap().starts_with(b"\x89PNG"));
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_file_in_the_way() {
    let dir = fresh("file");
    fs::write(dir.join("out"), "mine").unwrap();
    for target in ["out", "out/below"] {
        let error = write_all(&dir.join(target), &[File::new("a", "b")]).unwrap_err().to_string();
        assert!(
            error.contains(target)
                && error.contains("file where a folder is needed")
                && error.contains("--out"),
            "{error}"
        );
    }
    assert_eq!(fs::read_to_string(dir.join("out")).unwrap(), "mine");
    fs::remove_dir_all(dir).unwrap();
}

/// The second file cannot be written: the first keeps its earlier content, and nothing temporary stays.
#[test]
fn all_or_nothing() {
    let dir = fresh("all");
    fs::write(dir.join("a.txt"), "earlier").unwrap();
    fs::create_dir(dir.join("b.txt")).unwrap();
    let error =
        write_all(&dir, &[File::new("a.txt", "new"), File::new("b.txt", "new")]).unwrap_err().to_string();
    assert!(error.contains("b.txt") && error.contains("folder where a file"), "{error}");
    assert_eq!(fs::read_to_string(dir.join("a.txt")).unwrap(), "earlier");
    assert_eq!(names(&dir), ["a.txt", "b.txt"]);
    fs::remove_dir_all(dir).unwrap();
}
