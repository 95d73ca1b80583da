//! Obtains one artifact for one session: restores it, or builds and publishes it.
//!
//! ```text
//! look ─ hit ──────────────────────────────────────────────► load
//!   └ miss ─ lock ─ look again ─ hit ──────────────────────► load
//!                      └ miss ─ fetch ─ fetched ───────────► load
//!                                 └ absent ─ build here ───► publish ─ load
//!                                    └ or by a builder, which has the lock then: wait for it ─ look again ─ load
//! ```
//!
//! Where the cache cannot be used, at whichever step that shows, the artifact is built for this process alone. A build
//! obtains what it needs while it holds the lock of its own artifact: see [`lock`](crate::store::lock) for the order.

mod build;
mod builder;
mod calls;
mod detached;
mod handover;
mod load;
mod remote;

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::dyn_artifact::{ArtifactMeta, DynArtifact, Value};
use super::inner::{SessionInner, blank};
use super::process::Process;
use super::{Loaded, Origin};
use crate::config::{Mode, OnMiss};
use crate::error::Error;
use crate::file_lock;
use crate::key::{ResolvedKey, artifact_identity};
use crate::layout::ArtifactPath;
use crate::message;
use crate::remote::Remote;
use crate::store::lock::{Acquired, BuildLock};
use crate::store::manifest::Manifest;
use crate::store::{Entry, Found, Miss, ReadLock, Store};
use crate::telemetry::{ArtifactReport, Outcome};
pub(crate) use builder::{Builder, Seen};
pub(super) use builder::{is_builder, limit_time};
pub(super) use load::Loading;

/// The kind of note that says that this run has rebuilt an artifact.
const FORCED: &str = "forced";
const OFF_REASON: &str = "SMOKE_CACHE=off";
const FORCED_REASON: &str = "forced by SMOKE_FORCE_REBUILD";

/// An artifact that is being obtained for a session.
pub(super) struct ArtifactRequest<'a> {
    session: &'a SessionInner,
    hooks: &'a dyn DynArtifact,
    kind: ArtifactMeta,
    process: &'static Process,
    resolved_key: ResolvedKey,
    report: ArtifactReport,
    /// Held while it is built for others, too.
    lock: Option<Arc<BuildLock>>,
    /// Set once the remote cache has to be asked.
    remote: Option<Remote<'static>>,
    /// Seconds that a failed build took.
    failed_after: &'a Mutex<f64>,
    /// In a builder: the directory of what cannot be published.
    handover: Option<PathBuf>,
}

/// The result of a look into the cache.
enum Look {
    Restored(Value, Entry),
    Packed(Manifest, ReadLock, Option<String>),
    Missing(Miss),
}

/// The permission to build.
enum BuildPermission {
    /// The artifact is here already.
    Done(Box<Loaded>),
    /// Under the lock: for every test.
    ForAll(Miss),
    /// For this process alone, for this reason.
    Privately(String),
}

impl<'a> ArtifactRequest<'a> {
    pub(super) fn new(
        session: &'a SessionInner,
        hooks: &'a dyn DynArtifact,
        resolved_key: ResolvedKey,
        failed_after: &'a Mutex<f64>,
    ) -> ArtifactRequest<'a> {
        let kind = hooks.kind();
        let report = blank(kind.name, &resolved_key.key.display(), "");
        ArtifactRequest {
            session,
            hooks,
            kind,
            process: session.process,
            resolved_key,
            report,
            lock: None,
            remote: None,
            failed_after,
            handover: None,
        }
    }

    pub(super) fn run(mut self) -> Result<Loaded, Error> {
        if self.process.config.mode == Mode::Off {
            return self.build_privately(OFF_REASON.to_owned());
        }
        if let Some(doubt) = self.resolved_key.doubt.clone() {
            message::warn_once(&format!("{}: {doubt}; the result is used once and not kept", self.subject()));
            return self.build_privately(doubt);
        }
        let artifact_path = self.artifact_path();
        if let Some(link) = self.store(&artifact_path).link() {
            return self.leave_alone(&link);
        }
        let mut was_missing = false;
        if !self.is_forced(&artifact_path) {
            match self.look(&artifact_path)? {
                Look::Restored(value, entry) => return Ok(self.hit(value, entry)),
                Look::Packed(..) => {}
                Look::Missing(miss) => {
                    was_missing = true;
                    if !self.may_be_shared() {
                        self.check_policy(&miss)?;
                    }
                    if let Some(reason) = self.reason_to_bypass(&miss) {
                        return self.build_privately(reason);
                    }
                }
            }
        }
        if let Some(link) = self.process.layout.link_among(&artifact_path) {
            return self.leave_alone(&link);
        }
        match self.lock(&artifact_path) {
            Ok(Ok(lock)) => self.lock = Some(Arc::new(lock)),
            Ok(Err(reason)) => {
                message::warn_once(&format!("{}: {reason}; building without the cache", self.subject()));
                return self.build_privately(reason);
            }
            Err(error @ Error::Message(_)) => return Err(error),
            Err(error) => self.warn_unwritable(&error),
        }
        match self.turn(&artifact_path, was_missing)? {
            BuildPermission::Done(loaded) => Ok(*loaded),
            BuildPermission::Privately(reason) => self.build_privately(reason),
            BuildPermission::ForAll(miss) if self.is_detached() => self.build_detached(&artifact_path, &miss),
            BuildPermission::ForAll(miss) => self.build_here(&artifact_path, &miss),
        }
    }

    /// Decides under the lock, or without one where there can be none, whether this process builds.
    fn turn(&mut self, artifact_path: &ArtifactPath, was_missing: bool) -> Result<BuildPermission, Error> {
        // Another process may have built it while this one waited.
        let miss = match self.look_again(artifact_path)? {
            // Perhaps for a test of another run: it was not there before this one.
            Ok((value, entry)) if was_missing && !self.was_fetched(artifact_path) => {
                return Ok(BuildPermission::Done(Box::new(self.restored(Outcome::Shared, value, entry))));
            }
            Ok((value, entry)) => return Ok(BuildPermission::Done(Box::new(self.hit(value, entry)))),
            Err(miss) => miss,
        };
        let bypass = self.reason_to_bypass(&miss);
        let is_forced = self.is_forced(artifact_path);
        if self.lock.is_some() && bypass.is_none() {
            self.connect(artifact_path);
            if !is_forced && let Some((value, entry)) = self.fetch(artifact_path, &miss)? {
                return Ok(BuildPermission::Done(Box::new(self.restored(Outcome::Fetched, value, entry))));
            }
        }
        if !is_forced {
            self.check_policy(&miss)?;
        }
        Ok(match bypass {
            Some(reason) => BuildPermission::Privately(reason),
            None if self.lock.is_none() => BuildPermission::Privately(miss.to_string()),
            None => BuildPermission::ForAll(miss),
        })
    }

    /// Builds without reading or writing what a link leads to.
    fn leave_alone(&mut self, link: &Path) -> Result<Loaded, Error> {
        let reason = is_a_link(link);
        message::warn_once(&format!("{}: {reason}: what it leads to is left alone; remove the link", self.subject()));
        self.build_privately(reason)
    }

    /// Returns the reason to build it, if there is one. Its files are not read for that.
    pub(super) fn miss(&self) -> Option<String> {
        if self.process.config.mode == Mode::Off {
            return Some(OFF_REASON.to_owned());
        }
        if let Some(doubt) = &self.resolved_key.doubt {
            return Some(doubt.clone());
        }
        let artifact_path = self.artifact_path();
        let store = self.store(&artifact_path);
        if let Some(link) = store.link() {
            return Some(is_a_link(&link));
        }
        if self.is_forced(&artifact_path) {
            return Some(FORCED_REASON.to_owned());
        }
        store.find().err().map(|miss| miss.to_string())
    }

    fn repo(&self) -> &str {
        self.session.repo.name()
    }

    fn artifact_path(&self) -> ArtifactPath {
        ArtifactPath {
            repo: self.repo().to_owned(),
            entry: self.resolved_key.key.entry(),
            artifact: self.kind.name.to_owned(),
        }
    }

    /// For messages: `graph` of django.
    fn subject(&self) -> String {
        format!("`{}` of {}", self.kind.name, self.repo())
    }

    fn store<'s>(&'s self, artifact_path: &ArtifactPath) -> Store<'s> {
        Store {
            layout: &self.process.layout,
            run: self.process.run,
            artifact_path: artifact_path.clone(),
            key: &self.resolved_key.key,
            storage: self.kind.storage,
            type_name: artifact_identity(self.kind.code.code(), self.kind.type_name),
        }
    }

    /// Whether this run has still to rebuild it.
    fn is_forced(&self, artifact_path: &ArtifactPath) -> bool {
        let config = self.process.config;
        config.mode == Mode::ReadWrite
            && config.force.covers(self.repo())
            && self.process.run.read::<bool>(FORCED, &self.note(artifact_path)).is_none()
    }

    /// The name of this artifact's notes in the run.
    fn note(&self, artifact_path: &ArtifactPath) -> String {
        format!("{}-{}-{}", artifact_path.repo, artifact_path.artifact, self.resolved_key.key.digest())
    }

    /// Restores it if it is there and whole.
    fn look(&mut self, artifact_path: &ArtifactPath) -> Result<Look, Error> {
        let begun = Instant::now();
        let look = match self.store(artifact_path).open() {
            Found::Ready(entry) => {
                return Ok(match self.load_entry(entry, begun)? {
                    Ok((value, entry)) => Look::Restored(value, entry),
                    Err(miss) => Look::Missing(miss),
                });
            }
            Found::Packed(manifest, lease, damage) => Look::Packed(manifest, lease, damage),
            Found::Missing(miss) => Look::Missing(miss),
        };
        self.add_restore(begun, Duration::ZERO);
        Ok(look)
    }

    /// Looks under the lock, where an archive may be unpacked. The inner error is the reason to build it.
    fn look_again(&mut self, artifact_path: &ArtifactPath) -> Result<Result<(Value, Entry), Miss>, Error> {
        if self.is_forced(artifact_path) {
            return Ok(Err(Miss::Absent(FORCED_REASON.to_owned())));
        }
        match self.look(artifact_path)? {
            Look::Restored(value, entry) => Ok(Ok((value, entry))),
            Look::Missing(miss) => Ok(Err(miss)),
            Look::Packed(manifest, lease, damage) => {
                if let Some(damage) = damage {
                    message::warn_once(&format!("{} is unpacked again: {damage}", self.subject()));
                }
                self.unpack(artifact_path, manifest, lease)
            }
        }
    }

    fn add_restore(&mut self, begun: Instant, elsewhere: Duration) {
        self.report.restore_seconds += begun.elapsed().saturating_sub(elsewhere).as_secs_f64();
    }

    /// Reports an artifact that was there, from an earlier run or from this one.
    fn hit(&mut self, value: Value, entry: Entry) -> Loaded {
        // Machines of one pipeline may have one id.
        let is_of_this_run = entry.manifest.run == self.process.run.id() && !self.was_fetched(&self.artifact_path());
        self.restored(if is_of_this_run { Outcome::Shared } else { Outcome::Hit }, value, entry)
    }

    fn restored(&mut self, outcome: Outcome, value: Value, entry: Entry) -> Loaded {
        self.report.outcome = outcome;
        self.report.bytes = entry.manifest.bytes();
        self.report.build_seconds = entry.manifest.build_seconds();
        self.loaded(value, Origin::Entry(Box::new(entry)))
    }

    fn loaded(&mut self, value: Value, origin: Origin) -> Loaded {
        if self.report.outcome.is_miss() {
            self.report.build_seconds = self.report.rebuild_seconds;
        }
        if let Some(remote) = &self.remote {
            remote::note(remote, &mut self.report);
        }
        Loaded::new(value, self.resolved_key.clone(), self.report.clone(), origin)
    }

    /// Whether the shared tier may have what the cache has not.
    fn may_be_shared(&self) -> bool {
        self.process.config.remote.is_some() && self.process.config.mode == Mode::ReadWrite
    }

    /// What `SMOKE_ON_MISS` says about it.
    fn check_policy(&self, miss: &Miss) -> Result<(), Error> {
        let (repo, artifact, reason) = (self.repo().to_owned(), self.kind.name.to_owned(), miss.to_string());
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
    fn reason_to_bypass(&self, miss: &Miss) -> Option<String> {
        if let Miss::Foreign(reason) = miss {
            message::warn_once(&format!("{}: {reason}; it is left alone", self.subject()));
            return Some(reason.clone());
        }
        let read_only = self.process.config.mode == Mode::ReadOnly;
        read_only.then(|| format!("{miss} (SMOKE_CACHE=read-only)"))
    }

    /// Waits for the build lock. The inner error is a reason to build without it.
    fn lock(&mut self, artifact_path: &ArtifactPath) -> Result<Result<BuildLock, String>, Error> {
        // With its `.gitignore`, if something has removed it since the start of the run.
        self.process.layout.create()?;
        let begun = Instant::now();
        let acquired = self.acquire(artifact_path, self.process.config.lock_timeout);
        self.report.wait_seconds += begun.elapsed().as_secs_f64();
        let path = self.process.layout.build_lock(artifact_path);
        Ok(Err(match acquired? {
            Acquired::Locked(lock) => return Ok(Ok(lock)),
            Acquired::TimedOut => {
                let limit = message::seconds(self.process.config.lock_timeout);
                format!("no lock within {limit}; SMOKE_LOCK_TIMEOUT sets the limit")
            }
            Acquired::Abandoned(holder) => format!(
                "process {} was killed in its build, and a process that it started still holds the lock {}; end that \
                 process",
                holder.pid,
                path.display()
            ),
            Acquired::HeldByAncestor(holder) => {
                return Err(Error::Message(format!(
                    "process {} builds {} and started this process, which would wait for it for ever\n\
                     help: do not ask for `{}` in a process that its own `build` starts",
                    holder.pid,
                    self.subject(),
                    self.kind.name
                )));
            }
        }))
    }

    /// Waits for the build lock, and reports for whom.
    fn acquire(&self, artifact_path: &ArtifactPath, limit: Duration) -> Result<Acquired, Error> {
        let (test, subject) = (&self.session.test, self.subject());
        BuildLock::acquire(&self.process.layout.build_lock(artifact_path), limit, |holder, waited| {
            let waited = message::seconds(waited);
            let by = match holder {
                Some(holder) => {
                    let step = holder.step.as_ref().map_or_else(String::new, |step| format!(": {step}"));
                    format!("process {}, at it for {}{step}", holder.pid, message::seconds(holder.elapsed()))
                }
                None => "another process".to_owned(),
            };
            message::progress(&format!("{test} has waited {waited} for {subject}, which is being made by {by}"));
        })
    }

    /// Reports that nothing can be kept. From here on this process builds by itself: a builder could not hand over by the
    /// cache what it builds on its way.
    fn warn_unwritable(&self, error: &Error) {
        self.process.is_failing.store(true, Ordering::Relaxed);
        let cache = self.process.config.cache_dir.display();
        let text = if error.io_cause().is_some_and(file_lock::is_unsupported) {
            format!(
                "file locks are not supported in the cache at {cache}, so nothing is kept there: {}\n\
                 help: let SMOKE_CACHE_DIR name a directory on another file system",
                error.report_line()
            )
        } else {
            format!(
                "the cache at {cache} cannot be written to, so nothing is kept: {}; make room there, make it writable, \
                 or point SMOKE_CACHE_DIR elsewhere",
                error.report_line(),
            )
        };
        message::warn_once_about("unwritable", &text);
    }
}

fn is_a_link(path: &Path) -> String {
    format!("{} is a link", path.display())
}
