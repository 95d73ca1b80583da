#![doc = include_str!("../README.md")]
//!
//! # Where to begin
//!
//! - Which attribute? [`macro@cached_smoke`]: each argument, with examples.
//! - What to implement? [`Suite`] once, [`Artifact`] for each thing that is slow to build. [`Storage`] says how it is kept.
//! - What is in its key? [`KeyBuilder`], and [`code_fingerprint!`].
//! - Without the attribute? [`Session`].
//!
//! # Pitfalls
//!
//! - A field of the configuration that is `#[serde(skip)]`ped is no part of the key: right for a number of threads, wrong for
//!   anything that changes the result.
//! - `code_fingerprint!` must name the package that builds the artifact, and the module with the implementation of [`Artifact`].
//! - What [`Artifact::load`] returns may use the files for as long as the process runs, but should open them all at once.
//! - A build that reads files outside of the repository, variables of the environment, or the output of other programs must
//!   declare them: [`KeyBuilder::file`], [`directory`](KeyBuilder::directory), [`env`](KeyBuilder::env),
//!   [`tool`](KeyBuilder::tool). No key covers the network or the clock.
//!
//! # Safety among threads, processes and machines
//!
//! Any number of threads and processes may use one cache directory at once, also while it is being cleaned by another process
//! of this crate. On several machines at once it is as safe as the file system's locks (`flock`) are. This crate has no unsafe
//! code.

mod api;
mod config;
mod cores;
mod digest;
mod disk;
mod error;
mod file_lock;
mod json_lines;
mod key;
mod layout;
mod message;
mod name;
mod own_thread;
mod panic;
mod plain_file;
mod private_directory;
mod remote;
mod run;
mod store;
mod telemetry;
mod text;

#[doc(hidden)]
pub mod __private {
    pub use crate::api::private::*;
}
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
#[doc(hidden)]
pub mod tooling;

pub use api::artifact::{Artifact, Suite};
pub use api::context::{BuildContext, LoadContext, Progress};
pub use api::key_builder::KeyBuilder;
pub use api::session::Session;
#[doc = include_str!("../doc/attribute.md")]
pub use cached_smoke_macros::cached_smoke;
pub use error::{BoxError, Error, Result, Step};
pub use key::fingerprint::CodeFingerprint;
pub use key::repo::Repo;
pub use store::manifest::Storage;
pub use telemetry::{ArtifactReport, CacheReport, Outcome};

/// Fingerprints code by what was compiled: every change that can change what it does changes the fingerprint.
///
/// Names directories and files, relative to the `Cargo.toml` of the package that is compiled, and within its workspace. Name the
/// source root of the package whose code builds the artifact, and the module that implements [`Artifact`]:
///
/// ```
/// const CODE: cached_smoke::CodeFingerprint = cached_smoke::code_fingerprint!("src", "../macros/src");
/// assert_eq!(CODE.names(), ["src", "../macros/src"]);
/// ```
///
/// # What counts
///
/// | you name | what counts |
/// | --- | --- |
/// | a package: its whole source root such as `"src"`, or a directory above (whose other files then count as well, those of tests included) | the crate *as it was compiled*, by the metadata that the compiler wrote: each function's body, features, flags, generated and embedded files, values of `env!`, and all crates below it; objects of other languages in it |
/// | a directory or file inside of a package, such as `"src/graph"` | these files of the package, and everything that decides how they compile: features, `cfg`s, target, compiler, debug assertions, overflow checks, panic strategy, edition, embedded and generated files, values of `env!`, and the crates below as they were compiled. An edit of `src/index` keeps an artifact that names `"src/graph"`, and so do debug information, optimization and coverage of this package |
/// | any other file or directory: the test's own modules, data | the content of each file. A test compares the files when it runs, so data that is read at run time counts as it is then |
/// | nothing | the crates that the test is compiled with, dev-dependencies included, as they were compiled; without cached-smoke and what only that needs. Features and flags of the test itself. Not its own code: an edit of a test's body is a hit |
///
/// Files that git ignores do not count, unless they are Rust sources; nor do directories of version control, directories with a
/// `CACHEDIR.TAG`, `Cargo.lock`, editors' temporary files, and modules that a compiled source declares but is compiled without,
/// such as unit tests in a file of their own.
///
/// # Pitfalls
///
/// - A directory inside of a package stands for its own files. What it calls in another module of the package does not count:
///   name that as well, or the whole package.
/// - The test's own sources are searched for `env!` and `include!` as text: an argument that another macro makes is not seen. Declare
///   such a variable or file with [`KeyBuilder::env`] or [`KeyBuilder::file`].
/// - The metadata of a crate depends on the path of the workspace, on `CARGO_INCREMENTAL`, and on all flags. For two checkouts to have
///   one fingerprint, compile both with `--remap-path-prefix=$PWD=.` in `RUSTFLAGS`, or write `portable`.
///
/// # `portable`
///
/// `code_fingerprint!(portable, "src")` fingerprints each crate by its sources, so that checkouts, profiles and machines can share
/// artifacts: all files of its package but those of tests, benches and examples; files that the compiler read elsewhere; files that
/// its build script wrote; values of `env!` that name no place; features; name, version and checksum of packages that were fetched.
/// Target and compiler count as well, flags do not.
///
/// A fingerprint is made by sources alone, with a warning when the test runs, where the compiler's command line cannot be read.
///
/// # Errors
///
/// A name that leads nowhere, out of the workspace, or to an empty directory is an error of compilation, on that name.
#[macro_export]
macro_rules! code_fingerprint {
    ($($directories:tt)*) => {
        $crate::__private::code_fingerprint!($crate; $($directories)*)
    };
}
