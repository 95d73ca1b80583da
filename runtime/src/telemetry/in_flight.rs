//! The tests in flight, which have no record yet. A test whose process is killed gets one all the same.
//!
//! A test writes its record as interrupted into a file of its run, holds a kernel lock on the file, and removes it
//! after its report. The kernel releases the lock when the process ends. So an unlocked file belongs to a test that
//! will never report, and the next reader of the run adds its record.
//!
//! In a run that stops after the keys, a test of the attribute has such a file until its keys are recorded.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key_failures::{self, KeyFailure};
use super::records;
use super::report::CacheReport;
use crate::json_lines;
use crate::layout;
use crate::plain_file;
use crate::run::Run;

/// The directory of tests that have not reported.
const REPORTS: &str = "under-way";
/// The directory of tests that have not recorded their keys, in a run that stops after the keys.
const KEYS: &str = "under-way-keys";
/// The size limit of a file in these directories: larger than the name of any test.
const MAX_BYTES: u64 = 1 << 20;

/// The mark of a test that has not reported yet.
#[derive(Debug)]
pub(crate) struct InFlight {
    path: PathBuf,
    _lock: File,
}

impl InFlight {
    /// Marks a test as in flight until it reports. A reader adds `record` if the process ends before. Returns `None`
    /// where the run cannot be written to.
    pub(crate) fn begin(run: &Run, record: &CacheReport) -> Option<InFlight> {
        mark(&run.directory().join(REPORTS), &name(record.pid, record.number), record)
    }

    /// Marks the test of this `number` as in flight until its keys are recorded. A reader adds `failure` if the process
    /// ends before.
    pub(crate) fn begin_keys(run: &Run, number: u32, failure: &KeyFailure) -> Option<InFlight> {
        mark(&run.directory().join(KEYS), &name(std::process::id(), number), failure)
    }

    /// Removes the mark, after the record of the test is written.
    pub(crate) fn end(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Writes `record` into a file that this process keeps locked until the result is dropped.
fn mark(directory: &Path, name: &str, record: &impl Serialize) -> Option<InFlight> {
    let create = || tempfile::Builder::new().prefix(".").tempfile_in(directory);
    let mut file = create()
        .or_else(|_| {
            layout::create_private(directory)?;
            create()
        })
        .ok()?;
    // Locked and written before it has its name, so that no reader finds it unlocked or incomplete.
    file.as_file().lock().ok()?;
    file.write_all(&serde_json::to_vec(record).ok()?).ok()?;
    let path = directory.join(name);
    let lock = file.persist(&path).ok()?;
    Some(InFlight { path, _lock: lock })
}

fn name(pid: u32, number: u32) -> String {
    format!("{pid}-{number}")
}

/// The record of a test whose process ended without a report.
struct Abandoned<T> {
    path: PathBuf,
    record: T,
    /// Held so that only one reader at a time handles the record.
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
            // The test is in flight, or another reader has handled the record meanwhile.
            continue;
        }
        let Ok(record) = serde_json::from_slice(&plain_file::read(&file, MAX_BYTES)?) else { continue };
        found.push(Abandoned { path, record, _lock: file });
    }
    Ok(found)
}

/// Adds the records of the tests of a run whose process ended without a report.
pub(super) fn settle(run: &Path, telemetry: &Path) -> io::Result<()> {
    for Abandoned { path, record, .. } in abandoned::<CacheReport>(&run.join(REPORTS))? {
        // A process that was killed between its report and the removal of the file left both.
        let is_same = |other: &CacheReport| (other.pid, other.number) == (record.pid, record.number);
        if !json_lines::read(telemetry)?.iter().any(is_same) {
            records::append(telemetry, &record)?;
        }
        let _ = fs::remove_file(&path);
    }
    Ok(())
}

/// Adds the records of the tests of a run whose process ended before it recorded its keys.
pub(super) fn settle_keys(run: &Path, failures: &Path) -> io::Result<()> {
    for Abandoned { path, record, .. } in abandoned::<KeyFailure>(&run.join(KEYS))? {
        key_failures::append(failures, &record)?;
        let _ = fs::remove_file(&path);
    }
    Ok(())
}
