//! Exclusive kernel locks on open files.
//!
//! A kernel lock dies with its holder. It belongs to the open file, though, and not to the process: a child that was
//! forked without `exec` has the file, too, and would keep the lock. So a lock is released by a call of its own, and not
//! by closing the file.

use std::fs::{File, TryLockError};
use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::disk;
use crate::message;

/// An exclusive lock, held until this is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct FileLock {
    /// `None` once others hold the lock in its place, and where there are no locks.
    file: Option<File>,
}

/// The end of a wait for a lock.
#[derive(Debug)]
pub(crate) enum Waited<E> {
    Locked(FileLock),
    TimedOut,
    /// The caller gave up for this reason.
    GivenUp(E),
}

impl FileLock {
    /// Takes over a lock that this process already has on `file`.
    pub(crate) fn held(file: File) -> FileLock {
        FileLock { file: Some(file) }
    }

    /// Stands for a lock where the file system has none.
    pub(crate) fn none() -> FileLock {
        FileLock { file: None }
    }

    /// Locks `file` unless another process holds it. Returns the file if so.
    pub(crate) fn attempt(file: File) -> io::Result<Result<FileLock, File>> {
        match file.try_lock() {
            Ok(()) => Ok(Ok(FileLock::held(file))),
            Err(TryLockError::WouldBlock) => Ok(Err(file)),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits for the lock on `file` for at most `timeout`. Calls `remind` after a second and then every five, with the
    /// time waited so far; an error that it returns ends the wait.
    ///
    /// The wait is a blocking system call on a thread of its own, which wakes some 50 µs after the release.
    pub(crate) fn wait<E>(
        file: File,
        timeout: Duration,
        mut remind: impl FnMut(Duration) -> Result<(), E>,
    ) -> io::Result<Waited<E>> {
        let begun = Instant::now();
        let (sender, receiver) = mpsc::sync_channel(0);
        // After the caller has gone, the send fails and the lock is dropped, which releases it at once.
        let waiter = move || drop(sender.send(file.lock().map(|()| FileLock::held(file))));
        thread::Builder::new().name("smoke-cache lock".to_owned()).spawn(waiter)?;
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

    pub(crate) fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// Lets go of the lock without releasing it: another process has the open file.
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

/// Returns `true` if the error says that the file system has no locks, and not that another process holds one.
///
/// `ENOSYS` is what Lustre without its mount option and some FUSE file systems answer, `EOPNOTSUPP` other network file
/// systems, `ENOLCK` NFS without a lock manager, `EINVAL` file systems that know no lock at all.
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

    #[test]
    fn a_lock_is_released_although_another_handle_is_open() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("lock");
        let file = File::create(&path).expect("created");
        // As a child has it that was forked without `exec`.
        let _inherited = file.try_clone().expect("cloned");
        let lock = FileLock::attempt(file).expect("locks work here").expect("free");
        let again = || FileLock::attempt(File::open(&path).expect("there")).expect("locks work here").is_ok();
        assert!(!again());
        drop(lock);
        assert!(again());
    }

    #[test]
    fn a_lock_that_is_left_to_others_stays_held() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("lock");
        let lock = FileLock::attempt(File::create(&path).expect("created")).expect("locks work here").expect("free");
        let other = lock.file().expect("held").try_clone().expect("cloned");
        lock.leave_to_others();
        let again = || FileLock::attempt(File::open(&path).expect("there")).expect("locks work here").is_ok();
        assert!(!again());
        drop(FileLock::held(other));
        assert!(again());
    }

    #[test]
    fn the_wait_ends_when_the_caller_gives_up() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("lock");
        let _lock = FileLock::attempt(File::create(&path).expect("created")).expect("locks work here").expect("free");
        let waited = FileLock::wait(File::open(&path).expect("there"), Duration::from_mins(1), |_| Err("enough"));
        assert!(matches!(waited, Ok(Waited::GivenUp("enough"))));
    }
}
