//! The real controllers as a process at the other end of two pipes.

use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use maxsurge_core::api::KubernetesVersion;
use serde_json::Value;

use super::{Failure, Options, Source};

/// A running program that answers cases.
pub(super) struct Oracle {
    child: Child,
    input: Option<BufWriter<ChildStdin>>,
    output: BufReader<ChildStdout>,
    line: String,
    /// Reads what it says besides, to the end.
    died_of: Option<JoinHandle<Option<String>>>,
}

/// Where the program is; builds it if it is not there.
pub(super) fn program(options: &Options) -> Result<PathBuf, Failure> {
    if let Some(path) = &options.oracle {
        return Ok(path.clone());
    }
    let path = crate::root().join("target/upstream/oracle");
    if !path.exists() {
        eprintln!("building the real controllers (minutes when cold)");
        let built = Command::new(crate::root().join("scripts/upstream/build.sh")).status();
        if !built.is_ok_and(|status| status.success()) {
            return Err(Failure::NoOracle(
                "scripts/upstream/build.sh failed: it needs Go 1.26 or newer and, the first time, the Go modules".into(),
            ));
        }
    }
    Ok(path)
}

/// The release that the program is built from, such as `v1.37.2`.
pub(super) fn release(program: &Path) -> Result<String, Failure> {
    let said = Command::new(program).arg("version").output().map_err(|error| not_started(program, &error))?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// Whose rules the program follows. One that is not known yet is held against the newest that is: whether it decides
/// anything otherwise is then the question.
pub(super) fn version(program: &Path) -> Result<KubernetesVersion, Failure> {
    let release = release(program)?;
    Ok(KubernetesVersion::parse(&release).unwrap_or_else(|_| {
        let newest = KubernetesVersion::default();
        eprintln!("Kubernetes {release} has no rules here yet: ours follows those of {newest}");
        newest
    }))
}

fn not_started(program: &Path, error: &io::Error) -> Failure {
    Failure::NoOracle(format!("{}: {error}", program.display()))
}

/// The line by which a Go program says that it crashes. Upstream also logs what it finds odd about odd states.
fn died_of(errors: impl BufRead) -> Option<String> {
    let is_end = |line: &String| line.starts_with("panic: ") || line.starts_with("fatal error: ");
    errors.lines().map_while(Result::ok).filter(is_end).last()
}

impl Oracle {
    /// Starts the program for cases of that source; runs are played in lockstep (one fixed order, see
    /// `scripts/upstream/lockstep.go`).
    pub(super) fn start(program: &Path, source: Source) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        command.arg(source.mode());
        if source == Source::Run {
            command.arg("--lockstep");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| not_started(program, &error))?;
        let input = child.stdin.take().map(BufWriter::new);
        let output = child.stdout.take().expect("it was asked for");
        let errors = child.stderr.take().expect("it was asked for");
        let died_of = Some(std::thread::spawn(move || died_of(BufReader::new(errors))));
        Ok(Oracle { child, input, output: BufReader::new(output), line: String::new(), died_of })
    }

    /// The end for cases, for another thread to write to.
    pub(super) fn take_input(&mut self) -> BufWriter<ChildStdin> {
        self.input.take().expect("taken once")
    }

    /// The next verdict.
    pub(super) fn read(&mut self) -> Result<Value, Failure> {
        self.line.clear();
        if self.output.read_line(&mut self.line)? == 0 {
            let died_of = self.died_of.take().and_then(|said| said.join().ok()).flatten();
            let why = died_of.map(|line| format!(": {line}")).unwrap_or_default();
            return Err(Failure::NoOracle(format!(
                "the real controllers' program ended before it had answered{why}"
            )));
        }
        serde_json::from_str(&self.line)
            .map_err(|error| Failure::NoOracle(format!("its verdict is no JSON: {error}")))
    }

    /// Puts one case and waits for the verdict.
    pub(super) fn ask(&mut self, case: &str) -> Result<Value, Failure> {
        let input = self.input.as_mut().expect("not taken");
        writeln!(input, "{case}")?;
        input.flush()?;
        self.read()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It ends at the end of its input; if it is in the midst of something, it need not finish.
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
