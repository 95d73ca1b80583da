//! What of a session does not depend on its suite.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;

use super::Loaded;
use super::code;
use super::dyn_artifact::{DynArtifact, Value};
use super::in_progress::{self, Entered};
use super::inputs;
use super::process::{self, Process};
use super::request::{self, ArtifactRequest, Builder, Loading, Seen};
use crate::config::StopAfter;
use crate::error::{Error, Step};
use crate::key::repo::Repo;
use crate::key::{Declared, ResolvedKey};
use crate::own_thread::on_own_thread;
use crate::panic::catch_panic;
use crate::telemetry::{
    ArtifactReport, CacheReport, InFlight, KeyFailure, KeyReport, Outcome, append_key, next_number,
};

/// A test, its repository, and what it has been given. When it is dropped, it reports what the cache did.
pub(super) struct SessionInner {
    pub(super) process: &'static Process,
    pub(super) test: String,
    /// Its parameters say what it asks for, and its body does not run before it has that.
    is_of_attribute: bool,
    /// All that its parameters ask for is there.
    is_set_up: OnceCell<()>,
    /// Which of the tests of this process it is.
    number: u32,
    in_flight: Option<InFlight>,
    pub(super) repo: Repo,
    /// What was asked for, so that asking again costs nothing.
    obtained: Mutex<HashMap<TypeId, &'static Loaded>>,
    reports: Mutex<Vec<ArtifactReport>>,
    report: OnceCell<CacheReport>,
    /// A test that has the session itself may still ask for more: it reports at its end.
    deferred: OnceCell<()>,
    emitted: OnceCell<()>,
    in_runtime: OnceCell<()>,
}

impl SessionInner {
    pub(super) fn open(test: String, repo: &str, is_of_attribute: bool) -> Result<SessionInner, Error> {
        let process = Process::get()?;
        let number = next_number();
        let record = |artifact| CacheReport::new(process.run, number, &test, repo, vec![artifact]);
        let reports = is_reported(process);
        let in_flight = if reports {
            InFlight::begin(process.run, &record(interrupted()))
        } else if is_of_attribute && stops_at_keys(process) {
            InFlight::begin_keys(process.run, number, &KeyFailure::interrupted(&test, repo))
        } else {
            None
        };
        match SessionInner::repo(process, repo) {
            Ok(repo) => Ok(SessionInner {
                process,
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
                    record_key_failure(&test, is_of_attribute, repo, None, &error);
                }
                in_flight.inspect(InFlight::end);
                Err(error)
            }
        }
    }

    fn repo(process: &'static Process, repo: &str) -> Result<Repo, Error> {
        if process.config.left_out.iter().any(|left_out| left_out == repo) {
            let reason = "it is left out of this run (SMOKE_LEAVE_OUT)".to_owned();
            return Err(Error::Skipped { repo: repo.to_owned(), reason });
        }
        Repo::open(process.config, process.run, repo)
    }

    /// Returns the value that all who ask in this process share.
    pub(super) fn shared(&self, hooks: &dyn DynArtifact) -> Result<&'static Value, Error> {
        let loaded = self.obtain(hooks)?;
        loaded.shared.get_or_try_init(|| self.value_of(loaded, hooks))
    }

    /// Returns a value of the caller's own.
    pub(super) fn owned(&self, hooks: &dyn DynArtifact) -> Result<Value, Error> {
        let loaded = self.obtain(hooks)?;
        self.value_of(loaded, hooks)
    }

    /// Returns the value that was loaded with the artifact, or else loads another one from its files, or builds it anew if
    /// they are gone.
    fn value_of(&self, loaded: &'static Loaded, hooks: &dyn DynArtifact) -> Result<Value, Error> {
        if let Some(value) = loaded.take() {
            return Ok(value);
        }
        let begun = Instant::now();
        let (value, again) = self.apart(|| match loaded.origin.directory().filter(|directory| directory.is_dir()) {
            Some(directory) => {
                let loading =
                    Loading { process: self.process, hooks, repo: self.repo.name(), needs: &loaded.resolved_key.needs };
                // What lies there now may be of a later build.
                let (value, elsewhere, view) = loading.load_stored(&directory, loaded.origin.stored_files(), false)?;
                // As those of any artifact, its files stay until the process ends: it may have mapped them.
                std::mem::forget(view);
                let restore_seconds = begun.elapsed().saturating_sub(elsewhere).as_secs_f64();
                Ok((value, ArtifactReport { restore_seconds, ..loaded.report.again() }))
            }
            // There was no room to save it, or somebody has removed the cache.
            None => ArtifactRequest::new(self, hooks, loaded.resolved_key.clone(), &Mutex::default()).build_again(),
        })?;
        self.add_time(&again);
        Ok(value)
    }

    /// Adds to the record of an artifact what it took to load or build it again.
    fn add_time(&self, again: &ArtifactReport) {
        let mut reports = lock(&self.reports);
        if let Some(report) = reports.iter_mut().find(|report| is_same(report, again)) {
            report.restore_seconds += again.restore_seconds;
            report.rebuild_seconds += again.rebuild_seconds;
        }
    }

    /// Obtains an artifact: every one comes through here.
    fn obtain(&self, hooks: &dyn DynArtifact) -> Result<&'static Loaded, Error> {
        let kind = hooks.kind();
        if let Some(loaded) = lock(&self.obtained).get(&kind.artifact) {
            return Ok(loaded);
        }
        let resolved_key =
            self.resolved_key(hooks).inspect_err(|error| self.record(without_artifact(kind.name, "", error)))?;
        let key = resolved_key.key.display();
        let cell = process::cell(&kind, &resolved_key.key);
        let _entered = self.enter(hooks, &resolved_key)?;
        let begun = Instant::now();
        let mut first = false;
        let failed_after = Mutex::default();
        let result = cell.get_or_try_init(|| {
            first = true;
            let obtained = self.apart(|| ArtifactRequest::new(self, hooks, resolved_key, &failed_after).run());
            obtained.map_err(|error| error.about(self.repo.name(), kind.name, Step::Store))
        });
        match result {
            Ok(loaded) => {
                let report = if first { loaded.report.clone() } else { waited(&loaded.report, begun.elapsed()) };
                self.record(report);
                lock(&self.obtained).insert(kind.artifact, loaded);
                Ok(loaded)
            }
            Err(error) => {
                let rebuild_seconds = *lock(&failed_after);
                self.record(ArtifactReport { rebuild_seconds, ..without_artifact(kind.name, &key, &error) });
                Err(error)
            }
        }
    }

    /// Fails if this thread obtains the artifact already.
    fn enter(&self, hooks: &dyn DynArtifact, resolved_key: &ResolvedKey) -> Result<Entered, Error> {
        let kind = hooks.kind();
        in_progress::enter(process::cell(&kind, &resolved_key.key)).map_err(|in_progress::Circle| {
            let error = Error::Message(format!(
                "`{0}` is asked for while it is built or loaded by this very thread\n\
                 help: do not ask for `{0}` in its own `build` or `load`",
                kind.name
            ));
            error.about(self.repo.name(), kind.name, Step::Build)
        })
    }

    /// Builds the artifact and ends the process if this is the builder's target. Else looks for the target among the
    /// artifacts that it needs.
    pub(super) fn serve(&self, hooks: &dyn DynArtifact, seen: &mut Seen) -> Result<(), Error> {
        if seen.insert(hooks.kind().artifact) {
            let resolved_key = self.resolved_key(hooks)?;
            if let Some(builder) = Builder::of_process() {
                let _entered = self.enter(hooks, &resolved_key)?;
                builder.serve(self, hooks, resolved_key);
            }
            hooks.serve_needs(seen)?;
        }
        Ok(())
    }

    /// Leaves word of the artifact's key, and of whether it is there.
    pub(super) fn look(&self, hooks: &dyn DynArtifact) -> Result<(), Error> {
        let resolved_key = self.resolved_key(hooks)?;
        let kind = hooks.kind();
        let (repo, artifact) = (self.repo.name().to_owned(), kind.name.to_owned());
        let report = KeyReport {
            test: self.test.clone(),
            repo: repo.clone(),
            artifact: artifact.clone(),
            key: resolved_key.key.display(),
            digest: resolved_key.key.digest().to_owned(),
            key_inputs: resolved_key.key.key_inputs().to_vec(),
            miss: ArtifactRequest::new(self, hooks, resolved_key, &Mutex::default()).miss(),
        };
        append_key(self.process.run, &report).map_err(|error| {
            let directory = self.process.run.directory();
            Error::io("write down a key in", directory)(error).about(&repo, &artifact, Step::Key)
        })
    }

    /// Records the artifact's key, and says that the test ends here: its body is code of its own, and has asked for it.
    pub(super) fn stop_at_key(&self, hooks: &dyn DynArtifact) -> Error {
        let (repo, artifact) = (self.repo.name(), hooks.kind().name);
        match self.look(hooks) {
            Ok(()) => {
                let reason =
                    format!("SMOKE_STOP_AFTER=key: `{artifact}` is neither restored nor built; its key is recorded");
                Error::Skipped { repo: repo.to_owned(), reason }
            }
            Err(error) => {
                record_key_failure(&self.test, self.is_of_attribute, repo, Some(artifact), &error);
                error
            }
        }
    }

    fn resolved_key(&self, hooks: &dyn DynArtifact) -> Result<ResolvedKey, Error> {
        let kind = hooks.kind();
        let in_key = |error: Error| error.about(self.repo.name(), kind.name, Step::Key);
        process::check_name_is_unique(&kind).map_err(in_key)?;
        let declared = catch_panic(|| hooks.declared()).flatten();
        let Declared { key_inputs, inputs, fingerprints, needs } =
            declared.map_err(|message| in_key(Error::Message(message)))?;
        let inputs = inputs::take(self.process, inputs).map_err(in_key)?;
        let checked = code::check(self.process, &fingerprints);
        Ok(ResolvedKey::new(&self.repo, (kind.suite_name, kind.code), key_inputs, needs, inputs, checked))
    }

    /// Does what calls the artifact's functions, outside of the runtime if there is one.
    fn apart<T: Send>(&self, work: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, Error> {
        if self.in_runtime.get().is_none() {
            return work();
        }
        let in_progress = in_progress::of_thread();
        on_own_thread(|| {
            in_progress.continue_here();
            work()
        })
    }

    /// The thread that asks next may drive a runtime.
    pub(super) fn enter_runtime(&self) {
        let _ = self.in_runtime.set(());
    }

    /// Returns the records so far.
    pub(super) fn recorded(&self) -> Vec<ArtifactReport> {
        lock(&self.reports).clone()
    }

    /// Records what was done for an artifact. One that a builder has obtained for this test before has a record already.
    pub(super) fn record(&self, report: ArtifactReport) {
        let mut reports = lock(&self.reports);
        match reports.iter_mut().find(|other| is_same(other, &report)) {
            Some(other) => {
                other.restore_seconds += report.restore_seconds;
                other.wait_seconds += report.wait_seconds;
            }
            None => reports.push(report),
        }
    }

    /// What the cache has done when this is first asked.
    pub(super) fn report(&self) -> &CacheReport {
        self.report.get_or_init(|| self.snapshot())
    }

    fn snapshot(&self) -> CacheReport {
        let reports = lock(&self.reports).clone();
        CacheReport::new(self.process.run, self.number, &self.test, self.repo.name(), reports)
    }

    /// Returns `true` if another process that runs this test asks for the same artifacts, and runs none of its body before.
    pub(super) fn can_be_repeated(&self) -> bool {
        self.is_of_attribute && self.is_set_up.get().is_none()
    }

    /// Keeps the report back until the session is dropped.
    pub(super) fn defer_report(&self) {
        let _ = self.deferred.set(());
    }

    /// Everything that the test's parameters ask for has been had.
    pub(super) fn finish_setup(&self) {
        let _ = self.is_set_up.set(());
        if self.deferred.get().is_none() {
            self.emit();
        }
    }

    /// Reports, the first time it is called.
    fn emit(&self) {
        if !is_reported(self.process) {
            // Its keys are recorded.
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
        self.emit();
    }
}

/// What a test is told that found the artifact in this process, perhaps after waiting for another thread.
fn waited(report: &ArtifactReport, elapsed: Duration) -> ArtifactReport {
    ArtifactReport { wait_seconds: elapsed.as_secs_f64(), ..report.again() }
}

/// What is reported of an artifact that the test did not get.
fn without_artifact(artifact: &str, key: &str, error: &Error) -> ArtifactReport {
    let (outcome, reason) = match error {
        Error::Skipped { reason, .. } => (Outcome::Skipped, reason.clone()),
        error => (Outcome::Failed, error.report_line()),
    };
    ArtifactReport { outcome, ..blank(artifact, key, &reason) }
}

fn is_same(left: &ArtifactReport, right: &ArtifactReport) -> bool {
    (&left.artifact, &left.key) == (&right.artifact, &right.key)
}

/// Whether this process runs its tests, as far as their reports are concerned.
fn is_reported(process: &Process) -> bool {
    !stops_at_keys(process) && !request::is_builder()
}

fn stops_at_keys(process: &Process) -> bool {
    process.config.stop_after == Some(StopAfter::Key)
}

/// Records for whoever reads the run's keys that some are missing, if this process is to record them. A test that is
/// skipped has none.
pub(super) fn record_key_failure(test: &str, is_of_attribute: bool, repo: &str, artifact: Option<&str>, error: &Error) {
    let Ok(process) = Process::get() else { return };
    if stops_at_keys(process) && !matches!(error, Error::Skipped { .. }) {
        KeyFailure::new(test, is_of_attribute, repo, artifact, error).emit(process.run);
    }
}

/// What is reported of a test that cannot report itself.
fn interrupted() -> ArtifactReport {
    let reason = "its process ended before it had its fixture: it was killed, or took too long";
    ArtifactReport { outcome: Outcome::Interrupted, ..blank("", "", reason) }
}

/// A report in which nothing has happened yet.
pub(super) fn blank(artifact: &str, key: &str, reason: &str) -> ArtifactReport {
    ArtifactReport {
        artifact: artifact.to_owned(),
        outcome: Outcome::Hit,
        reason: reason.to_owned(),
        key: key.to_owned(),
        bytes: 0,
        rebuild_seconds: 0.0,
        build_seconds: 0.0,
        restore_seconds: 0.0,
        wait_seconds: 0.0,
        remote_seconds: 0.0,
        remote_bytes: 0,
        remote_error: None,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic of another thread leaves whole values behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
