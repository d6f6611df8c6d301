//! Points in time: nanoseconds since the Unix epoch, in UTC.

use std::fmt;

/// A point in time with nanosecond resolution (years 1678 to 2262). Times stored in objects are whole seconds,
/// rounded down, as the API server's JSON form has no fraction; a controller's clock is not rounded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// Why a text is not an RFC 3339 time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeError;

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an RFC 3339 time such as 2026-11-23T09:30:00Z (years 1678 to 2261)")
    }
}

impl std::error::Error for TimeError {}

const SECOND: i64 = 1_000_000_000;

impl Time {
    /// The beginning of virtual time, 2000-01-01T00:00:00Z (that of Go's `testing/synctest`, so that both
    /// speakers of the conformance protocol stamp the same seconds).
    pub const EPOCH: Time = Time(946_684_800 * SECOND);

    /// From nanoseconds since the Unix epoch.
    pub const fn from_nanos(ns: i64) -> Self {
        Time(ns)
    }

    /// From whole seconds since the Unix epoch.
    pub const fn from_seconds(s: i64) -> Self {
        Time(s * SECOND)
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// Rounded down to a whole second: the form in which objects store it.
    #[must_use]
    pub const fn whole_second(self) -> Self {
        Time(self.seconds() * SECOND)
    }

    /// This time plus `ns` nanoseconds, saturating.
    #[must_use]
    pub const fn plus_nanos(self, ns: i64) -> Self {
        Time(self.0.saturating_add(ns))
    }

    /// This time plus `s` seconds, saturating.
    #[must_use]
    pub const fn plus_seconds(self, s: i64) -> Self {
        Time(self.0.saturating_add(s.saturating_mul(SECOND)))
    }

    /// Nanoseconds from `earlier` to `self`, saturating; negative if `earlier` is later.
    pub const fn since(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads RFC 3339, with or without a fraction, with `Z` or a numeric offset.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let b = text.as_bytes();
        let digits = |at: usize, len: usize| -> Result<i64, TimeError> {
            let part = b.get(at..at + len).ok_or(TimeError)?;
            if !part.iter().all(u8::is_ascii_digit) {
                return Err(TimeError);
            }
            Ok(part.iter().fold(0, |n, d| n * 10 + i64::from(d - b'0')))
        };
        let expect = |at: usize, c: u8| if b.get(at) == Some(&c) { Ok(()) } else { Err(TimeError) };
        let (year, month, day) = (digits(0, 4)?, digits(5, 2)?, digits(8, 2)?);
        let (hour, minute, second) = (digits(11, 2)?, digits(14, 2)?, digits(17, 2)?);
        expect(4, b'-')?;
        expect(7, b'-')?;
        if !matches!(b.get(10), Some(b'T' | b't')) {
            return Err(TimeError);
        }
        expect(13, b':')?;
        expect(16, b':')?;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let month_days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return Err(TimeError),
        };
        if !(1..=month_days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return Err(TimeError);
        }
        let mut at = 19;
        let mut ns = 0;
        if b.get(at) == Some(&b'.') {
            let fraction: &[u8] = &b[at + 1..];
            let len = fraction.iter().take_while(|c| c.is_ascii_digit()).count();
            if len == 0 {
                return Err(TimeError);
            }
            for i in 0..9 {
                ns = ns * 10 + fraction[..len].get(i).map_or(0, |digit| i64::from(digit - b'0'));
            }
            at += 1 + len;
        }
        let offset_s = match b.get(at) {
            Some(b'Z' | b'z') if b.len() == at + 1 => 0,
            Some(sign @ (b'+' | b'-')) if b.len() == at + 6 => {
                expect(at + 3, b':')?;
                let s = digits(at + 1, 2)? * 3600 + digits(at + 4, 2)? * 60;
                if *sign == b'+' { s } else { -s }
            }
            _ => return Err(TimeError),
        };
        if !(1678..=2261).contains(&year) {
            return Err(TimeError);
        }
        let s = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset_s;
        Ok(Time(s * SECOND + ns))
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar, counting years from March so that the
/// leap day is the last of its year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let mp = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

impl fmt::Display for Time {
    /// RFC 3339 in whole seconds, as the API server writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.seconds();
        let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
        let s = seconds.rem_euclid(86_400);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", s / 3600, s / 60 % 60, s % 60)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}+{}ns", self.0.rem_euclid(SECOND))
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn rfc3339_round_trips() {
        for text in
            ["2000-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2024-02-29T12:34:56Z", "2100-03-01T00:00:00Z"]
        {
            assert_eq!(Time::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Time::parse("2000-01-01T00:00:00Z").unwrap(), Time::EPOCH);
        assert_eq!(Time::parse("2000-01-01T02:00:00.25+02:00").unwrap(), Time::EPOCH.plus_nanos(250_000_000));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2000-01-01",
            "2023-02-29T00:00:00Z",
            "2000-01-01T24:00:00Z",
            "2000-01-01T00:00:00",
            "9999-01-01T00:00:00Z",
        ] {
            assert!(Time::parse(text).is_err(), "{text}");
        }
    }
}
