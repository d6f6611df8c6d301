//! Placeholder until generated.
#![allow(missing_docs)]
use super::Struct;
pub static STRUCTS: &[Struct] = &[];
pub const POD_TEMPLATE_SPEC: usize = 0;
