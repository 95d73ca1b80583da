//! The result of fingerprinting: all that `code_fingerprint!` expands to.

use super::part::Parts;
use super::recorded::RecordedFiles;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A fingerprint of code.
#[derive(Debug, Default)]
pub(super) struct Code {
    pub(super) parts: Parts,
    /// The named files that no dependency is compiled from.
    pub(super) recorded: RecordedFiles,
    /// The files that the compiler must watch, because cargo does not.
    pub(super) tracked: BTreeSet<PathBuf>,
    /// The reason why the fingerprint may not match the compiled code.
    pub(super) doubt: Option<String>,
    /// The reason why the fingerprint is by sources alone although the compiled libraries should count.
    pub(super) fallback: Option<String>,
}
