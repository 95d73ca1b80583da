//! Keys that a run with `SMOKE_STOP_AFTER=key` could not compute, a JSON line each.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::in_flight;
use crate::error::Error;
use crate::json_lines;
use crate::layout::Layout;
use crate::run::Run;

/// In the directory of a run: a record a line.
const FILE: &str = "key-failures.jsonl";

/// A test whose keys are not, or not all, among those of its run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyFailure {
    /// The test's path in its crate.
    pub test: String,
    /// `true` for a test of the attribute; `false` for code that opens a session itself.
    pub is_of_attribute: bool,
    /// The repository.
    pub repo: String,
    /// The artifact that a body asked its session for; `None` for a test of the attribute, which has an error of its own
    /// for each, and for one that failed before it asked for any.
    pub artifact: Option<String>,
    /// The error and its causes.
    pub message: String,
    /// The action that fixes it, where the message does not say so.
    pub help: Option<String>,
    /// `true` if the test's process ended before it recorded its keys; what it printed says why.
    pub is_interrupted: bool,
}

impl KeyFailure {
    pub(crate) fn new(
        test: &str,
        is_of_attribute: bool,
        repo: &str,
        artifact: Option<&str>,
        error: &Error,
    ) -> KeyFailure {
        KeyFailure {
            test: test.to_owned(),
            is_of_attribute,
            repo: repo.to_owned(),
            artifact: artifact.map(str::to_owned),
            message: error.report(),
            help: error.help(),
            is_interrupted: false,
        }
    }

    /// The record of a test of the attribute that has recorded nothing yet.
    pub(crate) fn interrupted(test: &str, repo: &str) -> KeyFailure {
        KeyFailure {
            test: test.to_owned(),
            is_of_attribute: true,
            repo: repo.to_owned(),
            artifact: None,
            message: "its process ended before it recorded its keys: it was killed, or took too long".to_owned(),
            help: None,
            is_interrupted: true,
        }
    }

    /// Writes one line in the run's file. Where the run cannot be written to, the test's own failure is all that tells.
    pub(crate) fn emit(&self, run: &Run) {
        let _ = append(&run.directory().join(FILE), self);
    }
}

pub(super) fn append(path: &Path, failure: &KeyFailure) -> io::Result<()> {
    json_lines::append(path, failure)
}

/// Reads the keys that could not be computed in a run with `SMOKE_STOP_AFTER=key`, in the order of their writing. A test
/// of the attribute whose process ended too early is among them.
///
/// # Errors
/// Fails if the run's file cannot be read or written; a run without failures has no file, which is no error.
pub fn read_key_failures(cache_dir: &Path, run: &str) -> io::Result<Vec<KeyFailure>> {
    let directory = Layout::new(cache_dir).runs().join(run);
    let path = directory.join(FILE);
    in_flight::settle_keys(&directory, &path)?;
    json_lines::read(&path)
}
