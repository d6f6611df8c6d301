//! `resource.Quantity`: amounts of CPU, memory and the like, such as `250m`, `1Gi` or `1e3`.
//!
//! The value is kept exactly, as decimal digits and a power of ten, since the API compares quantities by value
//! (`1` = `1000m`) and its numbers may exceed any machine integer.

use std::cmp::Ordering;
use std::fmt;

/// Why a text is not a quantity; the texts are the API machinery's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QuantityError {
    /// Not of the form number, suffix.
    FormatWrong,
    /// The number is not one.
    Numeric,
    /// A suffix that does not exist.
    Suffix,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            QuantityError::FormatWrong => {
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            }
            QuantityError::Numeric => "unable to parse numeric part of quantity",
            QuantityError::Suffix => "unable to parse quantity's suffix",
        })
    }
}

impl std::error::Error for QuantityError {}

/// Which family of suffixes a quantity was written with; it decides how it is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QuantityFormat {
    /// `Ki`, `Mi`, `Gi` …
    BinarySi,
    /// `m`, `k`, `M` … or no suffix.
    DecimalSi,
    /// `e3`, `E-2`.
    DecimalExponent,
}

/// An exact amount. Equality and order are by value, whatever the suffix was.
#[derive(Clone, Debug)]
pub struct Quantity {
    negative: bool,
    /// Decimal digits (0 to 9) without leading or trailing zeros; empty = 0.
    digits: Vec<u8>,
    /// Power of ten by which the digits are multiplied; 0 where the value is 0.
    exponent: i64,
    format: QuantityFormat,
    /// Upstream's short form, where the value has one.
    short: Option<(i64, i32)>,
    /// The text itself, where upstream takes it for canonical and prints it again (it is not always, see `07`).
    cached: Option<Box<str>>,
}

/// Largest value of a binary quantity: 2^63 - 1.
const BINARY_MAX: &[u8] = b"9223372036854775807";

/// Smallest power of ten that is kept; finer values are rounded away from zero.
const NANO: i64 = -9;

impl Quantity {
    /// Reads a quantity as the API machinery does.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let b = text.as_bytes();
        if b.is_empty() {
            return Err(QuantityError::FormatWrong);
        }
        let digits_from = |at: usize| b[at..].iter().take_while(|c| c.is_ascii_digit()).count();
        let mut at = usize::from(matches!(b[0], b'-' | b'+'));
        let negative = b[0] == b'-';
        let whole = digits_from(at);
        let mut digits: Vec<u8> = b[at..at + whole].iter().map(|c| c - b'0').collect();
        at += whole;
        let mut exponent = 0;
        if b.get(at) == Some(&b'.') {
            let fraction = digits_from(at + 1);
            digits.extend(b[at + 1..at + 1 + fraction].iter().map(|c| c - b'0'));
            exponent = -(fraction as i64);
            at += 1 + fraction;
        }
        let suffix = &b[at..];
        let letters = suffix.iter().take_while(|c| b"eEinumkKMGTP".contains(c)).count();
        let sign = usize::from(matches!(suffix.get(letters), Some(b'-' | b'+')));
        if !suffix[letters + sign..].iter().all(u8::is_ascii_digit) {
            return Err(QuantityError::FormatWrong);
        }
        let (power_of_two, power_of_ten, format) = interpret(suffix)?;
        exponent += power_of_ten;
        trim_leading(&mut digits);
        let numerator = b[usize::from(matches!(b[0], b'-' | b'+'))..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .skip_while(|c| **c == b'0')
            .count()
            .max(1);
        let (short, cached) =
            short_form(text, &digits, numerator, (exponent, power_of_ten), power_of_two, format);
        if power_of_two > 0 {
            digits = multiplied(&digits, 1 << power_of_two);
        }
        let mut quantity = Quantity { negative, digits, exponent, format, short, cached };
        quantity.round_up(NANO);
        if format == QuantityFormat::BinarySi && quantity.magnitude_exceeds_binary_max() {
            quantity.digits = BINARY_MAX.iter().map(|c| c - b'0').collect();
            quantity.exponent = 0;
        }
        quantity.normalise();
        Ok(quantity)
    }

    /// Rounded away from zero to whole thousandths, as resource lists are stored.
    #[must_use]
    pub fn rounded_to_milli(&self) -> Self {
        let mut copy = self.clone();
        // The short form is left alone if its scale is coarse enough, its text with it.
        if self.short.is_none_or(|(_, scale)| scale < -3) {
            copy.round_up(-3);
            copy.normalise();
            (copy.short, copy.cached) = (None, None);
        }
        copy
    }

    /// Drops what is finer than that power of ten: "if you want some resources, you should get some".
    fn round_up(&mut self, finest: i64) {
        if self.exponent >= finest || self.digits.is_empty() {
            return;
        }
        let drop = usize::try_from(finest - self.exponent).unwrap_or(usize::MAX);
        let keep = self.digits.len().saturating_sub(drop);
        let inexact = self.digits[keep..].iter().any(|d| *d != 0);
        self.digits.truncate(keep);
        self.exponent = finest;
        if inexact {
            let mut carry = true;
            for digit in self.digits.iter_mut().rev() {
                *digit = if *digit == 9 { 0 } else { *digit + 1 };
                carry = *digit == 0;
                if !carry {
                    break;
                }
            }
            if carry {
                self.digits.insert(0, 1);
            }
        }
    }

    fn magnitude_exceeds_binary_max(&self) -> bool {
        let max = Quantity {
            negative: false,
            digits: BINARY_MAX.iter().map(|c| c - b'0').collect(),
            exponent: 0,
            format: self.format,
            short: None,
            cached: None,
        };
        self.cmp_magnitude(&max) == Ordering::Greater
    }

    fn normalise(&mut self) {
        trim_leading(&mut self.digits);
        while self.digits.last() == Some(&0) {
            self.digits.pop();
            self.exponent += 1;
        }
        if self.digits.is_empty() {
            self.negative = false;
            self.exponent = 0;
        }
    }

    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        let size = |q: &Self| q.digits.len() as i64 + q.exponent;
        size(self).cmp(&size(other)).then_with(|| {
            // Same power of ten in front: the shorter text counts as padded with zeros.
            let n = self.digits.len().max(other.digits.len());
            let padded = |q: &Self, i: usize| q.digits.get(i).copied().unwrap_or(0);
            (0..n)
                .map(|i| padded(self, i).cmp(&padded(other, i)))
                .find(|o| o.is_ne())
                .unwrap_or(Ordering::Equal)
        })
    }

    /// Upstream's short form, value and power of ten, and the text that it keeps, for values that have one.
    pub(super) fn short_form(&self) -> Option<(i64, i32, &str)> {
        let (value, scale) = self.short?;
        let value = if self.negative { -value } else { value };
        Some((value, scale, self.cached.as_deref().unwrap_or_default()))
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Whether it is no whole number.
    pub fn is_fraction(&self) -> bool {
        self.exponent < 0
    }

    /// Whether it is below 0.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Which family of suffixes it was written with.
    pub fn format(&self) -> QuantityFormat {
        self.format
    }

    /// The value in thousandths, rounded up, cut to 64 bits: what the scheduler reckons CPU in.
    pub fn milli_value(&self) -> i64 {
        self.scaled(-3)
    }

    /// The value in thousandths as upstream's `MilliValue` has it, beyond 64 bits, too. Metrics are reckoned in it. In
    /// short form what overflows is its lowest 64 bits, or 0 where the power of ten has no multiplication of its own.
    /// Otherwise it is divided from billionths, of which only the lowest 64 bits are taken if they are negative.
    pub fn unchecked_milli_value(&self) -> i64 {
        const NANOS: i128 = 1_000_000;
        let Some((_, scale)) = self.short else {
            let nanos = self.nano_value();
            let nanos = if nanos < i128::from(i64::MAX) { i128::from(nanos as i64) } else { nanos };
            return (nanos / NANOS + i128::from(nanos % NANOS != 0)) as i64;
        };
        let wide = self.scaled_wide(-3);
        match i64::try_from(wide) {
            Ok(milli) => milli,
            Err(_) if matches!(scale + 3, 1..=3 | 6 | 9) => wide as i64,
            Err(_) => 0,
        }
    }

    /// The value in whole units, rounded up, cut to 64 bits: bytes of memory, for example.
    pub fn value(&self) -> i64 {
        self.scaled(0)
    }

    /// The value in billionths, of which none is a fraction; saturating beyond 10^29 or so.
    pub(crate) fn nano_value(&self) -> i128 {
        self.scaled_wide(NANO)
    }

    /// Value divided by `10^power`, rounded away from zero, saturating.
    fn scaled(&self, power: i64) -> i64 {
        self.scaled_wide(power).clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    fn scaled_wide(&self, power: i64) -> i128 {
        if self.digits.is_empty() {
            return 0;
        }
        let shift = self.exponent - power;
        let whole = (self.digits.len() as i64 + shift).clamp(0, 40) as usize;
        let digit = |i: usize| i128::from(self.digits.get(i).copied().unwrap_or(0));
        // 38 digits and more saturate anyway.
        let mut n = (0..whole).fold(0_i128, |n, i| n.saturating_mul(10).saturating_add(digit(i)));
        if self.digits.len() > whole {
            n = n.saturating_add(1);
        }
        if self.negative { -n } else { n }
    }

    /// So many thousandths.
    pub fn from_milli(milli: i64, format: QuantityFormat) -> Self {
        let mut digits: Vec<u8> = milli.unsigned_abs().to_string().bytes().map(|c| c - b'0').collect();
        trim_leading(&mut digits);
        let mut quantity =
            Quantity { negative: milli < 0, digits, exponent: -3, format, short: None, cached: None };
        quantity.normalise();
        quantity
    }

    /// The value as upstream's `AsApproximateFloat64` has it: the digits that were written times a power of ten, which
    /// may differ from the nearest double (`0.3` does, `300m` does not).
    pub fn approximate_f64(&self) -> f64 {
        let (base, exponent) = match self.short {
            Some((value, scale)) => (if self.negative { -value } else { value } as f64, i64::from(scale)),
            None => {
                let text: String = self.digits.iter().map(|d| char::from(b'0' + d)).collect();
                let base: f64 = if text.is_empty() { 0.0 } else { text.parse().unwrap_or(f64::INFINITY) };
                (if self.negative { -base } else { base }, self.exponent)
            }
        };
        // Up to 10^22 a power of ten is a double; its inverse is the nearest one.
        let power = |n: i64| format!("1e{n}").parse().unwrap_or(f64::INFINITY);
        match exponent {
            0 => base,
            1.. => base * power(exponent),
            _ => base * (1.0 / power(-exponent)),
        }
    }

    /// A text that depends on the value alone (not on the suffix it was written with), and is a quantity itself.
    pub fn canonical(&self) -> String {
        if self.digits.is_empty() {
            return "0".into();
        }
        let mut text = String::with_capacity(self.digits.len() + 4);
        if self.negative {
            text.push('-');
        }
        text.extend(self.digits.iter().map(|d| char::from(b'0' + d)));
        if self.exponent != 0 {
            text.push_str(&format!("e{}", self.exponent));
        }
        text
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.negative == other.negative && self.digits == other.digits && self.exponent == other.exponent
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
        }
    }
}

impl fmt::Display for Quantity {
    /// As the API server prints it: no fraction, the largest suffix of its family that fits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.cached {
            return f.write_str(text);
        }
        if self.is_zero() {
            return f.write_str("0");
        }
        if self.negative {
            f.write_str("-")?;
        }
        if self.format == QuantityFormat::BinarySi && self.exponent >= 0 {
            // Binary quantities are capped at 63 bits.
            let mut n = self.scaled(0).unsigned_abs();
            if n >= 1024 {
                let mut suffix = 0;
                while n.is_multiple_of(1024) {
                    n /= 1024;
                    suffix += 1;
                }
                return write!(f, "{n}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][suffix]);
            }
        }
        let down = self.exponent.rem_euclid(3);
        let exponent = self.exponent - down;
        for digit in self.digits.iter().copied().chain(std::iter::repeat_n(0, down as usize)) {
            write!(f, "{digit}")?;
        }
        if self.format == QuantityFormat::DecimalExponent {
            return if exponent == 0 { Ok(()) } else { write!(f, "e{exponent}") };
        }
        match exponent {
            -9 => f.write_str("n"),
            -6 => f.write_str("u"),
            -3 => f.write_str("m"),
            0 => Ok(()),
            3 => f.write_str("k"),
            6 => f.write_str("M"),
            9 => f.write_str("G"),
            12 => f.write_str("T"),
            15 => f.write_str("P"),
            18 => f.write_str("E"),
            // Upstream has no suffix here and prints the number without one; keep the value instead.
            _ => write!(f, "e{exponent}"),
        }
    }
}

fn interpret(suffix: &[u8]) -> Result<(u32, i64, QuantityFormat), QuantityError> {
    use QuantityFormat::{BinarySi, DecimalExponent, DecimalSi};
    Ok(match suffix {
        b"" => (0, 0, DecimalSi),
        b"n" => (0, -9, DecimalSi),
        b"u" => (0, -6, DecimalSi),
        b"m" => (0, -3, DecimalSi),
        b"k" => (0, 3, DecimalSi),
        b"M" => (0, 6, DecimalSi),
        b"G" => (0, 9, DecimalSi),
        b"T" => (0, 12, DecimalSi),
        b"P" => (0, 15, DecimalSi),
        b"E" => (0, 18, DecimalSi),
        b"Ki" => (10, 0, BinarySi),
        b"Mi" => (20, 0, BinarySi),
        b"Gi" => (30, 0, BinarySi),
        b"Ti" => (40, 0, BinarySi),
        b"Pi" => (50, 0, BinarySi),
        b"Ei" => (60, 0, BinarySi),
        [b'e' | b'E', exponent @ ..] => {
            let text = std::str::from_utf8(exponent).map_err(|_| QuantityError::Suffix)?;
            let exponent: i64 = text.parse().map_err(|_| QuantityError::Suffix)?;
            // Go cuts the exponent to 32 bits.
            (0, i64::from(exponent as i32), DecimalExponent)
        }
        _ => return Err(QuantityError::Suffix),
    })
}

/// What upstream's fast path makes of a quantity: 64-bit value and power of ten if it fits, and the text if that
/// is taken for canonical. `numerator` counts the digits before the point without leading zeros (at least 1).
fn short_form(
    text: &str,
    digits: &[u8],
    numerator: usize,
    (exponent, power_of_ten): (i64, i64),
    power_of_two: u32,
    format: QuantityFormat,
) -> (Option<(i64, i32)>, Option<Box<str>>) {
    if text == "0" {
        return (Some((0, 0)), Some(text.into()));
    }
    let denominator = power_of_ten - exponent;
    let binary = format == QuantityFormat::BinarySi;
    if numerator as i64 > 18 || denominator > 18 || binary && denominator > 0 {
        return (None, None);
    }
    let precision = if binary {
        // Upstream reckons with single precision here; the suffixes are few enough to see that it rounds down.
        15 - numerator as i64 - i64::from(power_of_two) * 3 / 10 - 1
    } else {
        18 - numerator as i64 - denominator
    };
    let scale = if binary { 0 } else { exponent };
    if precision < 0 || scale < NANO {
        return (None, None);
    }
    let value = digits.iter().fold(0_i64, |n, d| n * 10 + i64::from(*d));
    let Some(product) = value.checked_mul(1 << power_of_two) else { return (None, None) };
    let zeros = text
        .trim_start_matches(['+', '-'])
        .trim_start_matches('0')
        .starts_with(|c: char| !c.is_ascii_digit());
    let canonical = if binary {
        value & 7 != 0
    } else {
        // "shifted" are the digits of numerator and denominator; it begins with 0 if there is no numerator.
        scale % 3 == 0 && value % 1000 != 0 && !zeros
    };
    let scale = i32::try_from(scale).ok();
    (scale.map(|scale| (product, scale)), canonical.then(|| text.into()))
}

fn trim_leading(digits: &mut Vec<u8>) {
    let zeros = digits.iter().take_while(|d| **d == 0).count();
    digits.drain(..zeros);
}

/// Decimal digits times `factor`.
fn multiplied(digits: &[u8], factor: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(digits.len() + 20);
    let mut carry = 0_u128;
    for digit in digits.iter().rev() {
        carry += u128::from(*digit) * u128::from(factor);
        out.push((carry % 10) as u8);
        carry /= 10;
    }
    while carry > 0 {
        out.push((carry % 10) as u8);
        carry /= 10;
    }
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::{Quantity, QuantityError};

    #[test]
    fn equal_values_are_equal_however_written() {
        let check = |texts: &[&str]| {
            for a in texts {
                for b in texts {
                    let (qa, qb) = (Quantity::parse(a).unwrap(), Quantity::parse(b).unwrap());
                    assert_eq!(qa, qb, "{a} {b}");
                    assert_eq!(qa.canonical(), qb.canonical());
                    assert_eq!(Quantity::parse(&qa.canonical()).unwrap(), qa);
                    assert_eq!(Quantity::parse(&qa.to_string()).unwrap(), qa);
                }
            }
        };
        check(&["1", "1000m", "1.0", "+1", "01", "1e0", "1000000000n", "0.001k", "1."]);
        check(&["1Gi", "1024Mi", "1073741824", "1.0Gi", "1048576Ki", "1073741824000m"]);
        check(&["0", "0.0", "-0", "0Gi", "0e5", "00", ".0", "0m", "-"]);
        check(&["-1500m", "-1.5", "-15e-1"]);
        check(&["1e3", "1k", "1E3", "1e+3", "1000"]);
        check(&["0.1n", "1n", "0.0000000001", "1e-2000000000"]);
        check(&["8Ei", "9Ei", "9223372036854775807", "99999999999999999999Ki"]);
    }

    #[test]
    fn they_are_ordered_by_value() {
        let sorted = [
            "-2Gi", "-1", "-1m", "0", "1n", "999u", "1m", "0.5", "1", "1.5", "1k", "1Ki", "1M", "1E", "1e30",
        ];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                let order = Quantity::parse(a).unwrap().cmp(&Quantity::parse(b).unwrap());
                assert_eq!(order, i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn they_print_as_the_api_server_prints_them() {
        for (text, printed) in [
            ("1000m", "1"),
            ("100m", "100m"),
            ("0.1", "100m"),
            ("1.5", "1500m"),
            ("1Gi", "1Gi"),
            ("1024Mi", "1Gi"),
            ("1000Mi", "1000Mi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Gi", "512Mi"),
            ("1000", "1k"),
            ("12345", "12345"),
            ("1e3", "1e3"),
            ("10e3", "10e3"),
            ("100e1", "1e3"),
            ("512Ki", "512Ki"),
            ("0.5Ki", "512"),
            ("0.001Ki", "1024m"),
            ("-1.5Gi", "-1536Mi"),
            ("0.0001", "100u"),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), printed, "{text}");
        }
    }

    #[test]
    fn whole_and_milli_values_round_up() {
        for (text, value, milli) in [
            ("1", 1, 1000),
            ("1500m", 2, 1500),
            ("1u", 1, 1),
            ("-1500m", -2, -1500),
            ("2Gi", 2 << 30, 2_147_483_648_000),
            ("1e60", i64::MAX, i64::MAX),
            ("0", 0, 0),
        ] {
            let q = Quantity::parse(text).unwrap();
            assert_eq!((q.value(), q.milli_value()), (value, milli), "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for (text, error) in [
            ("", QuantityError::FormatWrong),
            ("1 ", QuantityError::FormatWrong),
            ("1.2.3", QuantityError::FormatWrong),
            ("1é", QuantityError::FormatWrong),
            ("1K", QuantityError::Suffix),
            ("1ki", QuantityError::Suffix),
            ("1mm", QuantityError::Suffix),
            ("1e", QuantityError::Suffix),
            ("1e99999999999999999999", QuantityError::Suffix),
        ] {
            assert_eq!(Quantity::parse(text).unwrap_err(), error, "{text:?}");
        }
    }
}
