//! A test's way to its artifacts: restore, or else lock, look again, build, publish, and restore what was published.

mod obtain;
mod process;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;

use crate::artifact::{Artifact, Suite};
use crate::error::{Error, Step};
use crate::key::{KeyBuilder, Recipe};
use crate::repo::Repo;
use crate::store::{Entry, Staging};
use crate::telemetry::{ArtifactReport, CacheReport, Outcome};
use obtain::Obtain;
use process::Process;

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
    process: &'static Process,
    test: String,
    repo: Repo,
    config: S::Config,
    /// What was asked for, so that asking again costs nothing.
    obtained: Mutex<HashMap<TypeId, &'static (dyn Any + Send + Sync)>>,
    reports: Mutex<Vec<ArtifactReport>>,
    report: OnceCell<CacheReport>,
    /// A test that has the session itself may still ask for more: it reports at its end.
    deferred: OnceCell<()>,
    emitted: OnceCell<()>,
}

/// An artifact in this process, and where its files are.
pub(crate) struct Loaded<A> {
    value: A,
    recipe: Recipe,
    report: ArtifactReport,
    origin: Origin,
}

/// The files of a loaded artifact, held for as long as it may be loaded again.
pub(crate) enum Origin {
    Entry(Box<Entry>),
    Private(Staging),
    /// No place could be found to save it in.
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
        Session::for_test(test, repo, config)
    }

    pub(crate) fn for_test(test: String, repo: &str, config: S::Config) -> Result<Session<S>, Error> {
        let process = Process::get()?;
        Session::on_repo(process, &test, repo, config).inspect_err(|error| {
            let report = without_artifact("", "", error);
            CacheReport::new(process.run, &test, repo, vec![report]).emit(process.run);
        })
    }

    fn on_repo(process: &'static Process, test: &str, repo: &str, config: S::Config) -> Result<Session<S>, Error> {
        if process.config.left_out.iter().any(|left_out| left_out == repo) {
            let reason = "SMOKE_LEAVE_OUT leaves it out of this run".to_owned();
            return Err(Error::Skipped { repo: repo.to_owned(), reason });
        }
        let repo = Repo::open(process.config, process.run, repo)?;
        Ok(Session {
            process,
            test: test.to_owned(),
            repo,
            config,
            obtained: Mutex::default(),
            reports: Mutex::default(),
            report: OnceCell::new(),
            deferred: OnceCell::new(),
            emitted: OnceCell::new(),
        })
    }

    /// The repository.
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// The configuration of this session.
    pub fn config(&self) -> &S::Config {
        &self.config
    }

    /// What the cache has done for this session when this is first asked.
    pub fn report(&self) -> &CacheReport {
        self.report.get_or_init(|| self.snapshot())
    }

    /// The artifact: restored, or built if it is not in the cache.
    ///
    /// # Errors
    /// It cannot be built, saved or loaded; or it is not in the cache and `SMOKE_ON_MISS` forbids building it.
    pub fn get<A: Artifact<S>>(&self) -> Result<&A, Error> {
        Ok(&self.obtain::<A>()?.value)
    }

    /// The artifact, loaded anew from its files: a copy of one's own.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn owned<A: Artifact<S>>(&self) -> Result<A, Error> {
        let loaded = self.obtain::<A>()?;
        let directory = loaded.origin.directory().ok_or_else(|| {
            Error::Message(format!(
                "`{}` of {} could not be saved anywhere, so there is no second copy of it; free some disk space",
                A::NAME,
                self.repo.name()
            ))
        })?;
        let (value, _) = obtain::load::<S, A>(self, &loaded.recipe, &directory)?;
        Ok(value)
    }

    /// The one place through which every artifact comes.
    fn obtain<A: Artifact<S>>(&self) -> Result<&'static Loaded<A>, Error> {
        let id = TypeId::of::<A>();
        if let Some(known) = lock(&self.obtained).get(&id)
            && let Some(loaded) = (*known as &'static dyn Any).downcast_ref::<Loaded<A>>()
        {
            return Ok(loaded);
        }
        let recipe = process::check_name_is_unique::<S, A>()
            .and_then(|()| KeyBuilder::<S>::recipe::<A>(&self.repo, &self.config))
            .map_err(|error| error.about(self.repo.name(), A::NAME, Step::Key))
            .inspect_err(|error| self.record(without_artifact(A::NAME, "", error)))?;
        let key = recipe.key.display();
        let cell = process::cell::<S, A>(&recipe.key);
        let begun = Instant::now();
        let mut first = false;
        let result = cell.get_or_try_init(|| {
            first = true;
            let obtained = Obtain::new(self, recipe).run();
            obtained.map_err(|error| error.about(self.repo.name(), A::NAME, Step::Store))
        });
        match result {
            Ok(loaded) => {
                let report = if first { loaded.report.clone() } else { waited(&loaded.report, begun.elapsed()) };
                self.record(report);
                lock(&self.obtained).insert(id, loaded);
                Ok(loaded)
            }
            Err(error) => {
                self.record(without_artifact(A::NAME, &key, &error));
                Err(error)
            }
        }
    }

    fn record(&self, report: ArtifactReport) {
        lock(&self.reports).push(report);
    }

    fn snapshot(&self) -> CacheReport {
        CacheReport::new(self.process.run, &self.test, self.repo.name(), lock(&self.reports).clone())
    }

    /// Keeps the report back until the session is dropped.
    pub(crate) fn defer_report(&self) {
        let _ = self.deferred.set(());
    }

    /// Everything that the test's parameters ask for has been had.
    pub(crate) fn finish_setup(&self) {
        if self.deferred.get().is_none() {
            self.emit();
        }
    }

    /// Reports, the first time it is called.
    fn emit(&self) {
        self.emitted.get_or_init(|| self.snapshot().emit(self.process.run));
    }
}

impl<S: Suite> Drop for Session<S> {
    fn drop(&mut self) {
        self.emit();
    }
}

impl<S: Suite> std::fmt::Debug for Session<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("test", &self.test).field("repo", &self.repo).finish_non_exhaustive()
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

/// A report in which nothing has happened yet.
fn blank(artifact: &str, key: &str, reason: &str) -> ArtifactReport {
    ArtifactReport {
        artifact: artifact.to_owned(),
        outcome: Outcome::Hit,
        reason: reason.to_owned(),
        key: key.to_owned(),
        bytes: 0,
        rebuild_seconds: 0.0,
        restore_seconds: 0.0,
        wait_seconds: 0.0,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic of another thread leaves whole values behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
