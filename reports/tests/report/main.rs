//! Goldens and properties of everything that is drawn or written. `UPDATE_GOLDENS=1 cargo test -p maxsurge` renews the goldens.

mod fixture;

use maxsurge_reports::plot::{figures, png, scene::Colours, theme::Theme};

#[test]
#[ignore = "writes pictures to look at"]
fn look() {
    let dir = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("look");
    std::fs::create_dir_all(&dir).unwrap();
    let comparison = fixture::comparison(10);
    for situation in &comparison.situations {
        for figure in figures(&comparison, situation) {
            for theme in [Theme::Light, Theme::Dark] {
                let svg = figure.file.svg(Colours::Fixed(theme));
                std::fs::write(
                    dir.join(format!("{}-{theme:?}.png", figure.id)),
                    png::rasterise(&svg, 1.5).unwrap(),
                )
                .unwrap();
            }
            std::fs::write(dir.join(format!("{}.svg", figure.id)), figure.file.svg(Colours::Adaptive))
                .unwrap();
        }
    }
}
