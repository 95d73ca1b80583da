//! The build lock: one kernel lock per key and artifact, held for check, build and publish.
//!
//! A kernel lock dies with its holder, so there are no ages to guess at and nothing to clean up; the file itself is
//! never deleted, because a process may be about to lock it.
//!
//! All locks are taken in one order: an artifact's before those of the artifacts that it needs. Needs have no circles,
//! so neither have the waits.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::file_lock::{Attempt, FileLock, Waited};
use crate::layout;
use crate::run::Identity;

/// The process that holds a lock, as it wrote into the lock's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) pid: u32,
    /// Milliseconds since 1970.
    since: u64,
    /// The current step, in the words of the build.
    #[serde(default)]
    pub(crate) step: Option<String>,
    /// Absent where the system does not tell.
    #[serde(default)]
    identity: Option<Identity>,
}

impl Holder {
    fn new() -> Holder {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        Holder { pid: std::process::id(), since, step: None, identity: Identity::own() }
    }

    /// Writes it into the lock's file. It is only a notice, so a failure is ignored.
    fn write(&self, mut file: &File) {
        let Ok(mut text) = serde_json::to_vec(self) else { return };
        text.push(b'\n');
        // Over the old text first, and only then cut to length: a reader finds a whole line at nearly any time.
        let _ = file.rewind().and_then(|()| file.write_all(&text)).and_then(|()| file.set_len(text.len() as u64));
    }

    /// Returns how long it has held the lock.
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
}

/// The end of a wait for a build lock.
#[derive(Debug)]
pub(crate) enum Acquired {
    Locked(BuildLock),
    TimedOut,
    /// The holder has ended, but a process that it started has the lock's file and keeps the lock.
    Abandoned(Holder),
    /// The holder started this process, and waits for it: this wait would never end.
    HeldByAncestor(Holder),
}

/// A reason to end a wait that cannot succeed.
enum Hopeless {
    Abandoned(Holder),
    HeldByAncestor(Holder),
}

impl BuildLock {
    /// Locks `path`, waiting for at most `timeout`. Calls `remind` every few seconds with the holder, if it is known,
    /// and the time waited so far.
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
            // Once may be chance: the next holder has the lock, and has not written its name yet.
            if is_ended && ended.as_ref().is_some_and(|before| before.is_same_process(&holder)) {
                return Err(Hopeless::Abandoned(holder));
            }
            ended = is_ended.then_some(holder);
            Ok(())
        });
        Ok(match waited.map_err(Error::io("wait for the lock", path))? {
            Waited::Locked(lock) => Acquired::Locked(BuildLock::own(lock)),
            Waited::TimedOut => Acquired::TimedOut,
            Waited::GivenUp(Hopeless::Abandoned(holder)) => Acquired::Abandoned(holder),
            Waited::GivenUp(Hopeless::HeldByAncestor(holder)) => Acquired::HeldByAncestor(holder),
        })
    }

    /// Returns the open file, for a child to which the lock is handed over by [`leave_to_others`](Self::leave_to_others).
    pub(crate) fn share(&self) -> io::Result<File> {
        self.lock.file().map_or_else(|| Err(io::ErrorKind::NotFound.into()), File::try_clone)
    }

    /// Lets go of the lock without releasing it: a child has it now.
    pub(crate) fn leave_to_others(self) {
        self.lock.leave_to_others();
    }

    /// Takes over the lock that this process was given as its standard input, which is then empty.
    ///
    /// Processes that a build starts inherit the standard input, and would keep the lock for as long as they live.
    pub(crate) fn inherited() -> Result<BuildLock, Error> {
        inherited()
            .map(|file| BuildLock::own(FileLock::held(file)))
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
            Attempt::Locked(lock) => Ok(BuildLock::own(lock)),
            Attempt::Held(file) => Err(file),
        })
    }

    /// Writes down who holds the lock.
    fn own(lock: FileLock) -> BuildLock {
        let lock = BuildLock { lock };
        if let Some(notice) = lock.notice() {
            notice.holder.write(&notice.file);
        }
        lock
    }

    /// Returns the means to say what the holder does.
    pub(crate) fn notice(&self) -> Option<Notice> {
        let file = self.share().ok()?;
        // Under another name it may be anything: nothing is lost but a word about who holds it.
        (!is_linked_elsewhere(&file)).then(|| Notice { file, holder: Holder::new() })
    }
}

/// Returns `true` if the standard input of this process is a file, as that of a builder is.
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

/// A notice in the lock's own file, for those who wait for it.
#[derive(Debug)]
pub(crate) struct Notice {
    file: File,
    holder: Holder,
}

impl Notice {
    /// Says what the holder of the lock does.
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

/// Returns the process that holds the lock at `path`, if any does.
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

/// Returns the last process that wrote its name; on Windows a locked file cannot be read, and the holder stays unknown.
fn holder(path: &Path) -> Option<Holder> {
    let mut text = String::new();
    File::open(path).ok()?.read_to_string(&mut text).ok()?;
    serde_json::from_str(text.lines().next()?).ok()
}

#[cfg(test)]
mod tests {
    use std::thread;

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
