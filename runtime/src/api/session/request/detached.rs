//! A detached build, in the test: another process builds the artifact, and survives the test.
//!
//! A test runner with a time limit (nextest's `terminate-after`) kills a test during its build, and every later test as
//! well: a build that takes longer than the limit never ends. So the test starts its own executable as a
//! [`builder`](super::builder) in another process group, hands over the build lock, and waits for it like any other
//! test. The next test, or the next run, restores the artifact.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::builder::{self, HANDOVER};
use super::failures::Failure;
use super::handover::{self, End};
use super::look_up::Lookup;
use super::private_build::last_lines;
use super::{ArtifactRequest, Step, Stop};
use crate::api::session::Loaded;
use crate::error::Error;
use crate::layout;
use crate::message::{self, PREFIX, Warning};
use crate::store::lock::Acquired;
use crate::store::{Miss, Staging};
use crate::telemetry::{Activity, ArtifactReport, Outcome};

/// Long enough for a builder to end after its time limit.
const GRACE: Duration = Duration::from_secs(60);
/// The number of lines of a failed builder's output that the test repeats.
pub(super) const MOST_LINES: usize = 60;

impl ArtifactRequest<'_> {
    /// Returns `true` if a builder process should build the artifact.
    pub(super) fn is_detached(&self) -> bool {
        cfg!(unix)
            && self.process.config.detach
            && self.session.can_be_repeated()
            && !self.process.is_failing.load(Ordering::Relaxed)
            && !builder::is_builder()
    }

    /// Starts a builder process, hands it the build lock, and waits for its result.
    pub(super) fn build_detached(&mut self, miss: &Miss) -> Step<Loaded> {
        self.check_failures()?;
        // The builder starts another helper.
        if let Some(remote) = &mut self.remote {
            remote.hang_up();
        }
        let log = self.log();
        let started = Staging::private().map_err(io::Error::other).and_then(|handover| {
            let child = self.start(&handover, &log)?;
            Ok((handover, child))
        });
        let (handover, mut child) = match started {
            Ok(started) => started,
            Err(error) => {
                let subject = self.subject();
                let text = format!("the test's own process builds {subject}, because no other can be started: {error}");
                message::warn_once_about("detach", &text);
                return self.build_here(miss);
            }
        };
        if let Some(lock) = self.lock.take().and_then(Arc::into_inner) {
            lock.leave_to_others();
        }
        self.announce(&self.store.explain(miss), Arc::default());
        // `SMOKE_LOCK_TIMEOUT` limits the wait for the builds of others. A test waits for its own build as if it built
        // in its own process. The report counts it as build time.
        match self.acquire(builder::time_limit(self.process.config) + GRACE, Some(child.id())) {
            Ok(Acquired::Locked(lock)) => self.lock = Some(Arc::new(lock)),
            Ok(_) => return Err(Stop::Private(format!("its build does not end, see {}", log.display()))),
            // The builder has the lock. Its result can be used without.
            Err(error) => self.warn_unwritable(&error),
        }
        // The builder has released the lock, so it ends now, unless it uploads the artifact.
        let _ = match &mut self.remote {
            Some(remote) if self.lock.is_some() => {
                remote.add_asked_by(child.id());
                child.try_wait().map(drop)
            }
            _ => child.wait().map(drop),
        };
        let end = handover::read(&handover).map(|handover| {
            handover.warnings.iter().for_each(Warning::write);
            self.announce_dependencies(&handover.needed);
            handover.needed.into_iter().for_each(|report| self.session.record(report));
            handover.end
        });
        Ok(match end {
            Some(End::Private(report)) => {
                self.process.is_failing.store(true, Ordering::Relaxed);
                self.adopt(report);
                self.use_private(handover)?
            }
            Some(End::Failed(failure)) => return Err(Stop::Failed(self.failed_in_builder(failure, &log))),
            Some(End::Skipped { repo, reason }) => return Err(Stop::Failed(Error::Skipped { repo, reason })),
            Some(End::Unsaved) => self.build_with_or_without_lock(miss)?,
            Some(End::Stored(report)) if report.outcome.is_miss() => {
                self.adopt(report);
                self.load_published()?
            }
            Some(End::Stored(_) | End::Absent) | None => self.restore_or_build(&log)?,
        })
    }

    /// Restores an artifact that another machine or test has built. Builds it if the builder was killed.
    fn restore_or_build(&mut self, log: &Path) -> Result<Loaded, Error> {
        match self.look_up_under_lock()? {
            Lookup::Hit(restored) => {
                let outcome = if self.was_fetched() { Outcome::Fetched } else { Outcome::Shared };
                Ok(self.restored(outcome, *restored))
            }
            Lookup::Miss(miss) => {
                repeat(log);
                let subject = self.subject();
                message::warn_once(&format!(
                    "the process that built {subject} ended without a result; the test's own process builds it"
                ));
                self.build_with_or_without_lock(&miss)
            }
        }
    }

    fn build_with_or_without_lock(&mut self, miss: &Miss) -> Result<Loaded, Error> {
        if self.lock.is_some() { self.build_for_all(miss) } else { self.build_privately(self.store.explain(miss)) }
    }

    /// Takes over the builder's report of its build.
    fn adopt(&mut self, report: ArtifactReport) {
        let mut spans = std::mem::take(&mut self.report.spans);
        spans.extend(report.spans.iter().filter(|span| span.activity == Activity::Build));
        self.report = ArtifactReport {
            wait_seconds: self.report.wait_seconds,
            restore_seconds: self.report.restore_seconds,
            spans,
            ..report
        };
    }

    fn failed_in_builder(&mut self, failure: Failure, log: &Path) -> Error {
        repeat(log);
        self.failed_build_seconds = failure.seconds;
        Error::Elsewhere { message: failure.message, help: failure.help }
    }

    pub(super) fn log(&self) -> PathBuf {
        let key = self.resolved_key.key.digest();
        self.process.run.directory().join("builds").join(format!("{}-{}-{key}.log", self.repo(), self.meta.name))
    }

    fn start(&self, handover: &Staging, log: &Path) -> io::Result<Child> {
        let lock = self.lock.as_ref().map_or_else(|| Err(io::ErrorKind::NotFound.into()), |lock| lock.share())?;
        handover::write_ticket(handover, &self.ticket(None))?;
        let log = new_log(log)?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(self.builder_arguments())
            .env(HANDOVER, handover.path())
            .env("SMOKE_RUN_ID", self.process.run.id())
            .stdin(Stdio::from(lock))
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log));
        // A runner that kills the test kills its process group.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }
}

/// Creates the log of one build. A builder of an earlier test may still write to the file that it opened.
pub(super) fn new_log(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        layout::create_private(parent)?;
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::options().create_new(true).append(true).open(path)
}

/// Repeats the end of a builder's output. The runner shows the output of a test that fails.
pub(super) fn repeat(log: &Path) {
    if log.exists() {
        eprintln!("{PREFIX} the output of the build, from {}:", log.display());
        last_lines(log).lines().for_each(|line| eprintln!("    {line}"));
    }
}
