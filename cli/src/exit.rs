//! The exit statuses of the commands.

use std::process::ExitCode;

/// The tool itself failed. Differs from the tests' own statuses (cargo test: 101, nextest: 100).
pub(crate) const TOOL_FAILED: u8 = 2;
/// The tests passed, but not every artifact was in the cache, and `--require-hits` was given.
pub(crate) const NOT_ALL_HITS: u8 = 3;

/// Returns status 0 if the command did all of its work, else 1.
pub(crate) fn success_if(is_complete: bool) -> ExitCode {
    if is_complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
