//! JSON to trees with places: one text may hold several values after one another, as kubectl allows.

use serde_json::Number;

use super::tree::{Data, Entry, Node, Span, resolve_repeats};

/// Why a text is no JSON.
#[derive(Clone, Debug)]
pub(super) struct JsonError {
    /// Where.
    pub(super) span: Span,
    /// What.
    pub(super) message: String,
}

/// The values of `text`, which begins at byte `base` of the file. Reading ends at the first error.
pub(super) fn values(text: &str, base: u32, depth_max: u16) -> (Vec<Node>, Option<JsonError>) {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, base, depth_left: depth_max };
    let mut found = Vec::new();
    loop {
        reader.skip_space();
        if reader.at == reader.bytes.len() {
            return (found, None);
        }
        match reader.value() {
            Ok(node) => found.push(node),
            Err(message) => {
                let at = reader.at.min(text.len());
                let span = reader.span(at, (at + 1).min(text.len()));
                return (found, Some(JsonError { span, message }));
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    base: u32,
    depth_left: u16,
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        let at = |n: usize| self.base.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
        Span { start: at(start), end: at(end) }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn unexpected<T>(&self, wanted: &str) -> Result<T, String> {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            None => Err("unexpected end of JSON input".into()),
            Some(c) => Err(format!("invalid character {c:?} {wanted}")),
        }
    }

    fn value(&mut self) -> Result<Node, String> {
        self.skip_space();
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => {
                let text = self.string()?;
                Ok(Node::scalar(self.span(start, self.at), Data::String(text.into())))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                for (word, data) in
                    [("true", Data::Bool(true)), ("false", Data::Bool(false)), ("null", Data::Null)]
                {
                    if self.bytes[start..].starts_with(word.as_bytes()) {
                        self.at += word.len();
                        return Ok(Node::scalar(self.span(start, self.at), data));
                    }
                }
                self.unexpected("looking for beginning of value")
            }
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Node, String>) -> Result<Node, String> {
        let Some(left) = self.depth_left.checked_sub(1) else {
            return Err("exceeded max depth".into());
        };
        self.depth_left = left;
        let node = read(self)?;
        self.depth_left += 1;
        Ok(node)
    }

    fn object(&mut self) -> Result<Node, String> {
        let start = self.at;
        self.at += 1;
        let mut entries = Vec::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Node::map(self.span(start, self.at), Vec::new()));
        }
        loop {
            self.skip_space();
            let key_start = self.at;
            if self.peek() != Some(b'"') {
                return self.unexpected("looking for beginning of object key string");
            }
            let key = self.string()?.into();
            let key_span = self.span(key_start, self.at);
            self.skip_space();
            if self.peek() != Some(b':') {
                return self.unexpected("after object key");
            }
            self.at += 1;
            let value = self.value()?;
            entries.push((Entry { key, key_span, value, shadowed: false }, false));
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Node::map(self.span(start, self.at), resolve_repeats(entries)));
                }
                _ => return self.unexpected("after object key:value pair"),
            }
        }
    }

    fn array(&mut self) -> Result<Node, String> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Node::list(self.span(start, self.at), items));
        }
        loop {
            items.push(self.value()?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Node::list(self.span(start, self.at), items));
                }
                _ => return self.unexpected("after array element"),
            }
        }
    }

    fn number(&mut self) -> Result<Node, String> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        match serde_json::from_str::<Number>(text) {
            Ok(n) => Ok(Node::scalar(self.span(start, self.at), Data::Number(plain(n)))),
            Err(_) => {
                self.at = start;
                Err(format!("invalid number literal {text:?}"))
            }
        }
    }

    /// The text between quotes, escapes resolved by serde_json.
    fn string(&mut self) -> Result<String, String> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err("unexpected end of JSON input".into()),
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(c) if c < 0x20 => return self.unexpected("in string literal"),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let quoted = self.text.get(start..self.at).ok_or("invalid escape in string literal")?;
        serde_json::from_str(quoted).map_err(|_| {
            self.at = start;
            "invalid escape in string literal".to_string()
        })
    }
}

/// kubectl reads numbers and writes them again: `3.0` becomes `3`.
fn plain(n: Number) -> Number {
    match n.as_f64() {
        Some(f) if n.is_f64() && libm::trunc(f) == f && libm::fabs(f) < 9.0e18 => (f as i64).into(),
        _ => n,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::values;

    #[test]
    fn json_is_read() {
        let check = |text: &str, expected: &[Value]| {
            let (found, error) = values(text, 0, 20);
            assert!(error.is_none(), "{text}: {error:?}");
            assert_eq!(found.iter().map(|n| n.to_value()).collect::<Vec<_>>(), expected);
        };
        check(
            " {\"a\": [1, -2.5, 3.0, true, null, \"\\u00e9\\ud83d\\ude00\\/\\\"\"]} ",
            &[json!({"a": [1, -2.5, 3, true, null, "é😀/\""]})],
        );
        check("{} []\n1", &[json!({}), json!([]), json!(1)]);
        check("{\"a\":1,\"a\":2}", &[json!({"a": 2})]);
        check("", &[]);
    }

    #[test]
    fn what_is_no_json_is_told() {
        let check = |text: &str, at: u32, expected: &str| {
            let error = values(text, 0, 20).1.unwrap();
            assert_eq!((error.span.start, error.message.as_str()), (at, expected), "{text}");
        };
        check("{\"a\" 1}", 5, "invalid character '1' after object key");
        check("{\"a\": 1", 7, "unexpected end of JSON input");
        check("[1 2]", 3, "invalid character '2' after array element");
        check("{a: 1}", 1, "invalid character 'a' looking for beginning of object key string");
        check("tru", 0, "invalid character 't' looking for beginning of value");
        check("\"\\", 2, "unexpected end of JSON input");
        check("\"\\q\"", 0, "invalid escape in string literal");
        check("1-2", 0, "invalid number literal \"1-2\"");
        check(&"[".repeat(100_000), 20, "exceeded max depth");
        check("é", 0, "invalid character 'é' looking for beginning of value");
    }
}
