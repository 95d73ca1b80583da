//! Sessions: a test's access to its artifacts.
//!
//! [`request`] restores or builds one artifact. [`inner`] shares artifacts among requests and reports.

mod code;
mod dyn_artifact;
mod in_progress;
mod inner;
mod inputs;
mod last_used;
mod process;
mod request;
mod verification;
mod walk;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use once_cell::sync::OnceCell;

use crate::api::artifact::{Artifact, Suite};
use crate::api::scratch::{Copies, Scratch};
use crate::config::StopAfter;
use crate::error::Error;
use crate::key::ResolvedKey;
use crate::key::repo::Repo;
use crate::store::manifest::ListedFile;
use crate::store::{Entry, Staging};
use crate::telemetry::{ArtifactReport, CacheReport};
use dyn_artifact::{TypedArtifact, Value};
use inner::{SessionInner, record_key_failure};
pub(crate) use request::Builder;
use request::PrivateFiles;
pub(crate) use walk::Walk;

/// A test's access to the artifacts of one repository.
///
/// The attribute opens a session for each test. A test without the attribute opens its own:
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
/// The sessions of one process share artifacts: each artifact is restored or built once, and kept until the process
/// ends. Several threads may use a session at once. A dropped session reports what the cache did.
pub struct Session<S: Suite> {
    config: S::Config,
    inner: Arc<SessionInner>,
}

/// An artifact in this process, and its files.
pub(crate) struct Loaded {
    /// The value of all requests for a reference.
    shared: OnceCell<Value>,
    /// The value that was loaded first, until a request takes it.
    spare: Mutex<Option<Spare>>,
    resolved_key: ResolvedKey,
    report: ArtifactReport,
    origin: Origin,
}

/// A value that no request has taken yet.
struct Spare {
    value: Value,
    /// The private directory that the value was loaded from, if it was.
    copy: Option<PrivateFiles>,
}

impl Loaded {
    fn new(spare: Spare, resolved_key: ResolvedKey, report: ArtifactReport, origin: Origin) -> Loaded {
        Loaded { shared: OnceCell::new(), spare: Mutex::new(Some(spare)), resolved_key, report, origin }
    }

    /// Returns the value that was loaded first, to the first caller.
    fn take(&self) -> Option<Value> {
        let Spare { value, copy } = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        // The process may have mapped the files: they stay until it ends.
        std::mem::forget(copy);
        Some(value)
    }

    /// Returns the value that was loaded first and its private copy, to the first caller, if it was loaded from one.
    fn take_copy(&self) -> Option<(Value, Staging)> {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        match spare.take() {
            Some(Spare { value, copy: Some(PrivateFiles::Copy(staging)) }) => Some((value, staging)),
            other => {
                *spare = other;
                None
            }
        }
    }
}

/// The files of a loaded artifact, kept as long as the artifact may be loaded again.
pub(crate) enum Origin {
    Entry(Box<Entry>),
    Private(Staging),
    /// No directory could keep the files.
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

    /// Returns the files that no process may write to.
    fn stored_files(&self) -> &[ListedFile] {
        match self {
            Origin::Entry(entry) => &entry.manifest.files,
            Origin::Private(_) | Origin::Nowhere => &[],
        }
    }
}

impl<S: Suite> Session<S> {
    /// Opens a session over the repository called `repo`, with the suite's default configuration.
    ///
    /// # Errors
    /// Fails if `smoke.toml` does not name the repository, if the repository is missing or not at its pinned revision,
    /// or if a setting is invalid.
    pub fn open(repo: &str) -> Result<Session<S>, Error> {
        Session::with_config(repo, S::Config::default())
    }

    /// Opens a session over the repository called `repo` with the given configuration.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn with_config(repo: &str, config: S::Config) -> Result<Session<S>, Error> {
        Session::of_plain_test(Some(repo), config)
    }

    /// Opens a session without a repository, for artifacts that read none: functions without a parameter `&Repo`, and
    /// those that set [`USES_REPO`](Artifact::USES_REPO) to `false`.
    ///
    /// # Errors
    /// Fails if a setting is invalid.
    pub fn without_repo(config: S::Config) -> Result<Session<S>, Error> {
        Session::of_plain_test(None, config)
    }

    fn of_plain_test(repo: Option<&str>, config: S::Config) -> Result<Session<S>, Error> {
        // libtest names a test's thread after the test.
        let test = std::thread::current().name().unwrap_or("-").to_owned();
        Ok(Session { config, inner: Arc::new(SessionInner::open(test, repo, false)?) })
    }

    /// Opens the session of a test of the attribute, whose name the test harness knows.
    pub(crate) fn of_attribute(test: String, repo: Option<&str>, config: S::Config) -> Result<Session<S>, Error> {
        Ok(Session { config, inner: Arc::new(SessionInner::open(test, repo, true)?) })
    }

    /// Returns a session of the same test, with the same report, for artifacts of another suite.
    pub(crate) fn of_suite<T: Suite>(&self, config: T::Config) -> Session<T> {
        Session { config, inner: Arc::clone(&self.inner) }
    }

    /// Returns the repository.
    ///
    /// # Panics
    /// Panics if the session has no repository: it was opened by [`without_repo`](Self::without_repo).
    #[track_caller]
    pub fn repo(&self) -> &Repo {
        match self.inner.repo() {
            Some(repo) => repo,
            None => panic!("the session has no repository\nhelp: open it with `Session::open`"),
        }
    }

    /// Returns the repository, if the session has one.
    pub(crate) fn known_repo(&self) -> Option<&Repo> {
        self.inner.repo()
    }

    /// Returns the configuration of this session.
    pub fn config(&self) -> &S::Config {
        &self.config
    }

    /// Returns the report of what the cache did for this session. The first call fixes the report.
    pub fn report(&self) -> &CacheReport {
        self.inner.report()
    }

    /// Restores the artifact, or builds it if the cache does not have it.
    ///
    /// Blocks until the artifact is available. In an async test another thread does the work, so that the artifact's
    /// functions may start a runtime. Tasks of the calling thread wait meanwhile; `tokio::task::block_in_place` avoids
    /// that.
    ///
    /// # Errors
    /// Fails if the artifact cannot be built, saved or loaded, or if it is a miss and `SMOKE_ON_MISS` forbids a build.
    /// Under `SMOKE_STOP_AFTER=key`, which `cargo smoke-cache key` sets, every call records the key and returns
    /// [`Error::Skipped`].
    pub fn get<A: Artifact<S>>(&self) -> Result<&A, Error> {
        self.get_static()
    }

    /// As [`get`](Self::get). The process keeps the artifact until it ends.
    pub(crate) fn get_static<A: Artifact<S>>(&self) -> Result<&'static A, Error> {
        let artifact = TypedArtifact::<S, A>::new(self);
        self.check_stop(&artifact)?;
        Ok(known(self.inner.shared(&artifact)?.downcast_ref()))
    }

    /// Records the artifact's key, and whether the cache has it.
    pub(crate) fn record_key<A: Artifact<S>>(&self) -> Result<(), Error> {
        self.inner.record_key(&TypedArtifact::<S, A>::new(self))
    }

    /// Visits the artifact and its dependencies.
    pub(crate) fn visit<A: Artifact<S>>(&self, walk: &mut Walk) -> Result<(), Error> {
        self.inner.visit(&TypedArtifact::<S, A>::new(self), walk)
    }

    /// Fails under `SMOKE_STOP_AFTER=key`: the body of a plain test runs, and must end at its first artifact.
    fn check_stop(&self, artifact: &TypedArtifact<'_, S, impl Artifact<S>>) -> Result<(), Error> {
        if self.stop_after() == Some(StopAfter::Key) { Err(self.inner.stop_at_key(artifact)) } else { Ok(()) }
    }

    /// Records that the run has no keys of a test of the attribute.
    pub(crate) fn record_key_failure(test: &str, repo: &str, error: &Error) {
        record_key_failure(test, true, repo, None, error);
    }

    pub(crate) fn stop_after(&self) -> Option<StopAfter> {
        self.inner.process.config.stop_after
    }

    /// Returns the artifact by value. The first request of the process gets the loaded value; later ones load the files
    /// again.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn owned<A: Artifact<S>>(&self) -> Result<A, Error> {
        let artifact = TypedArtifact::<S, A>::new(self);
        self.check_stop(&artifact)?;
        Ok(*known(self.inner.owned(&artifact)?.downcast().ok()))
    }

    /// Returns the artifact, loaded from a writable copy of its files.
    ///
    /// Each call makes another copy. [`Scratch`] removes its copy, or keeps it if the test panics.
    ///
    /// # Errors
    /// As [`get`](Self::get). Fails also if neither the cache nor the directory for temporary files has room for a
    /// copy.
    pub fn scratch<A: Artifact<S>>(&self) -> Result<Scratch<A>, Error> {
        let artifact = TypedArtifact::<S, A>::scratch(self);
        self.check_stop(&artifact)?;
        let (value, copy) = self.inner.scratch(&artifact)?;
        Ok(Scratch::new(known(value.downcast().ok()), copy))
    }

    /// Returns the private copies of this test, to which the result of the test matters.
    pub(crate) fn copies(&self) -> &Copies {
        &self.inner.copies
    }

    /// From here on, requests may come from a thread that drives an async runtime.
    pub(crate) fn enter_runtime(&self) {
        self.inner.enter_runtime();
    }

    /// Delays the report until the session is dropped.
    pub(crate) fn defer_report(&self) {
        self.inner.defer_report();
    }

    /// Reports, now that the artifacts of all parameters are loaded.
    pub(crate) fn finish_setup(&self) {
        self.inner.finish_setup();
    }
}

impl<S: Suite> std::fmt::Debug for Session<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let inner = &self.inner;
        f.debug_struct("Session").field("test", &inner.test).field("repo", &inner.repo()).finish_non_exhaustive()
    }
}

/// Unwraps a downcast to the artifact's own type.
fn known<T>(typed: Option<T>) -> T {
    match typed {
        Some(typed) => typed,
        None => unreachable!("the artifact's functions return its type"),
    }
}
