//! The exit statuses of the commands.

use std::process::{ExitCode, ExitStatus};

/// The tool itself failed. Differs from the tests' own statuses (cargo test: 101, nextest: 100).
pub(crate) const TOOL_FAILED: u8 = 2;
/// The tests passed, but not every artifact was in the cache, and `--require-hits` was given.
pub(crate) const NOT_ALL_HITS: u8 = 3;

/// Returns the exit status of a process that this one started; 1 if a signal killed it.
pub(crate) fn of_child(status: ExitStatus) -> ExitCode {
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Returns status 0 if the command did all of its work, else 1.
pub(crate) fn success_if(is_complete: bool) -> ExitCode {
    if is_complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
