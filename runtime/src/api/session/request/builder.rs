//! A build by a process of its own: the side of that process, the builder.
//!
//! It is the test's executable, told to run the same test: only that knows the types. It finds the artifact among the
//! test's parameters and what these need, builds that one, and ends. It asks for nothing else, or it might wait for a
//! lock of the test that waits for it.

use std::any::TypeId;
use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use once_cell::sync::Lazy;

use super::build::{Built, Failure};
use super::handover::{self, End, Handover, Ticket};
use super::remote::share;
use super::{ArtifactRequest, BuildPermission};
use crate::api::session::dyn_artifact::DynArtifact;
use crate::api::session::inner::SessionInner;
use crate::config::{Config, DEFAULT_LOCK_TIMEOUT};
use crate::error::Error;
use crate::key::ResolvedKey;
use crate::layout::ArtifactPath;
use crate::message::{self, PREFIX};
use crate::store::Found;
use crate::store::lock::{self, BuildLock};
use crate::telemetry::{ArtifactReport, Outcome};

/// Names the directory of the handover to a builder. Processes that it starts have the variable, too.
pub(super) const HANDOVER: &str = "SMOKE_BUILDER";

/// The artifacts that a builder has looked at to find its target.
pub(crate) type Seen = HashSet<TypeId>;

/// This process, if a test started it to build an artifact.
#[derive(Debug)]
pub(crate) struct Builder {
    place: PathBuf,
    ticket: Ticket,
    lock: Mutex<Option<BuildLock>>,
}

/// Returns `true` if a test started this process to build an artifact.
pub(in crate::api::session) fn is_builder() -> bool {
    Builder::of_process().is_some()
}

/// Returns how long a builder may take, which nothing else may ever end: as long as any test waits for it, and no shorter
/// than any build.
pub(super) fn time_limit(config: &Config) -> Duration {
    config.lock_timeout.max(DEFAULT_LOCK_TIMEOUT)
}

/// Ends this process when its time is over, if it is a builder.
pub(in crate::api::session) fn limit_time(config: &Config) {
    if is_builder() {
        let limit = time_limit(config);
        thread::spawn(move || {
            thread::sleep(limit);
            give_up(&format!(
                "the build is given up after {}; a larger SMOKE_LOCK_TIMEOUT raises the limit",
                message::seconds(limit)
            ));
        });
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
            let place = PathBuf::from(std::env::var_os(HANDOVER)?);
            Builder::at(place).unwrap_or_else(|error| give_up(&error.report()))
        });
        BUILDER.as_ref()
    }

    fn at(place: PathBuf) -> Result<Option<Builder>, Error> {
        let ticket = match handover::take_ticket(&place) {
            Ok(ticket) => ticket,
            // A process that a builder has started, perhaps one that outlives it. But one that was handed a lock is a
            // builder whose test has ended.
            Err(error) if error.kind() == io::ErrorKind::NotFound && (place.is_dir() || !lock::is_handed_over()) => {
                return Ok(None);
            }
            Err(error) => return Err(Error::io("take the order to build from", &place)(error)),
        };
        message::keep_warnings();
        Ok(Some(Builder { place, ticket, lock: Mutex::new(Some(BuildLock::inherited()?)) }))
    }

    /// Builds the artifact and ends the process, if it is the one that this process was started for.
    pub(in crate::api::session) fn serve(
        &self,
        session: &SessionInner,
        hooks: &dyn DynArtifact,
        resolved_key: ResolvedKey,
    ) {
        let failed_after = Mutex::default();
        let mut obtain = ArtifactRequest::new(session, hooks, resolved_key, &failed_after);
        let artifact_path = obtain.artifact_path();
        let Ticket { repo, entry, artifact } = &self.ticket;
        if (repo, entry, artifact) != (&artifact_path.repo, &artifact_path.entry, &artifact_path.artifact) {
            return;
        }
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner).take().map(Arc::new);
        obtain.lock.clone_from(&lock);
        obtain.handover = Some(self.place.clone());
        let end = obtain.serve(&artifact_path).unwrap_or_else(|error| ended_by(error, obtain.report.rebuild_seconds));
        let is_stored = matches!(end, End::Stored(_));
        // Before the lock is released: the test reads it then.
        self.hand_over(end, session.recorded());
        // The same holds for this: who awaits all that the run shares finds it locked once the test is over.
        let sharing = obtain
            .remote
            .as_ref()
            .filter(|_| is_stored)
            .and_then(|_| obtain.process.run.sharing(&obtain.note(&artifact_path)));
        obtain.lock = None;
        drop(lock);
        if is_stored {
            obtain.share_published(&artifact_path);
        }
        drop(sharing);
        std::process::exit(i32::from(!is_stored));
    }

    /// Ends the process: the target was not found.
    pub(crate) fn end(&self, served: Result<(), Error>) -> ! {
        let Ticket { repo, artifact, .. } = &self.ticket;
        match served {
            Err(error) => {
                self.hand_over(ended_by(error, 0.0), Vec::new());
                give_up(&format!("`{artifact}` of {repo} cannot be built"));
            }
            Ok(()) => give_up(&format!("this test asks for no `{artifact}` of {repo} with the key that was asked for")),
        }
    }

    fn hand_over(&self, end: End, needed: Vec<ArtifactReport>) {
        let handover = Handover { end, needed, warnings: message::kept_warnings() };
        if let Err(error) = handover::write(&self.place, &handover) {
            eprintln!("{PREFIX} the result cannot be handed over below {}: {error}", self.place.display());
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
    /// Builds it for the test that has handed over the lock.
    fn serve(&mut self, artifact_path: &ArtifactPath) -> Result<End, Error> {
        let built = match self.turn(artifact_path, false)? {
            BuildPermission::Done(loaded) => return Ok(End::Stored(loaded.report)),
            BuildPermission::Privately(reason) => self.build_in_private(reason)?,
            BuildPermission::ForAll(miss) => {
                if !self.is_forced(artifact_path)
                    && let Some((value, entry)) = self.wait_for_turn(artifact_path, &miss)?
                {
                    return Ok(End::Stored(self.restored(Outcome::Fetched, value, entry).report));
                }
                self.build_and_publish(artifact_path, &miss)?
            }
        };
        let report = self.report.clone();
        Ok(match built {
            Built::Published => End::Stored(report),
            Built::Private(_) => End::Private(report),
            Built::Unsaved(_) => End::Unsaved,
        })
    }

    /// Gives to other machines what this one has just built, if it loads.
    fn share_published(&mut self, artifact_path: &ArtifactPath) {
        let is_built = self.report.outcome.is_miss();
        if let Some(mut remote) = self.remote.take().filter(|_| is_built)
            && let Found::Ready(mut entry) = self.store(artifact_path).open()
            && self.load_files(&mut entry).is_ok()
        {
            let replace = self.report.outcome == Outcome::Forced;
            share(&mut remote, self.process, artifact_path, &entry.manifest, replace);
        }
    }
}
