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
//! - `code_fingerprint!` must name *all* the code that builds the artifact, the directory with the implementation of
//!   [`Artifact`] included; what it does not cover (dev-dependencies, say) is what [`Artifact::FORMAT`] is raised for.
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

mod archive;
mod artifact;
mod config;
mod context;
mod cores;
mod error;
mod fingerprint;
mod json_lines;
mod key;
mod layout;
mod lock;
mod manifest;
mod message;
mod own_thread;
mod panic;
mod plain_file;
mod private;
mod remote;
mod repo;
mod retention;
mod run;
mod session;
mod stamp;
mod store;
mod telemetry;
mod text;

#[doc(hidden)]
pub mod __private {
    pub use crate::private::*;
}
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod tooling;

pub use artifact::{Artifact, Suite};
#[doc = include_str!("../doc/attribute.md")]
pub use cached_smoke_macros::cached_smoke;
pub use context::{BuildContext, LoadContext, Progress};
pub use error::{BoxError, Error, Result, Step};
pub use fingerprint::CodeFingerprint;
pub use key::KeyBuilder;
pub use manifest::Storage;
pub use repo::Repo;
pub use session::Session;
pub use telemetry::{ArtifactReport, CacheReport, Outcome};

/// The fingerprint of the code in some directories and of all that it depends on, computed when the test is compiled.
///
/// The directories are relative to the manifest of the package that is compiled, and lie within its workspace:
///
/// ```
/// const CODE: cached_smoke::CodeFingerprint = cached_smoke::code_fingerprint!("src", "../macros/src");
/// assert_eq!(CODE.directories(), ["src", "../macros/src"]);
/// ```
///
/// The digest covers, in this order of importance:
///
/// - every file below each directory, except hidden ones, `Cargo.lock`, and `target` directories;
/// - the manifests of the packages that the directories belong to, with what they inherit from the workspace, and their
///   build scripts;
/// - name, version, source and checksum of every package that these reach in `Cargo.lock` through normal and build
///   dependencies; a dev-dependency or a package that is not used changes nothing;
/// - the files of path dependencies among those, without the `tests`, `benches` and `examples` at their top level.
///
/// It is about contents: neither a commit nor the place of the workspace matters, and uncommitted edits do. Cargo compiles
/// the test again when one of these files changes. Not covered: features that are switched on elsewhere, the compiler and its
/// flags. A file that is only added is seen by the next compilation, whenever that is.
#[macro_export]
macro_rules! code_fingerprint {
    ($($directories:tt)*) => {
        $crate::__private::code_fingerprint!($crate; $($directories)*)
    };
}
