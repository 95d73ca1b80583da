//! The part of a session that does not depend on its suite.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;

use super::code;
use super::dyn_artifact::{ArtifactMeta, DynArtifact, Value};
use super::in_progress::{self, Entered};
use super::inputs;
use super::process::{self, Process};
use super::request::{self, ArtifactRequest, Builder, FailedRequest, Loading};
use super::walk::{Purpose, Walk};
use super::{Loaded, Origin};
use crate::api::scratch::{Copies, PrivateCopy};
use crate::config::StopAfter;
use crate::error::{Error, Step};
use crate::key::repo::Repo;
use crate::key::{Declared, ResolvedKey};
use crate::name::NO_REPO;
use crate::ordered;
use crate::own_thread::on_own_thread;
use crate::panic::catch_panic;
use crate::telemetry::{
    Activity, ArtifactReport, CacheReport, InFlight, KeyFailure, KeyReport, Outcome, append_key, next_number,
};

/// A test, its repository, and its artifacts. Reports what the cache did when it is dropped.
pub(super) struct SessionInner {
    pub(super) process: &'static Process,
    pub(super) test: String,
    /// The attribute generated the test: its parameters name its artifacts, and its body runs after they are loaded.
    is_of_attribute: bool,
    /// The artifacts of all parameters are loaded.
    is_set_up: OnceCell<()>,
    /// The number of the test among the tests of this process.
    number: u32,
    in_flight: Option<InFlight>,
    /// `None` for a test without a repository.
    repo: Option<Repo>,
    /// The artifacts so far, so that a repeated request costs nothing.
    obtained: Mutex<HashMap<TypeId, &'static Loaded>>,
    reports: Mutex<Vec<ArtifactReport>>,
    report: OnceCell<CacheReport>,
    /// The test has the session itself and may request more artifacts, so it reports at its end.
    deferred: OnceCell<()>,
    emitted: OnceCell<()>,
    in_runtime: OnceCell<()>,
    pub(super) copies: Arc<Copies>,
}

impl SessionInner {
    pub(super) fn open(test: String, repo: Option<&str>, is_of_attribute: bool) -> Result<SessionInner, Error> {
        let process = Process::get()?;
        let name = repo.unwrap_or(NO_REPO);
        let number = next_number();
        let record = |artifact| CacheReport::new(process.run, number, &test, name, vec![artifact]);
        let reports = is_reported(process);
        let in_flight = if reports {
            InFlight::begin(process.run, &record(interrupted()))
        } else if is_of_attribute && stops_at_keys(process) {
            InFlight::begin_keys(process.run, number, &KeyFailure::interrupted(&test, name))
        } else {
            None
        };
        match SessionInner::open_repo(process, repo) {
            Ok(repo) => Ok(SessionInner {
                process,
                copies: Arc::new(Copies::new(&test, process.run.id())),
                test,
                is_of_attribute,
                is_set_up: OnceCell::new(),
                number,
                in_flight,
                repo,
                obtained: Mutex::default(),
                reports: Mutex::default(),
                report: OnceCell::new(),
                deferred: OnceCell::new(),
                emitted: OnceCell::new(),
                in_runtime: OnceCell::new(),
            }),
            Err(error) => {
                if reports {
                    record(without_artifact("", "", &error)).emit(process.run);
                }
                if !is_of_attribute {
                    record_key_failure(&test, is_of_attribute, name, None, &error);
                }
                in_flight.inspect(InFlight::end);
                Err(error)
            }
        }
    }

    fn open_repo(process: &'static Process, repo: Option<&str>) -> Result<Option<Repo>, Error> {
        let name = repo.unwrap_or(NO_REPO);
        if process.config.left_out.iter().any(|left_out| left_out == name) {
            let reason = "SMOKE_LEAVE_OUT names it".to_owned();
            return Err(Error::Skipped { repo: name.to_owned(), reason });
        }
        repo.map(|repo| Repo::open(process.config, process.run, repo)).transpose()
    }

    /// Returns the repository of the test.
    pub(super) fn repo(&self) -> Option<&Repo> {
        self.repo.as_ref()
    }

    /// Returns the name of the repository of the test; `-` without one.
    pub(super) fn repo_name(&self) -> &str {
        self.repo.as_ref().map_or(NO_REPO, Repo::name)
    }

    /// Returns the repository that an artifact is built from.
    pub(super) fn repo_of(&self, meta: &ArtifactMeta) -> Option<&Repo> {
        self.repo.as_ref().filter(|_| meta.uses_repo)
    }

    /// Returns the name of the repository that an artifact is built from; `-` without one.
    pub(super) fn repo_name_of(&self, meta: &ArtifactMeta) -> &str {
        self.repo_of(meta).map_or(NO_REPO, Repo::name)
    }

    /// Returns the value that all requests of this process share.
    pub(super) fn shared(&self, artifact: &dyn DynArtifact) -> Result<&'static Value, Error> {
        let loaded = self.obtain(artifact)?;
        loaded.shared.get_or_try_init(|| self.value_of(loaded, artifact))
    }

    /// Returns the artifacts among `needs` that this session has from the cache, each with the digest of its manifest.
    pub(super) fn stored_among(&self, needs: &[TypeId]) -> BTreeMap<String, String> {
        let obtained = lock(&self.obtained);
        let stored = needs.iter().filter_map(|need| match &obtained.get(need)?.origin {
            Origin::Entry(entry) => Some((entry.manifest.artifact.clone(), entry.manifest.digest().to_owned())),
            _ => None,
        });
        ordered::collect(stored)
    }

    /// Returns a value that the caller owns.
    pub(super) fn owned(&self, artifact: &dyn DynArtifact) -> Result<Value, Error> {
        let loaded = self.obtain(artifact)?;
        self.value_of(loaded, artifact)
    }

    /// Returns a value that is loaded from a private copy of the files.
    pub(super) fn scratch(&self, artifact: &dyn DynArtifact) -> Result<(Value, PrivateCopy), Error> {
        let loaded = self.obtain(artifact)?;
        let (value, files) = if let Some(copy) = loaded.take_copy() {
            copy
        } else {
            let request = ArtifactRequest::new(self, artifact, loaded.resolved_key.clone());
            let (value, files, again) = self.outside_of_runtime(|| request.load_copy(&loaded.origin))?;
            self.add_time(again);
            (value, files)
        };
        Ok((value, PrivateCopy::new(files, artifact.meta().name, Arc::clone(&self.copies))))
    }

    /// Returns the value that was loaded with the artifact, to the first caller. Later callers get a value that is
    /// loaded from the files, or built again if the files are gone.
    fn value_of(&self, loaded: &'static Loaded, artifact: &dyn DynArtifact) -> Result<Value, Error> {
        if let Some(value) = loaded.take() {
            return Ok(value);
        }
        let begun = Instant::now();
        let (value, again) =
            self.outside_of_runtime(|| match loaded.origin.directory().filter(|directory| directory.is_dir()) {
                Some(directory) => {
                    let loading = Loading {
                        process: self.process,
                        artifact,
                        repo: self.repo_name_of(&artifact.meta()),
                        needs: &loaded.resolved_key.needs,
                    };
                    // The files may be those of a later build by now, so they are not verified.
                    let files = loading.load_stored(&directory, loaded.origin.stored_files(), false)?;
                    // The process may have mapped the files: they stay until it ends.
                    std::mem::forget(files.private);
                    let mut again = loaded.report.again();
                    again.spend(Activity::Restore, begun, files.time_in_dependencies);
                    Ok((files.value, again))
                }
                // No directory could keep the files, or the cache was removed.
                None => ArtifactRequest::new(self, artifact, loaded.resolved_key.clone()).build_again(),
            })?;
        self.add_time(again);
        Ok(value)
    }

    /// Adds the time of another load or build to the record of an artifact.
    fn add_time(&self, again: ArtifactReport) {
        let mut reports = lock(&self.reports);
        if let Some(report) = reports.iter_mut().find(|report| is_same(report, &again)) {
            report.add_times(again);
        }
    }

    /// Obtains an artifact, once in this process, and records the outcome. Every request comes through here.
    fn obtain(&self, artifact: &dyn DynArtifact) -> Result<&'static Loaded, Error> {
        let meta = artifact.meta();
        if let Some(loaded) = lock(&self.obtained).get(&meta.artifact) {
            return Ok(loaded);
        }
        let resolved_key =
            self.resolved_key(artifact).inspect_err(|error| self.record(without_artifact(meta.name, "", error)))?;
        let key = resolved_key.key.display();
        let cell = process::cell(&meta, &resolved_key.key);
        let _entered = self.enter(artifact, &resolved_key)?;
        let begun = Instant::now();
        let mut first = false;
        let result = cell.get_or_try_init(|| {
            first = true;
            self.outside_of_runtime(|| ArtifactRequest::new(self, artifact, resolved_key).run())
        });
        match result {
            Ok(loaded) => {
                let report = if first { loaded.report.clone() } else { waited(&loaded.report, begun) };
                let verified = self
                    .verify(artifact, loaded)
                    .and_then(|verified| self.audit_all(artifact, loaded).map(|()| verified))
                    .inspect_err(|error| self.record(without_artifact(meta.name, &key, error)))?;
                self.record(ArtifactReport { verified, ..report });
                lock(&self.obtained).insert(meta.artifact, loaded);
                Ok(loaded)
            }
            Err(FailedRequest { error, build_seconds: rebuild_seconds, spans }) => {
                let error = error.about(self.repo_name_of(&meta), meta.name, Step::Store);
                self.record(ArtifactReport { rebuild_seconds, spans, ..without_artifact(meta.name, &key, &error) });
                Err(error)
            }
        }
    }

    /// Fails if this thread obtains the artifact already: it would wait for itself.
    fn enter(&self, artifact: &dyn DynArtifact, resolved_key: &ResolvedKey) -> Result<Entered, Error> {
        let meta = artifact.meta();
        in_progress::enter(process::cell(&meta, &resolved_key.key)).map_err(|in_progress::Cycle| {
            let error = Error::Message(format!(
                "`{0}` is requested by the thread that builds or loads it\n\
                 help: do not request `{0}` in its own `build` or `load`",
                meta.name
            ));
            error.about(self.repo_name_of(&meta), meta.name, Step::Build)
        })
    }

    /// Visits the artifact and its dependencies.
    pub(super) fn visit(&self, artifact: &dyn DynArtifact, walk: &mut Walk) -> Result<(), Error> {
        if !walk.enter(artifact.meta().artifact) {
            return Ok(());
        }
        if walk.purpose == Purpose::Load {
            return self.obtain(artifact).map(drop);
        }
        let resolved_key = self.resolved_key(artifact)?;
        let visited = match walk.purpose {
            Purpose::Load => Ok(()),
            Purpose::Audit => self.audit(artifact, resolved_key),
            // A stale dependency takes its dependents along, so it comes first.
            Purpose::Verify => {
                let below = artifact.visit_needs(walk);
                return below.and(self.verify_stored(artifact, resolved_key));
            }
            Purpose::Serve => {
                if let Some(builder) = Builder::of_process() {
                    let _entered = self.enter(artifact, &resolved_key)?;
                    builder.serve(self, artifact, resolved_key);
                }
                Ok(())
            }
        };
        visited.and(artifact.visit_needs(walk))
    }

    /// Loads all dependencies of an artifact.
    pub(super) fn load_needs(artifact: &dyn DynArtifact) -> Result<(), Error> {
        artifact.visit_needs(&mut Walk::new(Purpose::Load))
    }

    /// Records the artifact's key, and whether the cache has it.
    pub(super) fn record_key(&self, artifact_type: &dyn DynArtifact) -> Result<(), Error> {
        let resolved_key = self.resolved_key(artifact_type)?;
        let meta = artifact_type.meta();
        let (repo, artifact) = (self.repo_name_of(&meta).to_owned(), meta.name.to_owned());
        let report = KeyReport {
            test: self.test.clone(),
            repo: repo.clone(),
            artifact: artifact.clone(),
            key: resolved_key.key.display(),
            digest: resolved_key.key.digest().to_owned(),
            key_inputs: resolved_key.key.key_inputs().to_vec(),
            miss: ArtifactRequest::new(self, artifact_type, resolved_key).reason_for_a_miss(),
        };
        append_key(self.process.run, &report).map_err(|error| {
            let directory = self.process.run.directory();
            Error::io("record a key in", directory)(error).about(&repo, &artifact, Step::Key)
        })
    }

    /// Records the artifact's key, and returns the error that ends the test. The body of a plain test runs until then.
    pub(super) fn stop_at_key(&self, artifact_type: &dyn DynArtifact) -> Error {
        let meta = artifact_type.meta();
        let (repo, artifact) = (self.repo_name_of(&meta), meta.name);
        match self.record_key(artifact_type) {
            Ok(()) => {
                let reason = format!(
                    "SMOKE_STOP_AFTER=key: the key of `{artifact}` is recorded, and nothing is restored or built"
                );
                Error::Skipped { repo: repo.to_owned(), reason }
            }
            Err(error) => {
                record_key_failure(&self.test, self.is_of_attribute, repo, Some(artifact), &error);
                error
            }
        }
    }

    fn resolved_key(&self, artifact: &dyn DynArtifact) -> Result<ResolvedKey, Error> {
        let meta = artifact.meta();
        let in_key = |error: Error| error.about(self.repo_name_of(&meta), meta.name, Step::Key);
        process::check_name_is_unique(&meta).map_err(in_key)?;
        if meta.uses_repo && self.repo.is_none() {
            return Err(Error::NoRepo { subject: format!("the artifact `{}`", meta.name) });
        }
        let declared = catch_panic(|| artifact.declared()).flatten();
        let Declared { key_inputs, inputs, fingerprints, needs } =
            declared.map_err(|message| in_key(Error::Message(message)))?;
        let inputs = inputs::take(self.process, inputs).map_err(in_key)?;
        let checked = code::check(self.process, &fingerprints);
        Ok(ResolvedKey::new(self.repo_of(&meta), (meta.suite_name, meta.code), key_inputs, needs, inputs, checked))
    }

    /// Runs `work` on a thread that drives no async runtime: the artifact's functions may start one.
    pub(super) fn outside_of_runtime<T: Send, E: Send + From<Error>>(
        &self,
        work: impl FnOnce() -> Result<T, E> + Send,
    ) -> Result<T, E> {
        if self.in_runtime.get().is_none() {
            return work();
        }
        let in_progress = in_progress::of_thread();
        on_own_thread(|| {
            in_progress.continue_here();
            work()
        })
    }

    /// From here on, requests may come from a thread that drives an async runtime.
    pub(super) fn enter_runtime(&self) {
        let _ = self.in_runtime.set(());
    }

    /// Returns the records so far.
    pub(super) fn recorded(&self) -> Vec<ArtifactReport> {
        lock(&self.reports).clone()
    }

    /// Records the outcome of a request. A dependency that a builder has obtained for this test has a record already.
    pub(super) fn record(&self, report: ArtifactReport) {
        let mut reports = lock(&self.reports);
        match reports.iter_mut().find(|other| is_same(other, &report)) {
            Some(other) => other.add_times(ArtifactReport { rebuild_seconds: 0.0, ..report }),
            None => reports.push(report),
        }
    }

    /// Returns the report of the session. The first call fixes it.
    pub(super) fn report(&self) -> &CacheReport {
        self.report.get_or_init(|| self.snapshot())
    }

    fn snapshot(&self) -> CacheReport {
        let reports = lock(&self.reports).clone();
        CacheReport::new(self.process.run, self.number, &self.test, self.repo_name(), reports)
    }

    /// Returns `true` if another process that runs this test requests the same artifacts before it runs any of the
    /// body.
    pub(super) fn can_be_repeated(&self) -> bool {
        self.is_of_attribute && self.is_set_up.get().is_none()
    }

    /// Delays the report until the session is dropped.
    pub(super) fn defer_report(&self) {
        let _ = self.deferred.set(());
    }

    /// Reports, now that the artifacts of all parameters are loaded.
    pub(super) fn finish_setup(&self) {
        let _ = self.is_set_up.set(());
        if self.deferred.get().is_none() {
            self.emit();
        }
    }

    /// Returns `true` for the session of a test over several repositories, each of which reports for itself.
    fn is_without_part(&self) -> bool {
        self.is_of_attribute && self.repo.is_none() && lock(&self.reports).is_empty()
    }

    /// Writes the report at the first call.
    fn emit(&self) {
        if !is_reported(self.process) || self.is_without_part() {
            self.in_flight.as_ref().inspect(|in_flight| in_flight.end());
            return;
        }
        self.emitted.get_or_init(|| {
            self.snapshot().emit(self.process.run);
            if let Some(in_flight) = &self.in_flight {
                in_flight.end();
            }
        });
    }
}

impl Drop for SessionInner {
    fn drop(&mut self) {
        self.copies.settle(false);
        self.emit();
    }
}

/// Returns the report for a test that found the artifact in this process, perhaps after a wait for another thread.
fn waited(report: &ArtifactReport, begun: Instant) -> ArtifactReport {
    let mut again = report.again();
    again.spend(Activity::Wait, begun, Duration::ZERO);
    again
}

/// Returns the report of an artifact that the test did not get.
fn without_artifact(artifact: &str, key: &str, error: &Error) -> ArtifactReport {
    let (outcome, reason) = match error {
        Error::Skipped { reason, .. } => (Outcome::Skipped, reason.clone()),
        error => (Outcome::Failed, error.report_line()),
    };
    ArtifactReport { outcome, ..ArtifactReport::new(artifact, key, &reason) }
}

fn is_same(left: &ArtifactReport, right: &ArtifactReport) -> bool {
    (&left.artifact, &left.key) == (&right.artifact, &right.key)
}

/// Returns `true` if the tests of this process are on record. Those of builders and of key lookups are not.
fn is_reported(process: &Process) -> bool {
    !stops_at_keys(process) && !request::is_builder()
}

fn stops_at_keys(process: &Process) -> bool {
    process.config.stop_after == Some(StopAfter::Key)
}

/// Records that a key of the run is missing, if this process records keys. A skipped test has no key.
pub(super) fn record_key_failure(test: &str, is_of_attribute: bool, repo: &str, artifact: Option<&str>, error: &Error) {
    let Ok(process) = Process::get() else { return };
    if stops_at_keys(process) && !matches!(error, Error::Skipped { .. }) {
        KeyFailure::new(test, is_of_attribute, repo, artifact, error).emit(process.run);
    }
}

/// Returns the report of a test whose process is killed.
fn interrupted() -> ArtifactReport {
    let reason = "its process ended before its fixture was loaded: it was killed, or took too long";
    ArtifactReport { outcome: Outcome::Interrupted, ..ArtifactReport::new("", "", reason) }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic of another thread leaves the value consistent.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
