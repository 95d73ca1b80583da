//! A lease: a shared kernel lock on an artifact's manifest, for as long as the artifact is used.
//!
//! The lock is on the manifest itself and not on a file beside it, so that it follows a manifest that is moved to the
//! trash, and so that it can be had where nothing can be written.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::manifest::MAX_BYTES;
use crate::plain_file;

/// Thousands of times what moving an artifact to the trash takes.
const PATIENCE: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_millis(1);

/// The lock, until the last copy of this is dropped or the process ends.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    file: Arc<File>,
}

impl Lease {
    /// Locks the manifest at `path` and reads it; nothing if there is none.
    pub(crate) fn take(path: &Path) -> io::Result<Option<(Lease, Vec<u8>)>> {
        loop {
            let file = match plain_file::open(path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            lock_shared(&file)?;
            if is_still_at(&file, path)? {
                let text = plain_file::read(&file, MAX_BYTES)?;
                return Ok(Some((Lease { file: Arc::new(file) }, text)));
            }
            // Moved away between opening and locking: look again.
        }
    }

    /// Whether the manifest at `path` is still the one that is held: its files are, then, those that were written with it.
    pub(crate) fn is_current(&self, path: &Path) -> bool {
        is_still_at(&self.file, path).unwrap_or(false)
    }

    /// Notes that the artifact was used: retention removes what was not used for longest. Where the cache cannot be
    /// written to, nothing is removed either.
    pub(crate) fn touch(&self) {
        let _ = self.file.set_modified(SystemTime::now());
    }

    /// Whether nobody holds a lease on the manifest at `path`.
    pub(crate) fn is_free(path: &Path) -> io::Result<bool> {
        match plain_file::open(path).map(|file| file.try_lock()) {
            Ok(Ok(())) => Ok(true),
            Ok(Err(TryLockError::WouldBlock)) => Ok(false),
            // Never a manifest of ours.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(true),
            Ok(Err(TryLockError::Error(error))) | Err(error) => Err(error),
        }
    }
}

/// Waits for whoever is about to move the manifest to the trash, which takes no time, unless it was stopped.
fn lock_shared(file: &File) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match file.try_lock_shared() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "somebody has locked it for a long time"));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(INTERVAL),
        }
    }
}

/// The right to remove an artifact: nobody has a lease on it, and whoever wants one waits until this is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    _manifest: Option<File>,
}

impl Claim {
    /// Claims the artifact of the manifest at `path`, which need not be there; nothing if somebody has a lease on it.
    pub(crate) fn lay(path: &Path) -> io::Result<Option<Claim>> {
        loop {
            let file = match plain_file::open(path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(Claim { _manifest: None })),
                Err(error) => return Err(error),
            };
            match file.try_lock() {
                Ok(()) if is_still_at(&file, path)? => return Ok(Some(Claim { _manifest: Some(file) })),
                // Replaced between opening and locking: look again.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> io::Result<bool> {
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
fn is_still_at(_: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}
