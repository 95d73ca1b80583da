//! The times at which a test restored, built or waited for an artifact.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use once_cell::sync::Lazy;
use serde::{Deserialize, Serialize};

/// The activity of a test during a [`Span`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Activity {
    /// Looking for the artifact, checking it and loading it.
    Restore,
    /// Waiting for another process or thread that builds the artifact.
    Wait,
    /// Building, saving and publishing the artifact.
    Build,
    /// Using the remote cache: fetching, or waiting for another machine.
    Remote,
}

/// A period that a test spent on an artifact. The dependencies that a build or load requests have spans within it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Span {
    /// The activity.
    pub activity: Activity,
    /// The beginning, in microseconds since 1970. The spans of one process never run backwards.
    pub begun_micros: u64,
    /// The duration in seconds.
    pub seconds: f64,
}

impl Span {
    /// Returns the span from `begun` until now.
    pub(crate) fn since(activity: Activity, begun: Instant) -> Span {
        let begun_micros = u64::try_from(since_1970(begun).as_micros()).unwrap_or(u64::MAX);
        Span { activity, begun_micros, seconds: begun.elapsed().as_secs_f64() }
    }
}

/// Returns the time since 1970 at an instant. The system clock is read once in a process, so that a correction of the
/// clock does not reorder spans.
fn since_1970(instant: Instant) -> Duration {
    static START: Lazy<(SystemTime, Instant)> = Lazy::new(|| (SystemTime::now(), Instant::now()));
    let (time, start) = *START;
    let time = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    match instant.checked_duration_since(start) {
        Some(later) => time + later,
        None => time.saturating_sub(start.duration_since(instant)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_follow_the_steady_clock() {
        let begun = Instant::now();
        let earlier = begun.checked_sub(Duration::from_secs(2)).expect("the machine runs for longer");
        assert_eq!(since_1970(begun), since_1970(earlier) + Duration::from_secs(2));
        let span = Span::since(Activity::Build, earlier);
        assert!(span.seconds >= 2.0, "{span:?}");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        assert!(now.abs_diff(Duration::from_micros(span.begun_micros)) < Duration::from_secs(3600), "{span:?}");
    }
}
