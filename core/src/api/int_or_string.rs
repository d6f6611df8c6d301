//! `IntOrString`: the type of `maxSurge` and `maxUnavailable`.

use std::fmt;

use super::Str;

/// An integer or a text; as a text only a percentage means anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IntOrString {
    /// An absolute number.
    Int(i32),
    /// A text, such as `25%`.
    String(Str),
}

/// Why a value cannot be resolved to a number. The texts are upstream's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IntOrStringError {
    /// No value at all.
    Nil,
    /// A text without a trailing `%`.
    NotAPercentage,
    /// Digits expected before the `%`; carries the whole text.
    InvalidSyntax(Str),
    /// The number before the `%` exceeds 64 bits; carries the whole text.
    OutOfRange(Str),
}

impl fmt::Display for IntOrStringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let atoi = |f: &mut fmt::Formatter<'_>, text: &str, why: &str| {
            let digits = text.strip_suffix('%').unwrap_or(text);
            write!(
                f,
                "invalid value for IntOrString: invalid value {text:?}: strconv.Atoi: parsing {digits:?}: {why}"
            )
        };
        match self {
            IntOrStringError::Nil => f.write_str("nil value for IntOrString"),
            IntOrStringError::NotAPercentage => {
                f.write_str("invalid value for IntOrString: invalid type: string is not a percentage")
            }
            IntOrStringError::InvalidSyntax(text) => atoi(f, text, "invalid syntax"),
            IntOrStringError::OutOfRange(text) => atoi(f, text, "value out of range"),
        }
    }
}

impl std::error::Error for IntOrStringError {}

impl IntOrString {
    /// The number that this stands for at `total`: an integer is itself, a percentage is scaled and rounded up
    /// or down. The product is taken wider than 32 bits and then cut to `i32`, as upstream does.
    pub fn scaled(&self, total: i32, round_up: bool) -> Result<i32, IntOrStringError> {
        self.scaled_wide(total, round_up).map(|wide| wide as i32)
    }

    /// [`Self::scaled`] before it is cut to `i32`: upstream asks whether both limits are 0 of these numbers.
    pub fn scaled_wide(&self, total: i32, round_up: bool) -> Result<i64, IntOrStringError> {
        match self {
            IntOrString::Int(n) => Ok(i64::from(*n)),
            IntOrString::String(text) => {
                if let Some(percent) = small_percent(text)
                    && total >= 0
                {
                    // Integers give what upstream's doubles give: the product is exact in both, and a quotient
                    // that is no integer is a hundredth away from one, far more than its rounding error.
                    let hundredths = percent * i64::from(total) + if round_up { 99 } else { 0 };
                    return Ok(hundredths / 100);
                }
                let percent = parse_percent(text)?;
                // Upstream computes `percent * total / 100` in double precision.
                let exact = percent as f64 * f64::from(total) / 100.0;
                let whole = if round_up { libm::ceil(exact) } else { libm::floor(exact) };
                // Beyond 64 bits Go's conversion gives the least integer on amd64, where Rust's saturates.
                let fits = whole.abs() < 9_223_372_036_854_775_808.0;
                Ok(if fits { whole as i64 } else { i64::MIN })
            }
        }
    }
}

/// Up to four digits and a `%`: every percentage that validation lets through (up to 100 %), and some more.
fn small_percent(text: &str) -> Option<i64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    // One arm a length: this is asked three times a decision.
    Some(match text.as_bytes() {
        [a, b'%'] => digit(a)?,
        [a, b, b'%'] => 10 * digit(a)? + digit(b)?,
        [a, b, c, b'%'] => 100 * digit(a)? + 10 * digit(b)? + digit(c)?,
        [a, b, c, d, b'%'] => 1000 * digit(a)? + 100 * digit(b)? + 10 * digit(c)? + digit(d)?,
        _ => return None,
    })
}

/// Optional sign, digits, one trailing `%`.
fn parse_percent(text: &Str) -> Result<i64, IntOrStringError> {
    let Some(number) = text.strip_suffix('%') else {
        return Err(IntOrStringError::NotAPercentage);
    };
    let digits = number.strip_prefix(['+', '-']).unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return Err(IntOrStringError::InvalidSyntax(text.clone()));
    }
    number.parse().map_err(|_| IntOrStringError::OutOfRange(text.clone()))
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntOrString::Int(n) => write!(f, "{n}"),
            IntOrString::String(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::IntOrString;

    #[test]
    fn integers_round_as_doubles_do() {
        for percent in (0..=400).chain([999, 1_000, 3_333, 9_999, 10_000]) {
            let limit = IntOrString::String(format!("{percent}%").into());
            for total in (0..200).chain([4_999, 75_013, 150_000, 1_000_003, i32::MAX - 1, i32::MAX]) {
                let exact = f64::from(percent) * f64::from(total) / 100.0;
                assert_eq!(
                    limit.scaled_wide(total, true).unwrap(),
                    libm::ceil(exact) as i64,
                    "{percent} % of {total}"
                );
                assert_eq!(
                    limit.scaled_wide(total, false).unwrap(),
                    libm::floor(exact) as i64,
                    "{percent} % of {total}"
                );
            }
        }
    }
}
