//! Plots of what criterion has measured, from its `estimates.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::loglog::{Line, draw, write};

/// Where criterion writes.
pub(crate) fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let root = || Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("target");
    let target = target.unwrap_or_else(root);
    target.join("criterion")
}

/// The median of each size of each function of a group, × `scale`.
fn medians(group: &str, scale: f64) -> BTreeMap<String, Vec<(f64, f64)>> {
    let mut lines: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    let entries =
        |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    for function in entries(&folder().join(group)) {
        for size in entries(&function) {
            let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
            let (Some(function), Some(Ok(pods))) =
                (name(&function), name(&size).map(|name| name.parse::<f64>()))
            else {
                continue;
            };
            let estimates = std::fs::read(size.join("new/estimates.json")).unwrap_or_default();
            let estimates: Value = serde_json::from_slice(&estimates).unwrap_or_default();
            if let Some(median) = estimates.pointer("/median/point_estimate").and_then(Value::as_f64) {
                lines.entry(function).or_default().push((pods, median * scale));
            }
        }
    }
    for points in lines.values_mut() {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    lines
}

/// Draws a group over the number of pods, below criterion's folder.
pub(crate) fn from_estimates(group: &str, unit: &str, scale: f64, what: &str) {
    let lines = medians(group, scale);
    let lines: Vec<Line> = lines.into_iter().map(|(name, points)| Line { name, points }).collect();
    if lines.iter().all(|line| line.points.len() < 2) {
        return;
    }
    let scene = draw(&format!("{group}: {what}"), "Medians; both axes logarithmic.", "pods", unit, &lines);
    let path = folder().join(format!("{group}-by-pods"));
    match write(&scene, &path) {
        Ok(()) => eprintln!("plots: {0}.svg, {0}.png", path.display()),
        Err(error) => eprintln!("{}: {error}", path.display()),
    }
}

/// Draws the rollouts of a run of `goals` over the number of pods, and the floor that the event queue alone sets.
pub(crate) fn cost_by_pods(run: &Value, path: &Path) {
    let rows = run["rollouts"].as_array().map_or(&[][..], |rows| rows);
    let number = |row: &Value, field: &str| row[field].as_f64().unwrap_or(f64::NAN);
    let mut lines: Vec<Line> = Vec::new();
    for row in rows {
        let name = row["policy"].as_str().unwrap_or_default();
        let point = (number(row, "pods"), number(row, "wall_ms"));
        match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.points.push(point),
            None => lines.push(Line { name: name.into(), points: vec![point] }),
        }
    }
    let first = lines.first().map(|line| line.name.clone()).unwrap_or_default();
    let floor = rows.iter().filter(|row| row["policy"] == first.as_str());
    let floor = floor.map(|row| (number(row, "pods"), number(row, "floor_of_3n_queue_events_ms"))).collect();
    lines.push(Line { name: "3n bare queue events".into(), points: floor });
    let context = &run["context"];
    let caption = format!(
        "Preset ideal, own start-up time for each pod; {}, commit {}.",
        context["date"].as_str().unwrap_or_default(),
        context["commit"].as_str().unwrap_or_default()
    );
    let scene = draw("Time to simulate one rollout", &caption, "pods", "ms", &lines);
    write(&scene, path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
