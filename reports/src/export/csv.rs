//! `summary.csv`: one row for each strategy in each situation (RFC 4180; empty where there is no value; seconds and pods as plain numbers).

use crate::model::Comparison;

/// Names of the columns.
pub const COLUMNS: [&str; 23] = [
    "situation",
    "strategy",
    "also",
    "manifest_own",
    "recommended",
    "max_surge_pods",
    "max_unavailable_pods",
    "promised_floor_pods",
    "min_available_p5_pods",
    "min_available_p50_pods",
    "deficit_p50_pod_seconds",
    "deficit_p95_pod_seconds",
    "duration_p50_s",
    "duration_p95_s",
    "completed_runs",
    "total_runs",
    "why_not",
    "peak_pods",
    "api_requests_p50",
    "capacity_left_pods",
    "deadline_exceeded_after_s",
    "recovered_by_undo",
    "recovery_s",
];

/// The table with its header.
#[must_use]
pub fn summary(comparison: &Comparison) -> String {
    let mut out = COLUMNS.join(",");
    out.push_str("\r\n");
    for situation in &comparison.situations {
        for s in &situation.strategies {
            let bad = s.bad_image.as_ref();
            let why_not: Vec<String> =
                s.finished.why_not.iter().map(|w| format!("{} ({} runs)", w.reason, w.runs)).collect();
            let row: [String; COLUMNS.len()] = [
                situation.id.as_str().to_owned(),
                s.label.clone(),
                s.merged_labels.join("; "),
                s.is_manifest_own.to_string(),
                comparison.is_recommended(s).to_string(),
                s.resolved.max_surge_pods.to_string(),
                s.resolved.max_unavailable_pods.to_string(),
                s.promised_floor_pods.to_string(),
                s.min_available_pods.p5.to_string(),
                s.min_available_pods.p50.to_string(),
                decimal(Some(s.deficit_pod_seconds.p50)),
                decimal(Some(s.deficit_pod_seconds.p95)),
                decimal(s.duration_s.map(|d| d.p50)),
                decimal(s.duration_s.map(|d| d.p95)),
                s.finished.completed_runs.to_string(),
                s.finished.total_runs.to_string(),
                why_not.join("; "),
                s.peak_pods.to_string(),
                s.api_requests_p50.to_string(),
                bad.map_or_else(String::new, |b| b.capacity_left_pods.to_string()),
                decimal(bad.and_then(|b| b.deadline_exceeded_after_s)),
                bad.and_then(|b| b.recovered_by_undo).map_or_else(String::new, |b| b.to_string()),
                decimal(bad.and_then(|b| b.recovery_s)),
            ];
            out.push_str(&row.map(|field| quoted(&field)).join(","));
            out.push_str("\r\n");
        }
    }
    out
}

fn decimal(value: Option<f64>) -> String {
    value
        .filter(|v| v.is_finite())
        .map_or_else(String::new, |v| crate::plot::scene::number((v * 1000.0).round() / 1000.0))
}

/// A field; quoted if it has to be. A text that a spreadsheet would take for a formula gets an apostrophe before it.
fn quoted(field: &str) -> String {
    let guard =
        if field.starts_with(['=', '+', '@', '-']) && field.parse::<f64>().is_err() { "'" } else { "" };
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{guard}{}\"", field.replace('"', "\"\""))
    } else {
        format!("{guard}{field}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes() {
        for (field, want) in [
            ("a", "a"),
            ("a,b", "\"a,b\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
            ("=1+1", "'=1+1"),
            ("-1.5", "-1.5"),
            ("", ""),
        ] {
            assert_eq!(quoted(field), want);
        }
    }
}
