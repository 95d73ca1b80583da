//! What the expansion of the macros calls. Not for people, and not subject to semantic versioning.

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

/// For [`code_fingerprint!`](crate::code_fingerprint).
pub const fn code(code: Code) -> CodeFingerprint {
    CodeFingerprint::new(code)
}
