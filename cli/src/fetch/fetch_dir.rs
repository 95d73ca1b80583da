//! The directory in which fetches work: scratch directories, and locks between processes.
//!
//! ```text
//! venv-unearth-0.19.0/          the environment of the downloader; complete if it contains `.complete`
//! scratch/fetch-RANDOM/         one fetch in flight, while a process holds its `lock`
//! locks/NAME.lock               locks, never deleted
//! ```
//!
//! The kernel releases the locks of a process that ends. So the leftovers of a killed fetch are known without guessing
//! by age.

use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cached_smoke::tooling::hex;
use fs_err::{self as fs, File};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A handle to the directory, which is on the file system of the destinations.
pub(super) struct FetchDir {
    root: PathBuf,
}

/// A lock, held until it is dropped.
#[must_use]
pub(super) struct Lock {
    _file: File,
}

/// The directory of one fetch. Removed when dropped, or by the next fetch if this process is killed.
pub(super) struct Scratch {
    // Dropped first: some systems do not remove a directory while a file in it is open.
    _lock: Lock,
    directory: TempDir,
}

impl Scratch {
    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }
}

impl FetchDir {
    /// Opens the directory, and creates it if it does not exist.
    pub(super) fn open(root: &Path) -> Result<FetchDir> {
        let fetch_dir = FetchDir { root: std::path::absolute(root)? };
        fs::create_dir_all(fetch_dir.scratch_root())?;
        fs::create_dir_all(fetch_dir.lock_root())?;
        Ok(fetch_dir)
    }

    pub(super) fn path(&self) -> &Path {
        &self.root
    }

    /// Takes the lock on publishing at `destination`.
    pub(super) fn lock_destination(&self, destination: &Path, progress: &ProgressBar) -> Result<Lock> {
        let digest = hex(&Sha256::digest(destination.as_os_str().as_encoded_bytes())[..8]);
        self.lock(&format!("destination-{digest}"), "waiting for another fetch of the same repository", progress)
    }

    /// Takes the lock `name`. Shows `waiting` while another process holds it.
    pub(super) fn lock(&self, name: &str, waiting: &'static str, progress: &ProgressBar) -> Result<Lock> {
        let file = open_lock(&self.lock_root().join(format!("{name}.lock")))?;
        if !try_lock(&file)? {
            progress.set_message(waiting);
            file.lock()?;
        }
        Ok(Lock { _file: file })
    }

    /// Creates a scratch directory, and removes those of killed fetches.
    ///
    /// Both happen under one lock: a directory that has no lock yet must not look abandoned.
    pub(super) fn scratch(&self, progress: &ProgressBar) -> Result<Scratch> {
        let _lock = self.lock("scratch", "waiting for another fetch to clean up", progress)?;
        self.sweep()?;
        let directory = tempfile::Builder::new().prefix("fetch-").tempdir_in(self.scratch_root())?;
        let lock = open_lock(&directory.path().join("lock"))?;
        lock.lock()?;
        Ok(Scratch { _lock: Lock { _file: lock }, directory })
    }

    fn sweep(&self) -> Result<()> {
        for entry in fs::read_dir(self.scratch_root())? {
            let directory = entry?.path();
            let lock = File::open(directory.join("lock"));
            if lock.map_or(Ok(true), |lock| try_lock(&lock))? {
                // A directory that cannot be removed now does no harm; the next fetch tries again.
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

fn open_lock(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(path)
}

/// Returns `false` if another process holds the lock.
fn try_lock(file: &File) -> Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("failed to lock {}", file.path().display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scratch_of_a_killed_fetch_is_removed() {
        let root = tempfile::tempdir().expect("a directory");
        let fetch_dir = FetchDir::open(root.path()).expect("a fetch directory");
        let progress = ProgressBar::hidden();
        let live = fetch_dir.scratch(&progress).expect("scratch");
        fs::write(live.path().join("half"), "").expect("a file");
        let killed = root.path().join("scratch/killed");
        let killed_early = root.path().join("scratch/killed-before-its-lock");
        fs::create_dir_all(killed.join("deep")).expect("a directory");
        fs::create_dir_all(&killed_early).expect("a directory");
        fs::write(killed.join("lock"), "").expect("a lock that no process holds");
        let next = fetch_dir.scratch(&progress).expect("scratch");
        assert!(!killed.exists() && !killed_early.exists());
        assert!(live.path().join("half").exists());
        let path = next.path().to_owned();
        drop(next);
        assert!(!path.exists());
    }
}
