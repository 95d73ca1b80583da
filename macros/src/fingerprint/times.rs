//! The times of files, and whether a file may have changed since the compiler read it.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Without cargo's record, a file that changed this recently may have changed since the compiler read it.
const RECENT: Duration = Duration::from_secs(60 * 60);

/// Returns the time of the last modification in nanoseconds since 1970, or 0 if it is unknown.
pub(super) fn modified(found: &Metadata) -> u128 {
    nanoseconds(found.modified().ok())
}

/// Returns the time of the last change of any kind in nanoseconds since 1970, or 0 if it is unknown. It cannot be
/// set at will.
pub(super) fn changed(found: &Metadata) -> u128 {
    nanoseconds(change_time(found))
}

fn nanoseconds(time: Option<SystemTime>) -> u128 {
    time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_nanos())
}

/// Returns `true` if a file may have changed after the compiler was started at `started`, or read it if that is
/// unknown.
pub(super) fn is_suspect(found: &Metadata, started: Option<SystemTime>) -> bool {
    let started = started.or_else(|| SystemTime::now().checked_sub(RECENT));
    started.is_some_and(|started| is_newer(found, started))
}

/// Returns `true` if a file may have changed after `started`, by the time of its last modification or change.
pub(super) fn is_newer(found: &Metadata, started: SystemTime) -> bool {
    let is_changed = |time: SystemTime| time >= started;
    found.modified().is_ok_and(is_changed) || change_time(found).is_some_and(is_changed)
}

#[cfg(unix)]
fn change_time(found: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let seconds = u64::try_from(found.ctime()).ok()?;
    let nanoseconds = u32::try_from(found.ctime_nsec()).ok()?;
    UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

#[cfg(not(unix))]
fn change_time(_: &Metadata) -> Option<SystemTime> {
    None
}
