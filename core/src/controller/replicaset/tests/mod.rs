//! Tables over whole passes.
