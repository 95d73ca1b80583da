//! The keys that a run with `SMOKE_STOP_AFTER=key` could not compute.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::json_lines;
use crate::run::Run;

/// The name of the file in the directory of a run.
pub(super) const FILE: &str = "key-failures.jsonl";

/// The record of a test some of whose keys could not be computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyFailure {
    /// The path of the test in its crate.
    pub test: String,
    /// `true` for a test of the attribute, `false` for code that opens a session itself.
    pub is_of_attribute: bool,
    /// The name of the repository.
    pub repo: String,
    /// The artifact that the code requested from its session. `None` for a test of the attribute, whose error names the
    /// artifact, and for code that failed before it requested any.
    pub artifact: Option<String>,
    /// The error and its causes.
    pub message: String,
    /// The action that resolves the error, unless the message contains it.
    pub help: Option<String>,
    /// `true` if the process of the test ended before it recorded its keys. Its output may show the reason.
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

    /// Returns the record of a test of the attribute that has recorded nothing yet.
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

    /// Appends the record to the run's file. An error is ignored, because the test itself fails as well.
    pub(crate) fn emit(&self, run: &Run) {
        let _ = append(&run.directory().join(FILE), self);
    }
}

/// Appends a record to the file of its run.
pub(super) fn append(path: &Path, failure: &KeyFailure) -> io::Result<()> {
    json_lines::append(path, failure)
}
