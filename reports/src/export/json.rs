//! `results.json`: the whole model, indented, with arrays of numbers on one line.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::model::Comparison;

/// The comparison as JSON with a newline at its end.
///
/// # Panics
/// Never: the model has nothing that JSON cannot hold.
#[must_use]
pub fn results(comparison: &Comparison) -> String {
    let mut out = Vec::new();
    comparison
        .serialize(&mut Serializer::with_formatter(&mut out, Compact::default()))
        .expect("the model is plain data");
    out.push(b'\n');
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// Pretty, except that array elements that are not objects stay on the line.
#[derive(Default)]
struct Compact {
    pretty: PrettyFormatter<'static>,
    first: bool,
    in_array: bool,
    depth: usize,
}

impl Compact {
    fn new_line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
    }
}

impl Formatter for Compact {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.in_array = true;
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.in_array = false;
        writer.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.in_array = true;
        writer.write_all(if first { b"" } else { b"," })
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.in_array {
            self.new_line(writer)?;
        }
        self.in_array = false;
        self.depth += 1;
        self.first = true;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if !self.first {
            self.new_line(writer)?;
        }
        self.first = false;
        writer.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.first = false;
        self.in_array = false;
        writer.write_all(if first { b"" } else { b"," })?;
        self.new_line(writer)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }
}
