//! The examples and the recorded timelines, played. `UPDATE_GOLDENS=1 cargo test -p maxsurge` renews the goldens of the examples; the
//! recorded sizes come from a real control plane and are never renewed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use maxsurge_core::cluster::UserError;
use maxsurge_core::scenario::{Moment, Observer, Outcome, Scenario, Step, simulate};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Each change of a ReplicaSet's wanted size, the sets numbered as they appear.
#[derive(Default)]
struct Sizes {
    names: Vec<(String, i32)>,
    text: String,
}

impl Observer for Sizes {
    fn step(&mut self, moment: &Moment<'_>, step: &Step, reply: Result<&str, &UserError>) {
        let refused = reply.err().map(|error| format!(" => {error}")).unwrap_or_default();
        let _ = writeln!(self.text, "{:.3} {}{refused}", moment.at_ns() as f64 / 1e9, step.text);
    }

    fn told(&mut self, moment: &Moment<'_>, text: &str) {
        let _ = writeln!(self.text, "{:.3} {text}", moment.at_ns() as f64 / 1e9);
    }

    fn instant(&mut self, moment: &Moment<'_>) {
        for id in moment.replica_sets() {
            let Some(rs) = moment.cluster.store.replica_set(id) else { continue };
            let name = rs.meta.name.to_string();
            let at = self.names.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
                self.names.push((name.clone(), -1));
                self.names.len() - 1
            });
            if self.names[at].1 != rs.spec.replicas {
                self.names[at].1 = rs.spec.replicas;
                let at_s = moment.at_ns() as f64 / 1e9;
                let _ = writeln!(self.text, "{at_s:.3} rs{}={}", at + 1, rs.spec.replicas);
            }
        }
    }
}

fn play(path: &Path, seed: Option<u64>) -> (Outcome, String) {
    let text = std::fs::read_to_string(path).unwrap();
    let scenario = Scenario::parse(&text, &mut |path| Err(format!("no file {path}")))
        .unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
    let mut sizes = Sizes::default();
    let outcome = simulate(&scenario, seed.unwrap_or(scenario.seed), &mut sizes).unwrap();
    let _ = writeln!(sizes.text, "{:.3} {:?}", outcome.at_ns as f64 / 1e9, outcome.end);
    (outcome, sizes.text)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    files
}

#[test]
fn examples() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for path in files("examples") {
        let text = std::fs::read_to_string(&path).unwrap();
        if !text.contains("\nkind: Scenario\n") {
            continue;
        }
        seen += 1;
        assert!(text.starts_with("# "), "{}: begins with what there is to see", path.display());
        let sizes = play(&path, None).1;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let golden = root().join(format!("tests/testdata/examples/{name}.txt"));
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            std::fs::create_dir_all(golden.parent().unwrap()).unwrap();
            std::fs::write(&golden, sizes).unwrap();
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != sizes {
            wrong.push(format!("{name}:\n{sizes}"));
        }
    }
    assert!(seen >= 10, "only {seen} examples");
    assert!(wrong.is_empty(), "other sizes than in tests/testdata/examples:\n{}", wrong.join("\n"));
}

/// The sizes that each ReplicaSet goes through, in order: `rs1 10 8 7 …`. Which of two ReplicaSets changes first within a
/// fraction of a second depends on the real cluster's load; the way of each one does not.
fn ways(sizes: &str) -> Vec<String> {
    // After the resume, 15 pods get ready in bunches that no seed of a uniform spread repeats; up to there it must agree.
    let sizes = sizes.split("kubectl rollout resume").next().unwrap_or_default();
    let mut ways: Vec<String> = Vec::new();
    for change in sizes.split_whitespace().filter_map(|word| word.strip_prefix("rs")) {
        let (set, size) = change.split_once('=').unwrap();
        let set: usize = set.parse().unwrap();
        if ways.len() < set {
            ways.resize(set, String::new());
        }
        ways[set - 1] += &format!("{size} ");
    }
    ways
}

#[test]
fn recorded_timelines() {
    let mut wrong = Vec::new();
    for path in files("tests/scenarios/e2e") {
        let (outcome, sizes) = play(&path, None);
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let recorded =
            std::fs::read_to_string(root().join(format!("tests/testdata/e2e/{name}.txt"))).unwrap();
        if !outcome.finished() || ways(&sizes) != ways(&recorded) {
            wrong.push(format!("{name}: recorded\n{recorded}\nhere\n{sizes}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
