//! Where the fetcher works: scratch directories, and the locks that keep processes apart.
//!
//! ```text
//! venv-unearth-0.19.0/          the downloader's environment; complete when it holds `.complete`
//! scratch/fetch-RANDOM/         one fetch under way; in use as long as somebody holds its `lock`
//! locks/NAME.lock               locks; never deleted
//! ```
//!
//! Locks are the kernel's: they die with their holder, so that nothing has to guess by age what a killed fetch left.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{FetchError, hexadecimal};

/// The directory of the fetcher's own, on the file system of the destinations.
pub(super) struct Workshop {
    root: PathBuf,
}

/// A lock held until this is dropped.
#[must_use]
pub(super) struct Held {
    _file: File,
}

/// A directory for one fetch; removed when dropped, or by the next fetch when this process is killed.
pub(super) struct Scratch {
    // Dropped first: some systems do not remove a directory while a file in it is open.
    _lock: Held,
    directory: TempDir,
}

impl Scratch {
    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }
}

impl Workshop {
    /// Opens the workshop at `root`, making it if need be.
    pub(super) fn open(root: &Path) -> Result<Self, FetchError> {
        let workshop = Workshop { root: std::path::absolute(root).map_err(FetchError::io("locate", root))? };
        for directory in [workshop.scratch_root(), workshop.lock_root()] {
            fs::create_dir_all(&directory).map_err(FetchError::io("create", &directory))?;
        }
        Ok(workshop)
    }

    pub(super) fn path(&self) -> &Path {
        &self.root
    }

    /// The right to publish at `destination`; one process at a time has it.
    pub(super) fn lock_destination(&self, destination: &Path, progress: &ProgressBar) -> Result<Held, FetchError> {
        let digest = hexadecimal(&Sha256::digest(destination.as_os_str().as_encoded_bytes()));
        self.lock(&format!("destination-{}", &digest[..16]), "waiting for another fetch of the same", progress)
    }

    /// Takes the lock `name`; shows `waiting` while somebody else holds it.
    pub(super) fn lock(&self, name: &str, waiting: &'static str, progress: &ProgressBar) -> Result<Held, FetchError> {
        let path = self.lock_root().join(format!("{name}.lock"));
        let file = open_lock(&path)?;
        if !try_lock(&file, &path)? {
            progress.set_message(waiting);
            file.lock().map_err(FetchError::io("lock", &path))?;
        }
        Ok(Held { _file: file })
    }

    /// A new scratch directory. Those of fetches that were killed are removed on the way.
    ///
    /// Both happen under one lock, so that a directory whose own lock does not exist yet is never taken for abandoned.
    pub(super) fn scratch(&self, progress: &ProgressBar) -> Result<Scratch, FetchError> {
        let _turn = self.lock("scratch", "waiting for another fetch to sweep", progress)?;
        self.sweep()?;
        let root = self.scratch_root();
        let directory = tempfile::Builder::new().prefix("fetch-").tempdir_in(&root);
        let directory = directory.map_err(FetchError::io("create a directory in", &root))?;
        let path = directory.path().join("lock");
        let lock = open_lock(&path)?;
        lock.lock().map_err(FetchError::io("lock", &path))?;
        Ok(Scratch { _lock: Held { _file: lock }, directory })
    }

    fn sweep(&self) -> Result<(), FetchError> {
        let root = self.scratch_root();
        for entry in fs::read_dir(&root).map_err(FetchError::io("list", &root))? {
            let directory = entry.map_err(FetchError::io("list", &root))?.path();
            let lock = directory.join("lock");
            let abandoned = match File::open(&lock) {
                Ok(file) => try_lock(&file, &lock)?,
                Err(_) => true,
            };
            if abandoned {
                // What cannot be removed now may be removable next time, and is in nobody's way.
                let _ = fs::remove_dir_all(&directory);
            }
        }
        Ok(())
    }

    fn scratch_root(&self) -> PathBuf {
        self.root.join("scratch")
    }

    fn lock_root(&self) -> PathBuf {
        self.root.join("locks")
    }
}

fn open_lock(path: &Path) -> Result<File, FetchError> {
    File::options().create(true).truncate(false).write(true).open(path).map_err(FetchError::io("open", path))
}

fn try_lock(file: &File, path: &Path) -> Result<bool, FetchError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) => Err(FetchError::io("lock", path)(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scratch_of_a_killed_fetch_is_swept_and_that_of_a_live_one_kept() {
        let root = tempfile::tempdir().expect("a directory");
        let workshop = Workshop::open(root.path()).expect("a workshop");
        let progress = ProgressBar::hidden();
        let live = workshop.scratch(&progress).expect("scratch");
        fs::write(live.path().join("half"), "").expect("a file");
        let killed = root.path().join("scratch/killed");
        let killed_early = root.path().join("scratch/killed-before-its-lock");
        fs::create_dir_all(killed.join("deep")).expect("a directory");
        fs::create_dir_all(&killed_early).expect("a directory");
        fs::write(killed.join("lock"), "").expect("a lock that nobody holds");
        let next = workshop.scratch(&progress).expect("scratch");
        assert!(!killed.exists() && !killed_early.exists());
        assert!(live.path().join("half").exists());
        let path = next.path().to_owned();
        drop(next);
        assert!(!path.exists());
    }
}
