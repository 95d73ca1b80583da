//! Tests that have not reported yet, so that one whose process is killed has a record, too.
//!
//! A test leaves a file in its run, under a kernel lock of its process, and removes it when it has reported. A file that
//! nobody holds is that of a test that never will: whoever reads the run's reports writes its record for it.
//!
//! In a run that stops after the keys a test of the attribute leaves such a file as well, until its keys are recorded.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key_failures::KeyFailure;
use super::records::append;
use super::{CacheReport, key_failures};
use crate::json_lines;
use crate::layout;
use crate::plain_file;
use crate::run::Run;

const DIRECTORY: &str = "under-way";
/// The same in a run that stops after the keys.
const KEYS: &str = "under-way-keys";
/// More than any test's name.
const MAX_BYTES: u64 = 1 << 20;

/// A test that has not reported yet.
#[derive(Debug)]
pub(crate) struct InFlight {
    path: PathBuf,
    _lock: File,
}

impl InFlight {
    /// `record` is what is written if nothing else ever is. Where the run cannot be written to, there are no records.
    pub(crate) fn begin(run: &Run, record: &CacheReport) -> Option<InFlight> {
        mark(&run.directory().join(DIRECTORY), &name(record.pid, record.number), record)
    }

    /// Marks the test of this `number` until its keys are recorded; `failure` tells readers that they never were.
    pub(crate) fn begin_keys(run: &Run, number: u32, failure: &KeyFailure) -> Option<InFlight> {
        mark(&run.directory().join(KEYS), &name(std::process::id(), number), failure)
    }

    /// The test's record is written.
    pub(crate) fn end(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Writes `record` under a lock of this process, which is held until the result is dropped.
fn mark(directory: &Path, name: &str, record: &impl Serialize) -> Option<InFlight> {
    let create = || tempfile::Builder::new().prefix(".").tempfile_in(directory);
    let mut file = create()
        .or_else(|_| {
            layout::create_private(directory)?;
            create()
        })
        .ok()?;
    // Under its name it is locked, and whole.
    file.as_file().lock().ok()?;
    file.write_all(&serde_json::to_vec(record).ok()?).ok()?;
    let path = directory.join(name);
    let lock = file.persist(&path).ok()?;
    Some(InFlight { path, _lock: lock })
}

fn name(pid: u32, number: u32) -> String {
    format!("{pid}-{number}")
}

/// A record whose test has ended without a word.
struct Abandoned<T> {
    path: PathBuf,
    record: T,
    /// Held, so that one reader at a time deals with it.
    _lock: File,
}

fn abandoned<T: DeserializeOwned>(directory: &Path) -> io::Result<Vec<Abandoned<T>>> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        let Ok(file) = plain_file::open_to_lock(&path) else { continue };
        if file.try_lock().is_err() || !path.exists() {
            // It is under way; or somebody else has written its record meanwhile.
            continue;
        }
        let Ok(record) = serde_json::from_slice(&plain_file::read(&file, MAX_BYTES)?) else { continue };
        found.push(Abandoned { path, record, _lock: file });
    }
    Ok(found)
}

/// Writes the records of the tests of a run that will not do it themselves.
pub(super) fn settle(run: &Path, telemetry: &Path) -> io::Result<()> {
    for Abandoned { path, record, .. } in abandoned::<CacheReport>(&run.join(DIRECTORY))? {
        // Killed between the two, it has both a record and the file.
        let is_same = |other: &CacheReport| (other.pid, other.number) == (record.pid, record.number);
        if !json_lines::read(telemetry)?.iter().any(is_same) {
            append(telemetry, &record)?;
        }
        let _ = fs::remove_file(&path);
    }
    Ok(())
}

/// As [`settle`], of the tests whose keys were not recorded.
pub(super) fn settle_keys(run: &Path, failures: &Path) -> io::Result<()> {
    for Abandoned { path, record, .. } in abandoned::<KeyFailure>(&run.join(KEYS))? {
        key_failures::append(failures, &record)?;
        let _ = fs::remove_file(&path);
    }
    Ok(())
}
