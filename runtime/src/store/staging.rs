//! A directory to work in, on the file system of the cache if it can be, that is swept when its process is gone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::Error;
use crate::file_lock::{self, Attempt, FileLock};
use crate::layout;
use crate::plain_file;
use crate::private_directory;

const LOCK: &str = ".lock";

/// The limit of attempts to make a directory that a sweep is faster to remove: each time is chance.
const MOST_ATTEMPTS: usize = 100;

/// A directory to work in, removed with this value.
#[derive(Debug)]
pub(crate) struct Staging {
    directory: PathBuf,
    /// Absent for a directory that another process owns.
    lock: Option<(PathBuf, FileLock)>,
    /// A directory above it that was made for it alone.
    root: Option<PathBuf>,
}

impl Staging {
    /// Makes one below `root`.
    pub(crate) fn create(root: &Path) -> Result<Staging, Error> {
        layout::create_private(root).map_err(Error::io("create", root))?;
        let failed = || Error::io("create a directory to work in below", root);
        for _ in 0..MOST_ATTEMPTS {
            // The lock is there before the directory: a sweep removes what it can lock.
            let named = tempfile::Builder::new()
                .prefix(private_directory::PREFIX)
                .suffix(LOCK)
                .tempfile_in(root)
                .map_err(failed())?;
            let (file, path) = named.keep().map_err(|error| failed()(error.error))?;
            let lock = match FileLock::attempt(file) {
                Ok(Attempt::Locked(lock)) => lock,
                // A sweep holds it, and removes it.
                Ok(Attempt::Held(_)) => continue,
                // Where there are no locks, there are no sweeps: what a killed process leaves here stays.
                Err(error) if file_lock::is_unsupported(&error) => FileLock::none(),
                Err(error) => return Err(failed()(error)),
            };
            if !path.exists() {
                // A sweep was faster between making and locking the file.
                continue;
            }
            let staging = Staging { directory: path.with_extension(""), lock: Some((path, lock)), root: None };
            layout::create_private(&staging.files()).map_err(failed())?;
            return Ok(staging);
        }
        Err(failed()(io::Error::other("its lock file is gone as soon as it is made")))
    }

    /// Makes one outside of the cache, which may be full or not ours to write to.
    pub(crate) fn private() -> Result<Staging, Error> {
        let root = private_directory::path();
        if layout::create_private(&root).is_ok() && private_directory::is_ours_alone(&root) {
            return Staging::create(&root);
        }
        // Somebody else was there before us. What is left here by a process that is killed stays.
        let temporary = std::env::temp_dir();
        let root = tempfile::Builder::new().prefix(private_directory::PREFIX).tempdir_in(&temporary);
        let root = root.map_err(Error::io("create a directory below", &temporary))?.keep();
        let mut staging = Staging::create(&root)?;
        staging.root = Some(root);
        Ok(staging)
    }

    /// Uses the directory of a [`Staging`] of another process, which removes it.
    pub(crate) fn of_another_process(directory: &Path) -> Staging {
        Staging { directory: directory.to_owned(), lock: None, root: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn is_below(&self, root: &Path) -> bool {
        self.directory.starts_with(root)
    }

    /// Where an artifact's files are written.
    pub(crate) fn files(&self) -> PathBuf {
        self.directory.join("files")
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

/// Removes what processes that are gone have left outside of the cache.
pub(crate) fn sweep_private() {
    let root = private_directory::path();
    if private_directory::is_ours_alone(&root) {
        sweep(&root);
        private_directory::sweep_warnings(&root, SystemTime::now());
    }
}

/// Removes what processes that are gone have left below `root`.
pub(crate) fn sweep(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours =
            name.to_str().is_some_and(|name| name.starts_with(private_directory::PREFIX) && name.ends_with(LOCK));
        if !ours {
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
    fn a_sweep_removes_what_nobody_holds_and_nothing_else() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let held = Staging::create(root.path()).expect("created");
        let left = Staging::create(root.path()).expect("created");
        // As a killed process leaves it: the files stay, the lock is gone with its holder.
        let directory = left.path().to_owned();
        let lock = directory.with_extension("lock");
        drop(left);
        fs::create_dir_all(directory.join("files")).expect("created");
        fs::write(&lock, "").expect("written");
        fs::create_dir(root.path().join("other")).expect("created");
        sweep(root.path());
        assert!(held.files().exists() && root.path().join("other").exists());
        assert!(!directory.exists() && !lock.exists());
    }
}
