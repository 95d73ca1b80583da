//! What a run with `SMOKE_STOP_AFTER=key` finds out: which artifacts its tests would ask for, under which keys, and whether
//! they are in the cache.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::json_lines;
use crate::key::KeyInput;
use crate::layout::Layout;
use crate::run::Run;

/// In the directory of a run: a record a line.
const FILE: &str = "keys.jsonl";

/// One artifact that a test would ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyReport {
    /// The test's path in its crate.
    pub test: String,
    /// The repository.
    pub repo: String,
    /// The artifact's name.
    pub artifact: String,
    /// Repository, revision and digest: `django:40cfbab0b4f1:5d0c6a1be2f94c77`.
    pub key: String,
    /// All of the key's digest: SHA-256, hexadecimal.
    pub digest: String,
    /// What the key is made of.
    pub key_inputs: Vec<KeyInput>,
    /// Why it would have to be built; nothing if it is there. Its files are not read for that.
    pub miss: Option<String>,
}

/// One line in the run's file. Unlike a report it is all that its test is run for, so that an error counts.
pub(crate) fn append(run: &Run, report: &KeyReport) -> io::Result<()> {
    json_lines::append(&run.directory().join(FILE), report)
}

/// What the tests of a run with `SMOKE_STOP_AFTER=key` would ask for, in the order of their writing.
///
/// # Errors
/// The run's file cannot be read; a run without any has none, which is no error.
pub fn read_keys(cache_dir: &Path, run: &str) -> io::Result<Vec<KeyReport>> {
    json_lines::read(&Layout::new(cache_dir).runs().join(run).join(FILE))
}
