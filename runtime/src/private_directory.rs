//! A directory of this user outside the cache: for private copies of artifacts, and for markers of warnings.
//!
//! It is in the directory for temporary files, to which every user can write.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::disk;

/// The prefix of the directory's name.
pub(crate) const PREFIX: &str = "cached-smoke-";
/// The prefix of the markers' names.
const WARNED: &str = "warned-";
/// The age from which markers are removed. Longer than any run.
const KEEP_WARNINGS: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Returns the path of the directory, which may not exist.
pub(crate) fn path() -> PathBuf {
    #[cfg(unix)]
    let name = format!("{PREFIX}{}", rustix::process::geteuid().as_raw());
    #[cfg(not(unix))]
    let name = format!("{PREFIX}private");
    std::env::temp_dir().join(name)
}

/// Returns `true` if no other user can have written to the directory.
#[cfg(unix)]
pub(crate) fn is_ours_alone(directory: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    const OTHERS_MAY_WRITE: u32 = 0o022;
    directory.symlink_metadata().is_ok_and(|metadata| {
        metadata.is_dir()
            && metadata.uid() == rustix::process::geteuid().as_raw()
            && metadata.mode() & OTHERS_MAY_WRITE == 0
    })
}

/// Returns `true` for a directory: each user of Windows has a separate directory for temporary files.
#[cfg(not(unix))]
pub(crate) fn is_ours_alone(directory: &Path) -> bool {
    directory.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}

/// Returns the path of a warning's marker, for a run that cannot write to its directory in the cache.
pub(crate) fn warning_marker(name: &str) -> PathBuf {
    path().join(format!("{WARNED}{name}"))
}

/// Removes the markers of runs that ended long before `now`.
pub(crate) fn sweep_warnings(root: &Path, now: SystemTime) {
    let is_old = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > KEEP_WARNINGS))
    };
    let entries = disk::entries(root);
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(WARNED) && is_old(entry)) {
        let _ = fs::remove_file(entry.path());
    }
}
