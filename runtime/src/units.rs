//! Sizes and durations as people write them, such as `5GiB` and `1h 30m`, and as messages show them.

use std::fmt;
use std::time::Duration;

/// The decimal places that count. More are cut off.
const MAX_PLACES: usize = 18;

/// The units of sizes, in lower case, with their bytes.
const SIZES: &[(&[&str], u64)] = &[
    (&["", "b"], 1),
    (&["k", "kb"], 1_000),
    (&["m", "mb"], 1_000_000),
    (&["g", "gb"], 1_000_000_000),
    (&["t", "tb"], 1_000_000_000_000),
    (&["p", "pb"], 1_000_000_000_000_000),
    (&["e", "eb"], 1_000_000_000_000_000_000),
    (&["ki", "kib"], 1 << 10),
    (&["mi", "mib"], 1 << 20),
    (&["gi", "gib"], 1 << 30),
    (&["ti", "tib"], 1 << 40),
    (&["pi", "pib"], 1 << 50),
    (&["ei", "eib"], 1 << 60),
];

/// The units of durations, with their nanoseconds. A month is a twelfth of a year, a year has 365.25 days.
const DURATIONS: &[(&[&str], u64)] = &[
    (&["ns", "nsec", "nanos"], 1),
    (&["us", "µs", "usec", "micros"], 1_000),
    (&["ms", "msec", "millis"], 1_000_000),
    (&["s", "sec", "secs", "second", "seconds"], SECOND),
    (&["m", "min", "mins", "minute", "minutes"], 60 * SECOND),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600 * SECOND),
    (&["d", "day", "days"], DAY),
    (&["w", "wk", "wks", "week", "weeks"], 7 * DAY),
    (&["M", "month", "months"], YEAR / 12),
    (&["y", "yr", "yrs", "year", "years"], YEAR),
];
const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 86_400 * SECOND;
const YEAR: u64 = 365 * DAY + DAY / 4;

/// Returns the number of bytes, or `None` if `text` is no size. A size that is too large is the largest one.
pub fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = Number::parse(text.trim())?;
    let factor = factor_of(&unit.to_lowercase(), SIZES)?;
    Some(u64::try_from(number.times(factor)).unwrap_or(u64::MAX))
}

/// Returns the sum of durations such as `1h 30m`, or `None` if `text` is not one or more of them.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut nanos = (!rest.is_empty()).then_some(0_u128)?;
    while !rest.is_empty() {
        let (number, after) = Number::parse(rest)?;
        let (unit, after) = after.split_at(after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len()));
        nanos += number.times(factor_of(unit, DURATIONS)?);
        rest = after.trim_start();
    }
    let seconds = u64::try_from(nanos / u128::from(SECOND)).ok()?;
    let below = u32::try_from(nanos % u128::from(SECOND)).ok()?;
    Some(Duration::new(seconds, below))
}

fn factor_of(unit: &str, units: &[(&[&str], u64)]) -> Option<u64> {
    units.iter().find(|(names, _)| names.contains(&unit)).map(|(_, factor)| *factor)
}

/// A decimal number that is not negative.
struct Number {
    whole: u64,
    numerator: u64,
    denominator: u64,
}

impl Number {
    /// Parses the number at the start of `text`. Returns it with the rest, without the space in between.
    fn parse(text: &str) -> Option<(Number, &str)> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        let (whole, places) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && places.is_empty() || places.contains('.') {
            return None;
        }
        let places = &places[..places.len().min(MAX_PLACES)];
        let digits = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse().ok() };
        let denominator = 10_u64.pow(u32::try_from(places.len()).ok()?);
        Some((Number { whole: digits(whole)?, numerator: digits(places)?, denominator }, rest.trim_start()))
    }

    /// Returns the product, without the places of the result.
    fn times(&self, factor: u64) -> u128 {
        let factor = u128::from(factor);
        u128::from(self.whole) * factor + u128::from(self.numerator) * factor / u128::from(self.denominator)
    }
}

/// A number of bytes, as messages show it: `512 B`, `4.7 GiB`.
#[derive(Clone, Copy, Debug)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.0.checked_ilog2().unwrap_or(0) / 10 {
            0 => return write!(f, "{} B", self.0),
            1 => 'K',
            2 => 'M',
            3 => 'G',
            4 => 'T',
            5 => 'P',
            _ => 'E',
        };
        let unit = 1_u128 << (self.0.ilog2() / 10 * 10);
        let tenths = (u128::from(self.0) * 10 + unit / 2) / unit;
        write!(f, "{}.{} {prefix}iB", tenths / 10, tenths % 10)
    }
}

/// Returns a duration with two or three digits and the unit that fits: `4 ms`, `1.2 s`, `54 s`, `2 m 05 s`, `1 h 17 m`,
/// `3 d 04 h`. A negative number has a sign.
pub fn duration(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let length = if seconds.is_finite() { seconds.abs() } else { 0.0 };
    let text = if length == 0.0 {
        "0 s".to_owned()
    } else if length < 0.000_5 {
        "<1 ms".to_owned()
    } else if length < 0.099_5 {
        format!("{:.0} ms", length * 1e3)
    } else if length < 9.95 {
        format!("{length:.1} s")
    } else if length < 59.5 {
        format!("{length:.0} s")
    } else if length < 3_599.5 {
        let (minutes, rest) = split(length, 60.0);
        format!("{minutes:.0} m {rest:02.0} s")
    } else if length < 86_370.0 {
        let (hours, rest) = split(length / 60.0, 60.0);
        format!("{hours:.0} h {rest:02.0} m")
    } else {
        let (days, rest) = split(length / 3_600.0, 24.0);
        format!("{days:.0} d {rest:02.0} h")
    };
    if text == "0 s" { text } else { format!("{sign}{text}") }
}

/// Returns the time as [`duration`] does.
pub(crate) fn elapsed(time: Duration) -> String {
    duration(time.as_secs_f64())
}

/// Divides a rounded number, and returns the quotient and the rest.
fn split(length: f64, by: f64) -> (f64, f64) {
    let rounded = length.round();
    ((rounded / by).floor(), rounded % by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_decimal_and_binary_units() {
        for (text, expected) in [
            ("0", 0),
            ("1024", 1024),
            ("500MB", 500_000_000),
            (" 5 GiB ", 5 << 30),
            ("1.5k", 1500),
            (".5kib", 512),
            ("1.23456789 gb", 1_234_567_890),
            ("9007199254740993B", 9_007_199_254_740_993),
            ("18446744073709551615", u64::MAX),
            ("99 EiB", u64::MAX),
        ] {
            assert_eq!(parse_size(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn malformed_sizes_are_rejected() {
        for text in ["", "GB", ".", "1.2.3", "-1", "+1", "5XB", "5GB5", "1e9", "5 G B", "18446744073709551616", "५"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }

    #[test]
    fn durations_add_up() {
        for (text, seconds) in [
            ("90s", 90),
            ("20m", 1200),
            ("1h", 3600),
            ("1h30m", 5400),
            (" 1 hour  30 min ", 5400),
            ("1.5h", 5400),
            ("2days", 172_800),
            ("1w", 604_800),
            ("1M", 2_629_800),
            ("1y", 31_557_600),
            ("18446744073709551615s", u64::MAX),
        ] {
            assert_eq!(parse_duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse_duration("1ms 1us 1ns"), Some(Duration::from_nanos(1_001_001)));
        assert_eq!(parse_duration("1.000000000000000000000001s"), Some(Duration::from_secs(1)));
    }

    #[test]
    fn malformed_durations_are_rejected() {
        for text in ["", " ", "5", "s", "1h30", "1 fortnight", "-1s", "1h, 2m", "1..5s", "18446744073709551615y"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_with_one_decimal_place() {
        for (bytes, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (5_046_586_572, "4.7 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(Size(bytes).to_string(), expected);
        }
    }

    #[test]
    fn durations_are_written_as_people_write_them() {
        for (seconds, expected) in [
            (0.0, "0 s"),
            (-0.0, "0 s"),
            (0.000_3, "<1 ms"),
            (0.004, "4 ms"),
            (0.099_4, "99 ms"),
            (0.099_9, "0.1 s"),
            (1.234, "1.2 s"),
            (9.94, "9.9 s"),
            (9.96, "10 s"),
            (59.4, "59 s"),
            (59.6, "1 m 00 s"),
            (125.0, "2 m 05 s"),
            (3_599.4, "59 m 59 s"),
            (3_599.6, "1 h 00 m"),
            (4_620.0, "1 h 17 m"),
            (86_369.0, "23 h 59 m"),
            (86_370.0, "1 d 00 h"),
            (273_600.0, "3 d 04 h"),
            (-0.25, "-0.2 s"),
            (f64::NAN, "0 s"),
            (f64::INFINITY, "0 s"),
        ] {
            assert_eq!(duration(seconds), expected, "{seconds}");
        }
        assert!(!duration(1e300).is_empty());
    }
}
