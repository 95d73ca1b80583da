//! Writable copies of an artifact's files, for tests that write.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::message;
use crate::store::{Keeper, Staging};

/// An artifact that was loaded from a writable copy of its files, for a test that writes.
///
/// [`Session::scratch`](crate::Session::scratch) makes it. Writes reach neither the stored files nor other copies. Any
/// number of threads and processes may have copies of one artifact at once.
///
/// ```no_run
/// # struct Smoke;
/// # impl cached_smoke::Suite for Smoke {
/// #     type Config = ();
/// #     const CODE: cached_smoke::CodeFingerprint = cached_smoke::code_fingerprint!("src");
/// # }
/// # struct Shop;
/// # impl Shop { fn sell(&mut self, _: &str) -> cached_smoke::Result<()> { Ok(()) } }
/// # impl cached_smoke::Artifact<Smoke> for Shop {
/// #     const NAME: &'static str = "shop";
/// #     fn build(_: &cached_smoke::BuildContext<'_, Smoke>) -> cached_smoke::Result<Self> { Ok(Shop) }
/// #     fn load(_: &cached_smoke::LoadContext<'_, Smoke>) -> cached_smoke::Result<Self> { Ok(Shop) }
/// # }
/// use cached_smoke::{Scratch, Session};
///
/// # fn main() -> cached_smoke::Result<()> {
/// let session = Session::<Smoke>::open("django")?;
/// let mut shop: Scratch<Shop> = session.scratch()?;
/// shop.sell("novel")?;
/// assert!(shop.dir().join("shop.db").exists());
/// # Ok(())
/// # }
/// ```
///
/// # End of a copy
///
/// When the value is dropped, the artifact is dropped first, and then its directory is removed. If the test fails, the
/// directory is kept, and a line on standard error names it:
///
/// ```text
/// [smoke-cache] kept the private copy of `shop`: /home/me/.cdsagent-smoke-cache/.staging/cached-smoke-x1y2z3/files
/// ```
///
/// A later run removes a kept copy after a week, or when the same test keeps another one. A copy does not count in the
/// size limit of the cache. The copy of a killed process is removed by the next run.
///
/// # Pitfalls
///
/// - Without the attribute, a test that returns an error is not seen to fail, and its copy is removed. Call
///   [`keep`](Self::keep), or panic.
/// - Close other handles on the files before the value is dropped. On Windows, an open file cannot be removed.
pub struct Scratch<A> {
    // The order of the fields is the order in which they are dropped.
    artifact: Box<A>,
    copy: PrivateCopy,
}

impl<A> Scratch<A> {
    pub(crate) fn new(artifact: Box<A>, copy: PrivateCopy) -> Scratch<A> {
        Scratch { artifact, copy }
    }

    /// Returns the copy with a part of its artifact.
    pub(crate) fn map<B>(self, part: impl FnOnce(A) -> B) -> Scratch<B> {
        Scratch { artifact: Box::new(part(*self.artifact)), copy: self.copy }
    }

    /// Returns the directory of the copy: the one that [`LoadContext::dir`](crate::LoadContext::dir) returned.
    pub fn dir(&self) -> &Path {
        &self.copy.directory
    }

    /// Drops the artifact and keeps the directory. Returns its path.
    ///
    /// A later run removes the directory after a week, or when the same test keeps another copy.
    pub fn keep(self) -> PathBuf {
        let Scratch { artifact, mut copy } = self;
        drop(artifact);
        copy.keep();
        copy.directory.clone()
    }
}

impl<A> Deref for Scratch<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.artifact
    }
}

impl<A> DerefMut for Scratch<A> {
    fn deref_mut(&mut self) -> &mut A {
        &mut self.artifact
    }
}

impl<A> fmt::Debug for Scratch<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("dir", &self.dir()).finish_non_exhaustive()
    }
}

/// The directory of a copy. Removes it or keeps it when it is dropped.
pub(crate) struct PrivateCopy {
    directory: PathBuf,
    /// `None` once the directory is kept.
    staging: Option<Staging>,
    artifact: &'static str,
    copies: Arc<Copies>,
}

impl PrivateCopy {
    pub(crate) fn new(staging: Staging, artifact: &'static str, copies: Arc<Copies>) -> PrivateCopy {
        PrivateCopy { directory: staging.files(), staging: Some(staging), artifact, copies }
    }

    fn keep(&mut self) {
        if let Some(staging) = self.staging.take() {
            self.copies.keep(staging, self.artifact);
        }
    }
}

impl Drop for PrivateCopy {
    fn drop(&mut self) {
        if let Some(staging) = self.staging.take() {
            self.copies.end(staging, self.artifact);
        }
    }
}

/// The private copies of one test.
#[derive(Debug)]
pub(crate) struct Copies {
    test: String,
    run: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The test has `#[should_panic]`: a panic is no failure.
    expects_panic: bool,
    /// The copies that ended before the result of the test is known, and the names of their artifacts. `None` if only
    /// a panic decides.
    waiting: Option<Vec<(Staging, &'static str)>>,
}

impl Copies {
    pub(crate) fn new(test: &str, run: &str) -> Copies {
        let state = State { expects_panic: false, waiting: None };
        Copies { test: test.to_owned(), run: run.to_owned(), state: Mutex::new(state) }
    }

    /// Keeps all directories until [`settle`](Self::settle): the caller will know the result of the test.
    pub(crate) fn wait_for_result(&self, expects_panic: bool) {
        *self.state() = State { expects_panic, waiting: Some(Vec::new()) };
    }

    /// Removes the waiting directories, or keeps them if the test has failed. A panic counts without `has_failed`.
    pub(crate) fn settle(&self, has_failed: bool) {
        let (waiting, expects_panic) = {
            let mut state = self.state();
            (state.waiting.take().unwrap_or_default(), state.expects_panic)
        };
        if has_failed || thread::panicking() && !expects_panic {
            for (staging, artifact) in waiting {
                self.announce(staging, artifact);
            }
        }
    }

    /// Ends a copy: removes it, keeps it, or lets it wait for the result.
    fn end(&self, staging: Staging, artifact: &'static str) {
        let is_failure = {
            let mut state = self.state();
            if let Some(waiting) = &mut state.waiting {
                waiting.push((staging, artifact));
                return;
            }
            thread::panicking() && !state.expects_panic
        };
        if is_failure {
            self.announce(staging, artifact);
        }
    }

    /// Keeps a directory, and prints its path.
    fn announce(&self, staging: Staging, artifact: &'static str) {
        let directory = self.keep(staging, artifact);
        message::progress(&format!("kept the private copy of `{artifact}`: {}", directory.display()));
    }

    fn keep(&self, staging: Staging, artifact: &'static str) -> PathBuf {
        staging.keep(Keeper { test: &self.test, artifact, run: &self.run })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ends the copy of a test that panics or not, and settles its result. Returns `true` if the copy is kept.
    fn is_kept(expects_panic: Option<bool>, panics: bool, has_failed: bool) -> bool {
        let root = tempfile::tempdir().expect("a temporary directory");
        let copies = Arc::new(Copies::new("test", "run"));
        if let Some(expects_panic) = expects_panic {
            copies.wait_for_result(expects_panic);
        }
        let staging = Staging::create(root.path()).expect("created");
        let directory = staging.files();
        let scratch = Scratch::new(Box::new(()), PrivateCopy::new(staging, "shop", Arc::clone(&copies)));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _scratch = scratch;
            assert!(!panics, "the test fails");
        }));
        copies.settle(has_failed || caught.is_err() && expects_panic == Some(false));
        directory.is_dir()
    }

    #[test]
    fn a_copy_is_kept_if_its_test_fails() {
        // Without the attribute, only a panic counts.
        assert_eq!((is_kept(None, false, false), is_kept(None, true, false)), (false, true));
        // The attribute: a returned error counts as well.
        assert_eq!((is_kept(Some(false), false, false), is_kept(Some(false), false, true)), (false, true));
        assert!(is_kept(Some(false), true, false));
        // `#[should_panic]`: the panic is the success.
        assert_eq!((is_kept(Some(true), true, false), is_kept(Some(true), false, true)), (false, true));
    }

    #[test]
    fn the_artifact_is_dropped_before_its_directory() {
        struct Open(PathBuf);
        impl Drop for Open {
            fn drop(&mut self) {
                assert!(self.0.is_dir(), "the directory is gone");
            }
        }
        let root = tempfile::tempdir().expect("a temporary directory");
        let scratch = || {
            let staging = Staging::create(root.path()).expect("created");
            let open = Open(staging.files());
            Scratch::new(Box::new(open), PrivateCopy::new(staging, "shop", Arc::new(Copies::new("test", "run"))))
        };
        let first = scratch();
        let directory = first.dir().to_owned();
        drop(first);
        assert!(!directory.exists());
        assert!(scratch().keep().is_dir());
    }
}
