//! The build of an artifact: for every test, or for this process alone.

use std::io::Write;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::calls::{failed, guarded, is_skip};
use super::remote::{FETCHED, note, share};
use super::{ArtifactRequest, FORCED};
use crate::api::context::Progress;
use crate::api::session::dyn_artifact::{HookContext, Value};
use crate::api::session::{Loaded, Origin};
use crate::api::session::{code, inputs};
use crate::error::{Error, Step};
use crate::layout::ArtifactPath;
use crate::message;
use crate::store::{Entry, Found, Miss, Staging, list};
use crate::telemetry::{ArtifactReport, Outcome};

/// The kind of note that says that a build failed.
const FAILURES: &str = "failures";

/// The result of a build that was meant for every test.
pub(super) enum Built {
    Published,
    /// It could not be published, for the reason in the report; its files are here.
    Private(Staging),
    /// It could be saved nowhere, for the reason in the report.
    Unsaved(Value),
}

/// A build, or a save, that failed.
struct Failed {
    error: Box<Error>,
    /// The directory that it was to write to is gone, or cannot be written to: that is not its fault.
    place_is_lost: bool,
}

/// A build that failed, for the other processes of the run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) help: String,
    /// The duration of the build.
    pub(super) seconds: f64,
    /// nextest's number of the attempt: a retry is a wish to try again.
    attempt: u32,
}

impl ArtifactRequest<'_> {
    /// Waits for other machines that build it, and else builds it in this process.
    pub(super) fn build_here(&mut self, artifact_path: &ArtifactPath, miss: &Miss) -> Result<Loaded, Error> {
        if !self.is_forced(artifact_path)
            && let Some((value, entry)) = self.wait_for_turn(artifact_path, miss)?
        {
            return Ok(self.restored(Outcome::Fetched, value, entry));
        }
        self.build_for_all(artifact_path, miss)
    }

    /// Builds and publishes it under the lock, and loads it. Where it cannot be published, this process uses it alone.
    pub(super) fn build_for_all(&mut self, artifact_path: &ArtifactPath, miss: &Miss) -> Result<Loaded, Error> {
        match self.build_and_publish(artifact_path, miss)? {
            Built::Published => {
                let replace = self.report.outcome == Outcome::Forced;
                let remote = self.remote.take();
                let mut loaded = self.load_published(artifact_path)?;
                // Other tests need not wait until other machines have it, too.
                self.lock = None;
                if let (Some(mut remote), Origin::Entry(entry)) = (remote, &loaded.origin) {
                    share(&mut remote, self.process, artifact_path, &entry.manifest, replace);
                    note(&remote, &mut loaded.report);
                }
                Ok(loaded)
            }
            Built::Private(staging) => self.use_private(staging),
            Built::Unsaved(value) => Ok(self.loaded(value, Origin::Nowhere)),
        }
    }

    /// Builds it and publishes it, under the lock. It is not loaded.
    pub(super) fn build_and_publish(&mut self, artifact_path: &ArtifactPath, miss: &Miss) -> Result<Built, Error> {
        self.check_failures(artifact_path)?;
        if matches!(miss, Miss::Damaged(_))
            && let Err(error) = self.store(artifact_path).set_aside()
        {
            self.warn_unwritable(&error);
        }
        let is_forced = self.is_forced(artifact_path);
        self.report.outcome = if is_forced { Outcome::Forced } else { Outcome::Built };
        self.report.reason = miss.to_string();

        let staging = match Staging::create(&self.process.layout.staging()) {
            Ok(staging) => staging,
            Err(error) => {
                self.warn_unwritable(&error);
                return self.build_in_private(miss.to_string());
            }
        };
        let (value, staging) = match self.build(staging) {
            Ok(built) => built,
            // No room; or somebody has removed the whole cache meanwhile.
            Err(Failed { error, place_is_lost }) if error.is_storage() || place_is_lost => {
                self.warn_unwritable(&error);
                return self.build_in_private(miss.to_string());
            }
            Err(Failed { error, .. }) => {
                self.remember(artifact_path, &error);
                return Err(*error);
            }
        };
        let Some(staging) = staging else {
            self.bypassed(miss.to_string());
            return Ok(Built::Unsaved(value));
        };
        drop(value);
        if let Some(reason) = self.changed_meanwhile() {
            message::warn_once(&format!("{}: {reason}; the result is used once and not kept", self.subject()));
            return self.keep_private(staging, reason);
        }

        let listed = match list(&staging.files()) {
            Ok(listed) => listed,
            Err(error) if matches!(error, Error::Io { .. }) => {
                self.warn_unwritable(&error);
                return self.build_in_private(error.to_string());
            }
            Err(error) => {
                let error = failed(self.repo(), self.kind.name, Step::Save, Box::new(error));
                self.remember(artifact_path, &error);
                return Err(error);
            }
        };
        if !staging.is_below(&self.process.layout.staging()) {
            return self.keep_private(staging, "there was no room in the cache to save it".to_owned());
        }

        let begun = Instant::now();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a build")]
        let milliseconds = (self.report.rebuild_seconds * 1000.0) as u64;
        let publish = || self.store(artifact_path).publish(&staging, listed, milliseconds);
        let published = message::while_slow(&format!("publishing {}", self.subject()), publish);
        self.report.rebuild_seconds += begun.elapsed().as_secs_f64();
        if let Err(error) = published {
            self.warn_unwritable(&error);
            if staging.files().is_dir() {
                return self.keep_private(staging, error.to_string());
            }
            return self.build_in_private(error.to_string());
        }
        if is_forced {
            self.process.run.write(FORCED, &self.note(artifact_path), &true);
        }
        self.process.run.remove(FAILURES, &self.note(artifact_path));
        self.process.run.remove(FETCHED, &self.note(artifact_path));
        Ok(Built::Published)
    }

    /// Returns a reason if the key no longer says what it was built from.
    fn changed_meanwhile(&self) -> Option<String> {
        let changed = match self.session.repo.is_unchanged() {
            Ok(true) => inputs::changed(self.process, &self.resolved_key.inputs)
                .or_else(|| code::changed(&self.resolved_key.files))?,
            Ok(false) => "the repository".to_owned(),
            Err(error) => {
                return Some(format!("the repository cannot be read again after the build: {}", error.report_line()));
            }
        };
        Some(format!("{changed} changed while it was being read"))
    }

    /// Loads what was just published: the test is given what every later one will be given.
    pub(super) fn load_published(&mut self, artifact_path: &ArtifactPath) -> Result<Loaded, Error> {
        let begun = Instant::now();
        let why = match self.store(artifact_path).open() {
            Found::Ready(entry) => return self.load_new(entry, begun),
            Found::Packed(..) => "its files were changed".to_owned(),
            Found::Missing(miss) => miss.to_string(),
        };
        let (subject, cache) = (self.subject(), self.process.config.cache_dir.display());
        message::warn_once(&format!(
            "{subject} was published and then could not be found: {why}; is something else at work in {cache}? It is built again"
        ));
        self.build_privately("it was gone as soon as it was published".to_owned())
    }

    /// Loads what this run has just built. If it does not load, this test fails, and others may try.
    fn load_new(&mut self, mut entry: Entry, begun: Instant) -> Result<Loaded, Error> {
        let loaded = self.load_files(&mut entry);
        let (value, elsewhere) = loaded.inspect_err(|_| self.failed(self.report.rebuild_seconds))?;
        self.add_restore(begun, elsewhere);
        self.report.bytes = entry.manifest.bytes();
        Ok(self.loaded(value, Origin::Entry(Box::new(entry))))
    }

    /// Builds it outside of the cache, for this process alone.
    pub(super) fn build_privately(&mut self, reason: String) -> Result<Loaded, Error> {
        match self.build_in_private(reason)? {
            Built::Private(staging) => self.use_private(staging),
            Built::Unsaved(value) => Ok(self.loaded(value, Origin::Nowhere)),
            Built::Published => unreachable!("a private build publishes nothing"),
        }
    }

    pub(super) fn build_in_private(&mut self, reason: String) -> Result<Built, Error> {
        let (value, staging) = self.build(self.private_staging()?).map_err(|failed| *failed.error)?;
        self.bypassed(reason);
        Ok(staging.map_or_else(|| Built::Unsaved(value), Built::Private))
    }

    /// Moves what could not be published out of the cache if it must be.
    fn keep_private(&mut self, staging: Staging, reason: String) -> Result<Built, Error> {
        self.bypassed(reason);
        let staging = match &self.handover {
            Some(place) if !staging.is_below(place) => self.move_to_handover(staging)?,
            _ => staging,
        };
        Ok(Built::Private(staging))
    }

    /// Builds it outside of the cache again, for a test that asked for a copy of its own.
    pub(in crate::api::session) fn build_again(mut self) -> Result<(Value, ArtifactReport), Error> {
        let (value, staging) = self.build(Staging::private()?).map_err(|failed| *failed.error)?;
        let Some(staging) = staging else { return Ok((value, self.report)) };
        let (value, _) = self.loading().load(&staging.files(), false)?;
        // As those of any artifact, its files stay until the process ends: it may have mapped them.
        std::mem::forget(staging);
        Ok((value, self.report))
    }

    /// Loads what lies in a directory of this process alone.
    pub(super) fn use_private(&mut self, staging: Staging) -> Result<Loaded, Error> {
        let begun = Instant::now();
        let (value, elsewhere) = self.loading().load(&staging.files(), false)?;
        self.add_restore(begun, elsewhere);
        Ok(self.loaded(value, Origin::Private(staging)))
    }

    pub(super) fn bypassed(&mut self, reason: String) {
        self.report.outcome = Outcome::Bypassed;
        self.report.reason = reason;
    }

    /// Builds and saves into `staging`, or into another directory if there is no room; into none if there is none.
    fn build(&mut self, staging: Staging) -> Result<(Value, Option<Staging>), Failed> {
        let begun = Instant::now();
        let directory = staging.files();
        let call = HookContext::new(&directory, &self.resolved_key.needs);
        let waiting = self.lock.as_ref().and_then(|lock| lock.notice());
        let progress = Progress::new(format!("building {}", self.subject()), waiting);
        let built = guarded(|| self.hooks.build(&call, progress));
        let elsewhere = call.elsewhere();
        let result = match built {
            Ok(value) => self.save(value, staging),
            Err(error) => {
                let error = failed(self.repo(), self.kind.name, Step::Build, error);
                Err(Failed { error: Box::new(error), place_is_lost: !is_usable(&directory) })
            }
        };
        self.report.rebuild_seconds += begun.elapsed().saturating_sub(elsewhere).as_secs_f64();
        if result.is_err() {
            self.failed(self.report.rebuild_seconds);
        }
        result
    }

    /// Notes how long a failed build took.
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
            Err(error) => {
                return Err(Failed { error: Box::new(error), place_is_lost: !is_usable(&staging.files()) });
            }
        }
        // What was built straight into the first directory is lost with it; what is saved can be saved elsewhere.
        drop(staging);
        match self.private_staging().and_then(|elsewhere| save(&elsewhere).map(|()| elsewhere)) {
            Ok(elsewhere) => Ok((value, Some(elsewhere))),
            Err(error) => {
                self.warn_unwritable(&error);
                Ok((value, None))
            }
        }
    }

    /// Lets the other tests of the run know.
    fn remember(&self, artifact_path: &ArtifactPath, error: &Error) {
        if !is_skip(error) {
            let failure = Failure::new(error, self.report.rebuild_seconds);
            self.process.run.write(FAILURES, &self.note(artifact_path), &failure);
        }
    }

    /// Fails if the build has failed in this run: it is not tried again, except by a retry.
    pub(super) fn check_failures(&self, artifact_path: &ArtifactPath) -> Result<(), Error> {
        match self.failure(artifact_path) {
            Some(failure) => Err(Error::FailedEarlier {
                repo: self.repo().to_owned(),
                artifact: self.kind.name.to_owned(),
                message: failure.message,
            }),
            None => Ok(()),
        }
    }

    /// Returns the build that has failed in this run, unless this is a retry.
    fn failure(&self, artifact_path: &ArtifactPath) -> Option<Failure> {
        let failure: Failure = self.process.run.read(FAILURES, &self.note(artifact_path))?;
        (failure.attempt >= attempt()).then_some(failure)
    }
}

/// Returns `true` if a file can be made and written to in the directory.
fn is_usable(directory: &Path) -> bool {
    tempfile::tempfile_in(directory).and_then(|mut file| file.write_all(b"probe")).is_ok()
}

impl Failure {
    pub(super) fn new(error: &Error, seconds: f64) -> Failure {
        let help = error.help().unwrap_or_default();
        Failure { message: error.report(), help, seconds, attempt: attempt() }
    }
}

/// Returns nextest's number of the attempt, which starts at 1.
fn attempt() -> u32 {
    std::env::var("NEXTEST_ATTEMPT").ok().and_then(|attempt| attempt.parse().ok()).unwrap_or(1)
}
