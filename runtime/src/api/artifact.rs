//! The traits that users implement: a suite and its artifacts.

use std::path::Path;

use serde::Serialize;

use crate::api::context::{BuildContext, LoadContext};
use crate::api::key_builder::KeyBuilder;
use crate::error::Result;
use crate::key::fingerprint::CodeFingerprint;
use crate::store::manifest::Storage;

/// A family of tests that share artifacts: one code under test and one type of configuration.
///
/// Implement it for a local type. The type ties artifacts of *any* crate to your tests: `impl Artifact<YourSuite> for
/// TheirType` is allowed wherever `YourSuite` is local.
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
    note = "implement `Suite` for a local type, and `Artifact<YourSuite>` for each fixture of your tests"
)]
pub trait Suite: Sized + Send + Sync + 'static {
    /// The configuration of a build. Every field that is serialized is a key input. Use `#[serde(skip)]` for fields
    /// that cannot change the result, such as a number of threads.
    type Config: Default + Serialize + Send + Sync + 'static;

    /// The code that builds the artifacts.
    const CODE: CodeFingerprint;

    /// Makes the builds of the suite hermetic: they may read what their keys cover, and nothing else.
    ///
    /// A hermetic build runs in a separate process, with the declared variables and a short list of others. It reads
    /// the repository, declared inputs, dependencies and the libraries of the system. It writes to its own directories,
    /// and connects to nothing. An undeclared read is an error that names the path and the line to add. The key of a
    /// hermetic artifact differs from that of the same artifact without.
    ///
    /// Needs the feature `hermetic`, and Linux 6.7 or later; else the test fails. `SMOKE_HERMETIC=1` makes all builds
    /// hermetic, and `SMOKE_HERMETIC=0` none. The book has
    /// [the limits](https://github.com/cached-smoke/cached-smoke/blob/main/docs/guide/complete-keys.md).
    const HERMETIC: bool = false;
}

/// The suite of artifacts that have none: functions with `#[artifact]`, and the tests that take only those.
#[derive(Clone, Copy, Debug)]
pub struct NoSuite;

impl Suite for NoSuite {
    type Config = ();
    const CODE: CodeFingerprint = CodeFingerprint::NONE;
}

/// The way in which an artifact is defined.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
#[expect(clippy::large_enum_variant, reason = "it only exists in constants")]
pub enum Definition {
    /// By an implementation of [`Artifact`].
    Trait,
    /// By a function with `#[artifact(suite = …)]`.
    FunctionOfSuite,
    /// By a function with `#[artifact]`, whose code this is. It belongs to no suite.
    Function(CodeFingerprint),
}

/// A value that is slow to build and is kept on disk.
///
/// A test always gets the value that [`load`](Artifact::load) returned, even in the process that built it. So the run
/// that writes an artifact also finds a codec that loses data.
///
/// # Errors
/// Each function may fail with any error. A panic becomes an error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an artifact of the suite `{S}`",
    label = "not an artifact of this suite",
    note = "an artifact of a suite implements `cached_smoke::Artifact<{S}>`, or is a function with `#[artifact(suite = …)]`",
    note = "a function without a suite (`__AnySuite`) takes only artifacts of functions without a suite"
)]
pub trait Artifact<S: Suite>: Sized + Send + Sync + 'static {
    /// The name of the artifact's file or directory in an entry: 1 to 64 of the characters `A-Z a-z 0-9 _ -`. The name
    /// is unique among the artifacts of the suite.
    const NAME: &'static str;

    /// The form in which the artifact is stored.
    const STORAGE: Storage = Storage::Archive;

    /// Set this to `true` if the artifact is valid wherever the repository is: it contains no absolute path. If
    /// `false`, the repository's path is a key input.
    const RELOCATABLE: bool = false;

    /// Set this to `false` if the artifact does not read the repository. It is then built once for all repositories,
    /// and tests without a repository can use it.
    const USES_REPO: bool = true;

    /// Makes the build hermetic, as [`Suite::HERMETIC`] does for the suite.
    const HERMETIC: bool = S::HERMETIC;

    /// The way in which the artifact is defined.
    #[doc(hidden)]
    const DEFINITION: Definition = Definition::Trait;

    /// Gives `load` a private, writable copy of its directory.
    ///
    /// Set it for libraries that keep locks or logs beside their data and open them for writing: tantivy, SQLite,
    /// RocksDB, LMDB. Each process gets its own copy, and the stored files do not change. If the file system can share
    /// blocks (Btrfs, XFS), a copy costs almost nothing. Else 1 GiB takes about half a second, and each file some tens
    /// of microseconds.
    ///
    /// If it is `false`, `load` gets the stored directory. If `load` then lacks a permission, it is called again with a
    /// private directory, and the test prints a warning. In that directory, files of more than 1 MiB are symbolic links
    /// to the stored, read-only files.
    const PRIVATE_VIEW: bool = false;

    /// The version of the files that `save` writes. Raise it when an earlier `load` would misread them, unless the
    /// code's fingerprint covers both functions.
    const FORMAT: u32 = 0;

    /// Declares the key inputs besides the repository. The default is the suite's [`CODE`](Suite::CODE) and its whole
    /// configuration. For one configuration, every process must declare the same inputs.
    fn key(key: &mut KeyBuilder<'_, S>) {
        let _ = key;
    }

    /// Builds the artifact. `build` may write the files for `load` into [`cx.dir()`](BuildContext::dir), and `save` is
    /// not needed then. Together, `build` and `save` must write at least one file or directory.
    ///
    /// # Errors
    /// Any error. The run does not repeat a failed build.
    fn build(cx: &BuildContext<'_, S>) -> Result<Self>;

    /// Writes the files for `load` into `dir`. Names must be UTF-8 without `\\` and `:`; links are not allowed. The
    /// cache keeps empty directories, holes of sparse files, and the permission to execute a file. It does not keep
    /// other permissions and times. A restored artifact is not saved.
    ///
    /// # Errors
    /// Any error.
    fn save(&self, dir: &Path) -> Result<()> {
        let _ = dir;
        Ok(())
    }

    /// Loads the artifact from [`cx.dir()`](LoadContext::dir). Unless [`PRIVATE_VIEW`](Self::PRIVATE_VIEW) is set, the
    /// files are read-only and shared with other processes. They may be mapped into memory. Open all files here: in a
    /// long run, another entry may replace this one later.
    ///
    /// # Errors
    /// Any error. If an artifact of an earlier run does not load, it is built once more. If an artifact of the same run
    /// does not load, the test fails.
    fn load(cx: &LoadContext<'_, S>) -> Result<Self>;

    /// Returns `Ok` if two builds of the artifact are equally good, although their files differ; else the difference.
    ///
    /// Verification (`SMOKE_VERIFY`, `cargo smoke-cache verify --rebuild`) calls it for two loaded values if the bytes
    /// of their files differ. The default is that they must not: the builds are different, and the report shows the
    /// first bytes that differ. Implement it for an artifact whose files hold a time, or an order without a meaning.
    ///
    /// # Errors
    /// The difference, in one line. It may be empty.
    fn same(&self, other: &Self) -> Result<(), String> {
        let _ = other;
        Err(String::new())
    }
}
