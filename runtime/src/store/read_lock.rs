//! The read lock: a shared kernel lock on an artifact's manifest, held while the artifact is used. A removal needs the
//! exclusive one.
//!
//! The lock is on the manifest itself, not on a file beside it. So it follows a manifest into the trash, and needs no
//! permission to write.
//!
//! Where the file system has no locks, an artifact is used without a read lock. Nothing is removed there, because a
//! removal needs its lock.

use std::fs::{File, TryLockError};
use std::io::{self, Seek};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::manifest::MAX_BYTES;
use crate::disk;
use crate::file_lock::{self, FileLock};
use crate::plain_file;

/// The time to wait for a removal: thousands of times as long as moving an artifact to the trash takes.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The mode of a manifest that its owner may open for writing.
const OWNER_MAY_WRITE: u32 = 0o644;
const INTERVAL: Duration = Duration::from_millis(1);
/// The limit of attempts to lock a manifest: each one fails only if the manifest is replaced at that moment.
const MAX_ATTEMPTS: usize = 100;

/// A shared lock on a manifest, held until the last clone is dropped or the process ends.
#[derive(Clone, Debug)]
pub(crate) struct ReadLock {
    file: Arc<File>,
}

impl ReadLock {
    /// Locks the manifest at `path` and reads it. Returns `None` if no file is there.
    ///
    /// # Errors
    /// Fails if the manifest cannot be read, stays locked for a long time, or is replaced in each attempt.
    pub(crate) fn take(path: &Path) -> io::Result<Option<(ReadLock, Vec<u8>)>> {
        for _ in 0..MAX_ATTEMPTS {
            let file = match plain_file::open_to_touch(path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            lock_shared(&file)?;
            if is_still_at(&file, path)? {
                let text = plain_file::read(&file, MAX_BYTES)?;
                return Ok(Some((ReadLock { file: Arc::new(file) }, text)));
            }
            // It was moved away between opening and locking: try again.
        }
        Err(io::Error::other("other processes keep replacing it"))
    }

    /// Returns `true` if the manifest at `path` is still the locked one. Then the files are those that were published
    /// with it.
    pub(crate) fn is_current(&self, path: &Path) -> bool {
        is_still_at(&self.file, path).unwrap_or(false)
    }

    /// Sets the time of last use, by which the retention policy selects artifacts. A failure is ignored: where the
    /// cache cannot be written to, nothing is removed.
    pub(crate) fn touch(&self) {
        let _ = self.file.set_modified(SystemTime::now());
    }

    /// Returns `true` if no process holds a read lock on the manifest at `path`.
    pub(crate) fn is_free(path: &Path) -> io::Result<bool> {
        match lock_exclusive(path) {
            Ok(lock) => Ok(lock.is_some()),
            // Not a plain file: no process has locked it as a manifest.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// Locks the manifest for reading. Waits for a process that is moving it to the trash, which is quick unless that
/// process is suspended.
fn lock_shared(file: &File) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match file.try_lock_shared() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) if file_lock::is_unsupported(&error) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if begun.elapsed() > TIMEOUT => {
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
        // NFS requires a file that is open for writing (flock(2)).
        Err(error) if disk::is_bad_descriptor(&error) => {
            disk::set_mode(path, OWNER_MAY_WRITE)?;
            attempt()
        }
        locked => locked,
    }
}

/// The exclusive lock on a manifest, which permits the removal of the artifact. While it is held, no process has a read
/// lock, and a process that wants one waits.
#[derive(Debug)]
pub(crate) struct RemovalLock {
    _manifest: Option<FileLock>,
}

impl RemovalLock {
    /// Locks the manifest at `path`, if a file is there. Returns `None` if a process has a read lock.
    ///
    /// The caller holds the build lock, so that no process replaces the manifest meanwhile.
    ///
    /// # Errors
    /// Fails if the manifest cannot be opened or locked.
    pub(crate) fn try_acquire(path: &Path) -> io::Result<Option<RemovalLock>> {
        match lock_exclusive(path) {
            Ok(lock) => Ok(lock.map(|lock| RemovalLock { _manifest: Some(lock) })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(RemovalLock { _manifest: None })),
            Err(error) => Err(error),
        }
    }
}

/// Returns `true` if the file at `path` is the open one.
///
/// Some FUSE file systems report another inode number for an open file than for its path. So a manifest with the same
/// content counts as the same one: the content names the digests of the files, and the run and second of the build.
fn is_still_at(file: &File, path: &Path) -> io::Result<bool> {
    Ok(has_identity(file, path)? || has_content(file, path)?)
}

fn has_content(mut file: &File, path: &Path) -> io::Result<bool> {
    let there = match plain_file::open(path).and_then(|there| plain_file::read(&there, MAX_BYTES)) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound || is_locked(&error) => return Ok(false),
        Err(error) => return Err(error),
    };
    file.rewind()?;
    let held = plain_file::read(file, MAX_BYTES)?;
    file.rewind()?;
    Ok(held == there)
}

/// Returns `true` if the error says that another process has locked the file. On Windows, locks forbid to read; this
/// process has locked the other file, so this one is new.
fn is_locked(error: &io::Error) -> bool {
    const ERROR_LOCK_VIOLATION: i32 = 33;
    cfg!(windows) && error.raw_os_error() == Some(ERROR_LOCK_VIOLATION)
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

/// Returns `false`: without inode numbers, the content decides.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix, the metadata may be unreadable")]
fn has_identity(_: &File, _: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn manifest(directory: &tempfile::TempDir) -> std::path::PathBuf {
        let path = directory.path().join("a.json");
        fs::write(&path, "{}").expect("written");
        path
    }

    #[test]
    fn a_use_sets_the_time_of_a_read_only_manifest() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = manifest(&directory);
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        File::options().write(true).open(&path).and_then(|file| file.set_modified(long_ago)).expect("set");
        disk::set_mode(&path, 0o444).expect("changed");
        let (read_lock, _) = ReadLock::take(&path).expect("readable").expect("exists");
        read_lock.touch();
        let modified = fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("readable");
        assert!(modified > long_ago + Duration::from_secs(1), "{modified:?}");
    }

    #[test]
    fn a_replaced_manifest_is_no_longer_current() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = manifest(&directory);
        let (read_lock, _) = ReadLock::take(&path).expect("readable").expect("exists");
        assert!(read_lock.is_current(&path));
        fs::rename(&path, directory.path().join("old")).expect("a locked file can be renamed");
        assert!(!read_lock.is_current(&path));
        fs::write(&path, "{\"other\":1}").expect("written");
        assert!(!read_lock.is_current(&path));
    }
}
