//! Fetches an artifact: first its entry and then, if the entry is valid, its packed files.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::entry::SharedEntry;
use super::journal::Operation;
use super::protocol::{Command, Outcome};
use super::{FIRST_ANSWER, NO_TIME, Remote, Trouble, worth};
use crate::plain_file;
use crate::store::manifest::{self, Manifest};

/// A fetched artifact. The packed files are untrusted input until they are checked.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) entry: SharedEntry,
    pub(crate) manifest: Manifest,
    /// The file that holds the artifact's files, packed.
    pub(crate) packed: PathBuf,
}

impl Remote<'_> {
    /// Fetches the artifact into the directory `into`; returns `None` if it does not exist or cannot be fetched.
    ///
    /// `check` checks the entry before the packed files are fetched, because these may be large.
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
        let text = text.map_err(|error| Trouble::Failed(format!("the helper wrote no entry: {error}")))?;
        self.must_replace = true;
        let entry = SharedEntry::from_json(&text).map_err(Trouble::Refused)?;
        let manifest = check(&entry).map_err(Trouble::Refused)?;
        let left = self.left(worth(&manifest)).saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(Trouble::Late);
        }
        let packed = into.join("packed");
        let fetch = Command::Fetch { blob: entry.blob.clone(), into: packed.clone() };
        let answer = self.ask(fetch, left)?;
        self.bytes = self.bytes.saturating_add(answer.bytes);
        if answer.outcome != Some(Outcome::Done) {
            // The service removed the packed files, but not the entry yet.
            return Ok(None);
        }
        Ok(Some(Fetched { entry, manifest, packed }))
    }

    /// Records that a fetched artifact turned out to be damaged.
    pub(crate) fn reject(&mut self, reason: &str) {
        self.journal.note(Operation::Check, Outcome::Refused, 0, Duration::ZERO, Some(reason));
        self.failed(reason);
    }
}
