//! Where the output goes: pipes that close, disks that are full, folders that cannot be written; and how it looks.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::{folder, maxsurge, run};

fn example(name: &str) -> String {
    format!("{}/examples/{name}", env!("CARGO_MANIFEST_DIR"))
}

const QUICK: [&str; 9] =
    ["compare", "--seeds", "2", "--preset", "ideal", "--startup", "2s", "--strategies", "1/0"];

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_it_quietly() {
    let example = example("scale-mid-rollout.yaml");
    for args in [
        &["schema"][..],
        &["completions", "bash"],
        &["man"],
        &["run", &example],
        &["run", &example, "-o", "json"],
    ] {
        let mut child =
            maxsurge(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut first = String::new();
        BufReader::with_capacity(1, child.stdout.take().expect("piped")).read_line(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        // 141 where the pipe closed in time, else what it would have been.
        assert!(matches!(output.status.code(), Some(0 | 1 | 141)), "{args:?}: {:?}", output.status);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let out = folder("full");
    let example = example("surge-zero.yaml");
    let args = [&QUICK[..], &["--out", out.to_str().unwrap()]].concat();
    for args in [&["schema"][..], &["run", &example], &["run", &example, "-o", "json"], &args] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = maxsurge(args).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{args:?}: {err}");
        assert!(err.contains("cannot write the output: No space left on device"), "{args:?}: {err}");
    }
    let ran = run(&["run", &example, "--trace", "/dev/full"]);
    assert_eq!(ran.code, Some(3), "{}", ran.err);
    assert!(ran.err.contains("No space left"), "{}", ran.err);
}

#[test]
fn folders_that_cannot_be_written() {
    let dir = folder("unwritable");
    let file = dir.join("a-file");
    std::fs::write(&file, "").unwrap();
    for out in [&file, &file.join("below")] {
        let ran = run(&[&QUICK[..], &["--out", out.to_str().unwrap()]].concat());
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        assert!(ran.err.contains(out.to_str().unwrap()), "{}", ran.err);
    }
    let ran = run(&["run", &example("surge-zero.yaml"), "--trace", file.join("t").to_str().unwrap()]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("cannot write"), "{}", ran.err);
}

#[test]
fn tables_fit_and_are_plain() {
    let out = folder("plain");
    let ran = run(&[&QUICK[..], &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(!ran.out.contains('\u{1b}'));
    for line in ran.out.lines().filter(|line| !line.starts_with("Report: ") && !line.starts_with("  ")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for name in ["report.html", "summary.md", "summary.csv", "results.json"] {
        assert!(out.join(name).is_file(), "{name}");
    }
    let left = std::fs::read_dir(&out)
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("tmp"));
    assert_eq!(left.count(), 0);
}

#[test]
fn a_stall_is_explained() {
    let ran = run(&["run", &example("bad-image-undo.yaml")]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for part in [
        "~ No further new pod may come: the surge is full.",
        "running, but the readiness probe has not passed",
    ] {
        let words: Vec<&str> = ran.out.split_whitespace().collect();
        assert!(words.join(" ").contains(part), "{part}: {}", ran.out);
    }
    let ran = run(&["run", &example("bad-image-undo.yaml"), "-o", "json"]);
    assert!(ran.out.contains("\"clause\": \"surge-full\""), "{}", ran.out);
}

#[test]
fn exit_codes() {
    let out = folder("codes");
    let compare = |more: &[&str]| run(&[&QUICK[..], &["--out", out.to_str().unwrap()], more].concat()).code;
    assert_eq!(compare(&["--min-available", "50%"]), Some(0));
    assert_eq!(compare(&["--min-available", "100%", "--max-duration", "1s"]), Some(1));
    assert_eq!(compare(&["--strategies", "1"]), Some(2));
    assert_eq!(compare(&["--seeds", "0"]), Some(2));
    assert_eq!(run(&["run", &example("bad-image-undo.yaml")]).code, Some(0));
    assert_eq!(run(&["nonsense"]).code, Some(2));
    assert_eq!(run(&["--version"]).code, Some(0));
}
