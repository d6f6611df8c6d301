//! Verdicts on whole lines.
