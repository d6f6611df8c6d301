//! Goldens and properties of everything that is drawn or written. `UPDATE_GOLDENS=1 cargo test -p maxsurge` renews the goldens.

mod fixture;
mod folder;
mod goldens;
mod safety;

use std::sync::OnceLock;

use maxsurge_reports::export::{self, Choice};
use maxsurge_reports::model::Comparison;

/// The fixture with ten replicas, computed once.
fn comparison() -> &'static Comparison {
    static COMPARISON: OnceLock<Comparison> = OnceLock::new();
    COMPARISON.get_or_init(|| fixture::comparison(10))
}

/// Writes reports below `target/tmp/look`: the smallest one, and with `LOOK=1` more of them to look at.
#[test]
fn look() {
    let dir = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("look");
    let sizes: &[_] = if std::env::var_os("LOOK").is_some() { &[1, 3, 10, 100] } else { &[1] };
    for replicas in sizes {
        let dir = dir.join(replicas.to_string());
        export::write_report(&fixture::comparison(*replicas), &dir, Choice { dark_png: true }).unwrap();
        assert!(dir.join("report.html").is_file());
    }
}
