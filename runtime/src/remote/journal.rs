//! What the processes of a run asked of the shared tier, a JSON line each in `.runs/<run>/remote.jsonl`; and when they stop asking.

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
/// What helpers write to their standard error.
const LOG: &str = "remote.log";
/// One may be bad luck. Each costs a test up to the budget.
const MOST_FAILURES: usize = 2;

/// What this process asked in a run whose directory cannot be written to: it is known here, if nowhere else.
static UNWRITTEN: Mutex<Vec<Asked>> = Mutex::new(Vec::new());

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Operation {
    /// An artifact.
    Fetch,
    /// Whether what was fetched is what it says.
    Check,
    /// To be the one who builds.
    Lease,
    /// That an artifact be kept for others.
    Share,
    /// To be no longer the one who builds. Only noted if somebody else had become it meanwhile: then both have built.
    Release,
}

/// One thing that was asked of the shared tier.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Asked {
    /// The repository.
    pub repo: String,
    /// SHA-256 of the key, hexadecimal.
    #[serde(default)]
    pub key: String,
    /// The artifact.
    pub artifact: String,
    /// The process.
    pub pid: u32,
    /// What for.
    pub operation: Operation,
    /// What came of it.
    pub outcome: Outcome,
    /// Bytes that went over the network.
    pub bytes: u64,
    /// What it took.
    pub seconds: f64,
    /// What went wrong, if something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Asked {
    /// Whether it is one more reason not to ask again.
    pub fn is_failure(&self) -> bool {
        matches!(self.outcome, Outcome::Failed | Outcome::Refused)
    }

    /// Why it is, if it is.
    pub fn failure(&self) -> Option<&str> {
        self.reason.as_deref().filter(|_| self.is_failure())
    }
}

/// Those of a run, about one artifact.
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

    /// Where a helper's standard error goes.
    pub(super) fn log(&self) -> PathBuf {
        self.run.directory().join(LOG)
    }

    /// Whether it has failed so often in this run that nobody is to ask again: for artifacts, or for anything. Who may not write may still read.
    pub(super) fn is_given_up(&self, sharing: bool) -> bool {
        // That one entry is not to be trusted says nothing of the service.
        let failed =
            |asked: &&Asked| asked.outcome == Outcome::Failed && (sharing || asked.operation != Operation::Share);
        self.asked().iter().filter(failed).count() >= MOST_FAILURES
    }

    /// How many artifacts could not be shared within their budgets, which were used up for that.
    fn late_shares(&self) -> usize {
        let is_late = |asked: &&Asked| {
            (asked.operation, asked.outcome) == (Operation::Share, Outcome::TimedOut) && asked.seconds > 0.0
        };
        self.asked().iter().filter(is_late).count()
    }

    /// Whether that was so often that no test of the run is to try it again.
    pub(super) fn is_slow(&self) -> bool {
        self.late_shares() >= MOST_FAILURES
    }

    /// Whether what was just noted made it so.
    pub(super) fn has_become_slow(&self) -> bool {
        self.late_shares() == MOST_FAILURES
    }

    /// Whether what was just noted is the first failure of the run.
    pub(super) fn is_first_failure(&self) -> bool {
        self.asked().iter().filter(|asked| asked.is_failure()).count() <= 1
    }

    /// What was asked about this artifact.
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

/// What the processes of a run asked of the shared tier, in their order.
///
/// # Errors
/// If the notes of the run cannot be read.
pub fn read_asked(config: &Config, run: &str) -> Result<Vec<Asked>, Error> {
    let path = Layout::new(config.cache_dir()).runs().join(Path::new(run)).join(FILE);
    json_lines::read(&path).map_err(Error::io("read", &path))
}
