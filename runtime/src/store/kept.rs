//! Kept private copies: the directories of failed tests, for inspection.
//!
//! ```text
//! cached-smoke-<random>/files/     the copy
//! cached-smoke-<random>.kept       in place of the lock file: the test and the artifact, and the run
//! ```
//!
//! A sweep removes a copy after a week. A test that keeps a copy removes those that it kept in earlier runs, so that a
//! test that fails often does not fill the disk.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::disk;
use crate::private_directory;

/// The extension of the file that marks a kept directory.
const KEPT: &str = "kept";
/// Long enough to examine a copy after a weekend.
const KEEP: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The test and the artifact of a copy, and the run that keeps it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keeper<'a> {
    pub(crate) test: &'a str,
    pub(crate) artifact: &'a str,
    pub(crate) run: &'a str,
}

impl Keeper<'_> {
    /// Returns the first line of the mark, which the copies of all runs have in common.
    fn subject(&self) -> String {
        format!("{} {}\n", self.artifact, self.test.replace('\n', " "))
    }
}

/// Turns the lock file of a directory into the mark of a kept one. Removes the copies that other runs kept.
pub(super) fn keep(lock: &Path, keeper: Keeper<'_>) -> io::Result<()> {
    let mark = lock.with_extension(KEPT);
    // The mark is complete before a sweep can find it. On a full disk it stays empty, and only its age counts.
    let _ = fs::write(lock, format!("{}{}\n", keeper.subject(), keeper.run));
    fs::rename(lock, &mark)?;
    let is_earlier = |other: &Path| {
        let text = fs::read_to_string(other).unwrap_or_default();
        text.strip_prefix(&keeper.subject()).is_some_and(|run| run.trim_end() != keeper.run)
    };
    for other in marks(mark.parent().unwrap_or(&mark)).filter(|other| is_earlier(other)) {
        remove(&other);
    }
    Ok(())
}

/// Removes the copies below `root` that were kept long before `now`.
pub(super) fn sweep(root: &Path, now: SystemTime) {
    let is_old = |mark: &Path| {
        let modified = mark.symlink_metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > KEEP))
    };
    for mark in marks(root).filter(|mark| is_old(mark)) {
        remove(&mark);
    }
}

fn marks(root: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = disk::entries(root);
    entries.map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        name.starts_with(private_directory::PREFIX)
            && path.extension().is_some_and(|extension| extension == KEPT)
            && path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
    })
}

/// Removes the directory first: a mark without a directory is removed later, a directory without a mark never.
fn remove(mark: &Path) {
    if !matches!(fs::remove_dir_all(mark.with_extension("")), Err(error) if error.kind() != io::ErrorKind::NotFound) {
        let _ = fs::remove_file(mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::staging::{Staging, sweep};

    #[test]
    fn a_kept_copy_stays_for_a_week() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let keeper = Keeper { test: "t", artifact: "a", run: "1" };
        let kept = Staging::create(root.path()).expect("created").keep(keeper);
        fs::write(kept.join("file"), "").expect("written");
        let now = SystemTime::now();
        sweep(root.path(), now + KEEP / 2);
        assert!(kept.join("file").exists());
        sweep(root.path(), now + 2 * KEEP);
        assert_eq!(fs::read_dir(root.path()).expect("readable").count(), 0, "neither directory nor mark is left");
    }

    #[test]
    fn a_copy_replaces_those_of_earlier_runs_of_the_test() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let keep =
            |test, artifact, run| Staging::create(root.path()).expect("created").keep(Keeper { test, artifact, run });
        let (earlier, other_test, other_artifact) = (keep("t", "a", "1"), keep("u", "a", "1"), keep("t", "b", "1"));
        let (first, second) = (keep("t", "a", "2"), keep("t", "a", "2"));
        assert!(!earlier.exists());
        for kept in [other_test, other_artifact, first, second] {
            assert!(kept.exists(), "{}", kept.display());
        }
    }
}
