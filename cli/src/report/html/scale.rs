//! A vertical axis that includes zero and ends at a round number.

use super::number::sane;

/// The ends of an axis, and the values of its grid lines.
pub(super) struct Scale {
    bottom: f64,
    top: f64,
    ticks: Vec<f64>,
}

impl Scale {
    pub(super) fn percent() -> Scale {
        Scale { bottom: 0.0, top: 100.0, ticks: vec![0.0, 25.0, 50.0, 75.0, 100.0] }
    }

    /// Returns an axis of bytes that includes the largest value, with grid lines at round numbers of a unit.
    pub(super) fn bytes(largest: f64) -> Scale {
        let largest = sane(largest).max(0.0);
        let units = [1.0, 1024.0, 1024.0 * 1024.0, 1024.0 * 1024.0 * 1024.0];
        let unit = units.into_iter().rev().find(|unit| *unit <= largest).unwrap_or(1.0);
        let step = round_up((largest / unit / 4.0).max(1.0)) * unit;
        // Four steps reach the largest value, or five after a rounding error.
        let count = (1..5).find(|count| step * f64::from(*count) >= largest).unwrap_or(5);
        let ticks: Vec<f64> = (0..=count).map(|index| step * f64::from(index)).collect();
        Scale { bottom: 0.0, top: step * f64::from(count), ticks }
    }

    /// Returns an axis of plain numbers that includes all of them and zero, with grid lines at round numbers.
    pub(super) fn numbers(numbers: impl Iterator<Item = f64>) -> Scale {
        let (low, high) = numbers.fold((0.0, 0.0), |(low, high): (f64, f64), number| {
            let number = sane(number);
            (low.min(number), high.max(number))
        });
        // Smaller numbers have no round steps. They are drawn at zero.
        let step = round_up(((high - low) / 4.0).max(1e-12));
        let (below, above) = ((low / step).floor(), if high > low { (high / step).ceil() } else { 1.0 });
        // At most four steps reach from the lowest to the highest, and one more at each end after rounding.
        let ticks = (-6..=6).map(f64::from).filter(|index| (below..=above).contains(index)).map(|index| step * index);
        Scale { bottom: below * step, top: above * step, ticks: ticks.collect() }
    }

    pub(super) fn ticks(&self) -> &[f64] {
        &self.ticks
    }

    /// Returns the place of a value on the axis, from 0 to 1. A value below the axis is at 0.
    pub(super) fn part(&self, value: f64) -> f64 {
        ((sane(value) - self.bottom) / (self.top - self.bottom)).clamp(0.0, 1.0)
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
        let mebibyte = 1024.0 * 1024.0;
        for (largest, expected) in [(0.0, 1.0), (3.0, 3.0), (70.0 * mebibyte, 80.0), (601.0 * mebibyte, 800.0)] {
            let unit = if largest < mebibyte { 1.0 } else { mebibyte };
            assert!((Scale::bytes(largest).top / unit - expected).abs() < 1e-9, "{largest}");
        }
    }

    #[test]
    fn axis_of_numbers_includes_zero_and_all_of_them() {
        for (numbers, ticks) in [
            (&[][..], &[0.0, 1e-12][..]),
            (&[3.0, 7.0], &[0.0, 2.0, 4.0, 6.0, 8.0]),
            (&[0.7], &[0.0, 0.2, 0.4, 0.6, 0.8]),
            (&[-3.0], &[-3.0, -2.0, -1.0, 0.0]),
            (&[-0.5, 1.0], &[-0.5, 0.0, 0.5, 1.0]),
        ] {
            let scale = Scale::numbers(numbers.iter().copied());
            assert_eq!(scale.ticks().len(), ticks.len(), "{numbers:?}: {:?}", scale.ticks());
            assert!(scale.ticks().iter().zip(ticks).all(|(left, right)| (left - right).abs() < 1e-9), "{numbers:?}");
            assert!((scale.part(scale.ticks()[0])).abs() < 1e-9, "{numbers:?}");
        }
    }

    #[test]
    fn every_number_has_a_place_on_the_axis() {
        for largest in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, 1e-9, 0.1, 1.0, 59.0, 1e9, 1e300] {
            for scale in [Scale::bytes(largest), Scale::percent(), Scale::numbers([largest, -1.0].into_iter())] {
                assert!(scale.ticks().len() >= 2 && scale.ticks().len() <= 7, "{largest}");
                assert!(scale.ticks().iter().all(|tick| tick.is_finite()), "{largest}");
                for value in [largest, 0.0, -1.0, f64::NAN, f64::NEG_INFINITY, 1e300] {
                    assert!((0.0..=1.0).contains(&scale.part(value)), "{largest} {value}");
                }
            }
        }
    }
}
