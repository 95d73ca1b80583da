//! What a test returns, also when it does not run.

use std::process::{ExitCode, Termination};

/// What a test returns that does not run.
#[diagnostic::on_unimplemented(
    message = "a smoke test cannot return `{Self}`",
    label = "a type called `…Result` must be a `Result`, and `ExitCode` the one of `std::process`",
    note = "return `()`, `Result<(), E>` or `ExitCode`, or anything else that is `Termination` and has another name"
)]
pub trait Passed {
    /// The value of a test that passes.
    fn passed() -> Self;
}

impl Passed for () {
    fn passed() {}
}

impl Passed for ExitCode {
    fn passed() -> ExitCode {
        ExitCode::SUCCESS
    }
}

impl<T: Passed, E> Passed for Result<T, E> {
    fn passed() -> Result<T, E> {
        Ok(T::passed())
    }
}

/// The exit code of a test whose function returns something of which there is no value unless the function makes one.
pub fn report(value: impl Termination) -> ExitCode {
    value.report()
}
