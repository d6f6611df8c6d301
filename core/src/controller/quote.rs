//! Go's `%q`: how upstream's messages quote names.

use std::fmt;

/// Prints a text as Go's `strconv.Quote` does. Names of the API are plain ASCII, but a hostile manifest need not be;
/// a character beyond ASCII counts as printable where Rust's `Debug` prints it as itself.
#[derive(Clone, Copy, Debug)]
pub struct GoQuoted<'a>(pub &'a str);

impl GoQuoted<'_> {
    /// Whether nothing of the text is escaped: so is every valid name.
    pub(crate) fn is_plain(self) -> bool {
        self.0.bytes().all(|c| matches!(c, b' '..=b'~') && !matches!(c, b'"' | b'\\'))
    }
}

impl fmt::Display for GoQuoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        if self.is_plain() {
            // In one piece.
            f.write_char('"')?;
            f.write_str(self.0)?;
            return f.write_char('"');
        }
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                ' '..='~' => f.write_char(c)?,
                '\x07' => f.write_str("\\a")?,
                '\x08' => f.write_str("\\b")?,
                '\x0c' => f.write_str("\\f")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\x0b' => f.write_str("\\v")?,
                '\0'..='\x7f' => write!(f, "\\x{:02x}", c as u32)?,
                _ if c.escape_debug().len() == 1 => f.write_char(c)?,
                _ if (c as u32) < 0x1_0000 => write!(f, "\\u{:04x}", c as u32)?,
                _ => write!(f, "\\U{:08x}", c as u32)?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::GoQuoted;

    #[test]
    fn quotes_as_go_does() {
        for (text, quoted) in [
            ("web-5d4f", r#""web-5d4f""#),
            ("", r#""""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("\n\t\x07\x1b\x7f", r#""\n\t\a\x1b\x7f""#),
            ("é世", "\"é世\""),
            ("\u{200b}", r#""\u200b""#),
            ("\x08\x0c\r\x0b", r#""\b\f\r\v""#),
            ("\"", r#""\"""#),
            ("\u{e0001}", r#""\U000e0001""#),
        ] {
            assert_eq!(GoQuoted(text).to_string(), quoted);
        }
    }
}
