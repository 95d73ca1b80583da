//! The measurement of a step's duration.

use std::time::{Duration, Instant};

/// Measures a step, without the time that its dependencies took: their own reports have that.
#[derive(Clone, Copy)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    pub(super) fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    pub(super) fn seconds(self) -> f64 {
        self.seconds_without(Duration::ZERO)
    }

    pub(super) fn seconds_without(self, time_in_dependencies: Duration) -> f64 {
        self.0.elapsed().saturating_sub(time_in_dependencies).as_secs_f64()
    }

    pub(super) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
