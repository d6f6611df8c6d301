//! The program as a user runs it: what it prints, and with which exit code. `UPDATE_GOLDENS=1 cargo test -p maxsurge` renews the goldens.

mod explain;
mod inputs;
mod outputs;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run of the program left behind.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn maxsurge(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maxsurge"));
    command.args(args).current_dir(env!("CARGO_TARGET_TMPDIR")).env_remove("NO_COLOR");
    command
}

fn run(args: &[&str]) -> Ran {
    run_with(args, b"")
}

fn run_with(args: &[&str], input: &[u8]) -> Ran {
    let mut child = maxsurge(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    // It may end before it has read all.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let ran = Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    assert!(!ran.err.contains("panicked"), "{args:?}: {}", ran.err);
    ran
}

/// A file below the folder of tests.
fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata").join(path)
}

/// An empty folder of that name.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
