//! `maxsurge explain` on dumps, one for each clause (`tests/testdata/explain`).

use crate::{run, run_with, testdata};

/// Dumps that are looked at at another time than the newest one in them.
const LATER: [(&str, &str); 1] = [("min-ready-seconds-passed", "2026-11-23T10:11:00Z")];

#[test]
fn clauses() {
    let (mut wrong, mut seen) = (String::new(), 0);
    let mut paths: Vec<_> =
        std::fs::read_dir(testdata("explain")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "yaml")) {
        seen += 1;
        let name = path.file_stem().unwrap().to_str().unwrap();
        let mut args = vec!["explain", "-f", path.to_str().unwrap()];
        if let Some((_, now)) = LATER.iter().find(|(of, _)| *of == name) {
            args.extend(["--now", now]);
        }
        let ran = run(&args);
        assert_eq!(ran.err, "", "{name}");
        let found = format!("{}exit code {:?}\n", ran.out, ran.code.unwrap());
        let golden = path.with_extension("txt");
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            std::fs::write(&golden, found).unwrap();
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != found {
            wrong += &format!("{name}:\n{found}\n");
        }
    }
    assert!(seen >= 20, "only {seen} dumps");
    assert!(wrong.is_empty(), "other texts than in tests/testdata/explain:\n{wrong}");
}

#[test]
fn now_is_said() {
    let dump = std::fs::read(testdata("explain/complete.yaml")).unwrap();
    let path = testdata("explain/complete.yaml");
    let first = |ran: crate::Ran| ran.out.lines().next().unwrap().to_owned();
    assert_eq!(
        first(run(&["explain", "-f", path.to_str().unwrap()])),
        "At 2026-11-23T10:10:00Z (the newest time in the file; --now sets another)"
    );
    assert_eq!(
        first(run(&["explain", "-f", path.to_str().unwrap(), "--now", "2027-01-01T00:00:00Z"])),
        "At 2027-01-01T00:00:00Z (as given)"
    );
    assert!(first(run_with(&["explain", "-f", "-"], &dump)).ends_with("(the clock)"));
    let wrong = run(&["explain", "-f", "-", "--now", "yesterday"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("2026-11-23T06:54:20Z"), "{}", wrong.err);
}

#[test]
fn for_programs() {
    let path = testdata("explain/surge-full.yaml");
    let ran = run(&["explain", "-f", path.to_str().unwrap(), "-o", "json"]);
    assert_eq!(ran.code, Some(1));
    let value: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let clauses: Vec<&str> = value["deployments"][0]["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["clause"].as_str().unwrap())
        .collect();
    assert_eq!(clauses, ["surge-full", "minimum-available", "pods"]);
}

#[test]
fn nothing_to_explain() {
    let check = |input: &[u8], args: &[&str], expected: &str| {
        let ran = run_with(&[&["explain", "-f", "-"], args].concat(), input);
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        assert!(ran.err.contains(expected), "{}", ran.err);
        assert_eq!(ran.out, "");
    };
    check(b"", &[], "no such Deployment in -: there is none");
    check(b"apiVersion: v1\nkind: List\nitems: []\n", &[], "kubectl get deploy,rs,pods -o yaml");
    let dump = std::fs::read(testdata("explain/complete.yaml")).unwrap();
    check(&dump, &["--deployment", "other"], "there are web");
    check(
        b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: x}\n",
        &[],
        "standard input:4:18",
    );
    check(b"\x00\x01", &[], "not text");
}
