//! Restores one artifact for one session, or builds and publishes it.
//!
//! ```text
//! look up ─ hit ───────────────────────────────────────────► load
//!    └ miss ─ lock ─ look up again ─ hit ──────────────────► load
//!                          └ miss ─ fetch ─ fetched ───────► load
//!                                     └ absent ─ build ────► publish ─ load
//! ```
//!
//! Each step has a file below this one. A step returns the state for the next step, or the [`Stop`] that
//! ends the request early. If a step finds that the cache is unusable, the artifact is built for this process alone.
//!
//! A build obtains its dependencies while it holds its own build lock. [`lock`](crate::store::lock) defines the order.

mod announcement;
mod audit;
mod build;
mod builder;
mod calls;
mod circumstances;
mod copy;
mod detached;
mod environment;
mod failures;
mod fetch;
mod handover;
mod hermetic;
mod load;
mod lock;
mod look_up;
mod private_build;
mod stopwatch;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::dyn_artifact::{ArtifactMeta, DynArtifact};
use super::inner::SessionInner;
use super::process::Process;
use super::{Loaded, Origin, Spare};
use crate::config::Mode;
use crate::error::{Error, subject};
use crate::file_lock;
use crate::key::{ResolvedKey, artifact_identity};
use crate::layout::ArtifactPath;
use crate::message;
use crate::remote::Remote;
use crate::store::lock::BuildLock;
use crate::store::{Entry, Store};
use crate::telemetry::{ArtifactReport, Outcome, Span};
use announcement::Announcement;
pub(crate) use builder::Builder;
pub(super) use builder::{is_builder, limit_time};
use circumstances::Limits;
pub(super) use load::{Loading, PrivateFiles};

/// The kind of note that marks an artifact as rebuilt by this run.
const FORCED: &str = "forced";

/// A request of a session for one artifact.
pub(super) struct ArtifactRequest<'a> {
    session: &'a SessionInner,
    artifact: &'a dyn DynArtifact,
    meta: ArtifactMeta,
    process: &'static Process,
    resolved_key: ResolvedKey,
    store: Store<'static>,
    report: ArtifactReport,
    /// `SMOKE_FORCE_REBUILD` names the repository, and no process of this run has rebuilt the artifact yet.
    is_forced: bool,
    /// Held while this process builds for all.
    lock: Option<Arc<BuildLock>>,
    /// Set once the request needs the remote cache.
    remote: Option<Remote<'static>>,
    /// The duration of a failed build, in seconds.
    failed_build_seconds: f64,
    /// In a builder process: the directory for artifacts that the cache cannot keep.
    handover: Option<PathBuf>,
    /// In a private builder process: the limits of this process.
    limits: Option<Limits>,
    /// The build in flight, if the user is to know of it.
    announcement: Option<Announcement>,
}

/// The end of a request before its last step.
enum Stop {
    /// The artifact is loaded.
    Loaded(Box<Loaded>),
    /// The artifact must be built for this process alone, for this reason.
    Private(String),
    Failed(Error),
}

/// The result of one step: the state for the next one.
type Step<T> = Result<T, Stop>;

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Failed(error)
    }
}

/// A request that failed.
pub(super) struct FailedRequest {
    pub(super) error: Box<Error>,
    /// The duration of the build that failed, in seconds; 0 if none did.
    pub(super) build_seconds: f64,
    pub(super) spans: Vec<Span>,
}

impl From<Error> for FailedRequest {
    fn from(error: Error) -> FailedRequest {
        FailedRequest { error: Box::new(error), build_seconds: 0.0, spans: Vec::new() }
    }
}

/// An artifact that was loaded from the cache.
struct Restored {
    spare: Spare,
    entry: Entry,
}

impl<'a> ArtifactRequest<'a> {
    pub(super) fn new(
        session: &'a SessionInner,
        artifact: &'a dyn DynArtifact,
        resolved_key: ResolvedKey,
    ) -> ArtifactRequest<'a> {
        let meta = artifact.meta();
        let process = session.process;
        let store = Store {
            layout: &process.layout,
            run: process.run,
            artifact_path: ArtifactPath {
                repo: session.repo_name_of(&meta).to_owned(),
                entry: resolved_key.key.entry(),
                artifact: meta.name.to_owned(),
            },
            key: Arc::clone(&resolved_key.key),
            storage: meta.storage,
            type_name: artifact_identity(meta.code.code(), meta.type_name),
        };
        let mut request = ArtifactRequest {
            session,
            artifact,
            meta,
            process,
            report: ArtifactReport::new(meta.name, &resolved_key.key.display(), ""),
            resolved_key,
            store,
            is_forced: false,
            lock: None,
            remote: None,
            failed_build_seconds: 0.0,
            handover: None,
            limits: None,
            announcement: None,
        };
        request.is_forced = request.must_be_rebuilt();
        request
    }

    pub(super) fn run(mut self) -> Result<Loaded, FailedRequest> {
        let result = match self.steps() {
            Ok(loaded) => Ok(loaded),
            Err(Stop::Loaded(loaded)) => Ok(*loaded),
            Err(Stop::Private(reason)) => self.build_privately(reason),
            Err(Stop::Failed(error)) => Err(error),
        };
        if let Err(error) = &result {
            self.announce_failure(error);
        }
        let (build_seconds, spans) = (self.failed_build_seconds, self.report.spans);
        result.map_err(|error| FailedRequest { error: Box::new(error), build_seconds, spans })
    }

    fn steps(&mut self) -> Step<Loaded> {
        self.check_cache_is_usable()?;
        let first_miss = self.look_up()?;
        self.lock()?;
        let miss = self.look_up_again(first_miss.as_ref())?;
        let miss = self.fetch(miss)?;
        self.build(&miss)
    }

    fn repo(&self) -> &str {
        self.session.repo_name_of(&self.meta)
    }

    /// Returns the artifact's name for messages: `graph` of django.
    fn subject(&self) -> String {
        subject(self.meta.name, self.repo())
    }

    /// Returns the name of this artifact's notes in the run.
    fn note(&self) -> String {
        let ArtifactPath { repo, artifact, .. } = &self.store.artifact_path;
        format!("{repo}-{artifact}-{}", self.resolved_key.key.digest())
    }

    /// Returns `true` if `SMOKE_FORCE_REBUILD` names the repository, and the run has not rebuilt the artifact yet.
    fn must_be_rebuilt(&self) -> bool {
        let config = self.process.config;
        config.mode == Mode::ReadWrite
            && config.force.covers(self.repo())
            && self.process.run.read::<bool>(FORCED, &self.note()).is_none()
    }

    /// Reports a hit: on an artifact of an earlier run, or of another test of this run.
    fn hit(&mut self, restored: Restored) -> Loaded {
        // Machines of one CI pipeline may share a run id.
        let is_of_this_run = restored.entry.manifest.run == self.process.run.id() && !self.was_fetched();
        self.restored(if is_of_this_run { Outcome::Shared } else { Outcome::Hit }, restored)
    }

    fn restored(&mut self, outcome: Outcome, Restored { spare, entry }: Restored) -> Loaded {
        self.report.outcome = outcome;
        self.report.reason.clear();
        self.report.bytes = entry.manifest.bytes();
        self.report.metrics.clone_from(&entry.manifest.metrics);
        self.report.build_seconds = entry.manifest.build_seconds();
        self.loaded(spare, Origin::Entry(Box::new(entry)))
    }

    fn loaded(&mut self, spare: Spare, origin: Origin) -> Loaded {
        if self.report.outcome.is_miss() {
            self.report.build_seconds = self.report.rebuild_seconds;
        }
        if let Some(remote) = &self.remote {
            fetch::record(remote, &mut self.report);
        }
        self.announce_result();
        Loaded::new(spare, self.resolved_key.clone(), self.report.clone(), origin)
    }

    /// Warns that the cache keeps nothing. From here on this process starts no builders: they could not hand over
    /// dependencies through the cache.
    fn warn_unwritable(&self, error: &Error) {
        self.process.is_failing.store(true, Ordering::Relaxed);
        let cache = self.process.config.cache_dir.display();
        let text = if error.io_cause().is_some_and(file_lock::is_unsupported) {
            format!(
                "file locks are not supported in the cache at {cache}, so nothing is kept there: {}\n\
                 help: set SMOKE_CACHE_DIR to a directory on another file system",
                error.report_line()
            )
        } else {
            format!(
                "the cache at {cache} cannot be written to, so nothing is kept: {}\n\
                 help: free space, make the directory writable, or set SMOKE_CACHE_DIR to another directory",
                error.report_line(),
            )
        };
        message::warn_once_about("unwritable", &text);
    }
}
