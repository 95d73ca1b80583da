//! The reports of a run, a JSON line each in its `telemetry.jsonl`.

use std::io;
use std::path::Path;

use serde::Serialize;

use super::{CacheReport, Outcome, in_flight};
use crate::json_lines;
use crate::layout::Layout;
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
    json_lines::append(path, &Record::new(report))
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
    let _ = in_flight::settle(&directory, &path);
    json_lines::read(&path)
}
