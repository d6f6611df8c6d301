//! Writes the tables of PERFORMANCE.md from the newest run of each kind in `runs/`, between its `figures` marks.
//!
//! Without `-- --renew` it only says which runs they are. `-- --folder DIR` takes `PERFORMANCE.md` and `runs/` of another
//! folder.
#![allow(missing_docs, clippy::print_stdout, reason = "a program")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn folder() -> PathBuf {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--folder").skip(1);
    arguments.next().map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

/// The run of a kind that was written last.
fn newest(what: &str) -> Option<(PathBuf, Value)> {
    let files = std::fs::read_dir(folder().join("runs")).ok()?.flatten().map(|entry| entry.path());
    let files = files.filter(|path| path.to_string_lossy().ends_with(&format!("-{what}.json")));
    let file = files.max_by_key(|path| std::fs::metadata(path).and_then(|data| data.modified()).ok())?;
    let run = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
    Some((file, run))
}

fn number(row: &Value, field: &str) -> f64 {
    row[field].as_f64().unwrap_or(f64::NAN)
}

/// Three figures that count, thousands apart.
fn short(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else if value >= 0.1 {
        2
    } else {
        3
    };
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let mut apart = String::new();
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n) % 3 == 0 {
            apart.push(',');
        }
        apart.push(digit);
    }
    if rest.is_empty() { apart } else { format!("{apart}.{rest}") }
}

fn rows(run: &Value, field: &str) -> Vec<Value> {
    run[field].as_array().cloned().unwrap_or_default()
}

fn provenance(run: &Value, file: &Path) -> String {
    let context = &run["context"];
    let text = |field: &str| context[field].as_str().unwrap_or("unknown").to_owned();
    format!(
        "Measured {} at commit {} on {} ({} processors), load average {} when it began; raw data: `runs/{}`.\n\n",
        text("date"),
        text("commit"),
        text("processor"),
        context["processors"],
        context["load_average_1m"],
        file.file_name().unwrap_or_default().to_string_lossy()
    )
}

fn goals(text: &mut String) {
    let Some((file, run)) = newest("goals") else { return };
    let _ = write!(text, "### Goals\n\n{}", provenance(&run, &file));
    text.push_str("| goal | wanted | measured | |\n|---|---:|---:|---|\n");
    for goal in rows(&run, "goals") {
        let (measured, wanted) = (number(&goal, "measured"), number(&goal, "goal"));
        let at_least = goal["at_least"] == true;
        let met = if at_least { measured >= wanted } else { measured <= wanted };
        let unit = goal["unit"].as_str().unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {} {} {unit} | {} {unit} | {} |",
            goal["name"].as_str().unwrap_or_default(),
            if at_least { "≥" } else { "≤" },
            short(wanted),
            short(measured),
            if met { "met" } else { "**missed**" }
        );
    }
    text.push_str("\n### One rollout\n\n| policy | pods | ms | µs a pod | events a second | passes a second | ns a pass | × 3n bare queue events |\n|---|---:|---:|---:|---:|---:|---:|---:|\n");
    for row in rows(&run, "rollouts") {
        let (ms, pods) = (number(&row, "wall_ms"), number(&row, "pods"));
        let passes = number(&row, "deployment_passes") + number(&row, "replica_set_passes");
        let events = number(&row, "queue_events") + number(&row, "watch_events");
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            row["policy"].as_str().unwrap_or_default(),
            short(pods).replace(".00", "").replace(".0", ""),
            short(ms),
            short(ms * 1e3 / pods),
            short(events / ms * 1e3),
            short(passes / ms * 1e3),
            short(ms * 1e6 / passes),
            short(ms / number(&row, "floor_of_3n_queue_events_ms"))
        );
    }
    let limited = &run["fleets"]["limited"];
    if limited.is_object() {
        let _ = writeln!(
            text,
            "\nWith QPS 20 and burst 30, {} Deployments × {} pods need {} requests and {} s of virtual time; their creations and deletions alone, at 20 a second, take {} s: the request budget is the bottleneck. Simulating it takes {} ms.",
            limited["deployments"],
            limited["pods"],
            limited["requests"],
            short(number(limited, "virtual_s")),
            short(number(limited, "creations_and_deletions_by_20_s")),
            short(number(limited, "wall_ms"))
        );
    }
}

fn memory(text: &mut String) {
    let Some((file, run)) = newest("memory") else { return };
    let _ = write!(text, "\n### Memory\n\n{}", provenance(&run, &file));
    text.push_str("| policy | pods | at rest, bytes a pod | most during the rollout, bytes a pod | allocations a pod |\n|---|---:|---:|---:|---:|\n");
    for row in rows(&run, "memory") {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            row["policy"].as_str().unwrap_or_default(),
            short(number(&row, "pods")),
            short(number(&row, "at_rest_bytes_a_pod")),
            short(number(&row, "most_bytes_a_pod")),
            short(number(&row, "allocations_a_pod"))
        );
    }
}

fn peers(text: &mut String) {
    let Some((file, run)) = newest("peers") else { return };
    let _ = write!(text, "\n### Peers\n\n{}", provenance(&run, &file));
    text.push_str("| pods | this, ms | bare heap with as many events, ms | × | counting all pods at every event, ms | × |\n|---:|---:|---:|---:|---:|---:|\n");
    for row in rows(&run, "engines") {
        let (ours, bare, naive) =
            (number(&row, "ours_ms"), number(&row, "bare_heap_ms"), number(&row, "counting_anew_ms"));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            row["pods"],
            short(ours),
            short(bare),
            short(ours / bare),
            short(naive),
            short(naive / ours)
        );
    }
    text.push_str("\n| pods | real control plane, stock limits, s | predicted by `--preset realistic`, s | ratio | real, limits raised, s |\n|---:|---:|---:|---:|---:|\n");
    for row in rows(&run, "predictions") {
        let (real, ours) = (number(&row, "real_stock_s"), number(&row, "ours_s"));
        let raised = &row["real_raised_s"];
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {}–{} |",
            row["pods"],
            short(real),
            short(ours),
            short(ours / real),
            raised[0],
            raised[1]
        );
    }
    if run["oracle"].is_array() {
        text.push_str("\n| pods | real controllers in virtual time, ms | this, the same case, ms | × |\n|---:|---:|---:|---:|\n");
        for row in rows(&run, "oracle") {
            let (real, ours) = (number(&row, "real_ms"), number(&row, "ours_ms"));
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                row["pods"],
                short(real),
                short(ours),
                short(real / ours)
            );
        }
    }
}

fn main() {
    if !std::env::args().any(|argument| argument == "--renew") {
        for what in ["goals", "memory", "peers"] {
            let found = newest(what).map_or("none".into(), |(file, _)| file.display().to_string());
            println!("newest run of {what}: {found}");
        }
        return;
    }
    let file = folder().join("PERFORMANCE.md");
    let document = std::fs::read_to_string(&file).expect("PERFORMANCE.md can be read");
    let (before, rest) = document.split_once("<!-- figures -->\n").expect("a mark where figures begin");
    let (_, after) = rest.split_once("<!-- end of figures -->").expect("a mark where figures end");
    let mut figures = String::new();
    goals(&mut figures);
    memory(&mut figures);
    peers(&mut figures);
    figures.push_str("\n![cost against pods](cost-by-pods.png)\n");
    let text = format!("{before}<!-- figures -->\n\n{figures}\n<!-- end of figures -->{after}");
    std::fs::write(&file, text).expect("PERFORMANCE.md can be written");
    println!("renewed {}", file.display());
}
