//! The program `maxsurge`, and everything that turns results into things people look at: the result [`model`], [`plot`]s, the [`html`]
//! page and the [`export`]ed files. Only [`cli`] reads files and standard input.

pub mod cli;
pub mod compare;
pub mod explain;
pub mod export;
pub mod format;
pub mod html;
pub mod model;
pub mod plot;
