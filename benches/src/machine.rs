//! Where and when something was measured.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// Commit, date, processor, number of processors and load: what a figure means nothing without.
pub fn context() -> Value {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    // What the figures themselves write does not change them.
    let written =
        [":(top,exclude)benches/*.md", ":(top,exclude)benches/*.json", ":(top,exclude)benches/*.png"];
    let written = [&written[..], &[":(top,exclude)benches/*.svg"]].concat();
    let status = [&["status", "--porcelain", "--untracked-files=no", "--", ":/"][..], &written].concat();
    let dirty = !said("git", &status).is_empty();
    json!({
        "commit": said("git", &["rev-parse", "--short=12", "HEAD"]) + if dirty { "+" } else { "" },
        "date": said("date", &["-u", "+%F"]),
        "processor": model.unwrap_or(std::env::consts::ARCH),
        "processors": std::thread::available_parallelism().map_or(0, usize::from),
        "load_average_1m": load.split(' ').next().and_then(|text| text.parse::<f64>().ok()),
        "rustc": said("rustc", &["--version"]),
    })
}

/// Time that this process has spent on a processor so far, ns: unlike wall time it does not count the waiting for one.
/// `None` where the system does not tell.
pub fn processor_ns() -> Option<u64> {
    fs::read_to_string("/proc/self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

/// Most memory that this process ever held, bytes.
pub fn peak_resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    kib.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
