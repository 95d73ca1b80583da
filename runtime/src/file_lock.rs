//! Exclusive kernel locks on open files.
//!
//! The kernel releases a lock when its holder ends. The lock belongs to the open file, and not to the process: a child
//! that was forked without `exec` has the file, too, and would keep the lock. So a lock is released explicitly, and not
//! by closing the file.

use std::fs::{File, TryLockError};
use std::io;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::disk;
use crate::message;

/// An exclusive lock, held until the value is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct FileLock {
    /// `None` after another process took over the lock, and on file systems without locks.
    file: Option<File>,
}

/// The result of an attempt to lock a file.
#[derive(Debug)]
pub(crate) enum Attempt {
    Locked(FileLock),
    /// Another process holds the lock. Contains the open file.
    Held(File),
}

impl Attempt {
    /// Returns the lock, unless another process holds it.
    pub(crate) fn locked(self) -> Option<FileLock> {
        match self {
            Attempt::Locked(lock) => Some(lock),
            Attempt::Held(_) => None,
        }
    }
}

/// The result of a wait for a lock.
#[derive(Debug)]
pub(crate) enum Waited<E> {
    Locked(FileLock),
    TimedOut,
    /// The caller gave up for this reason.
    GivenUp(E),
}

impl FileLock {
    /// Takes over a lock that this process already holds on `file`.
    pub(crate) fn held(file: File) -> FileLock {
        FileLock { file: Some(file) }
    }

    /// Returns a substitute for a lock, on a file system without locks.
    pub(crate) fn none() -> FileLock {
        FileLock { file: None }
    }

    /// Locks `file`, unless another process holds the lock.
    pub(crate) fn attempt(file: File) -> io::Result<Attempt> {
        match file.try_lock() {
            Ok(()) => Ok(Attempt::Locked(FileLock::held(file))),
            Err(TryLockError::WouldBlock) => Ok(Attempt::Held(file)),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits for the lock on `file` for at most `timeout`.
    ///
    /// Calls `remind` after one second and then every five, with the time since the beginning. An error of `remind`
    /// ends the wait.
    ///
    /// The wait is a blocking system call on its own thread, which wakes some 50 µs after the release.
    pub(crate) fn wait<E>(
        file: File,
        timeout: Duration,
        mut remind: impl FnMut(Duration) -> Result<(), E>,
    ) -> io::Result<Waited<E>> {
        let begun = Instant::now();
        let receiver = FileLock::request(file)?;
        let mut pause = message::FIRST_REMINDER;
        loop {
            let left = timeout.saturating_sub(begun.elapsed());
            match receiver.recv_timeout(left.min(std::mem::replace(&mut pause, message::REMINDER))) {
                Ok(locked) => return locked.map(Waited::Locked),
                Err(_) if begun.elapsed() >= timeout => return Ok(Waited::TimedOut),
                Err(_) => {
                    if let Err(reason) = remind(begun.elapsed()) {
                        return Ok(Waited::GivenUp(reason));
                    }
                }
            }
        }
    }

    /// Waits for the lock on a new thread, which sends it.
    fn request(file: File) -> io::Result<Receiver<io::Result<FileLock>>> {
        let (sender, receiver) = mpsc::sync_channel(0);
        // If the receiver is dropped, the send fails. Then the lock is dropped, which releases it at once.
        let waiter = move || drop(sender.send(file.lock().map(|()| FileLock::held(file))));
        thread::Builder::new().name("smoke-cache lock".to_owned()).spawn(waiter)?;
        Ok(receiver)
    }

    /// Returns the locked file.
    pub(crate) fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// Drops the value without releasing the lock, which stays with another process that has the open file.
    pub(crate) fn leave_to_others(mut self) {
        self.file = None;
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            let _ = file.unlock();
        }
    }
}

/// Returns `true` if the error says that the file system has no locks.
///
/// Lustre without its mount option and some FUSE file systems answer `ENOSYS`, other network file systems `EOPNOTSUPP`,
/// NFS without a lock manager `ENOLCK`, and file systems without any locks `EINVAL`.
pub(crate) fn is_unsupported(error: &io::Error) -> bool {
    #[cfg(unix)]
    if disk::is(error, rustix::io::Errno::NOLCK) {
        return true;
    }
    disk::is_unsupported(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(file: File) -> Option<FileLock> {
        FileLock::attempt(file).expect("locks are supported").locked()
    }

    #[test]
    fn a_lock_is_released_while_another_handle_is_open() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("lock");
        let file = File::create(&path).expect("created");
        // As in a child that was forked without `exec`.
        let _inherited = file.try_clone().expect("cloned");
        let lock = attempt(file).expect("free");
        let is_free = || attempt(File::open(&path).expect("exists")).is_some();
        assert!(!is_free());
        drop(lock);
        assert!(is_free());
    }

    #[test]
    fn a_lock_that_is_left_to_others_stays_held() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("lock");
        let lock = attempt(File::create(&path).expect("created")).expect("free");
        let other = lock.file().expect("held").try_clone().expect("cloned");
        lock.leave_to_others();
        let is_free = || attempt(File::open(&path).expect("exists")).is_some();
        assert!(!is_free());
        drop(FileLock::held(other));
        assert!(is_free());
    }

    #[test]
    fn a_wait_ends_when_the_caller_gives_up() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("lock");
        let _lock = attempt(File::create(&path).expect("created")).expect("free");
        let waited = FileLock::wait(File::open(&path).expect("exists"), Duration::from_secs(60), |_| Err("enough"));
        assert!(matches!(waited, Ok(Waited::GivenUp("enough"))));
    }
}
