//! A detached build, in the builder process.
//!
//! The builder is the test's executable, started to run the same test: only that executable knows the types. It finds
//! its target among the test's parameters and their dependencies, builds that artifact, and ends. It requests no other
//! artifact, because it might wait for a lock of the test that waits for it.
//!
//! The builder of a [private build](super::private_build) has no lock, and hands all files over.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use once_cell::sync::Lazy;

use super::build::Built;
use super::circumstances::BuildMode;
use super::failures::Failure;
use super::fetch::upload;
use super::handover::{self, End, Handover, Ticket};
use super::{ArtifactRequest, Step, Stop};
use crate::api::session::dyn_artifact::DynArtifact;
use crate::api::session::inner::SessionInner;
use crate::audit::confinement;
use crate::config::{Config, DEFAULT_LOCK_TIMEOUT};
use crate::error::{Error, subject};
use crate::key::ResolvedKey;
use crate::message::{self, PREFIX};
use crate::store::Found;
use crate::store::lock::{self, BuildLock};
use crate::telemetry::{ArtifactReport, Outcome};
use crate::units;

/// The variable that names the handover directory. Processes that a builder starts inherit it.
pub(super) const HANDOVER: &str = "SMOKE_BUILDER";

/// This process, if a test started it to build an artifact.
#[derive(Debug)]
pub(crate) struct Builder {
    directory: PathBuf,
    ticket: Ticket,
    lock: Mutex<Option<BuildLock>>,
    /// The threads of the process before any code of users runs.
    threads: BTreeSet<String>,
}

/// Returns `true` if a test started this process to build an artifact.
pub(in crate::api::session) fn is_builder() -> bool {
    Builder::of_process().is_some()
}

/// Returns the time limit of a builder. No runner limits it, so it limits itself: not before its tests give up, and not
/// before the longest build ends.
pub(super) fn time_limit(config: &Config) -> Duration {
    config.lock_timeout.max(DEFAULT_LOCK_TIMEOUT)
}

/// Ends this process at its time limit, if it is a builder.
pub(in crate::api::session) fn limit_time(config: &Config) {
    if is_builder() {
        let limit = time_limit(config);
        // Without it, the build has no time limit.
        let (started, named) = mpsc::channel();
        let _ = thread::Builder::new().name(confinement::OWN_THREAD.to_owned()).spawn(move || {
            let _ = started.send(());
            thread::sleep(limit);
            give_up(&format!(
                "the build is given up after {}; a larger SMOKE_LOCK_TIMEOUT raises the limit",
                units::elapsed(limit)
            ));
        });
        // From now on the thread has its name, by which a confined build knows it.
        let _ = named.recv();
    }
}

fn give_up(reason: &str) -> ! {
    eprintln!("{PREFIX} {reason}");
    std::process::exit(1);
}

impl Builder {
    /// Returns the builder that this process is, and takes over the lock before any code of users runs.
    pub(crate) fn of_process() -> Option<&'static Builder> {
        static BUILDER: Lazy<Option<Builder>> = Lazy::new(|| {
            let directory = PathBuf::from(std::env::var_os(HANDOVER)?);
            Builder::at(directory).unwrap_or_else(|error| give_up(&error.report()))
        });
        BUILDER.as_ref()
    }

    /// Returns the handover directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the ids of the threads that ran before any code of users.
    pub(super) fn threads(&self) -> &BTreeSet<String> {
        &self.threads
    }

    fn at(directory: PathBuf) -> Result<Option<Builder>, Error> {
        let ticket = match handover::take_ticket(&directory) {
            Ok(ticket) => ticket,
            // A process that a builder started, and that may outlive it. If it was handed a lock, it is a builder whose
            // test has ended.
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && (directory.is_dir() || !lock::is_handed_over()) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(Error::io("take the ticket of the build from", &directory)(error)),
        };
        message::keep_warnings();
        let lock = match ticket.private {
            Some(limits) => {
                limits.apply();
                None
            }
            None => Some(BuildLock::inherited()?),
        };
        Ok(Some(Builder { directory, ticket, lock: Mutex::new(lock), threads: confinement::threads() }))
    }

    /// Builds the artifact and ends the process, if it is the target of this builder.
    pub(in crate::api::session) fn serve(
        &self,
        session: &SessionInner,
        artifact: &dyn DynArtifact,
        resolved_key: ResolvedKey,
    ) {
        let mut request = ArtifactRequest::new(session, artifact, resolved_key);
        let Ticket { repo, entry, artifact, private } = &self.ticket;
        let path = &request.store.artifact_path;
        if (repo, entry, artifact) != (&path.repo, &path.entry, &path.artifact) {
            return;
        }
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner).take().map(Arc::new);
        request.lock.clone_from(&lock);
        request.handover = Some(self.directory.clone());
        request.limits = *private;
        let served = if private.is_some() { request.serve_privately() } else { request.serve() };
        let end = served.unwrap_or_else(|error| ended_by(error, request.report.rebuild_seconds));
        if private.is_some_and(|limits| limits.mode == BuildMode::Audited) {
            request.write_cover(&self.directory);
        }
        let is_stored = matches!(end, End::Stored(_));
        // Before the release of the lock: the test reads the result then.
        self.hand_over(end, session.recorded());
        // Also before it: a reader that waits for the uploads of the run must find this lock once the test has ended.
        let will_upload = is_stored && request.remote.is_some();
        let sharing = will_upload.then(|| request.process.run.sharing(&request.note()));
        request.lock = None;
        drop(lock);
        if is_stored {
            request.upload_published();
        }
        drop(sharing);
        std::process::exit(i32::from(!is_stored));
    }

    /// Ends the process: the target was not found.
    pub(crate) fn end(&self, served: Result<(), Error>) -> ! {
        let Ticket { repo, artifact, .. } = &self.ticket;
        if let Err(error) = served {
            self.hand_over(ended_by(error, 0.0), Vec::new());
            give_up(&format!("{} cannot be built", subject(artifact, repo)));
        }
        self.hand_over(End::Absent, Vec::new());
        give_up(&format!("this test requests no {} with the key of the ticket", subject(artifact, repo)));
    }

    fn hand_over(&self, end: End, needed: Vec<ArtifactReport>) {
        let handover = Handover { end, needed, warnings: message::kept_warnings() };
        if let Err(error) = handover::write(&self.directory, &handover) {
            eprintln!("{PREFIX} the result cannot be handed over below {}: {error}", self.directory.display());
        }
    }
}

fn ended_by(error: Error, seconds: f64) -> End {
    match error {
        Error::Skipped { repo, reason } => End::Skipped { repo, reason },
        error => End::Failed(Failure::new(&error, seconds)),
    }
}

impl ArtifactRequest<'_> {
    /// Builds the artifact for the test that handed over the build lock.
    fn serve(&mut self) -> Result<End, Error> {
        let built = match self.steps_of_builder() {
            Ok(built) => built,
            Err(Stop::Loaded(loaded)) => return Ok(End::Stored(loaded.report)),
            Err(Stop::Private(reason)) => self.build_in_private(reason)?,
            Err(Stop::Failed(error)) => return Err(error),
        };
        let report = self.report.clone();
        Ok(match built {
            Built::Published => End::Stored(report),
            Built::Private(_) => End::Private(report),
            Built::Unsaved(_) => End::Unsaved,
        })
    }

    /// Builds the artifact, whatever the cache has, and keeps the files outside of the cache.
    fn serve_privately(&mut self) -> Result<End, Error> {
        let built = self.build_in_private("it is built again for a comparison".to_owned())?;
        Ok(if matches!(built, Built::Unsaved(_)) { End::Unsaved } else { End::Private(self.report.clone()) })
    }

    fn steps_of_builder(&mut self) -> Step<Built> {
        let miss = self.look_up_again(None)?;
        let miss = self.fetch(miss)?;
        self.wait_for_lease(&miss)?;
        Ok(self.build_and_publish(&miss)?)
    }

    /// Uploads the artifact if this process has built it and it loads.
    fn upload_published(&mut self) {
        let is_built = self.report.outcome.is_miss();
        if let Some(mut remote) = self.remote.take().filter(|_| is_built)
            && let Found::Ready(entry) = self.store.open()
            && self.load_files(&entry).is_ok()
        {
            let redirectory = self.report.outcome == Outcome::Forced;
            upload(&mut remote, &self.store, &entry.manifest, redirectory);
        }
    }
}
