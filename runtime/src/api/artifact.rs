//! What a user implements: a suite, and its artifacts.

use std::path::Path;

use serde::Serialize;

use crate::api::context::{BuildContext, LoadContext};
use crate::api::key_builder::KeyBuilder;
use crate::error::Result;
use crate::key::fingerprint::CodeFingerprint;
use crate::store::manifest::Storage;

/// A family of tests that share artifacts: one code under test, one kind of configuration.
///
/// Implement it for a type of your own. It is what ties artifacts of *any* crate to your tests: `impl
/// Artifact<YourSuite> for TheirType` is allowed wherever `YourSuite` is local.
///
/// ```
/// use cached_smoke::{CodeFingerprint, Suite};
///
/// struct Smoke;
///
/// impl Suite for Smoke {
///     type Config = ();
///     const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("src");
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a suite of smoke tests",
    label = "this type does not implement `cached_smoke::Suite`",
    note = "implement `Suite` for a type of your own, and `Artifact<YourSuite>` for what your tests need"
)]
pub trait Suite: Sized + Send + Sync + 'static {
    /// What the artifacts are built with. Every field that is serialized is a part of the key. Skip with
    /// `#[serde(skip)]` what cannot change the result, such as a number of threads.
    type Config: Default + Serialize + Send + Sync + 'static;

    /// The code that builds the artifacts.
    const CODE: CodeFingerprint;
}

/// Something that is slow to build, kept on disk.
///
/// What is handed to a test is always what [`load`](Artifact::load) returned, also in the process that built it: a
/// codec that loses something is found out by the run that wrote it.
///
/// # Errors
/// Each function may fail with any error. A panic in one of them becomes an error, too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an artifact of the suite `{S}`",
    label = "a smoke test's parameter must be `&Repo`, `&CacheReport`, `&Session<{S}>`, or an artifact of its suite",
    note = "implement `cached_smoke::Artifact<{S}>` for `{Self}`"
)]
pub trait Artifact<S: Suite>: Sized + Send + Sync + 'static {
    /// The name of its file or directory in an entry: at most 64 of the characters `A-Z a-z 0-9 _ -`, its own among the
    /// artifacts of the suite.
    const NAME: &'static str;

    /// How it is kept.
    const STORAGE: Storage = Storage::Archive;

    /// Whether it is as good when the repository lies elsewhere: no absolute path in it. If not, the repository's path
    /// is a part of the key.
    const RELOCATABLE: bool = false;

    /// Gives `load` a private copy of its directory, in which files can be created and written to.
    ///
    /// Set it for libraries that keep locks or logs beside their data, and open them for writing also to read: tantivy,
    /// SQLite, RocksDB, LMDB. Each process has a copy of its own, and the stored files stay as they are. Where the file
    /// system can share blocks (Btrfs, XFS), a copy costs next to nothing. Elsewhere 1 GiB takes about half a second, and
    /// each file some tens of microseconds.
    ///
    /// Without it, `load` is first called with the stored directory. If it fails for want of a permission, it is called
    /// again with a private directory, and a warning says so. There, files of more than 1 MiB are symbolic links to the
    /// stored files, which are read-only.
    const PRIVATE_VIEW: bool = false;

    /// To be raised whenever `save` writes something that an earlier `load` would misread, if the code's fingerprint
    /// does not cover them.
    const FORMAT: u32 = 0;

    /// Says what the artifact depends on besides the repository. By default that is the suite's [`CODE`](Suite::CODE)
    /// and its whole configuration. Must give the same for the same configuration, in every process.
    fn key(key: &mut KeyBuilder<'_, S>) {
        let _ = key;
    }

    /// Builds it. May write into [`cx.dir()`](BuildContext::dir) what `load` needs; then there is no need for `save`. Together
    /// they must write at least one file or directory.
    ///
    /// # Errors
    /// Any; the build is not tried again in this run.
    fn build(cx: &BuildContext<'_, S>) -> Result<Self>;

    /// Writes into `dir` what `load` needs: files and directories whose names are UTF-8 without `\\` and `:`, no links.
    /// Empty directories, holes of sparse files, and the permission to execute a file are kept; other permissions and times
    /// are not. Not called for what was restored.
    ///
    /// # Errors
    /// Any.
    fn save(&self, dir: &Path) -> Result<()> {
        let _ = dir;
        Ok(())
    }

    /// Reads it from [`cx.dir()`](LoadContext::dir). Unless [`PRIVATE_VIEW`](Self::PRIVATE_VIEW) is set, the files are
    /// read-only and shared with other processes. They may be mapped into memory. Open all of them here: in a long run the entry may later be replaced by another one.
    ///
    /// # Errors
    /// Any; a stored artifact of an earlier run that does not load is built once more. A test that cannot load what its own
    /// run has built fails.
    fn load(cx: &LoadContext<'_, S>) -> Result<Self>;
}
