//! The fingerprint of code, made by `code_fingerprint!` when the test was compiled.

mod files;

pub(crate) use files::{Files, State};

/// The fingerprint of some code and of everything that it was compiled with.
///
/// [`code_fingerprint!`](crate::code_fingerprint) makes it at compile time, so it describes the code that runs, including
/// uncommitted edits, also where the sources are no longer available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeFingerprint(Code);

/// The expansion of `code_fingerprint!`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub struct Code {
    /// The package that is compiled.
    pub package: &'static str,
    /// `file!()` where the macro is called: relative to the workspace.
    pub file: &'static str,
    /// `module_path!()` where the macro is called: it begins with the crate's name.
    pub module: &'static str,
    /// The named directories and files.
    pub names: &'static [&'static str],
    /// BLAKE3 of all parts, hexadecimal.
    pub digest: &'static str,
    /// The parts, for messages: a line each of kind, name and value, separated by tabs.
    pub parts: &'static str,
    /// BLAKE3 of names and contents of the named files that no library is compiled from; empty without any.
    pub files_digest: &'static str,
    /// What was recorded of those files; see [`Files`].
    pub files: &'static str,
    /// Names and contents of those files, for messages, as `parts`.
    pub files_parts: &'static str,
    /// The package's directory.
    pub manifest_dir: &'static str,
    /// The compiler's working directory.
    pub directory: &'static str,
    /// A source that may have changed since the compiler read it.
    pub suspect: Option<&'static str>,
    /// The reason why the code is known by its sources alone.
    pub fallback: Option<&'static str>,
}

#[cfg(test)]
impl Code {
    /// A fingerprint of nothing.
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
        suspect: None,
        fallback: None,
    };
}

impl CodeFingerprint {
    /// For [`code_fingerprint!`](crate::code_fingerprint) only.
    pub(crate) const fn new(code: Code) -> CodeFingerprint {
        CodeFingerprint(code)
    }

    /// Returns BLAKE3, hexadecimal, of what was compiled. The named files that are not compiled into a library are digested
    /// apart, because a test compares them when it runs.
    pub const fn digest(&self) -> &'static str {
        self.0.digest
    }

    /// Returns the directories and files as they were named.
    pub const fn names(&self) -> &'static [&'static str] {
        self.0.names
    }

    pub(crate) const fn code(&self) -> &Code {
        &self.0
    }
}
