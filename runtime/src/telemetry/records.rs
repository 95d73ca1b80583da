//! The reports of a run, a JSON line each in its `telemetry.jsonl`.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CacheReport, Outcome, under_way};
use crate::layout::Layout;
use crate::plain_file;
use crate::run::Run;

/// In the directory of a run: a record a line.
const FILE: &str = "telemetry.jsonl";

impl CacheReport {
    /// The line on standard output, and the one in the run's file.
    pub(crate) fn emit(&self, run: &Run) {
        println!("{self}");
        // A run that cannot be written to has no file; the line has been printed all the same.
        let _ = append(&run.directory().join(FILE), self);
    }
}

/// A report with its sums, so that a program need not know how they are made.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    report: &'a CacheReport,
    outcome: Option<Outcome>,
    cache_hit: bool,
    cache_miss: bool,
    rebuild_seconds: f64,
    restore_seconds: f64,
    saved_seconds: f64,
    wait_seconds: f64,
}

impl<'a> Record<'a> {
    fn new(report: &'a CacheReport) -> Record<'a> {
        Record {
            report,
            outcome: report.outcome(),
            cache_hit: report.cache_hit(),
            cache_miss: report.cache_miss(),
            rebuild_seconds: report.rebuild_seconds(),
            restore_seconds: report.restore_seconds(),
            saved_seconds: report.saved_seconds(),
            wait_seconds: report.wait_seconds(),
        }
    }
}

/// Adds the test's record to its run's.
pub(super) fn append(path: &Path, report: &CacheReport) -> io::Result<()> {
    append_line(path, &Record::new(report))
}

/// One write to a file opened for appending: lines of processes side by side do not mix.
pub(super) fn append_line(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    File::options().create(true).append(true).open(path)?.write_all(&line)
}

/// The reports of a run, in the order of their writing; a line that was cut off is left out. A test whose process ended before
/// it could report has a record with the outcome `interrupted`.
///
/// # Errors
/// The run's file cannot be read; a run without reports has none, which is no error.
pub fn read_reports(cache_dir: &Path, run: &str) -> io::Result<Vec<CacheReport>> {
    let directory = Layout::new(cache_dir).runs().join(run);
    let path = directory.join(FILE);
    // Where that cannot be done, those of the others are better than none.
    let _ = under_way::settle(&directory, &path);
    lines(&path)
}

/// What is written in a file, a value a line; nothing if there is no file.
pub(super) fn lines<T: DeserializeOwned>(path: &Path) -> io::Result<Vec<T>> {
    match plain_file::open(path).and_then(|file| plain_file::read(&file, u64::MAX)) {
        Ok(text) => {
            Ok(text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
