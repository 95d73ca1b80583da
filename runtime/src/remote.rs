//! The remote cache: a cache that all machines share, behind the cache of this machine.
//!
//! A test requests an artifact from the remote cache after a miss in its own cache, and uploads what it has built. It
//! talks to a [`helper`] process over a [`protocol`]. Only the helper talks to the service, so a test links no network
//! client.
//!
//! A failure never fails a test, and takes no more time than the budget. After a few failures, the tests of the run
//! make no more requests.
//!
//! - `protocol`: the lines between test and helper
//! - `helper`: the helper process
//! - `entry`: the entry of an artifact in the remote cache
//! - `fetch`, `lease`, `share`: the requests for one artifact
//! - `journal`: the requests of the run, and the decision whether to make more
//! - `probe`: checks of the helper and the service, for people

mod entry;
mod fetch;
mod helper;
mod journal;
mod lease;
mod probe;
pub(crate) mod protocol;
mod share;
mod withdraw;

use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) use entry::SharedEntry;
pub(crate) use fetch::Fetched;
use helper::{Helper, NoAnswer, Wait, after};
pub use helper::{check_helper, not_started};
use journal::Journal;
pub use journal::{Asked, Operation, read_asked};
pub(crate) use lease::LeaseResult;
pub use probe::probe;
use protocol::{Answer, Command, Outcome};
pub use share::Pushed;
pub(crate) use share::Upload;
pub(crate) use withdraw::Withdrawn;

use crate::config::{self, Config};
use crate::layout::ArtifactPath;
use crate::message;
use crate::run::Run;
use crate::store::manifest::Manifest;

/// The timeout of the first answer, when the build time of the artifact is not known yet.
///
/// A helper starts in 20 ms, and a service on another continent answers in less than a second.
const FIRST_ANSWER: Duration = Duration::from_secs(5);
/// The minimum budget. Without it, the artifact of a fast build would never be fetched, and the user would only see
/// timeouts.
const LEAST_BUDGET: Duration = Duration::from_secs(1);
/// The time for a last answer: to a request that has reached its own limit, and to the release of a lease.
const LAST_ANSWER: Duration = Duration::from_secs(1);
/// The reason of a request that is not started because the budget is used up.
const NO_TIME: &str = "its budget is used up; SMOKE_REMOTE_BUDGET raises it";

/// The reason why no artifact is fetched, apart from its absence.
#[derive(Debug)]
enum Trouble {
    /// The entry exists, but cannot be trusted. This is not a failure of the service.
    Refused(String),
    /// The service or the helper failed.
    Failed(String),
    /// The budget is used up.
    Late,
}

impl From<String> for Trouble {
    fn from(reason: String) -> Trouble {
        Trouble::Failed(reason)
    }
}

/// The remote cache of one artifact, for one test.
#[derive(Debug)]
pub(crate) struct Remote<'a> {
    settings: &'a config::Remote,
    journal: Journal<'a>,
    name: String,
    helper: Option<Helper>,
    /// This process holds the lease of the artifact.
    leased: bool,
    /// The remote cache has an entry that this test could not use, so an upload replaces it.
    must_replace: bool,
    /// A request failed, so no more requests are made for this artifact.
    is_dead: bool,
    /// The entry in the remote cache, if an upload must not replace it.
    there: Option<SharedEntry>,
    /// The time of all requests.
    spent: Duration,
    /// The part of `spent` that was spent waiting for builds of other machines.
    waited: Duration,
    bytes: u64,
    error: Option<String>,
}

impl<'a> Remote<'a> {
    /// Returns the remote cache of an artifact; `None` if none is configured. `key` is the whole digest.
    pub(crate) fn of(config: &'a Config, run: &'a Run, artifact_path: &ArtifactPath, key: &str) -> Option<Remote<'a>> {
        Some(Remote::new(config.remote.as_ref()?, run, artifact_path, key))
    }

    /// Returns the remote cache of an artifact, with these settings.
    pub(crate) fn new(
        settings: &'a config::Remote,
        run: &'a Run,
        artifact_path: &ArtifactPath,
        key: &str,
    ) -> Remote<'a> {
        let journal = Journal::of(run, &artifact_path.repo, key, &artifact_path.artifact);
        let name = format!("{}/{key}/{}", artifact_path.repo, artifact_path.artifact);
        Remote {
            settings,
            journal,
            name,
            helper: None,
            leased: false,
            must_replace: false,
            is_dead: false,
            there: None,
            spent: Duration::ZERO,
            waited: Duration::ZERO,
            bytes: 0,
            error: None,
        }
    }

    /// Returns `true` if a request for this artifact failed in this run, or too many requests for other artifacts did.
    pub(crate) fn is_given_up(&self) -> bool {
        let is_failure = |asked: &Asked| asked.outcome == Outcome::Failed;
        self.journal.is_given_up(false) || self.journal.of_artifact().iter().any(is_failure)
    }

    /// Returns the seconds of all requests.
    pub(crate) fn seconds(&self) -> f64 {
        self.spent.as_secs_f64()
    }

    /// Returns the number of fetched bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the first error, if there was one.
    pub(crate) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Returns the rest of the budget.
    ///
    /// `SMOKE_REMOTE_BUDGET` limits all requests together. Without it, the budget is `worth`, and waiting for builds of
    /// other machines does not count, because it has its own limit.
    fn left(&self, worth: Duration) -> Duration {
        match self.settings.budget {
            Some(budget) => budget.saturating_sub(self.spent),
            None => worth.saturating_sub(self.spent.saturating_sub(self.waited)),
        }
    }

    /// Requests the entry, and returns `true` if the helper has written it to a file. An untrusted entry is an error.
    fn find(&mut self, file: &Path, limit: Duration) -> Result<bool, Trouble> {
        let answer = self.ask(Command::Find { name: self.name.clone(), into: file.to_owned() }, limit)?;
        self.bytes = self.bytes.saturating_add(answer.bytes);
        match answer.outcome {
            Some(Outcome::Done) => Ok(true),
            Some(Outcome::Refused) => {
                self.must_replace = true;
                let why = answer.reason.unwrap_or_else(|| "it is not trusted".to_owned());
                Err(Trouble::Refused(format!("the entry {} is refused: {why}", self.name)))
            }
            _ => Ok(false),
        }
    }

    fn ask(&mut self, command: Command, limit: Duration) -> Result<Answer, String> {
        self.ask_telling(command, &Wait::until(after(limit)), &mut |_| ())
    }

    fn ask_telling(&mut self, command: Command, wait: &Wait, progress: &mut dyn FnMut(&str)) -> Result<Answer, String> {
        let asked = self.helper(wait.deadline.min(after(FIRST_ANSWER)))?.ask(command, wait, progress);
        asked.map_err(|why| {
            self.is_dead = true;
            match why {
                NoAnswer::Failed(reason) => reason,
                NoAnswer::Lost(reason) => {
                    if let Some(helper) = self.helper.take() {
                        helper.kill();
                    }
                    reason
                }
            }
        })
    }

    fn helper(&mut self, deadline: Instant) -> Result<&mut Helper, String> {
        let helper = match self.helper.take() {
            Some(helper) => helper,
            None => Helper::start(self.settings, Some(&self.journal.log()), deadline)
                .inspect_err(|_| self.is_dead = true)?,
        };
        Ok(self.helper.insert(helper))
    }

    /// Ends the helper. The next request starts a new one.
    pub(crate) fn hang_up(&mut self) {
        self.helper = None;
    }

    /// Adds the requests that a builder process made for this artifact before its build.
    pub(crate) fn add_asked_by(&mut self, pid: u32) {
        let of_artifact = self.journal.of_artifact();
        for asked in of_artifact.iter().filter(|asked| asked.pid == pid && asked.operation != Operation::Share) {
            self.spent += Duration::try_from_secs_f64(asked.seconds).unwrap_or_default();
            self.bytes = self.bytes.saturating_add(asked.bytes);
            if let Some(reason) = asked.failure() {
                self.failed(reason);
            }
        }
    }

    /// Records a timeout, without a warning: the service may work for tests with a larger budget.
    fn late(&mut self, reason: &str) {
        self.error.get_or_insert_with(|| reason.to_owned());
    }

    /// Records a failure. Warns about the first one of the run only, because later ones usually have the same cause.
    fn failed(&mut self, reason: &str) {
        if self.journal.is_first_failure() {
            let (what, help) = reason.split_once('\n').map_or((reason, None), |(what, help)| (what, Some(help)));
            let mut warning = format!("the remote cache at {}: {what}; continuing without it", self.settings.place());
            if let Some(help) = help {
                warning = format!("{warning}\n{help}");
            }
            message::warn_once_about("remote", &warning);
        }
        self.error.get_or_insert_with(|| reason.to_owned());
    }
}

/// Returns the default budget of an artifact: the time that its build took.
fn worth(manifest: &Manifest) -> Duration {
    Duration::from_secs_f64(manifest.build_seconds()).max(LEAST_BUDGET)
}
