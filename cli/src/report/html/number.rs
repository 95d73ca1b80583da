//! Numbers as texts, with their units.

use cached_smoke::tooling::units::Size;
use std::fmt::Write;
use std::time::SystemTime;

use humantime::format_rfc3339_seconds;

/// Larger than any meaningful number, and small enough for arithmetic.
const MAX: f64 = 1e12;

/// Returns a finite number for any number of a record.
pub(super) fn sane(value: f64) -> f64 {
    if value.is_finite() { value.clamp(-MAX, MAX) } else { 0.0 }
}

/// Converts a count or a size, to draw or divide it.
#[expect(clippy::cast_precision_loss, reason = "the 53rd digit is not visible")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// Returns seconds to the millisecond, for tables that compare them.
pub(super) fn seconds(seconds: f64) -> String {
    format!("{:.3} s", sane(seconds))
}

/// Returns a size for an axis: `20 MiB`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sane, and not negative")]
pub(super) fn bytes(bytes: f64) -> String {
    Size(sane(bytes).max(0.0) as u64).to_string().replace(".0 ", " ")
}

/// Returns a percentage.
pub(super) fn percent(percent: f64) -> String {
    format!("{:.0} %", sane(percent))
}

/// Returns a time in UTC: `2026-02-03 14:05`; a dash for a time that the calendar does not have.
pub(super) fn moment(time: SystemTime) -> String {
    let mut text = String::new();
    match write!(text, "{}", format_rfc3339_seconds(time)) {
        Ok(()) => text.get(..16).unwrap_or(&text).replace('T', " "),
        Err(_) => "-".to_owned(),
    }
}

/// Returns a length of a drawing, in pixels.
pub(super) fn pixels(length: f64) -> String {
    format!("{length:.1}")
}

/// Returns a length of a drawing, in hundredths of its width.
pub(super) fn hundredths(length: f64) -> String {
    format!("{length:.2}%")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn sizes_and_moments() {
        let sizes = [0.0, 1536.0, 20.0 * 1024.0 * 1024.0, -1.0];
        assert_eq!(sizes.map(bytes), ["0 B", "1.5 KiB", "20 MiB", "0 B"].map(str::to_owned));
        assert_eq!(moment(UNIX_EPOCH + Duration::from_hours(24)), "1970-01-02 00:00");
        assert_eq!(moment(UNIX_EPOCH + Duration::from_secs(1 << 40)), "-", "its year has five digits");
    }
}
