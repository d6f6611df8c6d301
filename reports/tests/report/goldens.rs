//! Outputs against committed files.

use std::path::Path;

use maxsurge_reports::export::{csv, json, markdown, table};
use maxsurge_reports::html;
use maxsurge_reports::model::Comparison;
use maxsurge_reports::plot::{figures, scene::Colours};

use crate::{comparison, fixture};

fn check(name: &str, got: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/goldens").join(name);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        return std::fs::write(&path, got).unwrap();
    }
    let want = std::fs::read_to_string(&path).unwrap_or_default();
    let line = want
        .lines()
        .zip(got.lines())
        .position(|(a, b)| a != b)
        .unwrap_or(want.lines().count().min(got.lines().count()));
    assert!(
        want == got,
        "{name} differs in line {}; if that is meant: UPDATE_GOLDENS=1\n was: {}\n now: {}",
        line + 1,
        want.lines().nth(line).unwrap_or("(end)"),
        got.lines().nth(line).unwrap_or("(end)")
    );
}

#[test]
fn terminal() {
    let text = table::summary(comparison(), table::Style { colour: false });
    check("table.txt", &text);
    assert!(!text.contains('\u{1b}'));
    let coloured = table::summary(comparison(), table::Style { colour: true });
    assert!(coloured.contains("\u{1b}[1;32m > 50%/0"));
}

#[test]
fn terminal_fits_80_columns() {
    let mut comparison = comparison().clone();
    comparison.replicas = 2000;
    for situation in &mut comparison.situations {
        situation.strategies[0].label = "33%/33% a strategy with quite a long name".to_owned();
        for strategy in &mut situation.strategies {
            strategy.promised_floor_pods = 1500;
            strategy.min_available_pods.p5 = 1500;
            strategy.peak_pods = 2500;
            strategy.api_requests_p50 = 123_456;
            strategy.deficit_pod_seconds.p50 = 12_345_678.0;
        }
    }
    let text = table::summary(&comparison, table::Style { colour: false });
    for line in text.lines().filter(|line| !line.contains("kubectl") && !line.contains("maxsurge compare")) {
        assert!(
            line.chars().count() <= usize::from(table::WIDTH_COLUMNS),
            "{} columns: {line}\n{text}",
            line.chars().count()
        );
    }
}

#[test]
fn summaries() {
    check("summary.md", &markdown::summary(comparison()));
    check("summary.csv", &csv::summary(comparison()));
}

#[test]
fn markdown_is_short() {
    let mut comparison = comparison().clone();
    assert!(markdown::summary(&comparison).lines().count() <= markdown::LINES_MAX);
    let first = comparison.situations[0].strategies.clone();
    comparison.situations[0].strategies.extend(first);
    comparison.verdict.push_str("\nsecond line");
    assert!(markdown::summary(&comparison).lines().count() <= markdown::LINES_MAX);
}

/// The golden has the first strategy only: the others look alike, and the file stays readable.
#[test]
fn results_json() {
    let mut small = comparison().clone();
    for situation in &mut small.situations {
        situation.strategies.truncate(1);
    }
    check("results.json", &json::results(&small));
    let back: Comparison = serde_json::from_str(&json::results(comparison())).unwrap();
    assert!(&back == comparison(), "results.json does not read back as it was");
}

#[test]
fn svg() {
    for situation in &comparison().situations {
        for figure in figures(comparison(), situation) {
            check(&format!("{}.svg", figure.id), &figure.file.svg(Colours::Adaptive));
        }
    }
}

#[test]
fn pages_are_the_same_twice() {
    assert!(html::page(comparison()) == html::page(&fixture::comparison(10)));
}
