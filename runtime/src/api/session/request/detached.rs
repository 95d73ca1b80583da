//! A build by a process of its own, which outlives the test that wants it: the side of the test.
//!
//! A test runner with a time limit (nextest's `terminate-after`) kills a test in the midst of its build, and every later
//! test as well: a build that takes longer than the limit is begun again and again, and never done. So the test has its
//! own executable build the artifact ([`builder`](super::builder)), in a process group of its own. It hands over the
//! build lock, and waits for it like any other test. The next test, or the next run, finds what was built.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::ArtifactRequest;
use super::build::Failure;
use super::builder::{self, HANDOVER};
use super::handover::{self, End, Ticket};
use crate::api::session::Loaded;
use crate::error::Error;
use crate::layout::{self, ArtifactPath};
use crate::message::{self, PREFIX, Warning};
use crate::store::lock::Acquired;
use crate::store::{Miss, Staging};
use crate::telemetry::{ArtifactReport, Outcome};

/// A builder whose time is over is gone long before.
const GRACE: Duration = Duration::from_mins(1);
/// The number of lines of a builder's output that are repeated when it fails.
const MOST_LINES: usize = 60;

impl ArtifactRequest<'_> {
    /// Returns `true` if the build is to be done by another process.
    pub(super) fn is_detached(&self) -> bool {
        cfg!(unix)
            && self.process.config.detach
            && self.session.can_be_repeated()
            && !self.process.is_failing.load(Ordering::Relaxed)
            && !builder::is_builder()
    }

    /// Has another process build it, under the lock that is handed over, and waits for that.
    pub(super) fn build_detached(&mut self, artifact_path: &ArtifactPath, miss: &Miss) -> Result<Loaded, Error> {
        self.check_failures(artifact_path)?;
        // The builder has its own.
        if let Some(remote) = &mut self.remote {
            remote.hang_up();
        }
        let log = self.log();
        let started = Staging::private().map_err(io::Error::other).and_then(|handover| {
            let child = self.start(artifact_path, &handover, &log)?;
            Ok((handover, child))
        });
        let (handover, mut child) = match started {
            Ok(started) => started,
            Err(error) => {
                let subject = self.subject();
                let text = format!("{subject} is built by the test's own process: no other can be started: {error}");
                message::warn_once_about("detach", &text);
                return self.build_here(artifact_path, miss);
            }
        };
        if let Some(lock) = self.lock.take().and_then(Arc::into_inner) {
            lock.leave_to_others();
        }
        // `SMOKE_LOCK_TIMEOUT` is for builds of others: its own, a test would not give up either if it built by itself. And
        // it is no wait for a build of another test.
        match self.acquire(artifact_path, builder::time_limit(self.process.config) + GRACE) {
            Ok(Acquired::Locked(lock)) => self.lock = Some(Arc::new(lock)),
            Ok(_) => return self.build_privately(format!("its build does not end, see {}", log.display())),
            // The builder has the lock. What it leaves can be used without.
            Err(error) => self.warn_unwritable(&error),
        }
        // It has released the lock, so it is at its end, unless it still has to share what it built.
        let _ = match &mut self.remote {
            Some(remote) if self.lock.is_some() => {
                remote.add_asked_by(child.id());
                child.try_wait().map(drop)
            }
            _ => child.wait().map(drop),
        };
        let end = handover::read(&handover).map(|handover| {
            handover.warnings.iter().for_each(Warning::write);
            handover.needed.into_iter().for_each(|report| self.session.record(report));
            handover.end
        });
        match end {
            Some(End::Private(report)) => {
                self.process.is_failing.store(true, Ordering::Relaxed);
                self.adopt(report);
                self.use_private(handover)
            }
            Some(End::Failed(failure)) => Err(self.failed_elsewhere(failure, &log)),
            Some(End::Skipped { repo, reason }) => Err(Error::Skipped { repo, reason }),
            Some(End::Unsaved) => self.build_if_locked(artifact_path, miss),
            Some(End::Stored(report)) if report.outcome.is_miss() => {
                self.adopt(report);
                self.load_published(artifact_path)
            }
            Some(End::Stored(_)) | None => self.take_or_build(artifact_path, &log),
        }
    }

    /// Restores what another machine or test has built meanwhile. Builds it here if the builder was killed.
    fn take_or_build(&mut self, artifact_path: &ArtifactPath, log: &Path) -> Result<Loaded, Error> {
        match self.look_again(artifact_path)? {
            Ok((value, entry)) => {
                let outcome = if self.was_fetched(artifact_path) { Outcome::Fetched } else { Outcome::Shared };
                Ok(self.restored(outcome, value, entry))
            }
            Err(miss) => {
                repeat(log);
                let subject = self.subject();
                message::warn_once(&format!("the process that built {subject} has left nothing; it is built here"));
                self.build_if_locked(artifact_path, &miss)
            }
        }
    }

    fn build_if_locked(&mut self, artifact_path: &ArtifactPath, miss: &Miss) -> Result<Loaded, Error> {
        if self.lock.is_some() {
            self.build_for_all(artifact_path, miss)
        } else {
            self.build_privately(miss.to_string())
        }
    }

    /// Takes over what the builder reports of its build.
    fn adopt(&mut self, report: ArtifactReport) {
        self.report = ArtifactReport {
            wait_seconds: self.report.wait_seconds,
            restore_seconds: self.report.restore_seconds,
            ..report
        };
    }

    fn failed_elsewhere(&self, failure: Failure, log: &Path) -> Error {
        repeat(log);
        self.failed(failure.seconds);
        Error::Elsewhere { message: failure.message, help: failure.help }
    }

    fn log(&self) -> PathBuf {
        let key = self.resolved_key.key.digest();
        self.process.run.directory().join("builds").join(format!("{}-{}-{key}.log", self.repo(), self.kind.name))
    }

    fn start(&self, artifact_path: &ArtifactPath, handover: &Staging, log: &Path) -> io::Result<Child> {
        let lock = self.lock.as_ref().map_or_else(|| Err(io::ErrorKind::NotFound.into()), |lock| lock.share())?;
        let ArtifactPath { repo, entry, artifact } = artifact_path.clone();
        handover::write_ticket(handover, &Ticket { repo, entry, artifact })?;
        let log = new_log(log)?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args([&self.session.test, "--exact", "--include-ignored", "--nocapture"])
            .env(HANDOVER, handover.path())
            .env("SMOKE_RUN_ID", self.process.run.id())
            .stdin(Stdio::from(lock))
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log));
        // Out of reach of whatever kills the test, and all processes of its group.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }
}

/// Makes the log of one build. An earlier builder that was left behind may still write to its own.
fn new_log(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        layout::create_private(parent)?;
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::options().create_new(true).append(true).open(path)
}

/// Shows the end of a builder's output: the runner shows the test's, if it fails.
fn repeat(log: &Path) {
    let Ok(text) = fs::read(log) else { return };
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    eprintln!("{PREFIX} the output of the build, from {}:", log.display());
    for line in &lines[lines.len().saturating_sub(MOST_LINES)..] {
        eprintln!("    {line}");
    }
}
