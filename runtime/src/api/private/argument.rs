//! The types that a test's parameters can have.

use crate::api::artifact::{Artifact, Suite};
use crate::api::session::{Seen, Session};
use crate::error::Error;
use crate::key::repo::Repo;
use crate::telemetry::CacheReport;

/// A type `Self` for which a test can have a parameter `&Self`.
///
/// The marker `M` separates the implementations: only one fits each type, so the compiler infers `M` and the suite.
#[diagnostic::on_unimplemented(
    message = "a smoke test cannot have a parameter of type `&{Self}`",
    label = "neither `Repo`, `CacheReport`, the test's `Session<{S}>`, nor an artifact of its suite `{S}`",
    note = "all parameters of a test belong to one suite, which `suite = …` can name; a type without a suite needs an \
            `impl cached_smoke::Artifact<YourSuite>`"
)]
pub trait Arg<S: Suite, M> {
    /// Restores or builds the artifact, if it is one.
    ///
    /// # Errors
    /// Fails if the artifact is not available.
    fn prepare(session: &Session<S>) -> Result<(), Error>;

    /// Records the artifact's key, if it is one, and whether the cache has it.
    ///
    /// # Errors
    /// Fails if the key cannot be computed.
    fn record_key(session: &Session<S>) -> Result<(), Error> {
        let _ = session;
        Ok(())
    }

    /// Builds the artifact and ends the process, if it or one of its dependencies is the target of this builder
    /// process.
    ///
    /// # Errors
    /// Fails if the key cannot be computed.
    fn serve(session: &Session<S>, seen: &mut Seen) -> Result<(), Error> {
        let _ = (session, seen);
        Ok(())
    }

    /// Returns the prepared value.
    fn get(session: &Session<S>) -> &Self;
}

/// The marker of artifacts.
#[derive(Debug)]
pub enum ViaArtifact {}

/// The marker of parts of the session.
#[derive(Debug)]
pub enum ViaSession {}

impl<S: Suite, A: Artifact<S>> Arg<S, ViaArtifact> for A {
    fn prepare(session: &Session<S>) -> Result<(), Error> {
        session.get::<A>().map(|_| ())
    }

    fn record_key(session: &Session<S>) -> Result<(), Error> {
        session.record_key::<A>()
    }

    fn serve(session: &Session<S>, seen: &mut Seen) -> Result<(), Error> {
        session.serve::<A>(seen)
    }

    fn get(session: &Session<S>) -> &A {
        match session.get::<A>() {
            Ok(artifact) => artifact,
            Err(error) => unreachable!("it was prepared: {error}"),
        }
    }
}

impl<S: Suite> Arg<S, ViaSession> for Repo {
    fn prepare(_: &Session<S>) -> Result<(), Error> {
        Ok(())
    }

    fn get(session: &Session<S>) -> &Repo {
        session.repo()
    }
}

impl<S: Suite> Arg<S, ViaSession> for CacheReport {
    fn prepare(_: &Session<S>) -> Result<(), Error> {
        Ok(())
    }

    fn get(session: &Session<S>) -> &CacheReport {
        session.report()
    }
}

impl<S: Suite> Arg<S, ViaSession> for Session<S> {
    fn prepare(session: &Session<S>) -> Result<(), Error> {
        session.defer_report();
        Ok(())
    }

    fn get(session: &Session<S>) -> &Session<S> {
        session
    }
}
