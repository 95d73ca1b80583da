//! Calling what users have written: every panic and every error becomes one of ours.

use std::any::TypeId;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::api::session::dyn_artifact::HookContext;
use crate::error::{BoxError, Error, Result, Step};
use crate::panic::catch_panic;

impl<'a> HookContext<'a> {
    pub(super) fn new(directory: &'a Path, needs: &'a [TypeId]) -> HookContext<'a> {
        HookContext { directory, is_verified: false, needs, elsewhere: Mutex::default() }
    }

    /// How much of the time was spent on the artifacts that it needs.
    pub(super) fn elsewhere(&self) -> Duration {
        *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells which hook of which artifact failed.
pub(super) fn failed(repo: &str, artifact: &str, step: Step, error: BoxError) -> Error {
    match error.downcast::<Error>() {
        // A need that was skipped skips what needs it.
        Ok(error) if is_skip(&error) => *error,
        Ok(error) => Error::Fixture { repo: repo.to_owned(), artifact: artifact.to_owned(), step, source: error },
        Err(source) => Error::Fixture { repo: repo.to_owned(), artifact: artifact.to_owned(), step, source },
    }
}

/// Whether the error is none: the test is skipped.
pub(super) fn is_skip(error: &Error) -> bool {
    matches!(error, Error::Skipped { .. })
}

/// The last cause, for one line.
pub(super) fn innermost(error: &Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// Makes an error of a panic.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_panic(call).unwrap_or_else(|panic| Err(panic.into()))
}
