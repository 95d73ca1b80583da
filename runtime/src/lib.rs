//! Slow test fixtures, built once, kept on disk, restored in milliseconds by every test process.
//!
//! See the README for the tour.

mod archive;
mod artifact;
mod config;
mod context;
mod error;
mod fingerprint;
mod key;
mod layout;
mod lock;
mod manifest;
mod message;
mod repo;
mod run;
mod session;
mod store;
mod telemetry;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod tooling;

pub use artifact::{Artifact, Suite};
pub use cached_smoke_macros::cached_smoke;
pub use context::{BuildContext, LoadContext, Progress};
pub use error::{BoxError, Error, Result, Step};
pub use fingerprint::CodeFingerprint;
pub use key::KeyBuilder;
pub use manifest::Storage;
pub use repo::Repo;
pub use session::Session;
pub use telemetry::{ArtifactReport, CacheReport, Outcome};

/// The fingerprint of the code in some directories, computed when the test is compiled.
///
/// The directories are relative to the manifest of the package that is compiled.
#[macro_export]
macro_rules! code_fingerprint {
    ($($directories:tt)*) => {
        $crate::__private::code_fingerprint!($crate; $($directories)*)
    };
}
