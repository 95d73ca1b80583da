//! How one artifact is had: the whole story, top to bottom.

use std::any::TypeId;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::process::Process;
use super::{Loaded, Origin, Session, blank, private_root};
use crate::artifact::{Artifact, Suite};
use crate::config::{Mode, OnMiss};
use crate::context::{BuildContext, LoadContext, Needs, Progress};
use crate::error::{BoxError, Error, Result, Step};
use crate::key::Recipe;
use crate::layout::Slot;
use crate::lock::{Acquired, BuildLock};
use crate::manifest::Manifest;
use crate::message;
use crate::store::{Entry, Found, Lease, Miss, Staging, Store};
use crate::telemetry::{ArtifactReport, Outcome};

/// Kinds of notes in a run.
const FORCED: &str = "forced";
const FAILURES: &str = "failures";

/// One artifact being had for one session.
pub(super) struct Obtain<'a, S: Suite> {
    session: &'a Session<S>,
    process: &'static Process,
    recipe: Recipe,
    report: ArtifactReport,
}

/// What a look into the cache gave.
enum Look<A> {
    Restored(A, Entry),
    Packed(Manifest, Lease),
    Missing(Miss),
}

/// A build that failed, for the other processes of the run.
#[derive(Serialize, Deserialize)]
struct Failure {
    message: String,
    /// nextest's number of the attempt: a retry is a wish to try again.
    attempt: u32,
}

impl<'a, S: Suite> Obtain<'a, S> {
    pub(super) fn new(session: &'a Session<S>, recipe: Recipe) -> Obtain<'a, S> {
        Obtain { session, process: session.process, report: blank("", &recipe.key.display(), ""), recipe }
    }

    pub(super) fn run<A: Artifact<S>>(mut self) -> Result<Loaded<A>, Error> {
        A::NAME.clone_into(&mut self.report.artifact);
        if self.process.config.mode == Mode::Off {
            return self.build_privately("SMOKE_CACHE=off".to_owned());
        }
        let slot = Slot { repo: self.repo().to_owned(), entry: self.recipe.key.entry(), artifact: A::NAME };

        if !self.is_forced(&slot) {
            match self.look::<A>(&slot)? {
                Look::Restored(value, entry) => return Ok(self.hit(value, entry)),
                Look::Packed(..) => {}
                Look::Missing(miss) => {
                    self.check_policy::<A>(&miss)?;
                    if let Some(reason) = self.reason_to_bypass(A::NAME, &miss) {
                        return self.build_privately(reason);
                    }
                }
            }
        }

        let lock = match self.lock::<A>(&slot) {
            Ok(Acquired::Locked(held)) => Some(held),
            Ok(Acquired::TimedOut) => {
                let limit = message::seconds(self.process.config.lock_timeout);
                let reason = format!("no lock within {limit}; SMOKE_LOCK_TIMEOUT sets the limit");
                message::warn_once(&format!("{}: {reason}; building without the cache", self.subject(A::NAME)));
                return self.build_privately(reason);
            }
            Err(error) => {
                self.warn_unwritable(&error);
                None
            }
        };
        // Somebody else may have built it while this process waited.
        let miss = match self.look_again::<A>(&slot, lock.is_some())? {
            Ok((value, entry)) => return Ok(self.hit(value, entry)),
            Err(miss) => miss,
        };
        if lock.is_none() {
            return self.build_privately(miss.to_string());
        }
        if let Some(reason) = self.reason_to_bypass(A::NAME, &miss) {
            return self.build_privately(reason);
        }
        self.build_and_publish(&slot, &miss)
    }

    fn repo(&self) -> &str {
        self.session.repo.name()
    }

    /// For messages: `graph` of django.
    fn subject(&self, artifact: &str) -> String {
        format!("`{artifact}` of {}", self.repo())
    }

    fn store<'s, A: Artifact<S>>(&'s self, slot: &Slot) -> Store<'s> {
        Store {
            layout: &self.process.layout,
            run: self.process.run,
            slot: slot.clone(),
            key: &self.recipe.key,
            storage: A::STORAGE,
        }
    }

    /// Whether this run has still to rebuild it.
    fn is_forced(&self, slot: &Slot) -> bool {
        let config = self.process.config;
        config.mode == Mode::ReadWrite
            && config.force.covers(self.repo())
            && self.process.run.read::<bool>(FORCED, &self.note(slot)).is_none()
    }

    /// The name of this artifact's notes in the run.
    fn note(&self, slot: &Slot) -> String {
        format!("{}-{}-{}", slot.repo, slot.artifact, self.recipe.key.digest())
    }

    /// Restores it if it is there and whole.
    fn look<A: Artifact<S>>(&mut self, slot: &Slot) -> Result<Look<A>, Error> {
        let begun = Instant::now();
        let look = match self.store::<A>(slot).open() {
            Found::Ready(entry) => match load::<S, A>(self.session, &self.recipe, &entry.directory) {
                Ok((value, elsewhere)) => {
                    self.add_restore(begun, elsewhere);
                    return Ok(Look::Restored(value, entry));
                }
                Err(error) if is_skip(&error) => return Err(error),
                Err(error) => Look::Missing(Miss::Damaged(format!("it does not load: {}", innermost(&error)))),
            },
            Found::Packed(manifest, lease) => Look::Packed(manifest, lease),
            Found::Missing(miss) => Look::Missing(miss),
        };
        self.add_restore(begun, Duration::ZERO);
        Ok(look)
    }

    /// A look under the lock, where an archive may be unpacked. The inner error says why it has to be built.
    fn look_again<A: Artifact<S>>(&mut self, slot: &Slot, locked: bool) -> Result<Result<(A, Entry), Miss>, Error> {
        if self.is_forced(slot) {
            return Ok(Err(Miss::Absent("forced by SMOKE_FORCE_REBUILD".to_owned())));
        }
        match self.look::<A>(slot)? {
            Look::Restored(value, entry) => Ok(Ok((value, entry))),
            Look::Missing(miss) => Ok(Err(miss)),
            Look::Packed(manifest, lease) => {
                let unpacked = self.unpack::<A>(slot, manifest, lease, locked)?;
                if let Err(miss) = &unpacked {
                    self.check_policy::<A>(miss)?;
                }
                Ok(unpacked)
            }
        }
    }

    fn add_restore(&mut self, begun: Instant, elsewhere: Duration) {
        self.report.restore_seconds += begun.elapsed().saturating_sub(elsewhere).as_secs_f64();
    }

    /// It was there, from an earlier run or from this one.
    fn hit<A: Artifact<S>>(mut self, value: A, entry: Entry) -> Loaded<A> {
        let shared = entry.manifest.run == self.process.run.id();
        self.report.outcome = if shared { Outcome::Shared } else { Outcome::Hit };
        self.report.bytes = entry.manifest.bytes();
        self.loaded(value, Origin::Entry(Box::new(entry)))
    }

    fn loaded<A: Artifact<S>>(self, value: A, origin: Origin) -> Loaded<A> {
        Loaded { value, recipe: self.recipe, report: self.report, origin }
    }

    /// What `SMOKE_ON_MISS` says about it.
    fn check_policy<A: Artifact<S>>(&self, miss: &Miss) -> Result<(), Error> {
        let (repo, artifact, reason) = (self.repo().to_owned(), A::NAME.to_owned(), miss.to_string());
        match self.process.config.on_miss {
            OnMiss::Build => Ok(()),
            OnMiss::Skip => Err(Error::Skipped {
                repo,
                reason: format!("`{artifact}` is not in the cache ({reason}) and SMOKE_ON_MISS=skip"),
            }),
            OnMiss::Fail => Err(Error::NotCached { repo, artifact, reason }),
        }
    }

    /// Why a miss must not be filled for others.
    fn reason_to_bypass(&self, artifact: &str, miss: &Miss) -> Option<String> {
        if let Miss::Foreign(reason) = miss {
            message::warn_once(&format!("{}: {reason}; it is left alone", self.subject(artifact)));
            return Some(reason.clone());
        }
        let read_only = self.process.config.mode == Mode::ReadOnly;
        read_only.then(|| format!("{miss} (SMOKE_CACHE=read-only)"))
    }

    fn lock<A: Artifact<S>>(&mut self, slot: &Slot) -> Result<Acquired, Error> {
        let begun = Instant::now();
        let subject = self.subject(A::NAME);
        let path = self.process.layout.build_lock(slot);
        let test = &self.session.test;
        let acquired = BuildLock::acquire(&path, self.process.config.lock_timeout, |holder, waited| {
            let waited = message::seconds(waited);
            let by = match holder {
                Some(holder) => format!("process {}, at it for {}", holder.pid, message::seconds(holder.elapsed())),
                None => "another process".to_owned(),
            };
            message::progress(&format!("{test} has waited {waited} for {subject}, which is being made by {by}"));
        });
        self.report.wait_seconds += begun.elapsed().as_secs_f64();
        acquired
    }

    fn warn_unwritable(&self, error: &Error) {
        message::warn_once(&format!(
            "the cache at {} cannot be written to, so nothing is kept: {}; make it writable, or point SMOKE_CACHE_DIR \
             elsewhere",
            self.process.config.cache_dir.display(),
            error.report().replace('\n', " "),
        ));
    }

    /// Makes plain files of an archive, in the cache if possible.
    fn unpack<A: Artifact<S>>(
        &mut self,
        slot: &Slot,
        manifest: Manifest,
        lease: Lease,
        in_place: bool,
    ) -> Result<Result<(A, Entry), Miss>, Error> {
        let begun = Instant::now();
        let staging = if in_place { Staging::create(&self.process.layout.staging()) } else { private() };
        let entry = match self.store::<A>(slot).unpack(manifest, lease, staging?, in_place)? {
            Ok(entry) => entry,
            Err(miss) => return Ok(Err(miss)),
        };
        match load::<S, A>(self.session, &self.recipe, &entry.directory) {
            Ok((value, elsewhere)) => {
                self.add_restore(begun, elsewhere);
                Ok(Ok((value, entry)))
            }
            Err(error) if is_skip(&error) => Err(error),
            Err(error) => Ok(Err(Miss::Damaged(format!("it does not load: {}", innermost(&error))))),
        }
    }

    /// The build, under the lock, for every test of this run and later ones.
    fn build_and_publish<A: Artifact<S>>(mut self, slot: &Slot, miss: &Miss) -> Result<Loaded<A>, Error> {
        self.check_failures::<A>(slot)?;
        if matches!(miss, Miss::Damaged(_))
            && let Err(error) = self.store::<A>(slot).set_aside()
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
        let (built, staging) = match self.build::<A>(staging) {
            Ok(built) => built,
            Err(error) if error.is_storage() => {
                self.warn_unwritable(&error);
                return self.build_privately(miss.to_string());
            }
            Err(error) => {
                if !is_skip(&error) {
                    let failure = Failure { message: error.report(), attempt: attempt() };
                    self.process.run.write(FAILURES, &self.note(slot), &failure);
                }
                return Err(error);
            }
        };
        let Some(staging) = staging else {
            // It could be built, but nowhere be saved.
            return Ok(self.loaded(built, Origin::Nowhere));
        };
        drop(built);
        if !self.session.repo.is_unchanged() {
            let reason = "the repository changed while it was being read".to_owned();
            message::warn_once(&format!("{}: {reason}; the result is used once and not kept", self.subject(A::NAME)));
            return self.use_privately(staging, reason);
        }

        let begun = Instant::now();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a build")]
        let milliseconds = (self.report.rebuild_seconds * 1000.0) as u64;
        let published = self.store::<A>(slot).publish(&staging, milliseconds);
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
        self.restore_published(slot)
    }

    /// The test is given what every later one will be given.
    fn restore_published<A: Artifact<S>>(mut self, slot: &Slot) -> Result<Loaded<A>, Error> {
        let begun = Instant::now();
        let entry = match self.store::<A>(slot).open() {
            Found::Ready(entry) => entry,
            Found::Packed(..) => return Err(self.vanished::<A>("its files were changed")),
            Found::Missing(miss) => return Err(self.vanished::<A>(&miss.to_string())),
        };
        let (value, elsewhere) = load::<S, A>(self.session, &self.recipe, &entry.directory)?;
        self.add_restore(begun, elsewhere);
        self.report.bytes = entry.manifest.bytes();
        Ok(self.loaded(value, Origin::Entry(Box::new(entry))))
    }

    fn vanished<A: Artifact<S>>(&self, why: &str) -> Error {
        Error::Message(format!(
            "{} was published and then could not be found: {why}; is something else at work in {}?",
            self.subject(A::NAME),
            self.process.config.cache_dir.display()
        ))
    }

    /// A build outside of the cache, for this process alone.
    fn build_privately<A: Artifact<S>>(mut self, reason: String) -> Result<Loaded<A>, Error> {
        let (value, staging) = self.build::<A>(private()?)?;
        let Some(staging) = staging else {
            self.bypassed(reason);
            return Ok(self.loaded(value, Origin::Nowhere));
        };
        drop(value);
        self.use_privately(staging, reason)
    }

    /// Loads what lies in a directory of this process alone.
    fn use_privately<A: Artifact<S>>(mut self, staging: Staging, reason: String) -> Result<Loaded<A>, Error> {
        let begun = Instant::now();
        let (value, elsewhere) = load::<S, A>(self.session, &self.recipe, &staging.files())?;
        self.add_restore(begun, elsewhere);
        self.bypassed(reason);
        Ok(self.loaded(value, Origin::Private(staging)))
    }

    fn bypassed(&mut self, reason: String) {
        self.report.outcome = Outcome::Bypassed;
        self.report.reason = reason;
    }

    /// Builds and saves into `staging`, or into another directory if there is no room; into none if there is none.
    fn build<A: Artifact<S>>(&mut self, staging: Staging) -> Result<(A, Option<Staging>), Error> {
        let begun = Instant::now();
        let subject = self.subject(A::NAME);
        let directory = staging.files();
        let cx = BuildContext {
            needs: Needs::new(self.session, A::NAME, &self.recipe.needs),
            dir: &directory,
            progress: Progress::new(format!("building {subject}")),
        };
        let built = guarded(|| A::build(&cx));
        let elsewhere = cx.needs.spent();
        let result =
            built.map_err(|error| self.failed::<A>(Step::Build, error)).and_then(|value| self.save(value, staging));
        self.report.rebuild_seconds += begun.elapsed().saturating_sub(elsewhere).as_secs_f64();
        result
    }

    fn save<A: Artifact<S>>(&self, value: A, staging: Staging) -> Result<(A, Option<Staging>), Error> {
        let save = |staging: &Staging| {
            guarded(|| value.save(&staging.files())).map_err(|error| self.failed::<A>(Step::Save, error))
        };
        match save(&staging) {
            Ok(()) => return Ok((value, Some(staging))),
            Err(error) if error.is_storage() => self.warn_unwritable(&error),
            Err(error) => return Err(error),
        }
        // What was built straight into the first directory is lost with it; what is saved can be saved elsewhere.
        drop(staging);
        match private().and_then(|elsewhere| save(&elsewhere).map(|()| elsewhere)) {
            Ok(elsewhere) => Ok((value, Some(elsewhere))),
            Err(error) => {
                self.warn_unwritable(&error);
                Ok((value, None))
            }
        }
    }

    fn failed<A: Artifact<S>>(&self, step: Step, error: BoxError) -> Error {
        failed(self.repo(), A::NAME, step, error)
    }

    /// A build that has failed in this run is not tried again, except by a retry.
    fn check_failures<A: Artifact<S>>(&self, slot: &Slot) -> Result<(), Error> {
        match self.process.run.read::<Failure>(FAILURES, &self.note(slot)) {
            Some(failure) if failure.attempt >= attempt() => Err(Error::FailedEarlier {
                repo: self.repo().to_owned(),
                artifact: A::NAME.to_owned(),
                message: failure.message,
            }),
            _ => Ok(()),
        }
    }
}

/// Loads an artifact; also how much of the time was spent on those that it needs.
pub(super) fn load<S: Suite, A: Artifact<S>>(
    session: &Session<S>,
    recipe: &Recipe,
    directory: &Path,
) -> Result<(A, Duration), Error> {
    let needs: &[TypeId] = &recipe.needs;
    let cx = LoadContext { needs: Needs::new(session, A::NAME, needs), dir: directory };
    let loaded = guarded(|| A::load(&cx)).map_err(|error| failed(session.repo.name(), A::NAME, Step::Load, error))?;
    Ok((loaded, cx.needs.spent()))
}

fn failed(repo: &str, artifact: &str, step: Step, error: BoxError) -> Error {
    match error.downcast::<Error>() {
        // A need that was skipped skips what needs it.
        Ok(error) if is_skip(&error) => *error,
        Ok(error) => Error::Fixture { repo: repo.to_owned(), artifact: artifact.to_owned(), step, source: error },
        Err(source) => Error::Fixture { repo: repo.to_owned(), artifact: artifact.to_owned(), step, source },
    }
}

fn is_skip(error: &Error) -> bool {
    matches!(error, Error::Skipped { .. })
}

/// The last cause, for one line.
fn innermost(error: &Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// Makes an error of a panic, so that a fixture that panics is not taken for the panic that a test waits for.
fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(format!("it panicked: {}", text.unwrap_or_else(|| "with something other than a message".to_owned())).into())
    })
}

fn private() -> Result<Staging, Error> {
    Staging::create(&private_root())
}

/// nextest counts the attempts at a test from 1.
fn attempt() -> u32 {
    std::env::var("NEXTEST_ATTEMPT").ok().and_then(|attempt| attempt.parse().ok()).unwrap_or(1)
}
