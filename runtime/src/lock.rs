//! The build lock: one kernel lock per key and artifact, held for check, build and publish.
//!
//! A kernel lock dies with its holder, so there are no ages to guess at and nothing to clean up; the file itself is
//! never deleted, because a process may be about to lock it. A waiter sleeps in the kernel (it wakes some 50 µs after
//! the release) on a thread of its own, so that the test's thread can say whom it waits for and give up in time.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::layout;

/// When a waiting test first says that it waits: a short wait needs no words.
const FIRST_REMINDER: Duration = Duration::from_secs(1);
/// How often it says so again.
const REMINDER: Duration = Duration::from_secs(5);

/// Who holds a lock, as it wrote into the lock's file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) pid: u32,
    /// Milliseconds since 1970.
    since: u64,
    /// What it is at, in the words of the build.
    #[serde(default)]
    pub(crate) step: Option<String>,
}

impl Holder {
    fn new() -> Holder {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Holder { pid: std::process::id(), since: u64::try_from(since).unwrap_or(u64::MAX), step: None }
    }

    /// Writes it into the lock's file. That is only for people, so it may fail.
    fn write(&self, mut file: &File) {
        let Ok(mut text) = serde_json::to_vec(self) else { return };
        text.push(b'\n');
        // Over the old text first, and only then cut to length: a reader finds a whole line at any time, or nearly.
        let _ = file.rewind().and_then(|()| file.write_all(&text)).and_then(|()| file.set_len(text.len() as u64));
    }

    /// How long it has held the lock.
    pub(crate) fn elapsed(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.saturating_sub(Duration::from_millis(self.since))
    }
}

/// The lock, held until this is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct BuildLock {
    file: File,
}

/// How the wait for a lock ended.
#[derive(Debug)]
pub(crate) enum Acquired {
    Locked(BuildLock),
    TimedOut,
}

impl BuildLock {
    /// Locks `path`, waiting for at most `timeout`; `reminder` is called every few seconds with the holder, if it can
    /// be told, and the time waited so far.
    pub(crate) fn acquire(
        path: &Path,
        timeout: Duration,
        mut reminder: impl FnMut(Option<Holder>, Duration),
    ) -> Result<Acquired, Error> {
        let file = match Self::attempt(path)? {
            Ok(lock) => return Ok(Acquired::Locked(lock)),
            Err(file) => file,
        };

        let begun = Instant::now();
        let (sender, receiver) = mpsc::sync_channel(0);
        // After a time-out nobody receives: the send fails, and the file is dropped, which unlocks it at once.
        let waiter = move || drop(sender.send(file.lock().map(|()| file)));
        thread::Builder::new()
            .name("smoke-cache lock".to_owned())
            .spawn(waiter)
            .map_err(Error::io("wait for the lock", path))?;
        let mut patience = FIRST_REMINDER;
        loop {
            let left = timeout.saturating_sub(begun.elapsed());
            match receiver.recv_timeout(left.min(std::mem::replace(&mut patience, REMINDER))) {
                Ok(Ok(file)) => return Ok(Acquired::Locked(BuildLock::own(file))),
                Ok(Err(error)) => return Err(Error::io("lock", path)(error)),
                Err(_) if begun.elapsed() >= timeout => return Ok(Acquired::TimedOut),
                Err(_) => reminder(holder(path), begun.elapsed()),
            }
        }
    }

    /// A handle that shares the lock: it is released when all are closed.
    pub(crate) fn share(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// The lock that this process was given as its standard input.
    pub(crate) fn inherited() -> Result<BuildLock, Error> {
        #[cfg(unix)]
        let input = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned().map(File::from);
        #[cfg(not(unix))]
        let input = Err(io::Error::from(io::ErrorKind::Unsupported));
        input.map(BuildLock::own).map_err(Error::io("use as a lock", Path::new("the standard input")))
    }

    /// Locks `path` if nobody holds it.
    pub(crate) fn try_acquire(path: &Path) -> Result<Option<BuildLock>, Error> {
        Ok(Self::attempt(path)?.ok())
    }

    /// The lock, or else the file to wait for.
    fn attempt(path: &Path) -> Result<Result<BuildLock, File>, Error> {
        if let Some(parent) = path.parent() {
            layout::create_private(parent).map_err(Error::io("create", parent))?;
        }
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Ok(BuildLock::own(file))),
            Err(TryLockError::WouldBlock) => Ok(Err(file)),
            Err(TryLockError::Error(error)) => Err(Error::io("lock", path)(error)),
        }
    }

    /// Writes down who holds the lock.
    fn own(file: File) -> BuildLock {
        let lock = BuildLock { file };
        if let Some(notice) = lock.notice() {
            notice.holder.write(&notice.file);
        }
        lock
    }

    /// For saying what its holder is at; until it is dropped, the lock is held.
    pub(crate) fn notice(&self) -> Option<Notice> {
        // Under another name it may be anything: nothing is lost but a word about who holds it.
        if is_linked_elsewhere(&self.file) {
            return None;
        }
        Some(Notice { file: self.share().ok()?, holder: Holder::new() })
    }
}

/// What is told, in the lock's own file, to those who wait for it.
#[derive(Debug)]
pub(crate) struct Notice {
    file: File,
    holder: Holder,
}

impl Notice {
    /// What the holder of the lock is at.
    pub(crate) fn at(&mut self, step: &str) {
        self.holder.step = Some(step.to_owned());
        self.holder.write(&self.file);
    }
}

#[cfg(unix)]
fn is_linked_elsewhere(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| std::os::unix::fs::MetadataExt::nlink(&metadata) > 1)
}

#[cfg(not(unix))]
fn is_linked_elsewhere(_: &File) -> bool {
    false
}

/// Who holds the lock at `path`, if somebody does.
pub(crate) fn holder_of(path: &Path) -> Option<Holder> {
    // Not to be in a builder's way, nor in that of others who only look.
    match File::open(path).ok()?.try_lock_shared() {
        Err(TryLockError::WouldBlock) => holder(path),
        _ => None,
    }
}

fn open(path: &Path) -> Result<File, Error> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(Error::io("open the lock", path))
}

/// Whoever wrote its name last; on Windows a locked file cannot be read, and the holder stays unknown.
fn holder(path: &Path) -> Option<Holder> {
    let mut text = String::new();
    File::open(path).ok()?.read_to_string(&mut text).ok()?;
    serde_json::from_str(text.lines().next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acquire(path: &Path, timeout: Duration) -> Acquired {
        BuildLock::acquire(path, timeout, |_, _| ()).expect("the lock can be asked for")
    }

    #[test]
    fn a_second_holder_times_out_and_succeeds_after_the_release() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("a/b.lock");
        let Acquired::Locked(first) = acquire(&path, Duration::ZERO) else { panic!("nobody holds it") };
        assert!(matches!(acquire(&path, Duration::from_millis(1)), Acquired::TimedOut));
        assert_eq!(holder(&path).map(|holder| (holder.pid, holder.step)), Some((std::process::id(), None)));
        let mut notice = first.notice().expect("nobody else knows of the file");
        for step in ["parsing a hundred files", "indexing"] {
            notice.at(step);
            assert_eq!(holder(&path).and_then(|holder| holder.step).as_deref(), Some(step));
        }
        drop(notice);
        drop(first);
        assert!(matches!(acquire(&path, Duration::from_mins(1)), Acquired::Locked(_)));
    }

    #[test]
    fn a_waiter_gets_the_lock_when_it_is_released() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("b.lock");
        let Acquired::Locked(first) = acquire(&path, Duration::ZERO) else { panic!("nobody holds it") };
        thread::scope(|scope| {
            let waiter = scope.spawn(|| matches!(acquire(&path, Duration::from_mins(1)), Acquired::Locked(_)));
            drop(first);
            assert!(waiter.join().expect("no panic"));
        });
    }
}
