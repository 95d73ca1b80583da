//! The audits of a run: which builds ran under a tracer, and their traces.

use std::path::PathBuf;
#[cfg(feature = "audit")]
use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use crate::audit::cover::Cover;
#[cfg(feature = "audit")]
use crate::layout::Layout;

/// The kind of note that holds an audit.
pub(crate) const AUDITS: &str = "audits";
/// The directory of the traces, in the directory of a run.
pub(crate) const TRACES: &str = "traces";

/// The record of one build under a tracer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// The path of the test in its crate.
    pub test: String,
    /// The name of the repository; `-` without one.
    pub repo: String,
    /// The name of the artifact.
    pub artifact: String,
    /// The key, as messages show it.
    pub key: String,
    /// The file with the output of the tracer.
    pub trace: PathBuf,
    /// Everything that the key covers, if the build succeeded.
    pub cover: Option<Cover>,
    /// The reason why there is no result.
    pub failure: Option<String>,
    /// The duration of the process, in seconds.
    pub seconds: f64,
}

/// Reads the audits of a run, sorted by repository and artifact. A run without audits is not an error.
///
/// # Errors
/// Fails if a record cannot be read.
#[cfg(feature = "audit")]
pub fn read_audits(cache_dir: &Path, run: &str) -> io::Result<Vec<Audit>> {
    let directory = Layout::new(cache_dir).runs().join(run).join(AUDITS);
    let entries = match fs::read_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut audits: Vec<Audit> = Vec::new();
    for entry in entries {
        let path = entry?.path();
        // The locks of the notes are in the same directory.
        if path.extension().is_none_or(|extension| extension != "lock") {
            audits.push(serde_json::from_slice(&fs::read(&path)?)?);
        }
    }
    audits.sort_by(|left, right| {
        (&left.repo, &left.artifact, &left.key).cmp(&(&right.repo, &right.artifact, &right.key))
    });
    Ok(audits)
}
