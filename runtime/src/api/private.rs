//! The functions that the macros' expansions call. Users must not call them; semantic versioning does not cover them.

mod argument;
mod returned;
mod test;

pub use argument::{Arg, ViaArtifact, ViaSession};
pub use cached_smoke_macros::code_fingerprint;
pub use returned::{Passed, report};
pub use std::process::ExitCode;
pub use test::{Fixture, Setup, Test};

pub use crate::key::fingerprint::Code;
use crate::key::fingerprint::CodeFingerprint;

/// Wraps the code that [`code_fingerprint!`](crate::code_fingerprint) recorded.
pub const fn code(code: Code) -> CodeFingerprint {
    CodeFingerprint::new(code)
}
