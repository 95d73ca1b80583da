//! The shared tier: what other machines have built, behind the cache of this one.
//!
//! A test asks it only where its own cache has a miss, and gives it what was built. It speaks to a [`helper`] over a
//! [`protocol`]; the helper speaks to the service, so that nothing of that is in the test. Whatever goes wrong costs no more than the
//! budget, is no miss, and after a few times nobody of the run asks again.
//!
//! - `protocol`: the lines
//! - `helper`: the process
//! - `entry`: what is shared of an artifact
//! - `fetch`, `lease`, `share`: what is asked for it
//! - `journal`: what was asked in the run, and whether it is still worth asking

mod entry;
mod fetch;
mod helper;
mod journal;
mod lease;
pub(crate) mod protocol;
mod share;

use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) use entry::SharedEntry;
pub(crate) use fetch::Fetched;
use helper::{Helper, NoAnswer, Wait, after};
use journal::Journal;
pub use journal::{Asked, Operation, read_asked};
pub(crate) use lease::LeaseResult;
use protocol::{Answer, Command, Outcome};
pub use share::Pushed;
pub(crate) use share::Upload;

use crate::config::{self, Config};
use crate::layout::ArtifactPath;
use crate::message;
use crate::run::Run;
use crate::store::manifest::Manifest;

/// For the first word of it, before it is known what an artifact is worth: a helper starts in 20 ms, and a service on the other side of the
/// world answers in less than a second.
const FIRST_ANSWER: Duration = Duration::from_secs(5);
/// A build that takes no time is worth no waiting; but whoever has set up a shared tier wants to hear more than that it was too slow.
const LEAST_BUDGET: Duration = Duration::from_secs(1);
/// For the last word.
const LAST_ANSWER: Duration = Duration::from_secs(1);
/// Why something was not even begun.
const NO_TIME: &str = "no time was left of its budget; SMOKE_REMOTE_BUDGET raises it";

/// Why there is nothing.
#[derive(Debug)]
enum Trouble {
    /// It is there, and nobody can believe it: that says nothing of the service.
    Refused(String),
    /// It cannot be had.
    Failed(String),
    /// There is no time left for it.
    Late,
}

impl From<String> for Trouble {
    fn from(reason: String) -> Trouble {
        Trouble::Failed(reason)
    }
}

/// The shared tier, asked about one artifact.
#[derive(Debug)]
pub(crate) struct Remote<'a> {
    settings: &'a config::Remote,
    journal: Journal<'a>,
    name: String,
    helper: Option<Helper>,
    leased: bool,
    /// There is an entry. Whoever builds all the same could not use what is there, and replaces it.
    must_replace: bool,
    /// It could not be asked: not again about this artifact.
    is_dead: bool,
    /// The entry that is there, if it is not to be replaced.
    there: Option<SharedEntry>,
    /// In all.
    spent: Duration,
    /// Of that, for other machines' builds.
    waited: Duration,
    bytes: u64,
    error: Option<String>,
}

impl<'a> Remote<'a> {
    /// Nothing if there is none. `key` is the whole digest.
    pub(crate) fn of(config: &'a Config, run: &'a Run, artifact_path: &ArtifactPath, key: &str) -> Option<Remote<'a>> {
        let settings = config.remote.as_ref()?;
        let journal = Journal::of(run, &artifact_path.repo, key, &artifact_path.artifact);
        let name = format!("{}/{key}/{}", artifact_path.repo, artifact_path.artifact);
        Some(Remote {
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
        })
    }

    /// Whether the run has given up asking: it could not be asked about this artifact, or too often about others.
    pub(crate) fn is_given_up(&self) -> bool {
        let is_failure = |asked: &Asked| asked.outcome == Outcome::Failed;
        self.journal.is_given_up(false) || self.journal.of_artifact().iter().any(is_failure)
    }

    /// Seconds that were spent on it.
    pub(crate) fn seconds(&self) -> f64 {
        self.spent.as_secs_f64()
    }

    /// Bytes that were fetched.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What went wrong, if something did.
    pub(crate) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// What is left of the budget: of `SMOKE_REMOTE_BUDGET`, which is for all, or else of what it is worth by itself. Waiting for other
    /// machines has its own limit, then.
    fn left(&self, worth: Duration) -> Duration {
        match self.settings.budget {
            Some(budget) => budget.saturating_sub(self.spent),
            None => worth.saturating_sub(self.spent.saturating_sub(self.waited)),
        }
    }

    /// Has the entry written to a file, if it is there and to be trusted.
    fn find(&mut self, file: &Path, limit: Duration) -> Result<bool, Trouble> {
        let answer = self.ask(Command::Find { name: self.name.clone(), into: file.to_owned() }, limit)?;
        self.bytes = self.bytes.saturating_add(answer.bytes);
        match answer.outcome {
            Some(Outcome::Done) => Ok(true),
            Some(Outcome::Refused) => {
                self.must_replace = true;
                let why = answer.reason.unwrap_or_else(|| "it is not to be trusted".to_owned());
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

    /// Lets the helper go, for a time in which it is not asked.
    pub(crate) fn hang_up(&mut self) {
        self.helper = None;
    }

    /// Takes what a process that builds in place of this one has asked before it built for asked here.
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

    /// The service may be well: whoever has more time will see.
    fn late(&mut self, reason: &str) {
        self.error.get_or_insert_with(|| reason.to_owned());
    }

    /// Once in a run: what comes after it is the same trouble.
    fn failed(&mut self, reason: &str) {
        if self.journal.is_first_failure() {
            message::warn_once_about(
                "remote",
                &format!("the shared tier at {}: {reason}; going on without it", self.settings.place()),
            );
        }
        self.error.get_or_insert_with(|| reason.to_owned());
    }
}

/// Whether anything may be written through the helper, which is started for that, and asked for an entry that nobody has.
///
/// # Errors
/// There is no such program, it is no helper, or it cannot speak to the service.
pub fn try_helper(settings: &config::Remote) -> Result<bool, String> {
    let mut helper = Helper::start(settings, None, after(FIRST_ANSWER))?;
    let nowhere = tempfile::tempdir().map_err(|error| error.to_string())?;
    let find = Command::Find { name: "probe/0/none".to_owned(), into: nowhere.path().join("entry") };
    match helper.ask(find, &Wait::until(after(FIRST_ANSWER)), &mut |_| ()) {
        Ok(_) => Ok(helper.writable),
        Err(NoAnswer::Failed(reason)) => Err(reason),
        Err(NoAnswer::Lost(reason)) => {
            helper.kill();
            Err(reason)
        }
    }
}

/// An artifact is worth waiting for as long as building it took.
fn worth(manifest: &Manifest) -> Duration {
    Duration::from_secs_f64(manifest.build_seconds()).max(LEAST_BUDGET)
}
