//! The keys of a run with `SMOKE_STOP_AFTER=key`: which artifacts its tests request, and whether they are in the cache.

use std::io;

use serde::{Deserialize, Serialize};

use crate::json_lines;
use crate::key::KeyInput;
use crate::run::Run;

/// The name of the file in the directory of a run.
pub(super) const FILE: &str = "keys.jsonl";

/// The record of one artifact that a test requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyReport {
    /// The path of the test in its crate.
    pub test: String,
    /// The name of the repository.
    pub repo: String,
    /// The name of the artifact.
    pub artifact: String,
    /// The key for display: repository, revision, and the first digits of the digest, as in
    /// `django:40cfbab0b4f1:5d0c6a1be2f94c77`.
    pub key: String,
    /// The whole digest of the key: SHA-256, hexadecimal.
    pub digest: String,
    /// The key inputs.
    pub key_inputs: Vec<KeyInput>,
    /// The reason for a miss, or `None` for a hit. The files of the artifact are not checked.
    pub miss: Option<String>,
}

/// Appends a record to the run's file.
///
/// An error fails the test, unlike that of writing a report: the record is the only purpose of such a run.
pub(crate) fn append(run: &Run, report: &KeyReport) -> io::Result<()> {
    json_lines::append(&run.directory().join(FILE), report)
}
