//! The digest of code, computed by `code_fingerprint!` when the test was compiled.

/// The content of some directories of source code and the versions of all that it depends on.
///
/// Made by [`code_fingerprint!`](crate::code_fingerprint) at compile time, so that it describes the code that runs,
/// uncommitted edits included, also where the sources are no longer at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeFingerprint {
    digest: &'static str,
    directories: &'static [&'static str],
}

impl CodeFingerprint {
    /// For [`code_fingerprint!`](crate::code_fingerprint) only.
    pub(crate) const fn new(digest: &'static str, directories: &'static [&'static str]) -> CodeFingerprint {
        CodeFingerprint { digest, directories }
    }

    /// SHA-256 in hexadecimal.
    pub const fn digest(&self) -> &'static str {
        self.digest
    }

    /// The directories as they were named.
    pub const fn directories(&self) -> &'static [&'static str] {
        self.directories
    }
}
