//! The examples and the recorded timelines, played. `UPDATE_GOLDENS=1 cargo test -p maxsurge` renews the goldens of the examples; the
//! recorded sizes come from a real control plane and are never renewed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use maxsurge_core::cluster::UserError;
use maxsurge_core::scenario::{
    Moment, Observer, Outcome, PINNED, PINNED_SEED, PINNED_TRACE_HASH, Scenario, Step, simulate, trace_hash,
};
use maxsurge_core::sim::Rng;

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

fn read(path: &Path) -> Scenario {
    let text = std::fs::read_to_string(path).unwrap();
    Scenario::parse(&text, &mut |path| Err(format!("no file {path}")))
        .unwrap_or_else(|errors| panic!("{}:\n{errors}", path.display()))
}

fn play_scenario(scenario: &Scenario, seed: u64) -> (Outcome, String) {
    let mut sizes = Sizes::default();
    let outcome = simulate(scenario, seed, &mut sizes).unwrap();
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
        let scenario = read(&path);
        let sizes = play_scenario(&scenario, scenario.seed).1;
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

/// One line of a timeline: when, s, and what.
fn lines(timeline: &str) -> Vec<(f64, &str)> {
    timeline
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(at, what)| (at.parse().unwrap(), what))
        .filter(|(_, what)| what.starts_with("rs") || what.starts_with("kubectl"))
        .collect()
}

/// How far a time may be from the recorded one, counted from the last command, s: kubectl itself takes a tenth of a second, and a
/// loaded control plane answers later than one at rest.
const DELAY_S: f64 = 0.35;
/// How far a pod's start may be from the recorded one, ms: what the recording's watch streams say of each other.
const SHAKE_MS: i64 = 30;
/// How many ways of shaking are tried.
const SHAKES_MAX: u64 = 400;
/// Recordings in which pods got ready within milliseconds of each other, so that which of them one pass of a controller saw
/// was a race: the recorded order must be among those that come out when starts are shaken. All others come out as recorded, with
/// the recorded starts.
///
/// With each, how far its times may be off, s. In the rollover, the real ReplicaSet controller's client had used up its burst when v3
/// was set: its pods were created 0.6 s after the ReplicaSet had grown (at 10.42 s, not 9.82 s), and sizes follow up to 1.2 s later than
/// here, where some of the burst is left.
const RACES: [(&str, f64); 2] = [("09-pause-scale-resume", DELAY_S), ("12-rollover-v1-v2-v3", 1.2)];

/// Start-up times as recorded, in creation order, ns; `shake` 0 = exactly, else each up to [`SHAKE_MS`] earlier or later.
fn starts(recorded: &str, delay_ns: i64, shake: u64) -> Vec<i64> {
    let mut rng = Rng::new(shake, 3);
    let mut off_ns = || match shake {
        0 => 0,
        _ => (rng.below(2 * SHAKE_MS as u64 * 1000) as i64 - SHAKE_MS * 1000) * 1000,
    };
    let start =
        |text: &str| text.parse().map_or(-1, |s: f64| ((s * 1e9) as i64 - delay_ns + off_ns()).max(0));
    recorded.lines().map(start).collect()
}

/// What differs from a recording; empty = nothing.
fn differs(recorded: &str, outcome: &Outcome, here: &str, delay_s: f64) -> String {
    let (expected, found) = (lines(recorded), lines(here));
    // A command's line is when kubectl was started there and when it took effect here: sizes may change in between.
    let sizes = |lines: &[(f64, &str)]| -> Vec<String> {
        lines.iter().filter(|(_, what)| what.starts_with("rs")).map(|(_, what)| what.to_string()).collect()
    };
    if !outcome.finished() || sizes(&expected) != sizes(&found) {
        return "other sizes or another order".into();
    }
    // Times since the command that a size followed, for sizes that follow the same one.
    let since = |lines: &[(f64, &str)]| -> Vec<(usize, f64)> {
        let (mut commands, mut at) = (0, 0.0);
        let mut found = Vec::new();
        for (time, what) in lines {
            if what.starts_with("rs") {
                found.push((commands, time - at));
            } else {
                (commands, at) = (commands + 1, *time);
            }
        }
        found
    };
    let mut why = String::new();
    for (((command, at), (command_here, at_here)), what) in
        since(&expected).into_iter().zip(since(&found)).zip(sizes(&expected))
    {
        if command == command_here && (at_here - at).abs() > delay_s {
            why += &format!("{what} is off by {:.3} s; ", at_here - at);
        }
    }
    why
}

/// Recorded timelines: pods start as they did there; sizes, their order over all ReplicaSets, and times are the controllers'.
#[test]
fn recorded_timelines() {
    let (mut wrong, mut seen) = (String::new(), 0);
    for path in files("tests/scenarios/e2e") {
        seen += 1;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let recorded = |end: &str| {
            std::fs::read_to_string(root().join(format!("tests/testdata/e2e/{name}.{end}"))).unwrap()
        };
        let (sizes, startup) = (recorded("txt"), recorded("startup.txt"));
        let mut scenario = read(&path);
        let delay_ns = scenario.cluster.start_delay_ns;
        let race = RACES.iter().find(|(race, _)| *race == name);
        let (shakes, delay_s) = race.map_or((0, DELAY_S), |(_, delay_s)| (SHAKES_MAX, *delay_s));
        let mut first = None;
        let came_out = (0..=shakes).any(|shake| {
            scenario.workload.startup_by_order = starts(&startup, delay_ns, shake);
            let (outcome, here) = play_scenario(&scenario, 0);
            let why = differs(&sizes, &outcome, &here, delay_s);
            let same = why.is_empty();
            first.get_or_insert((why, here));
            same
        });
        if let (false, Some((why, here))) = (came_out, first) {
            wrong += &format!("{name}: {why}\nrecorded\n{sizes}\nhere\n{here}\n");
        }
    }
    assert_eq!(seen, 7);
    assert!(wrong.is_empty(), "{wrong}");
}

/// The same pinned trace as in the tests of the core: another package, another binary, the same bytes.
#[test]
fn the_pinned_trace() {
    let scenario = Scenario::parse(PINNED, &mut |path| Err(format!("no file {path}"))).unwrap();
    let hash = trace_hash(&scenario, PINNED_SEED).unwrap();
    assert_eq!(hash, PINNED_TRACE_HASH, "0x{hash:016x}");
}
