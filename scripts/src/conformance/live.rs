//! `live`: random cases put to both sides, until they differ.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use maxsurge_core::api::KubernetesVersion;
use maxsurge_fuzz::shrink::shrink;
use serde_json::{Value, json};

use super::judge::{Judgement, judge};
use super::oracle::{self, Oracle};
use super::{Failure, Options, Source};

/// Cases under way between the two sides.
const AHEAD: usize = 128;

pub(super) fn main(options: &Options) -> Result<(), Failure> {
    let program = oracle::program(options)?;
    let version = options.version.map_or_else(|| oracle::version(&program), Ok)?;
    for source in &options.sources {
        one(options, *source, &program, version)?;
    }
    Ok(())
}

fn one(options: &Options, source: Source, program: &Path, version: KubernetesVersion) -> Result<(), Failure> {
    let &Options { cases, seed, from, .. } = options;
    eprintln!(
        "{}: {} cases against Kubernetes {version}, seed {seed}{}",
        source.as_str(),
        HumanCount(cases),
        if from > 0 { format!(", from {from}") } else { String::new() }
    );
    let mut theirs = Oracle::start(program, source)?;
    let mut input = theirs.take_input();
    let (send, receive) = sync_channel(AHEAD);
    // Ours thinks while theirs does; the pipe and the channel hold back whoever is ahead.
    let writer = std::thread::spawn(move || {
        for index in from..from + cases {
            let line = source.case(seed, index).to_string();
            if writeln!(input, "{line}").and_then(|()| input.flush()).is_err() {
                return;
            }
            let ours = source.ours(&line, version);
            if send.send((line, ours)).is_err() {
                return;
            }
        }
    });
    let (started, bar) = (Instant::now(), bar(cases));
    let (mut same, mut left_out) = (0_u64, BTreeMap::<&str, u64>::new());
    let mut found = None;
    for (line, ours) in receive {
        let verdict = theirs.read()?;
        match judge(source, &line, &ours, &verdict) {
            Judgement::Same => same += 1,
            Judgement::LeftOut(why) => *left_out.entry(why).or_default() += 1,
            Judgement::Different(difference) => {
                found = Some((line, difference));
                break;
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    // Ends it, so that the writer is not left waiting for room in the pipe.
    drop(theirs);
    if writer.join().is_err() {
        return Err(Failure::NoOracle("a case could not be made, see above".into()));
    }
    let seconds = started.elapsed().as_secs_f64();
    eprintln!(
        "{}: {} the same in {seconds:.1} s, {:.0} a second{}",
        source.as_str(),
        HumanCount(same),
        same as f64 / seconds.max(0.001),
        left_out.iter().map(|(why, n)| format!("; {n} left out: {why}")).collect::<String>()
    );
    let Some((line, difference)) = found else { return Ok(()) };
    eprintln!("a difference: {difference}");
    report(options, source, (program, version), &line)?;
    Err(Failure::Different)
}

fn bar(cases: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {per_sec:>12} {eta:>6}");
    let bar = ProgressBar::new(cases).with_style(style.expect("a template of known names"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Shrinks the case, prints it with both verdicts and writes it to a file.
fn report(
    options: &Options,
    source: Source,
    (program, version): (&Path, KubernetesVersion),
    line: &str,
) -> Result<(), Failure> {
    let mut theirs = Oracle::start(program, source)?;
    let mut verdicts = |case: &Value| -> Option<(Value, Value, String)> {
        let line = case.to_string();
        let (ours, theirs) = (source.ours(&line, version), theirs.ask(&line).ok()?);
        // A case that one side does not take is another difference than the one looked at.
        let whole = |verdict: &Value| verdict.get("invalid").is_none() && verdict.get("panic").is_none();
        match judge(source, &line, &ours, &theirs) {
            Judgement::Different(difference) if whole(&ours) && whole(&theirs) => {
                Some((ours, theirs, difference.to_string()))
            }
            _ => None,
        }
    };
    let case: Value = serde_json::from_str(line).expect("it was made from one");
    if let Some((ours, theirs, difference)) = verdicts(&case) {
        // Already now: a search among rollouts takes minutes.
        let path = write(options, &case, &ours, &theirs, &difference)?;
        eprintln!("written to {}", path.display());
    }
    let tries_max = if source == Source::Run { 300 } else { 4_000 };
    let small = shrink(&case, tries_max, |case| verdicts(case).is_some());
    // A difference that does not come again, or one side that refuses the case, is shown as it was.
    let Some((ours, theirs, difference)) = verdicts(&small) else {
        eprintln!("it cannot be made smaller:\n{line}\nours: {}", source.ours(line, version));
        eprintln!("theirs: {}", Oracle::start(program, source)?.ask(line)?);
        return Ok(());
    };
    eprintln!("case: {small:#}\nours: {ours:#}\ntheirs: {theirs:#}\n{difference}");
    let path = write(options, &small, &ours, &theirs, &difference)?;
    eprintln!("written to {}", path.display());
    Ok(())
}

/// One line in the form of the recorded files, with our verdict and the difference beside it.
fn write(
    options: &Options,
    case: &Value,
    ours: &Value,
    theirs: &Value,
    difference: &str,
) -> Result<PathBuf, Failure> {
    let folder = options.out.clone().unwrap_or_else(|| crate::root().join("target/conformance"));
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{}.jsonl", case["id"].as_str().unwrap_or("case")));
    let temporary = path.with_extension("tmp");
    let record = json!({"case": case, "theirs": theirs, "ours": ours, "difference": difference});
    std::fs::write(&temporary, format!("{record}\n"))?;
    std::fs::rename(&temporary, &path)?;
    Ok(path)
}
