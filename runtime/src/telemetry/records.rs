//! Writing the report of a test: one line on standard output, and one JSON line in the run's `telemetry.jsonl`.

use std::env;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::report::{CacheReport, Outcome};
use crate::json_lines;
use crate::run::Run;

/// The name of the file in the directory of a run.
pub(super) const FILE: &str = "telemetry.jsonl";

impl CacheReport {
    /// Prints the line, and appends the record to the run's file.
    pub(crate) fn emit(&self, run: &Run) {
        // A runner reads the names of benchmarks from standard output, and criterion calls them to list them.
        if env::args_os().any(|argument| argument == "--list") {
            eprintln!("{self}");
        } else {
            println!("{self}");
        }
        // A failure is ignored: the line has been printed, and a failing cache must not fail a test.
        let _ = append(&run.directory().join(FILE), self);
    }
}

/// A report with its derived values, so that other programs need not compute them.
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

/// Appends the record of a test to the file of its run.
pub(super) fn append(path: &Path, report: &CacheReport) -> io::Result<()> {
    json_lines::append(path, &Record::new(report))
}
