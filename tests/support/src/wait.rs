//! Waiting for a condition that no event announces.

use std::thread;
use std::time::{Duration, Instant};

/// Far longer than anything takes that a test waits for, on a machine that runs other tests as well.
const LONGEST: Duration = Duration::from_mins(2);
const PERIOD: Duration = Duration::from_millis(2);

/// Polls `is_so`, for conditions that no event announces.
///
/// # Panics
///
/// Panics if the condition does not hold within two minutes.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LONGEST, "not within {LONGEST:?}: {what}");
        thread::sleep(PERIOD);
    }
}
