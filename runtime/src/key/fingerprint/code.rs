//! The fingerprint of code, which `code_fingerprint!` makes when the test is compiled.

mod files;

pub(crate) use files::{Files, State};

/// The fingerprint of some code and of everything that it was compiled with.
///
/// [`code_fingerprint!`](crate::code_fingerprint) makes it at compile time. So it describes the code that runs, with
/// uncommitted edits, even if the sources are no longer available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeFingerprint(Code);

/// The expansion of `code_fingerprint!`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub struct Code {
    /// The package that is compiled.
    pub package: &'static str,
    /// `file!()` at the call of the macro: relative to the workspace.
    pub file: &'static str,
    /// `module_path!()` at the call of the macro: it begins with the crate's name.
    pub module: &'static str,
    /// The named directories and files.
    pub names: &'static [&'static str],
    /// BLAKE3 of all parts, in hexadecimal.
    pub digest: &'static str,
    /// The parts, for messages: a line for each, with kind, name and value, separated by tabs.
    pub parts: &'static str,
    /// BLAKE3 of names and contents of the named files that no library is compiled from. Empty without such files.
    pub files_digest: &'static str,
    /// The records of those files; see [`Files`].
    pub files: &'static str,
    /// Names and digests of those files, for messages, in the format of `parts`.
    pub files_parts: &'static str,
    /// The package's directory.
    pub manifest_dir: &'static str,
    /// The compiler's working directory.
    pub directory: &'static str,
    /// The reason why the fingerprint may not match the compiled code.
    pub doubt: Option<&'static str>,
    /// The reason why the fingerprint is made from sources alone, if it is.
    pub fallback: Option<&'static str>,
}

impl Code {
    /// The fingerprint of no code.
    pub(crate) const EMPTY: Code = Code {
        package: "",
        file: "",
        module: "",
        names: &[],
        digest: "",
        parts: "",
        files_digest: "",
        files: "",
        files_parts: "",
        manifest_dir: "",
        directory: "",
        doubt: None,
        fallback: None,
    };
}

impl CodeFingerprint {
    /// The fingerprint of no code.
    pub(crate) const NONE: CodeFingerprint = CodeFingerprint(Code::EMPTY);

    /// Wraps the expansion of [`code_fingerprint!`](crate::code_fingerprint).
    pub(crate) const fn new(code: Code) -> CodeFingerprint {
        CodeFingerprint(code)
    }

    /// Returns BLAKE3 of the compiled code, in hexadecimal.
    ///
    /// Named files that are not compiled into a library have a separate digest, because a test compares them when it
    /// runs.
    pub const fn digest(&self) -> &'static str {
        self.0.digest
    }

    /// Returns the named directories and files, as they were written, and `own` for the package itself.
    pub const fn names(&self) -> &'static [&'static str] {
        self.0.names
    }

    pub(crate) const fn code(&self) -> &Code {
        &self.0
    }
}
