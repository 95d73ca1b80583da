//! What `build` and `load` are given.

use std::any::TypeId;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::api::artifact::{Artifact, Suite};
use crate::api::session::Session;
use crate::error::Error;
use crate::key::repo::Repo;
use crate::message;
use crate::store::lock::Notice;

/// How often a build says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);
/// How often it writes that down for those who wait for it.
const NOTICE_EVERY: Duration = Duration::from_millis(200);

/// Handed to [`Artifact::build`].
pub struct BuildContext<'a, S: Suite> {
    pub(crate) needs: Needs<'a, S>,
    pub(crate) dir: &'a Path,
    pub(crate) progress: Progress,
}

/// Handed to [`Artifact::load`].
pub struct LoadContext<'a, S: Suite> {
    pub(crate) needs: Needs<'a, S>,
    pub(crate) dir: &'a Path,
    pub(crate) is_verified: bool,
}

impl<S: Suite> BuildContext<'_, S> {
    /// The repository.
    pub fn repo(&self) -> &Repo {
        self.needs.session.repo()
    }

    /// The configuration of the test.
    pub fn config(&self) -> &S::Config {
        self.needs.session.config()
    }

    /// An empty directory: what is written here is kept, and is where [`LoadContext::dir`] finds it.
    pub fn dir(&self) -> &Path {
        self.dir
    }

    /// For saying how far the build is.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// An artifact that this one needs, restored or built like a test's.
    ///
    /// # Errors
    /// It cannot be had; or [`Artifact::key`] does not say that it is needed.
    pub fn artifact<A: Artifact<S>>(&self) -> Result<&A, Error> {
        self.needs.artifact()
    }

    /// As [`artifact`](Self::artifact), but loaded anew from its files, for those who consume it.
    ///
    /// # Errors
    /// As [`artifact`](Self::artifact).
    pub fn owned<A: Artifact<S>>(&self) -> Result<A, Error> {
        self.needs.owned()
    }
}

impl<S: Suite> LoadContext<'_, S> {
    /// The repository.
    pub fn repo(&self) -> &Repo {
        self.needs.session.repo()
    }

    /// The configuration of the test.
    pub fn config(&self) -> &S::Config {
        self.needs.session.config()
    }

    /// The artifact's files: read-only, and shared with other processes. They may be mapped: whoever replaces or removes an
    /// artifact moves its files away, and changes none of them.
    pub fn dir(&self) -> &Path {
        self.dir
    }

    /// Whether every byte of the files has been compared in this run with what was written.
    ///
    /// What need not be checked again may be mapped as it is, without reading it: the way to load anything in no time. Not so
    /// for what this process has built for itself alone, because nothing could be kept in the cache, nor for
    /// [`owned`](Self::owned). Not promised, as everywhere: that somebody who may write to the cache directory does not change the
    /// files behind our back.
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
    ///         // SAFETY: its bytes are those that `save` wrote, and nobody changes them.
    ///         return unsafe { Table::map(&path) };
    ///     }
    ///     Table::read(&path)
    /// }
    /// ```
    pub fn is_verified(&self) -> bool {
        self.is_verified
    }

    /// An artifact that this one needs, restored or built like a test's.
    ///
    /// # Errors
    /// It cannot be had; or [`Artifact::key`] does not say that it is needed.
    pub fn artifact<A: Artifact<S>>(&self) -> Result<&A, Error> {
        self.needs.artifact()
    }

    /// As [`artifact`](Self::artifact), but loaded anew from its files, for those who consume it.
    ///
    /// # Errors
    /// As [`artifact`](Self::artifact).
    pub fn owned<A: Artifact<S>>(&self) -> Result<A, Error> {
        self.needs.owned()
    }
}

/// The way from an artifact to those that it needs. The time spent there is theirs.
pub(crate) struct Needs<'a, S: Suite> {
    pub(crate) session: &'a Session<S>,
    pub(crate) artifact: &'static str,
    pub(crate) allowed: &'a [TypeId],
    pub(crate) spent: &'a Mutex<Duration>,
}

impl<'a, S: Suite> Needs<'a, S> {
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
                "`{this}` asks for `{other}`, but its key does not name it; add \
                 `key.needs::<…>()` to the `key` of `{this}`"
            )));
        }
        let begun = Instant::now();
        let result = get();
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += begun.elapsed();
        result
    }
}

/// Says how far a build is: on standard error, every few seconds, and to all who wait for it (other tests, `cargo smoke-cache
/// populate`). Cheap to call often, from any thread.
#[derive(Debug)]
pub struct Progress {
    subject: String,
    begun: Instant,
    told: Mutex<Told>,
}

/// When it was told last, to whom.
#[derive(Debug)]
struct Told {
    here: Instant,
    waiting: Option<(Notice, Instant)>,
}

impl Progress {
    pub(crate) fn new(subject: String, waiting: Option<Notice>) -> Progress {
        let now = Instant::now();
        let long_ago = now.checked_sub(NOTICE_EVERY).unwrap_or(now);
        let told = Told { here: now, waiting: waiting.map(|notice| (notice, long_ago)) };
        Progress { subject, begun: now, told: Mutex::new(told) }
    }

    /// What the build is at, such as `parsing`.
    pub fn step(&self, what: &str) {
        self.say(|| what.to_owned());
    }

    /// How much of it is done, such as `(1200, 2900, "files")`.
    pub fn count(&self, done: u64, total: u64, what: &str) {
        self.say(|| format!("{done} of {total} {what}"));
    }

    fn say(&self, text: impl Fn() -> String) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((notice, at)) = &mut told.waiting
            && at.elapsed() >= NOTICE_EVERY
        {
            *at = Instant::now();
            notice.at(&text());
        }
        if told.here.elapsed() >= PROGRESS_EVERY {
            told.here = Instant::now();
            message::progress(&format!("{}: {} ({})", self.subject, text(), message::seconds(self.begun.elapsed())));
        }
    }
}
