//! The build lock: one kernel lock per key and artifact, held for check, build and publish.
//!
//! The kernel releases the lock when the holder ends, so a lock never becomes stale. The file itself is never deleted,
//! because a process may be about to lock it.
//!
//! All locks are taken in one order: that of an artifact before those of its dependencies. Dependencies have no cycles,
//! so waits cannot deadlock.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::file_lock::{Attempt, FileLock, Waited};
use crate::json;
use crate::layout;
use crate::run::Identity;

/// The process that holds a lock, as it recorded itself in the lock file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) pid: u32,
    /// Milliseconds since 1970.
    since: u64,
    /// The current step of the build, as it reported it.
    #[serde(default)]
    pub(crate) step: Option<String>,
    /// `None` where the operating system does not provide it.
    #[serde(default)]
    identity: Option<Identity>,
}

impl Holder {
    fn new() -> Holder {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        Holder { pid: std::process::id(), since, step: None, identity: Identity::own() }
    }

    /// Writes this into the lock file. It is only a notice for waiters, so a failure is ignored.
    fn write(&self, mut file: &File) {
        let Ok(mut text) = serde_json::to_vec(self) else { return };
        text.push(b'\n');
        // Overwrites the old text before it truncates the file, so that a reader nearly always finds a whole line.
        let _ = file.rewind().and_then(|()| file.write_all(&text)).and_then(|()| file.set_len(text.len() as u64));
    }

    /// Returns the time since the process took the lock.
    pub(crate) fn elapsed(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.saturating_sub(Duration::from_millis(self.since))
    }

    fn has_ended(&self) -> bool {
        self.identity.as_ref().is_some_and(Identity::has_ended)
    }

    fn started_this_process(&self) -> bool {
        self.identity.as_ref().is_some_and(Identity::is_ancestor)
    }

    fn is_same_process(&self, other: &Holder) -> bool {
        (self.pid, &self.identity) == (other.pid, &other.identity)
    }
}

/// The build lock of one artifact, held until this is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct BuildLock {
    lock: FileLock,
    /// The path of the notice, if it is not in the lock file.
    notice: Option<PathBuf>,
}

/// The result of waiting for a build lock.
#[derive(Debug)]
pub(crate) enum Acquired {
    Locked(BuildLock),
    TimedOut,
    /// The holder has ended, but a process that it started has the lock file open and so keeps the lock.
    Abandoned(Holder),
    /// The holder started this process and waits for it, so this wait would never end.
    HeldByAncestor(Holder),
}

/// A reason to end a wait that cannot succeed.
enum Hopeless {
    Abandoned(Holder),
    HeldByAncestor(Holder),
}

impl BuildLock {
    /// Locks `path`, and waits for at most `timeout`. Calls `remind` every few seconds with the holder, if known, and
    /// the time waited so far.
    pub(crate) fn acquire(
        path: &Path,
        timeout: Duration,
        mut remind: impl FnMut(Option<&Holder>, Duration),
    ) -> Result<Acquired, Error> {
        let file = match Self::attempt(path)? {
            Ok(lock) => return Ok(Acquired::Locked(lock)),
            Err(file) => file,
        };
        let mut ended: Option<Holder> = None;
        let waited = FileLock::wait(file, timeout, |waited| {
            let holder = holder(path);
            remind(holder.as_ref(), waited);
            let Some(holder) = holder else { return Ok(()) };
            if holder.started_this_process() {
                return Err(Hopeless::HeldByAncestor(holder));
            }
            let is_ended = holder.has_ended();
            // Seen once, it may be a race: the next holder has the lock, but has not recorded itself yet.
            if is_ended && ended.as_ref().is_some_and(|before| before.is_same_process(&holder)) {
                return Err(Hopeless::Abandoned(holder));
            }
            ended = is_ended.then_some(holder);
            Ok(())
        });
        Ok(match waited.map_err(Error::io("wait for the lock", path))? {
            Waited::Locked(lock) => Acquired::Locked(BuildLock::own(lock, notice_beside(path))),
            Waited::TimedOut => Acquired::TimedOut,
            Waited::GivenUp(Hopeless::Abandoned(holder)) => Acquired::Abandoned(holder),
            Waited::GivenUp(Hopeless::HeldByAncestor(holder)) => Acquired::HeldByAncestor(holder),
        })
    }

    /// Returns the open lock file, for a child process that takes the lock over; see
    /// [`leave_to_others`](Self::leave_to_others).
    pub(crate) fn share(&self) -> io::Result<File> {
        self.lock.file().map_or_else(|| Err(io::ErrorKind::NotFound.into()), File::try_clone)
    }

    /// Drops this handle without releasing the lock, which a child process holds now.
    pub(crate) fn leave_to_others(self) {
        self.lock.leave_to_others();
    }

    /// Takes over the lock that the parent process passed as standard input, and replaces the standard input by an
    /// empty one.
    ///
    /// Otherwise the processes that a build starts would inherit the lock, and keep it for as long as they live.
    pub(crate) fn inherited() -> Result<BuildLock, Error> {
        inherited()
            .map(|file| BuildLock::own(FileLock::held(file), None))
            .map_err(Error::io("take over the lock from", Path::new("the standard input")))
    }

    /// Locks `path` unless another process holds it.
    pub(crate) fn try_acquire(path: &Path) -> Result<Option<BuildLock>, Error> {
        Ok(Self::attempt(path)?.ok())
    }

    /// Returns the lock, or else the file to wait for.
    fn attempt(path: &Path) -> Result<Result<BuildLock, File>, Error> {
        if let Some(parent) = path.parent() {
            layout::create_private(parent).map_err(Error::io("create", parent))?;
        }
        Ok(match FileLock::attempt(open(path)?).map_err(Error::io("lock", path))? {
            Attempt::Locked(lock) => Ok(BuildLock::own(lock, notice_beside(path))),
            Attempt::Held(file) => Err(file),
        })
    }

    /// Records this process as the holder of the lock.
    fn own(lock: FileLock, notice: Option<PathBuf>) -> BuildLock {
        let lock = BuildLock { lock, notice };
        if let Some(notice) = lock.notice() {
            notice.holder.write(&notice.file);
        }
        lock
    }

    /// Returns a handle with which the holder reports its current step.
    pub(crate) fn notice(&self) -> Option<Notice> {
        let file = match &self.notice {
            Some(path) => open(path).ok()?,
            None => self.share().ok()?,
        };
        // A file with a second hard link may belong to anything, so it is not written to; only the notice is lost.
        (!has_other_links(&file)).then(|| Notice { file, holder: Holder::new() })
    }
}

/// Returns `true` if the standard input of this process is a file, as it is in a builder process.
pub(crate) fn is_handed_over() -> bool {
    standard_input().and_then(|input| input.metadata()).is_ok_and(|metadata| metadata.is_file())
}

#[cfg(unix)]
fn inherited() -> io::Result<File> {
    let lock = standard_input()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(lock)
}

/// Returns a copy of the standard input that is closed on `exec`.
#[cfg(unix)]
fn standard_input() -> io::Result<File> {
    std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned().map(File::from)
}

#[cfg(not(unix))]
fn inherited() -> io::Result<File> {
    standard_input()
}

#[cfg(not(unix))]
fn standard_input() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A notice in the lock file, for the processes that wait for the lock.
#[derive(Debug)]
pub(crate) struct Notice {
    file: File,
    holder: Holder,
}

impl Notice {
    /// Reports the current step of the holder.
    pub(crate) fn at(&mut self, step: &str) {
        self.holder.step = Some(step.to_owned());
        self.holder.write(&self.file);
    }
}

#[cfg(unix)]
fn has_other_links(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| std::os::unix::fs::MetadataExt::nlink(&metadata) > 1)
}

#[cfg(not(unix))]
fn has_other_links(_: &File) -> bool {
    false
}

/// Returns the process that holds the lock at `path`, if any does.
pub(crate) fn holder_of(path: &Path) -> Option<Holder> {
    // A shared lock, so that several readers do not take each other for a holder.
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

/// The extension of the file that is written when a lock is taken.
pub(crate) const NOTICE: &str = if cfg!(windows) { "holder" } else { "lock" };

/// Returns the path of the notice if it has a separate file: on Windows, no other process can read a locked file.
fn notice_beside(lock: &Path) -> Option<PathBuf> {
    cfg!(windows).then(|| lock.with_extension(NOTICE))
}

/// Returns the process that was recorded last.
fn holder(path: &Path) -> Option<Holder> {
    let mut text = String::new();
    let notice = notice_beside(path);
    File::open(notice.as_deref().unwrap_or(path)).ok()?.read_to_string(&mut text).ok()?;
    json::parse(text.lines().next()?).ok()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn acquire(path: &Path, timeout: Duration) -> Acquired {
        BuildLock::acquire(path, timeout, |_, _| ()).expect("no error")
    }

    #[test]
    fn a_second_process_times_out_until_the_release() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("a/b.lock");
        let Acquired::Locked(first) = acquire(&path, Duration::ZERO) else { panic!("the lock is free") };
        assert!(matches!(acquire(&path, Duration::from_millis(1)), Acquired::TimedOut));
        assert_eq!(holder(&path).map(|holder| (holder.pid, holder.step)), Some((std::process::id(), None)));
        let mut notice = first.notice().expect("the only link to the file");
        for step in ["parsing a hundred files", "indexing"] {
            notice.at(step);
            assert_eq!(holder(&path).and_then(|holder| holder.step).as_deref(), Some(step));
        }
        drop(notice);
        drop(first);
        assert!(matches!(acquire(&path, Duration::from_secs(60)), Acquired::Locked(_)));
    }

    #[test]
    fn a_waiter_gets_the_lock_when_it_is_released() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("b.lock");
        let Acquired::Locked(first) = acquire(&path, Duration::ZERO) else { panic!("the lock is free") };
        thread::scope(|scope| {
            let waiter = scope.spawn(|| matches!(acquire(&path, Duration::from_secs(60)), Acquired::Locked(_)));
            drop(first);
            assert!(waiter.join().expect("no panic"));
        });
    }
}
