//! The arguments of `build` and `load`.

use std::any::TypeId;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::api::artifact::{Artifact, Suite};
use crate::api::metrics::{MetricValue, Metrics};
use crate::api::session::Session;
use crate::audit::cover::Mark;
use crate::codec::Stored;
use crate::error::Error;
use crate::key::repo::Repo;
use crate::message;
use crate::store::lock::Notice;
use crate::units;

/// The interval of progress messages on standard error.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);
/// The interval of progress notes for waiters.
const NOTICE_EVERY: Duration = Duration::from_millis(200);

/// The argument of [`Artifact::build`].
pub struct BuildContext<'a, S: Suite> {
    pub(crate) needs: Dependencies<'a, S>,
    pub(crate) dir: &'a Path,
    pub(crate) progress: Progress,
    pub(crate) metrics: &'a Metrics,
}

/// The argument of [`Artifact::load`].
pub struct LoadContext<'a, S: Suite> {
    pub(crate) needs: Dependencies<'a, S>,
    pub(crate) dir: &'a Path,
    pub(crate) is_verified: bool,
}

impl<S: Suite> BuildContext<'_, S> {
    /// Returns the repository.
    ///
    /// # Panics
    /// Panics if the artifact sets [`USES_REPO`](Artifact::USES_REPO) to `false`. The panic becomes the error of the
    /// artifact.
    pub fn repo(&self) -> &Repo {
        self.needs.repo()
    }

    /// Returns the configuration of the test.
    pub fn config(&self) -> &S::Config {
        self.needs.session.config()
    }

    /// Returns an empty directory. The cache keeps its files, and [`LoadContext::dir`] returns a directory with them.
    pub fn dir(&self) -> &Path {
        self.dir
    }

    /// Returns the reporter of the build's progress.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Records a number about the artifact, which tests, `cargo smoke-cache list` and `report` show. A shortcut for
    /// [`Metrics::set`], which has the rules.
    ///
    /// ```
    /// # use cached_smoke::{Artifact, BuildContext, LoadContext, Result, Suite};
    /// # struct Graph { nodes: Vec<String> }
    /// # impl<S: Suite> Artifact<S> for Graph {
    /// #     const NAME: &'static str = "graph";
    /// fn build(cx: &BuildContext<'_, S>) -> Result<Self> {
    ///     let graph = Graph { nodes: vec!["a".to_owned()] };
    ///     cx.metric("nodes", graph.nodes.len());
    ///     Ok(graph)
    /// }
    /// #     fn load(_: &LoadContext<'_, S>) -> Result<Self> { Ok(Graph { nodes: Vec::new() }) }
    /// # }
    /// ```
    pub fn metric(&self, name: &str, value: impl MetricValue) {
        self.metrics.set(name, value);
    }

    /// Returns the recorder of the artifact's metrics, to pass on to the code that knows them.
    pub fn metrics(&self) -> &Metrics {
        self.metrics
    }

    /// Restores or builds a dependency.
    ///
    /// # Errors
    /// Fails if the dependency is not available, or if [`Artifact::key`] does not declare it.
    pub fn artifact<A: Artifact<S>>(&self) -> Result<&A, Error> {
        self.needs.artifact()
    }

    /// Returns a dependency by value, for a caller that consumes it. The files may be loaded again for that.
    ///
    /// # Errors
    /// Fails as [`artifact`](Self::artifact) does.
    pub fn owned<A: Artifact<S>>(&self) -> Result<A, Error> {
        self.needs.owned()
    }
}

impl<S: Suite> LoadContext<'_, S> {
    /// Returns the repository.
    ///
    /// # Panics
    /// Panics if the artifact sets [`USES_REPO`](Artifact::USES_REPO) to `false`. The panic becomes the error of the
    /// artifact.
    pub fn repo(&self) -> &Repo {
        self.needs.repo()
    }

    /// Returns the configuration of the test.
    pub fn config(&self) -> &S::Config {
        self.needs.session.config()
    }

    /// Returns the directory of the artifact's files. They are read-only and shared with other processes, unless they
    /// are a private view or a [`Scratch`](crate::Scratch). They may be mapped into memory: a process that replaces or
    /// removes an artifact moves the files away, and does not change them.
    pub fn dir(&self) -> &Path {
        self.dir
    }

    /// Returns the files, for a codec.
    #[doc(hidden)]
    pub fn stored(&self) -> Stored<'_> {
        Stored::new(self.dir, self.is_verified)
    }

    /// Returns `true` if this run has compared every byte of the files with the manifest's digests.
    ///
    /// A `load` may then map the files without another check, which is the fastest way to load. Returns `false` for a
    /// private build, for [`owned`](Self::owned), and for a [`Scratch`](crate::Scratch). The check does not cover later
    /// changes by a user who can write to the cache directory.
    ///
    /// ```
    /// # use cached_smoke::{LoadContext, Result, Suite};
    /// # struct Table;
    /// # impl Table {
    /// #     unsafe fn map(_: &std::path::Path) -> Result<Table> { Ok(Table) }
    /// #     fn read(_: &std::path::Path) -> Result<Table> { Ok(Table) }
    /// # }
    /// fn load<S: Suite>(cx: &LoadContext<'_, S>) -> Result<Table> {
    ///     let path = cx.dir().join("table.bin");
    ///     if cx.is_verified() {
    ///         // SAFETY: the bytes are those that `save` wrote, and no process changes them.
    ///         return unsafe { Table::map(&path) };
    ///     }
    ///     Table::read(&path)
    /// }
    /// ```
    pub fn is_verified(&self) -> bool {
        self.is_verified
    }

    /// Restores or builds a dependency.
    ///
    /// # Errors
    /// Fails if the dependency is not available, or if [`Artifact::key`] does not declare it.
    pub fn artifact<A: Artifact<S>>(&self) -> Result<&A, Error> {
        self.needs.artifact()
    }

    /// Returns a dependency by value, for a caller that consumes it. The files may be loaded again for that.
    ///
    /// # Errors
    /// Fails as [`artifact`](Self::artifact) does.
    pub fn owned<A: Artifact<S>>(&self) -> Result<A, Error> {
        self.needs.owned()
    }
}

/// Access to the dependencies of an artifact. Their time does not count as the artifact's.
pub(crate) struct Dependencies<'a, S: Suite> {
    pub(crate) session: &'a Session<S>,
    pub(crate) artifact: &'static str,
    /// The repository that the artifact is built from.
    pub(crate) repo: Option<&'a Repo>,
    pub(crate) allowed: &'a [TypeId],
    pub(crate) spent: &'a DependencyTime,
}

impl<'a, S: Suite> Dependencies<'a, S> {
    fn repo(&self) -> &'a Repo {
        let Some(repo) = self.repo else {
            panic!(
                "`{0}` reads the repository, but `USES_REPO` is `false`\nhelp: remove `USES_REPO` from `{0}`",
                self.artifact
            );
        };
        repo
    }

    fn artifact<A: Artifact<S>>(&self) -> Result<&'a A, Error> {
        self.timed::<A, _>(|| self.session.get::<A>())
    }

    fn owned<A: Artifact<S>>(&self) -> Result<A, Error> {
        self.timed::<A, _>(|| self.session.owned::<A>())
    }

    fn timed<A: Artifact<S>, T>(&self, get: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        if !self.allowed.contains(&TypeId::of::<A>()) {
            let (this, other) = (self.artifact, A::NAME);
            return Err(Error::Message(format!(
                "`{this}` requests `{other}`, which its key does not declare\n\
                 help: add `key.needs::<…>()` to the `key` of `{this}`"
            )));
        }
        self.spent.measure(get)
    }
}

/// The time that a call of `build` or `load` spends on its dependencies.
#[derive(Debug, Default)]
pub(crate) struct DependencyTime(Mutex<Spent>);

#[derive(Debug, Default)]
struct Spent {
    total: Duration,
    /// The number of requests in flight.
    in_flight: usize,
}

impl DependencyTime {
    /// Returns the time of the requests that have ended.
    pub(crate) fn total(&self) -> Duration {
        self.spent().total
    }

    /// Returns the part of `elapsed` that is not spent on dependencies; `None` while one is requested.
    pub(crate) fn own_part(&self, elapsed: Duration) -> Option<Duration> {
        let spent = self.spent();
        (spent.in_flight == 0).then(|| elapsed.saturating_sub(spent.total))
    }

    pub(crate) fn measure<T>(&self, get: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        self.spent().in_flight += 1;
        Mark::DependencyBegin.set();
        let result = get();
        Mark::DependencyEnd.set();
        let mut spent = self.spent();
        spent.in_flight -= 1;
        spent.total += begun.elapsed();
        result
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reports the progress of a build: on standard error every five seconds, and to waiting tests and `cargo smoke-cache
/// populate` every 200 ms. Calls are cheap, from any thread.
#[derive(Debug)]
pub struct Progress {
    subject: String,
    begun: Instant,
    last: Mutex<LastReports>,
}

/// The times of the last reports.
#[derive(Debug)]
struct LastReports {
    here: Instant,
    waiting: Option<(Notice, Instant)>,
}

impl Progress {
    pub(crate) fn new(subject: String, waiting: Option<Notice>) -> Progress {
        let now = Instant::now();
        let long_ago = now.checked_sub(NOTICE_EVERY).unwrap_or(now);
        let last = LastReports { here: now, waiting: waiting.map(|notice| (notice, long_ago)) };
        Progress { subject, begun: now, last: Mutex::new(last) }
    }

    /// Reports the current step, such as `parsing`.
    pub fn step(&self, what: &str) {
        self.say(|| what.to_owned());
    }

    /// Reports the part that is done, such as `(1200, 2900, "files")`.
    pub fn count(&self, done: u64, total: u64, what: &str) {
        self.say(|| format!("{done} of {total} {what}"));
    }

    fn say(&self, text: impl Fn() -> String) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((notice, at)) = &mut last.waiting
            && at.elapsed() >= NOTICE_EVERY
        {
            *at = Instant::now();
            notice.at(&text());
        }
        if last.here.elapsed() >= PROGRESS_EVERY {
            last.here = Instant::now();
            message::progress(&format!("{}: {} ({})", self.subject, text(), units::elapsed(self.begun.elapsed())));
        }
    }
}
