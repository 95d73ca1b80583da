//! The shared tier: what other machines have built, behind the cache of this one.
//!
//! A test asks it only where its own cache has a miss, and gives it what was built. It speaks to a [`helper`] over a
//! [`protocol`]; the helper speaks to the service, so that nothing of that is in the test. Whatever goes wrong costs no more than the
//! budget, is no miss, and after a few times nobody of the run asks again.
//!
//! - `protocol`: the lines
//! - `helper`: the process
//! - `entry`: what is shared of an artifact
//! - `journal`: what was asked in the run, and whether it is still worth asking

mod entry;
mod helper;
mod journal;
pub(crate) mod protocol;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(crate) use entry::SharedEntry;
use helper::{Helper, NoAnswer, Wait, after};
use journal::Journal;
pub use journal::{Asked, Operation, read_asked};
use protocol::{Answer, Blob, Command, Outcome};

use crate::config::{self, Config};
use crate::layout::Slot;
use crate::manifest::{self, Manifest};
use crate::message;
use crate::plain_file;
use crate::run::Run;

/// For the first word of it, before it is known what an artifact is worth: a helper starts in 20 ms, and a service on the other side of the
/// world answers in less than a second.
const FIRST_ANSWER: Duration = Duration::from_secs(5);
/// A build that takes no time is worth no waiting; but whoever has set up a shared tier wants to hear more than that it was too slow.
const LEAST_BUDGET: Duration = Duration::from_secs(1);
/// A helper that waits for another machine says so every 5 seconds; one that says nothing hangs.
const SILENCE: Duration = Duration::from_secs(15);
/// How often people are told what is waited for.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// For another machine's build, whatever it is worth: longer than any that was measured (Django in a debug build: 507 s of CPU). Whoever can
/// write there can pretend to build.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// For the last word.
const LAST_ANSWER: Duration = Duration::from_secs(1);
/// Why something was not even begun.
const NO_TIME: &str = "no time was left of its budget; SMOKE_REMOTE_BUDGET raises it";
/// Bytes; measured were 150,000 of an unoptimised build.
const PACKED_IN_A_MILLISECOND: u64 = 100_000;

/// What the shared tier had of an artifact: its files lie packed in one, not yet believed.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) entry: SharedEntry,
    pub(crate) manifest: Manifest,
}

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

/// What is given to the shared tier.
pub(crate) struct Parcel<'a> {
    pub(crate) manifest: &'a Manifest,
    /// Where files may be made for that.
    pub(crate) directory: &'a Path,
    /// Makes the packed file, if it is not there.
    pub(crate) pack: &'a dyn Fn() -> Result<(PathBuf, manifest::ArchiveFile), String>,
    /// Also in the place of what is there.
    pub(crate) replace: bool,
}

/// What came of giving an artifact to the shared tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pushed {
    /// It is there now; so much travelled.
    Shared {
        /// Less than its size if another key has the same.
        bytes: u64,
    },
    /// It was there already.
    Already,
    /// Nothing may be written there.
    ReadOnly,
}

/// Who builds an artifact, of all machines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// This one.
    Ours,
    /// Another has built it.
    Published,
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
    /// The blob of the entry that is there.
    there: Option<Blob>,
    /// In all.
    spent: Duration,
    /// Of that, for other machines' builds.
    waited: Duration,
    bytes: u64,
    error: Option<String>,
}

impl<'a> Remote<'a> {
    /// Nothing if there is none. `key` is the whole digest.
    pub(crate) fn of(config: &'a Config, run: &'a Run, slot: &Slot, key: &str) -> Option<Remote<'a>> {
        let settings = config.remote.as_ref()?;
        let journal = Journal::of(run, &slot.repo, key, &slot.artifact);
        let name = format!("{}/{key}/{}", slot.repo, slot.artifact);
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

    /// Fetches the artifact into the directory `into`, as [`packed`] says; nothing if it is not there, or cannot be had. `check` is shown its
    /// entry before anything large travels.
    pub(crate) fn fetch(
        &mut self,
        into: &Path,
        check: impl FnOnce(&SharedEntry) -> Result<Manifest, String>,
    ) -> Option<Fetched> {
        let begun = Instant::now();
        let fetched = self.try_fetch(begun, into, check);
        self.spent += begun.elapsed();
        let (outcome, reason) = match &fetched {
            Ok(Some(_)) => (Outcome::Done, None),
            Ok(None) => (Outcome::Absent, None),
            Err(Trouble::Refused(reason)) => (Outcome::Refused, Some(reason.as_str())),
            Err(Trouble::Failed(reason)) => (Outcome::Failed, Some(reason.as_str())),
            Err(Trouble::Late) => (Outcome::TimedOut, Some(NO_TIME)),
        };
        self.journal.note(Operation::Fetch, outcome, self.bytes, begun.elapsed(), reason);
        match reason {
            Some(reason) if outcome == Outcome::TimedOut => self.late(reason),
            Some(reason) => self.failed(reason),
            None => {}
        }
        fetched.ok().flatten()
    }

    fn try_fetch(
        &mut self,
        begun: Instant,
        into: &Path,
        check: impl FnOnce(&SharedEntry) -> Result<Manifest, String>,
    ) -> Result<Option<Fetched>, Trouble> {
        let file = into.join("entry");
        if !self.find(&file, self.left(FIRST_ANSWER).min(FIRST_ANSWER))? {
            return Ok(None);
        }
        let text = plain_file::open(&file).and_then(|file| plain_file::read(&file, manifest::MAX_BYTES));
        let text = text.map_err(|error| Trouble::Failed(format!("the helper has left no entry: {error}")))?;
        self.must_replace = true;
        let entry = SharedEntry::from_json(&text).map_err(Trouble::Refused)?;
        let manifest = check(&entry).map_err(Trouble::Refused)?;
        let left = self.left(worth(&manifest)).saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(Trouble::Late);
        }
        let fetch = Command::Fetch { blob: entry.blob.clone(), into: packed(into) };
        let answer = self.ask(fetch, left)?;
        self.bytes = self.bytes.saturating_add(answer.bytes);
        if answer.outcome != Some(Outcome::Done) {
            // Removed before the entry that speaks of it.
            return Ok(None);
        }
        Ok(Some(Fetched { entry, manifest }))
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
        match answer.outcome {
            Some(Outcome::Done) => Ok(true),
            Some(Outcome::Refused) => {
                self.must_replace = true;
                let why = answer.reason.unwrap_or_else(|| "it is not to be trusted".to_owned());
                Err(Trouble::Refused(format!("its entry is refused: {why}")))
            }
            _ => Ok(false),
        }
    }

    /// What was fetched turned out to be something else.
    pub(crate) fn reject(&mut self, reason: &str) {
        self.journal.note(Operation::Check, Outcome::Refused, 0, Duration::ZERO, Some(reason));
        self.failed(reason);
    }

    /// Waits while another machine builds it. `progress` is told what is waited for.
    pub(crate) fn lease(&mut self, limit: Duration, progress: &mut dyn FnMut(&str)) -> Turn {
        if self.is_dead {
            return Turn::Ours;
        }
        let begun = Instant::now();
        let limit = self.left(limit.min(LONGEST_WAIT));
        let milliseconds = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let lease = Command::Lease { name: self.name.clone(), limit: milliseconds };
        // The helper keeps to the limit by itself; if it does not, it hangs.
        let wait =
            Wait { first: after(FIRST_ANSWER), silence: SILENCE, deadline: after(limit.saturating_add(LAST_ANSWER)) };
        let mut told: Option<Instant> = None;
        let asked = self.ask_telling(lease, &wait, &mut |what| {
            // However often it says so.
            if told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
                told = Some(Instant::now());
                progress(what);
            }
        });
        self.spent += begun.elapsed();
        self.waited += begun.elapsed();
        let (outcome, reason) = match asked {
            // Somebody who is at it for longer than anything takes, or who only says so.
            Ok(Answer { outcome: Some(Outcome::TimedOut), .. }) if self.settings.budget.is_none() => {
                (Outcome::Failed, Some(format!("another machine was still at it after {}", message::seconds(limit))))
            }
            Ok(answer) => (answer.outcome.unwrap_or(Outcome::Failed), None),
            Err(reason) => (Outcome::Failed, Some(reason)),
        };
        self.journal.note(Operation::Lease, outcome, 0, begun.elapsed(), reason.as_deref());
        if let Some(reason) = reason {
            self.failed(&reason);
        }
        self.leased = outcome == Outcome::Held;
        if outcome == Outcome::Found { Turn::Published } else { Turn::Ours }
    }

    /// Gives what was built to the other machines, within the budget.
    pub(crate) fn share(&mut self, parcel: &Parcel<'_>) {
        if self.is_dead || self.journal.is_given_up(true) {
            return;
        }
        let left = self.left(worth(parcel.manifest));
        // Packing cannot be given up halfway.
        let is_slow_to_pack = parcel.manifest.archive.is_none()
            && parcel.manifest.bytes() / PACKED_IN_A_MILLISECOND > left.as_millis().try_into().unwrap_or(u64::MAX);
        if left.is_zero() || is_slow_to_pack {
            let reason = if left.is_zero() { NO_TIME } else { "packing it would take too long" };
            self.journal.note(Operation::Share, Outcome::TimedOut, 0, Duration::ZERO, Some(reason));
            return self.late(&format!("it was not shared in time: {reason}"));
        }
        // What went wrong is told already.
        let _ = self.share_within(left, parcel);
    }

    /// Gives it to them, unless they have it.
    pub(crate) fn push(&mut self, limit: Duration, parcel: &Parcel<'_>) -> Result<Pushed, String> {
        if self.journal.is_given_up(true) {
            return Err("it has failed too often in this run".to_owned());
        }
        if !parcel.replace {
            let found = parcel.directory.join("found");
            let begun = Instant::now();
            if let Err(Trouble::Failed(reason)) = self.find(&found, FIRST_ANSWER) {
                self.journal.note(Operation::Share, Outcome::Failed, 0, begun.elapsed(), Some(&reason));
                return Err(reason);
            }
            let entry = fs::read(&found).ok().and_then(|text| SharedEntry::from_json(&text).ok());
            self.there = entry.map(|entry| entry.blob);
        }
        self.share_within(limit, parcel)
    }

    fn share_within(&mut self, limit: Duration, parcel: &Parcel<'_>) -> Result<Pushed, String> {
        let begun = Instant::now();
        let shared = self.try_share(parcel, after(limit));
        self.spent += begun.elapsed();
        match shared {
            Ok(pushed) => {
                if let Pushed::Shared { bytes } = pushed {
                    self.journal.note(Operation::Share, Outcome::Done, bytes, begun.elapsed(), None);
                }
                Ok(pushed)
            }
            // The time is over, and all that is lost is that others do not have it yet.
            Err(reason) if begun.elapsed() >= limit => {
                self.journal.note(Operation::Share, Outcome::TimedOut, 0, begun.elapsed(), Some(&reason));
                let reason = format!("it was not shared in time: {reason}");
                self.late(&reason);
                Err(reason)
            }
            Err(reason) => {
                self.journal.note(Operation::Share, Outcome::Failed, 0, begun.elapsed(), Some(&reason));
                self.failed(&reason);
                Err(reason)
            }
        }
    }

    fn try_share(&mut self, parcel: &Parcel<'_>, deadline: Instant) -> Result<Pushed, String> {
        if !self.helper(deadline)?.writable {
            return Ok(Pushed::ReadOnly);
        }
        let (from, packed) = (parcel.pack)()?;
        let entry = SharedEntry::new(parcel.manifest, &packed);
        let entry_file = parcel.directory.join("entry");
        fs::write(&entry_file, entry.to_json())
            .map_err(|error| format!("{} cannot be written: {error}", entry_file.display()))?;
        let is_there = self.there.as_ref() == Some(&entry.blob);
        let store = Command::Store { blob: entry.blob, from, replace: parcel.replace || self.must_replace };
        let bytes = self.done(store, deadline)?;
        if is_there && bytes == 0 {
            return Ok(Pushed::Already);
        }
        // Last, as in the cache: what has no entry does not exist.
        let publish = Command::Publish { name: self.name.clone(), from: entry_file };
        Ok(Pushed::Shared { bytes: bytes.saturating_add(self.done(publish, deadline)?) })
    }

    /// Has something done; how many bytes travelled.
    fn done(&mut self, command: Command, deadline: Instant) -> Result<u64, String> {
        let answer = self.ask_telling(command, &Wait::until(deadline), &mut |_| ())?;
        match answer.outcome {
            Some(Outcome::Done) => Ok(answer.bytes),
            _ => Err(answer.reason.unwrap_or_else(|| "the helper cannot do that".to_owned())),
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

impl Drop for Remote<'_> {
    fn drop(&mut self) {
        // One that was killed has given the lease back, or it will be found lost.
        if !self.leased || self.helper.is_none() {
            return;
        }
        let begun = Instant::now();
        let release = Command::Release { name: self.name.clone() };
        if let Ok(Answer { outcome: Some(Outcome::Absent), .. }) = self.ask(release, LAST_ANSWER) {
            let reason = "another machine has taken it over: two have built it";
            self.journal.note(Operation::Release, Outcome::Absent, 0, begun.elapsed(), Some(reason));
        }
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

/// Where a fetched artifact lies, packed, in the directory that it was fetched into.
pub(crate) fn packed(into: &Path) -> PathBuf {
    into.join("packed")
}

/// An artifact is worth waiting for as long as building it took.
fn worth(manifest: &Manifest) -> Duration {
    Duration::from_secs_f64(manifest.build_seconds()).max(LEAST_BUDGET)
}
