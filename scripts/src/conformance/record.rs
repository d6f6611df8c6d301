//! `record`: the files of `core/tests/it/testdata/upstream`, renewed.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use maxsurge_core::api::KubernetesVersion;
use maxsurge_core::conformance::compare::{Names, comparable};
use maxsurge_fuzz::agreement::{hashes_as_stored, never_stored};
use serde_json::{Value, json};

use super::judge::{Judgement, judge};
use super::oracle::{self, Oracle};
use super::{Failure, Options, Source};

/// Longest case that is recorded, bytes: crowds of hundreds of pods are for `live`.
const CASE_BYTES_MAX: usize = 12_000;

/// Records as many cases of each source as were asked for.
pub(super) fn main(options: &Options) -> Result<(), Failure> {
    let program = oracle::program(options)?;
    let version = oracle::version(&program)?;
    for source in &options.sources {
        let path = match source {
            Source::Run => runs(options, &program, version)?,
            _ => states(options, *source, &program, version)?,
        };
        let bytes = std::fs::metadata(&path)?.len();
        eprintln!("{}: {:.1} MB", path.display(), bytes as f64 / 1e6);
    }
    Ok(())
}

fn folder(options: &Options) -> PathBuf {
    options.out.clone().unwrap_or_else(|| crate::root().join("core/tests/it/testdata/upstream"))
}

/// One line a state: the case and the part of the verdict that is compared.
fn states(
    options: &Options,
    source: Source,
    program: &Path,
    version: KubernetesVersion,
) -> Result<PathBuf, Failure> {
    let mut theirs = Oracle::start(program, source)?;
    let mut lines = Vec::new();
    for index in options.from.. {
        if lines.len() as u64 == options.cases {
            break;
        }
        let case = source.case(options.seed, index);
        let text = case.to_string();
        if text.len() > CASE_BYTES_MAX {
            continue;
        }
        if source.ours(&text, version).get("invalid").is_some() {
            continue;
        }
        let verdict = theirs.ask(&text)?;
        if verdict.get("invalid").is_some() || verdict.get("panic").is_some() {
            if verdict.get("panic").is_some() && never_stored(&text).is_none() {
                eprintln!("the real controller crashes: {text}");
                return Err(Failure::Different);
            }
            continue;
        }
        if source == Source::Autoscaler {
            lines.push(json!({"case": case, "verdict": verdict}));
            continue;
        }
        let names = if hashes_as_stored(&text) { Names::Compared } else { Names::Free };
        let mut line = json!({"case": case, "verdict": comparable(&verdict, names)});
        if names == Names::Compared {
            line["names"] = true.into();
        }
        lines.push(line);
    }
    let header = json!({"kubernetes": version.release(), "controller": source.as_str(), "generatorSeed": options.seed,
        "cases": lines.len()});
    let path = folder(options).join(format!("{}.{}.jsonl.gz", source.as_str(), version.release()));
    let temporary = path.with_extension("tmp");
    let mut out = GzEncoder::new(std::fs::File::create(&temporary)?, Compression::best());
    for line in std::iter::once(&header).chain(&lines) {
        writeln!(out, "{line}")?;
    }
    out.finish()?.sync_all()?;
    std::fs::rename(&temporary, &path)?;
    Ok(path)
}

/// One line a rollout: the case and what the real controllers showed in lockstep.
fn runs(options: &Options, program: &Path, version: KubernetesVersion) -> Result<PathBuf, Failure> {
    let mut theirs = Oracle::start(program, Source::Run)?;
    let mut lines = Vec::new();
    for index in options.from.. {
        if lines.len() as u64 == options.cases {
            break;
        }
        let case = Source::Run.case(options.seed, index);
        let text = case.to_string();
        let verdict = theirs.ask(&text)?;
        if verdict.get("invalid").is_some() {
            continue;
        }
        if let Judgement::Different(difference) =
            judge(Source::Run, &text, &Source::Run.ours(&text, version), &verdict)
        {
            // Recorded all the same: what the real ones do is the test.
            eprintln!("{}: {difference}", case["id"]);
        }
        lines.push(json!({"case": case, "views": verdict["views"]}));
    }
    let header = json!({"kubernetes": version.release(), "controller": "run", "generatorSeed": options.seed,
        "schedule": "lockstep", "cases": lines.len()});
    let path = folder(options).join(format!("run.{}.jsonl", version.release()));
    let temporary = path.with_extension("tmp");
    let text: String =
        std::iter::once(&header).chain(&lines).map(|line: &Value| format!("{line}\n")).collect();
    std::fs::write(&temporary, text)?;
    std::fs::rename(&temporary, &path)?;
    Ok(path)
}
