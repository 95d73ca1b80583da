//! An axis from zero to a round number.

use super::number::sane;

/// The end of an axis, and the values of its grid lines.
pub(super) struct Scale {
    top: f64,
    ticks: Vec<f64>,
}

impl Scale {
    pub(super) fn percent() -> Scale {
        Scale { top: 100.0, ticks: vec![0.0, 25.0, 50.0, 75.0, 100.0] }
    }

    /// Returns an axis of seconds that includes the largest value.
    pub(super) fn seconds(largest: f64) -> Scale {
        let unit = match largest {
            largest if largest < 1.0 => 0.001,
            largest if largest < 120.0 => 1.0,
            largest if largest < 7200.0 => 60.0,
            _ => 3600.0,
        };
        Scale::in_units(largest, unit)
    }

    /// Returns an axis of bytes that includes the largest value.
    pub(super) fn bytes(largest: f64) -> Scale {
        let units = [1.0, 1024.0, 1024.0 * 1024.0, 1024.0 * 1024.0 * 1024.0];
        let unit = units.into_iter().rev().find(|unit| *unit <= largest).unwrap_or(1.0);
        Scale::in_units(largest, unit)
    }

    /// Places the grid lines at round numbers of the unit.
    fn in_units(largest: f64, unit: f64) -> Scale {
        let largest = sane(largest).max(0.0);
        let step = if largest > 0.0 { round_up(largest / unit / 4.0) * unit } else { unit };
        let mut ticks = vec![0.0];
        // Four steps reach the largest value, or five after a rounding error.
        for index in 1..=5 {
            ticks.push(step * f64::from(index));
            if step * f64::from(index) >= largest {
                break;
            }
        }
        Scale { top: ticks[ticks.len() - 1], ticks }
    }

    pub(super) fn ticks(&self) -> &[f64] {
        &self.ticks
    }

    /// Returns the place of a value on the axis, from 0 to 1. A negative value is at 0.
    pub(super) fn part(&self, value: f64) -> f64 {
        (sane(value) / self.top).clamp(0.0, 1.0)
    }
}

/// Returns the next number among 1, 2, 5, 10, 20, 50, …
fn round_up(value: f64) -> f64 {
    let magnitude = 10_f64.powf(value.log10().floor());
    let round = [1.0, 2.0, 5.0].into_iter().find(|round| *round * magnitude >= value);
    round.unwrap_or(10.0) * magnitude
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axis_ends_at_a_round_number_above_all_values() {
        for (largest, expected) in [(0.35, 0.4), (7.0, 8.0), (90.0, 100.0), (150.0, 180.0), (601.0, 900.0)] {
            let scale = Scale::seconds(largest);
            assert!((scale.top - expected).abs() < 1e-9, "{largest}: {}", scale.top);
        }
        let mebibyte = 1024.0 * 1024.0;
        assert!((Scale::bytes(70.0 * mebibyte).top - 80.0 * mebibyte).abs() < 1e-9);
    }

    #[test]
    fn every_number_has_a_place_on_the_axis() {
        for largest in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, 1e-9, 0.1, 1.0, 59.0, 1e9, 1e300] {
            for scale in [Scale::seconds(largest), Scale::bytes(largest), Scale::percent()] {
                assert!(scale.ticks().len() >= 2 && scale.ticks().len() <= 6, "{largest}");
                assert!(scale.ticks().iter().all(|tick| tick.is_finite()), "{largest}");
                for value in [largest, 0.0, -1.0, f64::NAN, f64::NEG_INFINITY, 1e300] {
                    assert!((0.0..=1.0).contains(&scale.part(value)), "{largest} {value}");
                }
            }
        }
    }
}
