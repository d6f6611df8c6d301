//! Selectors as the scale subresource and the metrics APIs have them: as text, such as `app=web,tier in (a,b),!old`
//! (upstream: `labels.Parse` and `LabelSelectorAsSelector`).

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use crate::api::{LabelSelector, Operator, Str, StringMap};
use crate::controller::quote::GoQuoted;
use crate::controller::selector as rules;

/// Why a text is no selector, in the words of the API machinery but for keys and values that validation refuses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SelectorTextError(pub String);

impl fmt::Display for SelectorTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SelectorTextError {}

/// A selector that was read from text. All its requirements must be met.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selector(Vec<Requirement>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Requirement {
    key: Str,
    test: Test,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Test {
    In(BTreeSet<Str>),
    NotIn(BTreeSet<Str>),
    Exists,
    DoesNotExist,
    Greater(i64),
    Less(i64),
}

impl Selector {
    /// Reads a text; the empty one selects everything.
    pub fn parse(text: &str) -> Result<Self, SelectorTextError> {
        Parser { tokens: tokens(text), at: 0 }.selector().map(Selector).map_err(SelectorTextError)
    }

    /// Whether it takes an object with these labels.
    pub fn matches(&self, labels: &StringMap) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.test {
                Test::In(values) => value.is_some_and(|value| values.contains(value)),
                Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
                Test::Exists => value.is_some(),
                Test::DoesNotExist => value.is_none(),
                Test::Greater(than) => number().is_some_and(|n| n > *than),
                Test::Less(than) => number().is_some_and(|n| n < *than),
            }
        })
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    End,
    Identifier(String),
    /// An operator or bracket, or `in` or `notin`, which may stand for values, too.
    Word(&'static str),
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Token::End => "",
            Token::Identifier(text) => text,
            Token::Word(word) => word,
        }
    }

    /// As it counts where a value may stand.
    fn as_value(&self) -> Option<&str> {
        match self {
            Token::Identifier(text) => Some(text),
            Token::Word(word @ ("in" | "notin")) => Some(word),
            _ => None,
        }
    }
}

const SPECIAL: [&str; 9] = [")", ",", "!", "==", "=", ">", "<", "!=", "("];

fn is_special(c: u8) -> bool {
    b"=!(),><".contains(&c)
}

fn is_blank(c: u8) -> bool {
    b" \t\r\n".contains(&c)
}

/// The tokens, the last of which is `End`. A zero byte ends the text, too.
fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.split('\0').next().unwrap_or_default().as_bytes();
    let (mut tokens, mut at) = (Vec::new(), 0);
    loop {
        at += bytes[at..].iter().take_while(|c| is_blank(**c)).count();
        let Some(first) = bytes.get(at) else { break };
        let is_same: fn(&&u8) -> bool =
            if is_special(*first) { |c| is_special(**c) } else { |c| !is_special(**c) && !is_blank(**c) };
        let end = at + bytes[at..].iter().take_while(is_same).count();
        let run = String::from_utf8_lossy(&bytes[at..end]);
        if !is_special(*first) {
            at = end;
            tokens.push(match run.as_ref() {
                "in" => Token::Word("in"),
                "notin" => Token::Word("notin"),
                _ => Token::Identifier(run.into_owned()),
            });
            continue;
        }
        // The longest operator that grows by single characters.
        let known = |n: usize| SPECIAL.into_iter().find(|word| run.get(..n) == Some(*word));
        let word = (1..=run.len()).map_while(known).last().expect("each such character is an operator");
        at += word.len();
        tokens.push(Token::Word(word));
    }
    tokens.push(Token::End);
    tokens
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

type Parsed<T> = Result<T, String>;

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn selector(&mut self) -> Parsed<Vec<Requirement>> {
        let mut requirements = Vec::new();
        loop {
            let begins = |token: &Token| token.as_value().is_some() || *token == Token::Word("!");
            match self.peek() {
                token if begins(token) => {}
                Token::End => return Ok(requirements),
                token => {
                    return Err(format!(
                        "found '{}', expected: !, identifier, or 'end of string'",
                        token.text()
                    ));
                }
            }
            let requirement = self.requirement();
            requirements.push(requirement.map_err(|error| format!("unable to parse requirement: {error}"))?);
            match self.next() {
                Token::End => return Ok(requirements),
                Token::Word(",") if begins(self.peek()) => {}
                Token::Word(",") => {
                    return Err(format!("found '{}', expected: identifier after ','", self.peek().text()));
                }
                token => return Err(format!("found '{}', expected: ',' or 'end of string'", token.text())),
            }
        }
    }

    fn requirement(&mut self) -> Parsed<Requirement> {
        let mut token = self.next();
        let is_negated = token == Token::Word("!");
        if is_negated {
            token = self.next();
        }
        let Some(key) = token.as_value() else {
            return Err(format!("found '{}', expected: identifier", token.text()));
        };
        let key = Str::from(key);
        rules::check_key(&key)?;
        let ends = matches!(self.peek(), Token::End | Token::Word(","));
        if is_negated || ends {
            let test = if is_negated { Test::DoesNotExist } else { Test::Exists };
            return Ok(Requirement { key, test });
        }
        let operator = self.next();
        let test = match operator {
            Token::Word(word @ ("in" | "notin")) => {
                let values = self.values()?;
                for value in &values {
                    rules::check_value(value)?;
                }
                if word == "in" { Test::In(values) } else { Test::NotIn(values) }
            }
            Token::Word(word @ ("=" | "==" | "!=" | ">" | "<")) => self.exact(word)?,
            _ => {
                return Err(format!("found '{}', expected: in, notin, =, ==, !=, gt, lt", operator.text()));
            }
        };
        Ok(Requirement { key, test })
    }

    fn exact(&mut self, word: &str) -> Parsed<Test> {
        let value = if matches!(self.peek(), Token::End | Token::Word(",")) {
            Str::default()
        } else {
            let token = self.next();
            match token.as_value() {
                Some(value) => value.into(),
                None => return Err(format!("found '{}', expected: identifier", token.text())),
            }
        };
        rules::check_value(&value)?;
        let number = || {
            let wrong = || {
                format!(
                    "values[0]: Invalid value: {}: for 'Gt', 'Lt' operators, the value must be an integer",
                    GoQuoted(&value)
                )
            };
            value.parse::<i64>().map_err(|_| wrong())
        };
        Ok(match word {
            ">" => Test::Greater(number()?),
            "<" => Test::Less(number()?),
            "!=" => Test::NotIn([value].into()),
            _ => Test::In([value].into()),
        })
    }

    /// `(a,b)`; an empty place is an empty value.
    fn values(&mut self) -> Parsed<BTreeSet<Str>> {
        let open = self.next();
        if open != Token::Word("(") {
            return Err(format!("found '{}' expected: '('", open.text()));
        }
        let first = self.peek().clone();
        match &first {
            Token::Word(")") => {
                self.next();
                return Ok([Str::default()].into());
            }
            token if token.as_value().is_some() || *token == Token::Word(",") => {}
            token => return Err(format!("found '{}', expected: ',', ')' or identifier", token.text())),
        }
        let mut values = BTreeSet::new();
        loop {
            let token = self.next();
            if let Some(value) = token.as_value() {
                values.insert(value.into());
                match self.peek() {
                    Token::Word(",") => continue,
                    Token::Word(")") => break,
                    token => return Err(format!("found '{}', expected: ',' or ')'", token.text())),
                }
            }
            if token != Token::Word(",") {
                return Err(format!("found '{}', expected: ',', or identifier", token.text()));
            }
            if values.is_empty() {
                values.insert(Str::default());
            }
            match self.peek() {
                Token::Word(")") => {
                    values.insert(Str::default());
                    break;
                }
                Token::Word(",") => {
                    values.insert(Str::default());
                }
                _ => {}
            }
        }
        // The closing bracket, which was just seen.
        self.next();
        Ok(values)
    }
}

/// A metric's selector in the form in which the metrics APIs are asked; one that is absent asks for every series.
pub fn selector_text(selector: Option<&LabelSelector>) -> Result<Str, Str> {
    let Some(selector) = selector else { return Ok(Str::default()) };
    rules::check(selector)?;
    let mut parts: Vec<(&str, String)> = Vec::new();
    for (key, value) in selector.match_labels.iter().flat_map(StringMap::iter) {
        parts.push((key, format!("{key}={value}")));
    }
    for requirement in selector.match_expressions.iter().flatten() {
        let key = requirement.key.as_str();
        let mut values: Vec<&str> = requirement.values.iter().map(Str::as_str).collect();
        values.sort_unstable();
        let values = values.join(",");
        parts.push((
            key,
            match requirement.operator {
                Operator::In => format!("{key} in ({values})"),
                Operator::NotIn => format!("{key} notin ({values})"),
                Operator::Exists => key.into(),
                Operator::DoesNotExist | Operator::Other(_) => format!("!{key}"),
            },
        ));
    }
    parts.sort_by_key(|(key, _)| *key);
    let parts: Vec<&str> = parts.iter().map(|(_, text)| text.as_str()).collect();
    Ok(parts.join(",").into())
}

/// A selector as Go prints its struct, which is how events name a metric.
pub(super) struct GoSelector<'a>(pub(super) Option<&'a LabelSelector>);

impl fmt::Display for GoSelector<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(selector) = self.0 else { return f.write_str("nil") };
        f.write_str("&LabelSelector{MatchLabels:map[string]string{")?;
        for (key, value) in selector.match_labels.iter().flat_map(StringMap::iter) {
            write!(f, "{key}: {value},")?;
        }
        f.write_str("},MatchExpressions:[]LabelSelectorRequirement{")?;
        for requirement in selector.match_expressions.iter().flatten() {
            let values: Vec<&str> = requirement.values.iter().map(Str::as_str).collect();
            let (key, operator, values) = (&requirement.key, requirement.operator.as_str(), values.join(" "));
            write!(f, "LabelSelectorRequirement{{Key:{key},Operator:{operator},Values:[{values}],}},")?;
        }
        f.write_char('}')?;
        f.write_str(",}")
    }
}
