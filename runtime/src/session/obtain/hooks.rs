//! Calling what users have written: every panic and every error becomes one of ours.

use std::any::TypeId;
use std::path::Path;
use std::time::Duration;

use crate::artifact::{Artifact, Suite};
use crate::context::{LoadContext, Needs};
use crate::error::{BoxError, Error, Result, Step};
use crate::key::Recipe;
use crate::panic::catch_panic;
use crate::session::Session;

/// Loads an artifact; also how much of the time was spent on those that it needs.
pub(in crate::session) fn load<S: Suite, A: Artifact<S>>(
    session: &Session<S>,
    recipe: &Recipe,
    directory: &Path,
) -> Result<(A, Duration), Error> {
    let needs: &[TypeId] = &recipe.needs;
    let cx = LoadContext { needs: Needs::new(session, A::NAME, needs), dir: directory };
    let loaded = guarded(|| A::load(&cx)).map_err(|error| failed(session.repo.name(), A::NAME, Step::Load, error))?;
    Ok((loaded, cx.needs.spent()))
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
