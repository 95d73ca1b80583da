//! A test's way to its artifacts: restore, or else lock, look again, build, publish, and restore what was published.

mod code;
mod dyn_artifact;
mod in_progress;
mod inner;
mod inputs;
mod process;
mod request;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use once_cell::sync::OnceCell;

use crate::api::artifact::{Artifact, Suite};
use crate::config::StopAfter;
use crate::error::Error;
use crate::key::ResolvedKey;
use crate::key::repo::Repo;
use crate::store::manifest::ListedFile;
use crate::store::{Entry, Staging};
use crate::telemetry::{ArtifactReport, CacheReport};
use dyn_artifact::{TypedArtifact, Value};
use inner::{SessionInner, record_key_failure};
pub(crate) use request::{Builder, Seen};

/// One test's access to the artifacts of one repository.
///
/// The attribute makes one for each test. Without the attribute:
///
/// ```no_run
/// # struct Smoke;
/// # impl cached_smoke::Suite for Smoke {
/// #     type Config = ();
/// #     const CODE: cached_smoke::CodeFingerprint = cached_smoke::code_fingerprint!("src");
/// # }
/// # struct DependencyGraph;
/// # impl cached_smoke::Artifact<Smoke> for DependencyGraph {
/// #     const NAME: &'static str = "graph";
/// #     fn build(_: &cached_smoke::BuildContext<'_, Smoke>) -> cached_smoke::Result<Self> { Ok(DependencyGraph) }
/// #     fn load(_: &cached_smoke::LoadContext<'_, Smoke>) -> cached_smoke::Result<Self> { Ok(DependencyGraph) }
/// # }
/// use cached_smoke::Session;
///
/// # fn main() -> Result<(), cached_smoke::Error> {
/// let session = Session::<Smoke>::open("django")?;
/// let graph: &DependencyGraph = session.get()?;
/// # Ok(())
/// # }
/// ```
///
/// Sessions of one process share artifacts: each is restored or built once, and kept until the process ends. A
/// session can be used by many threads at once. When it is dropped, it reports what the cache did.
pub struct Session<S: Suite> {
    config: S::Config,
    untyped: SessionInner,
}

/// An artifact in this process, and where its files are.
pub(crate) struct Loaded {
    /// Shared by all who asked for a reference.
    shared: OnceCell<Value>,
    /// Loaded, and not given to anyone yet.
    spare: Mutex<Option<Value>>,
    resolved_key: ResolvedKey,
    report: ArtifactReport,
    origin: Origin,
}

impl Loaded {
    fn new(value: Value, resolved_key: ResolvedKey, report: ArtifactReport, origin: Origin) -> Loaded {
        Loaded { shared: OnceCell::new(), spare: Mutex::new(Some(value)), resolved_key, report, origin }
    }

    /// Returns the value that was loaded first, to the first caller.
    fn take(&self) -> Option<Value> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The files of a loaded artifact, held for as long as it may be loaded again.
pub(crate) enum Origin {
    Entry(Box<Entry>),
    Private(Staging),
    /// It could be saved nowhere.
    Nowhere,
}

impl Origin {
    fn directory(&self) -> Option<PathBuf> {
        match self {
            Origin::Entry(entry) => Some(entry.directory.clone()),
            Origin::Private(staging) => Some(staging.files()),
            Origin::Nowhere => None,
        }
    }

    /// Returns the files that nothing may write to.
    fn stored_files(&self) -> &[ListedFile] {
        match self {
            Origin::Entry(entry) => &entry.manifest.files,
            Origin::Private(_) | Origin::Nowhere => &[],
        }
    }
}

impl<S: Suite> Session<S> {
    /// A session over the repository called `repo`, with the suite's default configuration.
    ///
    /// # Errors
    /// The repository is not known, not there, or not at its pinned revision; a setting means nothing.
    pub fn open(repo: &str) -> Result<Session<S>, Error> {
        Session::with_config(repo, S::Config::default())
    }

    /// As [`open`](Self::open), with another configuration.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn with_config(repo: &str, config: S::Config) -> Result<Session<S>, Error> {
        // libtest names a test's thread after the test.
        let test = std::thread::current().name().unwrap_or("-").to_owned();
        Ok(Session { config, untyped: SessionInner::open(test, repo, false)? })
    }

    /// As [`with_config`](Self::with_config), for a test of the attribute: its name is known to the test's harness.
    pub(crate) fn of_attribute(test: String, repo: &str, config: S::Config) -> Result<Session<S>, Error> {
        Ok(Session { config, untyped: SessionInner::open(test, repo, true)? })
    }

    /// The repository.
    pub fn repo(&self) -> &Repo {
        &self.untyped.repo
    }

    /// The configuration of this session.
    pub fn config(&self) -> &S::Config {
        &self.config
    }

    /// What the cache has done for this session when this is first asked.
    pub fn report(&self) -> &CacheReport {
        self.untyped.report()
    }

    /// Returns the artifact: restored, or built if it is not in the cache.
    ///
    /// Blocks until it is available. Called in an async test, it has other threads do the work, so that `build` and its like may
    /// start a runtime; but tasks that are driven by the calling thread wait, unless it is called inside of
    /// `tokio::task::block_in_place` or its like.
    ///
    /// # Errors
    /// It cannot be built, saved or loaded; or it is not in the cache and `SMOKE_ON_MISS` forbids building it. Under
    /// `SMOKE_STOP_AFTER=key`, which `cargo smoke-cache key` and its like set, always: with [`Error::Skipped`] once the
    /// artifact's key is recorded.
    pub fn get<A: Artifact<S>>(&self) -> Result<&A, Error> {
        let hooks = TypedArtifact::<S, A>::new(self);
        self.check_stop(&hooks)?;
        Ok(known(self.untyped.shared(&hooks)?.downcast_ref()))
    }

    /// Computes the artifact's key and looks whether it is in the cache, for whoever reads the run's keys.
    pub(crate) fn look<A: Artifact<S>>(&self) -> Result<(), Error> {
        self.untyped.look(&TypedArtifact::<S, A>::new(self))
    }

    /// Builds the artifact and ends the process if this is the builder's target. Else looks for the target among the
    /// artifacts that it needs.
    pub(crate) fn serve<A: Artifact<S>>(&self, seen: &mut Seen) -> Result<(), Error> {
        self.untyped.serve(&TypedArtifact::<S, A>::new(self), seen)
    }

    /// Under `SMOKE_STOP_AFTER=key` nothing is restored or built: the body of a test without the attribute, which does
    /// run, ends at its first artifact.
    fn check_stop(&self, hooks: &TypedArtifact<'_, S, impl Artifact<S>>) -> Result<(), Error> {
        if self.stop_after() == Some(StopAfter::Key) { Err(self.untyped.stop_at_key(hooks)) } else { Ok(()) }
    }

    /// Records that the keys of a test of the attribute are missing from those of the run.
    pub(crate) fn record_key_failure(test: &str, repo: &str, error: &Error) {
        record_key_failure(test, true, repo, None, error);
    }

    pub(crate) fn stop_after(&self) -> Option<StopAfter> {
        self.untyped.process.config.stop_after
    }

    /// Returns the artifact by value: as it was loaded if nothing else in this process has asked for it, or else loaded
    /// again from its files.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn owned<A: Artifact<S>>(&self) -> Result<A, Error> {
        let hooks = TypedArtifact::<S, A>::new(self);
        self.check_stop(&hooks)?;
        Ok(*known(self.untyped.owned(&hooks)?.downcast().ok()))
    }

    /// From here on the session may be asked on a thread that drives a runtime.
    pub(crate) fn enter_runtime(&self) {
        self.untyped.enter_runtime();
    }

    /// Keeps the report back until the session is dropped.
    pub(crate) fn defer_report(&self) {
        self.untyped.defer_report();
    }

    /// Everything that the test's parameters ask for has been had.
    pub(crate) fn finish_setup(&self) {
        self.untyped.finish_setup();
    }
}

impl<S: Suite> std::fmt::Debug for Session<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let SessionInner { test, repo, .. } = &self.untyped;
        f.debug_struct("Session").field("test", test).field("repo", repo).finish_non_exhaustive()
    }
}

/// What hooks made has the type of their artifact.
fn known<T>(typed: Option<T>) -> T {
    match typed {
        Some(typed) => typed,
        None => unreachable!("the hooks of an artifact make values of its type"),
    }
}
