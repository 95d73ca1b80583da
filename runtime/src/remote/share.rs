//! What was built here is given to the other machines.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::entry::SharedEntry;
use super::helper::{Wait, after};
use super::journal::Operation;
use super::protocol::{Command, Outcome};
use super::{FIRST_ANSWER, NO_TIME, Remote, Trouble, worth};
use crate::message;
use crate::store::archive;
use crate::store::manifest::{ArchiveFile, Manifest};

/// Bytes; measured were 150,000 of an unoptimised build.
const PACKED_IN_A_MILLISECOND: u64 = 100_000;
/// Without a word, where no test waits: longer than the 30 seconds after which our own helper gives up a piece.
const SILENCE: Duration = Duration::from_secs(40);

/// What is given to the shared tier.
pub(crate) struct Upload<'a> {
    pub(crate) manifest: &'a Manifest,
    /// Where files may be made for that.
    pub(crate) directory: &'a Path,
    /// Makes the packed file, if it is not there.
    pub(crate) pack: &'a dyn Fn() -> Result<(PathBuf, ArchiveFile), String>,
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

impl Remote<'_> {
    /// Gives what was built to the other machines, within the budget.
    pub(crate) fn share(&mut self, parcel: &Upload<'_>) {
        if self.is_dead || self.journal.is_given_up(true) || self.journal.is_slow() {
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
        // What went wrong is told already, but for what only took too long.
        let shared = self.share_within(left, Duration::MAX, parcel);
        if shared.is_err() && self.journal.has_become_slow() {
            let place = self.settings.place();
            message::warn_once_about(
                "slow",
                &format!(
                    "the shared tier at {place}: sharing took longer than its budget, twice; no test of this run tries it again \
                     (SMOKE_REMOTE_BUDGET raises the budget; `cargo smoke-cache test` shares the rest at its end, `push` at any time)"
                ),
            );
        }
    }

    /// Gives it to them, unless they have it. The helper has to say something every 40 seconds.
    pub(crate) fn push(&mut self, limit: Duration, parcel: &Upload<'_>) -> Result<Pushed, String> {
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
            self.there = fs::read(&found).ok().and_then(|text| SharedEntry::from_json(&text).ok());
        }
        self.share_within(limit, SILENCE, parcel)
    }

    fn share_within(&mut self, limit: Duration, silence: Duration, parcel: &Upload<'_>) -> Result<Pushed, String> {
        let begun = Instant::now();
        let shared = self.try_share(parcel, after(limit), silence);
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

    fn try_share(&mut self, parcel: &Upload<'_>, deadline: Instant, silence: Duration) -> Result<Pushed, String> {
        if !self.helper(deadline)?.writable {
            return Ok(Pushed::ReadOnly);
        }
        let (from, packed) = (parcel.pack)()?;
        let entry = SharedEntry::new(parcel.manifest, &packed);
        let wait = || Wait::while_heard(silence, deadline);
        let there = self.there.take();
        let is_there = there.as_ref().is_some_and(|there| there.blob == entry.blob);
        if let Some(theirs) = there.filter(|_| !is_there)
            && self.is_whole(&theirs, parcel.directory, &wait())?
        {
            return Ok(Pushed::Already);
        }
        let entry_file = parcel.directory.join("entry");
        fs::write(&entry_file, entry.to_json())
            .map_err(|error| format!("{} cannot be written: {error}", entry_file.display()))?;
        let store = Command::Store { blob: entry.blob, from, replace: parcel.replace || self.must_replace };
        let bytes = self.done(store, &wait())?;
        if is_there && bytes == 0 {
            return Ok(Pushed::Already);
        }
        // Last, as in the cache: what has no entry does not exist.
        let publish = Command::Publish { name: self.name.clone(), from: entry_file };
        Ok(Pushed::Shared { bytes: bytes.saturating_add(self.done(publish, &wait())?) })
    }

    /// Whether another build of the artifact, of which there is an entry, can be had. It is as good as ours, and may be the newer one, which
    /// replaced a bad one.
    fn is_whole(&mut self, entry: &SharedEntry, directory: &Path, wait: &Wait) -> Result<bool, String> {
        let into = directory.join("theirs");
        let fetch = Command::Fetch { blob: entry.blob.clone(), into: into.clone() };
        let answer = self.ask_telling(fetch, wait, &mut |_| ())?;
        Ok(answer.outcome == Some(Outcome::Done) && archive::verify(&into, &entry.packed()).is_ok())
    }

    /// Has something done; how many bytes travelled.
    fn done(&mut self, command: Command, wait: &Wait) -> Result<u64, String> {
        let answer = self.ask_telling(command, wait, &mut |_| ())?;
        match answer.outcome {
            Some(Outcome::Done) => Ok(answer.bytes),
            _ => Err(answer.reason.unwrap_or_else(|| "the helper cannot do that".to_owned())),
        }
    }
}
