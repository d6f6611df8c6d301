//! Everything that turns results into things people look at: the result [`model`], [`plot`]s, the [`html`] page and the [`export`]ed
//! files. Nothing here simulates; nothing here reads a manifest, a clock or the network.

pub mod export;
pub mod format;
pub mod html;
pub mod model;
pub mod plot;
