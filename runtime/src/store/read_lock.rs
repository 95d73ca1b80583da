//! A lease: a shared kernel lock on an artifact's manifest, for as long as the artifact is used.
//!
//! The lock is on the manifest itself and not on a file beside it, so that it follows a manifest that is moved to the
//! trash, and so that it can be taken where nothing can be written.
//!
//! Where the file system has no locks, an artifact is used without a lease. Nothing is removed there either, because a
//! removal needs an exclusive lock.

use std::fs::{File, TryLockError};
use std::io::{self, Seek};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::disk;
use crate::file_lock::{self, FileLock};
use crate::plain_file;
use crate::store::manifest::MAX_BYTES;

/// Thousands of times what moving an artifact to the trash takes.
const PATIENCE: Duration = Duration::from_secs(10);
/// The mode of a manifest that its owner may open for writing.
const OWNER_MAY_WRITE: u32 = 0o644;
const INTERVAL: Duration = Duration::from_millis(1);
/// The limit of attempts to lock a manifest that is replaced meanwhile: each time is chance.
const MOST_ATTEMPTS: usize = 100;

/// The lock, until the last copy of this is dropped or the process ends.
#[derive(Clone, Debug)]
pub(crate) struct ReadLock {
    file: Arc<File>,
}

impl ReadLock {
    /// Locks the manifest at `path` and reads it. Returns `None` if there is none.
    ///
    /// # Errors
    /// The manifest cannot be read, is locked for a long time, or is replaced again and again.
    pub(crate) fn take(path: &Path) -> io::Result<Option<(ReadLock, Vec<u8>)>> {
        for _ in 0..MOST_ATTEMPTS {
            let file = match plain_file::open(path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            lock_shared(&file)?;
            if is_still_at(&file, path)? {
                let text = plain_file::read(&file, MAX_BYTES)?;
                return Ok(Some((ReadLock { file: Arc::new(file) }, text)));
            }
            // Moved away between opening and locking: look again.
        }
        Err(io::Error::other("it is replaced again and again"))
    }

    /// Returns `true` if the manifest at `path` is still the one that is held: its files are, then, those that were
    /// written with it.
    pub(crate) fn is_current(&self, path: &Path) -> bool {
        is_still_at(&self.file, path).unwrap_or(false)
    }

    /// Notes that the artifact was used: retention removes what was not used for longest. Where the cache cannot be
    /// written to, nothing is removed either.
    pub(crate) fn touch(&self) {
        let _ = self.file.set_modified(SystemTime::now());
    }

    /// Returns `true` if no process holds a lease on the manifest at `path`.
    pub(crate) fn is_free(path: &Path) -> io::Result<bool> {
        match lock_exclusive(path) {
            Ok(lock) => Ok(lock.is_some()),
            // Never a manifest of ours.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// Waits for a process that is about to move the manifest to the trash, which takes no time, unless it was stopped.
fn lock_shared(file: &File) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match file.try_lock_shared() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) if file_lock::is_unsupported(&error) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "another process has locked it for a long time"));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(INTERVAL),
        }
    }
}

/// Locks the manifest at `path` exclusively, unless another process has a lock on it.
fn lock_exclusive(path: &Path) -> io::Result<Option<FileLock>> {
    let attempt = || Ok(FileLock::attempt(plain_file::open_to_lock(path)?)?.locked());
    match attempt() {
        // NFS: the file has to be open for writing (flock(2)).
        Err(error) if disk::is_bad_descriptor(&error) => {
            disk::set_mode(path, OWNER_MAY_WRITE)?;
            attempt()
        }
        locked => locked,
    }
}

/// The right to remove an artifact: no process has a lease on it, and one that wants a lease waits until this is
/// dropped.
#[derive(Debug)]
pub(crate) struct RemovalLock {
    _manifest: Option<FileLock>,
}

impl RemovalLock {
    /// Claims the artifact of the manifest at `path`, which need not be there. Returns `None` if a process has a lease.
    /// The caller holds the build lock: nothing else replaces the manifest meanwhile.
    ///
    /// # Errors
    /// The manifest cannot be opened or locked.
    pub(crate) fn lay(path: &Path) -> io::Result<Option<RemovalLock>> {
        match lock_exclusive(path) {
            Ok(lock) => Ok(lock.map(|lock| RemovalLock { _manifest: Some(lock) })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(RemovalLock { _manifest: None })),
            Err(error) => Err(error),
        }
    }
}

/// Returns `true` if the file at `path` is the open one.
///
/// Some FUSE file systems report another inode number for an open file than for its path. So manifests with the same
/// content are the same, too: it names the run and the second in which the files were written, and their digests.
fn is_still_at(file: &File, path: &Path) -> io::Result<bool> {
    Ok(has_identity(file, path)? || has_content(file, path)?)
}

fn has_content(mut file: &File, path: &Path) -> io::Result<bool> {
    let there = match plain_file::open(path) {
        Ok(there) => plain_file::read(&there, MAX_BYTES)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    file.rewind()?;
    let held = plain_file::read(file, MAX_BYTES)?;
    file.rewind()?;
    Ok(held == there)
}

#[cfg(unix)]
fn has_identity(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let held = file.metadata()?;
    match path.metadata() {
        Ok(there) => Ok((held.dev(), held.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Without inode numbers a replaced manifest goes unnoticed; its files then fail their check and are built again.
#[cfg(not(unix))]
fn has_identity(_: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}
