//! Whether our verdict and that of the real controllers on one state agree, and the fuzz target that asks.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use arbitrary::Unstructured;
use maxsurge_core::conformance;
use maxsurge_core::conformance::compare::{self, Difference};
use serde_json::Value;

use crate::generators::sync_state::{Subject, sync_case};

/// What came of a state.
#[derive(Clone, PartialEq, Debug)]
pub enum Agreement {
    /// Both say the same.
    Same,
    /// They do not.
    Different(Difference),
    /// The state cannot be compared; why.
    LeftOut(&'static str),
}

/// Compares two verdicts on a case of the protocol's mode `sync`.
pub fn sync(line: &str, ours: &Value, theirs: &Value) -> Agreement {
    let text = |verdict: &Value| verdict["invalid"].as_str().unwrap_or_default().to_owned();
    if text(ours).contains("spec.replicas is null") {
        return Agreement::LeftOut("spec.replicas is null");
    }
    if let Some(why) = divides_by_zero(theirs) {
        return Agreement::LeftOut(why);
    }
    if theirs.get("panic").is_some()
        && let Some(why) = never_stored(line)
    {
        return Agreement::LeftOut(why);
    }
    let same = if hashes_as_stored(line) { compare::same_with_names } else { compare::same };
    match same(ours, theirs) {
        Ok(()) => Agreement::Same,
        Err(difference) => Agreement::Different(difference),
    }
}

/// Whether the real controller crashed over a metric: a victim was chosen in the first millisecond of the youngest ready pod
/// (`reportSortingDeletionAgeRatioMetric`; see UPSTREAM-FINDINGS.md). Ours has no such metric.
pub fn divides_by_zero(theirs: &Value) -> Option<&'static str> {
    let said = theirs["invalid"].as_str().unwrap_or_default();
    said.contains("youngest ready pod is less than 1 ms old").then_some("the real controller divides by zero")
}

/// What the case has that no API server stores and on which the real controllers crash. Any other crash is a difference.
pub fn never_stored(line: &str) -> Option<&'static str> {
    let case: Value = serde_json::from_str(line).unwrap_or_default();
    let any = |field: &str, odd: fn(&Value) -> bool| {
        case[field].as_array().into_iter().flatten().any(|object| odd(&object["spec"]))
    };
    if any("deployments", |d| {
        d["strategy"]["type"] == "RollingUpdate" && d["strategy"]["rollingUpdate"].is_null()
    }) {
        return Some("the real controller crashes without spec.strategy.rollingUpdate");
    }
    if any("deployments", |d| d["replicas"].is_null()) || any("replicaSets", |rs| rs["replicas"].is_null()) {
        return Some("spec.replicas is null");
    }
    if any("deployments", |d| d["selector"].is_null()) {
        return Some("the real controller crashes without spec.selector");
    }
    if any("deployments", |d| d["revisionHistoryLimit"].as_i64() < Some(0)) {
        return Some("the real controller crashes on a negative spec.revisionHistoryLimit");
    }
    any("replicaSets", |rs| rs["replicas"].as_i64() < Some(0))
        .then_some("the real controller crashes on negative replicas")
}

/// Whether the hash of the Deployment's template can be compared. Ours is that of the template as an API server gives it
/// back: empty lists and maps do not survive storage, quantities come back in their shortest form. A case is taken as it
/// is by the other side.
pub fn hashes_as_stored(line: &str) -> bool {
    fn is_stored(value: &Value) -> bool {
        match value {
            Value::Array(items) => !items.is_empty() && items.iter().all(is_stored),
            Value::Object(map) => {
                !map.is_empty() && !map.contains_key("resources") && map.values().all(is_stored)
            }
            _ => true,
        }
    }
    let case: Value = serde_json::from_str(line).unwrap_or_default();
    case["deployments"].as_array().into_iter().flatten().all(|d| is_stored(&d["spec"]["template"]))
}

/// The real controllers at the other end of two pipes.
struct Real {
    /// Kept so that it ends with this process' pipes.
    _child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Real {
    fn start() -> Option<Mutex<Real>> {
        let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/upstream/oracle");
        let program = std::env::var_os("MAXSURGE_ORACLE").map_or_else(|| PathBuf::from(built), PathBuf::from);
        let mut command = Command::new(&program);
        // Upstream logs what it finds odd about odd states.
        command.arg("sync").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                eprintln!(
                    "!!! SKIPPED: {}: {error}. Nothing is compared with the real controllers; scripts/upstream/build.sh builds them.",
                    program.display()
                );
                return None;
            }
        };
        let (input, output) = (child.stdin.take()?, child.stdout.take()?);
        Some(Mutex::new(Real { _child: child, input, output: BufReader::new(output) }))
    }

    fn ask(&mut self, line: &str) -> std::io::Result<Value> {
        writeln!(self.input, "{line}")?;
        self.input.flush()?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        Ok(serde_json::from_str(&answer)?)
    }
}

/// One pass over a hostile state, ours and that of the real controllers. Says so once, and does nothing, where those are
/// not built (`scripts/upstream/build.sh`, or `MAXSURGE_ORACLE`).
pub fn conformance(data: &[u8]) {
    static REAL: OnceLock<Option<Mutex<Real>>> = OnceLock::new();
    let Some(real) = REAL.get_or_init(Real::start) else { return };
    let Some((first, rest)) = data.split_first() else { return };
    let subject = if first.is_multiple_of(2) { Subject::Deployment } else { Subject::ReplicaSet };
    let line = sync_case("fuzz", subject, &mut Unstructured::new(rest)).to_string();
    let ours = serde_json::from_str(&conformance::sync(&line)).expect("a verdict is JSON");
    let theirs = real.lock().unwrap_or_else(PoisonError::into_inner).ask(&line);
    let theirs =
        theirs.unwrap_or_else(|error| panic!("the real controllers gave no verdict: {error}\n{line}"));
    if let Agreement::Different(difference) = sync(&line, &ours, &theirs) {
        panic!("{difference}\n{line}");
    }
}
