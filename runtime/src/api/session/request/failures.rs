//! Failed builds of a run: the other tests fail at once, and do not build again.

use serde::{Deserialize, Serialize};

use super::ArtifactRequest;
use super::calls::is_skip;
use crate::error::Error;

/// The kind of note that records a failed build.
const FAILURES: &str = "failures";

/// A failed build, for the other processes of the run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) help: String,
    /// The duration of the build, in seconds.
    pub(super) seconds: f64,
    /// The attempt in which the build failed. A later attempt builds again.
    attempt: u32,
}

impl Failure {
    pub(super) fn new(error: &Error, seconds: f64) -> Failure {
        let help = error.help().unwrap_or_default();
        Failure { message: error.report(), help, seconds, attempt: attempt() }
    }
}

impl ArtifactRequest<'_> {
    /// Records a failed build for the other tests of the run.
    pub(super) fn record_failure(&self, error: &Error) {
        if !is_skip(error) {
            let failure = Failure::new(error, self.report.rebuild_seconds);
            self.process.run.write(FAILURES, &self.note(), &failure);
        }
    }

    /// Fails if the build has failed in this run. A retry of nextest builds again.
    pub(super) fn check_failures(&self) -> Result<(), Error> {
        let failure: Option<Failure> = self.process.run.read(FAILURES, &self.note());
        match failure.filter(|failure| failure.attempt >= attempt()) {
            Some(Failure { message, .. }) => {
                let (repo, artifact) = (self.repo().to_owned(), self.meta.name.to_owned());
                Err(Error::FailedEarlier { repo, artifact, message })
            }
            None => Ok(()),
        }
    }

    pub(super) fn forget_failure(&self) {
        self.process.run.remove(FAILURES, &self.note());
    }
}

/// Returns nextest's number of the attempt, which starts at 1.
fn attempt() -> u32 {
    std::env::var("NEXTEST_ATTEMPT").ok().and_then(|attempt| attempt.parse().ok()).unwrap_or(1)
}
