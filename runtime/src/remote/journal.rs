//! The journal of a run's requests to the remote cache, one JSON line each in `.runs/<run>/remote.jsonl`.
//!
//! The journal also decides when the processes of a run stop making requests.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::protocol::Outcome;
use crate::config::Config;
use crate::error::Error;
use crate::json_lines;
use crate::layout::Layout;
use crate::run::Run;

const FILE: &str = "remote.jsonl";
/// The file that holds the standard error of helpers.
const LOG: &str = "remote.log";
/// The number of failures after which a run stops making requests. One failure may be an accident; each one can take a
/// test as long as its budget.
const MOST_FAILURES: usize = 2;

/// The requests of this process, if the directory of the run cannot be written.
static UNWRITTEN: Mutex<Vec<Asked>> = Mutex::new(Vec::new());

/// The kind of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Operation {
    /// Fetch an artifact.
    Fetch,
    /// Check a fetched artifact. Only recorded if the artifact is damaged.
    Check,
    /// Take the lease of an artifact, which allows one machine to build it.
    Lease,
    /// Upload an artifact.
    Share,
    /// Release the lease. Only recorded if another machine has taken the lease over, so that both have built the
    /// artifact.
    Release,
    /// Withdraw a stale artifact.
    Withdraw,
}

/// A request to the remote cache.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Asked {
    /// The repository.
    pub repo: String,
    /// The SHA-256 of the key, in hexadecimal.
    #[serde(default)]
    pub key: String,
    /// The artifact.
    pub artifact: String,
    /// The id of the process.
    pub pid: u32,
    /// The kind of the request.
    pub operation: Operation,
    /// The outcome of the request.
    pub outcome: Outcome,
    /// The number of bytes that were transferred.
    pub bytes: u64,
    /// The time of the request, in seconds.
    pub seconds: f64,
    /// The reason for an outcome that is not a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Asked {
    /// Returns `true` if the request failed or its result was rejected.
    pub fn is_failure(&self) -> bool {
        matches!(self.outcome, Outcome::Failed | Outcome::Refused)
    }

    /// Returns the reason of a failure; `None` if the request is not a failure.
    pub fn failure(&self) -> Option<&str> {
        self.reason.as_deref().filter(|_| self.is_failure())
    }
}

/// The journal of a run, for the requests of one artifact.
#[derive(Debug)]
pub(super) struct Journal<'a> {
    run: &'a Run,
    repo: String,
    key: String,
    artifact: String,
}

impl<'a> Journal<'a> {
    pub(super) fn of(run: &'a Run, repo: &str, key: &str, artifact: &str) -> Journal<'a> {
        Journal { run, repo: repo.to_owned(), key: key.to_owned(), artifact: artifact.to_owned() }
    }

    /// Returns the file for the standard error of helpers.
    pub(super) fn log(&self) -> PathBuf {
        self.run.directory().join(LOG)
    }

    /// Returns `true` if so many requests failed in this run that no more are made.
    ///
    /// Failed uploads count only if `sharing` is `true`: a machine that cannot write may still read.
    pub(super) fn is_given_up(&self, sharing: bool) -> bool {
        // An untrusted entry is not a failure of the service.
        let failed =
            |asked: &&Asked| asked.outcome == Outcome::Failed && (sharing || asked.operation != Operation::Share);
        self.asked().iter().filter(failed).count() >= MOST_FAILURES
    }

    /// Counts the uploads that used up their budgets without success.
    fn late_shares(&self) -> usize {
        let is_late = |asked: &&Asked| {
            (asked.operation, asked.outcome) == (Operation::Share, Outcome::TimedOut) && asked.seconds > 0.0
        };
        self.asked().iter().filter(is_late).count()
    }

    /// Returns `true` if so many uploads were too slow that no test of the run uploads any more.
    pub(super) fn is_slow(&self) -> bool {
        self.late_shares() >= MOST_FAILURES
    }

    /// Returns `true` if the last recorded request is the one that made [`Self::is_slow`] return `true`.
    pub(super) fn has_become_slow(&self) -> bool {
        self.late_shares() == MOST_FAILURES
    }

    /// Returns `true` if the last recorded request is the first failure of the run.
    pub(super) fn is_first_failure(&self) -> bool {
        self.asked().iter().filter(|asked| asked.is_failure()).count() <= 1
    }

    /// Returns the requests for this artifact.
    pub(super) fn of_artifact(&self) -> Vec<Asked> {
        let mut asked = self.asked();
        asked.retain(|asked| (&asked.repo, &asked.key, &asked.artifact) == (&self.repo, &self.key, &self.artifact));
        asked
    }

    fn asked(&self) -> Vec<Asked> {
        let mut asked: Vec<Asked> = json_lines::read(&self.run.directory().join(FILE)).unwrap_or_default();
        asked.extend(UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        asked
    }

    pub(super) fn note(
        &self,
        operation: Operation,
        outcome: Outcome,
        bytes: u64,
        took: Duration,
        reason: Option<&str>,
    ) {
        let asked = Asked {
            repo: self.repo.clone(),
            key: self.key.clone(),
            artifact: self.artifact.clone(),
            pid: std::process::id(),
            operation,
            outcome,
            bytes,
            seconds: took.as_secs_f64(),
            reason: reason.map(str::to_owned),
        };
        if json_lines::append(&self.run.directory().join(FILE), &asked).is_err() {
            UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        }
    }
}

/// Returns the requests of a run's processes to the remote cache, in their order.
///
/// # Errors
/// If the journal of the run cannot be read.
pub fn read_asked(config: &Config, run: &str) -> Result<Vec<Asked>, Error> {
    let path = Layout::new(config.cache_dir()).runs().join(Path::new(run)).join(FILE);
    json_lines::read(&path).map_err(Error::io("read", &path))
}
