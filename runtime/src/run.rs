//! A run: all processes of one `cargo test` or `cargo nextest run`, and the notes that they share.
//!
//! `.runs/<run>/` holds the states of repositories (a run is one snapshot), verification records, the markers of forced
//! rebuilds, failures, and `telemetry.jsonl`. All notes are optional: if they cannot be written, each process computes
//! their content.

mod ancestor;
#[cfg(any(windows, test))]
mod descendants;

use std::convert::Infallible;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use once_cell::sync::OnceCell;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::{Config, DEFAULT_LOCK_TIMEOUT};
use crate::digest::Parts;
use crate::disk;
use crate::error::Error;
use crate::file_lock::{Attempt, FileLock, Waited};
use crate::json_lines;
use crate::layout::{self, Layout};
use crate::message;
use crate::plain_file;
use crate::private_directory;
use crate::units;
pub(crate) use ancestor::Identity;
#[cfg(windows)]
pub(crate) use descendants::kill as kill_descendants;

/// The time for which a run is kept. Only reports over several runs use the notes of runs that have ended.
const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The file with the warnings of a run, one on each line. A test runner hides the output of tests that pass.
pub(crate) const WARNINGS: &str = "warnings.jsonl";
/// The locks of processes that still upload the artifacts that they have built. Tests that waited for the builds go on
/// before.
const SHARING: &str = "sharing";
/// The limit on the size of a note. The largest is the verification record of an artifact with a million files.
const MAX_NOTE: u64 = 256 << 20;

/// The run of this process, once it is determined.
static RUN: OnceCell<Run> = OnceCell::new();

/// The run that this process belongs to.
#[derive(Debug)]
pub(crate) struct Run {
    id: String,
    directory: PathBuf,
}

impl Run {
    /// Returns the run that `SMOKE_RUN_ID` names, else `NEXTEST_RUN_ID`, else the run of the cargo that started this
    /// process, else a new run; see [`ancestor`].
    ///
    /// The first process of a run calls `tidy`, which removes leftovers of earlier runs.
    pub(crate) fn of_process(config: &Config, layout: &Layout, tidy: impl FnOnce()) -> &'static Run {
        RUN.get_or_init(|| {
            let run = Run::new(config.run_id.clone().unwrap_or_else(ancestor::run_id), layout, tidy);
            message::filter_warnings(|topic, text| RUN.get().is_none_or(|run| run.is_first_warning(topic, text)));
            run
        })
    }

    fn new(id: String, layout: &Layout, tidy: impl FnOnce()) -> Run {
        let directory = layout.runs().join(&id);
        if !directory.exists() {
            sweep_runs(&layout.runs(), SystemTime::now());
            tidy();
            let _ = layout
                .create()
                .and_then(|()| layout::create_private(&directory).map_err(Error::io("create", &directory)));
        }
        Run { id, directory }
    }

    /// Marks a warning about `topic` as written. Returns `false` if a process of this run has warned about it before.
    fn is_first_warning(&self, topic: &str, text: &str) -> bool {
        let mut name = Parts::default();
        name.add(self.directory.as_os_str().as_encoded_bytes()).add(topic);
        let name = &name.finish()[..32];
        let mark = |marker: &Path| {
            layout::create_private(marker.parent().unwrap_or(marker))?;
            match File::create_new(marker) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                created => created.map(|_| true),
            }
        };
        // If neither directory is writable, each process warns.
        let is_first = mark(&self.note("warned", name)).or_else(|_| mark(&private_directory::warning_marker(name)));
        let is_first = is_first.unwrap_or(true);
        if is_first {
            let _ = json_lines::append(&self.directory.join(WARNINGS), &text);
        }
        is_first
    }

    /// Returns the run with this id, for a tool or a test.
    pub(crate) fn named(id: &str, layout: &Layout) -> Run {
        Run::new(id.to_owned(), layout, || ())
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Fails if the run's directory, or an entry of it, is neither a directory nor a file: a run creates nothing else.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let is_foreign = |path: &Path| path.symlink_metadata().is_ok_and(|found| !found.is_dir() && !found.is_file());
        let below = disk::entries(&self.directory).map(|entry| entry.path());
        match std::iter::once(self.directory.clone()).chain(below).find(|path| is_foreign(path)) {
            None => Ok(()),
            Some(path) => Err(Error::Message(format!(
                "the notes of the run `{}` cannot be used: {} is neither a file nor a directory\n\
                 help: remove it",
                self.id,
                path.display()
            ))),
        }
    }

    /// Returns the directory of the run's notes.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Reads a note that a process of this run has written. Returns `None` if it is missing or malformed.
    pub(crate) fn read<T: DeserializeOwned>(&self, kind: &str, name: &str) -> Option<T> {
        let file = plain_file::open(&self.note(kind, name)).ok()?;
        serde_json::from_slice(&plain_file::read(&file, MAX_NOTE).ok()?).ok()
    }

    /// Writes a note. Readers see all of it or nothing.
    pub(crate) fn write<T: Serialize>(&self, kind: &str, name: &str, value: &T) -> Option<()> {
        layout::write_whole(&self.note(kind, name), &serde_json::to_vec(value).ok()?).ok()
    }

    /// Removes a note.
    pub(crate) fn remove(&self, kind: &str, name: &str) {
        let _ = fs::remove_file(self.note(kind, name));
    }

    /// Returns the note, or computes it. One process of the run computes it while the others wait.
    pub(crate) fn once<T, E>(&self, kind: &str, name: &str, compute: impl FnOnce() -> Result<T, E>) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned,
    {
        if let Some(value) = self.read(kind, name) {
            return Ok(value);
        }
        let _lock = self.lock(kind, name);
        if let Some(value) = self.read(kind, name) {
            return Ok(value);
        }
        let value = compute()?;
        self.write(kind, name, &value);
        Ok(value)
    }

    /// Marks an artifact as in flight to the remote cache, until the lock is dropped.
    pub(crate) fn sharing(&self, name: &str) -> Option<FileLock> {
        self.lock(SHARING, name)
    }

    /// Waits until no process of this run uploads an artifact.
    pub(crate) fn await_sharing(&self) {
        for entry in disk::entries(&self.directory.join(SHARING)) {
            if let Some(name) = entry.file_name().to_str().and_then(|name| name.strip_suffix(".lock")) {
                drop(self.lock(SHARING, name));
            }
        }
    }

    /// Locks a note while it is computed. Returns `None` if it cannot be locked; then each process computes it.
    fn lock(&self, kind: &str, name: &str) -> Option<FileLock> {
        let path = self.note(kind, &format!("{name}.lock"));
        layout::create_private(path.parent()?).ok()?;
        if path.is_symlink() {
            return None;
        }
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path).ok()?;
        let file = match FileLock::attempt(file).ok()? {
            Attempt::Locked(lock) => return Some(lock),
            Attempt::Held(file) => file,
        };
        let waited = FileLock::wait(file, DEFAULT_LOCK_TIMEOUT, |waited| {
            let waited = units::elapsed(waited);
            message::progress(&format!(
                "has waited {waited} for another process of this run, which computes {kind}/{name}"
            ));
            Ok::<_, Infallible>(())
        });
        match waited.ok()? {
            Waited::Locked(lock) => Some(lock),
            Waited::TimedOut => None,
        }
    }

    fn note(&self, kind: &str, name: &str) -> PathBuf {
        self.directory.join(kind).join(name)
    }
}

/// Removes the runs that ended long before `now`.
fn sweep_runs(runs: &Path, now: SystemTime) {
    let Ok(entries) = fs::read_dir(runs) else { return };
    for entry in entries.flatten() {
        let age =
            entry.metadata().and_then(|metadata| metadata.modified()).map(|modified| now.duration_since(modified));
        if let Ok(Ok(age)) = age
            && age > KEEP
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(directory: &Path) -> Run {
        Run::new("r".to_owned(), &Layout::new(directory), || ())
    }

    #[test]
    fn a_note_is_computed_once() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let first: Result<u32, ()> = run(directory.path()).once("k", "n", || Ok(1));
        let second: Result<u32, ()> = run(directory.path()).once("k", "n", || panic!("already computed"));
        assert_eq!((first, second), (Ok(1), Ok(1)));
    }

    #[test]
    fn a_damaged_note_is_computed_again() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let run = run(directory.path());
        run.write("k", "n", &1).expect("written");
        fs::write(run.note("k", "n"), "{").expect("damaged");
        assert_eq!(run.once("k", "n", || Ok::<_, ()>(2)), Ok(2));
    }

    #[test]
    fn only_old_runs_are_removed() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let run = run(directory.path());
        let runs = directory.path().join(".runs");
        sweep_runs(&runs, SystemTime::now() + KEEP - Duration::from_secs(60));
        assert!(run.directory.exists());
        sweep_runs(&runs, SystemTime::now() + KEEP + Duration::from_secs(60));
        assert!(!run.directory.exists());
    }
}
