//! Durations as people write them. JSON and records have the full precision.

/// Returns a duration with two or three digits and the unit that fits: `4 ms`, `1.2 s`, `54 s`, `2 m 05 s`, `1 h 17 m`.
pub(crate) fn duration(seconds: f64) -> String {
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
        let (minutes, rest) = split(length);
        format!("{minutes:.0} m {rest:02.0} s")
    } else {
        let (hours, rest) = split(length / 60.0);
        format!("{hours:.0} h {rest:02.0} m")
    };
    if text == "0 s" { text } else { format!("{sign}{text}") }
}

/// Returns a duration, or nothing if it rounds to zero.
pub(crate) fn nonzero(seconds: f64) -> String {
    if seconds == 0.0 || !seconds.is_finite() { String::new() } else { duration(seconds) }
}

/// Splits a rounded number by 60.
fn split(length: f64) -> (f64, f64) {
    let rounded = length.round();
    ((rounded / 60.0).floor(), rounded % 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            (-0.25, "-0.2 s"),
            (f64::NAN, "0 s"),
            (f64::INFINITY, "0 s"),
        ] {
            assert_eq!(duration(seconds), expected, "{seconds}");
        }
        assert!(!duration(1e300).is_empty());
        assert_eq!((nonzero(0.0).as_str(), nonzero(1.5).as_str()), ("", "1.5 s"));
    }
}
