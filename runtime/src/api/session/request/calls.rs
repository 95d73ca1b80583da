//! Calls of user code: every panic and every error becomes an [`Error`].

use std::any::TypeId;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::api::metrics::Metrics;
use crate::api::session::dyn_artifact::HookContext;
use crate::error::{BoxError, Error, Result, Step};
use crate::panic::catch_panic;

impl<'a> HookContext<'a> {
    pub(super) fn new(directory: &'a Path, needs: &'a [TypeId]) -> HookContext<'a> {
        HookContext {
            directory,
            is_verified: false,
            needs,
            time_in_dependencies: Arc::default(),
            metrics: Metrics::default(),
        }
    }

    pub(super) fn time_in_dependencies(&self) -> Duration {
        self.time_in_dependencies.total()
    }
}

/// Adds repository, artifact and function to an error.
pub(super) fn failed(repo: &str, artifact: &str, step: Step, error: BoxError) -> Error {
    match error.downcast::<Error>() {
        // A skipped dependency skips its dependents.
        Ok(error) if is_skip(&error) => *error,
        Ok(error) => Error::Fixture { repo: repo.to_owned(), artifact: artifact.to_owned(), step, source: error },
        Err(source) => Error::Fixture { repo: repo.to_owned(), artifact: artifact.to_owned(), step, source },
    }
}

/// Returns `true` if the test is skipped and does not fail.
pub(super) fn is_skip(error: &Error) -> bool {
    matches!(error, Error::Skipped { .. })
}

/// Returns the message of the last cause, which fits on one line.
pub(super) fn innermost(error: &Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// Turns a panic into an error.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_panic(call).unwrap_or_else(|panic| Err(panic.into()))
}
