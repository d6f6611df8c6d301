//! SVG to PNG, with a font of our own: the same pixels on any machine, whether or not it has fonts.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// Why a drawing could not be rasterised.
#[derive(Debug)]
pub struct PngError(String);

impl std::fmt::Display for PngError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot rasterise a plot: {}", self.0)
    }
}

impl std::error::Error for PngError {}

fn options() -> &'static Options<'static> {
    static OPTIONS: OnceLock<Options<'static>> = OnceLock::new();
    OPTIONS.get_or_init(|| {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(include_bytes!("../../assets/fonts/Inter-Regular-subset.otf").to_vec());
        fonts.load_font_data(include_bytes!("../../assets/fonts/Inter-SemiBold-subset.otf").to_vec());
        fonts.set_sans_serif_family("Inter");
        Options { font_family: "Inter".to_owned(), fontdb: Arc::new(fonts), ..Options::default() }
    })
}

/// The drawing as PNG with `scale` pixels a unit.
///
/// # Errors
/// If the SVG is not well-formed or the picture would be larger than memory allows.
pub fn rasterise(svg: &str, scale: f32) -> Result<Vec<u8>, PngError> {
    let tree = Tree::from_str(svg, options()).map_err(|error| PngError(error.to_string()))?;
    let size = tree.size();
    let (width, height) = ((size.width() * scale).ceil() as u32, (size.height() * scale).ceil() as u32);
    let mut pixels =
        Pixmap::new(width, height).ok_or_else(|| PngError(format!("{width} × {height} pixels")))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PngError(error.to_string()))
}

#[cfg(test)]
pub(crate) fn text_width(text: &str, size: f64, weight: u32) -> f64 {
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9000 900"><text y="500" font-family="Inter" font-weight="{weight}" font-size="{size}">{text}</text></svg>"#
    );
    let tree = Tree::from_str(&svg, options()).expect("well-formed");
    f64::from(tree.root().abs_bounding_box().width())
}
