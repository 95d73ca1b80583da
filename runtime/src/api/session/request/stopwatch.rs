//! The measurement of the time that a step takes.

use std::time::{Duration, Instant};

use crate::telemetry::{Activity, ArtifactReport};

/// Measures a step, without the time that its dependencies took: their own reports have that.
#[derive(Clone, Copy)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    pub(super) fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// Adds the time to a report.
    pub(super) fn record(self, report: &mut ArtifactReport, activity: Activity) {
        self.record_without(report, activity, Duration::ZERO);
    }

    /// Adds the time to a report, without the time that its dependencies took.
    pub(super) fn record_without(
        self,
        report: &mut ArtifactReport,
        activity: Activity,
        time_in_dependencies: Duration,
    ) {
        report.spend(activity, self.0, time_in_dependencies);
    }

    pub(super) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
