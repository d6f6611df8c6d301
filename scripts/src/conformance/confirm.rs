//! `confirm`: whether the real controllers do what ours did.

use std::path::Path;

use maxsurge_core::scenario::Scenario;
use serde_json::Value;

use super::judge::{Judgement, judge};
use super::oracle::{self, Oracle};
use super::{Failure, Options, Source, translate};

/// Puts each file's case to both sides.
pub(super) fn main(options: &Options) -> Result<(), Failure> {
    if options.files.is_empty() {
        return Err(Failure::Usage("confirm needs a file: a scenario, or a case as `live` writes it".into()));
    }
    let program = oracle::program(options)?;
    let version = oracle::version(&program)?;
    let mut alone = false;
    for file in &options.files {
        for case in cases(file).map_err(|why| Failure::NoOracle(format!("{}: {why}", file.display())))? {
            let source = Source::of(&case).ok_or_else(|| {
                Failure::Usage(format!("{}: this is no case of the protocol", file.display()))
            })?;
            let line = case.to_string();
            let ours = source.ours(&line, version);
            let theirs = Oracle::start(&program, source)?.ask(&line)?;
            let said = match judge(source, &line, &ours, &theirs) {
                Judgement::Same => format!("confirmed upstream: Kubernetes {version} does the same"),
                Judgement::LeftOut(why) => format!("not decided: {why}"),
                Judgement::Different(difference) => {
                    alone = true;
                    format!("ours alone: {difference}")
                }
            };
            eprintln!("{}: {said}", file.display());
        }
    }
    if alone { Err(Failure::Different) } else { Ok(()) }
}

/// The cases of a file: a scenario is one, JSON Lines are one each, with or without the verdicts beside it.
fn cases(file: &Path) -> Result<Vec<Value>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    if text.trim_start().starts_with('{') {
        let read = |line: &str| -> Result<Value, String> {
            let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
            Ok(value.get("case").unwrap_or(&value).clone())
        };
        return text.lines().filter(|line| !line.trim().is_empty()).map(read).collect();
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut open = |path: &str| std::fs::read_to_string(folder.join(path)).map_err(|error| error.to_string());
    let scenario = Scenario::parse(&text, &mut open).map_err(|errors| errors.to_string())?;
    Ok(vec![translate::case(&scenario, &file.display().to_string())?])
}
