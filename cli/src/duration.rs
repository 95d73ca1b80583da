//! Durations as people write them. JSON and records have the full precision.

pub(crate) use cached_smoke::tooling::units::duration;

/// Returns a duration, or nothing if it rounds to zero.
pub(crate) fn nonzero(seconds: f64) -> String {
    if seconds == 0.0 || !seconds.is_finite() { String::new() } else { duration(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_not_shown() {
        assert_eq!((nonzero(0.0).as_str(), nonzero(f64::NAN).as_str(), nonzero(1.5).as_str()), ("", "", "1.5 s"));
    }
}
