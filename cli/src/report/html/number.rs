//! Numbers as people read them, each with its unit.

use std::fmt::Write;
use std::time::SystemTime;

/// More than any number that means something, and far from what arithmetic cannot hold.
const MOST: f64 = 1e12;

/// A number that can be drawn, whatever stood in a file.
pub(super) fn sane(value: f64) -> f64 {
    if value.is_finite() { value.clamp(-MOST, MOST) } else { 0.0 }
}

/// A count or a size, to be drawn or divided.
#[expect(clippy::cast_precision_loss, reason = "no eye sees the 53rd digit")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// A length of time, as one would say it.
pub(super) fn duration(seconds: f64) -> String {
    let seconds = sane(seconds);
    let length = seconds.abs();
    let sign = if seconds < 0.0 && length >= 0.0005 { "−" } else { "" };
    let text = if length < 0.0005 {
        "0 s".to_owned()
    } else if length < 0.9995 {
        format!("{:.0} ms", length * 1000.0)
    } else if length < 59.95 {
        format!("{} s", tenths(length))
    } else if length < 3599.5 {
        two(length.round(), 60.0, "min", "s")
    } else {
        two((length / 60.0).round(), 60.0, "h", "min")
    };
    format!("{sign}{text}")
}

/// Seconds to the millisecond, as in the other reports.
pub(super) fn seconds(seconds: f64) -> String {
    format!("{:.3} s", sane(seconds))
}

/// A size, rounded for an axis.
pub(super) fn bytes(bytes: f64) -> String {
    let mut size = sane(bytes).max(0.0);
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if size < 1024.0 {
            return format!("{} {unit}", tenths(size));
        }
        size /= 1024.0;
    }
    format!("{} TiB", tenths(size))
}

/// A part of a hundred.
pub(super) fn percent(percent: f64) -> String {
    format!("{:.0} %", sane(percent))
}

/// `1 run`, `2 runs`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// `2026-02-03 14:05`, in UTC; a dash for what no calendar has.
pub(super) fn moment(time: SystemTime) -> String {
    let mut text = String::new();
    match write!(text, "{}", humantime::format_rfc3339_seconds(time)) {
        Ok(()) => text.get(..16).unwrap_or(&text).replace('T', " "),
        Err(_) => "-".to_owned(),
    }
}

fn tenths(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

fn two(small: f64, factor: f64, large_unit: &str, small_unit: &str) -> String {
    let (large, rest) = ((small / factor).floor(), small % factor);
    if rest < 1.0 {
        format!("{large:.0} {large_unit}")
    } else {
        format!("{large:.0} {large_unit} {rest:.0} {small_unit}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn durations_have_the_unit_that_one_would_choose() {
        for (seconds, expected) in [
            (0.0, "0 s"),
            (-0.0, "0 s"),
            (0.0123, "12 ms"),
            (0.9996, "1 s"),
            (-0.25, "−250 ms"),
            (12.34, "12.3 s"),
            (59.96, "1 min"),
            (125.0, "2 min 5 s"),
            (3599.9, "1 h"),
            (7500.0, "2 h 5 min"),
            (f64::NAN, "0 s"),
            (f64::INFINITY, "0 s"),
        ] {
            assert_eq!(duration(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn sizes_counts_and_moments() {
        assert_eq!(
            [0.0, 1536.0, 20.0 * 1024.0 * 1024.0, -1.0].map(bytes),
            ["0 B", "1.5 KiB", "20 MiB", "0 B"].map(str::to_owned)
        );
        assert_eq!((counted(1, "run"), counted(0, "run")), ("1 run".to_owned(), "0 runs".to_owned()));
        assert_eq!(moment(UNIX_EPOCH + Duration::from_hours(24)), "1970-01-02 00:00");
        assert_eq!(moment(UNIX_EPOCH + Duration::from_secs(1 << 40)), "-", "no year has five digits");
    }
}
