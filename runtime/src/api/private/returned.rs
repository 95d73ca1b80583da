//! The return values of tests, also of tests that do not run.

use std::process::{ExitCode, Termination};

/// The return type of a smoke test.
#[diagnostic::on_unimplemented(
    message = "a smoke test cannot return `{Self}`",
    label = "a type called `…Result` must be a `Result`, and `ExitCode` the one of `std::process`",
    note = "return `()`, `Result<(), E>` or `ExitCode`, or anything else that is `Termination` and has another name"
)]
pub trait Passed {
    /// Returns the value of a test that passes.
    fn passed() -> Self;

    /// Returns `true` for the value of a test that fails.
    fn has_failed(&self) -> bool;
}

impl Passed for () {
    fn passed() {}

    fn has_failed(&self) -> bool {
        false
    }
}

impl Passed for ExitCode {
    fn passed() -> ExitCode {
        ExitCode::SUCCESS
    }

    fn has_failed(&self) -> bool {
        *self != ExitCode::SUCCESS
    }
}

impl<T: Passed, E> Passed for Result<T, E> {
    fn passed() -> Result<T, E> {
        Ok(T::passed())
    }

    fn has_failed(&self) -> bool {
        self.as_ref().map_or(true, T::has_failed)
    }
}

/// Returns the exit code of a test whose return type has no default value.
pub fn report(value: impl Termination) -> ExitCode {
    value.report()
}
