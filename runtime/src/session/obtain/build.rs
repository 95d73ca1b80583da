//! The build of an artifact that has to be built: for everybody, or for this process alone.

use std::sync::PoisonError;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::calls::{failed, guarded, is_skip};
use super::remote::{FETCHED, share};
use super::{FORCED, Obtain};
use crate::context::Progress;
use crate::error::{Error, Step};
use crate::layout::Slot;
use crate::lock::BuildLock;
use crate::message;
use crate::session::hooks::{Call, Value};
use crate::session::{Loaded, Origin};
use crate::session::{code, inputs};
use crate::store::{Entry, Found, Miss, Staging, list};
use crate::telemetry::Outcome;

/// The kind of note that says that a build failed.
const FAILURES: &str = "failures";

/// A build, or a save, that failed.
struct Failed {
    error: Box<Error>,
    /// Where it was to write is gone: that is not its fault.
    place_is_lost: bool,
}

/// A build that failed, for the other processes of the run.
#[derive(Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) mend: String,
    /// What the build took.
    pub(super) seconds: f64,
    /// nextest's number of the attempt: a retry is a wish to try again.
    attempt: u32,
}

impl Obtain<'_> {
    /// The build, under the lock, for every test of this run and later ones.
    pub(super) fn build_and_publish(mut self, lock: BuildLock, slot: &Slot, miss: &Miss) -> Result<Loaded, Error> {
        self.check_failures(slot)?;
        self.lock = Some(lock);
        if matches!(miss, Miss::Damaged(_))
            && let Err(error) = self.store(slot).set_aside()
        {
            self.warn_unwritable(&error);
        }
        let forced = self.is_forced(slot);
        self.report.outcome = if forced { Outcome::Forced } else { Outcome::Built };
        self.report.reason = miss.to_string();

        let staging = match Staging::create(&self.process.layout.staging()) {
            Ok(staging) => staging,
            Err(error) => {
                self.warn_unwritable(&error);
                return self.build_privately(miss.to_string());
            }
        };
        let (built, staging) = match self.build(staging) {
            Ok(built) => built,
            // No room; or somebody has removed the whole cache meanwhile.
            Err(Failed { error, place_is_lost }) if error.is_storage() || place_is_lost => {
                self.warn_unwritable(&error);
                return self.build_privately(miss.to_string());
            }
            Err(Failed { error, .. }) => {
                self.remember(slot, &error);
                return Err(*error);
            }
        };
        let Some(staging) = staging else {
            // It could be built, but nowhere be saved.
            return Ok(self.loaded(built, Origin::Nowhere));
        };
        drop(built);
        if let Some(changed) = self.changed_meanwhile() {
            let reason = format!("{changed} changed while it was being read");
            message::warn_once(&format!("{}: {reason}; the result is used once and not kept", self.subject()));
            return self.use_privately(staging, reason);
        }

        let listed = match list(&staging.files()) {
            Ok(listed) => listed,
            Err(error) if matches!(error, Error::Io { .. }) => {
                self.warn_unwritable(&error);
                return self.build_privately(error.to_string());
            }
            Err(error) => {
                let error = failed(self.repo(), self.kind.name, Step::Save, Box::new(error));
                self.remember(slot, &error);
                return Err(error);
            }
        };
        if !staging.is_below(&self.process.layout.staging()) {
            return self.use_privately(staging, "there was no room in the cache to save it".to_owned());
        }

        let begun = Instant::now();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a build")]
        let milliseconds = (self.report.rebuild_seconds * 1000.0) as u64;
        let published = self.store(slot).publish(&staging, listed, milliseconds);
        self.report.rebuild_seconds += begun.elapsed().as_secs_f64();
        if let Err(error) = published {
            self.warn_unwritable(&error);
            if staging.files().is_dir() {
                return self.use_privately(staging, error.to_string());
            }
            return self.build_privately(error.to_string());
        }
        if forced {
            self.process.run.write(FORCED, &self.note(slot), &true);
        }
        self.process.run.remove(FAILURES, &self.note(slot));
        self.process.run.remove(FETCHED, &self.note(slot));
        let (remote, process) = (self.remote.take(), self.process);
        // This gives the lock back: nobody here waits until others have it, too.
        let mut loaded = self.restore_published(slot)?;
        if let Some(remote) = remote {
            share(remote, process, slot, &mut loaded, forced);
        }
        Ok(loaded)
    }

    /// What its key was computed from and is no longer what the key says.
    fn changed_meanwhile(&self) -> Option<String> {
        if !self.session.repo.is_unchanged() {
            return Some("the repository".to_owned());
        }
        inputs::changed(self.process, &self.recipe.inputs).or_else(|| code::changed(&self.recipe.files))
    }

    /// The test is given what every later one will be given.
    fn restore_published(self, slot: &Slot) -> Result<Loaded, Error> {
        let begun = Instant::now();
        let why = match self.store(slot).open() {
            Found::Ready(entry) => return self.load_published(entry, begun),
            Found::Packed(..) => "its files were changed".to_owned(),
            Found::Missing(miss) => miss.to_string(),
        };
        let (subject, cache) = (self.subject(), self.process.config.cache_dir.display());
        message::warn_once(&format!(
            "{subject} was published and then could not be found: {why}; is something else at work in {cache}? It is built again"
        ));
        self.build_privately("it was gone as soon as it was published".to_owned())
    }

    fn load_published(mut self, entry: Entry, begun: Instant) -> Result<Loaded, Error> {
        let (value, elsewhere) = self.load(&entry.directory, true)?;
        self.add_restore(begun, elsewhere);
        self.report.bytes = entry.manifest.bytes();
        Ok(self.loaded(value, Origin::Entry(Box::new(entry))))
    }

    /// A build outside of the cache, for this process alone.
    pub(super) fn build_privately(mut self, reason: String) -> Result<Loaded, Error> {
        let (value, staging) = self.build(Staging::private()?).map_err(|failed| *failed.error)?;
        let Some(staging) = staging else {
            self.bypassed(reason);
            return Ok(self.loaded(value, Origin::Nowhere));
        };
        drop(value);
        self.use_privately(staging, reason)
    }

    /// Another build outside of the cache, for whoever asked for a copy of its own.
    pub(in crate::session) fn build_again(mut self) -> Result<Value, Error> {
        let (value, staging) = self.build(Staging::private()?).map_err(|failed| *failed.error)?;
        let Some(staging) = staging else { return Ok(value) };
        let (value, _) = self.load(&staging.files(), false)?;
        // As those of any artifact, its files stay until the process ends: it may have mapped them.
        std::mem::forget(staging);
        Ok(value)
    }

    /// Loads what lies in a directory of this process alone.
    fn use_privately(mut self, staging: Staging, reason: String) -> Result<Loaded, Error> {
        let begun = Instant::now();
        let (value, elsewhere) = self.load(&staging.files(), false)?;
        self.add_restore(begun, elsewhere);
        self.bypassed(reason);
        Ok(self.loaded(value, Origin::Private(staging)))
    }

    fn bypassed(&mut self, reason: String) {
        self.report.outcome = Outcome::Bypassed;
        self.report.reason = reason;
    }

    /// Builds and saves into `staging`, or into another directory if there is no room; into none if there is none.
    fn build(&mut self, staging: Staging) -> Result<(Value, Option<Staging>), Failed> {
        let begun = Instant::now();
        let directory = staging.files();
        let call = Call::new(&directory, &self.recipe.needs);
        let waiting = self.lock.as_ref().and_then(BuildLock::notice);
        let progress = Progress::new(format!("building {}", self.subject()), waiting);
        let built = guarded(|| self.hooks.build(&call, progress));
        let elsewhere = call.elsewhere();
        let result = match built {
            Ok(value) => self.save(value, staging),
            Err(error) => {
                let error = failed(self.repo(), self.kind.name, Step::Build, error);
                Err(Failed { error: Box::new(error), place_is_lost: !directory.is_dir() })
            }
        };
        self.report.rebuild_seconds += begun.elapsed().saturating_sub(elsewhere).as_secs_f64();
        if result.is_err() {
            self.failed(self.report.rebuild_seconds);
        }
        result
    }

    /// Notes what a build took that failed.
    pub(super) fn failed(&self, seconds: f64) {
        *self.failed_after.lock().unwrap_or_else(PoisonError::into_inner) = seconds;
    }

    fn save(&self, value: Value, staging: Staging) -> Result<(Value, Option<Staging>), Failed> {
        let save = |staging: &Staging| {
            guarded(|| self.hooks.save(&value, &staging.files()))
                .map_err(|error| failed(self.repo(), self.kind.name, Step::Save, error))
        };
        match save(&staging) {
            Ok(()) => return Ok((value, Some(staging))),
            Err(error) if error.is_storage() => self.warn_unwritable(&error),
            Err(error) => return Err(Failed { error: Box::new(error), place_is_lost: !staging.files().is_dir() }),
        }
        // What was built straight into the first directory is lost with it; what is saved can be saved elsewhere.
        drop(staging);
        match Staging::private().and_then(|elsewhere| save(&elsewhere).map(|()| elsewhere)) {
            Ok(elsewhere) => Ok((value, Some(elsewhere))),
            Err(error) => {
                self.warn_unwritable(&error);
                Ok((value, None))
            }
        }
    }

    /// Lets the other tests of the run know.
    fn remember(&self, slot: &Slot, error: &Error) {
        if !is_skip(error) {
            let mend = error.mend().unwrap_or_default();
            let failure =
                Failure { message: error.report(), mend, seconds: self.report.rebuild_seconds, attempt: attempt() };
            self.process.run.write(FAILURES, &self.note(slot), &failure);
        }
    }

    /// A build that has failed in this run is not tried again, except by a retry.
    pub(super) fn check_failures(&self, slot: &Slot) -> Result<(), Error> {
        match self.failure(slot) {
            Some(failure) => Err(Error::FailedEarlier {
                repo: self.repo().to_owned(),
                artifact: self.kind.name.to_owned(),
                message: failure.message,
            }),
            None => Ok(()),
        }
    }

    /// The build that has failed in this run, unless this is a retry.
    pub(super) fn failure(&self, slot: &Slot) -> Option<Failure> {
        let failure: Failure = self.process.run.read(FAILURES, &self.note(slot))?;
        (failure.attempt >= attempt()).then_some(failure)
    }
}

/// nextest counts the attempts at a test from 1.
fn attempt() -> u32 {
    std::env::var("NEXTEST_ATTEMPT").ok().and_then(|attempt| attempt.parse().ok()).unwrap_or(1)
}
