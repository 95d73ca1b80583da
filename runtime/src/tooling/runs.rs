//! The past runs, from their records in the cache.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::cache::checked_layout;
use crate::config::Config;
use crate::disk;
use crate::error::Error;
use crate::layout;
use crate::remote::{Asked, read_asked};
use crate::store;
use crate::telemetry::{CacheReport, read_reports};

/// The name of the file in the directory of a run.
const SIZE: &str = "size.json";

/// A run and its records.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PastRun {
    /// The id of the run.
    pub id: String,
    /// The time of the first report.
    pub begun: SystemTime,
    /// The reports of its tests.
    pub reports: Vec<CacheReport>,
    /// The requests of its tests to the remote cache.
    pub asked: Vec<Asked>,
    /// The size of the cache after the run, if a tool recorded it.
    pub size: Option<CacheSize>,
}

/// The size of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CacheSize {
    /// The size on disk, in bytes.
    pub bytes: u64,
    /// The number of artifacts.
    pub artifacts: usize,
}

/// Returns the runs with at least one report, the latest last.
///
/// # Errors
/// Fails if the cache directory is unsafe to use or cannot be read.
pub fn runs(config: &Config) -> Result<Vec<PastRun>, Error> {
    let directory = checked_layout(config)?.runs();
    let mut runs = Vec::new();
    for entry in disk::entries(&directory) {
        let Ok(id) = entry.file_name().into_string() else { continue };
        let reports = read_reports(config.cache_dir(), &id).map_err(Error::io("read the reports in", &entry.path()))?;
        let Some(first) = reports.iter().map(|report| report.time).min() else { continue };
        let size = fs::read(entry.path().join(SIZE)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let begun = UNIX_EPOCH.checked_add(Duration::from_millis(first)).unwrap_or(UNIX_EPOCH);
        let asked = read_asked(config, &id)?;
        runs.push(PastRun { id, begun, reports, asked, size });
    }
    runs.sort_by(|left, right| (left.begun, &left.id).cmp(&(right.begun, &right.id)));
    Ok(runs)
}

/// Records the size of the cache after a run.
///
/// # Errors
/// Fails if the cache directory is unsafe to use or cannot be written to.
pub fn note_size(config: &Config, run: &str) -> Result<CacheSize, Error> {
    let layout = checked_layout(config)?;
    let stored = store::inventory(&layout);
    let size = CacheSize { bytes: stored.iter().map(|stored| stored.bytes).sum(), artifacts: stored.len() };
    let path = layout.runs().join(run).join(SIZE);
    layout.create()?;
    let write = || {
        layout::create_private(&layout.runs().join(run))?;
        fs::write(&path, serde_json::to_vec(&size)?)
    };
    write().map_err(Error::io("write", &path))?;
    Ok(size)
}
