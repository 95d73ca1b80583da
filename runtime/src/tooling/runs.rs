//! The runs that the cache remembers.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::checked_layout;
use crate::config::Config;
use crate::error::Error;
use crate::layout;
use crate::remote::{Asked, read_asked};
use crate::store;
use crate::telemetry::{CacheReport, read_reports};

/// In the directory of a run.
const SIZE: &str = "size.json";

/// A run, and what its tests reported.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PastRun {
    /// Its id.
    pub id: String,
    /// When the first of its tests reported.
    pub begun: SystemTime,
    /// The records of its tests.
    pub reports: Vec<CacheReport>,
    /// What they asked of the shared tier.
    pub asked: Vec<Asked>,
    /// How large the cache was after it, if a tool noted that.
    pub size: Option<CacheSize>,
}

/// How much is in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CacheSize {
    /// On disk.
    pub bytes: u64,
    /// How many there are.
    pub artifacts: usize,
}

/// The runs with at least one report, the latest last.
///
/// # Errors
/// The cache directory is not as it should be, or cannot be read.
pub fn runs(config: &Config) -> Result<Vec<PastRun>, Error> {
    let directory = checked_layout(config)?.runs();
    let mut runs = Vec::new();
    for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
        let Ok(id) = entry.file_name().into_string() else { continue };
        let reports =
            read_reports(config.cache_dir(), &id).map_err(Error::io("read what was reported in", &entry.path()))?;
        let Some(first) = reports.iter().map(|report| report.time).min() else { continue };
        let size = fs::read(entry.path().join(SIZE)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let begun = UNIX_EPOCH.checked_add(Duration::from_millis(first)).unwrap_or(UNIX_EPOCH);
        let asked = read_asked(config, &id)?;
        runs.push(PastRun { id, begun, reports, asked, size });
    }
    runs.sort_by(|left, right| (left.begun, &left.id).cmp(&(right.begun, &right.id)));
    Ok(runs)
}

/// Notes how large the cache is after a run.
///
/// # Errors
/// The cache directory is not as it should be, or cannot be written to.
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
