//! The build of an artifact: for all tests, or for this process alone.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::calls::{failed, guarded};
use super::fetch::{FETCHED, record, upload};
use super::stopwatch::Stopwatch;
use super::{ArtifactRequest, FORCED, Step, environment};
use crate::api::context::Progress;
use crate::api::session::dyn_artifact::{HookContext, Value};
use crate::api::session::{Loaded, Origin, Spare};
use crate::api::session::{code, inputs};
use crate::audit::cover::Mark;
use crate::error::{Error, Step as Hook};
use crate::key::repo::Repo;
use crate::message;
use crate::store::manifest::{Environment, ListedFile};
use crate::store::{Found, Miss, Staging, list};
use crate::telemetry::{Activity, ArtifactReport, Outcome};

/// The result of a build.
pub(super) enum Built {
    Published,
    /// The files are in this directory, for the reason in the report.
    Private(Staging),
    /// No directory could keep the files, for the reason in the report.
    Unsaved(Value),
}

/// The result of `build` and `save`.
pub(super) enum Saved {
    In(Staging),
    /// No directory could keep the files.
    Nowhere(Value),
}

/// A failed call of `build` or `save`.
pub(super) struct FailedCall {
    error: Box<Error>,
    /// The directory for its files is gone or not writable, so the call is not to blame.
    is_directory_lost: bool,
}

impl FailedCall {
    pub(super) fn new(error: Error) -> FailedCall {
        FailedCall { error: Box::new(error), is_directory_lost: false }
    }
}

impl ArtifactRequest<'_> {
    /// Builds the artifact: in a builder process, or else in this one.
    pub(super) fn build(&mut self, miss: &Miss) -> Step<Loaded> {
        if self.is_detached() { self.build_detached(miss) } else { self.build_here(miss) }
    }

    /// Builds the artifact in this process, unless another machine builds it.
    pub(super) fn build_here(&mut self, miss: &Miss) -> Step<Loaded> {
        self.wait_for_lease(miss)?;
        Ok(self.build_for_all(miss)?)
    }

    /// Builds and publishes the artifact under the build lock, and loads it.
    pub(super) fn build_for_all(&mut self, miss: &Miss) -> Result<Loaded, Error> {
        match self.build_and_publish(miss)? {
            Built::Published => {
                let remote = self.remote.take();
                let mut loaded = self.load_published()?;
                // Other tests must not wait for the upload.
                self.lock = None;
                if let (Some(mut remote), Origin::Entry(entry)) = (remote, &loaded.origin) {
                    let replace = self.report.outcome == Outcome::Forced;
                    upload(&mut remote, &self.store, &entry.manifest, replace);
                    record(&remote, &mut loaded.report);
                }
                Ok(loaded)
            }
            Built::Private(staging) => self.use_private(staging),
            Built::Unsaved(value) => Ok(self.loaded(Spare { value, copy: None }, Origin::Nowhere)),
        }
    }

    /// Builds and publishes the artifact under the build lock. The caller loads it.
    pub(super) fn build_and_publish(&mut self, miss: &Miss) -> Result<Built, Error> {
        self.check_failures()?;
        if matches!(miss, Miss::Damaged(_))
            && let Err(error) = self.store.set_aside()
        {
            self.warn_unwritable(&error);
        }
        let reason = self.store.explain(miss);
        self.report.outcome = if self.is_forced { Outcome::Forced } else { Outcome::Built };
        self.report.reason.clone_from(&reason);

        let staging = match Staging::create(&self.process.layout.staging()) {
            Ok(staging) => staging,
            Err(error) => return self.build_outside_of_the_cache(&error, reason),
        };
        let staging = match self.call_build_and_save(staging) {
            Ok(Saved::In(staging)) => staging,
            Ok(Saved::Nowhere(value)) => {
                self.bypassed(reason);
                return Ok(Built::Unsaved(value));
            }
            // The file system is full, or another process has removed the cache.
            Err(FailedCall { error, is_directory_lost }) if error.is_storage() || is_directory_lost => {
                return self.build_outside_of_the_cache(&error, reason);
            }
            Err(FailedCall { error, .. }) => {
                self.record_failure(&error);
                return Err(*error);
            }
        };
        if let Some(reason) = self.changed_meanwhile() {
            message::warn_once(&format!("{}: {reason}; the result is used once and not kept", self.subject()));
            return self.keep_private(staging, reason);
        }
        let listed = match list(&staging.files()) {
            Ok(listed) => listed,
            Err(error) if matches!(error, Error::Io { .. }) => {
                return self.build_outside_of_the_cache(&error, error.to_string());
            }
            Err(error) => {
                let error = failed(self.repo(), self.meta.name, Hook::Save, Box::new(error));
                self.record_failure(&error);
                return Err(error);
            }
        };
        if !staging.is_below(&self.process.layout.staging()) {
            return self.keep_private(staging, "there was no room in the cache to save it".to_owned());
        }
        self.publish(staging, listed)
    }

    fn build_outside_of_the_cache(&mut self, error: &Error, reason: String) -> Result<Built, Error> {
        self.warn_unwritable(error);
        self.build_in_private(reason)
    }

    /// Publishes the files of `staging`. Without write access to the cache they stay private.
    fn publish(&mut self, staging: Staging, listed: Vec<ListedFile>) -> Result<Built, Error> {
        let watch = Stopwatch::start();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a build")]
        let milliseconds = (self.report.rebuild_seconds * 1000.0) as u64;
        let published = message::while_slow(&format!("publishing {}", self.subject()), || {
            let dependencies = self.session.stored_among(&self.resolved_key.needs);
            let environment = Environment { dependencies, ..environment::of_this_process() };
            let origin = (self.process.config.project(), environment);
            self.store.publish(&staging, listed, milliseconds, self.report.metrics.clone(), origin)
        });
        watch.record(&mut self.report, Activity::Build);
        if let Err(error) = published {
            if staging.files().is_dir() {
                self.warn_unwritable(&error);
                return self.keep_private(staging, error.to_string());
            }
            return self.build_outside_of_the_cache(&error, error.to_string());
        }
        if self.is_forced {
            self.process.run.write(FORCED, &self.note(), &true);
        }
        self.forget_failure();
        self.process.run.remove(FETCHED, &self.note());
        Ok(Built::Published)
    }

    /// Returns a reason if a key input changed during the build.
    pub(super) fn changed_meanwhile(&self) -> Option<String> {
        let changed = match self.session.repo_of(&self.meta).map_or(Ok(true), Repo::is_unchanged) {
            Ok(true) => inputs::changed(self.process, &self.resolved_key.inputs)
                .or_else(|| code::changed(&self.resolved_key.files))?,
            Ok(false) => "the repository".to_owned(),
            Err(error) => {
                return Some(format!("the repository cannot be read again after the build: {}", error.report_line()));
            }
        };
        Some(format!("{changed} changed while it was being read"))
    }

    /// Loads the published files: the test that builds gets the same as every later one.
    pub(super) fn load_published(&mut self) -> Result<Loaded, Error> {
        let watch = Stopwatch::start();
        let reason = match self.store.open() {
            Found::Ready(entry) => {
                // If it does not load, this test fails. Other tests may be able to load it.
                let loaded = self.load_files(&entry);
                let loaded = loaded.inspect_err(|_| self.failed_build_seconds = self.report.rebuild_seconds)?;
                watch.record_without(&mut self.report, Activity::Restore, loaded.time_in_dependencies);
                self.report.bytes = entry.manifest.bytes();
                self.report.metrics.clone_from(&entry.manifest.metrics);
                return Ok(self.loaded(loaded.into(), Origin::Entry(Box::new(entry))));
            }
            Found::Packed(..) => "its files were changed".to_owned(),
            Found::Missing(miss) => self.store.explain(&miss),
        };
        let (subject, cache) = (self.subject(), self.process.config.cache_dir.display());
        message::warn_once(&format!(
            "{subject} was published and is missing: {reason}; it is built again\n\
             help: check whether another program changes {cache}"
        ));
        self.build_privately("it disappeared as soon as it was published".to_owned())
    }

    /// Builds the artifact outside of the cache, for this process alone.
    pub(super) fn build_privately(&mut self, reason: String) -> Result<Loaded, Error> {
        match self.build_in_private(reason)? {
            Built::Private(staging) => self.use_private(staging),
            Built::Unsaved(value) => Ok(self.loaded(Spare { value, copy: None }, Origin::Nowhere)),
            Built::Published => unreachable!("a private build publishes nothing"),
        }
    }

    pub(super) fn build_in_private(&mut self, reason: String) -> Result<Built, Error> {
        self.report.reason.clone_from(&reason);
        let saved = self.call_build_and_save(self.private_staging()?).map_err(|failed| *failed.error)?;
        self.bypassed(reason);
        Ok(match saved {
            Saved::In(staging) => Built::Private(staging),
            Saved::Nowhere(value) => Built::Unsaved(value),
        })
    }

    /// Keeps files that cannot be published. A builder process moves them to the directory that its test reads.
    fn keep_private(&mut self, staging: Staging, reason: String) -> Result<Built, Error> {
        self.bypassed(reason);
        let staging = match &self.handover {
            Some(directory) if !staging.is_below(directory) => self.move_to_handover(&staging)?,
            _ => staging,
        };
        Ok(Built::Private(staging))
    }

    /// Builds the artifact outside of the cache once more, for a caller that consumes the value.
    pub(in crate::api::session) fn build_again(mut self) -> Result<(Value, ArtifactReport), Error> {
        match self.save_again()? {
            Saved::Nowhere(value) => Ok((value, self.report)),
            Saved::In(staging) => {
                let loaded = self.loading().load(&staging.files(), false)?;
                // The process may have mapped the files: they stay until it ends.
                std::mem::forget(staging);
                Ok((loaded.value, self.report))
            }
        }
    }

    /// Builds the artifact outside of the cache once more, and returns its files.
    pub(super) fn files_again(&mut self) -> Result<Staging, Error> {
        match self.save_again()? {
            Saved::In(staging) => Ok(staging),
            Saved::Nowhere(_) => {
                let error = Error::Message("no directory has room for a private copy of its files".to_owned());
                Err(error.about(self.repo(), self.meta.name, Hook::Store))
            }
        }
    }

    fn save_again(&mut self) -> Result<Saved, Error> {
        self.call_build_and_save(Staging::private()?).map_err(|failed| *failed.error)
    }

    /// Loads files that only this process uses.
    pub(super) fn use_private(&mut self, staging: Staging) -> Result<Loaded, Error> {
        let watch = Stopwatch::start();
        let loaded = self.loading().load_private(&staging.files())?;
        watch.record_without(&mut self.report, Activity::Restore, loaded.time_in_dependencies);
        Ok(self.loaded(loaded.into(), Origin::Private(staging)))
    }

    fn bypassed(&mut self, reason: String) {
        self.report.outcome = Outcome::Bypassed;
        self.report.reason = reason;
    }

    /// Calls `build` and `save`. If there is no room in `staging`, another directory keeps the files, or none.
    fn call_build_and_save(&mut self, staging: Staging) -> Result<Saved, FailedCall> {
        // A private builder process builds the artifact itself.
        if self.meta.is_hermetic && self.limits.is_none() {
            return self.build_hermetically(staging);
        }
        self.confine().map_err(FailedCall::new)?;
        let watch = Stopwatch::start();
        let directory = staging.files();
        let time_in_dependencies = Arc::default();
        self.announce(&self.report.reason.clone(), Arc::clone(&time_in_dependencies));
        let context = HookContext { time_in_dependencies, ..HookContext::new(&directory, &self.resolved_key.needs) };
        let waiting = self.lock.as_ref().and_then(|lock| lock.notice());
        let progress = Progress::new(format!("building {}", self.subject()), waiting);
        Mark::Begin.set();
        let built = guarded(|| {
            let value = self.artifact.build(&context, progress)?;
            Ok((value, context.metrics.take()?))
        });
        let time_in_dependencies = context.time_in_dependencies();
        let result = match built {
            Ok((value, metrics)) => {
                self.report.metrics = metrics;
                self.call_save(value, staging)
            }
            Err(error) => {
                let error = failed(self.repo(), self.meta.name, Hook::Build, error);
                Err(FailedCall { error: Box::new(error), is_directory_lost: !is_usable(&directory) })
            }
        };
        Mark::End.set();
        watch.record_without(&mut self.report, Activity::Build, time_in_dependencies);
        if result.is_err() {
            self.failed_build_seconds = self.report.rebuild_seconds;
        }
        result
    }

    fn call_save(&self, value: Value, staging: Staging) -> Result<Saved, FailedCall> {
        let save = |staging: &Staging| {
            guarded(|| self.artifact.save(&value, &staging.files()))
                .map_err(|error| failed(self.repo(), self.meta.name, Hook::Save, error))
        };
        match save(&staging) {
            Ok(()) => return Ok(Saved::In(staging)),
            Err(error) if error.is_storage() => self.warn_unwritable(&error),
            Err(error) => {
                return Err(FailedCall { error: Box::new(error), is_directory_lost: !is_usable(&staging.files()) });
            }
        }
        // Files that `build` wrote into the first directory are lost with it. `save` can write to another one.
        drop(staging);
        match self.private_staging().and_then(|other| save(&other).map(|()| other)) {
            Ok(other) => Ok(Saved::In(other)),
            Err(error) => {
                self.warn_unwritable(&error);
                Ok(Saved::Nowhere(value))
            }
        }
    }
}

/// Returns `true` if a file can be created in the directory and written to.
fn is_usable(directory: &Path) -> bool {
    tempfile::tempfile_in(directory).and_then(|mut file| file.write_all(b"probe")).is_ok()
}
