//! Reading the records of a run.

use std::io;
use std::path::{Path, PathBuf};

use super::key_failures::{self, KeyFailure};
use super::keys::{self, KeyReport};
use super::report::CacheReport;
use super::verifications::{self, Verification};
use super::{in_flight, records};
use crate::json_lines;
use crate::layout::Layout;

/// Reads the reports of a run, in the order in which they were written.
///
/// A truncated line is skipped. A test whose process ended before it could report has the outcome `interrupted`. A run
/// without reports is not an error.
///
/// # Errors
/// Fails if the run's file cannot be read.
pub fn read_reports(cache_dir: &Path, run: &str) -> io::Result<Vec<CacheReport>> {
    let directory = directory(cache_dir, run);
    let path = directory.join(records::FILE);
    // A failure is ignored: the reports of the other tests can still be read.
    let _ = in_flight::settle(&directory, &path);
    json_lines::read(&path)
}

/// Reads the keys that the tests of a run with `SMOKE_STOP_AFTER=key` recorded, in the order in which they were
/// written.
///
/// A run without keys is not an error.
///
/// # Errors
/// Fails if the run's file cannot be read.
pub fn read_keys(cache_dir: &Path, run: &str) -> io::Result<Vec<KeyReport>> {
    json_lines::read(&directory(cache_dir, run).join(keys::FILE))
}

/// Reads the failures of a run with `SMOKE_STOP_AFTER=key` to compute keys, in the order in which they were written.
///
/// A test of the attribute whose process ended too early is among them. A run without failures is not an error.
///
/// # Errors
/// Fails if the run's file cannot be read or written.
pub fn read_key_failures(cache_dir: &Path, run: &str) -> io::Result<Vec<KeyFailure>> {
    let directory = directory(cache_dir, run);
    let path = directory.join(key_failures::FILE);
    in_flight::settle_keys(&directory, &path)?;
    json_lines::read(&path)
}

/// Reads the results of a run with `SMOKE_VERIFY`, in the order in which they were written.
///
/// A run without results is not an error.
///
/// # Errors
/// Fails if the run's file cannot be read.
pub fn read_verifications(cache_dir: &Path, run: &str) -> io::Result<Vec<Verification>> {
    json_lines::read(&directory(cache_dir, run).join(verifications::FILE))
}

fn directory(cache_dir: &Path, run: &str) -> PathBuf {
    Layout::new(cache_dir).runs().join(run)
}
