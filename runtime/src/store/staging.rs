//! Staging directories: an artifact is built and packed in one, and moved into place from there. A sweep removes the
//! directories of ended processes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::kept::{self, Keeper};
use crate::error::Error;
use crate::file_lock::{self, Attempt, FileLock};
use crate::layout;
use crate::plain_file;
use crate::private_directory;

const LOCK: &str = ".lock";

/// The limit of attempts to make a directory: each one fails only if a sweep removes the new lock file at that moment.
const MAX_ATTEMPTS: usize = 100;

/// A staging directory, removed when this value is dropped.
#[derive(Debug)]
pub(crate) struct Staging {
    directory: PathBuf,
    /// `None` for a directory that another process owns.
    lock: Option<(PathBuf, FileLock)>,
    /// The parent directory, if it was made for this directory alone.
    root: Option<PathBuf>,
}

impl Staging {
    /// Creates a staging directory below `root`.
    pub(crate) fn create(root: &Path) -> Result<Staging, Error> {
        layout::create_private(root).map_err(Error::io("create", root))?;
        let failed = || Error::io("create a staging directory below", root);
        for _ in 0..MAX_ATTEMPTS {
            // The lock file comes before the directory: a sweep removes each directory whose file it can lock.
            let named = tempfile::Builder::new()
                .prefix(private_directory::PREFIX)
                .suffix(LOCK)
                .tempfile_in(root)
                .map_err(failed())?;
            let (file, path) = named.keep().map_err(|error| failed()(error.error))?;
            let lock = match FileLock::attempt(file) {
                Ok(Attempt::Locked(lock)) => lock,
                // A sweep holds the lock, and will remove the file.
                Ok(Attempt::Held(_)) => continue,
                // Where there are no locks, there are no sweeps: the directory of a killed process stays.
                Err(error) if file_lock::is_unsupported(&error) => FileLock::none(),
                Err(error) => return Err(failed()(error)),
            };
            if !path.exists() {
                // A sweep removed the file before it was locked.
                continue;
            }
            let staging = Staging { directory: path.with_extension(""), lock: Some((path, lock)), root: None };
            layout::create_private(&staging.files()).map_err(failed())?;
            return Ok(staging);
        }
        Err(failed()(io::Error::other("other processes keep removing its lock file")))
    }

    /// Creates a staging directory outside of the cache, which may be full or read-only.
    pub(crate) fn private() -> Result<Staging, Error> {
        let root = private_directory::path();
        if layout::create_private(&root).is_ok() && private_directory::is_ours_alone(&root) {
            return Staging::create(&root);
        }
        // Another user owns that directory. In this place, the directory of a killed process stays.
        let temporary = std::env::temp_dir();
        let root = tempfile::Builder::new().prefix(private_directory::PREFIX).tempdir_in(&temporary);
        let root = root.map_err(Error::io("create a directory below", &temporary))?.keep();
        let mut staging = Staging::create(&root)?;
        staging.root = Some(root);
        Ok(staging)
    }

    /// Returns the staging directory of another process, which will remove it.
    pub(crate) fn of_another_process(directory: &Path) -> Staging {
        Staging { directory: directory.to_owned(), lock: None, root: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn is_below(&self, root: &Path) -> bool {
        self.directory.starts_with(root)
    }

    /// Returns the directory for the artifact's files.
    pub(crate) fn files(&self) -> PathBuf {
        self.directory.join("files")
    }

    /// Keeps the directory for a week. Returns the directory of the files.
    pub(crate) fn keep(mut self, keeper: Keeper<'_>) -> PathBuf {
        if let Some((lock, _held)) = self.lock.take() {
            // A directory without a mark stays until the next sweep.
            let _ = kept::keep(&lock, keeper);
        }
        self.root = None;
        self.files()
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Some((path, _)) = &self.lock {
            let _ = fs::remove_dir_all(&self.directory);
            let _ = fs::remove_file(path);
        }
        if let Some(root) = &self.root {
            let _ = fs::remove_dir(root);
        }
    }
}

/// Removes the staging directories of ended processes outside of the cache.
pub(crate) fn sweep_private() {
    let root = private_directory::path();
    if private_directory::is_ours_alone(&root) {
        let now = SystemTime::now();
        sweep(&root, now);
        private_directory::sweep_warnings(&root, now);
    }
}

/// Removes the staging directories of ended processes below `root`, and those that were kept long before `now`.
pub(crate) fn sweep(root: &Path, now: SystemTime) {
    kept::sweep(root, now);
    let Ok(entries) = fs::read_dir(root) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_lock =
            name.to_str().is_some_and(|name| name.starts_with(private_directory::PREFIX) && name.ends_with(LOCK));
        if !is_lock {
            continue;
        }
        let lock = entry.path();
        if let Ok(file) = plain_file::open_to_lock(&lock)
            && let Ok(Attempt::Locked(_held)) = FileLock::attempt(file)
        {
            let _ = fs::remove_dir_all(lock.with_extension(""));
            let _ = fs::remove_file(&lock);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_removes_only_unlocked_staging_directories() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let held = Staging::create(root.path()).expect("created");
        let left = Staging::create(root.path()).expect("created");
        // A killed process leaves the files; its lock is released.
        let directory = left.path().to_owned();
        let lock = directory.with_extension("lock");
        drop(left);
        fs::create_dir_all(directory.join("files")).expect("created");
        fs::write(&lock, "").expect("written");
        fs::create_dir(root.path().join("other")).expect("created");
        sweep(root.path(), SystemTime::now());
        assert!(held.files().exists() && root.path().join("other").exists());
        assert!(!directory.exists() && !lock.exists());
    }
}
