//! Uploads artifacts to the remote cache.

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

/// The estimated speed of packing, in bytes per millisecond. An unoptimised build packs 150,000, as measured.
const PACKED_IN_A_MILLISECOND: u64 = 100_000;
/// The silence after which a helper is considered to hang, for uploads that no test waits for. It is longer than the 30
/// seconds after which our helper gives up a part of an upload.
const SILENCE: Duration = Duration::from_secs(40);

/// An artifact to upload.
pub(crate) struct Upload<'a> {
    pub(crate) manifest: &'a Manifest,
    /// The directory for temporary files.
    pub(crate) directory: &'a Path,
    /// A function that creates the packed file, unless it exists, and returns its path.
    pub(crate) pack: &'a dyn Fn() -> Result<(PathBuf, ArchiveFile), String>,
    /// Replace an existing entry.
    pub(crate) replace: bool,
}

/// The result of pushing an artifact to the remote cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pushed {
    /// The artifact was uploaded.
    Shared {
        /// The number of transferred bytes. It is less than the size if another key has the same bytes.
        bytes: u64,
    },
    /// The remote cache already had the artifact.
    Already,
    /// The remote cache is read-only.
    ReadOnly,
}

impl Remote<'_> {
    /// Uploads a built artifact, within the budget.
    pub(crate) fn share(&mut self, upload: &Upload<'_>) {
        if self.is_dead || self.journal.is_given_up(true) || self.journal.is_slow() {
            return;
        }
        let left = self.left(worth(upload.manifest));
        // Packing cannot be interrupted, so it must not start if it would exceed the budget.
        let is_slow_to_pack = upload.manifest.archive.is_none()
            && upload.manifest.bytes() / PACKED_IN_A_MILLISECOND > left.as_millis().try_into().unwrap_or(u64::MAX);
        if left.is_zero() || is_slow_to_pack {
            let reason = if left.is_zero() { NO_TIME } else { "packing it would exceed the budget" };
            self.journal.note(Operation::Share, Outcome::TimedOut, 0, Duration::ZERO, Some(reason));
            return self.late(&format!("not uploaded in time: {reason}"));
        }
        // Failures are reported already; timeouts are not.
        let shared = self.share_within(left, Duration::MAX, upload);
        if shared.is_err() && self.journal.has_become_slow() {
            let place = self.settings.place();
            message::warn_once_about(
                "slow",
                &format!(
                    "the remote cache at {place}: two uploads took longer than their budgets; the tests of this run \
                     upload nothing more (SMOKE_REMOTE_BUDGET raises the budget; `cargo smoke-cache test` uploads the \
                     rest at its end, `cargo smoke-cache push` at any time)"
                ),
            );
        }
    }

    /// Uploads an artifact, unless the remote cache has it. The helper must write a progress line every 40 seconds.
    pub(crate) fn push(&mut self, limit: Duration, upload: &Upload<'_>) -> Result<Pushed, String> {
        if self.journal.is_given_up(true) {
            return Err("the remote cache has failed too often in this run".to_owned());
        }
        if !upload.replace {
            let found = upload.directory.join("found");
            let begun = Instant::now();
            if let Err(Trouble::Failed(reason)) = self.find(&found, FIRST_ANSWER) {
                self.journal.note(Operation::Share, Outcome::Failed, 0, begun.elapsed(), Some(&reason));
                return Err(reason);
            }
            self.there = fs::read(&found).ok().and_then(|text| SharedEntry::from_json(&text).ok());
        }
        self.share_within(limit, SILENCE, upload)
    }

    fn share_within(&mut self, limit: Duration, silence: Duration, upload: &Upload<'_>) -> Result<Pushed, String> {
        let begun = Instant::now();
        let shared = self.try_share(upload, after(limit), silence);
        self.spent += begun.elapsed();
        match shared {
            Ok(pushed) => {
                if let Pushed::Shared { bytes } = pushed {
                    self.journal.note(Operation::Share, Outcome::Done, bytes, begun.elapsed(), None);
                }
                Ok(pushed)
            }
            // A timeout is not a failure: other machines only do not have the artifact yet.
            Err(reason) if begun.elapsed() >= limit => {
                self.journal.note(Operation::Share, Outcome::TimedOut, 0, begun.elapsed(), Some(&reason));
                let reason = format!("not uploaded in time: {reason}");
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

    fn try_share(&mut self, upload: &Upload<'_>, deadline: Instant, silence: Duration) -> Result<Pushed, String> {
        if !self.helper(deadline)?.writable {
            return Ok(Pushed::ReadOnly);
        }
        let (from, packed) = (upload.pack)()?;
        let entry = SharedEntry::new(upload.manifest, &packed);
        let wait = || Wait::while_heard(silence, deadline);
        let there = self.there.take();
        let is_there = there.as_ref().is_some_and(|there| there.blob == entry.blob);
        if let Some(theirs) = there.filter(|_| !is_there)
            && self.is_whole(&theirs, upload.directory, &wait())?
        {
            return Ok(Pushed::Already);
        }
        let entry_file = upload.directory.join("entry");
        fs::write(&entry_file, entry.to_json())
            .map_err(|error| format!("{} cannot be written: {error}", entry_file.display()))?;
        let store = Command::Store { blob: entry.blob, from, replace: upload.replace || self.must_replace };
        let bytes = self.done(store, &wait())?;
        if is_there && bytes == 0 {
            return Ok(Pushed::Already);
        }
        // The entry is published last, as in the cache: without an entry, the artifact does not exist.
        let publish = Command::Publish { name: self.name.clone(), from: entry_file };
        Ok(Pushed::Shared { bytes: bytes.saturating_add(self.done(publish, &wait())?) })
    }

    /// Returns `true` if the packed files of another machine's entry can be fetched and are intact.
    ///
    /// That build is as good as ours, and may be a newer one that replaced a damaged one.
    fn is_whole(&mut self, entry: &SharedEntry, directory: &Path, wait: &Wait) -> Result<bool, String> {
        let into = directory.join("theirs");
        let fetch = Command::Fetch { blob: entry.blob.clone(), into: into.clone() };
        let answer = self.ask_telling(fetch, wait, &mut |_| ())?;
        Ok(answer.outcome == Some(Outcome::Done) && archive::verify(&into, &entry.packed()).is_ok())
    }

    /// Sends a command that must succeed, and returns the number of transferred bytes.
    fn done(&mut self, command: Command, wait: &Wait) -> Result<u64, String> {
        let answer = self.ask_telling(command, wait, &mut |_| ())?;
        match answer.outcome {
            Some(Outcome::Done) => Ok(answer.bytes),
            _ => Err(answer.reason.unwrap_or_else(|| "the helper does not support the request".to_owned())),
        }
    }
}
