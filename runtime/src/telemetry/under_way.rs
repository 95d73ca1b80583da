//! Tests that have not reported yet, so that one whose process is killed has a record, too.
//!
//! A test leaves a file in its run, under a kernel lock of its process, and removes it when it has reported. A file that
//! nobody holds is that of a test that never will: whoever reads the run's reports writes its record for it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::CacheReport;
use super::records::append;
use crate::json_lines;
use crate::layout;
use crate::plain_file;
use crate::run::Run;

const DIRECTORY: &str = "under-way";
/// More than any test's name.
const MAX_BYTES: u64 = 1 << 20;

/// A test that has not reported yet.
#[derive(Debug)]
pub(crate) struct UnderWay {
    path: PathBuf,
    _lock: File,
}

impl UnderWay {
    /// `record` is what is written if nothing else ever is. Where the run cannot be written to, there are no records.
    pub(crate) fn begin(run: &Run, record: &CacheReport) -> Option<UnderWay> {
        let directory = run.directory().join(DIRECTORY);
        let create = || tempfile::Builder::new().prefix(".").tempfile_in(&directory);
        let mut file = create()
            .or_else(|_| {
                layout::create_private(&directory)?;
                create()
            })
            .ok()?;
        // Under its name it is locked, and whole.
        file.as_file().lock().ok()?;
        file.write_all(&serde_json::to_vec(record).ok()?).ok()?;
        let path = directory.join(name(record));
        let lock = file.persist(&path).ok()?;
        Some(UnderWay { path, _lock: lock })
    }

    /// The test's record is written.
    pub(crate) fn end(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn name(record: &CacheReport) -> String {
    format!("{}-{}", record.pid, record.number)
}

/// Writes the records of the tests of a run that will not do it themselves.
pub(super) fn settle(run: &Path, telemetry: &Path) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(run.join(DIRECTORY)) else { return Ok(()) };
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
        let Ok(record) = serde_json::from_slice::<CacheReport>(&plain_file::read(&file, MAX_BYTES)?) else { continue };
        // Killed between the two, it has both a record and the file.
        let is_same = |other: &CacheReport| (other.pid, other.number) == (record.pid, record.number);
        if !json_lines::read(telemetry)?.iter().any(is_same) {
            append(telemetry, &record)?;
        }
        let _ = fs::remove_file(&path);
    }
    Ok(())
}
